//! Positions: the point of a key on the ring of 64-bit numbers.

use crate::keyspace::store::hasher::SharedHasher;

/// The `count` highest bits of `position`, as an index.
pub(crate) fn highest_bits(position: u64, count: u32) -> usize {
    // A shift by 64 is not defined; with no bits there is one slot.
    position.checked_shr(64 - count).unwrap_or(0) as usize
}

/// The position of a key; see `database.rs`.
pub(crate) fn position(hasher: &SharedHasher, key: &[u8]) -> u64 {
    hasher.hash_one(key).rotate_left(32)
}

/// The first position after the segment of depth `depth` that contains `position`, if there is one.
pub(crate) fn next_range(position: u64, depth: u32) -> Option<u64> {
    let last = position | u64::MAX.checked_shr(depth).unwrap_or(0);
    last.checked_add(1)
}
