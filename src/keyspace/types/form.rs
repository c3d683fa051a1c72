//! The two forms of a hash and of a set: a packed block while small, a table when large.
//!
//! A table is counted (`Arc`): cloning a value counts a reference, and a change afterwards copies
//! one segment of it (copy-on-write). So a change looks up first what it would remove or add:
//! what changes nothing must not cost a copy.

use super::encoding::Encoding;
use super::packed::Packed;
use super::segments::{Entry, HeapBytes, Segments};
use crate::keyspace::allocation::allocated;
use std::sync::Arc;

/// Entries with values, or names without (`V = ()`).
#[derive(Debug, Clone)]
pub enum Form<V> {
    /// One allocation, searched from its beginning.
    Small(Packed),
    /// Any number of entries.
    Large(Arc<Table<V>>),
}

/// The large form.
#[derive(Debug, Clone)]
pub struct Table<V> {
    /// The entries.
    pub entries: Segments<V>,
    /// The name that Redis would give to its encoding, by its own thresholds.
    pub encoding: Encoding,
}

impl<V> Default for Form<V> {
    fn default() -> Form<V> {
        Form::Small(Packed::new())
    }
}

impl<V: Clone + HeapBytes> Form<V> {
    /// The large form with these entries.
    pub fn large(entries: Segments<V>, encoding: Encoding) -> Form<V> {
        Form::Large(Arc::new(Table { entries, encoding }))
    }

    /// The table, to be changed.
    pub fn table_mut(&mut self) -> Option<&mut Table<V>> {
        match self {
            Form::Small(_) => None,
            Form::Large(table) => Some(Arc::make_mut(table)),
        }
    }

    /// Bytes on the heap, as the allocator rounds them.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Form::Small(block) => block.heap_bytes(),
            Form::Large(table) => {
                allocated(2 * size_of::<usize>() + size_of::<Table<V>>())
                    + table.entries.heap_bytes()
            }
        }
    }

    /// Segments that this value shares with `other`, which was cloned from it, and segments that it
    /// has.
    pub fn shared_with(&self, other: &Form<V>) -> (usize, usize) {
        match (self, other) {
            (Form::Large(own), Form::Large(other)) => {
                (own.entries.shared_with(&other.entries), own.entries.segment_count())
            }
            _ => (0, 0),
        }
    }

    /// Whether dropping it takes long; a single block is freed quickly.
    pub fn is_heavy(&self) -> bool {
        matches!(self, Form::Large(_))
    }

    /// Gives a table another name; a block has it in its marks, which `mark` changes.
    pub fn rename(&mut self, encoding: Encoding, mark: impl FnOnce(u8) -> u8) {
        match self {
            Form::Small(block) => block.set_marks(mark(block.marks())),
            Form::Large(table) if table.encoding == encoding => {}
            Form::Large(table) => Arc::make_mut(table).encoding = encoding,
        }
    }
}

/// Removes `name` from a table, if it is there.
pub fn remove<V: Clone + HeapBytes>(table: &mut Arc<Table<V>>, name: &[u8]) -> Option<Entry<V>> {
    if table.entries.contains(name) { Arc::make_mut(table).entries.remove(name) } else { None }
}

/// Removes `name` and the values behind it from a block of entries of `words` words; says whether
/// it was there.
pub fn remove_packed(block: &mut Packed, name: &[u8], words: usize) -> bool {
    let found = block.cursor_at(name, words);
    found.map(|mut cursor| cursor.remove(words)).is_some()
}
