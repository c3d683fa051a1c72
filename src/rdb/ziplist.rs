//! Ziplists: the packed block of small lists, hashes and sorted sets before Redis 7.
//!
//! ```text
//! bytes:u32 tail:u32 len:u16 | element … element | ff
//! element: length of the element before (1 byte, or fe and 4), encoding and length, contents
//! ```
//!
//! All of the block's own figures are checked against a walk from its beginning, as Redis does
//! with payloads that it does not trust: total, tail, count, and each element's back length.

use super::packed::{Packed, Walk, array, signed, split};

/// Bytes in front of the first element.
const HEADER_BYTES: usize = 10;

/// What ends a block.
const END: u8 = 0xff;

/// The block's count when there are too many elements for it.
const LEN_UNKNOWN: u16 = u16::MAX;

/// Verifies a block; returns how many elements it has.
///
/// # Errors
/// What is wrong with the block.
pub fn count(block: &[u8]) -> Result<usize, &'static str> {
    let mut rest = block;
    let total = u32::from_le_bytes(array(&mut rest)?);
    let tail = u32::from_le_bytes(array(&mut rest)?) as usize;
    let announced = u16::from_le_bytes(array(&mut rest)?);
    if total as usize != block.len() {
        return Err("a ziplist is not as long as it says");
    }
    let (mut elements, mut found, mut last) = (Elements { rest, before: 0 }, 0, HEADER_BYTES);
    loop {
        let begin = block.len() - elements.rest.len();
        if elements.step()?.is_none() {
            break;
        }
        (found, last) = (found + 1, begin);
    }
    if tail != last {
        return Err("a ziplist's last element is not where it says");
    }
    if announced != LEN_UNKNOWN && usize::from(announced) != found {
        return Err("a ziplist has not as many elements as it says");
    }
    Ok(found)
}

/// The elements of a block, one after the other.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    /// From the next element to the block's end.
    rest: &'a [u8],
    /// Length of the element before.
    before: usize,
}

impl<'a> Elements<'a> {
    /// Begins at a block's first element.
    ///
    /// # Errors
    /// The block has no header.
    pub fn new(block: &'a [u8]) -> Result<Elements<'a>, &'static str> {
        let rest = block.get(HEADER_BYTES..).ok_or("a ziplist without a header")?;
        Ok(Elements { rest, before: 0 })
    }
}

impl<'a> Walk<'a> for Elements<'a> {
    fn step(&mut self) -> Result<Option<Packed<'a>>, &'static str> {
        let begin = self.rest.len();
        let back = match array::<1>(&mut self.rest)?[0] {
            END => {
                let is_last = self.rest.is_empty();
                return if is_last { Ok(None) } else { Err("a ziplist ends before its last byte") };
            }
            0xfe => u32::from_le_bytes(array(&mut self.rest)?) as usize,
            short => usize::from(short),
        };
        if back != self.before {
            return Err("a ziplist's element has a wrong back length");
        }
        let element = contents(&mut self.rest)?;
        self.before = begin - self.rest.len();
        Ok(Some(element))
    }
}

/// Splits off an element behind its back length.
fn contents<'a>(rest: &mut &'a [u8]) -> Result<Packed<'a>, &'static str> {
    let encoding = array::<1>(rest)?[0];
    let text = match encoding >> 6 {
        0 => usize::from(encoding & 0x3f),
        1 => usize::from(encoding & 0x3f) << 8 | usize::from(array::<1>(rest)?[0]),
        2 => u32::from_be_bytes(array(rest)?) as usize,
        _ => {
            let integer_bytes = match encoding {
                0xc0 => 2,
                0xd0 => 4,
                0xe0 => 8,
                0xf0 => 3,
                0xfe => 1,
                0xf1..=0xfd => return Ok(Packed::Integer(i64::from(encoding & 0x0f) - 1)),
                _ => return Err("a ziplist's element has an unknown encoding"),
            };
            return Ok(Packed::Integer(signed(split(rest, integer_bytes)?)));
        }
    };
    Ok(Packed::Text(split(rest, text)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of elements that are given without their back lengths.
    fn block(elements: &[&[u8]]) -> Vec<u8> {
        let (mut body, mut before, mut tail) = (Vec::new(), 0usize, HEADER_BYTES);
        for element in elements {
            tail = HEADER_BYTES + body.len();
            if before < 254 {
                body.push(before as u8);
            } else {
                body.push(0xfe);
                body.extend_from_slice(&(before as u32).to_le_bytes());
            }
            body.extend_from_slice(element);
            before = HEADER_BYTES + body.len() - tail;
        }
        let total = (HEADER_BYTES + body.len() + 1) as u32;
        let mut block = [total.to_le_bytes(), (tail as u32).to_le_bytes()].concat();
        block.extend_from_slice(&(elements.len() as u16).to_le_bytes());
        block.extend_from_slice(&body);
        block.push(END);
        block
    }

    fn read(block: &[u8]) -> Result<Vec<Packed<'_>>, &'static str> {
        let (len, mut elements, mut found) = (count(block)?, Elements::new(block)?, Vec::new());
        while let Some(element) = elements.step()? {
            found.push(element);
        }
        assert_eq!(found.len(), len);
        Ok(found)
    }

    /// Ensures that every encoding of an element is read.
    #[test]
    fn every_encoding_is_read() {
        let long = [&[0x41, 0x2c][..], &[b'x'; 300]].concat();
        let block = block(&[
            b"\x02hi",
            &long,
            b"\x80\x00\x00\x00\x03abc",
            b"\xc0\x00\x80",
            b"\xd0\xff\xff\xff\xff",
            b"\xe0\x00\x00\x00\x00\x00\x00\x00\x80",
            b"\xf0\x00\x00\x80",
            b"\xfe\x80",
            b"\xf1",
            b"\xfd",
        ]);
        let expected = [
            Packed::Text(b"hi"),
            Packed::Text(&[b'x'; 300]),
            Packed::Text(b"abc"),
            Packed::Integer(-32_768),
            Packed::Integer(-1),
            Packed::Integer(i64::MIN),
            Packed::Integer(-8_388_608),
            Packed::Integer(-128),
            Packed::Integer(0),
            Packed::Integer(12),
        ];
        assert_eq!(read(&block).unwrap(), expected);
        assert_eq!(read(&super::tests::block(&[])).unwrap(), []);
    }

    /// Ensures that each wrong figure in a block is found, and that no cut block is accepted.
    #[test]
    fn wrong_figures_are_found() {
        let sound = block(&[b"\x02hi", b"\xfe\x80", b"\xf1"]);
        for at in [0, 4, 8, 10, 14, 17] {
            let mut broken = sound.clone();
            broken[at] ^= 1;
            assert!(read(&broken).is_err(), "byte {at}");
        }
        for len in 0..sound.len() {
            assert!(read(&sound[..len]).is_err(), "{len} bytes");
        }
        for unknown in [b"\xff", b"\xc1", b"\xd1"] {
            assert!(read(&block(&[unknown])).is_err());
        }
    }
}
