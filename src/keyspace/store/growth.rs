//! How a database grows: a full segment is split in two, or all are split ahead of their keys.
//!
//! A database of segments with at most two keys each, while four keys arrive (extendible hashing;
//! every key is shown by the highest bits of its position):
//!
//! ```text
//! keys 00…, 10…        key 11… arrives           key 01… arrives
//! directory depth 0    depth 1                   depth 1
//! ┌───┐                ┌───┐                     ┌───┐
//! │   ├─► {00 10}      │ 0 ├─► {00}              │ 0 ├─► {00 01}
//! └───┘                │ 1 ├─► {10 11}           │ 1 ├─► {10 11}
//!                      └───┘                     └───┘
//! A fifth key, 111…: the segment of 1 splits, and the directory doubles to 00 01 10 11, of which
//! the first two slots both refer to {00 01}.
//! ```
//!
//! The thread that inserts one key too many splits the segment and moves half of its entries; both
//! halves have small tables then. (Tables with spare capacity would save a twentieth of the time
//! that a new key takes, and cost 20 bytes a key just after a split, 5 on average: 2026-11-21, SET
//! of new keys, P=16.) Most entries are moved once or twice in all.
//!
//! A batch whose received bytes show that many keys will follow reserves: a small database is split
//! until each segment has capacity for its share. Then hardly any entry is ever moved, and no table
//! is made twice. The tables take 20 to 45 bytes for each key, as they would in the end;
//! [`Database::fit`] shrinks tables whose reservation was not used. (The process uses
//! freed memory again, but does not shrink; segments are never merged.)

use crate::keyspace::store::database::Database;
use crate::keyspace::store::position::{self, highest_bits, next_range};
use crate::limits::SEGMENT_KEYS_MAX;
use std::cmp::Reverse;

impl Database {
    /// Splits the segment at a position in two; false if it has reached the greatest depth. The new
    /// segment gets a table with capacity for `keys` keys.
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
        // The second half of the neighbouring slots that referred to the whole segment.
        let half = 1_usize << (self.depth - depth);
        let middle = (self.slot(position) & !(2 * half - 1)) + half;
        self.directory[middle..middle + half].fill(new);
        // The low half keeps its element of the heap: the bound of the whole holds for it, too.
        self.oldest_first.push(Reverse((high.first_use(), new)));
        self.segments.push(high);
        true
    }

    /// Splits until `keys` keys fit without further splitting.
    pub fn reserve(&mut self, keys: usize) {
        /// Mean number of keys in a segment at which none exceeds its maximum.
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

    /// Shrinks the tables to what they need.
    pub fn fit(&mut self) {
        for segment in &mut self.segments {
            let bytes_before = segment.bytes();
            self.moved += segment.fit() as u64;
            self.account.save(bytes_before - segment.bytes());
        }
    }
}
