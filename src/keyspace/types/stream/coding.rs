//! Numbers, words and names as chunks have them.

use super::id::Id;
use crate::keyspace::types::element::Element;
use crate::keyspace::types::packed::Item;

/// A word as it is kept: a decimal integer as a number.
pub(super) fn item_of(word: Element<'_>) -> Item<'_> {
    match word {
        Element::Bytes(bytes) => Item::new(bytes),
        other => other.item(),
    }
}

pub(super) fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The number at `at`, which goes on behind it.
pub(super) fn number(bytes: &[u8], at: &mut usize) -> u64 {
    let (mut number, mut shift) = (0, 0);
    while let Some(byte) = bytes.get(*at) {
        *at += 1;
        number |= u64::from(byte & 0x7F) << shift;
        shift += 7;
        if *byte < 0x80 || shift > 63 {
            break;
        }
    }
    number
}

/// The sequence that need not be written: that of the first entry is the chunk's, those of the same
/// millisecond count on, and another millisecond begins at zero.
pub(super) fn expected_sequence(before: Id, ms: u64, is_first: bool) -> u64 {
    match ms {
        _ if is_first => before.sequence,
        0 => before.sequence.wrapping_add(1),
        _ => 0,
    }
}

/// Every other word: the names among names and values.
#[derive(Clone)]
struct Names<I>(I);

impl<'a, I: ExactSizeIterator<Item = Element<'a>>> Iterator for Names<I> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let name = self.0.next()?;
        self.0.next();
        Some(name)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.0.len().div_ceil(2);
        (len, Some(len))
    }
}

impl<'a, I: ExactSizeIterator<Item = Element<'a>>> ExactSizeIterator for Names<I> {}

/// The names among words that are names and values by turns.
pub(super) fn names<'a>(
    words: impl ExactSizeIterator<Item = Element<'a>>,
) -> impl ExactSizeIterator<Item = Element<'a>> {
    Names(words)
}
