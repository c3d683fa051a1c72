//! Invalidations: the keys whose copies in the caches of clients are out of date.
//!
//! Every mutator and every removal that no command asked for queues its key, as long as a client
//! tracks keys; otherwise nothing is queued. The holder of the keyspace lock takes the queue. The
//! database does not matter: a client that tracks `k` learns of `k` in all databases, as in Redis.

use crate::keyspace::bytes::Key;

/// What is out of date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// One key.
    Key {
        /// The key.
        key: Key,
        /// Whether a command has changed it, as opposed to expiry and eviction.
        is_asked: bool,
    },
    /// Every key.
    All,
}

/// Invalidations that were not taken yet.
#[derive(Debug, Default)]
pub struct Invalidations {
    is_wanted: bool,
    queue: Vec<Invalid>,
}

impl Invalidations {
    /// From now on invalidations are queued, or no longer.
    pub fn want(&mut self, is_wanted: bool) {
        self.is_wanted = is_wanted;
    }

    /// Queues a key, if that is wanted.
    #[inline]
    pub(super) fn add(&mut self, key: &[u8], is_asked: bool) {
        if self.is_wanted {
            self.add_wanted(key, is_asked);
        }
    }

    fn add_wanted(&mut self, key: &[u8], is_asked: bool) {
        // A command may change one key in several steps.
        let last = self.queue.last();
        let is_known = |last: &Invalid| match last {
            Invalid::Key { key: other, is_asked: as_well } => {
                *as_well == is_asked && other[..] == *key
            }
            Invalid::All => false,
        };
        if !last.is_some_and(is_known) {
            self.queue.push(Invalid::Key { key: Key::new(key), is_asked });
        }
    }

    /// Queues all keys, if that is wanted: a database was flushed or exchanged.
    pub(super) fn add_all(&mut self) {
        if self.is_wanted {
            self.queue.clear();
            self.queue.push(Invalid::All);
        }
    }

    /// Whether nothing is queued.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Takes the queue, in the order of execution.
    pub fn take(&mut self) -> Vec<Invalid> {
        std::mem::take(&mut self.queue)
    }
}
