//! The reader of answers: bytes in, in pieces of any size, and whole replies out.
//!
//! Aggregates nest, so a reader that calls itself is the obvious one, but it would have to begin
//! again at the front whenever the bytes run out. This one keeps what is not whole yet on a stack
//! of its own, and goes on where it was: each byte is looked at once.
//!
//! Invariants, for a server can be hostile or broken as well:
//! - Memory is given for bytes that arrived, never for a length that was announced: a bulk string
//!   grows with its bytes, an array with its elements.
//! - Nesting is bounded ([`limits::ANSWER_DEPTH_MAX`]), because a tree is shown and freed by
//!   functions that call themselves.
//! - After an error the beginning of the next reply is unknown: the connection has to be closed.

use super::answer::Answer;
use super::parse_integer;
use crate::limits;
use memchr::memchr;
use std::fmt;
use std::io::{self, BufRead};

/// Why bytes are not a reply. The texts are those that Redis's own clients use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerError {
    /// No type begins with this byte.
    UnknownType(u8),
    /// What is wrong, where there is no more to say.
    Wrong(&'static str),
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnswerError::UnknownType(byte) => {
                let shown = byte.escape_ascii();
                write!(f, "Protocol error, got \"{shown}\" as reply type byte")
            }
            AnswerError::Wrong(what) => f.write_str(what),
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum ReadError {
    /// The connection ended, or the socket reports an error.
    Io(io::Error),
    /// The bytes are no reply.
    Protocol(AnswerError),
}

/// A bulk string of which the end has not arrived.
struct OpenBulk {
    /// `$`, `=` or `!`.
    kind: u8,
    /// Its length, without the line end.
    len: usize,
    bytes: Vec<u8>,
}

/// An aggregate of which elements are missing.
struct OpenAggregate {
    /// `*`, `~`, `%`, `>`, `|`, or [`ATTRIBUTED`].
    kind: u8,
    /// How many elements are still to come; a pair counts as two.
    missing: u64,
    elements: Vec<Answer>,
}

/// The kind of what an attribute stands in front of. No byte of the protocol is this one.
const ATTRIBUTED: u8 = 0;

/// Reads answers.
#[derive(Default)]
pub struct AnswerReader {
    /// The beginning of a line.
    line: Vec<u8>,
    bulk: Option<OpenBulk>,
    /// From the outermost aggregate to the one that the next value belongs to.
    open: Vec<OpenAggregate>,
}

impl AnswerReader {
    /// Takes bytes from the front of `input` until an answer is whole, or none are left.
    ///
    /// # Errors
    /// The bytes are no reply, and nothing more can be read from where they came.
    pub fn take(&mut self, input: &mut &[u8]) -> Result<Option<Answer>, AnswerError> {
        loop {
            let value = match &mut self.bulk {
                Some(bulk) => match bulk.take(input) {
                    true => self.close_bulk()?,
                    false => return Ok(None),
                },
                None => match self.take_line(input)? {
                    Some(line) => self.line_value(&line)?,
                    None => return Ok(None),
                },
            };
            if let Some(answer) = value.and_then(|value| self.place(value)) {
                return Ok(Some(answer));
            }
        }
    }

    /// Reads from a blocking source until an answer is whole. What follows it stays there.
    ///
    /// After an error of the kinds `WouldBlock` and `TimedOut`, which a socket with a time limit
    /// reports, reading can go on: nothing is lost.
    ///
    /// # Errors
    /// The source fails or ends, or its bytes are no reply.
    pub fn read(&mut self, source: &mut impl BufRead) -> Result<Answer, ReadError> {
        loop {
            let buffer = match source.fill_buf() {
                Ok([]) => return Err(ReadError::Io(io::ErrorKind::UnexpectedEof.into())),
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ReadError::Io(error)),
            };
            let mut rest = buffer;
            let answer = self.take(&mut rest).map_err(ReadError::Protocol)?;
            let taken = buffer.len() - rest.len();
            source.consume(taken);
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }

    /// The next line without its end, if that has arrived.
    fn take_line(&mut self, input: &mut &[u8]) -> Result<Option<Vec<u8>>, AnswerError> {
        while let Some(at) = memchr(b'\n', input) {
            self.line.extend_from_slice(&input[..at]);
            *input = &input[at + 1..];
            if self.line.pop_if(|last| *last == b'\r').is_some() {
                return Ok(Some(std::mem::take(&mut self.line)));
            }
            // A line ends with both bytes; this one alone belongs to the text.
            self.line.push(b'\n');
        }
        self.line.extend_from_slice(input);
        *input = &[];
        match self.line.len() > limits::BULK_BYTES_MAX {
            true => Err(AnswerError::Wrong("Protocol error, a line has no end")),
            false => Ok(None),
        }
    }

    /// The value that a line is; `None` if it only begins one.
    fn line_value(&mut self, line: &[u8]) -> Result<Option<Answer>, AnswerError> {
        let (kind, text) = line.split_first().ok_or(AnswerError::UnknownType(b'\r'))?;
        let owned = || text.to_vec();
        let value = match kind {
            b'+' => Answer::Simple(owned()),
            b'-' => Answer::Error(owned()),
            b':' => {
                Answer::Integer(parse_integer(text).ok_or(AnswerError::Wrong("Bad integer value"))?)
            }
            b'_' if text.is_empty() => Answer::Null,
            b'_' => return Err(AnswerError::Wrong("Bad nil value")),
            b',' if is_double(text) => Answer::Double(owned()),
            b',' => return Err(AnswerError::Wrong("Bad double value")),
            b'#' => match text {
                b"t" => Answer::Boolean(true),
                b"f" => Answer::Boolean(false),
                _ => return Err(AnswerError::Wrong("Bad bool value")),
            },
            b'(' if is_big_number(text) => Answer::BigNumber(owned()),
            b'(' => return Err(AnswerError::Wrong("Bad bignum value")),
            b'$' | b'=' | b'!' => return self.open_bulk(*kind, text),
            b'*' | b'~' | b'%' | b'>' | b'|' => return self.open_aggregate(*kind, text),
            other => return Err(AnswerError::UnknownType(*other)),
        };
        Ok(Some(value))
    }

    fn open_bulk(&mut self, kind: u8, len: &[u8]) -> Result<Option<Answer>, AnswerError> {
        match parse_integer(len) {
            None => Err(AnswerError::Wrong("Bad bulk string length")),
            Some(-1) => Ok(Some(Answer::Null)),
            Some(len) => {
                let out_of_range = AnswerError::Wrong("Bulk string length out of range");
                let len = usize::try_from(len).map_err(|_| out_of_range)?;
                self.bulk = Some(OpenBulk { kind, len, bytes: Vec::new() });
                Ok(None)
            }
        }
    }

    fn open_aggregate(&mut self, kind: u8, len: &[u8]) -> Result<Option<Answer>, AnswerError> {
        let out_of_range = AnswerError::Wrong("Multi-bulk length out of range");
        let len = match parse_integer(len) {
            None => return Err(AnswerError::Wrong("Bad multi-bulk length")),
            Some(-1) if kind == b'*' => return Ok(Some(Answer::Null)),
            Some(len) => u64::try_from(len).map_err(|_| out_of_range)?,
        };
        let elements_per_unit = if matches!(kind, b'%' | b'|') { 2 } else { 1 };
        let missing = len.checked_mul(elements_per_unit).ok_or(out_of_range)?;
        self.open(OpenAggregate { kind, missing, elements: Vec::new() })?;
        match missing {
            0 => Ok(self.close_aggregate()),
            _ => Ok(None),
        }
    }

    fn open(&mut self, aggregate: OpenAggregate) -> Result<(), AnswerError> {
        if self.open.len() == limits::ANSWER_DEPTH_MAX {
            return Err(AnswerError::Wrong("Protocol error, aggregates nested too deeply"));
        }
        self.open.push(aggregate);
        Ok(())
    }

    fn close_bulk(&mut self) -> Result<Option<Answer>, AnswerError> {
        let Some(OpenBulk { kind, len, mut bytes }) = self.bulk.take() else { return Ok(None) };
        if !bytes.ends_with(b"\r\n") {
            return Err(AnswerError::Wrong("Bulk string without a line end"));
        }
        bytes.truncate(len);
        Ok(Some(match kind {
            b'$' => Answer::Bulk(bytes),
            b'!' => Answer::Error(bytes),
            _ => {
                let format = match bytes.get(..4) {
                    Some(&[a, b, c, b':']) => [a, b, c],
                    _ => {
                        return Err(AnswerError::Wrong(
                            "Verbatim string 4 bytes of content type are missing or incorrectly \
                             encoded.",
                        ));
                    }
                };
                Answer::Verbatim(format, bytes.split_off(4))
            }
        }))
    }

    /// Puts a value where it belongs, which may make the aggregates around it whole. Returns it if
    /// there is nothing around it any more: then it is an answer.
    fn place(&mut self, mut value: Answer) -> Option<Answer> {
        loop {
            let Some(around) = self.open.last_mut() else { return Some(value) };
            around.elements.push(value);
            around.missing -= 1;
            if around.missing > 0 {
                return None;
            }
            value = self.close_aggregate()?;
        }
    }

    /// The innermost aggregate, which is whole. An attribute is no value yet: `None`.
    fn close_aggregate(&mut self) -> Option<Answer> {
        let OpenAggregate { kind, elements, .. } = self.open.pop()?;
        Some(match kind {
            b'*' => Answer::Array(elements),
            b'~' => Answer::Set(elements),
            b'>' => Answer::Push(elements),
            b'%' => Answer::Map(pairs(elements)),
            ATTRIBUTED => {
                let mut elements = elements;
                let about = elements.pop()?;
                Answer::Attributed(pairs(elements), Box::new(about))
            }
            _ => {
                // One more element is to come: the value that the attribute is about.
                self.open.push(OpenAggregate { kind: ATTRIBUTED, missing: 1, elements });
                return None;
            }
        })
    }
}

impl OpenBulk {
    /// Takes what belongs to it, its line end included; whether that is all.
    fn take(&mut self, input: &mut &[u8]) -> bool {
        let missing = self.len.saturating_add(2) - self.bytes.len();
        let (taken, rest) = input.split_at(missing.min(input.len()));
        self.bytes.extend_from_slice(taken);
        *input = rest;
        taken.len() == missing
    }
}

fn pairs(elements: Vec<Answer>) -> Vec<(Answer, Answer)> {
    let mut pairs = Vec::with_capacity(elements.len() / 2);
    let mut elements = elements.into_iter();
    while let (Some(key), Some(value)) = (elements.next(), elements.next()) {
        pairs.push((key, value));
    }
    pairs
}

/// Whether a text is a number with a fraction; Rust's notation includes `inf` and `nan`.
fn is_double(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<f64>().is_ok())
}

fn is_big_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests;
