//! A hash table in counted segments: the form of large hashes and sets.
//!
//! # Why
//! A table in one piece has two moments at which everybody waits: when it is doubled, and when a
//! snapshot holds it and it has to be copied before it changes. Here both cost one segment, which
//! is some hundred entries, whatever the size of the value.
//!
//! # Growth: linear hashing
//! The low bits of a name's hash are the number of its segment. When the mean is above
//! [`limits::VALUE_SEGMENT_MEAN`], one segment is split in two by one more bit, and the segments
//! take turns in their order: there is no directory that would have to be doubled (Litwin 1980).
//! The splits of a round have twice the entries of those split before. When most entries are gone,
//! the segments are merged in the opposite order.
//!
//! # Copy on write
//! The table is a tree of two levels: chunks of [`limits::VALUE_CHUNK_SEGMENTS`] segments each.
//! A clone of the table copies the list of chunks; the first change afterwards copies a chunk's
//! list and one segment. So a table of ten million entries is copied in steps of microseconds.
//!
//! # Walks
//! The order of a walk is that of the reversed hash bits, and a cursor is a position in it. A
//! segment covers an interval of positions at any time, so a split or a merge moves no entry
//! across a cursor, and a walk sees every entry that stays throughout exactly once.
//!
//! Each table has its own random hash keys: entries that come in the order of another table's walk
//! would otherwise all fall into the same segment. For that reason a table stays a table, however
//! small it becomes: after a rebuild, its cursors would mean other positions.

mod index;
mod segment;

pub use segment::{Entry, HeapBytes};

use crate::keyspace::allocation::allocated;
use crate::keyspace::bytes::Key;
use crate::limits;
use ahash::RandomState;
use segment::Segment;
use std::sync::Arc;

/// Bits of a cursor: few enough for clients that keep it in a double.
const POSITION_BITS: u32 = 48;

/// Some segments, and how many entries each of them has.
#[derive(Debug, Clone)]
struct Chunk<V> {
    segments: Vec<Arc<Segment<V>>>,
    /// Next to each other, so that the entry of a given rank is found without a cache miss per
    /// segment.
    lens: Vec<u32>,
}

/// Bytes of a chunk, without its segments.
fn chunk_bytes<V>(segments: usize) -> usize {
    const COUNTERS_BYTES: usize = 2 * size_of::<usize>();
    allocated(COUNTERS_BYTES + size_of::<Chunk<V>>())
        + allocated(segments * size_of::<Arc<Segment<V>>>())
        + allocated(segments * size_of::<u32>())
}

/// Names, each with a value of type `V`.
#[derive(Debug, Clone)]
pub struct Segments<V> {
    chunks: Vec<Arc<Chunk<V>>>,
    /// Entries of each chunk.
    chunk_lens: Vec<u32>,
    segments: usize,
    len: usize,
    /// Of the segments.
    heap_bytes: usize,
    hasher: RandomState,
}

impl<V: Clone + HeapBytes> Default for Segments<V> {
    fn default() -> Self {
        let chunk = Chunk { segments: vec![Arc::new(Segment::default())], lens: vec![0] };
        Segments {
            heap_bytes: Segment::<V>::default().heap_bytes(),
            chunks: vec![Arc::new(chunk)],
            chunk_lens: vec![0],
            segments: 1,
            len: 0,
            hasher: RandomState::new(),
        }
    }
}

impl<V: Clone + HeapBytes> Segments<V> {
    /// A table without entries.
    pub fn new() -> Self {
        Segments::default()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of segments.
    pub fn segment_count(&self) -> usize {
        self.segments
    }

    /// The value of `name`.
    pub fn get(&self, name: &[u8]) -> Option<&V> {
        let hash = self.hash(name);
        self.segment(self.segment_of(hash)).get(hash, name)
    }

    /// Whether `name` is there.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.get(name).is_some()
    }

    /// Sets `name` to `value`, and returns the value before, if there was one.
    pub fn insert(&mut self, name: &[u8], value: V) -> Option<V> {
        let hash = self.hash(name);
        let at = self.segment_of(hash);
        let (segment, hasher) = self.open(at);
        let before = segment.insert(hash, name, value, hasher);
        self.close(at);
        self.grow();
        before
    }

    /// Adds `name` with `value` unless it is there, and says whether it was added.
    pub fn add(&mut self, name: &[u8], value: V) -> bool {
        self.add_key(Key::new(name), value)
    }

    /// The same with a name that has its memory already.
    pub fn add_key(&mut self, name: Key, value: V) -> bool {
        let hash = self.hash(&name);
        let at = self.segment_of(hash);
        // Looked up first: a name that is there already must not cost a copy of the segment.
        if self.segment(at).place_of(hash, &name).is_some() {
            return false;
        }
        let (segment, hasher) = self.open(at);
        segment.push(hash, Entry { name, value }, hasher);
        self.close(at);
        self.grow();
        true
    }

    /// Removes `name`, and returns what was there.
    pub fn remove(&mut self, name: &[u8]) -> Option<Entry<V>> {
        let hash = self.hash(name);
        let at = self.segment_of(hash);
        // Looked up first: a name that is not there must not cost a copy of the segment.
        let place = self.segment(at).place_of(hash, name)?;
        Some(self.remove_place(at, place))
    }

    /// The entry at a place below [`Segments::len`], in the order of [`Segments::iter`].
    pub fn at(&self, rank: usize) -> Option<&Entry<V>> {
        let (at, place) = self.locate(rank)?;
        self.segment(at).entries().get(place)
    }

    /// Removes the entry at a place: see [`Segments::at`].
    pub fn remove_at(&mut self, rank: usize) -> Option<Entry<V>> {
        let (at, place) = self.locate(rank)?;
        Some(self.remove_place(at, place))
    }

    /// All entries, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<V>> {
        self.chunks.iter().flat_map(|chunk| &chunk.segments).flat_map(|segment| segment.entries())
    }

    /// Walks from `cursor` on until `count` entries were seen, and returns where to go on: 0 at
    /// the end.
    pub fn scan(&self, cursor: u64, count: usize, mut each: impl FnMut(&Entry<V>)) -> u64 {
        let (mut cursor, mut wanted) = (cursor % (1 << POSITION_BITS), count.max(1));
        loop {
            let at = self.segment_of(hash_at(cursor));
            let entries = self.segment(at).entries();
            let position = |entry: &Entry<V>| position_of(self.hash(&entry.name));
            let mut ahead: Vec<(u64, &Entry<V>)> = entries
                .iter()
                .map(|entry| (position(entry), entry))
                .filter(|(position, _)| *position >= cursor)
                .collect();
            let end = self.end_of(at);
            if ahead.len() > wanted {
                // The next ones, and those that have the last one's position.
                let (_, (last, _), _) =
                    ahead.select_nth_unstable_by_key(wanted - 1, |(position, _)| *position);
                let last = *last;
                let next = ahead.iter().filter(|(position, _)| *position <= last);
                next.for_each(|(_, entry)| each(entry));
                return (last + 1) % (1 << POSITION_BITS);
            }
            ahead.iter().for_each(|(_, entry)| each(entry));
            wanted -= ahead.len();
            cursor = end % (1 << POSITION_BITS);
            if cursor == 0 || wanted == 0 {
                return cursor;
            }
        }
    }

    /// Bytes on the heap, as the allocator rounds them; not those of the structure itself.
    pub fn heap_bytes(&self) -> usize {
        let (full, rest) = (
            self.segments / limits::VALUE_CHUNK_SEGMENTS,
            self.segments % limits::VALUE_CHUNK_SEGMENTS,
        );
        let last = if rest > 0 { chunk_bytes::<V>(rest) } else { 0 };
        self.heap_bytes
            + full * chunk_bytes::<V>(limits::VALUE_CHUNK_SEGMENTS)
            + last
            + allocated(self.chunks.len() * size_of::<usize>())
            + allocated(self.chunks.len() * size_of::<u32>())
    }

    /// How many segments this table shares with `other`: what a snapshot has not cost yet.
    pub fn shared_with(&self, other: &Self) -> usize {
        let segments = |table: &Self| -> Vec<*const Segment<V>> {
            let all = table.chunks.iter().flat_map(|chunk| &chunk.segments);
            all.map(Arc::as_ptr).collect()
        };
        segments(self).iter().zip(segments(other)).filter(|(own, other)| **own == *other).count()
    }

    fn hash(&self, name: &[u8]) -> u64 {
        self.hasher.hash_one(name)
    }

    /// The number of the segment for `hash`: its low bits, one more of them if the segment of that
    /// number exists already.
    fn segment_of(&self, hash: u64) -> usize {
        let round = self.round();
        let fine = hash as usize & (2 * round - 1);
        if fine < self.segments { fine } else { fine & (round - 1) }
    }

    /// How many segments there were when the present round of splits began: a power of two.
    fn round(&self) -> usize {
        1 << self.segments.ilog2()
    }

    fn segment(&self, at: usize) -> &Segment<V> {
        &self.chunks[at / limits::VALUE_CHUNK_SEGMENTS].segments[at % limits::VALUE_CHUNK_SEGMENTS]
    }

    /// A segment to be changed, and the hash function; [`Segments::close`] has to follow. If a
    /// snapshot shares the segment, it is copied.
    fn open(&mut self, at: usize) -> (&mut Segment<V>, &RandomState) {
        let chunk = Arc::make_mut(&mut self.chunks[at / limits::VALUE_CHUNK_SEGMENTS]);
        let segment = &mut chunk.segments[at % limits::VALUE_CHUNK_SEGMENTS];
        // Of the original: a copy has no room to grow.
        self.heap_bytes -= segment.heap_bytes();
        (Arc::make_mut(segment), &self.hasher)
    }

    /// Counts what an opened segment has become.
    fn close(&mut self, at: usize) {
        let (chunk_at, at) = (at / limits::VALUE_CHUNK_SEGMENTS, at % limits::VALUE_CHUNK_SEGMENTS);
        let chunk = Arc::make_mut(&mut self.chunks[chunk_at]);
        let segment = &chunk.segments[at];
        self.heap_bytes += segment.heap_bytes();
        let (before, after) = (chunk.lens[at], segment.entries().len() as u32);
        chunk.lens[at] = after;
        self.chunk_lens[chunk_at] = self.chunk_lens[chunk_at] - before + after;
        self.len = self.len - before as usize + after as usize;
    }

    fn remove_place(&mut self, at: usize, place: usize) -> Entry<V> {
        let (segment, hasher) = self.open(at);
        let removed = segment.remove(place, hasher);
        self.close(at);
        self.shrink();
        removed
    }

    /// The segment, and the place in it, of the entry with `rank` others before it. The counts are
    /// added up: some hundred of them for ten million entries, which are next to each other.
    fn locate(&self, rank: usize) -> Option<(usize, usize)> {
        let (chunk_at, rank) = find(&self.chunk_lens, rank)?;
        let (at, place) = find(&self.chunks[chunk_at].lens, rank)?;
        Some((chunk_at * limits::VALUE_CHUNK_SEGMENTS + at, place))
    }

    /// Splits the segment whose turn it is if there are too many entries.
    fn grow(&mut self) {
        if self.len <= self.segments * limits::VALUE_SEGMENT_MEAN {
            return;
        }
        let round = self.round();
        let (at, new) = (self.segments - round, self.segments);
        let hasher = self.hasher.clone();
        let (segment, _) = self.open(at);
        let upper = segment.split(&hasher, round as u64);
        self.close(at);
        self.push(upper);
        self.close(new);
    }

    /// Merges the last segment with the one that it was split from if most entries are gone.
    fn shrink(&mut self) {
        let few = (self.segments - 1) * limits::VALUE_SEGMENT_MEAN / 2;
        if self.segments == 1 || self.len > few {
            return;
        }
        let hasher = self.hasher.clone();
        let last = self.pop();
        let at = self.segments - self.round();
        let (segment, _) = self.open(at);
        segment.merge(last, &hasher);
        self.close(at);
    }

    /// Adds a segment that [`Segments::close`] has yet to count.
    fn push(&mut self, segment: Segment<V>) {
        if self.segments.is_multiple_of(limits::VALUE_CHUNK_SEGMENTS) {
            self.chunks.push(Arc::new(Chunk { segments: Vec::new(), lens: Vec::new() }));
            self.chunk_lens.push(0);
        }
        if let Some(chunk) = self.chunks.last_mut().map(Arc::make_mut) {
            chunk.segments.reserve_exact(1);
            chunk.segments.push(Arc::new(segment));
            chunk.lens.reserve_exact(1);
            chunk.lens.push(0);
        }
        self.segments += 1;
    }

    /// Takes the last segment out.
    fn pop(&mut self) -> Segment<V> {
        self.segments -= 1;
        let Some(chunk) = self.chunks.last_mut().map(Arc::make_mut) else {
            return Segment::default();
        };
        let Some(last) = chunk.segments.pop() else { return Segment::default() };
        self.heap_bytes -= last.heap_bytes();
        let last = Arc::unwrap_or_clone(last);
        let len = chunk.lens.pop().unwrap_or(0);
        chunk.segments.shrink_to_fit();
        chunk.lens.shrink_to_fit();
        self.len -= len as usize;
        match self.chunk_lens.last_mut() {
            Some(chunk_len) if !self.segments.is_multiple_of(limits::VALUE_CHUNK_SEGMENTS) => {
                *chunk_len -= len
            }
            _ => {
                self.chunks.pop();
                self.chunk_lens.pop();
            }
        }
        last
    }

    /// The position after those of segment `at`.
    fn end_of(&self, at: usize) -> u64 {
        let round = self.round();
        // The bits that distinguish its entries from those of others.
        let is_split = at >= round || at + round < self.segments;
        let bits = round.ilog2() + u32::from(is_split);
        position_of(at as u64) + (1 << (POSITION_BITS - bits))
    }

    /// Checks that every entry is where it is looked for, and that the counts are right.
    ///
    /// # Panics
    /// If they are not.
    pub fn check_invariants(&self) {
        let mut heap_bytes = 0;
        for at in 0..self.segments {
            let segment = self.segment(at);
            segment.check_invariants(&self.hasher);
            heap_bytes += segment.heap_bytes();
            let entries = segment.entries();
            assert!(entries.iter().all(|entry| self.segment_of(self.hash(&entry.name)) == at));
        }
        assert_eq!(self.heap_bytes, heap_bytes, "heap bytes of all segments");
        assert_eq!(self.iter().count(), self.len, "entries of all segments");
        for (chunk, len) in self.chunks.iter().zip(&self.chunk_lens) {
            let lens = chunk.segments.iter().map(|segment| segment.entries().len() as u32);
            assert!(chunk.lens.iter().copied().eq(lens), "entries of each segment");
            assert_eq!(chunk.lens.iter().sum::<u32>(), *len, "entries of a chunk");
        }
        let chunks = self.segments.div_ceil(limits::VALUE_CHUNK_SEGMENTS);
        assert_eq!((self.chunks.len(), self.chunk_lens.len()), (chunks, chunks));
    }
}

/// Which of the counts the element `rank` falls into, and its number there.
fn find(lens: &[u32], mut rank: usize) -> Option<(usize, usize)> {
    for (at, len) in lens.iter().enumerate() {
        if rank < *len as usize {
            return Some((at, rank));
        }
        rank -= *len as usize;
    }
    None
}

/// The position of a hash in a walk: the low bits, which select the segment, count most.
fn position_of(hash: u64) -> u64 {
    hash.reverse_bits() >> (u64::BITS - POSITION_BITS)
}

/// The hash whose position is `position`.
fn hash_at(position: u64) -> u64 {
    (position << (u64::BITS - POSITION_BITS)).reverse_bits()
}

#[cfg(test)]
mod tests;
