//! What things take in memory, as the allocator rounds it.
//!
//! `used_memory` is a promise about the process's size, so a request for memory counts as what it
//! really occupies. The figures are kept while the data changes and never measured: asking the
//! allocator would take a system call or its lock.

use crate::keyspace::allocation::allocated;
use crate::keyspace::bytes::Key;
use crate::keyspace::store::entry::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes of a list node of `lru`, which holds the key, the entry and two links.
pub const NODE_BYTES: usize =
    allocated(size_of::<Key>() + size_of::<Entry>() + 2 * size_of::<usize>());

/// Bytes that a deadline takes in the index. A node of a B-tree has place for eleven pairs; six of
/// them are taken when deadlines come in rising order, about eight when they come in any order.
pub const DEADLINE_BYTES: usize = 2 * size_of::<(u64, Key)>();

/// The memory of one part of the keyspace, which counts in the total of all parts.
#[derive(Debug, Default)]
pub struct Account {
    total: Arc<AtomicUsize>,
    own: usize,
}

impl Account {
    /// Another part of the same whole.
    pub fn share(&self) -> Account {
        Account { total: Arc::clone(&self.total), own: 0 }
    }

    /// So much more is used.
    pub fn spend(&mut self, bytes: usize) {
        self.own += bytes;
        // Whoever changes the keyspace holds it alone: adding need not be one step.
        self.total.store(self.total() + bytes, Relaxed);
    }

    /// So much less is used.
    pub fn save(&mut self, bytes: usize) {
        self.own -= bytes;
        self.total.store(self.total() - bytes, Relaxed);
    }

    /// Nothing is used any more.
    pub fn close(&mut self) {
        self.save(self.own);
    }

    /// Bytes of this part.
    pub fn own(&self) -> usize {
        self.own
    }

    /// Bytes of all parts.
    pub fn total(&self) -> usize {
        self.total.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that an entry with its links does not grow unnoticed.
    #[test]
    fn an_entry_takes_twelve_words() {
        assert_eq!(NODE_BYTES, allocated(96));
    }
}
