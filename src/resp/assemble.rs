//! Collects a request that is not complete in the read buffer.
//!
//! A push parser: it consumes the bytes that have arrived and keeps its state between calls, so
//! that a request in a million pieces costs no more than one in two. Memory grows with the bytes
//! that arrived, never with a declared length.

use super::parse::{argument_count, bulk_len};
use super::{Limits, ProtocolError, Span, inline};
use crate::limits;
use memchr::memchr;
use std::io::{self, Read};

/// The meaning of the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Expecting {
    /// The first byte of a request.
    #[default]
    Start,
    /// A line of words.
    Inline,
    /// The count after `*`.
    ArgumentCount,
    /// A line that should be `$` and a length.
    BulkHeader,
    /// The bytes of an argument.
    Bulk {
        /// Number of missing bytes.
        missing: usize,
    },
    /// The line end after an argument, whose bytes are skipped unchecked.
    BulkEnd {
        /// Number of missing bytes.
        missing: usize,
    },
    /// Nothing: the request is complete.
    Complete,
}

/// A request, complete or in progress.
#[derive(Debug, Default)]
pub struct Assembler {
    expecting: Expecting,
    /// The arguments' bytes, one after the other.
    bytes: Vec<u8>,
    spans: Vec<Span>,
    /// The unfinished line: a count, a length or an inline request.
    line: Vec<u8>,
    arguments_missing: usize,
}

impl Assembler {
    /// Whether no byte of a request has been consumed.
    pub fn is_empty(&self) -> bool {
        self.expecting == Expecting::Start
    }

    /// Whether [`Assembler::request`] may be called.
    pub fn is_complete(&self) -> bool {
        self.expecting == Expecting::Complete
    }

    /// The complete request: its bytes and the spans of its arguments. There are no spans if the
    /// request was empty.
    pub fn request(&self) -> (&[u8], &[Span]) {
        debug_assert!(self.is_complete(), "half a request must not be executed");
        (&self.bytes, &self.spans)
    }

    /// Bytes held, for CLIENT LIST.
    pub fn held_bytes(&self) -> usize {
        self.bytes.capacity() + self.line.capacity() + self.spans.capacity() * size_of::<Span>()
    }

    /// Starts the next request and releases memory that a large one needed.
    pub fn reset(&mut self) {
        self.expecting = Expecting::Start;
        self.bytes.clear();
        self.spans.clear();
        self.line.clear();
        self.bytes.shrink_to(limits::ASSEMBLY_BYTES_KEPT);
        self.line.shrink_to(limits::ASSEMBLY_KEPT_BYTES);
        self.spans.shrink_to(limits::ASSEMBLY_KEPT_BYTES / size_of::<Span>());
    }

    /// Releases all memory, unless a request is in progress.
    pub fn release(&mut self) {
        if self.is_empty() {
            *self = Assembler::default();
        }
    }

    /// Number of missing bytes of the present argument.
    pub fn missing(&self) -> usize {
        match self.expecting {
            Expecting::Bulk { missing } => missing,
            _ => 0,
        }
    }

    /// Reads bytes of the present argument from `source` into their final position, without a
    /// detour through a read buffer, and returns their number: 0 at the end of the stream.
    /// `available` bytes can be read without waiting.
    ///
    /// Memory follows what has arrived: the buffer grows by as much as it contains, or by a small
    /// step, whatever length was announced.
    ///
    /// # Errors
    /// That of `source`, if nothing was read before it.
    pub fn read_from(&mut self, source: impl Read, available: usize) -> io::Result<usize> {
        let (missing, before) = (self.missing(), self.bytes.len());
        let count = missing.min(available);
        if self.bytes.capacity() - before < count {
            let step = before.max(limits::ASSEMBLY_STEP_BYTES).min(missing);
            self.bytes.reserve_exact(step.max(count));
        }
        let outcome = source.take(count as u64).read_to_end(&mut self.bytes);
        let read = self.bytes.len() - before;
        if read > 0 {
            self.expect_rest(missing - read);
            return Ok(read);
        }
        outcome
    }

    /// Consumes the bytes of `input` that belong to this request, and returns their number.
    ///
    /// # Errors
    /// Bytes that can never become a request.
    pub fn feed(&mut self, input: &[u8], limits: Limits) -> Result<usize, ProtocolError> {
        let mut taken = 0;
        while taken < input.len() && !self.is_complete() {
            taken += self.step(&input[taken..], limits)?;
        }
        Ok(taken)
    }

    /// One transition: consumes at least one byte.
    fn step(&mut self, input: &[u8], limits: Limits) -> Result<usize, ProtocolError> {
        match self.expecting {
            Expecting::Start if input[0] == b'*' => {
                self.expecting = Expecting::ArgumentCount;
                Ok(1)
            }
            Expecting::Start => {
                self.expecting = Expecting::Inline;
                Ok(0)
            }
            Expecting::Inline => self.inline(input),
            Expecting::ArgumentCount => {
                let (taken, ended) = self.line(input, ProtocolError::TooBigMultibulkCount)?;
                if ended {
                    self.arguments_missing = argument_count(&self.line, limits)?;
                    self.next_argument();
                }
                Ok(taken)
            }
            Expecting::BulkHeader => {
                let (taken, ended) = self.line(input, ProtocolError::TooBigBulkCount)?;
                if ended {
                    self.bulk_header(limits)?;
                }
                Ok(taken)
            }
            Expecting::Bulk { missing } => Ok(self.bulk(input, missing)),
            Expecting::BulkEnd { missing } => {
                let taken = missing.min(input.len());
                self.expecting = Expecting::BulkEnd { missing: missing - taken };
                if taken == missing {
                    self.next_argument();
                }
                Ok(taken)
            }
            Expecting::Complete => Ok(0),
        }
    }

    /// Collects a line, which ends with a carriage return and one more byte. A lone carriage return
    /// at the end of the collected bytes is the state between two calls.
    fn line(&mut self, input: &[u8], big: ProtocolError) -> Result<(usize, bool), ProtocolError> {
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
            return Ok((1, true));
        }
        let end = memchr(b'\r', input);
        let taken = end.map_or(input.len(), |end| end + 1);
        let line_len = self.line.len() + end.unwrap_or(taken);
        if line_len > limits::LINE_BYTES_MAX {
            return Err(big);
        }
        self.line.extend_from_slice(&input[..taken]);
        Ok((taken, false))
    }

    fn inline(&mut self, input: &[u8]) -> Result<usize, ProtocolError> {
        let end = memchr(b'\n', input);
        let taken = end.map_or(input.len(), |end| end + 1);
        if self.line.len() + end.unwrap_or(taken) > limits::LINE_BYTES_MAX {
            return Err(ProtocolError::TooBigInlineRequest);
        }
        self.line.extend_from_slice(&input[..end.unwrap_or(taken)]);
        if end.is_some() {
            let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
            inline::split(line, &mut self.bytes, &mut self.spans)?;
            self.expecting = Expecting::Complete;
        }
        Ok(taken)
    }

    fn bulk_header(&mut self, limits: Limits) -> Result<(), ProtocolError> {
        match self.line.split_first() {
            Some((b'$', digits)) => {
                let len = bulk_len(digits, limits)?;
                if self.bytes.len() + len > limits::REQUEST_BYTES_MAX {
                    return Err(ProtocolError::TooBigRequest);
                }
                self.bytes.reserve(len.min(limits::ASSEMBLY_FIRST_BYTES));
                self.spans.push(Span { start: self.bytes.len() as u32, len: len as u32 });
                self.expecting = match len {
                    0 => Expecting::BulkEnd { missing: 2 },
                    _ => Expecting::Bulk { missing: len },
                };
                self.line.clear();
                Ok(())
            }
            // An empty line: the byte that was found is the carriage return itself.
            other => Err(ProtocolError::ExpectedDollar(other.map_or(b'\r', |(first, _)| *first))),
        }
    }

    fn bulk(&mut self, input: &[u8], missing: usize) -> usize {
        let taken = missing.min(input.len());
        self.bytes.extend_from_slice(&input[..taken]);
        self.expect_rest(missing - taken);
        taken
    }

    fn expect_rest(&mut self, missing: usize) {
        self.expecting = match missing {
            0 => Expecting::BulkEnd { missing: 2 },
            missing => Expecting::Bulk { missing },
        };
    }

    fn next_argument(&mut self) {
        self.line.clear();
        self.expecting = match self.arguments_missing {
            0 => Expecting::Complete,
            _ => Expecting::BulkHeader,
        };
        self.arguments_missing = self.arguments_missing.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::{Parsed, parse};

    /// Ensures that a long argument that is read directly is the same in pieces of any size, and
    /// that memory follows what has arrived.
    #[test]
    fn long_arguments_are_read_directly() {
        let parsing = Limits { stranger: false };
        let value: Vec<u8> = (0..3_000_000_usize).map(|at| at as u8).collect();
        for piece in [1_000, 16_384, 65_536, 1_000_000, 3_000_000] {
            let mut assembler = Assembler::default();
            let head = b"*2\r\n$4\r\nECHO\r\n$3000000\r\n";
            assert_eq!(assembler.feed(head, parsing), Ok(head.len()));
            assert_eq!(assembler.missing(), value.len());
            let mut sent = 0;
            while assembler.missing() > 0 {
                let end = value.len().min(sent + piece);
                let read = assembler.read_from(&value[sent..end], end - sent).expect("a slice");
                assert!(read > 0, "there are bytes");
                sent += read;
                let held = assembler.held_bytes();
                assert!(held <= 2 * sent + 2 * limits::ASSEMBLY_STEP_BYTES, "{held} for {sent}");
            }
            assert_eq!(assembler.read_from(&b""[..], 1).expect("a slice"), 0);
            assert_eq!(assembler.feed(b"\r\nPING", parsing), Ok(2));
            let (bytes, spans) = assembler.request();
            assert_eq!(&bytes[spans[1].start as usize..], &value[..], "pieces of {piece}");
        }
    }

    /// Ensures that announced arguments take no memory before they arrive.
    #[test]
    fn a_declared_count_costs_nothing() {
        let (bytes, limits) = (b"*1048576\r\n$1\r\nx\r\n", Limits { stranger: false });
        let (mut spans, mut assembler) = (Vec::new(), Assembler::default());
        assert_eq!(parse(bytes, 0, limits, &mut spans), Ok(Parsed::Incomplete));
        assert_eq!(assembler.feed(bytes, limits), Ok(bytes.len()));
        let (in_place, collected) = (spans.capacity(), assembler.spans.capacity());
        assert!(in_place < 100 && collected < 100, "room for {in_place} and {collected}");
    }
}
