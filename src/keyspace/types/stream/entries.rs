//! The entries of a stream: counted chunks by the ids of their first entries.
//!
//! Where a chunk ends is what Redis's rules for its nodes say, from the bytes that the entries
//! would take in a listpack there. So `XTRIM ~`, which removes whole nodes, removes the same ones.
//!
//! # Invariants
//! The ids of a chunk are not below its key, and below the next chunk's key. A chunk without
//! entries that are not deleted is removed, but for one that a trim by id has emptied: Redis leaves
//! it, and what is appended next goes into it.

use super::chunk::{self, Chunk, Entry};
use super::coding::names;
use super::id::Id;
use super::listpack;
use crate::keyspace::types::element::Element;
use crate::keyspace::types::encoding::StreamNodes;
use crate::keyspace::types::paged_map::{self, PagedMap};
use crate::limits;
use std::sync::Arc;

/// Chunks in a page, which takes some 2.5 KB.
const CHUNKS_PER_PAGE: usize = 64;

/// A chunk, and the figures of Redis's node in its place.
#[derive(Debug, Clone)]
struct Node {
    /// Entries that are not deleted, and those that were deleted.
    live: u32,
    deleted: u32,
    /// Bytes of the listpack, without its two numbers of entries.
    listpack_bytes: u32,
    chunk: Arc<Chunk>,
}

/// Up to where a stream is to be trimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trim {
    /// Only so many entries stay, the youngest.
    Length(u64),
    /// Only entries with at least this id stay.
    Id(Id),
}

/// The entries of a stream, and what is known of those that were there.
#[derive(Debug, Clone, Default)]
pub struct Entries {
    nodes: PagedMap<Id, Node, CHUNKS_PER_PAGE>,
    /// Bytes of the chunks.
    chunk_bytes: usize,
    len: u64,
    /// The id of the first entry, zero if there is none.
    first_id: Id,
    /// The highest id that was ever used or set.
    pub last_id: Id,
    /// The highest id that was deleted by itself, zero if none was.
    pub max_deleted_id: Id,
    /// Entries ever added.
    pub added: u64,
}

impl Node {
    fn listpack_bytes(&self) -> usize {
        self.listpack_bytes as usize
            + listpack::number_bytes(self.live.into())
            + listpack::number_bytes(self.deleted.into())
    }
}

impl Entries {
    /// No entries, and there were none.
    pub const NONE: Entries = Entries {
        nodes: PagedMap::NONE,
        chunk_bytes: 0,
        len: 0,
        first_id: Id::ZERO,
        last_id: Id::ZERO,
        max_deleted_id: Id::ZERO,
        added: 0,
    };

    /// Number of entries.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The id of the first entry, zero if there is none.
    pub fn first_id(&self) -> Id {
        self.first_id
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.nodes.heap_bytes() + self.chunk_bytes
    }

    /// Number of chunks.
    pub fn chunks(&self) -> usize {
        self.nodes.len()
    }

    /// The keys of all chunks, by rising ids.
    pub fn chunk_ids(&self) -> impl Iterator<Item = Id> {
        self.nodes.iter().map(|(first, _)| *first)
    }

    /// For each chunk with entries, how many they are, and the entries.
    pub fn by_chunk(&self) -> impl Iterator<Item = (u32, impl Iterator<Item = Entry<'_>>)> {
        let nodes = self.nodes.iter().filter(|(_, node)| node.live > 0);
        nodes.map(|(first, node)| (node.live, node.chunk.entries(*first)))
    }

    /// Appends an entry, whose id must be higher than all before. The words are names and values by
    /// turns, of at least one field.
    pub fn append<'a>(
        &mut self,
        id: Id,
        words: impl ExactSizeIterator<Item = Element<'a>> + Clone,
        sizes: StreamNodes,
    ) {
        debug_assert!(id > self.last_id, "ids rise");
        // What is left of deleted entries must not stand in the way of an id that was set back.
        if let Some(first) = self.nodes.last().map(|(first, _)| *first).filter(|it| *it >= id) {
            self.remove_chunk(first);
        }
        let begins_chunk = !self.fits(words.clone(), sizes);
        self.push(id, words, begins_chunk);
    }

    /// [`Entries::append`], in a new chunk or in the last one.
    pub fn push<'a>(
        &mut self,
        id: Id,
        words: impl ExactSizeIterator<Item = Element<'a>> + Clone,
        begins_chunk: bool,
    ) {
        if begins_chunk || self.nodes.is_empty() {
            self.add_chunk(id, words.clone());
        }
        if let Some((first, node)) = self.nodes.last_mut() {
            let has_names = node.chunk.has_names(names(words.clone()));
            node.listpack_bytes +=
                listpack::entry_bytes(*first, id, words.clone(), has_names) as u32;
            node.live += 1;
            let chunk = Arc::make_mut(&mut node.chunk);
            self.chunk_bytes -= chunk.heap_bytes();
            chunk.push(*first, id, words);
            self.chunk_bytes += chunk.heap_bytes();
        }
        if self.len == 0 {
            self.first_id = id;
        }
        self.len += 1;
        self.added = self.added.wrapping_add(1);
        self.last_id = id;
    }

    /// Whether the last chunk takes one more entry, by Redis's rule.
    pub fn fits<'a>(
        &self,
        words: impl ExactSizeIterator<Item = Element<'a>>,
        sizes: StreamNodes,
    ) -> bool {
        let Some((_, node)) = self.nodes.last() else { return false };
        let or_max = |size: u64, max: u64| if size == 0 { max } else { size.min(max) };
        let bytes_max = or_max(sizes.bytes_max, limits::STREAM_CHUNK_BYTES_MAX);
        let entries_max = or_max(sizes.entries_max, limits::STREAM_CHUNK_ENTRIES_MAX);
        let added: usize = words.map(|word| word.len()).sum();
        ((node.listpack_bytes() + added) as u64) < bytes_max
            && u64::from(node.live + node.deleted) < entries_max
    }

    /// Ends the last chunk, and begins one with an entry of this id.
    fn add_chunk<'a>(&mut self, id: Id, words: impl ExactSizeIterator<Item = Element<'a>> + Clone) {
        if let Some((_, node)) = self.nodes.last_mut() {
            let chunk = Arc::make_mut(&mut node.chunk);
            self.chunk_bytes -= chunk.heap_bytes();
            chunk.close();
            self.chunk_bytes += chunk.heap_bytes();
        }
        let chunk = Chunk::new(names(words.clone()));
        self.chunk_bytes += chunk.heap_bytes();
        let bytes = listpack::frame_bytes(words.clone());
        let node =
            Node { live: 0, deleted: 0, listpack_bytes: bytes as u32, chunk: Arc::new(chunk) };
        self.nodes.insert(id, node);
    }

    /// The chunk in which `id` would be, and its key.
    fn node_of(&self, id: Id) -> Option<(Id, &Node)> {
        self.nodes.iter_back_from(&id).next().map(|(first, node)| (*first, node))
    }

    /// The entry with this id.
    pub fn get(&self, id: Id) -> Option<Entry<'_>> {
        let (first, node) = self.node_of(id)?;
        node.chunk.get(first, id)
    }

    /// The id of the last entry that is there.
    pub fn top(&self) -> Option<Id> {
        // Nearly always it is the last one that was added.
        let (first, node) = self.nodes.last()?;
        if node.deleted == 0 && node.live > 0 {
            return Some(node.chunk.last());
        }
        let last = node.chunk.entries(*first).last().map(|entry| entry.id);
        last.or_else(|| self.range_back(Id::MAX, Id::ZERO).next().map(|entry| entry.id))
    }

    /// Number of entries from one id to another, both included.
    pub fn count(&self, from: Id, to: Id) -> u64 {
        let Some((begin, _)) = self.node_of(from) else {
            return self.count_of_chunks(from, to);
        };
        self.count_of_chunks(begin, to)
            - self.range(begin, from).filter(|entry| entry.id < from).count() as u64
    }

    /// Number of entries up to an id, from the chunk on whose key is not below `begin`.
    fn count_of_chunks(&self, begin: Id, to: Id) -> u64 {
        let nodes = self.nodes.iter_from(&begin).take_while(|(first, _)| **first <= to);
        let count = |(first, node): (&Id, &Node)| match node.chunk.last() <= to {
            true => u64::from(node.live),
            false => node.chunk.entries(*first).take_while(|entry| entry.id <= to).count() as u64,
        };
        nodes.map(count).sum()
    }

    /// Removes the entry with this id, and says whether it was there.
    pub fn delete(&mut self, id: Id) -> bool {
        let Some((first, _)) = self.node_of(id).filter(|(first, node)| {
            // Looked up first: a chunk that is shared must not be copied for nothing.
            node.chunk.get(*first, id).is_some()
        }) else {
            return false;
        };
        self.change(first, |chunk| u32::from(chunk.delete(first, id)));
        if self.nodes.get(&first).is_some_and(|node| node.live == 0) {
            self.remove_chunk(first);
        }
        self.max_deleted_id = self.max_deleted_id.max(id);
        if id == self.first_id {
            self.find_first();
        }
        true
    }

    /// Deletes entries of a chunk, and brings the accounts in step.
    fn change(&mut self, first: Id, delete: impl FnOnce(&mut Chunk) -> u32) -> u32 {
        let Some(node) = self.nodes.get_mut(&first) else { return 0 };
        let chunk = Arc::make_mut(&mut node.chunk);
        self.chunk_bytes -= chunk.heap_bytes();
        let deleted = delete(chunk);
        self.chunk_bytes += chunk.heap_bytes();
        node.live -= deleted;
        node.deleted += deleted;
        self.len -= u64::from(deleted);
        deleted
    }

    fn remove_chunk(&mut self, first: Id) {
        if let Some(node) = self.nodes.remove(&first) {
            self.chunk_bytes -= node.chunk.heap_bytes();
        }
    }

    fn find_first(&mut self) {
        self.first_id = self.range(Id::ZERO, Id::MAX).next().map_or(Id::ZERO, |entry| entry.id);
    }

    /// Trims the stream; returns how many entries were removed, and the chunks that are gone, which
    /// the caller drops when the lock is released. If `is_approximate`, only whole chunks go. With
    /// a limit that is not zero, no more than so many entries go.
    pub fn trim(&mut self, to: Trim, is_approximate: bool, limit: u64) -> (u64, Entries) {
        let (mut chunks, mut removed, mut bytes) = (0, 0_u64, 0);
        let mut rest = None;
        for (first, node) in self.nodes.iter() {
            let live = u64::from(node.live);
            let left = self.len - removed;
            if matches!(to, Trim::Length(max) if left <= max) || limit > 0 && removed + live > limit
            {
                break;
            }
            let is_whole = match to {
                Trim::Length(max) => left - live >= max,
                Trim::Id(min) => node.chunk.last() < min,
            };
            if !is_whole {
                rest = Some(*first).filter(|_| !is_approximate);
                break;
            }
            chunks += 1;
            removed += live;
            bytes += node.chunk.heap_bytes();
        }
        let nodes = if chunks > 0 { self.nodes.cut_front(chunks) } else { PagedMap::NONE };
        self.len -= removed;
        self.chunk_bytes -= bytes;
        let gone = Entries { nodes, chunk_bytes: bytes, len: removed, ..Entries::default() };
        if let Some(first) = rest {
            let mut left = self.len;
            removed += u64::from(self.change(first, |chunk| {
                chunk.delete_while(first, |id| match to {
                    Trim::Length(max) => {
                        let is_over = left > max;
                        left -= u64::from(is_over);
                        is_over
                    }
                    Trim::Id(min) => id < min,
                })
            }));
        }
        if removed > 0 {
            self.find_first();
        }
        (removed, gone)
    }

    /// The entries from one id to another, both included, by rising ids.
    pub fn range(&self, from: Id, to: Id) -> Range<'_> {
        let begin = self.node_of(from).map_or(from, |(first, _)| first);
        Range { nodes: self.nodes.iter_from(&begin), from, to, open: None }
    }

    /// The entries from one id down to another, both included, by falling ids.
    pub fn range_back(&self, from: Id, to: Id) -> RangeBack<'_> {
        RangeBack { nodes: self.nodes.iter_back_from(&from), from, to, open: Vec::new() }
    }

    /// Checks the invariants.
    ///
    /// # Panics
    /// If one does not hold.
    pub fn check_invariants(&self) {
        self.check_chunks();
        assert!(self.nodes.iter().all(|(_, node)| node.chunk.last() <= self.last_id));
        let first = self.range(Id::ZERO, Id::MAX).next().map_or(Id::ZERO, |entry| entry.id);
        assert_eq!(first, self.first_id, "the first id");
    }

    /// Checks the chunks and the accounts of them.
    pub(super) fn check_chunks(&self) {
        self.nodes.check_invariants();
        let (mut len, mut bytes) = (0, 0);
        for (first, node) in self.nodes.iter() {
            node.chunk.check_invariants(*first);
            assert_eq!(node.chunk.entries(*first).count(), node.live as usize);
            len += u64::from(node.live);
            bytes += node.chunk.heap_bytes();
        }
        assert_eq!((len, bytes), (self.len, self.chunk_bytes), "the accounts");
    }
}

/// Entries by rising ids.
pub struct Range<'a> {
    nodes: paged_map::Iter<'a, Id, Node>,
    from: Id,
    to: Id,
    open: Option<chunk::Entries<'a>>,
}

impl<'a> Iterator for Range<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            if let Some(entry) = self.open.as_mut().and_then(Iterator::next) {
                if entry.id < self.from {
                    continue;
                }
                return Some(entry).filter(|entry| entry.id <= self.to);
            }
            let (first, node) = self.nodes.next().filter(|(first, _)| **first <= self.to)?;
            self.open = Some(node.chunk.entries(*first));
        }
    }
}

/// Entries by falling ids.
pub struct RangeBack<'a> {
    nodes: paged_map::IterBack<'a, Id, Node>,
    from: Id,
    to: Id,
    /// The rest of the chunk that is being read: its entries are found from the front only.
    open: Vec<Entry<'a>>,
}

impl<'a> Iterator for RangeBack<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            if let Some(entry) = self.open.pop() {
                return Some(entry).filter(|entry| entry.id >= self.to);
            }
            let (first, node) = self.nodes.next()?;
            if node.chunk.last() < self.to {
                return None;
            }
            let entries = node.chunk.entries(*first);
            self.open.extend(entries.take_while(|entry| entry.id <= self.from));
        }
    }
}
