//! One parsed request: a buffer and the offsets of its arguments.
//!
//! Arguments are never copied to be inspected. A request is a list of [`Span`]s into the buffer
//! from which it was parsed, and [`Args`] is the borrowed view of both that command handlers
//! receive.

use crate::error::CommandError;
use std::sync::Arc;

/// The offset and length of one argument in its buffer. 32 bits suffice: a request is at most 1
/// GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
}

/// The arguments of one request, the command's name first. Copying it copies three references.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    buffer: &'a [u8],
    spans: &'a [Span],
    prepared: &'a [Prepared],
}

/// An argument that was copied to the heap before the lock was taken, because its command will
/// store it.
pub struct Prepared {
    /// Identifies the argument: offset of its first byte, unique among the non-empty arguments.
    pub start: u32,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

impl<'a> Args<'a> {
    /// The request with the arguments at `spans` of `buffer`.
    pub fn new(buffer: &'a [u8], spans: &'a [Span]) -> Args<'a> {
        Args { buffer, spans, prepared: &[] }
    }

    /// The same request with some arguments already on the heap, in ascending order of `start`.
    pub fn with_prepared(self, prepared: &'a [Prepared]) -> Args<'a> {
        Args { prepared, ..self }
    }

    /// Number of arguments, including the command's name.
    pub fn len(self) -> usize {
        self.spans.len()
    }

    /// Whether there is not even a name.
    pub fn is_empty(self) -> bool {
        self.spans.is_empty()
    }

    /// Argument `index`; the caller has checked [`Args::len`], or the row's arity has.
    pub fn at(self, index: usize) -> &'a [u8] {
        self.slice(self.spans[index])
    }

    /// Argument `index`, if there is one.
    pub fn get(self, index: usize) -> Option<&'a [u8]> {
        self.spans.get(index).map(|span| self.slice(*span))
    }

    /// The arguments from number `first` on.
    pub fn from(self, first: usize) -> Args<'a> {
        Args { spans: self.spans.get(first..).unwrap_or(&[]), ..self }
    }

    /// The arguments one after the other.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        self.spans.iter().map(move |span| self.slice(*span))
    }

    /// Whether argument `index` is `word`, ignoring case.
    pub fn is(self, index: usize, word: &str) -> bool {
        self.get(index).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Argument `index` as an integer.
    ///
    /// # Errors
    /// Redis's "value is not an integer or out of range".
    pub fn integer(self, index: usize) -> Result<i64, CommandError> {
        super::parse_integer(self.at(index)).ok_or(CommandError::NOT_AN_INTEGER)
    }

    /// The heap copy of argument `index`, if one was made before the lock was taken.
    pub fn prepared(self, index: usize) -> Option<&'a Arc<[u8]>> {
        let Span { start, len } = self.spans[index];
        let place = self.prepared.binary_search_by_key(&start, |prepared| prepared.start).ok()?;
        let bytes = &self.prepared[place].bytes;
        // An empty argument has the same offset as the next one.
        (bytes.len() == len as usize).then_some(bytes)
    }

    /// Makes the heap copies that [`Args::prepared`] returns, for every argument from `first` on
    /// that is longer than `inline_max` bytes.
    pub fn prepare(self, first: usize, inline_max: usize, prepared: &mut Vec<Prepared>) {
        for span in self.spans.iter().skip(first).filter(|span| span.len as usize > inline_max) {
            prepared.push(Prepared { start: span.start, bytes: self.slice(*span).into() });
        }
    }

    fn slice(self, span: Span) -> &'a [u8] {
        &self.buffer[span.start as usize..span.start as usize + span.len as usize]
    }
}

/// Appends a request of these words to `out`, in the form that clients send.
pub fn encode<Word: AsRef<[u8]>>(words: &[Word], out: &mut Vec<u8>) {
    header(b'*', words.len(), out);
    for word in words.iter().map(AsRef::as_ref) {
        header(b'$', word.len(), out);
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

fn header(kind: u8, len: usize, out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(itoa::Buffer::new().format(len).as_bytes());
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that an empty argument is not confused with the long one at the same offset.
    #[test]
    fn empty_arguments_are_not_their_successors() {
        let spans = [Span { start: 0, len: 0 }, Span { start: 0, len: 4 }];
        let args = Args::new(b"long", &spans);
        let mut prepared = Vec::new();
        args.prepare(0, 3, &mut prepared);
        let args = args.with_prepared(&prepared);
        assert!(args.prepared(0).is_none());
        assert_eq!(args.prepared(1).map(|bytes| &bytes[..]), Some(&b"long"[..]));
    }

    /// Ensures that a request is written as the protocol says, with any bytes in it.
    #[test]
    fn requests_are_encoded() {
        let mut out = Vec::new();
        encode(&[&b"GET"[..], b"a\r\n\0", b""], &mut out);
        assert_eq!(out, b"*3\r\n$3\r\nGET\r\n$4\r\na\r\n\0\r\n$0\r\n\r\n");
    }
}
