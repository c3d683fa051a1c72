//! A rope: text of the protocol in one growing buffer, with large values attached.
//!
//! Replies and the records of the log are both made of it. Short bytes are copied into the text. A
//! large value is *attached*: the rope keeps a counted reference and the offset in the text that
//! the value precedes, and the bytes go to the socket or the file without a copy (`writev`).
//!
//! ```text
//! text         *2 $3 key $1048576 ║ \r\n $5 short \r\n
//! attachments                     ╚═ Arc<[u8]>, 1 048 576 bytes
//! ```
//! Bytes leave at the front, in portions as the kernel accepts them ([`Rope::advance`]).

use crate::limits;
use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

/// Bytes that wait to be sent or written. `KEPT` is the size of the buffer that an empty one may
/// keep.
#[derive(Debug, Default)]
pub struct Rope<const KEPT: usize> {
    /// Everything except the attachments.
    text: Vec<u8>,
    /// Bytes of `text` that left already.
    text_gone: usize,
    /// Large values with their offsets in `text`, in order.
    attachments: VecDeque<Attachment>,
    /// Sum of the attachments' lengths.
    attached_bytes: usize,
    /// Bytes of the first attachment that left already.
    attachment_gone: usize,
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

impl Mark {
    /// The same, but no earlier than `offset` in the text; nothing is attached in between.
    pub fn no_earlier_than(self, offset: usize) -> Mark {
        Mark { text: self.text.max(offset), ..self }
    }

    /// Its offset in the text.
    pub fn offset(self) -> usize {
        self.text
    }
}

impl<const KEPT: usize> Rope<KEPT> {
    /// Bytes that wait.
    pub fn len(&self) -> usize {
        self.text.len() - self.text_gone + self.attached_bytes - self.attachment_gone
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that it holds.
    pub fn held_bytes(&self) -> usize {
        self.text.capacity() + self.attached_bytes
    }

    /// Appends bytes as they are.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
    }

    /// The text from `offset` on, to be changed in place.
    pub fn text_from(&mut self, offset: usize) -> &mut [u8] {
        &mut self.text[offset..]
    }

    /// `kind`, the text, a line end.
    pub fn line(&mut self, kind: u8, text: &[u8]) {
        self.text.push(kind);
        self.text.extend_from_slice(text);
        self.text.extend_from_slice(b"\r\n");
    }

    /// `kind`, a number, a line end. Most numbers have one digit.
    pub fn header(&mut self, kind: u8, number: usize) {
        if number < 10 {
            return self.text.extend_from_slice(&[kind, b'0' + number as u8, b'\r', b'\n']);
        }
        self.line(kind, itoa::Buffer::new().format(number).as_bytes());
    }

    /// `$len`, the bytes, a line end.
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.header(b'$', bytes.len());
        self.text.extend_from_slice(bytes);
        self.text.extend_from_slice(b"\r\n");
    }

    /// The same for the first `len` of `bytes`, which are attached if they are many.
    pub fn bulk_shared(&mut self, bytes: &Arc<[u8]>, len: usize) {
        if len < limits::ATTACHED_BYTES_MIN {
            return self.bulk(&bytes[..len]);
        }
        self.header(b'$', len);
        self.attached_bytes += len;
        let (at, bytes) = (self.text.len(), Arc::clone(bytes));
        self.attachments.push_back(Attachment { at, bytes, len });
        self.text.extend_from_slice(b"\r\n");
    }

    /// Appends all of `other`, of which nothing has left yet. It is empty afterwards, and may have
    /// got another buffer.
    pub fn append(&mut self, other: &mut Rope<KEPT>) {
        if self.is_empty() {
            self.clear();
            std::mem::swap(self, other);
            return;
        }
        debug_assert!(other.text_gone == 0 && other.attachment_gone == 0, "nothing has left");
        let base = self.text.len();
        self.text.extend_from_slice(&other.text);
        let moved = other.attachments.drain(..);
        self.attachments.extend(moved.map(|one| Attachment { at: base + one.at, ..one }));
        self.attached_bytes += std::mem::take(&mut other.attached_bytes);
        other.clear();
    }

    /// Where the next byte will stand.
    pub fn mark(&self) -> Mark {
        Mark { text: self.text.len(), attachments: self.attachments.len() }
    }

    /// Removes everything since `mark`, if nothing has left since.
    pub fn rollback(&mut self, mark: Mark) {
        self.text.truncate(mark.text);
        for dropped in self.attachments.drain(mark.attachments..) {
            self.attached_bytes -= dropped.len;
        }
    }

    /// Everything since `mark` in one piece, if nothing has left since.
    pub fn bytes_since(&self, mark: Mark) -> Vec<u8> {
        let mut bytes = self.text[mark.text..].to_vec();
        // The last attachment comes first, so that the offsets of the others stay true.
        for attachment in self.attachments.iter().skip(mark.attachments).rev() {
            let at = attachment.at - mark.text;
            bytes.splice(at..at, attachment.bytes[..attachment.len].iter().copied());
        }
        bytes
    }

    /// All bytes that wait, in one piece.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        let slices = self.slices(2 * self.attachments.len() + 2);
        slices.iter().for_each(|slice| bytes.extend_from_slice(slice));
        bytes
    }

    /// All of the bytes, if nothing is attached: the common case, one plain `write`.
    pub fn plain(&self) -> Option<&[u8]> {
        self.attachments.is_empty().then(|| &self.text[self.text_gone..])
    }

    /// The first slice of bytes; not empty unless all is.
    pub fn front(&self) -> &[u8] {
        match self.attachments.front() {
            Some(first) if self.text_gone < first.at => &self.text[self.text_gone..first.at],
            Some(first) => &first.bytes[self.attachment_gone..first.len],
            None => &self.text[self.text_gone..],
        }
    }

    /// The first slices of bytes, in order and at most `max` of them.
    pub fn slices(&self, max: usize) -> Vec<IoSlice<'_>> {
        let mut slices = Vec::with_capacity(max.min(2 * self.attachments.len() + 1));
        let (mut text_gone, mut skip) = (self.text_gone, self.attachment_gone);
        for attachment in self.attachments.iter().take(max / 2) {
            slices.push(IoSlice::new(&self.text[text_gone..attachment.at]));
            slices.push(IoSlice::new(&attachment.bytes[skip..attachment.len]));
            (text_gone, skip) = (attachment.at, 0);
        }
        if 2 * self.attachments.len() < max {
            slices.push(IoSlice::new(&self.text[text_gone..]));
        }
        slices
    }

    /// Removes the first `count` bytes, which the kernel has accepted.
    pub fn advance(&mut self, mut count: usize) {
        while let Some(first) = self.attachments.front() {
            let text_len = first.at - self.text_gone;
            let attachment_len = first.len - self.attachment_gone;
            if count < text_len + attachment_len {
                let of_text = count.min(text_len);
                self.text_gone += of_text;
                self.attachment_gone += count - of_text;
                return;
            }
            count -= text_len + attachment_len;
            self.text_gone = first.at;
            self.attached_bytes -= first.len;
            self.attachment_gone = 0;
            self.attachments.pop_front();
        }
        self.text_gone += count;
        if self.text_gone == self.text.len() {
            self.clear();
        } else if self.text_gone > KEPT.max(self.text.len() / 2) {
            self.move_to_front();
        }
    }

    /// Moves the bytes that wait to the beginning of the buffer, but only when more than half has
    /// left: so every byte is moved about once, and a client that is always a little behind costs
    /// just that little.
    fn move_to_front(&mut self) {
        self.text.drain(..self.text_gone);
        self.attachments.iter_mut().for_each(|attachment| attachment.at -= self.text_gone);
        self.text_gone = 0;
        self.text.shrink_to(KEPT.max(2 * self.text.len()));
    }

    /// Removes everything and releases memory that only a large content needed.
    pub fn clear(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT);
        self.attachments.clear();
        self.attachments.shrink_to(limits::WRITEV_BUFFERS_MAX);
        (self.text_gone, self.attached_bytes, self.attachment_gone) = (0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a rope that leaves in portions of any size loses and repeats nothing, whether
    /// it was written in one go or appended.
    #[test]
    fn portions_lose_nothing() {
        let large: Arc<[u8]> = vec![b'x'; limits::ATTACHED_BYTES_MIN + 100].into();
        for step in [1, 7, 100, 5_000, 100_000] {
            let mut rope = Rope::<64>::default();
            for _ in 0..3 {
                let mut part = Rope::default();
                part.bulk(b"short");
                part.bulk_shared(&large, limits::ATTACHED_BYTES_MIN);
                rope.append(&mut part);
                assert!(part.is_empty());
            }
            let (expected, mut left) = (rope.to_bytes(), Vec::new());
            while !rope.is_empty() {
                assert_eq!(rope.len(), expected.len() - left.len());
                let portion = &rope.front()[..step.min(rope.front().len())];
                left.extend_from_slice(portion);
                rope.advance(portion.len());
            }
            assert!(left == expected, "{step} bytes at a time");
            assert!(rope.held_bytes() <= 64, "memory is released");
        }
    }

    /// Ensures that a rollback removes text and attachments, and nothing before the mark.
    #[test]
    fn rollback_returns_to_the_mark() {
        let large: Arc<[u8]> = vec![b'x'; limits::ATTACHED_BYTES_MIN].into();
        let mut rope = Rope::<64>::default();
        rope.bulk_shared(&large, large.len());
        let (mark, before) = (rope.mark(), rope.to_bytes());
        rope.header(b'*', 12);
        rope.bulk_shared(&large, large.len());
        rope.bulk(b"x");
        let since = rope.bytes_since(mark);
        assert_eq!([&before[..], &since].concat(), rope.to_bytes());
        rope.rollback(mark);
        assert_eq!(rope.to_bytes(), before);
        assert_eq!(rope.slices(2).len(), 2, "attachments leave in portions");
    }
}
