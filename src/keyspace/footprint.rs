//! What things take in memory, as the allocator rounds it.
//!
//! `used_memory` is a promise about the process's size, so a request for memory counts as what it
//! really occupies. The figures are kept while the data changes and never measured: asking the
//! allocator would take a system call or its lock.

use super::bytes::Key;
use super::value::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes of memory that a request for `bytes` occupies.
///
/// The rule of glibc: 8 bytes of its own in front, a multiple of 16 altogether. musl, which the
/// container image is built with, has 4 bytes in front and coarser classes for larger requests, and
/// comes to the same for an entry.
pub const fn allocated(bytes: usize) -> usize {
    const FRONT_BYTES: usize = 8;
    const MIN: usize = 32;
    match (bytes + FRONT_BYTES).next_multiple_of(16) {
        _ if bytes == 0 => 0,
        ..MIN => MIN,
        rounded => rounded,
    }
}

/// Bytes of a hash table that has held `keys` elements of `element_bytes` each, all told.
///
/// The table of the standard library (hashbrown): buckets are a power of two, seven eighths of them
/// are used at most, and each has a byte of control beside it.
pub const fn table_bytes(keys: usize, element_bytes: usize) -> usize {
    if keys == 0 {
        return 0;
    }
    let buckets = table_buckets(keys);
    /// The control bytes that are repeated behind the last bucket.
    const GROUP_BYTES: usize = 16;
    allocated(buckets * (element_bytes + 1) + GROUP_BYTES)
}

/// Buckets of a hash table that has held `keys` elements.
pub const fn table_buckets(keys: usize) -> usize {
    match keys {
        0 => 0,
        1..=3 => 4,
        4..=7 => 8,
        _ => (keys * 8).div_ceil(7).next_power_of_two(),
    }
}

/// Elements for which a hash table that has held `keys` has places.
pub const fn table_places(keys: usize) -> usize {
    match table_buckets(keys) {
        0 => 0,
        buckets @ 1..=8 => buckets - 1,
        buckets => buckets / 8 * 7,
    }
}

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

    /// Ensures that sizes are rounded as glibc's `malloc_usable_size` shows it.
    #[test]
    fn requests_are_rounded() {
        let cases = [(0, 0), (1, 32), (24, 32), (25, 48), (96, 112), (104, 112), (105, 128)];
        for (asked, got) in cases {
            assert_eq!(allocated(asked), got, "{asked}");
        }
    }

    /// Ensures that tables are taken to grow when the standard library's do.
    #[test]
    fn buckets_are_those_of_the_standard_library() {
        let mut map = std::collections::HashMap::new();
        for len in 1..2_000_usize {
            map.insert(len, ());
            // Up to the capacity, the table has not grown.
            assert_eq!(table_buckets(len), table_buckets(map.capacity()), "{len} elements");
            assert!(table_buckets(map.capacity() + 1) > table_buckets(len));
            assert_eq!(table_places(len), map.capacity(), "{len} elements");
        }
    }

    /// Ensures that an entry with its links does not grow unnoticed.
    #[test]
    fn an_entry_takes_twelve_words() {
        assert_eq!(NODE_BYTES, allocated(96));
    }
}
