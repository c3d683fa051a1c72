//! Listpacks: the packed block of Redis 7 and of every stream; read and written.
//!
//! ```text
//! bytes:u32 len:u16 | element … element | ff
//! element: encoding and length, contents, length of those two again (1 to 5 bytes)
//!
//! 0nnnnnnn               7-bit integer       11110000 u32 …  text of up to 4 GiB
//! 10nnnnnn …             text of up to 63    11110001 i16    11110010 24 bits
//! 110nnnnn nnnnnnnn      13-bit integer      11110011 i32    11110100 i64
//! 1110nnnn nnnnnnnn …    text of up to 4095
//! ```
//!
//! The length after an element is for walking backwards: seven bits per byte, the highest first,
//! with the top bit set in all but the first. It is verified, and so are total and count.

use super::packed::{Packed, Walk, array, signed, split};

/// Bytes in front of the first element.
const HEADER_BYTES: usize = 6;

/// What ends a block.
const END: u8 = 0xff;

/// The block's count when there are too many elements for it.
const LEN_UNKNOWN: u16 = u16::MAX;

/// Bytes of a block at most, as in Redis: one that could grow beyond is not trusted to be sound.
const BLOCK_BYTES_MAX: usize = 1 << 30;

/// Verifies a block; returns how many elements it has.
///
/// # Errors
/// What is wrong with the block.
pub fn count(block: &[u8]) -> Result<usize, &'static str> {
    let mut rest = block;
    let total = u32::from_le_bytes(array(&mut rest)?);
    let announced = u16::from_le_bytes(array(&mut rest)?);
    if total as usize != block.len() {
        return Err("a listpack is not as long as it says");
    }
    let (mut elements, mut found) = (Elements { rest }, 0);
    while elements.step()?.is_some() {
        found += 1;
    }
    if announced != LEN_UNKNOWN && usize::from(announced) != found {
        return Err("a listpack has not as many elements as it says");
    }
    Ok(found)
}

/// The elements of a block, one after the other.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    /// From the next element to the block's end.
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    /// Begins at a block's first element.
    ///
    /// # Errors
    /// The block has no header.
    pub fn new(block: &'a [u8]) -> Result<Elements<'a>, &'static str> {
        Ok(Elements { rest: block.get(HEADER_BYTES..).ok_or("a listpack without a header")? })
    }
}

impl<'a> Walk<'a> for Elements<'a> {
    fn step(&mut self) -> Result<Option<Packed<'a>>, &'static str> {
        if self.rest.first() == Some(&END) {
            let is_last = self.rest.len() == 1;
            return if is_last { Ok(None) } else { Err("a listpack ends before its last byte") };
        }
        let before = self.rest.len();
        let element = contents(&mut self.rest)?;
        let (digits, used) = back_length(before - self.rest.len());
        if split(&mut self.rest, used)? != &digits[..used] {
            return Err("a listpack's element has a wrong back length");
        }
        Ok(Some(element))
    }
}

/// Splits off an element in front of its back length.
fn contents<'a>(rest: &mut &'a [u8]) -> Result<Packed<'a>, &'static str> {
    let encoding = array::<1>(rest)?[0];
    let integer_bytes = match encoding {
        0..=0x7f => return Ok(Packed::Integer(i64::from(encoding))),
        0x80..=0xbf => return Ok(Packed::Text(split(rest, usize::from(encoding & 0x3f))?)),
        0xc0..=0xdf => {
            let bits = i64::from(encoding & 0x1f) << 8 | i64::from(array::<1>(rest)?[0]);
            return Ok(Packed::Integer(if bits < 4096 { bits } else { bits - 8192 }));
        }
        0xe0..=0xef => {
            let len = usize::from(encoding & 0x0f) << 8 | usize::from(array::<1>(rest)?[0]);
            return Ok(Packed::Text(split(rest, len)?));
        }
        0xf0 => {
            let len = u32::from_le_bytes(array(rest)?) as usize;
            return Ok(Packed::Text(split(rest, len)?));
        }
        0xf1 => 2,
        0xf2 => 3,
        0xf3 => 4,
        0xf4 => 8,
        _ => return Err("a listpack's element has an unknown encoding"),
    };
    Ok(Packed::Integer(signed(split(rest, integer_bytes)?)))
}

/// The bytes after an element of `len` bytes, and how many of them count.
fn back_length(len: usize) -> ([u8; 5], usize) {
    let used = match len {
        0..=127 => 1,
        128..=16_382 => 2,
        16_383..=2_097_150 => 3,
        2_097_151..=268_435_454 => 4,
        _ => 5,
    };
    let mut digits = [0; 5];
    for (at, digit) in digits[..used].iter_mut().enumerate() {
        let bits = (len >> (7 * (used - 1 - at))) as u8 & 0x7f;
        *digit = if at == 0 { bits } else { bits | 0x80 };
    }
    (digits, used)
}

/// A block under construction.
#[derive(Debug)]
pub struct Builder {
    /// The header's place, then the elements.
    block: Vec<u8>,
    len: usize,
}

impl Builder {
    /// An empty block, in the memory of `block`.
    pub fn new(mut block: Vec<u8>) -> Builder {
        block.clear();
        block.resize(HEADER_BYTES, 0);
        Builder { block, len: 0 }
    }

    /// Appends a text, or the integer that it spells.
    pub fn text(&mut self, text: &[u8]) {
        match integer_of(text) {
            Some(number) => self.integer(number),
            None => self.raw(text),
        }
    }

    fn raw(&mut self, text: &[u8]) {
        let begin = self.block.len();
        match text.len() {
            len @ 0..=63 => self.block.push(0x80 | len as u8),
            len @ 64..=4095 => {
                self.block.extend_from_slice(&[0xe0 | (len >> 8) as u8, len as u8]);
            }
            len => {
                self.block.push(0xf0);
                // A longer one makes the block too long, which is found at its end.
                self.block.extend_from_slice(&(len as u32).to_le_bytes());
            }
        }
        self.block.extend_from_slice(text);
        self.end_element(begin);
    }

    /// Appends an integer in as few bytes as it takes.
    pub fn integer(&mut self, number: i64) {
        let begin = self.block.len();
        let bytes = number.to_le_bytes();
        match number {
            0..=127 => self.block.push(number as u8),
            -4096..=4095 => {
                let bits = (number & 0x1fff) as u16;
                self.block.extend_from_slice(&[0xc0 | (bits >> 8) as u8, bits as u8]);
            }
            _ => {
                let (encoding, used) = match number {
                    -32_768..=32_767 => (0xf1, 2),
                    -8_388_608..=8_388_607 => (0xf2, 3),
                    -2_147_483_648..=2_147_483_647 => (0xf3, 4),
                    _ => (0xf4, 8),
                };
                self.block.push(encoding);
                self.block.extend_from_slice(&bytes[..used]);
            }
        }
        self.end_element(begin);
    }

    fn end_element(&mut self, begin: usize) {
        let (digits, used) = back_length(self.block.len() - begin);
        self.block.extend_from_slice(&digits[..used]);
        self.len += 1;
    }

    /// The finished block.
    ///
    /// # Errors
    /// The elements are too long for one block.
    pub fn finish(mut self) -> Result<Vec<u8>, &'static str> {
        self.block.push(END);
        if self.block.len() > BLOCK_BYTES_MAX {
            return Err("too many bytes for one listpack");
        }
        let total = (self.block.len() as u32).to_le_bytes();
        let len = u16::try_from(self.len).unwrap_or(LEN_UNKNOWN).to_le_bytes();
        self.block[..4].copy_from_slice(&total);
        self.block[4..6].copy_from_slice(&len);
        Ok(self.block)
    }
}

/// The integer whose digits a text is exactly, without signs or zeros that could be left out.
pub(super) fn integer_of(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 20 || !matches!(text[0], b'-' | b'0'..=b'9') {
        return None;
    }
    let number: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (itoa::Buffer::new().format(number).as_bytes() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(block: &[u8]) -> Result<Vec<Packed<'_>>, &'static str> {
        let (len, mut elements, mut found) = (count(block)?, Elements::new(block)?, Vec::new());
        while let Some(element) = elements.step()? {
            found.push(element);
        }
        assert_eq!(found.len(), len);
        Ok(found)
    }

    /// Ensures that a block written by hand is read, with every encoding of an element in it.
    #[test]
    fn every_encoding_is_read() {
        let elements = [
            &b"\x7f\x01"[..],
            b"\x82hi\x03",
            b"\xdf\xff\x02",
            b"\xe0\x03abc\x05",
            b"\xf0\x01\x00\x00\x00z\x06",
            b"\xf1\x00\x80\x03",
            b"\xf2\x00\x00\x80\x04",
            b"\xf3\xff\xff\xff\xff\x05",
            b"\xf4\x00\x00\x00\x00\x00\x00\x00\x80\x09",
        ];
        let body = elements.concat();
        let mut block = (body.len() as u32 + 7).to_le_bytes().to_vec();
        block.extend_from_slice(&9u16.to_le_bytes());
        block.extend_from_slice(&body);
        block.push(END);
        let expected = [
            Packed::Integer(127),
            Packed::Text(b"hi"),
            Packed::Integer(-1),
            Packed::Text(b"abc"),
            Packed::Text(b"z"),
            Packed::Integer(-32_768),
            Packed::Integer(-8_388_608),
            Packed::Integer(-1),
            Packed::Integer(i64::MIN),
        ];
        assert_eq!(read(&block), Ok(expected.to_vec()));
    }

    /// Ensures that what is written is read back, at the edges of all encodings.
    #[test]
    fn what_is_written_is_read() {
        let mut builder = Builder::new(Vec::new());
        let edges = [0, 127, 128, -1, 4095, 4096, -4096, -4097, 32_767, -32_769, 8_388_608];
        let edges = edges.into_iter().chain([i64::from(i32::MAX), 1 << 31, i64::MAX, i64::MIN]);
        edges.clone().for_each(|number| builder.integer(number));
        let texts: Vec<Vec<u8>> =
            [0, 1, 63, 64, 126, 4095, 4096, 20_000].map(|len| vec![b'x'; len]).to_vec();
        texts.iter().for_each(|text| builder.text(text));
        builder.text(b"-12");
        builder.text(b"-012");
        let block = builder.finish().expect("a block");
        let mut expected: Vec<Packed> = edges.map(Packed::Integer).collect();
        expected.extend(texts.iter().map(|text| Packed::Text(text)));
        expected.extend([Packed::Integer(-12), Packed::Text(b"-012")]);
        assert_eq!(read(&block), Ok(expected));
    }

    /// Ensures that more elements than the header can count are no error.
    #[test]
    fn many_elements_are_counted_by_walking() {
        let mut builder = Builder::new(Vec::new());
        (0..70_000).for_each(|number| builder.integer(number));
        assert_eq!(count(&builder.finish().expect("a block")), Ok(70_000));
    }

    /// Ensures that each wrong figure in a block is found, and that no cut block is accepted.
    #[test]
    fn wrong_figures_are_found() {
        let mut builder = Builder::new(Vec::new());
        builder.text(b"hello");
        builder.integer(7);
        let sound = builder.finish().expect("a block");
        assert_eq!(count(&sound), Ok(2));
        for at in [0, 4, 12, 14, 15] {
            let mut broken = sound.clone();
            broken[at] ^= 1;
            assert!(count(&broken).is_err(), "byte {at}");
        }
        for len in 0..sound.len() {
            assert!(count(&sound[..len]).is_err(), "{len} bytes");
        }
    }
}
