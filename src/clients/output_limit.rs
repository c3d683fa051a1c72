//! Limits for the bytes that wait for a client: Redis's `client-output-buffer-limit`.
//!
//! A hard limit cuts a client off at once, a soft one after some seconds. They count everything
//! that waits, including replies. Independent of them, *messages* have a limit of respool's own,
//! because Redis's default for normal clients is no limit at all. Replies have none here: their
//! worker stops executing instead (back-pressure), see [`limits::OUTPUT_BYTES_MAX`].

use crate::config::{self, OutputLimit};
use crate::limits;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The limit that applies to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputClass {
    /// A client that reads its own replies, and messages that concern them.
    #[default]
    Normal,
    /// A replica.
    Replica,
    /// A client that has subscribed to channels.
    Pubsub,
    /// A client that sees every command. Redis's limit is that of normal clients.
    Monitor,
}

/// The limits of all classes, which can be read without a lock.
#[derive(Debug, Default)]
pub struct OutputLimits([[AtomicU64; 3]; 3]);

impl OutputLimits {
    /// The limit of a class.
    pub fn of(&self, class: OutputClass) -> OutputLimit {
        let [hard_bytes, soft_bytes, soft_seconds] = self.row(class).each_ref().map(load);
        OutputLimit { hard_bytes, soft_bytes, soft_seconds }
    }

    /// Replaces all of them.
    pub fn set(&self, limits: &config::OutputLimits) {
        let classes = [&limits.normal, &limits.replica, &limits.pubsub];
        for (row, limit) in self.0.iter().zip(classes) {
            let values = [limit.hard_bytes, limit.soft_bytes, limit.soft_seconds];
            row.iter().zip(values).for_each(|(place, value)| place.store(value, Relaxed));
        }
    }

    /// Bytes of messages that may wait for a client of a class, independent of the limit.
    pub fn message_bytes_max(class: OutputClass) -> usize {
        match class {
            OutputClass::Monitor => limits::MONITOR_BYTES_MAX,
            _ => limits::OUTPUT_BYTES_MAX,
        }
    }

    fn row(&self, class: OutputClass) -> &[AtomicU64; 3] {
        match class {
            OutputClass::Normal | OutputClass::Monitor => &self.0[0],
            OutputClass::Replica => &self.0[1],
            OutputClass::Pubsub => &self.0[2],
        }
    }
}

fn load(value: &AtomicU64) -> u64 {
    value.load(Relaxed)
}
