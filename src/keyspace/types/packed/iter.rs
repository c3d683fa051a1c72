//! Reading a packed block, element by element.

use super::item::{Item, LONG_BACK, decode, measure};
use std::iter::FusedIterator;

/// The elements of a packed block; of a [`super::TwoWay`] one, from either end.
#[derive(Debug, Clone)]
pub struct Iter<'a, const TWO_WAY: bool> {
    /// Of the elements that are left: those of the head, and those of the tail. See
    /// [`super::storage`].
    slices: (&'a [u8], &'a [u8]),
    left: usize,
}

impl<'a, const TWO_WAY: bool> Iter<'a, TWO_WAY> {
    pub(super) fn new(slices: (&'a [u8], &'a [u8]), left: usize) -> Self {
        Iter { slices, left }
    }

    /// The bytes of the next element, and what is behind it.
    fn bytes(&mut self) -> &'a [u8] {
        if self.slices.0.is_empty() {
            self.slices = (self.slices.1, &[]);
        }
        self.slices.0
    }

    /// Passes over one element without looking at it.
    fn skip_one(&mut self) {
        let bytes = self.bytes();
        self.slices.0 = bytes.get(span_of::<TWO_WAY>(bytes)..).unwrap_or_default();
        self.left = self.left.saturating_sub(1);
    }
}

impl<'a, const TWO_WAY: bool> Iterator for Iter<'a, TWO_WAY> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        self.left = self.left.checked_sub(1)?;
        let bytes = self.bytes();
        let (item, len) = decode(bytes)?;
        self.slices.0 = bytes.get(len + back_len::<TWO_WAY>(len)..).unwrap_or_default();
        Some(item)
    }

    fn nth(&mut self, n: usize) -> Option<Item<'a>> {
        (0..n.min(self.left)).for_each(|_| self.skip_one());
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<const TWO_WAY: bool> ExactSizeIterator for Iter<'_, TWO_WAY> {}
impl<const TWO_WAY: bool> FusedIterator for Iter<'_, TWO_WAY> {}

impl DoubleEndedIterator for Iter<'_, true> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (head, tail) = &mut self.slices;
        let slice = if tail.is_empty() { head } else { tail };
        let (rest, last) = slice.split_at_checked(begin_of(slice))?;
        *slice = rest;
        decode(last).map(|(item, _)| item)
    }
}

/// Bytes of the element with which `bytes` begin, its length after it included: 0 if there is
/// none.
pub(super) fn span_of<const TWO_WAY: bool>(bytes: &[u8]) -> usize {
    let len = measure(bytes).map_or(0, |(head, body)| head + body);
    len + back_len::<TWO_WAY>(len)
}

/// Bytes that the length takes after an element of `len` bytes.
fn back_len<const TWO_WAY: bool>(len: usize) -> usize {
    match len {
        // Nothing is there: an empty string has a tag at least.
        0 => 0,
        _ if !TWO_WAY => 0,
        1..0x80 => 1,
        _ => 5,
    }
}

/// Where the last element of `bytes` begins, in a block that is read from both ends.
pub(super) fn begin_of(bytes: &[u8]) -> usize {
    let (len, back) = match bytes {
        [.., a, b, c, d, LONG_BACK] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 5),
        [.., len] => (usize::from(*len), 1),
        [] => (0, 0),
    };
    bytes.len().saturating_sub(len + back)
}
