//! Zipmaps: the packed block of a small hash before Redis 2.6, only ever read.
//!
//! ```text
//! len:u8 | length field length unused:u8 value and unused bytes … | ff
//! length: one byte up to 253, or fe and a u32
//! ```
//!
//! A value may have unused bytes after it, left from a longer one. The count is exact up to 253.

use super::packed::{array, split};

/// What ends a block, and what stands before a length of four bytes.
const END: u8 = 0xff;
const LONG: u8 = 0xfe;

/// The block's count when there are too many fields for it.
const LEN_UNKNOWN: u8 = 254;

/// A field and its value.
pub type Pair<'a> = (&'a [u8], &'a [u8]);

/// Verifies a block; returns how many fields it has.
///
/// # Errors
/// What is wrong with the block.
pub fn count(block: &[u8]) -> Result<usize, &'static str> {
    let announced = *block.first().ok_or("a zipmap without a count")?;
    let (mut pairs, mut found) = (Pairs::new(block), 0);
    while pairs.step()?.is_some() {
        found += 1;
    }
    if announced < LEN_UNKNOWN && usize::from(announced) != found {
        return Err("a zipmap has not as many fields as it says");
    }
    Ok(found)
}

/// The fields and values of a block, one after the other.
#[derive(Debug, Clone)]
pub struct Pairs<'a> {
    /// From the next field to the block's end.
    rest: &'a [u8],
}

impl<'a> Pairs<'a> {
    /// Begins at a block's first field.
    pub fn new(block: &'a [u8]) -> Pairs<'a> {
        Pairs { rest: block.get(1..).unwrap_or(&[]) }
    }

    /// The next field and its value, or none at the end.
    ///
    /// # Errors
    /// What is wrong with the block.
    pub fn step(&mut self) -> Result<Option<Pair<'a>>, &'static str> {
        if self.rest == [END] {
            return Ok(None);
        }
        let len = length(&mut self.rest)?;
        let field = split(&mut self.rest, len)?;
        let len = length(&mut self.rest)?;
        let unused = usize::from(array::<1>(&mut self.rest)?[0]);
        let value = split(&mut self.rest, len)?;
        split(&mut self.rest, unused)?;
        Ok(Some((field, value)))
    }
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

    fn pairs(block: &[u8]) -> Result<Vec<Pair<'_>>, &'static str> {
        let (len, mut pairs, mut found) = (count(block)?, Pairs::new(block), Vec::new());
        while let Some(pair) = pairs.step()? {
            found.push(pair);
        }
        assert_eq!(found.len(), len);
        Ok(found)
    }

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
