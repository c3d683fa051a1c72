//! How large a hash table is, and when it should be made to fit.
//!
//! The maps of this keyspace, `lru` and `indexmap`, rest on hashbrown's table, as the standard
//! library's does: buckets are a power of two, seven eighths of them are used at most, and each has
//! a byte of control beside it. They do not tell how many buckets there are; that is computed here,
//! from the elements that a table was made for or has held since.
//!
//! # Tables whose elements come and go
//! Such a table never shrinks by itself, and even grows: the place of a removed element may stay
//! marked as *was taken*, so that a search goes on behind it, and when such marks have used up all
//! free places, the table is doubled if it is more than half full. So after some removals its owner
//! has it fitted ([`Table::fit`]), which costs next to nothing if it does fit already.

use crate::keyspace::allocation::allocated;

/// What its owner remembers about a hash table.
#[derive(Debug, Clone, Copy, Default)]
pub struct Table {
    /// Most elements at a time, or as many as it was made for.
    peak: u32,
    /// Removals since it was fitted.
    removals: u8,
}

/// Removals after which a table is fitted. With this many, what segments take that were doubled
/// since is about a hundredth in a database of many.
const REMOVALS_MAX: u8 = 64;

impl Table {
    /// A table that is made for `len` elements.
    pub fn of(len: usize) -> Table {
        Table { peak: narrow(len), removals: 0 }
    }

    /// An element was added: there are `len` now.
    pub fn added(&mut self, len: usize) {
        // The removals may have used up what is free of a tight one.
        self.holds(if self.removals > 0 { Table::roomy(len).places() } else { len });
    }

    /// An element was added to `len` when no place was free.
    pub fn overflowed(&mut self, len: usize) {
        if len >= self.places() / 2 {
            self.holds(self.places() + 1);
        }
    }

    /// It has been seen to have `places` places.
    pub fn holds(&mut self, places: usize) {
        self.peak = self.peak.max(narrow(places));
    }

    /// A table for `len` elements that come and go: one that was full but for an eighth would soon
    /// be doubled.
    fn roomy(len: usize) -> Table {
        let places = Table::of(len).places();
        Table::of(if len > places - places / 8 { places + 1 } else { len })
    }

    /// An element was removed.
    pub fn removed(&mut self) {
        self.removals = self.removals.saturating_add(1);
    }

    /// Whether there were enough removals to have it fitted.
    pub fn is_worn(&self) -> bool {
        self.removals >= REMOVALS_MAX
    }

    /// Decides which size `len` elements need that come and go. Unless it is to be left alone, its
    /// owner has to shrink it to that; returned is how many elements get another place.
    ///
    /// A removal must not cost memory: a tight table is counted as doubled by the next addition.
    pub fn fit(&mut self, len: usize) -> Option<usize> {
        let (wanted, buckets_before) = (Table::roomy(len), self.buckets());
        let (buckets, tight) = (wanted.buckets(), Table::of(len).buckets());
        if buckets > buckets_before {
            return None;
        }
        *self = wanted;
        match buckets == buckets_before {
            true if tight < buckets => None,
            // It was doubled meanwhile, or nothing is to be done.
            true => Some(0),
            false => Some(len),
        }
    }

    /// Buckets that it has.
    pub fn buckets(&self) -> usize {
        match self.peak as usize {
            0 => 0,
            1..=3 => 4,
            4..=7 => 8,
            peak => (peak * 8).div_ceil(7).next_power_of_two(),
        }
    }

    /// Elements that it has places for.
    pub fn places(&self) -> usize {
        match self.buckets() {
            0 => 0,
            buckets @ 1..=8 => buckets - 1,
            buckets => buckets / 8 * 7,
        }
    }

    /// Bytes that it takes, all told, with elements of `element_bytes` each.
    pub fn bytes(&self, element_bytes: usize) -> usize {
        /// The control bytes that are repeated behind the last bucket.
        const GROUP_BYTES: usize = 16;
        match self.buckets() {
            0 => 0,
            buckets => allocated(buckets * (element_bytes + 1) + GROUP_BYTES),
        }
    }
}

/// A number of elements in few bytes: four thousand million would take more memory than there is.
pub(crate) fn narrow(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// Ensures that tables are taken to grow when the standard library's do.
    #[test]
    fn buckets_are_those_of_the_standard_library() {
        let mut map = HashMap::new();
        let mut table = Table::default();
        for len in 1..2_000_usize {
            map.insert(len, ());
            table.added(len);
            // Up to the capacity, the table has not grown.
            assert_eq!(table.places(), map.capacity(), "{len} elements");
            assert_eq!(table.buckets(), Table::of(map.capacity()).buckets(), "{len} elements");
            assert!(Table::of(map.capacity() + 1).buckets() > table.buckets());
        }
    }

    /// Ensures that a table is fitted when its elements have come and gone for a while, and left
    /// alone, but counted as what it becomes, when it is so full that it would be doubled again.
    #[test]
    fn worn_tables_are_fitted() {
        // Of 448 places.
        for (len, fitted, places) in
            [(300, Some(0), 448), (196, Some(196), 224), (392, Some(0), 448), (393, None, 896)]
        {
            let mut table = Table::of(448);
            (0..REMOVALS_MAX).for_each(|_| table.removed());
            assert!(table.is_worn());
            assert_eq!(table.fit(len), fitted, "{len} elements");
            table.added(len + 1);
            assert_eq!(table.places(), places, "{len} elements");
            assert_eq!(table.is_worn(), fitted.is_none(), "{len} elements");
        }
    }

    /// Ensures that a tight table counts as doubled from the first removal on, and not as more.
    #[test]
    fn a_tight_table_is_doubled_once() {
        let mut table = Table::of(400);
        for _ in 0..200 {
            table.removed();
            table.added(400);
            assert_eq!(table.places(), 896);
        }
    }
}
