//! Zipmaps: the packed block of a small hash before Redis 2.6, only ever read.
//!
//! ```text
//! len:u8 | length field length unused:u8 value and unused bytes … | ff
//! length: one byte up to 253, or fe and a u32
//! ```
//!
//! A value may have unused bytes behind it, left from a longer one. The count is exact up to 253.

use super::packed::{array, split};

/// What ends a block, and what stands before a length of four bytes.
const END: u8 = 0xff;
const LONG: u8 = 0xfe;

/// The block's count when there are too many fields for it.
const LEN_UNKNOWN: u8 = 254;

/// A field and its value.
pub type Pair<'a> = (&'a [u8], &'a [u8]);

/// The fields and values of a block; the block is verified as a whole.
///
/// # Errors
/// What is wrong with the block.
pub fn pairs(block: &[u8]) -> Result<Vec<Pair<'_>>, &'static str> {
    let (mut rest, mut found) = (block, Vec::new());
    let announced = array::<1>(&mut rest)?[0];
    loop {
        if rest == [END] {
            break;
        }
        let len = length(&mut rest)?;
        let field = split(&mut rest, len)?;
        let len = length(&mut rest)?;
        let unused = usize::from(array::<1>(&mut rest)?[0]);
        let value = split(&mut rest, len)?;
        split(&mut rest, unused)?;
        found.push((field, value));
    }
    if announced < LEN_UNKNOWN && usize::from(announced) != found.len() {
        return Err("a zipmap has not as many fields as it says");
    }
    Ok(found)
}

fn length(rest: &mut &[u8]) -> Result<usize, &'static str> {
    match array::<1>(rest)?[0] {
        END => Err("a zipmap ends before its last byte"),
        LONG => Ok(u32::from_le_bytes(array(rest)?) as usize),
        short => Ok(usize::from(short)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that fields and values are read, those with unused bytes too.
    #[test]
    fn fields_and_values_are_read() {
        let block = b"\x02\x01a\x02\x01xy_\xfe\x01\0\0\0b\0\0\xff";
        assert_eq!(pairs(block), Ok(vec![(&b"a"[..], &b"xy"[..]), (b"b", b"")]));
        assert_eq!(pairs(b"\0\xff"), Ok(vec![]));
    }

    /// Ensures that no cut block is accepted, nor a wrong count.
    #[test]
    fn unsound_blocks_are_refused() {
        let block = b"\x02\x01a\x02\x01xy_\xfe\x01\0\0\0b\0\0\xff";
        for len in 0..block.len() {
            assert!(pairs(&block[..len]).is_err(), "{len} bytes");
        }
        assert!(pairs(b"\x01\xff").is_err());
        assert!(pairs(b"\x01\x01a\xff").is_err());
    }
}
