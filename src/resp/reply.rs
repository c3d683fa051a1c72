//! Writes replies, in RESP2 or RESP3 as the client has chosen.
//!
//! Short text is copied into one growing buffer. A large value is *attached*: the reply keeps a
//! counted reference and the connection sends the bytes without a copy, so a GET of 1 MiB holds the
//! keyspace lock no longer than a short one.
//!
//! A handler may fail half-way through a reply; [`Reply::rollback`] returns to a [`Reply::mark`].

use crate::limits;
use memchr::memchr2;
use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

/// Replies waiting to be sent to one client.
#[derive(Debug, Default)]
pub struct Reply {
    /// Everything except the attachments.
    text: Vec<u8>,
    /// Bytes of `text` that were sent already.
    text_sent: usize,
    /// Large values with their offsets in `text`, in order.
    attachments: VecDeque<Attachment>,
    /// Sum of the attachments' lengths.
    attached_bytes: usize,
    /// Bytes of the first attachment that were sent already.
    attachment_sent: usize,
    /// Where the last message of others ends in `text`: it is no part of a reply.
    messages_end: usize,
    resp3: bool,
}

#[derive(Debug)]
struct Attachment {
    /// The attachment precedes this byte of the text.
    at: usize,
    bytes: Arc<[u8]>,
    /// Number of bytes to send; spare capacity follows them.
    len: usize,
}

/// A state to return to: the lengths of text and attachments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    text: usize,
    attachments: usize,
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
        self.text.len() - self.text_sent + self.attached_bytes - self.attachment_sent
    }

    /// Whether nothing waits to be sent.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `+text`.
    pub fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// A reply that was encoded elsewhere.
    pub fn encoded(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
    }

    /// A message of others, which the next reply has to follow.
    pub fn message(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        self.messages_end = self.text.len();
    }

    /// `+OK`.
    pub fn ok(&mut self) {
        self.text.extend_from_slice(b"+OK\r\n");
    }

    /// `-text`; line ends inside become spaces, because an error is one line.
    pub fn error(&mut self, text: &[u8]) {
        let start = self.text.len();
        self.line(b'-', text);
        let end = self.text.len() - 2;
        for byte in &mut self.text[start..end] {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
    }

    /// `:value`.
    pub fn integer(&mut self, value: i64) {
        self.text.push(b':');
        self.text.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        self.end_line();
    }

    /// A count or a size; those stay far below 2⁶³.
    pub fn count(&mut self, value: usize) {
        self.integer(value as i64);
    }

    /// `$len`, the bytes, a line end.
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.header(b'$', bytes.len());
        self.text.extend_from_slice(bytes);
        self.end_line();
    }

    /// The same for the first `len` of `bytes`, without a copy if there are many.
    pub fn bulk_shared(&mut self, bytes: &Arc<[u8]>, len: usize) {
        if len < limits::REPLY_SHARED_BYTES_MIN {
            return self.bulk(&bytes[..len]);
        }
        self.header(b'$', len);
        self.attached_bytes += len;
        let (at, bytes) = (self.text.len(), Arc::clone(bytes));
        self.attachments.push_back(Attachment { at, bytes, len });
        self.end_line();
    }

    /// Text for humans, such as INFO: `=len`, `txt:`, text in RESP3; a bulk string in RESP2.
    pub fn verbatim(&mut self, text: &str) {
        if !self.resp3 {
            return self.bulk(text.as_bytes());
        }
        self.header(b'=', text.len() + 4);
        self.text.extend_from_slice(b"txt:");
        self.text.extend_from_slice(text.as_bytes());
        self.end_line();
    }

    /// No value: `_` in RESP3, `$-1` in RESP2.
    pub fn null(&mut self) {
        self.text.extend_from_slice(if self.resp3 { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// No array: `_` in RESP3, `*-1` in RESP2.
    pub fn null_array(&mut self) {
        self.text.extend_from_slice(if self.resp3 { b"_\r\n" } else { b"*-1\r\n" });
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
        let mut bytes = Vec::with_capacity(self.len());
        let slices = self.slices(2 * self.attachments.len() + 2);
        slices.iter().for_each(|slice| bytes.extend_from_slice(slice));
        bytes
    }

    /// Where the next reply will begin.
    pub fn mark(&self) -> Mark {
        Mark { text: self.text.len(), attachments: self.attachments.len() }
    }

    /// Removes everything since `mark`.
    pub fn rollback(&mut self, mark: Mark) {
        self.text.truncate(mark.text);
        self.messages_end = self.messages_end.min(mark.text);
        for dropped in self.attachments.drain(mark.attachments..) {
            self.attached_bytes -= dropped.len;
        }
    }

    /// Whether exactly one whole reply was written since `mark`; for assertions.
    pub fn is_one_reply_since(&self, mark: Mark) -> bool {
        let start = mark.text.max(self.messages_end);
        let mut text = self.text[start..].to_vec();
        // Attachments go back to where they belong, the last one first so that places stay true.
        for attachment in self.attachments.iter().skip(mark.attachments).rev() {
            let at = attachment.at - start;
            text.splice(at..at, attachment.bytes[..attachment.len].iter().copied());
        }
        skip_reply(&text) == Some(text.len())
    }

    /// The first slices of bytes to send, in order and at most `max` of them.
    pub fn slices(&self, max: usize) -> Vec<IoSlice<'_>> {
        let mut slices = Vec::with_capacity(max.min(2 * self.attachments.len() + 1));
        let (mut text_sent, mut skip) = (self.text_sent, self.attachment_sent);
        for attachment in self.attachments.iter().take(max / 2) {
            slices.push(IoSlice::new(&self.text[text_sent..attachment.at]));
            slices.push(IoSlice::new(&attachment.bytes[skip..attachment.len]));
            (text_sent, skip) = (attachment.at, 0);
        }
        if self.attachments.len() <= max / 2 {
            slices.push(IoSlice::new(&self.text[text_sent..]));
        }
        slices
    }

    /// All of the bytes, if nothing is attached: the common case, one plain `write`.
    pub fn plain(&self) -> Option<&[u8]> {
        self.attachments.is_empty().then(|| &self.text[self.text_sent..])
    }

    /// Removes the first `sent` bytes, which the kernel has accepted.
    pub fn advance(&mut self, mut sent: usize) {
        while let Some(first) = self.attachments.front() {
            let text_len = first.at - self.text_sent;
            let attachment_len = first.len - self.attachment_sent;
            if sent < text_len + attachment_len {
                let of_text = sent.min(text_len);
                self.text_sent += of_text;
                self.attachment_sent += sent - of_text;
                return;
            }
            sent -= text_len + attachment_len;
            self.text_sent = first.at;
            self.attached_bytes -= first.len;
            self.attachment_sent = 0;
            self.attachments.pop_front();
        }
        self.text_sent += sent;
        if self.text_sent == self.text.len() {
            self.clear();
        } else if self.text_sent > limits::OUTPUT_KEPT_BYTES.max(self.text.len() / 2) {
            self.forget_sent();
        }
    }

    /// Moves unsent bytes to the front, but only when more than half was sent: so every byte is
    /// moved about once, and a client that is always a little behind costs just that little.
    fn forget_sent(&mut self) {
        self.text.drain(..self.text_sent);
        self.attachments.iter_mut().for_each(|attachment| attachment.at -= self.text_sent);
        (self.text_sent, self.messages_end) = (0, 0);
        self.text.shrink_to(limits::OUTPUT_KEPT_BYTES.max(2 * self.text.len()));
    }

    /// Removes everything and releases memory that only a large reply needed.
    fn clear(&mut self) {
        self.text.clear();
        self.text.shrink_to(limits::OUTPUT_KEPT_BYTES);
        (self.text_sent, self.messages_end) = (0, 0);
        self.attachments.shrink_to(limits::WRITEV_BUFFERS_MAX);
    }

    /// Appends all of `other`.
    pub fn append(&mut self, mut other: Reply) {
        debug_assert!(other.text_sent == 0 && other.attachment_sent == 0, "nothing was sent of it");
        let base = self.text.len();
        self.text.append(&mut other.text);
        self.attached_bytes += other.attached_bytes;
        let moved = other.attachments.into_iter();
        self.attachments.extend(moved.map(|one| Attachment { at: base + one.at, ..one }));
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
        self.text.capacity() + self.attached_bytes
    }

    fn header(&mut self, kind: u8, len: usize) {
        self.line(kind, itoa::Buffer::new().format(len).as_bytes());
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        self.text.push(kind);
        self.text.extend_from_slice(text);
        self.end_line();
    }

    fn end_line(&mut self) {
        self.text.extend_from_slice(b"\r\n");
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
