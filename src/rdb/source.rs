//! The bytes of a file, read through a buffer: offsets, check sum, lengths and strings.
//!
//! ```text
//! 00nnnnnn                      a length of six bits
//! 01nnnnnn nnnnnnnn             a length of fourteen bits
//! 10000000 u32, big-endian      a length of 32 bits
//! 10000001 u64, big-endian      a length of 64 bits
//! 11nnnnnn                      not a length: how the string is encoded
//! ```
//!
//! A string that fits the buffer is borrowed from it. A longer one is gathered in memory that
//! grows with what has arrived: the announced length is believed only once half of it is there.
//! The check sum is taken in long strides, when the buffer is refilled and not at every byte.

use super::error::{Error, Problem, Result};
use super::format::string as encoding;
use super::{crc64, lzf};
use crate::limits;
use std::borrow::Cow;
use std::io::{self, Read};

/// The reader of bytes.
pub struct Source<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where in the buffer the next byte stands, and where the bytes end.
    at: usize,
    end: usize,
    /// Offset of the buffer's first byte in the input.
    base: u64,
    /// The sum of all bytes before `summed`, which is a position in the buffer.
    sum: u64,
    summed: usize,
    digits: itoa::Buffer,
}

/// A length, or how a string is encoded that has none.
enum Length {
    Plain(u64),
    Encoded(u8),
}

impl<R: Read> Source<R> {
    /// Reads through a buffer of some bytes: nine at least, for the longest figure.
    pub fn new(input: R, buffer_bytes: usize) -> Source<R> {
        let buffer = vec![0; buffer_bytes.max(64)];
        let digits = itoa::Buffer::new();
        Source { input, buffer, at: 0, end: 0, base: 0, sum: 0, summed: 0, digits }
    }

    /// Bytes that were taken from the input so far.
    pub fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// An error at an offset.
    pub fn error(&self, offset: u64, problem: Problem) -> Error {
        Error { offset, problem }
    }

    /// Damage at an offset.
    pub fn damage(&self, offset: u64, what: impl Into<Cow<'static, str>>) -> Error {
        self.error(offset, Problem::Damage(what.into()))
    }

    /// The check sum of all bytes that were taken.
    pub fn sum(&mut self) -> u64 {
        self.sum = crc64::update(self.sum, &self.buffer[self.summed..self.at]);
        self.summed = self.at;
        self.sum
    }

    /// The bytes after those that were taken, as far as they were read, and the rest.
    pub fn into_rest(self) -> (Vec<u8>, R) {
        (self.buffer[self.at..self.end].to_vec(), self.input)
    }

    /// Sees to it that the next `len` bytes are in the buffer, which is large enough for them.
    fn fill(&mut self, len: usize) -> Result<()> {
        if self.end - self.at >= len {
            return Ok(());
        }
        self.sum();
        self.buffer.copy_within(self.at..self.end, 0);
        self.base += self.at as u64;
        (self.at, self.end, self.summed) = (0, self.end - self.at, 0);
        while self.end < len {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Err(self.ended()),
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.error(self.offset(), Problem::Input(error))),
            }
        }
        Ok(())
    }

    fn ended(&self) -> Error {
        self.error(self.base + self.end as u64, Problem::EndOfInput)
    }

    /// Whether the input ends here.
    pub fn is_at_end(&mut self) -> Result<bool> {
        match self.fill(1) {
            Ok(()) => Ok(false),
            Err(Error { problem: Problem::EndOfInput, .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8> {
        self.fill(1)?;
        self.at += 1;
        Ok(self.buffer[self.at - 1])
    }

    /// The next few bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        const { assert!(N <= 64, "a buffer may be that small") };
        self.fill(N)?;
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.buffer[self.at..self.at + N]);
        self.at += N;
        Ok(bytes)
    }

    fn length(&mut self) -> Result<Length> {
        let offset = self.offset();
        let first = self.byte()?;
        Ok(match first >> 6 {
            0 => Length::Plain(u64::from(first)),
            1 => Length::Plain(u64::from(first & 0x3f) << 8 | u64::from(self.byte()?)),
            2 if first == 0x80 => Length::Plain(u64::from(u32::from_be_bytes(self.array()?))),
            2 if first == 0x81 => Length::Plain(u64::from_be_bytes(self.array()?)),
            2 => return Err(self.damage(offset, "a length of an unknown form")),
            _ => Length::Encoded(first & 0x3f),
        })
    }

    /// A length, a count, or an unsigned integer.
    pub fn count(&mut self) -> Result<u64> {
        let offset = self.offset();
        match self.length()? {
            Length::Plain(count) => Ok(count),
            Length::Encoded(_) => Err(self.damage(offset, "a string where a count belongs")),
        }
    }

    /// A string, borrowed from the buffer if it is there as it is.
    pub fn string(&mut self) -> Result<Cow<'_, [u8]>> {
        let offset = self.offset();
        let number = match self.length()? {
            Length::Plain(len) => return self.raw(len),
            Length::Encoded(encoding::LZF) => return self.compressed(offset).map(Cow::Owned),
            Length::Encoded(encoding::INT8) => i64::from(i8::from_le_bytes(self.array()?)),
            Length::Encoded(encoding::INT16) => i64::from(i16::from_le_bytes(self.array()?)),
            Length::Encoded(encoding::INT32) => i64::from(i32::from_le_bytes(self.array()?)),
            Length::Encoded(_) => {
                return Err(self.damage(offset, "a string of an unknown encoding"));
            }
        };
        Ok(Cow::Borrowed(self.digits.format(number).as_bytes()))
    }

    /// A string that stays when more is read; `kept` holds it if it was in the buffer.
    pub fn kept_string<'k>(&mut self, kept: &'k mut Vec<u8>) -> Result<Cow<'k, [u8]>> {
        Ok(match self.string()? {
            Cow::Owned(long) => Cow::Owned(long),
            Cow::Borrowed(short) => {
                kept.clear();
                kept.extend_from_slice(short);
                Cow::Borrowed(kept)
            }
        })
    }

    fn compressed(&mut self, offset: u64) -> Result<Vec<u8>> {
        let len = self.count()?;
        let announced = self.count()?;
        self.check_len(offset, announced)?;
        let mut output = Vec::new();
        let input = self.raw(len)?;
        let done = lzf::decompress(&input, announced, &mut output);
        done.map_err(|what| self.damage(offset, what))?;
        Ok(output)
    }

    fn check_len(&self, offset: u64, len: u64) -> Result<()> {
        match len <= limits::RDB_STRING_BYTES_MAX {
            true => Ok(()),
            false => Err(self.damage(offset, "a string longer than Redis allows")),
        }
    }

    /// The next `len` bytes.
    fn raw(&mut self, len: u64) -> Result<Cow<'_, [u8]>> {
        self.check_len(self.offset(), len)?;
        let len = len as usize;
        if len > self.buffer.len() {
            return self.gathered(len).map(Cow::Owned);
        }
        self.fill(len)?;
        self.at += len;
        Ok(Cow::Borrowed(&self.buffer[self.at - len..self.at]))
    }

    /// The next `len` bytes, which are more than the buffer holds.
    fn gathered(&mut self, len: usize) -> Result<Vec<u8>> {
        self.sum();
        let first = len.min(limits::RDB_STRING_STEP_BYTES);
        let mut bytes = Vec::with_capacity(first);
        bytes.extend_from_slice(&self.buffer[self.at..self.end]);
        self.base += self.end as u64;
        (self.at, self.end, self.summed) = (0, 0, 0);
        let mut summed = 0;
        while bytes.len() < len {
            let there = bytes.len();
            // As many bytes again as have arrived, and the exact rest once that is enough.
            let step = (len - there).min(if there < first { first - there } else { there });
            bytes.reserve_exact(step);
            let read = self.input.by_ref().take(step as u64).read_to_end(&mut bytes);
            self.sum = crc64::update(self.sum, &bytes[summed..]);
            self.base += (bytes.len() - there) as u64;
            summed = bytes.len();
            read.map_err(|error| self.error(self.base, Problem::Input(error)))?;
            if bytes.len() - there < step {
                return Err(self.ended());
            }
        }
        Ok(bytes)
    }
}
