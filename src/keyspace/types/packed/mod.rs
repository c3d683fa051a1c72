//! The packed block: many short elements one after the other in a single allocation.
//!
//! # Why
//! Most hashes, lists, sets and sorted sets are small: a session has ten fields. A table with a
//! pointer per element costs several times what the elements hold, so a small value is kept as one
//! block that is searched from the front; for up to about a hundred elements that is as fast as a
//! hash table. Redis has the same idea under the names *ziplist* and *listpack*.
//!
//! # Layout
//! Each element begins with a tag that gives its kind and length (see `item.rs`); decimal integers
//! are kept as numbers. A block that is read from both ends ([`TwoWay`]) has the length of an
//! element once more after it. Up to [`INLINE_BYTES`] bytes live in the structure itself and need
//! no allocation at all.
//!
//! # Memory
//! An allocation is as large as the allocator would make it anyway; only above half a kibibyte
//! there is a sixteenth of slack. The last elements may live in the structure: see `storage.rs`.
//!
//! # Invariants
//! The bytes are a sequence of `len` whole elements. No caller handles offsets: an element is
//! named by its index, or by a [`Cursor`], which borrows the block and so cannot outlive a change.

mod cursor;
mod item;
mod iter;
mod storage;

pub use cursor::Cursor;
pub use item::{Item, append, decode};
pub use iter::Iter;
pub use storage::INLINE_BYTES;

use item::Encoded;
use storage::Storage;

/// A block that is read from the front: one byte less per element. For hashes, sets and sorted
/// sets.
pub type Packed = Block<false>;

/// A block that is read from both ends in equal time. For lists.
pub type TwoWay = Block<true>;

/// Elements one after the other.
#[derive(Debug, Clone, Default)]
pub struct Block<const TWO_WAY: bool> {
    storage: Storage,
}

impl<const TWO_WAY: bool> Block<TWO_WAY> {
    /// A block without elements, and without an allocation.
    pub fn new() -> Self {
        Block::default()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.storage.count()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that the elements take, their tags included.
    pub fn byte_len(&self) -> usize {
        self.storage.len()
    }

    /// Bytes that one more element would take.
    pub fn bytes_for<'a>(item: impl Into<Item<'a>>) -> usize {
        Encoded::new(item.into(), TWO_WAY).len()
    }

    /// Bytes on the heap, as the allocator rounds them.
    pub fn heap_bytes(&self) -> usize {
        self.storage.heap_bytes()
    }

    /// Eight bits that the owner may use: they cost nothing here, and a byte more would cost eight.
    pub fn marks(&self) -> u8 {
        self.storage.marks()
    }

    /// See [`Block::marks`].
    pub fn set_marks(&mut self, marks: u8) {
        self.storage.set_marks(marks);
    }

    /// Makes room for `bytes` more bytes in one step.
    pub fn reserve(&mut self, bytes: usize) {
        self.storage.reserve(bytes);
    }

    /// Removes all elements, and gives the allocation back.
    pub fn clear(&mut self) {
        let marks = self.marks();
        self.storage = Storage::default();
        self.set_marks(marks);
    }

    /// Adds an element after the last one.
    pub fn push_back<'a>(&mut self, item: impl Into<Item<'a>>) {
        let encoded = Encoded::new(item.into(), TWO_WAY);
        self.storage.splice(self.byte_len(), 0, &encoded.parts());
        self.storage.set_count(self.len() + 1);
    }

    /// Adds an element in front of the first one.
    pub fn push_front<'a>(&mut self, item: impl Into<Item<'a>>) {
        let encoded = Encoded::new(item.into(), TWO_WAY);
        self.storage.splice(0, 0, &encoded.parts());
        self.storage.set_count(self.len() + 1);
    }

    /// Adds the elements of `other` after the last one: one copy, nothing is encoded again.
    pub fn append(&mut self, other: &Self) {
        let (head, tail) = other.storage.slices();
        self.storage.splice(self.byte_len(), 0, &[head, tail]);
        self.storage.set_count(self.len() + other.len());
    }

    /// Takes the elements from `index` on out, as a block of their own.
    pub fn split_off(&mut self, index: usize) -> Self {
        let (index, offset) = (index.min(self.len()), self.offset_of(index));
        let mut rest = Block::new();
        let (head, tail) = self.storage.slices_from(offset);
        rest.storage.splice(0, 0, &[head, tail]);
        rest.storage.set_count(self.len() - index);
        self.storage.set_count(index);
        self.storage.splice(offset, self.byte_len() - offset, &[]);
        rest
    }

    /// Removes up to `count` elements from `index` on, and returns how many.
    pub fn remove_range(&mut self, index: usize, count: usize) -> usize {
        let count = count.min(self.len().saturating_sub(index));
        let (start, end) = (self.offset_of(index), self.offset_of(index.saturating_add(count)));
        self.storage.set_count(self.len() - count);
        self.storage.splice(start, end - start, &[]);
        count
    }

    /// The element at `index`.
    pub fn get(&self, index: usize) -> Option<Item<'_>> {
        self.iter_from(index).next()
    }

    /// The first element.
    pub fn front(&self) -> Option<Item<'_>> {
        self.iter().next()
    }

    /// The last element. Of a block that is read from the front all are passed on the way.
    pub fn back(&self) -> Option<Item<'_>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All elements, from the front.
    pub fn iter(&self) -> Iter<'_, TWO_WAY> {
        Iter::new(self.storage.slices(), self.len())
    }

    /// The elements from `index` on.
    pub fn iter_from(&self, index: usize) -> Iter<'_, TWO_WAY> {
        let left = self.len().saturating_sub(index);
        Iter::new(self.storage.slices_from(self.offset_of(index)), left)
    }

    /// The index of the first element that is `wanted`, of the elements 0, `stride`, twice
    /// `stride` …: with 2, the names among names and values.
    pub fn find<'a>(&self, wanted: impl Into<Item<'a>>, stride: usize) -> Option<usize> {
        let encoded = Encoded::new(wanted.into(), TWO_WAY);
        self.search(0, 0, &encoded, stride).map(|(index, _)| index)
    }

    /// The element after the name `wanted`, where names and values take turns.
    pub fn value_of<'a>(&self, wanted: impl Into<Item<'a>>) -> Option<Item<'_>> {
        let encoded = Encoded::new(wanted.into(), TWO_WAY);
        let (index, offset) = self.search(0, 0, &encoded, 2)?;
        Iter::<TWO_WAY>::new(self.storage.slices_from(offset), self.len() - index).nth(1)
    }

    /// A cursor at the element `index`, or after the last one.
    pub fn cursor(&mut self, index: usize) -> Cursor<'_, TWO_WAY> {
        let offset = self.offset_of(index);
        Cursor::new(self, index, offset)
    }

    /// A cursor at the first element that is `wanted`: see [`Block::find`].
    pub fn cursor_at<'a>(
        &mut self,
        wanted: impl Into<Item<'a>>,
        stride: usize,
    ) -> Option<Cursor<'_, TWO_WAY>> {
        let encoded = Encoded::new(wanted.into(), TWO_WAY);
        let (index, offset) = self.search(0, 0, &encoded, stride)?;
        Some(Cursor::new(self, index, offset))
    }

    /// Checks that the bytes are as many whole elements as are counted, each in its one form.
    ///
    /// # Panics
    /// If they are not.
    pub fn check_invariants(&self) {
        let mut again = Block::<TWO_WAY>::new();
        self.iter().for_each(|item| again.push_back(item));
        assert_eq!(again.len(), self.len(), "elements of a packed block");
        let bytes = |block: &Self| [block.storage.slices().0, block.storage.slices().1].concat();
        assert_eq!(bytes(&again), bytes(self), "bytes of a packed block");
        self.storage.check_invariants();
    }

    /// Where element `index` begins, or where the last one ends. A block that is read from both
    /// ends is passed from the nearer one.
    fn offset_of(&self, index: usize) -> usize {
        let len = self.len();
        if index >= len {
            return self.byte_len();
        }
        let (head, tail) = self.storage.slices();
        if TWO_WAY && index > len / 2 {
            return (index..len).fold(self.byte_len(), |end, _| {
                match end.checked_sub(head.len()) {
                    None | Some(0) => iter::begin_of(&head[..end]),
                    Some(end) => head.len() + iter::begin_of(&tail[..end]),
                }
            });
        }
        (0..index).fold(0, |offset, _| offset + iter::span_of::<TWO_WAY>(self.storage.rest(offset)))
    }

    /// Index and offset of the first element that is `wanted`, from the element `index` at
    /// `offset` on. Every element has one form only, so bytes are compared and nothing is decoded.
    fn search(
        &self,
        mut index: usize,
        mut offset: usize,
        wanted: &Encoded<'_>,
        stride: usize,
    ) -> Option<(usize, usize)> {
        let stride = stride.max(1);
        let (mut bytes, mut tail) = self.storage.slices_from(offset);
        while index < self.len() {
            for step in 0..stride {
                if bytes.is_empty() {
                    (bytes, tail) = (tail, &[]);
                }
                if step == 0 && wanted.is_at(bytes) {
                    return Some((index, offset));
                }
                let span = iter::span_of::<TWO_WAY>(bytes);
                offset += span;
                bytes = bytes.get(span..).unwrap_or_default();
            }
            index += stride;
        }
        None
    }
}

impl<'a, const TWO_WAY: bool, I: Into<Item<'a>>> Extend<I> for Block<TWO_WAY> {
    fn extend<T: IntoIterator<Item = I>>(&mut self, items: T) {
        items.into_iter().for_each(|item| self.push_back(item));
    }
}

#[cfg(test)]
mod tests;
