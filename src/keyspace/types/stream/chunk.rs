//! A chunk: up to about a hundred entries, one behind the other in one allocation.
//!
//! ```text
//! count name …                                      the names of the first entry's fields
//! flags [ms] [sequence] length [count] body …       an entry, and so on
//! ```
//!
//! An id is the difference to the id before it: usually one byte for the milliseconds, and none for
//! the sequence. An entry with the names of the chunk's first one does not repeat them. A deleted
//! entry is marked and skipped; when half of the chunk is marked, it is written again without them.
//! Strings are kept like those of a packed block, decimal integers as numbers; a long string stands
//! in front of the chunk as a counted reference, so that it is neither moved nor copied.
//!
//! A chunk is what a snapshot shares and what the first change afterwards copies: a few kilobytes.

use super::coding::{expected_sequence, item_of, names, number, put_number};
use super::id::Id;
use crate::keyspace::allocation::allocated;
use crate::keyspace::types::chunked::clone_with_capacity;
use crate::keyspace::types::element::Element;
use crate::keyspace::types::packed::{Item, append, decode};
use crate::limits;
use std::sync::Arc;

/// The tag of a string that is kept outside, followed by its number. Packed blocks have no such.
const OUTSIDE: u8 = 0xFB;

const IS_DELETED: u8 = 1;
/// The names are those in front of the chunk.
const HAS_FIRST_NAMES: u8 = 2;
/// The milliseconds differ from those before, and the difference follows.
const HAS_MS: u8 = 4;
/// The sequence is not the expected one, and follows.
const HAS_SEQUENCE: u8 = 8;

/// Some entries.
#[derive(Debug, Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    /// Long strings, in the order in which they were put.
    outside: Vec<Arc<[u8]>>,
    outside_bytes: usize,
    /// The id of the last entry, which may be a deleted one.
    last: Id,
    /// Where the first entry begins.
    entries_at: u32,
    /// Entries in `bytes`, and how many of them are deleted.
    len: u32,
    deleted: u32,
}

impl Clone for Chunk {
    fn clone(&self) -> Chunk {
        Chunk {
            bytes: clone_with_capacity(&self.bytes),
            outside: clone_with_capacity(&self.outside),
            ..*self
        }
    }
}

/// An entry in a chunk.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its id.
    pub id: Id,
    chunk: &'a Chunk,
    is_deleted: bool,
    has_first_names: bool,
    /// Where it begins, where its fields begin and where it ends.
    begin: usize,
    body: usize,
    end: usize,
}

/// The entries of a chunk, deleted ones too.
#[derive(Debug, Clone)]
struct All<'a> {
    chunk: &'a Chunk,
    at: usize,
    before: Id,
}

impl<'a> Iterator for All<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let entry = self.chunk.entry(self.at, self.before)?;
        (self.at, self.before) = (entry.end, entry.id);
        Some(entry)
    }
}

/// The entries of a chunk that are not deleted.
#[derive(Debug, Clone)]
pub struct Entries<'a>(All<'a>);

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        self.0.find(|entry| !entry.is_deleted)
    }
}

/// The strings of an entry: names and values by turns.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    chunk: &'a Chunk,
    left: usize,
    /// Where the next name is, if it is one of those in front of the chunk.
    name: Option<usize>,
    at: usize,
    is_value: bool,
}

impl Chunk {
    /// A chunk for entries with these names of fields.
    pub fn new<'a>(names: impl ExactSizeIterator<Item = Element<'a>>) -> Chunk {
        let mut chunk = Chunk::default();
        put_number(names.len() as u64, &mut chunk.bytes);
        names.for_each(|name| chunk.put(name));
        chunk.entries_at = chunk.bytes.len() as u32;
        chunk
    }

    /// The id of the last entry, a deleted one as well.
    pub fn last(&self) -> Id {
        self.last
    }

    /// Bytes on the heap, the chunk itself with its count of references included.
    pub fn heap_bytes(&self) -> usize {
        allocated(2 * size_of::<usize>() + size_of::<Chunk>())
            + allocated(self.bytes.capacity())
            + allocated(self.outside.capacity() * size_of::<Arc<[u8]>>())
            + self.outside_bytes
    }

    /// Gives back what was reserved for further entries.
    pub fn close(&mut self) {
        self.bytes.shrink_to_fit();
        self.outside.shrink_to_fit();
    }

    fn put(&mut self, word: Element<'_>) {
        let shared = match (item_of(word), word) {
            (Item::Bytes(bytes), _) if bytes.len() <= limits::STREAM_TEXT_BYTES_MAX => {
                return append(Item::Bytes(bytes), &mut self.bytes);
            }
            (Item::Bytes(_), Element::Shared(bytes)) => Arc::clone(bytes),
            (Item::Bytes(bytes), _) => Arc::from(bytes),
            (number, _) => return append(number, &mut self.bytes),
        };
        self.outside_bytes += allocated(shared.len() + 2 * size_of::<usize>());
        self.bytes.push(OUTSIDE);
        put_number(self.outside.len() as u64, &mut self.bytes);
        self.outside.push(shared);
    }

    /// The string at `at`, which goes on behind it.
    fn text(&self, at: &mut usize) -> Element<'_> {
        if self.bytes.get(*at) == Some(&OUTSIDE) {
            *at += 1;
            let place = number(&self.bytes, at) as usize;
            return self.outside.get(place).map_or(Element::Bytes(b""), Element::Shared);
        }
        let Some((item, len)) = self.bytes.get(*at..).and_then(decode) else {
            return Element::Bytes(b"");
        };
        *at += len;
        item.into()
    }

    /// Whether the fields in front of the chunk have these names.
    pub fn has_names<'a>(&self, names: impl ExactSizeIterator<Item = Element<'a>>) -> bool {
        let mut at = 0;
        number(&self.bytes, &mut at) == names.len() as u64
            && names.into_iter().all(|name| self.text(&mut at).item() == item_of(name))
    }

    /// Appends an entry, whose id is higher than that of all others; `first` is the id of the first
    /// one. The words are names and values by turns.
    pub fn push<'a>(
        &mut self,
        first: Id,
        id: Id,
        words: impl ExactSizeIterator<Item = Element<'a>> + Clone,
    ) {
        let has_first_names = self.has_names(names(words.clone()));
        self.begin_entry(first, id, has_first_names);
        // The length is not known yet: one byte for it, and more are inserted if need be.
        let at = self.bytes.len();
        self.bytes.push(0);
        if !has_first_names {
            put_number((words.len() / 2) as u64, &mut self.bytes);
        }
        for (index, word) in words.enumerate() {
            if !has_first_names || index % 2 == 1 {
                self.put(word);
            }
        }
        self.end_entry(at, id);
    }

    fn begin_entry(&mut self, first: Id, id: Id, has_first_names: bool) {
        let before = if self.len == 0 { first } else { self.last };
        let ms = id.ms.wrapping_sub(before.ms);
        let expected = expected_sequence(before, ms, self.len == 0);
        let flags = if has_first_names { HAS_FIRST_NAMES } else { 0 }
            | if ms == 0 { 0 } else { HAS_MS }
            | if id.sequence == expected { 0 } else { HAS_SEQUENCE };
        self.bytes.push(flags);
        if ms != 0 {
            put_number(ms, &mut self.bytes);
        }
        if id.sequence != expected {
            put_number(id.sequence, &mut self.bytes);
        }
    }

    fn end_entry(&mut self, at: usize, id: Id) {
        let len = self.bytes.len() - at - 1;
        if len < 0x80 {
            self.bytes[at] = len as u8;
        } else {
            let mut digits = Vec::with_capacity(10);
            put_number(len as u64, &mut digits);
            self.bytes.splice(at..=at, digits);
        }
        self.last = id;
        self.len += 1;
    }

    /// The entry at `begin`, behind one with the id `before`.
    fn entry(&self, begin: usize, before: Id) -> Option<Entry<'_>> {
        let flags = *self.bytes.get(begin)?;
        let mut at = begin + 1;
        let ms = if flags & HAS_MS != 0 { number(&self.bytes, &mut at) } else { 0 };
        let sequence = match flags & HAS_SEQUENCE != 0 {
            true => number(&self.bytes, &mut at),
            false => expected_sequence(before, ms, begin == self.entries_at as usize),
        };
        let len = number(&self.bytes, &mut at) as usize;
        Some(Entry {
            id: Id::new(before.ms.wrapping_add(ms), sequence),
            chunk: self,
            is_deleted: flags & IS_DELETED != 0,
            has_first_names: flags & HAS_FIRST_NAMES != 0,
            begin,
            body: at,
            end: at + len,
        })
    }

    /// All entries, deleted ones too; `first` is the id of the first one.
    fn all(&self, first: Id) -> All<'_> {
        All { chunk: self, at: self.entries_at as usize, before: first }
    }

    /// The entries that are not deleted.
    pub fn entries(&self, first: Id) -> Entries<'_> {
        Entries(self.all(first))
    }

    /// The entry with this id, if it is there.
    pub fn get(&self, first: Id, id: Id) -> Option<Entry<'_>> {
        self.entries(first).take_while(|entry| entry.id <= id).find(|entry| entry.id == id)
    }

    /// Marks entries as deleted, from the first one on, while `wants` says so; returns how many.
    /// Those that are deleted already are passed over without a question.
    pub fn delete_while(&mut self, first: Id, mut wants: impl FnMut(Id) -> bool) -> u32 {
        let begins: Vec<usize> = self
            .all(first)
            .take_while(|entry| entry.is_deleted || wants(entry.id))
            .filter(|entry| !entry.is_deleted)
            .map(|entry| entry.begin)
            .collect();
        self.mark(first, &begins);
        begins.len() as u32
    }

    /// Marks the entry with this id as deleted, and says whether it was there.
    pub fn delete(&mut self, first: Id, id: Id) -> bool {
        let Some(begin) = self.get(first, id).map(|entry| entry.begin) else { return false };
        self.mark(first, &[begin]);
        true
    }

    fn mark(&mut self, first: Id, begins: &[usize]) {
        for begin in begins {
            self.bytes[*begin] |= IS_DELETED;
        }
        self.deleted += begins.len() as u32;
        if self.deleted > limits::STREAM_DELETED_MIN && self.deleted > self.len / 2 {
            self.compact(first);
        }
    }

    /// Writes the chunk again without its deleted entries. The last one stays in any case, because
    /// what is appended next is relative to it.
    fn compact(&mut self, first: Id) {
        let mut new = Chunk { entries_at: self.entries_at, ..Chunk::default() };
        let mut at = 0;
        let names = number(&self.bytes, &mut at);
        put_number(names, &mut new.bytes);
        (0..names).for_each(|_| new.put(self.text(&mut at)));
        new.entries_at = new.bytes.len() as u32;
        for entry in self.all(first).filter(|entry| !entry.is_deleted || entry.id == self.last) {
            let begin = new.bytes.len();
            new.begin_entry(first, entry.id, entry.has_first_names);
            if entry.is_deleted {
                new.bytes[begin] |= IS_DELETED;
                new.deleted += 1;
            }
            let length_at = new.bytes.len();
            new.bytes.push(0);
            let fields = entry.fields();
            if !entry.has_first_names {
                put_number((fields.len() / 2) as u64, &mut new.bytes);
            }
            for (index, word) in fields.enumerate() {
                if !entry.has_first_names || index % 2 == 1 {
                    new.put(word);
                }
            }
            new.end_entry(length_at, entry.id);
        }
        new.close();
        *self = new;
    }

    /// Checks the invariants.
    ///
    /// # Panics
    /// If one does not hold.
    pub fn check_invariants(&self, first: Id) {
        assert_eq!(self.all(first).count(), self.len as usize, "entries");
        assert_eq!(self.all(first).filter(|e| e.is_deleted).count(), self.deleted as usize);
        assert_eq!(self.all(first).last().map(|entry| entry.id), Some(self.last), "the last id");
        assert!(self.all(first).map(|entry| entry.id).is_sorted_by(|a, b| a < b), "in order");
        let outside = self.outside.iter().map(|text| allocated(text.len() + 16)).sum::<usize>();
        assert_eq!(outside, self.outside_bytes);
        assert!(self.all(first).all(|entry| entry.fields().count() % 2 == 0));
    }
}

impl<'a> Entry<'a> {
    /// Names and values by turns.
    pub fn fields(&self) -> Fields<'a> {
        let (mut at, mut names_at) = (self.body, 0);
        let first_len = number(&self.chunk.bytes, &mut names_at);
        let (len, name) = match self.has_first_names {
            true => (first_len, Some(names_at)),
            false => (number(&self.chunk.bytes, &mut at), None),
        };
        Fields { chunk: self.chunk, left: 2 * len as usize, name, at, is_value: false }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        self.left = self.left.checked_sub(1)?;
        let is_value = self.is_value;
        self.is_value = !is_value;
        Some(match &mut self.name {
            Some(at) if !is_value => self.chunk.text(at),
            _ => self.chunk.text(&mut self.at),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Fields<'_> {}
