//! MurmurHash64A, the hash of the sketch's elements (Austin Appleby, public domain).
//!
//! It takes eight bytes at a time as a little-endian number on every machine, as Redis does.

/// The factor of all its multiplications.
const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;

/// By how many bits it shifts.
const SHIFT: u32 = 47;

/// The hash of `bytes`.
pub fn hash(bytes: &[u8], seed: u64) -> u64 {
    let mut hash = seed ^ (bytes.len() as u64).wrapping_mul(FACTOR);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let mut word = u64::from_le_bytes(*word).wrapping_mul(FACTOR);
        word ^= word >> SHIFT;
        hash ^= word.wrapping_mul(FACTOR);
        hash = hash.wrapping_mul(FACTOR);
    }
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
    }
    hash ^= hash >> SHIFT;
    hash = hash.wrapping_mul(FACTOR);
    hash ^ hash >> SHIFT
}
