//! A chunk of a list: elements in order, their lengths in an array of their own.
//!
//! With the lengths apart, either end is reached in constant time, the offset of an element in
//! the middle is the sum of an array, and an element takes one byte besides its own, where a
//! listpack, which has the length in front and once more after, takes two.
//!
//! A length is one byte, or two as soon as one element needs it. The highest value marks a
//! *long* element: that one is a counted reference next to the chunk, so that it can be sent
//! without a copy and a copied chunk never copies much.

use super::listpack::listpack_bytes_of;
use super::two_ended::TwoEnded;
use crate::keyspace::allocation::allocated;
use crate::keyspace::types::element::Element;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// Bytes of a chunk, lengths included: what is moved to insert an element in the middle, and what
/// the first change after a clone copies.
pub const CHUNK_BYTES_MAX: usize = 4 * 1024;

/// Bytes of the longest element that is stored in a chunk; four of these fill it.
pub const INLINE_BYTES_MAX: usize = 1024;

/// What a long element counts for in a chunk: its reference, and some of the counters.
const LONG_WEIGHT: usize = 32;

/// Elements in order.
#[derive(Debug, Default)]
pub struct Chunk {
    lengths: TwoEnded,
    bytes: TwoEnded,
    /// The long elements, in order.
    longs: VecDeque<Arc<[u8]>>,
    /// Heap bytes of the long elements.
    long_bytes: usize,
    /// Bytes of all elements in a listpack of Redis.
    listpack_bytes: usize,
    /// Whether a length takes two bytes.
    is_wide: bool,
}

impl Clone for Chunk {
    fn clone(&self) -> Chunk {
        let mut longs = VecDeque::with_capacity(self.longs.capacity());
        longs.extend(self.longs.iter().cloned());
        let (lengths, bytes) = (self.lengths.clone(), self.bytes.clone());
        Chunk { lengths, bytes, longs, ..*self }
    }
}

impl Chunk {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.lengths.len() / self.width()
    }

    /// Bytes of a length.
    fn width(&self) -> usize {
        if self.is_wide { 2 } else { 1 }
    }

    /// The value of a length that marks a long element.
    fn long_mark(&self) -> usize {
        if self.is_wide { usize::from(u16::MAX) } else { usize::from(u8::MAX) }
    }

    /// The length at `at`, or the mark.
    fn code(&self, at: usize) -> usize {
        let lengths = self.lengths.as_slice();
        match self.is_wide {
            true => usize::from(u16::from_le_bytes(lengths.as_chunks().0[at])),
            false => usize::from(lengths[at]),
        }
    }

    /// Bytes that the elements of `range` take in the chunk.
    fn span(&self, range: Range<usize>) -> usize {
        let lengths = self.lengths.as_slice();
        let sum = match self.is_wide {
            true => {
                let each = lengths.as_chunks().0[range.clone()].iter();
                each.map(|length| u32::from(u16::from_le_bytes(*length))).sum::<u32>()
            }
            false => lengths[range.clone()].iter().map(|length| u32::from(*length)).sum(),
        };
        sum as usize - self.count_longs(range) * self.long_mark()
    }

    fn count_longs(&self, range: Range<usize>) -> usize {
        match self.longs.is_empty() {
            true => 0,
            false => range.filter(|at| self.code(*at) == self.long_mark()).count(),
        }
    }

    /// Offset of the element at `at`, summed up from the nearer end.
    fn offset(&self, at: usize) -> usize {
        match at {
            0 => 0,
            _ if at * 2 > self.len() => self.bytes.len() - self.span(at..self.len()),
            _ => self.span(0..at),
        }
    }

    /// The element at `at`.
    pub fn get(&self, at: usize) -> Element<'_> {
        let code = self.code(at);
        if code == self.long_mark() {
            return Element::Shared(&self.longs[self.count_longs(0..at)]);
        }
        let offset = self.offset(at);
        Element::Bytes(&self.bytes.as_slice()[offset..offset + code])
    }

    /// Bytes that count against the limit.
    fn weight(&self) -> usize {
        self.bytes.len() + self.lengths.len() + self.longs.len() * LONG_WEIGHT
    }

    /// Whether an element of `len` bytes may be added.
    pub fn has_room(&self, len: usize) -> bool {
        let added = if len > INLINE_BYTES_MAX { LONG_WEIGHT } else { len };
        self.weight() + added + self.width() <= CHUNK_BYTES_MAX
    }

    /// Whether it has become small, and whether it would still have room together with `other`.
    pub fn should_join(&self, other: &Chunk) -> bool {
        self.weight() < CHUNK_BYTES_MAX / 4
            && self.weight() + other.weight() < CHUNK_BYTES_MAX * 3 / 4
    }

    /// Inserts an element at `at`; a long one is shared with its source if that shares it.
    pub fn insert(&mut self, at: usize, element: Element<'_>) {
        let mut digits = itoa::Buffer::new();
        let text = element.text(&mut digits);
        self.listpack_bytes += listpack_bytes_of(text);
        let code = if text.len() > INLINE_BYTES_MAX {
            let index = self.count_longs(0..at);
            let long = element.shared().map_or_else(|| text.into(), Arc::clone);
            self.long_bytes += long_bytes_of(&long);
            self.longs.insert(index, long);
            self.long_mark()
        } else {
            if text.len() >= self.long_mark() {
                self.widen();
            }
            let offset = self.offset(at);
            self.bytes.insert(offset, text);
            text.len()
        };
        let width = self.width();
        self.lengths.insert(at * width, &(code as u16).to_le_bytes()[..width]);
    }

    /// Makes every length two bytes.
    fn widen(&mut self) {
        let mut lengths = TwoEnded::default();
        for at in 0..self.len() {
            let code = match self.code(at) {
                code if code == self.long_mark() => u16::MAX,
                code => code as u16,
            };
            lengths.insert(lengths.len(), &code.to_le_bytes());
        }
        (self.lengths, self.is_wide) = (lengths, true);
    }

    /// Removes the elements of `range`.
    pub fn remove(&mut self, range: Range<usize>) {
        let removed: usize = self.iter(range.clone()).map(listpack_bytes).sum();
        self.listpack_bytes -= removed;
        let offset = self.offset(range.start);
        self.bytes.remove(offset..offset + self.span(range.clone()));
        let (first, count) = (self.count_longs(0..range.start), self.count_longs(range.clone()));
        let longs = self.longs.drain(first..first + count);
        self.long_bytes -= longs.map(|long| long_bytes_of(&long)).sum::<usize>();
        let width = self.width();
        self.lengths.remove(range.start * width..range.end * width);
    }

    /// Takes the elements from `at` on out, as a chunk of their own.
    pub fn split_off(&mut self, at: usize) -> Chunk {
        let mut rest = Chunk::default();
        rest.append(self, at..self.len());
        rest.fit();
        self.remove(at..self.len());
        self.fit();
        rest
    }

    /// Adds the elements of `other` in `range` after its own.
    pub fn append(&mut self, other: &Chunk, range: Range<usize>) {
        other.iter(range).for_each(|element| self.insert(self.len(), element));
    }

    /// Positions of up to `max` elements that are `wanted`, from the front or from the back, in
    /// rising order.
    pub fn matches(&self, wanted: &[u8], max: usize, from_back: bool) -> Vec<usize> {
        let elements = self.iter(0..self.len()).enumerate();
        let is_wanted = |(at, element): (usize, Element<'_>)| element.is(wanted).then_some(at);
        if !from_back {
            return elements.filter_map(is_wanted).take(max).collect();
        }
        let mut found: Vec<usize> = elements.rev().filter_map(is_wanted).take(max).collect();
        found.reverse();
        found
    }

    /// Removes the elements at `positions`, which rise. One pass, however many there are.
    pub fn remove_all(&mut self, positions: &[usize]) {
        if let [only] = positions {
            return self.remove(*only..*only + 1);
        }
        let mut kept = Chunk::default();
        let mut from = 0;
        for at in positions.iter().copied().chain([self.len()]) {
            kept.append(self, from..at);
            from = at + 1;
        }
        kept.fit();
        *self = kept;
    }

    /// Gives back all memory that is not used.
    pub fn fit(&mut self) {
        self.lengths.fit();
        self.bytes.fit();
        self.longs.shrink_to_fit();
    }

    /// The elements of `range`, from either end.
    pub fn iter(&self, range: Range<usize>) -> Iter<'_> {
        let offset = self.offset(range.start);
        let long = self.count_longs(0..range.start);
        let end = offset + self.span(range.clone());
        let long_end = long + self.count_longs(range.clone());
        Iter { chunk: self, range, offsets: offset..end, longs: long..long_end }
    }

    /// Bytes of all elements in a listpack of Redis.
    pub fn listpack_bytes(&self) -> usize {
        self.listpack_bytes
    }

    /// Bytes on the heap, the counted chunk itself included.
    pub fn heap_bytes(&self) -> usize {
        let longs = allocated(self.longs.capacity() * size_of::<Arc<[u8]>>());
        let own = allocated(2 * size_of::<usize>() + size_of::<Chunk>());
        own + self.lengths.heap_bytes() + self.bytes.heap_bytes() + longs + self.long_bytes
    }

    /// Checks lengths and accounts.
    ///
    /// # Panics
    /// If something is not in step.
    pub fn check_invariants(&self) {
        assert_eq!(self.span(0..self.len()), self.bytes.len(), "bytes of a chunk");
        assert_eq!(self.count_longs(0..self.len()), self.longs.len(), "long elements of a chunk");
        assert!(self.weight() <= CHUNK_BYTES_MAX, "a chunk is too large");
        let listpack: usize = self.iter(0..self.len()).map(listpack_bytes).sum();
        assert_eq!(listpack, self.listpack_bytes, "bytes in a listpack");
        let long_bytes = self.longs.iter().map(long_bytes_of);
        assert_eq!(long_bytes.sum::<usize>(), self.long_bytes, "bytes of long elements");
    }
}

fn listpack_bytes(element: Element<'_>) -> usize {
    listpack_bytes_of(element.text(&mut itoa::Buffer::new()))
}

fn long_bytes_of(long: &Arc<[u8]>) -> usize {
    allocated(2 * size_of::<usize>() + long.len())
}

/// Elements of a chunk.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    chunk: &'a Chunk,
    range: Range<usize>,
    offsets: Range<usize>,
    longs: Range<usize>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (chunk, code) = (self.chunk, self.chunk.code(self.range.next()?));
        if code == chunk.long_mark() {
            return self.longs.next().map(|index| Element::Shared(&chunk.longs[index]));
        }
        let start = self.offsets.start;
        self.offsets.start += code;
        Some(Element::Bytes(&chunk.bytes.as_slice()[start..start + code]))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl<'a> DoubleEndedIterator for Iter<'a> {
    fn next_back(&mut self) -> Option<Element<'a>> {
        let (chunk, code) = (self.chunk, self.chunk.code(self.range.next_back()?));
        if code == chunk.long_mark() {
            return self.longs.next_back().map(|index| Element::Shared(&chunk.longs[index]));
        }
        let end = self.offsets.end;
        self.offsets.end -= code;
        Some(Element::Bytes(&chunk.bytes.as_slice()[end - code..end]))
    }
}

impl ExactSizeIterator for Iter<'_> {}
