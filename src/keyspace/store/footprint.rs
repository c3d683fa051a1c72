//! The memory that entries take, as the allocator rounds it.
//!
//! `used_memory` is a promise about the size of the process, so a request for memory counts as the
//! size that it really occupies. The figures are updated with every change and never measured: a
//! question to the allocator would cost a system call or its lock.

use crate::keyspace::allocation::allocated;
use crate::keyspace::bytes::Key;
use crate::keyspace::store::entry::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes of a list node of `lru`, which holds the key, the entry and two links.
pub const NODE_BYTES: usize =
    allocated(size_of::<Key>() + size_of::<Entry>() + 2 * size_of::<usize>());

/// Bytes that a deadline takes in the index. A node of a B-tree has eleven slots; six of them are
/// used when deadlines arrive in rising order, about eight when they arrive in any order.
pub const DEADLINE_BYTES: usize = 2 * size_of::<(u64, Key)>();

/// The memory of one part of the keyspace, included in the total of all parts.
#[derive(Debug, Default)]
pub struct Account {
    total: Arc<AtomicUsize>,
    own: usize,
}

impl Account {
    /// The account of another part, with the same total.
    pub fn share(&self) -> Account {
        Account { total: Arc::clone(&self.total), own: 0 }
    }

    /// Adds `bytes` to what is used.
    pub fn spend(&mut self, bytes: usize) {
        self.own += bytes;
        // Only the holder of the keyspace lock changes it, so the addition need not be atomic.
        self.total.store(self.total() + bytes, Relaxed);
    }

    /// Subtracts `bytes` from what is used.
    pub fn save(&mut self, bytes: usize) {
        self.own -= bytes;
        self.total.store(self.total() - bytes, Relaxed);
    }

    /// Subtracts all that this part uses.
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
    fn an_entry_takes_thirteen_words() {
        assert_eq!(NODE_BYTES, allocated(104));
        assert_eq!(allocated(104), allocated(96), "the allocator's blocks have no size in between");
    }
}
