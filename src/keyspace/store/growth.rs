//! How a database grows: its segments are split, one when it is full, or all ahead of their keys.
//!
//! A full segment is split by whoever inserts the key that is too many, and half its entries are
//! moved; both halves have small tables then. (Tables with room for what is to come would save a
//! twentieth of the time that a new key takes, and cost 20 bytes a key just after a split, 5 on
//! average: 2026-11-21, SET of new keys, P=16.) Most entries are moved once or twice in all.
//!
//! Whoever knows that many keys are to come, because their bytes are there already, has a small
//! database split until each segment has room for its share of them: then hardly any entry is ever
//! moved, and no table is made twice. The tables take 20 to 45 bytes for each key, as they would in
//! the end; [`Database::fit`] makes those smaller that were made in vain. (What that frees is used
//! again; the process does not shrink by it, nor are segments ever put together again.)

use crate::keyspace::store::database::Database;
use crate::keyspace::store::position::{self, highest_bits, next_range};
use crate::limits::SEGMENT_KEYS_MAX;
use std::cmp::Reverse;

impl Database {
    /// Splits the segment at a position in two; false if its keys agree in more bits than is worth
    /// telling apart. The new one gets a table with room for `keys` keys.
    pub(crate) fn split(&mut self, position: u64, keys: usize) -> bool {
        /// A directory of 2²⁴ slots serves thirteen billion keys.
        const DEPTH_MAX: u32 = 24;
        let at = self.segment_at(position);
        let depth = self.segments[at].depth + 1;
        if depth > DEPTH_MAX {
            return false;
        }
        if depth > self.depth {
            self.directory = self.directory.iter().flat_map(|slot| [*slot, *slot]).collect();
            self.depth = depth;
        }
        let bytes_before = self.segments[at].bytes();
        let hasher = self.hasher.clone();
        let is_high = |key: &[u8]| highest_bits(position::position(&hasher, key), depth) & 1 == 1;
        let high = self.segments[at].split(&self.hasher, keys, is_high);
        self.moved += high.len() as u64;
        self.account.spend(self.segments[at].bytes() + high.bytes());
        self.account.save(bytes_before);
        let new = self.segments.len() as u32;
        // The second half of the neighbouring slots that named the whole.
        let half = 1_usize << (self.depth - depth);
        let middle = (self.slot(position) & !(2 * half - 1)) + half;
        self.directory[middle..middle + half].fill(new);
        // The low half keeps the place of the whole, which had no older candidate than that.
        self.oldest_first.push(Reverse((high.first_age(), new)));
        self.segments.push(high);
        true
    }

    /// Splits until `keys` keys would find their places without further splitting.
    pub fn reserve(&mut self, keys: usize) {
        /// Keys in a segment on average, if none is to have too many.
        const KEYS_MEAN: usize = SEGMENT_KEYS_MAX / 4 * 3;
        let segments = keys.div_ceil(KEYS_MEAN).next_power_of_two();
        let (depth, share) = (segments.ilog2(), keys / segments);
        // Hardly any segment will have an eighth more than its share.
        let room = share + share / 8;
        let mut from = Some(0);
        while let Some(position) = from {
            while self.segments[self.segment_at(position)].depth < depth
                && self.split(position, room)
            {}
            from = next_range(position, self.segments[self.segment_at(position)].depth);
        }
    }

    /// Gives back what of the tables is not needed.
    pub fn fit(&mut self) {
        for segment in &mut self.segments {
            let bytes_before = segment.bytes();
            self.moved += segment.fit() as u64;
            self.account.save(bytes_before - segment.bytes());
        }
    }
}
