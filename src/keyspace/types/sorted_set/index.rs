//! The index of a sorted set: from the hash of a member to the number of its leaf.
//!
//! *Linear hashing*: there are as many segments as the number of members asks for, and each step
//! of growth splits one segment in two, so that no insertion ever waits for a whole table to be
//! doubled. Which segment is next is known without a directory: segment `s` is split into `s`
//! and `s + 2^k`, where `2^k` is the number of segments at the begin of the round.
//!
//! A segment is a sorted array without gaps, not a table with free places. Hashes are uniform,
//! so the position of one can be computed (*interpolation search*) with an error of about the
//! square root of the length, which is a cache line or two; and an insertion moves less than two
//! kilobytes. It needs 8 bytes for a member, where a table that is three quarters full needs 11.
//!
//! The upper bits of a hash choose the segment, read from the highest down in such a way that
//! the order of hashes is the same at any number of segments. That order is what SCAN walks.

use crate::keyspace::allocation::allocated;
use crate::keyspace::types::chunked::{Chunked, clone_with_capacity};

/// Average entries of a segment; an insertion moves half of them.
const SEGMENT_LEN: usize = 192;

/// Segments that share a counted chunk: the first change after a clone copies 24 KiB.
const CHUNK_SEGMENTS: usize = 16;

/// Entries with the hash in the upper half and the number of the leaf in the lower, in rising
/// order.
#[derive(Debug, Default)]
struct Segment(Vec<u64>);

impl Clone for Segment {
    fn clone(&self) -> Segment {
        Segment(clone_with_capacity(&self.0))
    }
}

/// For every member the number of its leaf.
#[derive(Debug, Clone)]
pub struct Index {
    segments: Chunked<Segment, CHUNK_SEGMENTS>,
    len: usize,
    /// Bytes that the segments take, kept in step.
    segment_bytes: usize,
}

fn entry(hash: u32, leaf: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(leaf)
}

fn bytes_of(segment: &Vec<u64>) -> usize {
    allocated(segment.capacity() * size_of::<u64>())
}

/// Position in `segment`, whose entries have `depth` upper bits in common, of the first entry
/// that is not less than `wanted`.
fn lower_bound(segment: &[u64], depth: u32, wanted: u64) -> usize {
    let within = (wanted << depth >> 32) as usize;
    let mut at = (within * segment.len()) >> 32;
    while at > 0 && segment[at - 1] >= wanted {
        at -= 1;
    }
    while at < segment.len() && segment[at] < wanted {
        at += 1;
    }
    at
}

impl Index {
    /// An index without entries.
    pub fn new() -> Index {
        let mut segments = Chunked::default();
        segments.push(Segment::default());
        Index { segments, len: 0, segment_bytes: 0 }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Segments at the begin of the round, as an exponent.
    fn round(&self) -> u32 {
        self.segments.len().ilog2()
    }

    /// The segment of `hash`, and how many upper bits its hashes have in common.
    fn segment_of(&self, hash: u32) -> (usize, u32) {
        let (round, bits) = (self.round(), hash.reverse_bits() as usize);
        let whole = bits & ((1 << round) - 1);
        if whole + (1 << round) >= self.segments.len() {
            return (whole, round);
        }
        // The halves of a segment that was split in this round differ in one bit more.
        (bits & ((2 << round) - 1), round + 1)
    }

    /// The leaves in which a member with `hash` may be: nearly always one or none.
    pub fn candidates(&self, hash: u32) -> impl Iterator<Item = u32> {
        let (segment, depth) = self.segment_of(hash);
        let segment = &self.segments.get(segment).0;
        let first = lower_bound(segment, depth, entry(hash, 0));
        let equal = move |found: &&u64| (**found >> 32) as u32 == hash;
        segment[first..].iter().take_while(equal).map(|found| *found as u32)
    }

    /// Calls `change` with the segment of an entry and its position there.
    fn change(&mut self, hash: u32, leaf: u32, change: impl FnOnce(&mut Vec<u64>, usize)) {
        let (number, depth) = self.segment_of(hash);
        let segment = &mut self.segments.get_mut(number).0;
        let at = lower_bound(segment, depth, entry(hash, leaf));
        let before = bytes_of(segment);
        change(segment, at);
        self.segment_bytes = self.segment_bytes + bytes_of(segment) - before;
    }

    /// Adds the entry of a member with `hash` in `leaf`.
    pub fn insert(&mut self, hash: u32, leaf: u32) {
        self.change(hash, leaf, |segment, at| {
            if segment.len() == segment.capacity() {
                // In small steps: what is spare is spare in every segment.
                segment.reserve_exact(4 + segment.len() / 16);
            }
            segment.insert(at, entry(hash, leaf));
        });
        self.len += 1;
        if self.len > self.segments.len() * SEGMENT_LEN {
            self.split();
        }
    }

    /// Removes the entry of a member with `hash` in `leaf`.
    pub fn remove(&mut self, hash: u32, leaf: u32) {
        self.change(hash, leaf, |segment, at| {
            debug_assert_eq!(segment.get(at), Some(&entry(hash, leaf)), "an entry of the index");
            segment.remove(at);
            if segment.len() + SEGMENT_LEN / 4 < segment.capacity() {
                segment.shrink_to_fit();
            }
        });
        self.len -= 1;
        // Half of what would split it again: a set that breathes does not split and merge.
        if self.segments.len() > 1 && self.len < self.segments.len() * SEGMENT_LEN / 2 {
            self.merge();
        }
    }

    /// A member with `hash` went from leaf `old` to leaf `new`.
    pub fn replace(&mut self, hash: u32, old: u32, new: u32) {
        let (number, depth) = self.segment_of(hash);
        let segment = &mut self.segments.get_mut(number).0;
        let mut at = lower_bound(segment, depth, entry(hash, old));
        debug_assert_eq!(segment[at], entry(hash, old), "an entry of the index");
        segment[at] = entry(hash, new);
        // Among equal hashes the leaves rise.
        while at > 0 && segment[at - 1] > segment[at] {
            segment.swap(at - 1, at);
            at -= 1;
        }
        while at + 1 < segment.len() && segment[at + 1] < segment[at] {
            segment.swap(at, at + 1);
            at += 1;
        }
    }

    /// Splits the next segment of the round: entries whose next bit is set form a new one.
    fn split(&mut self) {
        let round = self.round();
        let number = self.segments.len() - (1 << round);
        let segment = &mut self.segments.get_mut(number).0;
        let before = bytes_of(segment);
        let bit = 1_u64 << (63 - round);
        let middle = segment.partition_point(|entry| entry & bit == 0);
        let upper = segment.split_off(middle);
        segment.shrink_to_fit();
        let after = bytes_of(segment) + bytes_of(&upper);
        self.segments.push(Segment(upper));
        self.segment_bytes = self.segment_bytes + after - before;
    }

    /// Undoes the last split.
    fn merge(&mut self) {
        let Some(Segment(upper)) = self.segments.pop() else { return };
        let number = self.segments.len() - (1 << self.round());
        let segment = &mut self.segments.get_mut(number).0;
        let before = bytes_of(segment) + bytes_of(&upper);
        segment.reserve_exact(upper.len());
        segment.extend_from_slice(&upper);
        self.segment_bytes = self.segment_bytes + bytes_of(segment) - before;
    }

    /// Calls `each` with hash and leaf of the entries whose hash is at least `from`, in the order
    /// of the hashes, until it answers `false`. Entries of equal hashes are never separated.
    pub fn walk(&self, from: u32, mut each: impl FnMut(u32, u32) -> bool) -> Option<u32> {
        let mut from = from;
        loop {
            let (number, depth) = self.segment_of(from);
            let segment = &self.segments.get(number).0;
            let first = lower_bound(segment, depth, entry(from, 0));
            for group in segment[first..].chunk_by(|one, other| one >> 32 == other >> 32) {
                let hash = (group[0] >> 32) as u32;
                let go_on = group.iter().fold(true, |_, found| each(hash, *found as u32));
                if !go_on {
                    return hash.checked_add(1);
                }
            }
            // The next segment begins where the common bits of this one are one more.
            let width = 1_u64 << (32 - depth);
            let next = (u64::from(from) / width + 1) * width;
            from = u32::try_from(next).ok()?;
        }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.segments.heap_bytes() + self.segment_bytes
    }

    /// Checks that every entry is in its segment and in order.
    ///
    /// # Panics
    /// If one is not.
    pub fn check_invariants(&self) {
        let (mut len, mut bytes) = (0, 0);
        for number in 0..self.segments.len() {
            let segment = &self.segments.get(number).0;
            assert!(segment.is_sorted(), "entries of a segment are in order");
            for found in segment {
                let (other, depth) = self.segment_of((found >> 32) as u32);
                assert_eq!(other, number, "an entry is in its segment");
                assert_eq!(segment[lower_bound(segment, depth, *found)], *found);
            }
            len += segment.len();
            bytes += bytes_of(segment);
        }
        assert_eq!(len, self.len, "entries of the index");
        assert_eq!(bytes, self.segment_bytes, "bytes of the segments");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a walk meets every entry once, at any number of segments.
    #[test]
    fn a_walk_meets_every_entry_once() {
        let mut rng = fastrand::Rng::with_seed(11);
        let (mut index, mut hashes) = (Index::new(), Vec::new());
        for number in 0..3_000_u32 {
            let hash = rng.u32(..);
            index.insert(hash, number);
            hashes.push(hash);
            if number < 20 || number.is_multiple_of(97) {
                let mut met = Vec::new();
                let end = index.walk(0, |hash, _| {
                    met.push(hash);
                    true
                });
                assert_eq!(end, None);
                hashes.sort_unstable();
                assert_eq!(met, hashes, "{number} entries");
            }
        }
        index.check_invariants();
    }
}
