//! Writes replies, in RESP2 or RESP3 as the client has chosen.
//!
//! A reply is a [`Rope`]: a large value is attached to it by reference, so a GET of 1 MiB holds the
//! keyspace lock no longer than a short one.
//!
//! A handler may fail half-way through a reply; [`Reply::rollback`] returns to a [`Reply::mark`].

use crate::limits;
use crate::resp::rope::Rope;
use memchr::memchr2;
use std::io::IoSlice;
use std::sync::Arc;

pub use crate::resp::rope::Mark;

/// Replies waiting to be sent to one client.
#[derive(Debug, Default)]
pub struct Reply {
    rope: Rope<{ limits::OUTPUT_KEPT_BYTES }>,
    /// Where the last message of others ends in the text: it is no part of a reply.
    messages_end: usize,
    resp3: bool,
}

impl Reply {
    /// Chooses the version for everything written from now on.
    pub fn set_resp3(&mut self, resp3: bool) {
        self.resp3 = resp3;
    }

    /// Whether the client speaks RESP3.
    pub fn is_resp3(&self) -> bool {
        self.resp3
    }

    /// Bytes waiting to be sent.
    pub fn len(&self) -> usize {
        self.rope.len()
    }

    /// Whether nothing waits to be sent.
    pub fn is_empty(&self) -> bool {
        self.rope.is_empty()
    }

    /// `+text`.
    pub fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// A reply that was encoded elsewhere.
    pub fn encoded(&mut self, bytes: &[u8]) {
        self.rope.extend(bytes);
    }

    /// A message of others, which the next reply has to follow.
    pub fn message(&mut self, bytes: &[u8]) {
        self.rope.extend(bytes);
        self.messages_end = self.rope.mark().offset();
    }

    /// `+OK`.
    pub fn ok(&mut self) {
        self.rope.extend(b"+OK\r\n");
    }

    /// `-text`; line ends inside become spaces, because an error is one line.
    pub fn error(&mut self, text: &[u8]) {
        let start = self.rope.mark().offset();
        self.line(b'-', text);
        let line = self.rope.text_from(start);
        let end = line.len() - 2;
        for byte in line[..end].iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n')) {
            *byte = b' ';
        }
    }

    /// `:value`.
    pub fn integer(&mut self, value: i64) {
        self.line(b':', itoa::Buffer::new().format(value).as_bytes());
    }

    /// A count or a size; those stay far below 2⁶³.
    pub fn count(&mut self, value: usize) {
        self.integer(value as i64);
    }

    /// `$len`, the bytes, a line end.
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.rope.bulk(bytes);
    }

    /// The same for the first `len` of `bytes`, without a copy if there are many.
    pub fn bulk_shared(&mut self, bytes: &Arc<[u8]>, len: usize) {
        self.rope.bulk_shared(bytes, len);
    }

    /// Text for humans, such as INFO: `=len`, `txt:`, text in RESP3; a bulk string in RESP2.
    pub fn verbatim(&mut self, text: &str) {
        if !self.resp3 {
            return self.bulk(text.as_bytes());
        }
        self.header(b'=', text.len() + 4);
        self.rope.extend(b"txt:");
        self.rope.extend(text.as_bytes());
        self.rope.extend(b"\r\n");
    }

    /// No value: `_` in RESP3, `$-1` in RESP2.
    pub fn null(&mut self) {
        self.rope.extend(if self.resp3 { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// No array: `_` in RESP3, `*-1` in RESP2.
    pub fn null_array(&mut self) {
        self.rope.extend(if self.resp3 { b"_\r\n" } else { b"*-1\r\n" });
    }

    /// A number with a fraction: `,value` in RESP3, a bulk string in RESP2.
    pub fn double(&mut self, value: f64) {
        self.double_text(value.to_string().as_bytes());
    }

    /// The same for a number that is text already.
    pub fn double_text(&mut self, text: &[u8]) {
        if self.resp3 { self.line(b',', text) } else { self.bulk(text) }
    }

    /// The head of an array; `len` replies must follow.
    pub fn array(&mut self, len: usize) {
        self.header(b'*', len);
    }

    /// The head of a map; `2 * pairs` replies must follow. A flat array in RESP2.
    pub fn map(&mut self, pairs: usize) {
        if self.resp3 { self.header(b'%', pairs) } else { self.header(b'*', 2 * pairs) }
    }

    /// The head of a set; `len` replies must follow. An array in RESP2.
    pub fn set(&mut self, len: usize) {
        self.header(if self.resp3 { b'~' } else { b'*' }, len);
    }

    /// The head of a push, which the client did not ask for; `len` replies must follow. An array in
    /// RESP2, where only a client that has subscribed may get one.
    pub fn push(&mut self, len: usize) {
        self.header(if self.resp3 { b'>' } else { b'*' }, len);
    }

    /// All bytes that wait, in one piece.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.rope.to_bytes()
    }

    /// Where the next reply will begin.
    pub fn mark(&self) -> Mark {
        self.rope.mark()
    }

    /// Removes everything since `mark`.
    pub fn rollback(&mut self, mark: Mark) {
        self.rope.rollback(mark);
        self.messages_end = self.messages_end.min(mark.offset());
    }

    /// Whether exactly one whole reply was written since `mark`; for assertions.
    pub fn is_one_reply_since(&self, mark: Mark) -> bool {
        let bytes = self.rope.bytes_since(mark.no_earlier_than(self.messages_end));
        skip_reply(&bytes) == Some(bytes.len())
    }

    /// The first slices of bytes to send, in order and at most `max` of them.
    pub fn slices(&self, max: usize) -> Vec<IoSlice<'_>> {
        self.rope.slices(max)
    }

    /// All of the bytes, if nothing is attached: the common case, one plain `write`.
    pub fn plain(&self) -> Option<&[u8]> {
        self.rope.plain()
    }

    /// Removes the first `sent` bytes, which the kernel has accepted. No reply is half written
    /// then.
    pub fn advance(&mut self, sent: usize) {
        self.rope.advance(sent);
        self.messages_end = 0;
    }

    /// Appends all of `other`.
    pub fn append(&mut self, mut other: Reply) {
        self.rope.append(&mut other.rope);
    }

    /// Takes everything out; what is written next has the same version.
    pub fn take(&mut self) -> Reply {
        std::mem::replace(self, Reply { resp3: self.resp3, ..Reply::default() })
    }

    /// Gives all memory back while there is nothing to send.
    pub fn release(&mut self) {
        if self.is_empty() {
            *self = Reply { resp3: self.resp3, ..Reply::default() };
        }
    }

    /// Bytes of memory held for replies, for CLIENT LIST.
    pub fn held_bytes(&self) -> usize {
        self.rope.held_bytes()
    }

    fn header(&mut self, kind: u8, len: usize) {
        self.rope.header(kind, len);
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        self.rope.line(kind, text);
    }
}

/// The length of the reply at the beginning of `text`, if it is complete.
///
/// For assertions and tests: it trusts that respool wrote the bytes.
pub fn skip_reply(text: &[u8]) -> Option<usize> {
    let end = memchr2(b'\r', b'\n', text)?;
    let number = || super::parse_integer(&text[1..end]);
    let mut at = end + 2;
    let elements = match text[0] {
        b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => 0,
        b'$' | b'=' => {
            let len = number()?;
            at += usize::try_from(len).map_or(0, |len| len + 2);
            0
        }
        b'*' | b'~' | b'>' => number()?.max(0),
        b'%' => number()? * 2,
        _ => return None,
    };
    for _ in 0..elements {
        at += skip_reply(text.get(at..)?)?;
    }
    (at <= text.len()).then_some(at)
}

#[cfg(test)]
mod tests;
