//! Where a file is written: a buffer in front of the output, the check sum, lengths and strings.

use super::format::string as encoding;
use super::listpack::integer_of;
use super::{crc64, lzf};
use crate::limits;
use std::io::{self, Write};

/// Bits that mark what is not a length.
const ENCODED: u8 = 0xc0;

/// Bytes of a string from which compressing it can save anything, as in Redis.
const COMPRESSED_BYTES_MIN: usize = 21;

/// The writer of bytes.
#[derive(Debug)]
pub struct Target<W> {
    output: W,
    buffer: Vec<u8>,
    sum: u64,
    compressor: Option<lzf::Compressor>,
    compressed: Vec<u8>,
    /// Bytes that went through the buffer before those that are in it.
    flushed: u64,
}

impl<W: Write> Target<W> {
    /// Writes to `output`, strings compressed where that makes them shorter if `compresses`.
    pub fn new(output: W, compresses: bool) -> Target<W> {
        let compressor = compresses.then(lzf::Compressor::default);
        let (buffer, compressed) = (Vec::new(), Vec::new());
        Target { output, buffer, sum: 0, compressor, compressed, flushed: 0 }
    }

    /// Bytes that were written so far, those in the buffer too.
    pub fn written(&self) -> u64 {
        self.flushed + self.buffer.len() as u64
    }

    /// Appends bytes as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.buffer.len() + bytes.len() > limits::RDB_WRITE_BYTES {
            self.flush()?;
            // A long string is not copied.
            if bytes.len() > limits::RDB_WRITE_BYTES {
                self.sum = crc64::update(self.sum, bytes);
                self.flushed += bytes.len() as u64;
                return self.output.write_all(bytes);
            }
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sum = crc64::update(self.sum, &self.buffer);
        self.output.write_all(&self.buffer)?;
        self.flushed += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// The check sum of all bytes.
    pub(super) fn sum(&mut self) -> io::Result<u64> {
        self.flush()?;
        Ok(self.sum)
    }

    /// Writes what is in the buffer; returns the output. Nothing is synced.
    ///
    /// # Errors
    /// The output cannot be written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.output)
    }

    /// Appends a length, a count, or an unsigned integer.
    pub(super) fn count(&mut self, count: u64) -> io::Result<()> {
        match count {
            0..0x40 => self.bytes(&[count as u8]),
            0x40..0x4000 => self.bytes(&[0x40 | (count >> 8) as u8, count as u8]),
            _ => match u32::try_from(count) {
                Ok(short) => {
                    self.bytes(&[0x80])?;
                    self.bytes(&short.to_be_bytes())
                }
                Err(_) => {
                    self.bytes(&[0x81])?;
                    self.bytes(&count.to_be_bytes())
                }
            },
        }
    }

    /// Appends a string in its shortest form.
    pub(super) fn string(&mut self, text: &[u8]) -> io::Result<()> {
        // Eleven bytes are the digits and the sign of four bytes.
        let number = if text.len() <= 11 { integer_of(text) } else { None };
        if let Some(number) = number.and_then(|number| i32::try_from(number).ok()) {
            return self.integer(number);
        }
        let is_long = text.len() >= COMPRESSED_BYTES_MIN;
        if is_long && text.len() <= limits::RDB_COMPRESSED_BYTES_MAX {
            let mut compressed = std::mem::take(&mut self.compressed);
            let mut is_shorter = false;
            if let Some(compressor) = &mut self.compressor {
                is_shorter = compressor.compress(text, &mut compressed);
            }
            let outcome = match is_shorter {
                true => self.compressed(&compressed, text.len()),
                false => self.plain(text),
            };
            if compressed.capacity() <= limits::RDB_WRITE_BYTES {
                self.compressed = compressed;
            }
            return outcome;
        }
        self.plain(text)
    }

    fn plain(&mut self, text: &[u8]) -> io::Result<()> {
        self.count(text.len() as u64)?;
        self.bytes(text)
    }

    fn compressed(&mut self, compressed: &[u8], len: usize) -> io::Result<()> {
        self.bytes(&[ENCODED | encoding::LZF])?;
        self.count(compressed.len() as u64)?;
        self.count(len as u64)?;
        self.bytes(compressed)
    }

    fn integer(&mut self, number: i32) -> io::Result<()> {
        let bytes = number.to_le_bytes();
        let (kind, used) = match number {
            -0x80..=0x7f => (encoding::INT8, 1),
            -0x8000..=0x7fff => (encoding::INT16, 2),
            _ => (encoding::INT32, 4),
        };
        self.bytes(&[ENCODED | kind])?;
        self.bytes(&bytes[..used])
    }
}
