//! The HyperLogLog sketch: how many different elements were seen, in at most 12 KiB.
//!
//! An element is hashed to 64 bits. Fourteen of them select one of 16 384 *registers*; the number
//! of zeros that follow in the others, plus one, is the element's *rank*. A register keeps the
//! highest rank that it has met: a rank of r suggests that about 2^r different elements came along.
//! The estimate over all registers has a standard error of 0.81 %.
//!
//! # The string
//! A sketch is a string value in Redis's format, so that GET, SET and DUMP exchange it: the letters
//! `HYLL`, a byte for the encoding, three bytes that are zero, the count of the last PFCOUNT in
//! eight bytes (the highest bit says that it is out of date), and the registers, either with six
//! bits each ([`dense`]) or as runs ([`sparse`]). A client may have put in any bytes, so nothing
//! here relies on them: a string that is not 16 384 registers is [`Corrupt`].
//!
//! # Sources
//! Flajolet et al. 2007 (the sketch), Ertl 2017, arXiv:1702.01284 (the estimate).

pub mod dense;
pub mod estimate;
pub mod murmur;
pub mod sparse;

/// Bits of a hash that select a register.
const INDEX_BITS: u32 = 14;

/// Number of registers.
pub const REGISTERS: usize = 1 << INDEX_BITS;

/// Bits of a hash that are left for the rank.
pub const RANK_BITS: u32 = 64 - INDEX_BITS;

/// The highest rank, which stands for zeros only.
pub const RANK_MAX: usize = RANK_BITS as usize + 1;

/// Bytes in front of the registers.
pub const HEADER_BYTES: usize = 16;

/// The seed of the hash. All sketches need the same one, or they could not be merged.
const SEED: u64 = 0xadc8_3b19;

/// The first four bytes.
const MAGIC: &[u8] = b"HYLL";

/// Where the encoding is.
const ENCODING_AT: usize = 4;

/// Where the cached count is.
const COUNT_AT: usize = 8;

/// The bit of the last byte of the cached count that says that it is out of date.
const IS_STALE: u8 = 0x80;

/// The registers of a sketch are not what its header announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrupt;

/// How the registers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Six bits for each.
    Dense,
    /// Runs of equal ones.
    Sparse,
}

/// Ranks of all registers.
pub type Ranks = [u8; REGISTERS];

/// The encoding of a sketch; `None` if the string is not one.
pub fn encoding(bytes: &[u8]) -> Option<Encoding> {
    if bytes.len() < HEADER_BYTES || !bytes.starts_with(MAGIC) {
        return None;
    }
    match bytes[ENCODING_AT] {
        0 if bytes.len() == HEADER_BYTES + dense::BYTES => Some(Encoding::Dense),
        1 => Some(Encoding::Sparse),
        _ => None,
    }
}

/// A sketch without elements.
pub fn empty() -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.resize(HEADER_BYTES, 0);
    bytes[ENCODING_AT] = 1;
    bytes.extend_from_slice(&sparse::EMPTY);
    bytes
}

/// The cached count, unless it is out of date.
pub fn cached_count(bytes: &[u8]) -> Option<u64> {
    let count = bytes.get(COUNT_AT..HEADER_BYTES)?;
    let count = u64::from_le_bytes(count.try_into().ok()?);
    (count >> 56 & u64::from(IS_STALE) == 0).then_some(count)
}

/// Caches a count.
pub fn cache_count(bytes: &mut [u8], count: u64) {
    bytes[COUNT_AT..HEADER_BYTES].copy_from_slice(&count.to_le_bytes());
}

/// Marks the cached count as out of date.
pub fn forget_count(bytes: &mut [u8]) {
    bytes[HEADER_BYTES - 1] |= IS_STALE;
}

/// The register of an element, and its rank there.
pub fn locate(element: &[u8]) -> (usize, u8) {
    let hash = murmur::hash(element, SEED);
    // A one above the bits that are left ends the zeros.
    let rest = hash >> INDEX_BITS | 1 << RANK_BITS;
    (hash as usize & (REGISTERS - 1), rest.trailing_zeros() as u8 + 1)
}

/// Raises `ranks` to those of a sketch (the union of what both have seen).
///
/// # Errors
/// The sketch is corrupt; `ranks` may have been raised in part.
pub fn merge_into(ranks: &mut Ranks, bytes: &[u8], encoding: Encoding) -> Result<(), Corrupt> {
    let registers = &bytes[HEADER_BYTES..];
    match encoding {
        Encoding::Dense => {
            for (index, rank) in ranks.iter_mut().enumerate() {
                *rank = dense::get(registers, index).max(*rank);
            }
            Ok(())
        }
        Encoding::Sparse => sparse::for_each_run(registers, |index, len, rank| {
            if rank > 0 {
                ranks[index..index + len].iter_mut().for_each(|old| *old = rank.max(*old));
            }
        }),
    }
}

/// The estimated number of different elements.
///
/// # Errors
/// The sketch is corrupt.
pub fn count(bytes: &[u8], encoding: Encoding) -> Result<u64, Corrupt> {
    let registers = &bytes[HEADER_BYTES..];
    let mut histogram = [0; estimate::RANKS];
    match encoding {
        Encoding::Dense => {
            (0..REGISTERS).for_each(|index| {
                histogram[usize::from(dense::get(registers, index))] += 1;
            });
        }
        Encoding::Sparse => sparse::for_each_run(registers, |_, len, rank| {
            histogram[usize::from(rank)] += len;
        })?,
    }
    Ok(estimate::count(&histogram))
}

/// [`count`] of ranks that are not in a sketch.
pub fn count_of(ranks: &Ranks) -> u64 {
    let mut histogram = [0; estimate::RANKS];
    ranks.iter().for_each(|rank| histogram[usize::from(*rank)] += 1);
    estimate::count(&histogram)
}

/// The same sketch in the dense encoding, cached count included.
///
/// # Errors
/// It is corrupt.
pub fn to_dense(bytes: &[u8]) -> Result<Vec<u8>, Corrupt> {
    let mut new = bytes[..HEADER_BYTES].to_vec();
    new[ENCODING_AT] = 0;
    new.resize(HEADER_BYTES + dense::BYTES, 0);
    let registers = &mut new[HEADER_BYTES..];
    sparse::for_each_run(&bytes[HEADER_BYTES..], |index, len, rank| {
        if rank > 0 {
            (index..index + len).for_each(|index| dense::set(registers, index, rank));
        }
    })?;
    Ok(new)
}

#[cfg(test)]
mod tests;
