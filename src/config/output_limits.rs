//! How many bytes may wait to be sent to a client: `client-output-buffer-limit`.

use super::words::{bytes, integer};

/// The limits of one class of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutputLimit {
    /// Bytes beyond which a client is closed at once; 0 is no limit.
    pub hard_bytes: u64,
    /// Bytes beyond which it is closed after a while; 0 is no limit.
    pub soft_bytes: u64,
    /// How long that while is.
    pub soft_seconds: u64,
}

/// The limits of all classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutputLimits {
    /// Clients that ask and get replies.
    pub normal: OutputLimit,
    /// Servers that follow this one.
    pub replica: OutputLimit,
    /// Clients that have subscribed to channels.
    pub pubsub: OutputLimit,
}

impl OutputLimits {
    /// Reads the limits of some classes, each a name and three numbers; those of the others stay as
    /// they are.
    ///
    /// # Errors
    /// In Redis's words.
    pub fn set(&mut self, words: &[&[u8]]) -> Result<(), String> {
        if !words.len().is_multiple_of(4) {
            return Err("Wrong number of arguments in buffer limit configuration.".to_owned());
        }
        for class in words.chunks_exact(4) {
            let limit = self
                .class(class[0])
                .ok_or("Invalid client class specified in buffer limit configuration.")?;
            let seconds = integer(class[3]).filter(|seconds| *seconds >= 0);
            let (Some(hard), Some(soft), Some(seconds)) =
                (bytes(class[1]), bytes(class[2]), seconds)
            else {
                return Err("Error in hard, soft or soft_seconds setting in buffer limit \
                            configuration."
                    .to_owned());
            };
            *limit = OutputLimit {
                hard_bytes: hard.unsigned_abs(),
                soft_bytes: soft.unsigned_abs(),
                soft_seconds: seconds.unsigned_abs(),
            };
        }
        Ok(())
    }

    /// The classes under Redis's names, in its order.
    pub fn classes(&self) -> [(&'static str, &OutputLimit); 3] {
        [("normal", &self.normal), ("slave", &self.replica), ("pubsub", &self.pubsub)]
    }

    fn class(&mut self, name: &[u8]) -> Option<&mut OutputLimit> {
        match name.to_ascii_lowercase().as_slice() {
            b"normal" => Some(&mut self.normal),
            b"slave" | b"replica" => Some(&mut self.replica),
            b"pubsub" => Some(&mut self.pubsub),
            _ => None,
        }
    }
}
