//! ACL LOG: what was refused, and to whom.
//!
//! Equal refusals within a minute are one entry with a count, so that a client which tries again
//! and again does not push all others out.

use crate::limits;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A command.
    Command,
    /// A key.
    Key,
    /// A password.
    Auth,
    /// A channel.
    Channel,
}

impl Refused {
    /// The word for it in the log.
    pub fn name(self) -> &'static str {
        match self {
            Refused::Command => "command",
            Refused::Key => "key",
            Refused::Auth => "auth",
            Refused::Channel => "channel",
        }
    }
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// How often.
    pub count: u64,
    /// What was refused.
    pub reason: Refused,
    /// `toplevel`, `multi` or `lua`.
    pub context: &'static str,
    /// The command, key or channel.
    pub object: Vec<u8>,
    /// The user.
    pub user: Vec<u8>,
    /// The client's line of CLIENT LIST at the latest refusal.
    pub client: String,
    /// The entry's number, from 0 on.
    pub id: u64,
    /// Unix milliseconds of the first refusal.
    pub created_ms: u64,
    /// Unix milliseconds of the latest one.
    pub updated_ms: u64,
}

/// The entries, the latest first.
#[derive(Debug)]
pub struct Log {
    entries: Mutex<VecDeque<Entry>>,
    next_id: AtomicU64,
    len_max: AtomicUsize,
    /// Refusals since the start, for INFO.
    counts: [AtomicU64; 4],
}

impl Default for Log {
    fn default() -> Log {
        Log {
            entries: Mutex::default(),
            next_id: AtomicU64::new(0),
            len_max: AtomicUsize::new(usize::MAX),
            counts: Default::default(),
        }
    }
}

impl Log {
    /// Adds an entry, or counts it as one more of an equal one. Its id and count are set here.
    pub fn add(&self, mut entry: Entry) {
        self.counts[entry.reason as usize].fetch_add(1, Relaxed);
        entry.object.truncate(limits::ACL_LOG_OBJECT_BYTES_MAX);
        let mut entries = self.entries.lock();
        let is_equal = |other: &Entry| {
            other.reason == entry.reason
                && other.context == entry.context
                && entry.updated_ms.abs_diff(other.updated_ms) <= limits::ACL_LOG_GROUP_MS
                && other.object == entry.object
                && other.user == entry.user
        };
        let known = entries.iter().take(limits::ACL_LOG_COMPARED).position(is_equal);
        match known.and_then(|at| entries.remove(at)) {
            Some(known) => {
                entry.count = known.count + 1;
                (entry.id, entry.created_ms) = (known.id, known.created_ms);
            }
            None => {
                entry.count = 1;
                entry.id = self.next_id.fetch_add(1, Relaxed);
            }
        }
        entries.push_front(entry);
        entries.truncate(self.len_max.load(Relaxed));
    }

    /// `acllog-max-len`.
    pub fn configure(&self, len_max: usize) {
        self.len_max.store(len_max, Relaxed);
        self.entries.lock().truncate(len_max);
    }

    /// The latest `count` entries, the latest first.
    pub fn latest(&self, count: usize) -> Vec<Entry> {
        self.entries.lock().iter().take(count).cloned().collect()
    }

    /// Removes all entries.
    pub fn reset(&self) {
        self.entries.lock().clear();
    }

    /// Refusals since the start.
    pub fn count(&self, reason: Refused) -> u64 {
        self.counts[reason as usize].load(Relaxed)
    }

    /// Resets the counters for INFO.
    pub fn reset_counts(&self) {
        self.counts.iter().for_each(|count| count.store(0, Relaxed));
    }
}
