//! The large form of a list: counted chunks in order, and their counts in an array of their own.
//!
//! An element in the middle is found by skipping over the counts, two bytes for some two hundred
//! elements, without a look at the chunks. Redis walks from node to node for that.
//!
//! # Invariants
//! No chunk is empty. A chunk that is neither the first nor the last has no spare memory when it
//! stops being at an end.

use super::chunk::{self, Chunk};
use crate::keyspace::allocation::allocated;
use crate::keyspace::types::element::Element;
use std::collections::VecDeque;
use std::iter::FusedIterator;
use std::ops::Range;
use std::sync::Arc;

/// A list of any length.
#[derive(Debug, Clone, Default)]
pub struct Large {
    chunks: VecDeque<Arc<Chunk>>,
    /// Elements of each chunk.
    counts: VecDeque<u16>,
    len: usize,
    /// Bytes that the chunks take, kept in step.
    chunk_bytes: usize,
    /// Bytes of all elements in a listpack of Redis.
    listpack_bytes: usize,
    /// Whether Redis would call it a quicklist.
    pub(super) is_quicklist: bool,
}

impl Large {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Changes the chunk number `index`, and brings the accounts in step.
    fn change<R>(&mut self, index: usize, change: impl FnOnce(&mut Chunk) -> R) -> R {
        let chunk = Arc::make_mut(&mut self.chunks[index]);
        let before = (chunk.len(), chunk.heap_bytes(), chunk.listpack_bytes());
        let result = change(chunk);
        self.len = self.len + chunk.len() - before.0;
        self.chunk_bytes = self.chunk_bytes + chunk.heap_bytes() - before.1;
        self.listpack_bytes = self.listpack_bytes + chunk.listpack_bytes() - before.2;
        self.counts[index] = chunk.len() as u16;
        result
    }

    /// Adds a chunk so that it gets the number `index`.
    fn add_chunk(&mut self, index: usize, chunk: Chunk) {
        self.len += chunk.len();
        self.chunk_bytes += chunk.heap_bytes();
        self.listpack_bytes += chunk.listpack_bytes();
        self.counts.insert(index, chunk.len() as u16);
        self.chunks.insert(index, Arc::new(chunk));
    }

    /// Removes the chunks with the numbers of `range`.
    fn remove_chunks(&mut self, range: Range<usize>) {
        self.counts.drain(range.clone());
        for chunk in self.chunks.drain(range) {
            self.len -= chunk.len();
            self.chunk_bytes -= chunk.heap_bytes();
            self.listpack_bytes -= chunk.listpack_bytes();
        }
        if self.chunks.len() < self.chunks.capacity() / 4 {
            self.chunks.shrink_to(self.chunks.len() * 2);
            self.counts.shrink_to(self.counts.len() * 2);
        }
    }

    /// The chunk of the element at `index`, and its position there, counted from the nearer end.
    fn locate(&self, index: usize) -> (usize, usize) {
        let (first, second) = self.counts.as_slices();
        if index <= self.len / 2 {
            let mut rest = index;
            let at = skip(first.iter(), &mut rest);
            let more = if at == first.len() { skip(second.iter(), &mut rest) } else { 0 };
            return (at + more, rest);
        }
        // From the back, `rest` elements come after the wanted one.
        let mut rest = self.len - 1 - index;
        let at = skip(second.iter().rev(), &mut rest);
        let more = if at == second.len() { skip(first.iter().rev(), &mut rest) } else { 0 };
        let chunk = self.counts.len() - 1 - (at + more);
        (chunk, usize::from(self.counts[chunk]) - 1 - rest)
    }

    /// The element at `index`.
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        if index >= self.len {
            return None;
        }
        let (chunk, at) = self.locate(index);
        Some(self.chunks[chunk].get(at))
    }

    /// Adds an element after all others.
    pub fn push_back(&mut self, element: Element<'_>, len: usize) {
        match self.chunks.back() {
            Some(last) if last.has_room(len) => {}
            last => {
                if last.is_some() {
                    self.change(self.chunks.len() - 1, Chunk::fit);
                }
                self.add_chunk(self.chunks.len(), Chunk::default());
            }
        }
        self.change(self.chunks.len() - 1, |last| last.insert(last.len(), element));
    }

    /// Adds an element in front of all others.
    pub fn push_front(&mut self, element: Element<'_>, len: usize) {
        match self.chunks.front() {
            Some(first) if first.has_room(len) => {}
            first => {
                if first.is_some() {
                    self.change(0, Chunk::fit);
                }
                self.add_chunk(0, Chunk::default());
            }
        }
        self.change(0, |first| first.insert(0, element));
    }

    /// Inserts an element of `len` bytes so that it gets `index`.
    pub fn insert(&mut self, index: usize, element: Element<'_>, len: usize) {
        match index {
            0 => return self.push_front(element, len),
            _ if index >= self.len => return self.push_back(element, len),
            _ => {}
        }
        let (chunk, at) = self.locate(index);
        if self.chunks[chunk].has_room(len) {
            return self.change(chunk, |chunk| chunk.insert(at, element));
        }
        // The new element goes to the end of what comes before it, to the begin of what comes
        // after it, or between both, wherever there is room.
        let mut behind = chunk;
        if at > 0 {
            let rest = self.change(chunk, |chunk| chunk.split_off(at));
            behind = chunk + 1;
            self.add_chunk(behind, rest);
        }
        if behind > 0 && self.chunks[behind - 1].has_room(len) {
            self.change(behind - 1, |chunk| chunk.insert(chunk.len(), element));
        } else {
            if !self.chunks[behind].has_room(len) {
                self.add_chunk(behind, Chunk::default());
            }
            self.change(behind, |chunk| chunk.insert(0, element));
        }
    }

    /// Replaces the element at `index` by one of `len` bytes.
    pub fn set(&mut self, index: usize, element: Element<'_>, len: usize) {
        let (chunk, at) = self.locate(index);
        self.change(chunk, |chunk| chunk.remove(at..at + 1));
        if self.chunks[chunk].has_room(len) {
            return self.change(chunk, |chunk| chunk.insert(at, element));
        }
        // It has other elements, or there would be room.
        self.insert(index, element, len);
    }

    /// Removes the elements of `range`.
    pub fn remove_range(&mut self, range: Range<usize>) {
        let mut rest = range.len();
        if rest == 0 {
            return;
        }
        let (mut chunk, at) = self.locate(range.start);
        if at > 0 {
            let until = usize::from(self.counts[chunk]).min(at + rest);
            self.change(chunk, |chunk| chunk.remove(at..until));
            rest -= until - at;
            chunk += 1;
        }
        let mut whole = chunk;
        while whole < self.counts.len() && usize::from(self.counts[whole]) <= rest {
            rest -= usize::from(self.counts[whole]);
            whole += 1;
        }
        self.remove_chunks(chunk..whole);
        if rest > 0 {
            self.change(chunk, |chunk| chunk.remove(0..rest));
        }
        self.join(chunk);
        self.join(chunk.saturating_sub(1));
    }

    /// Joins the chunk number `index` with its neighbour if it is small. Those at the ends are
    /// left to run empty: in a queue they always do.
    fn join(&mut self, index: usize) {
        if index == 0 || index + 1 >= self.chunks.len() {
            return;
        }
        let chunk = &self.chunks[index];
        let neighbour = if chunk.should_join(&self.chunks[index - 1]) {
            index - 1
        } else if index + 2 < self.chunks.len() && chunk.should_join(&self.chunks[index + 1]) {
            index
        } else {
            return;
        };
        let moved = Arc::clone(&self.chunks[neighbour + 1]);
        self.remove_chunks(neighbour + 1..neighbour + 2);
        self.change(neighbour, |chunk| {
            chunk.append(&moved, 0..moved.len());
            chunk.fit();
        });
    }

    /// Removes up to `max` elements that are `wanted`, from the front or from the back, and
    /// returns how many. Chunks without one are only read.
    pub fn remove_matching(&mut self, wanted: &[u8], max: usize, from_back: bool) -> usize {
        let (mut removed, chunks) = (0, self.chunks.len());
        let mut changed = Vec::new();
        for step in 0..chunks {
            let index = if from_back { chunks - 1 - step } else { step };
            let found = self.chunks[index].matches(wanted, max - removed, from_back);
            if !found.is_empty() {
                removed += found.len();
                self.change(index, |chunk| chunk.remove_all(&found));
                changed.push(index);
            }
            if removed == max {
                break;
            }
        }
        self.tidy_up(changed);
        removed
    }

    /// Removes chunks that are empty and joins those that are small, of those that were changed.
    fn tidy_up(&mut self, mut changed: Vec<usize>) {
        /// From this number on, one pass over all chunks is cheaper than moving the rest for each.
        const CHANGED_MAX: usize = 32;
        changed.sort_unstable();
        if changed.len() > CHANGED_MAX {
            // Empty chunks take part in the accounts with their own bytes only.
            let empty = self.chunks.iter().filter(|chunk| chunk.len() == 0);
            self.chunk_bytes -= empty.map(|chunk| chunk.heap_bytes()).sum::<usize>();
            self.chunks.retain(|chunk| chunk.len() > 0);
            self.counts.retain(|count| *count > 0);
            changed = (0..self.chunks.len()).collect();
        }
        for index in changed.into_iter().rev() {
            if self.counts[index] == 0 {
                self.remove_chunks(index..index + 1);
            } else {
                self.join(index);
            }
        }
    }

    /// The elements of `range`, from either end.
    pub fn iter(&self, range: Range<usize>) -> Walk<'_> {
        let left = range.len();
        if left == 0 {
            return Walk { chunks: &self.chunks, front: None, back: None, left };
        }
        let edge = |(index, at): (usize, usize), until_here: bool| {
            let chunk: &Chunk = &self.chunks[index];
            let range = if until_here { 0..at + 1 } else { at..chunk.len() };
            Some((index, chunk.iter(range)))
        };
        let front = edge(self.locate(range.start), false);
        let back = edge(self.locate(range.end - 1), true);
        Walk { chunks: &self.chunks, front, back, left }
    }

    /// Bytes of all elements in a listpack of Redis.
    pub fn listpack_bytes(&self) -> usize {
        self.listpack_bytes
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let chunks = allocated(self.chunks.capacity() * size_of::<Arc<Chunk>>());
        chunks + allocated(self.counts.capacity() * size_of::<u16>()) + self.chunk_bytes
    }

    /// Checks counts and accounts.
    ///
    /// # Panics
    /// If something is not in step.
    pub fn check_invariants(&self) {
        let (mut len, mut bytes, mut listpack) = (0, 0, 0);
        assert_eq!(self.chunks.len(), self.counts.len(), "counts of the chunks");
        for (chunk, count) in self.chunks.iter().zip(&self.counts) {
            chunk.check_invariants();
            assert!(chunk.len() > 0, "an empty chunk");
            assert_eq!(chunk.len(), usize::from(*count), "elements of a chunk");
            len += chunk.len();
            bytes += chunk.heap_bytes();
            listpack += chunk.listpack_bytes();
        }
        assert_eq!(len, self.len, "elements of a list");
        assert_eq!(bytes, self.chunk_bytes, "bytes of the chunks");
        assert_eq!(listpack, self.listpack_bytes, "bytes in a listpack");
    }
}

/// How many parts come before the one in which the element number `rest` is; `rest` becomes its
/// number within that part. Sixteen parts are skipped at a time: their sum needs no branch.
fn skip<'a>(counts: impl ExactSizeIterator<Item = &'a u16> + Clone, rest: &mut usize) -> usize {
    const STRIDE: usize = 16;
    let (mut at, mut counts) = (0, counts);
    while counts.len() >= STRIDE {
        let sum: u32 = counts.clone().take(STRIDE).map(|count| u32::from(*count)).sum();
        if *rest < sum as usize {
            break;
        }
        *rest -= sum as usize;
        at += STRIDE;
        counts.nth(STRIDE - 1);
    }
    for count in counts {
        if *rest < usize::from(*count) {
            break;
        }
        *rest -= usize::from(*count);
        at += 1;
    }
    at
}

/// A walk through the chunks of a list.
#[derive(Debug, Clone)]
pub struct Walk<'a> {
    chunks: &'a VecDeque<Arc<Chunk>>,
    front: Option<(usize, chunk::Iter<'a>)>,
    back: Option<(usize, chunk::Iter<'a>)>,
    left: usize,
}

impl<'a> Walk<'a> {
    fn chunk(&self, index: usize) -> Option<(usize, chunk::Iter<'a>)> {
        let chunk: &'a Chunk = self.chunks.get(index)?;
        Some((index, chunk.iter(0..chunk.len())))
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (index, elements) = self.front.as_mut()?;
        if let Some(element) = elements.next() {
            return Some(element);
        }
        let next = *index + 1;
        self.front = self.chunk(next);
        self.front.as_mut()?.1.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<'a> DoubleEndedIterator for Walk<'a> {
    fn next_back(&mut self) -> Option<Element<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (index, elements) = self.back.as_mut()?;
        if let Some(element) = elements.next_back() {
            return Some(element);
        }
        let before = index.checked_sub(1)?;
        self.back = self.chunk(before);
        self.back.as_mut()?.1.next_back()
    }
}

impl ExactSizeIterator for Walk<'_> {}
impl FusedIterator for Walk<'_> {}
