//! Intsets: the packed block of a set of integers, sorted and all of one width.
//!
//! ```text
//! width:u32 (2, 4 or 8) len:u32 | integer … integer
//! ```
//!
//! The order is verified: strictly rising integers are also the proof that no member is twice.

use super::packed::{array, signed};

/// The integers of a block that is verified as a whole before this returns.
///
/// # Errors
/// What is wrong with the block.
pub fn integers(block: &[u8]) -> Result<impl ExactSizeIterator<Item = i64>, &'static str> {
    let mut rest = block;
    let width = u32::from_le_bytes(array(&mut rest)?);
    let len = u32::from_le_bytes(array(&mut rest)?);
    if !matches!(width, 2 | 4 | 8) {
        return Err("an intset with integers of an unknown width");
    }
    if u64::from(width) * u64::from(len) != rest.len() as u64 {
        return Err("an intset is not as long as it says");
    }
    let all = rest.chunks_exact(width as usize).map(signed);
    if !all.clone().is_sorted_by(|a, b| a < b) {
        return Err("an intset is out of order");
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(block: &[u8]) -> Result<Vec<i64>, &'static str> {
        integers(block).map(Iterator::collect)
    }

    /// Ensures that blocks of every width are read.
    #[test]
    fn every_width_is_read() {
        let narrow = b"\x02\0\0\0\x03\0\0\0\xff\xff\x00\x00\x00\x01";
        assert_eq!(read(narrow), Ok(vec![-1, 0, 256]));
        let middle = b"\x04\0\0\0\x01\0\0\0\x00\x00\x00\x80";
        assert_eq!(read(middle), Ok(vec![i64::from(i32::MIN)]));
        let wide = [&b"\x08\0\0\0\x01\0\0\0"[..], &i64::MAX.to_le_bytes()].concat();
        assert_eq!(read(&wide), Ok(vec![i64::MAX]));
    }

    /// Ensures that a wrong width, length or order is refused.
    #[test]
    fn unsound_blocks_are_refused() {
        for block in [
            &b"\x03\0\0\0\x01\0\0\0\0\0\0"[..],
            b"\x02\0\0\0\x02\0\0\0\0\0",
            b"\x02\0\0\0\x01\0\0\0\0\0\0",
            b"\x02\0\0\0\x02\0\0\0\x01\0\x01\0",
            b"\x02\0\0\0\x02\0\0\0\x02\0\x01\0",
            b"\x02\0\0\0\xff\xff\xff\xff\x02\0",
            b"\x02\0\0",
        ] {
            assert!(read(block).is_err(), "{block:?}");
        }
    }
}
