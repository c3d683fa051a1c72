//! The requests of a client between MULTI and EXEC.
//!
//! The gate fills the queue and the family of transactions executes it, so it is a module of its
//! own.

use crate::error::{CommandError, Outcome};
use crate::limits;
use crate::observe::CommandId;
use crate::resp::{Args, Span};

/// The requests since MULTI.
#[derive(Debug, Default)]
pub struct Transaction {
    /// The requests in the order of their arrival.
    pub requests: Vec<Queued>,
    bytes: usize,
    /// One of the requests may need more memory.
    pub may_grow: bool,
    /// A request could not be queued, so EXEC will be refused.
    pub is_broken: bool,
    /// One of the requests may change the data.
    pub has_writes: bool,
}

/// One queued request.
#[derive(Debug)]
pub struct Queued {
    /// The command.
    pub id: CommandId,
    /// The bytes of its arguments.
    pub buffer: Box<[u8]>,
    /// The span of each argument in these bytes.
    pub spans: Box<[Span]>,
}

impl Transaction {
    /// Queues a request; `is_write` says whether it may change the data, `may_grow` whether it may
    /// need more memory.
    ///
    /// # Errors
    /// The transaction exceeds the limit of a request.
    pub fn queue(
        &mut self,
        id: CommandId,
        (is_write, may_grow): (bool, bool),
        args: Args<'_>,
    ) -> Outcome {
        let mut buffer = Vec::new();
        let mut spans = Vec::new();
        for argument in args.iter() {
            spans.push(Span { start: buffer.len() as u32, len: argument.len() as u32 });
            buffer.extend_from_slice(argument);
        }
        self.bytes += buffer.len() + spans.len() * size_of::<Span>() + size_of::<Queued>();
        if self.bytes > limits::REQUEST_BYTES_MAX {
            return Err(CommandError::new("ERR transaction too large"));
        }
        self.has_writes |= is_write;
        self.may_grow |= may_grow;
        self.requests.push(Queued { id, buffer: buffer.into(), spans: spans.into() });
        Ok(())
    }

    /// Whether nothing is queued.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Bytes of memory for them.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of queued requests.
    pub fn len(&self) -> usize {
        self.requests.len()
    }
}

/// The error of an EXEC that was refused: it ends the transaction all the same.
pub(crate) fn aborted_because_of(error: &CommandError) -> CommandError {
    let reason = error.text().strip_prefix(b"ERR ").unwrap_or(error.text());
    CommandError::quoting("EXECABORT Transaction discarded because of: ", reason, "")
}
