//! The set: integers in order, strings in a packed block, or a table in counted segments.
//!
//! Up to [`limits::PACKED_INTEGERS_MAX`] integers are kept by their differences; up to
//! [`limits::PACKED_ENTRIES_MAX`] members of any kind are one block in the order of insertion; more
//! are a table of names without values ([`Segments`]). A set never goes back to a form it has left.
//! Redis has three forms as well but other thresholds; the name that it would give is kept in two
//! bits.
//!
//! A member has an index below the number of members in every form, so that a random draw is fair
//! and costs no more than a lookup by index.

mod algebra;
mod integers;
mod value_type;

pub use algebra::{
    difference, intersection, stored_difference, stored_intersection, stored_union, union,
};

use super::element::Element;
use super::encoding::{Encoding, SetNames};
use super::form::{self, Form};
use super::packed::{Item, Packed};
use super::segments::Segments;
use crate::keyspace::bytes::Key;
use crate::limits;
use fastrand::Rng;
use integers::Integers;
use std::sync::Arc;

/// The mark of a block that is no longer kept as integers.
const IS_TEXT: u8 = 1;

/// The marks of a block that Redis would call a listpack or a hashtable; without, an intset.
const IS_LISTPACK: u8 = 2;
const IS_TABLE: u8 = 4;

/// Members, each once. One without members is held by no key.
#[derive(Debug, Clone, Default)]
pub struct Set {
    form: Form<()>,
}

impl Set {
    /// A set without members, which takes no memory of its own, and which is an intset until
    /// something else is added.
    pub fn new() -> Set {
        Set::default()
    }

    /// A set that Redis would make for `first` when it expects `expected` members.
    pub fn expecting(first: &[u8], expected: usize, names: SetNames) -> Set {
        let mut set = Set::new();
        set.set_encoding(match Item::new(first) {
            Item::Int(_) if expected <= names.intset_entries_max => Encoding::Intset,
            _ if expected <= names.listpack.entries_max => Encoding::Listpack,
            _ => Encoding::Hashtable,
        });
        set
    }

    /// Gives the name that Redis gives when it expects `more` new members.
    pub fn expect(&mut self, more: usize, names: SetNames) {
        let max = match self.encoding() {
            Encoding::Intset => names.intset_entries_max,
            Encoding::Listpack => names.listpack.entries_max,
            _ => return,
        };
        if more > max {
            self.set_encoding(Encoding::Hashtable);
        }
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        match &self.form {
            Form::Small(block) => block.len(),
            Form::Large(table) => table.entries.len(),
        }
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `member` is in it.
    pub fn contains(&self, member: &[u8]) -> bool {
        match &self.form {
            Form::Large(table) => table.entries.contains(member),
            Form::Small(block) if is_text(block) => block.find(member, 1).is_some(),
            Form::Small(block) => match Item::new(member) {
                Item::Int(number) => integers::contains(block, number),
                _ => false,
            },
        }
    }

    /// Adds `member`, and says whether it is new.
    pub fn add<'a>(&mut self, member: impl Into<Element<'a>>, names: SetNames) -> bool {
        let (element, mut digits) = (member.into(), itoa::Buffer::new());
        let member = element.text(&mut digits);
        let is_new = match &mut self.form {
            Form::Large(table) => {
                // Looked up first: what is there already must not cost a copy.
                !table.entries.contains(member)
                    && Arc::make_mut(table).entries.add_key(element.to_key(), ())
            }
            Form::Small(block) if is_text(block) => {
                block.find(member, 1).is_none() && self.add_text(&element)
            }
            Form::Small(block) => match Item::new(member) {
                Item::Int(number) if block.len() < limits::PACKED_INTEGERS_MAX => {
                    integers::add(block, number)
                }
                Item::Int(number) if integers::contains(block, number) => false,
                _ => self.add_text(&element),
            },
        };
        if is_new {
            self.rename(member, names);
        }
        is_new
    }

    /// Removes `member`, and says whether it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.form {
            Form::Large(table) => form::remove(table, member).is_some(),
            Form::Small(block) if is_text(block) => form::remove_packed(block, member, 1),
            Form::Small(block) => match Item::new(member) {
                Item::Int(number) => integers::remove(block, number),
                _ => false,
            },
        }
    }

    /// All members: integers in order, those of a small set in the order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = Element<'_>> {
        let (numbers, texts, table) = match &self.form {
            Form::Large(table) => (None, None, Some(table)),
            Form::Small(block) if is_text(block) => (None, Some(block), None),
            Form::Small(block) => (Some(block), None, None),
        };
        let numbers = numbers.into_iter().flat_map(Integers::of).map(Element::Int);
        let texts = texts.into_iter().flat_map(Packed::iter).map(Element::from);
        let entries = table.into_iter().flat_map(|table| table.entries.iter());
        numbers.chain(texts).chain(entries.map(|entry| Element::Key(&entry.name)))
    }

    /// The member at a place below [`Set::len`], in the order of [`Set::iter`].
    pub fn at(&self, place: usize) -> Option<Element<'_>> {
        match &self.form {
            Form::Large(table) => table.entries.at(place).map(|entry| Element::Key(&entry.name)),
            Form::Small(block) if is_text(block) => block.get(place).map(Element::from),
            Form::Small(block) => Integers::of(block).nth(place).map(Element::Int),
        }
    }

    /// One member, each with the same probability.
    pub fn random(&self, rng: &mut Rng) -> Option<Element<'_>> {
        if self.is_empty() { None } else { self.at(rng.usize(..self.len())) }
    }

    /// Removes one member, each with the same probability, and returns it.
    pub fn pop_random(&mut self, rng: &mut Rng) -> Option<Key> {
        if self.is_empty() {
            return None;
        }
        let place = rng.usize(..self.len());
        if let Form::Large(table) = &mut self.form {
            return Arc::make_mut(table).entries.remove_at(place).map(|entry| entry.name);
        }
        let member = self.at(place)?.to_key();
        self.remove(&member);
        Some(member)
    }

    /// Walks the members from `cursor` on until `count` were seen, and returns where to go on: 0 at
    /// the end. Every member that stays throughout a walk is seen. Small sets are walked in one
    /// step, as in Redis.
    pub fn scan(&self, cursor: u64, count: usize, mut each: impl FnMut(Element<'_>)) -> u64 {
        match &self.form {
            Form::Large(table) if table.encoding == Encoding::Hashtable => {
                table.entries.scan(cursor, count, |entry| each(Element::Key(&entry.name)))
            }
            _ => {
                self.iter().for_each(each);
                0
            }
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> Encoding {
        match &self.form {
            Form::Large(table) => table.encoding,
            Form::Small(block) if block.marks() & IS_TABLE != 0 => Encoding::Hashtable,
            Form::Small(block) if block.marks() & IS_LISTPACK != 0 => Encoding::Listpack,
            Form::Small(_) => Encoding::Intset,
        }
    }

    /// Bytes on the heap, as the allocator rounds them; not those of the structure itself.
    pub fn heap_bytes(&self) -> usize {
        self.form.heap_bytes()
    }

    /// Segments that this set shares with `other`, which was cloned from it, and segments it has.
    pub fn shared_with(&self, other: &Set) -> (usize, usize) {
        self.form.shared_with(&other.form)
    }

    /// Checks the form, and that no member is there twice.
    ///
    /// # Panics
    /// If something is wrong.
    pub fn check_invariants(&self) {
        match &self.form {
            Form::Large(table) => table.entries.check_invariants(),
            Form::Small(block) if is_text(block) => {
                block.check_invariants();
                assert!(block.len() <= limits::PACKED_ENTRIES_MAX, "a block is short");
                for (place, member) in block.iter().enumerate() {
                    assert_eq!(block.find(member, 1), Some(place), "each member once");
                }
            }
            Form::Small(block) => {
                block.check_invariants();
                assert!(block.len() <= limits::PACKED_INTEGERS_MAX, "a block is short");
                assert!(Integers::of(block).is_sorted_by(|a, b| a < b), "integers in order");
                assert_eq!(Integers::of(block).count(), block.len(), "nothing but integers");
            }
        }
    }

    /// Adds a member that is not there, where it cannot be added as an integer.
    fn add_text(&mut self, element: &Element<'_>) -> bool {
        let mut digits = itoa::Buffer::new();
        let member = element.text(&mut digits);
        if let Form::Small(block) = &mut self.form {
            let has_room = member.len() <= limits::PACKED_TEXT_BYTES_MAX
                && block.len() < limits::PACKED_ENTRIES_MAX
                && block.byte_len() + Packed::bytes_for(member) <= limits::PACKED_BLOCK_BYTES_MAX;
            if has_room {
                if !is_text(block) {
                    spell_out(block);
                }
                block.push_back(member);
                return true;
            }
            let mut members = Segments::new();
            for member in self.iter() {
                members.add(member.text(&mut itoa::Buffer::new()), ());
            }
            self.form = Form::large(members, self.encoding());
        }
        let table = self.form.table_mut().expect("it has just been made large");
        table.entries.add_key(element.to_key(), ())
    }

    /// Gives the name that Redis would give after `member` was added.
    fn rename(&mut self, member: &[u8], names: SetNames) {
        let (len, listpack) = (self.len(), names.listpack);
        let fits = len <= listpack.entries_max && member.len() <= listpack.text_bytes_max;
        match self.encoding() {
            Encoding::Intset if matches!(Item::new(member), Item::Int(_)) => {
                if len > names.intset_entries_max {
                    self.set_encoding(Encoding::Hashtable);
                }
            }
            Encoding::Intset => {
                // The integers count with the length of the longest.
                let longest = self.iter().map(|member| member.len()).max().unwrap_or(0);
                let fits = fits && longest <= listpack.text_bytes_max;
                self.set_encoding(if fits { Encoding::Listpack } else { Encoding::Hashtable });
            }
            Encoding::Listpack if !fits => self.set_encoding(Encoding::Hashtable),
            Encoding::Listpack | Encoding::Hashtable => {}
            Encoding::ListpackEx | Encoding::Quicklist | Encoding::Skiplist => {}
        }
    }

    fn set_encoding(&mut self, encoding: Encoding) {
        let mark = match encoding {
            Encoding::Intset => 0,
            Encoding::Listpack => IS_LISTPACK,
            _ => IS_TABLE,
        };
        self.form.rename(encoding, |marks| marks & IS_TEXT | mark);
    }
}

fn is_text(block: &Packed) -> bool {
    block.marks() & IS_TEXT != 0
}

/// Makes a block of members out of a block of integers.
fn spell_out(block: &mut Packed) {
    let mut texts = Packed::new();
    texts.extend(Integers::of(block));
    texts.set_marks(block.marks() | IS_TEXT);
    *block = texts;
}

#[cfg(test)]
mod tests;
