//! The list: elements in the order in which they were put.
//!
//! A list of few bytes is one packed block that is read from both ends; a larger one is a row of
//! counted chunks (`large`). A long element is a counted reference in its chunk, so that it is
//! sent without a copy, and moving it to another list moves the reference.
//!
//! A clone is cheap and changes nothing for either side: a large list is counted, and the first
//! change copies the row of references and one chunk.

mod chunk;
mod encoding;
mod large;
pub(super) mod listpack;
mod two_ended;
mod value_type;

use super::element::Element;
use super::packed::{self, Item, TwoWay};
use crate::keyspace::allocation::allocated;
use crate::keyspace::bytes::Key;
use crate::limits;
use chunk::{CHUNK_BYTES_MAX, INLINE_BYTES_MAX};
use large::{Large, Walk};
use listpack::listpack_bytes_of;
use std::iter::FusedIterator;
use std::ops::Range;
use std::sync::Arc;

/// Bytes in front of and after the elements of a listpack.
const LISTPACK_FRAME_BYTES: usize = 7;

/// Elements in order.
#[derive(Debug, Clone)]
pub struct List {
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// All elements in one block.
    Small(TwoWay),
    /// Counted, so that a snapshot can share it.
    Large(Arc<Large>),
}

impl Default for List {
    fn default() -> List {
        List::new()
    }
}

impl List {
    /// A list without elements, which no key may hold: it is removed when its last element goes.
    pub fn new() -> List {
        List { form: Form::Small(TwoWay::new()) }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match &self.form {
            Form::Small(block) => block.len(),
            Form::Large(large) => large.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all elements are in one block.
    pub fn is_packed(&self) -> bool {
        matches!(self.form, Form::Small(_))
    }

    /// The element at `index`.
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        match &self.form {
            Form::Small(block) => block.get(index).map(Element::from),
            Form::Large(large) => large.get(index),
        }
    }

    /// Adds an element in front of all others.
    pub fn push_front<'a>(&mut self, element: impl Into<Element<'a>>) {
        self.insert(0, element);
    }

    /// Adds an element after all others.
    pub fn push_back<'a>(&mut self, element: impl Into<Element<'a>>) {
        self.insert(usize::MAX, element);
    }

    /// Inserts an element so that it gets `index`, or after all others.
    pub fn insert<'a>(&mut self, index: usize, element: impl Into<Element<'a>>) {
        let (element, mut digits) = (element.into(), itoa::Buffer::new());
        let text = element.text(&mut digits);
        let index = index.min(self.len());
        if let Form::Small(block) = &mut self.form {
            if has_room(block, text) {
                return insert_small(block, index, text);
            }
            self.form = Form::Large(Arc::new(large_of(block)));
        }
        if let Form::Large(large) = &mut self.form {
            Arc::make_mut(large).insert(index, element, text.len());
        }
    }

    /// Replaces the element at `index`, and says whether there is one.
    pub fn set<'a>(&mut self, index: usize, element: impl Into<Element<'a>>) -> bool {
        if index >= self.len() {
            return false;
        }
        let (element, mut digits) = (element.into(), itoa::Buffer::new());
        let text = element.text(&mut digits);
        match &mut self.form {
            Form::Small(block) => {
                block.remove_range(index, 1);
                self.insert(index, element);
            }
            Form::Large(large) => Arc::make_mut(large).set(index, element, text.len()),
        }
        true
    }

    /// Removes the elements of `range`, cut to the existing ones, and returns their number.
    pub fn remove_range(&mut self, range: Range<usize>) -> usize {
        let range = self.clamp(range);
        let removed = range.len();
        match &mut self.form {
            _ if removed == 0 => {}
            Form::Small(block) => {
                block.remove_range(range.start, removed);
            }
            Form::Large(large) => {
                Arc::make_mut(large).remove_range(range);
                self.shrink();
            }
        }
        removed
    }

    /// Removes the first element, and returns it: a long one without a copy.
    pub fn pop_front(&mut self) -> Option<Key> {
        let element = self.get(0)?.to_key();
        self.remove_range(0..1);
        Some(element)
    }

    /// Removes the last element, and returns it: a long one without a copy.
    pub fn pop_back(&mut self) -> Option<Key> {
        let last = self.len().checked_sub(1)?;
        let element = self.get(last)?.to_key();
        self.remove_range(last..last + 1);
        Some(element)
    }

    /// Keeps the elements of `range` only.
    pub fn trim(&mut self, range: Range<usize>) {
        let range = self.clamp(range);
        self.remove_range(range.end..usize::MAX);
        self.remove_range(0..range.start);
    }

    /// Removes up to `max` elements that are `wanted`, from the front or from the back, and
    /// returns how many.
    pub fn remove_matching(&mut self, wanted: &[u8], max: usize, from_back: bool) -> usize {
        match &mut self.form {
            Form::Small(block) => remove_matching_small(block, wanted, max, from_back),
            Form::Large(large) => {
                // Of a shared list, one without a match must not cost a copy.
                let is_shared = Arc::get_mut(large).is_none();
                if is_shared && !large.iter(0..large.len()).any(|element| element.is(wanted)) {
                    return 0;
                }
                let removed = Arc::make_mut(large).remove_matching(wanted, max, from_back);
                self.shrink();
                removed
            }
        }
    }

    /// The elements of `range`, cut to the existing ones; from either end.
    pub fn iter(&self, range: Range<usize>) -> Iter<'_> {
        let range = self.clamp(range);
        Iter(match &self.form {
            Form::Large(large) => Elements::Large(large.iter(range)),
            Form::Small(block) => {
                let mut items = block.iter_from(range.start);
                // The iterator ends with the block: what comes after the range is passed.
                for _ in range.end..block.len() {
                    items.next_back();
                }
                Elements::Small(items)
            }
        })
    }

    /// Bytes that the list would take as a listpack of Redis.
    pub fn listpack_bytes(&self) -> usize {
        LISTPACK_FRAME_BYTES
            + match &self.form {
                Form::Large(large) => large.listpack_bytes(),
                Form::Small(block) => {
                    let mut digits = itoa::Buffer::new();
                    block.iter().map(|item| listpack_bytes_of(item.text(&mut digits))).sum()
                }
            }
    }

    /// A number that is not less, and found at once.
    fn listpack_bytes_at_most(&self) -> usize {
        /// The bytes by which an element of a listpack is longer than one of a block.
        const LONGER_MAX: usize = 4;
        match &self.form {
            Form::Large(_) => self.listpack_bytes(),
            Form::Small(block) => {
                LISTPACK_FRAME_BYTES + block.byte_len() + LONGER_MAX * block.len()
            }
        }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        match &self.form {
            Form::Small(block) => block.heap_bytes(),
            Form::Large(large) => {
                allocated(2 * size_of::<usize>() + size_of::<Large>()) + large.heap_bytes()
            }
        }
    }

    /// Checks counts and accounts.
    ///
    /// # Panics
    /// If something is not in step.
    pub fn check_invariants(&self) {
        assert!(self.listpack_bytes() <= self.listpack_bytes_at_most(), "bytes in a listpack");
        match &self.form {
            Form::Large(large) => large.check_invariants(),
            Form::Small(block) => {
                block.check_invariants();
                assert!(
                    block.len() <= limits::PACKED_ENTRIES_MAX
                        && block.byte_len() <= CHUNK_BYTES_MAX
                );
            }
        }
    }

    fn clamp(&self, range: Range<usize>) -> Range<usize> {
        let end = range.end.min(self.len());
        range.start.min(end)..end
    }

    /// Turns the large form into a block if half of what a block may hold is left, so that a list
    /// which grows and shrinks around the limit is not converted each time.
    fn shrink(&mut self) {
        let Form::Large(large) = &self.form else { return };
        let is_small = large.len() <= limits::PACKED_ENTRIES_MAX / 2;
        if !is_small || large.listpack_bytes() > CHUNK_BYTES_MAX / 2 {
            return;
        }
        let (mut block, mut digits) = (TwoWay::new(), itoa::Buffer::new());
        for element in large.iter(0..large.len()) {
            let text = element.text(&mut digits);
            if !has_room(&block, text) {
                return;
            }
            block.push_back(text);
        }
        block.set_marks(encoding::marks(large.is_quicklist));
        self.form = Form::Small(block);
    }
}

/// Whether a block stays a block with one more element.
fn has_room(block: &TwoWay, text: &[u8]) -> bool {
    block.len() < limits::PACKED_ENTRIES_MAX
        && text.len() <= INLINE_BYTES_MAX
        && block.byte_len() + TwoWay::bytes_for(text) <= CHUNK_BYTES_MAX
}

fn insert_small(block: &mut TwoWay, index: usize, text: &[u8]) {
    match index {
        0 => block.push_front(text),
        _ if index == block.len() => block.push_back(text),
        _ => block.cursor(index).insert(text),
    }
}

fn remove_matching_small(block: &mut TwoWay, wanted: &[u8], max: usize, from_back: bool) -> usize {
    let wanted = Item::new(wanted);
    let matches = block.iter().enumerate().filter(|(_, item)| *item == wanted);
    let mut found: Vec<usize> = matches.map(|(index, _)| index).collect();
    if from_back {
        found.drain(..found.len().saturating_sub(max));
    } else {
        found.truncate(max);
    }
    // From the back, so that the others stay where they are.
    for index in found.iter().rev() {
        block.remove_range(*index, 1);
    }
    found.len()
}

/// The large form of what is in a block.
fn large_of(block: &TwoWay) -> Large {
    let (mut large, mut digits) = (Large::default(), itoa::Buffer::new());
    for item in block.iter() {
        let text = item.text(&mut digits);
        large.push_back(text.into(), text.len());
    }
    large.is_quicklist = block.marks() == encoding::marks(true);
    large
}

/// Elements of a list, from either end.
#[derive(Debug, Clone)]
pub struct Iter<'a>(Elements<'a>);

#[derive(Debug, Clone)]
enum Elements<'a> {
    Small(packed::Iter<'a, true>),
    Large(Walk<'a>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        match &mut self.0 {
            Elements::Small(items) => items.next().map(Element::from),
            Elements::Large(walk) => walk.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Elements::Small(items) => items.size_hint(),
            Elements::Large(walk) => walk.size_hint(),
        }
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Elements::Small(items) => items.next_back().map(Element::from),
            Elements::Large(walk) => walk.next_back(),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

#[cfg(test)]
mod tests;
