//! One segment: its entries in a list, and an index that finds them by their hash.
//!
//! The entries are next to each other, so that one of them can be drawn by its number, and the
//! index holds numbers only: an empty slot costs two bytes instead of forty-eight.

use super::index::Index;
use crate::keyspace::allocation::allocated;
use crate::keyspace::bytes::Key;
use ahash::RandomState;

/// Bytes on the heap that belong to a value.
pub trait HeapBytes {
    /// As the allocator rounds them; not those of the structure itself.
    fn heap_bytes(&self) -> usize;
}

/// A set has names only.
impl HeapBytes for () {
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl HeapBytes for Key {
    fn heap_bytes(&self) -> usize {
        Key::heap_bytes(self)
    }
}

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<V> {
    /// The field of a hash, the member of a set.
    pub name: Key,
    /// The value of the field.
    pub value: V,
}

impl<V: HeapBytes> Entry<V> {
    fn heap_bytes(&self) -> usize {
        self.name.heap_bytes() + self.value.heap_bytes()
    }
}

/// Some hundred entries.
#[derive(Debug, Clone)]
pub(super) struct Segment<V> {
    entries: Vec<Entry<V>>,
    /// Numbers of entries, by the hash of the name.
    index: Index,
    /// Heap bytes of names and values, kept in step so that accounting costs nothing.
    text_bytes: usize,
}

impl<V> Default for Segment<V> {
    fn default() -> Self {
        Segment { entries: Vec::new(), index: Index::with_capacity(0), text_bytes: 0 }
    }
}

impl<V: HeapBytes> Segment<V> {
    fn with_capacity(len: usize) -> Self {
        let room = roomy(len);
        let (entries, index) = (Vec::with_capacity(room), Index::with_capacity(room));
        Segment { entries, index, text_bytes: 0 }
    }

    pub fn entries(&self) -> &[Entry<V>] {
        &self.entries
    }

    /// The number of the entry called `name`.
    pub fn place_of(&self, hash: u64, name: &[u8]) -> Option<usize> {
        self.index.find(hash, |place| *self.entries[place].name == *name)
    }

    pub fn get(&self, hash: u64, name: &[u8]) -> Option<&V> {
        self.place_of(hash, name).map(|place| &self.entries[place].value)
    }

    /// Sets `name` to `value`, and returns the value before.
    pub fn insert(&mut self, hash: u64, name: &[u8], value: V, hasher: &RandomState) -> Option<V> {
        if let Some(place) = self.place_of(hash, name) {
            self.text_bytes += value.heap_bytes();
            let before = std::mem::replace(&mut self.entries[place].value, value);
            self.text_bytes -= before.heap_bytes();
            return Some(before);
        }
        self.push(hash, Entry { name: Key::new(name), value }, hasher);
        None
    }

    /// Removes the entry at `place`. The last one takes its place.
    pub fn remove(&mut self, place: usize, hasher: &RandomState) -> Entry<V> {
        let last = self.entries.len() - 1;
        self.index.remove(self.hash_of(place, hasher), place);
        if place != last {
            self.index.renumber(self.hash_of(last, hasher), last, place);
        }
        let removed = self.entries.swap_remove(place);
        self.text_bytes -= removed.heap_bytes();
        if self.entries.capacity() > roomy(last + last / 2) {
            self.entries.shrink_to(roomy(last));
            self.list_again(hasher);
        }
        removed
    }

    /// Takes the entries out whose hash has one of the bits `mask`, as a segment of their own.
    pub fn split(&mut self, hasher: &RandomState, mask: u64) -> Segment<V> {
        let half = self.entries.len() / 2;
        let mut lower = Segment::with_capacity(half);
        let mut upper = Segment::with_capacity(half);
        for entry in std::mem::take(&mut self.entries) {
            let hash = hasher.hash_one(&*entry.name);
            let half = if hash & mask == 0 { &mut lower } else { &mut upper };
            half.push(hash, entry, hasher);
        }
        *self = lower;
        upper
    }

    /// Takes over all entries of `other`.
    pub fn merge(&mut self, other: Segment<V>, hasher: &RandomState) {
        let len = self.entries.len();
        self.entries.reserve_exact(roomy(len + other.entries.len()) - len);
        for entry in other.entries {
            self.push(hasher.hash_one(&*entry.name), entry, hasher);
        }
    }

    /// Bytes on the heap, with those of the segment and the two counters in front of it.
    pub fn heap_bytes(&self) -> usize {
        allocated(2 * size_of::<usize>() + size_of::<Self>())
            + allocated(self.entries.capacity() * size_of::<Entry<V>>())
            + self.index.heap_bytes()
            + self.text_bytes
    }

    pub fn check_invariants(&self, hasher: &RandomState) {
        let text: usize = self.entries.iter().map(Entry::heap_bytes).sum();
        assert_eq!(self.text_bytes, text, "heap bytes of names and values");
        for (place, entry) in self.entries.iter().enumerate() {
            let hash = hasher.hash_one(&*entry.name);
            assert_eq!(self.place_of(hash, &entry.name), Some(place), "place of an entry");
        }
    }

    fn hash_of(&self, place: usize, hasher: &RandomState) -> u64 {
        hasher.hash_one(&*self.entries[place].name)
    }

    /// Adds an entry whose name is not there yet.
    pub fn push(&mut self, hash: u64, entry: Entry<V>, hasher: &RandomState) {
        let place = self.entries.len();
        if place == self.entries.capacity() {
            self.entries.reserve_exact(roomy(place + 1) - place);
        }
        if !self.index.has_room() {
            self.list_again(hasher);
        }
        self.text_bytes += entry.heap_bytes();
        self.entries.push(entry);
        self.index.insert(hash, place);
    }

    /// Rebuilds the index without marks, for as many entries as the list has capacity for.
    fn list_again(&mut self, hasher: &RandomState) {
        self.index =
            Index::with_capacity(self.entries.capacity().max(roomy(self.entries.len() + 1)));
        for place in 0..self.entries.len() {
            self.index.insert(self.hash_of(place, hasher), place);
        }
    }
}

/// For how many entries a list is made that has `len` and may get more: for an eighth more at most,
/// and in few different sizes, so that what one segment has grown out of serves another one.
fn roomy(len: usize) -> usize {
    let step = (len / 8).next_power_of_two().max(4) / 2;
    (len + 1).next_multiple_of(step)
}
