//! Changing a packed block at an element.

use super::item::{Encoded, Item, decode};
use super::{Block, iter};

/// An element of a block, or the end after the last one.
///
/// It borrows the block, so that no element can move meanwhile: an offset that does not
/// belong to an element cannot exist.
#[derive(Debug)]
pub struct Cursor<'a, const TWO_WAY: bool> {
    block: &'a mut Block<TWO_WAY>,
    index: usize,
    offset: usize,
}

impl<'a, const TWO_WAY: bool> Cursor<'a, TWO_WAY> {
    pub(super) fn new(block: &'a mut Block<TWO_WAY>, index: usize, offset: usize) -> Self {
        let index = index.min(block.len());
        Cursor { block, index, offset }
    }

    /// Index of the element: the length of the block at its end.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The element, `None` at the end.
    pub fn item(&self) -> Option<Item<'_>> {
        decode(self.block.storage.rest(self.offset)).map(|(item, _)| item)
    }

    /// Goes on to the next element, and says whether there is one.
    pub fn advance(&mut self) -> bool {
        let span = self.spans(1);
        self.offset += span;
        self.index += usize::from(span > 0);
        self.index < self.block.len()
    }

    /// Goes on to the first element that is `wanted`, this one included, of every `stride`th.
    pub fn seek<'b>(&mut self, wanted: impl Into<Item<'b>>, stride: usize) -> bool {
        let encoded = Encoded::new(wanted.into(), TWO_WAY);
        let found = self.block.search(self.index, self.offset, &encoded, stride);
        (self.index, self.offset) = found.unwrap_or((self.block.len(), self.block.byte_len()));
        found.is_some()
    }

    /// Puts a new element in front of this one; the cursor is at the new one.
    pub fn insert<'b>(&mut self, item: impl Into<Item<'b>>) {
        let encoded = Encoded::new(item.into(), TWO_WAY);
        self.block.storage.splice(self.offset, 0, &encoded.parts());
        self.block.storage.set_count(self.block.len() + 1);
    }

    /// Replaces this element by `item`; at the end, appends it.
    pub fn replace<'b>(&mut self, item: impl Into<Item<'b>>) {
        let encoded = Encoded::new(item.into(), TWO_WAY);
        let span = self.spans(1);
        self.block.storage.splice(self.offset, span, &encoded.parts());
        self.block.storage.set_count(self.block.len() + usize::from(span == 0));
    }

    /// Removes up to `count` elements from this one on; the cursor is at the next one.
    pub fn remove(&mut self, count: usize) {
        let count = count.min(self.block.len() - self.index);
        let span = self.spans(count);
        self.block.storage.set_count(self.block.len() - count);
        self.block.storage.splice(self.offset, span, &[]);
    }

    /// Bytes of the next `count` elements.
    fn spans(&self, count: usize) -> usize {
        (0..count).fold(0, |span, _| {
            span + iter::span_of::<TWO_WAY>(self.block.storage.rest(self.offset + span))
        })
    }
}
