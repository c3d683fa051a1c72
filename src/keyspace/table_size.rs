//! The size of a hash table, computed from outside, and when it should be fitted.
//!
//! The maps of this keyspace, `lru` and `indexmap`, use hashbrown's table, as the standard library
//! does: the number of buckets is a power of two, at most seven eighths of them are used, and each
//! has a control byte. The maps do not reveal the number of buckets; it is computed here, from the
//! number of elements that a table was made for or has held since.
//!
//! An estimate from the number of elements alone would not do: between two doublings, a table takes
//! 19 to 39 bytes for each key of a database, where a key with a short value takes about 150. All
//! segments are split at about the same time, so their errors have the same sign, and the figure
//! would be wrong by up to 7 %. Whether a table has to be fitted depends on its size, too.
//!
//! # Tables whose elements come and go
//! Such a table never shrinks by itself, and can even grow: the bucket of a removed element may
//! stay marked as *deleted*, so that a search continues after it, and when such marks have used up
//! all free buckets, a table that is more than half full is doubled. So after some removals the
//! owner fits the table ([`Table::fit`]), which costs next to nothing if its size is right.

use crate::keyspace::allocation::allocated;

/// What the owner of a hash table has to remember about it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Table {
    /// The highest number of elements so far, or the number that it was made for.
    peak: u32,
    /// Removals since it was fitted.
    removals: u8,
}

/// Removals after which a table is fitted. In a database of many segments, tables that were doubled
/// since then take about one hundredth more.
const REMOVALS_MAX: u8 = 64;

impl Table {
    /// A table that is made for `len` elements.
    pub fn of(len: usize) -> Table {
        Table { peak: narrow(len), removals: 0 }
    }

    /// An element was added: there are `len` now.
    pub fn added(&mut self, len: usize) {
        // In a tight table, the marks of removed elements may have used up the free buckets.
        self.holds(if self.removals > 0 { Table::roomy(len).capacity() } else { len });
    }

    /// An element was added to `len` when no bucket was free.
    pub fn overflowed(&mut self, len: usize) {
        if len >= self.capacity() / 2 {
            self.holds(self.capacity() + 1);
        }
    }

    /// The table was seen to have this capacity.
    pub fn holds(&mut self, capacity: usize) {
        self.peak = self.peak.max(narrow(capacity));
    }

    /// A table for `len` elements that come and go, with at least an eighth free: a fuller one
    /// would soon be doubled.
    fn roomy(len: usize) -> Table {
        let capacity = Table::of(len).capacity();
        Table::of(if len > capacity - capacity / 8 { capacity + 1 } else { len })
    }

    /// An element was removed.
    pub fn removed(&mut self) {
        self.removals = self.removals.saturating_add(1);
    }

    /// Whether there were enough removals to fit the table.
    pub fn is_worn(&self) -> bool {
        self.removals >= REMOVALS_MAX
    }

    /// Decides which size `len` elements that come and go need. With `Some`, the owner has to
    /// shrink the table to that size; the number says how many elements are moved within it.
    ///
    /// A removal must not cost memory: a tight table counts as doubled from the next addition on.
    pub fn fit(&mut self, len: usize) -> Option<usize> {
        let (wanted, buckets_before) = (Table::roomy(len), self.buckets());
        let (buckets, tight) = (wanted.buckets(), Table::of(len).buckets());
        if buckets > buckets_before {
            return None;
        }
        *self = wanted;
        match buckets == buckets_before {
            true if tight < buckets => None,
            // It was doubled meanwhile, or its size is right.
            true => Some(0),
            false => Some(len),
        }
    }

    /// Number of buckets.
    pub fn buckets(&self) -> usize {
        match self.peak as usize {
            0 => 0,
            1..=3 => 4,
            4..=7 => 8,
            peak => (peak * 8).div_ceil(7).next_power_of_two(),
        }
    }

    /// Number of elements that fit without growth.
    pub fn capacity(&self) -> usize {
        match self.buckets() {
            0 => 0,
            buckets @ 1..=8 => buckets - 1,
            buckets => buckets / 8 * 7,
        }
    }

    /// Bytes of the whole table, with elements of `element_bytes` each.
    pub fn bytes(&self, element_bytes: usize) -> usize {
        /// The control bytes that are repeated after the last bucket.
        const GROUP_BYTES: usize = 16;
        match self.buckets() {
            0 => 0,
            buckets => allocated(buckets * (element_bytes + 1) + GROUP_BYTES),
        }
    }
}

/// A number of elements in 32 bits: more would take more memory than there is.
pub(crate) fn narrow(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// Ensures that tables are assumed to grow when those of the standard library do.
    #[test]
    fn buckets_are_those_of_the_standard_library() {
        let mut map = HashMap::new();
        let mut table = Table::default();
        for len in 1..2_000_usize {
            map.insert(len, ());
            table.added(len);
            // Up to the capacity, the table has not grown.
            assert_eq!(table.capacity(), map.capacity(), "{len} elements");
            assert_eq!(table.buckets(), Table::of(map.capacity()).buckets(), "{len} elements");
            assert!(Table::of(map.capacity() + 1).buckets() > table.buckets());
        }
    }

    /// Ensures that a table is fitted after enough removals, and that a table so full that it would
    /// be doubled again is left alone and counted with its future size.
    #[test]
    fn worn_tables_are_fitted() {
        // Of a capacity of 448.
        for (len, fitted, capacity) in
            [(300, Some(0), 448), (196, Some(196), 224), (392, Some(0), 448), (393, None, 896)]
        {
            let mut table = Table::of(448);
            (0..REMOVALS_MAX).for_each(|_| table.removed());
            assert!(table.is_worn());
            assert_eq!(table.fit(len), fitted, "{len} elements");
            table.added(len + 1);
            assert_eq!(table.capacity(), capacity, "{len} elements");
            assert_eq!(table.is_worn(), fitted.is_none(), "{len} elements");
        }
    }

    /// Ensures that a tight table counts as doubled, and no larger, from the first removal on.
    #[test]
    fn a_tight_table_is_doubled_once() {
        let mut table = Table::of(400);
        for _ in 0..200 {
            table.removed();
            table.added(400);
            assert_eq!(table.capacity(), 896);
        }
    }
}
