//! The hash: fields with values, packed while small, in counted segments when large.
//!
//! Up to [`limits::PACKED_ENTRIES_MAX`] fields are one block in the order of their insertion, name
//! and value in turns, and up to 28 bytes of them need no allocation. More, or long ones, are a
//! table ([`Segments`]), and stay one. Redis has the same two forms but other thresholds; the name
//! that it would give is kept in a bit.
//!
//! # Copy on write
//! A clone of a table is a counted reference. A change afterwards copies one segment of it.
//!
//! # Deadlines of fields
//! A hash without them pays nothing; see [`deadlines`].

pub mod deadlines;
mod value_type;

use super::element::Element;
use super::encoding::{Encoding, Listpack};
use super::form::{self, Form, Table};
use super::packed::Packed;
use super::segments::{Entry, Segments};
use crate::keyspace::bytes::Key;
use crate::limits;
use deadlines::Volatile;
use fastrand::Rng;

/// The mark of a packed block that Redis would call a hashtable.
const IS_TABLE: u8 = 1;

/// The mark of one that has had fields with deadlines, and keeps the name of such a hash.
const IS_EXPIRING: u8 = 2;

/// Fields with values. One without fields is held by no key.
#[derive(Debug, Clone)]
pub struct Hash {
    body: Body,
}

/// The fields, and their deadlines if there are some.
#[derive(Debug, Clone)]
enum Body {
    Plain(Form<Key>),
    Volatile(Box<Volatile>),
}

impl Default for Hash {
    fn default() -> Hash {
        Hash { body: Body::Plain(Form::default()) }
    }
}

impl Hash {
    /// A hash without fields, which takes no memory of its own.
    pub fn new() -> Hash {
        Hash::default()
    }

    fn form(&self) -> &Form<Key> {
        match &self.body {
            Body::Plain(form) => form,
            Body::Volatile(volatile) => &volatile.form,
        }
    }

    fn form_mut(&mut self) -> &mut Form<Key> {
        match &mut self.body {
            Body::Plain(form) => form,
            Body::Volatile(volatile) => &mut volatile.form,
        }
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        match self.form() {
            Form::Small(block) => block.len() / 2,
            Form::Large(table) => table.entries.len(),
        }
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of `field`.
    pub fn get(&self, field: &[u8]) -> Option<Element<'_>> {
        match self.form() {
            Form::Small(block) => block.value_of(field).map(Element::from),
            Form::Large(table) => table.entries.get(field).map(Element::from),
        }
    }

    /// Whether `field` is there.
    pub fn contains(&self, field: &[u8]) -> bool {
        match self.form() {
            Form::Small(block) => block.find(field, 2).is_some(),
            Form::Large(table) => table.entries.contains(field),
        }
    }

    /// Sets `field` to a copy of `value`, and says whether it is new. Its deadline is removed.
    pub fn set(&mut self, field: &[u8], value: &[u8], names: Listpack) -> bool {
        self.drop_deadline(field);
        self.set_keeping(field, value, names)
    }

    fn set_keeping(&mut self, field: &[u8], value: &[u8], names: Listpack) -> bool {
        let is_new = match self.form_mut() {
            Form::Small(block) if has_room(block, field, value) => set_packed(block, field, value),
            _ => self.table_mut().entries.insert(field, Key::new(value)).is_none(),
        };
        self.rename(field.len().max(value.len()), names);
        is_new
    }

    /// Sets `field` to `value` itself, and says whether it is new: a long value is not copied. Its
    /// deadline is removed.
    pub fn insert(&mut self, field: &[u8], value: Key, names: Listpack) -> bool {
        self.drop_deadline(field);
        self.insert_keeping(field, value, names)
    }

    /// [`Hash::insert`] that keeps the deadline.
    pub fn insert_keeping(&mut self, field: &[u8], value: Key, names: Listpack) -> bool {
        if value.len() <= limits::PACKED_TEXT_BYTES_MAX && matches!(self.form(), Form::Small(_)) {
            return self.set_keeping(field, &value, names);
        }
        let longest = field.len().max(value.len());
        let is_new = self.table_mut().entries.insert(field, value).is_none();
        self.rename(longest, names);
        is_new
    }

    /// Removes `field`, and says whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        self.drop_deadline(field);
        match self.form_mut() {
            Form::Small(block) => form::remove_packed(block, field, 2),
            Form::Large(table) => form::remove(table, field).is_some(),
        }
    }

    /// All fields with their values: those of a small hash in the order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (Element<'_>, Element<'_>)> {
        let (small, table) = match self.form() {
            Form::Small(block) => (Some(block), None),
            Form::Large(table) => (None, Some(table)),
        };
        let packed = small.into_iter().flat_map(|block| Pairs(block.iter()));
        packed.chain(table.into_iter().flat_map(|table| table.entries.iter().map(pair)))
    }

    /// Calls `each` with every field and value: see [`Hash::iter`].
    pub fn for_each(&self, mut each: impl FnMut(Element<'_>, Element<'_>)) {
        self.iter().for_each(|(field, value)| each(field, value));
    }

    /// The field at a place below [`Hash::len`], in the order of [`Hash::iter`].
    pub fn at(&self, place: usize) -> Option<(Element<'_>, Element<'_>)> {
        match self.form() {
            Form::Small(block) => Pairs(block.iter_from(place.saturating_mul(2))).next(),
            Form::Large(table) => table.entries.at(place).map(pair),
        }
    }

    /// One field, each with the same probability.
    pub fn random(&self, rng: &mut Rng) -> Option<(Element<'_>, Element<'_>)> {
        if self.is_empty() { None } else { self.at(rng.usize(..self.len())) }
    }

    /// Walks the fields from `cursor` on until `count` were seen, and returns where to go on: 0 at
    /// the end. Every field that stays throughout a walk is seen. What Redis calls a listpack is
    /// walked in one step, as there.
    pub fn scan(
        &self,
        cursor: u64,
        count: usize,
        mut each: impl FnMut(Element<'_>, Element<'_>),
    ) -> u64 {
        match self.form() {
            Form::Large(table) if table.encoding == Encoding::Hashtable => {
                table.entries.scan(cursor, count, |entry| {
                    each(Element::from(&entry.name), Element::from(&entry.value));
                })
            }
            _ => {
                self.for_each(each);
                0
            }
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> Encoding {
        match self.form() {
            Form::Small(block) if block.marks() & IS_TABLE != 0 => Encoding::Hashtable,
            Form::Small(block) if block.marks() & IS_EXPIRING != 0 => Encoding::ListpackEx,
            Form::Small(_) => Encoding::Listpack,
            Form::Large(table) => table.encoding,
        }
    }

    /// Gives a small hash the encoding of one with deadlines (`listpackex`).
    fn name_expiring(&mut self) {
        let name = match self.encoding() {
            Encoding::Listpack => Encoding::ListpackEx,
            other => other,
        };
        self.form_mut().rename(name, |marks| marks | IS_EXPIRING);
    }

    /// Gives the hash the encoding `hashtable`: Redis converts a hash for a long argument even if
    /// that is not stored in the end (HSETNX).
    pub fn name_hashtable(&mut self) {
        self.form_mut().rename(Encoding::Hashtable, |marks| marks | IS_TABLE);
    }

    /// Bytes on the heap, as the allocator rounds them; not those of the structure itself.
    pub fn heap_bytes(&self) -> usize {
        self.deadline_bytes() + self.form().heap_bytes()
    }

    /// Segments that this hash shares with `other`, which was cloned from it, and segments it has.
    pub fn shared_with(&self, other: &Hash) -> (usize, usize) {
        self.form().shared_with(other.form())
    }

    /// Checks the form, and that no field is there twice.
    ///
    /// # Panics
    /// If something is wrong.
    pub fn check_invariants(&self) {
        self.check_deadlines();
        match self.form() {
            Form::Small(block) => {
                block.check_invariants();
                assert!(block.len().is_multiple_of(2), "names and values take turns");
                assert!(self.len() <= limits::PACKED_ENTRIES_MAX, "a block is short");
                for (place, (field, _)) in self.iter().enumerate() {
                    assert_eq!(block.find(field.item(), 2), Some(2 * place), "each field once");
                }
            }
            Form::Large(table) => table.entries.check_invariants(),
        }
    }

    /// Gives the name that Redis would give after a change with an argument of `longest` bytes.
    fn rename(&mut self, longest: usize, names: Listpack) {
        if longest > names.text_bytes_max || self.len() > names.entries_max {
            self.name_hashtable();
        }
    }

    /// The table to be changed; a block is converted to one first.
    fn table_mut(&mut self) -> &mut Table<Key> {
        if let Form::Small(_) = self.form() {
            let mut fields = Segments::new();
            self.for_each(|field, value| {
                fields.insert(field.text(&mut itoa::Buffer::new()), value.to_key());
            });
            let encoding = self.encoding();
            *self.form_mut() = Form::large(fields, encoding);
        }
        self.form_mut().table_mut().expect("it has just been made large")
    }
}

/// Whether the block may get this field and still be one.
fn has_room(block: &Packed, field: &[u8], value: &[u8]) -> bool {
    let bytes = Packed::bytes_for(field) + Packed::bytes_for(value);
    field.len().max(value.len()) <= limits::PACKED_TEXT_BYTES_MAX
        && block.byte_len() + bytes <= limits::PACKED_BLOCK_BYTES_MAX
        // Looked up only where it matters: a full block may still have values replaced.
        && (block.len() < 2 * limits::PACKED_ENTRIES_MAX || block.find(field, 2).is_some())
}

fn set_packed(block: &mut Packed, field: &[u8], value: &[u8]) -> bool {
    if let Some(mut cursor) = block.cursor_at(field, 2) {
        cursor.advance();
        cursor.replace(value);
        return false;
    }
    block.reserve(Packed::bytes_for(field) + Packed::bytes_for(value));
    block.push_back(field);
    block.push_back(value);
    true
}

fn pair(entry: &Entry<Key>) -> (Element<'_>, Element<'_>) {
    (Element::from(&entry.name), Element::from(&entry.value))
}

/// Elements of a block, two at a time.
struct Pairs<'a>(super::packed::Iter<'a, false>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (Element<'a>, Element<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?.into(), self.0.next()?.into()))
    }
}

#[cfg(test)]
mod tests;
