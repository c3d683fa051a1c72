//! The hash value: fields and their values, in the order of insertion.
//!
//! An `indexmap` gives access in constant time at any size. Removing a field moves the last one
//! into the hole, which is constant too but disturbs the order; so every field carries the number
//! of its insertion, and a reading in order sorts if, and only if, something was removed before.

use super::bytes::Key;
use crate::keyspace::allocation::allocated;
use crate::keyspace::table_size::{Table, narrow};
use crate::keyspace::value_type::{Rebuild, ValueType, rebuild_deadline, stored_word};
use crate::limits;
use indexmap::IndexMap;

/// A value in a hash; the same inline type as its name.
#[derive(Debug, Clone)]
struct Field {
    value: Key,
    /// Number of the insertion.
    sequence: u64,
}

/// Bytes a field takes in the list of fields, its stored hash included.
const FIELD_BYTES: usize = size_of::<Key>() + size_of::<Field>() + size_of::<u64>();

/// The fields of one hash.
#[derive(Debug)]
pub struct FieldMap {
    fields: IndexMap<Key, Field, ahash::RandomState>,
    /// The index in `fields`.
    table: Table,
    /// How many fields the list in `fields` has room for, which it does not tell.
    room: u32,
    /// Insertions so far.
    sequence: u64,
    /// Whether the places in `fields` are in order of insertion.
    in_order: bool,
    /// Whether it ever was too large for Redis's compact form, which is left for good.
    is_large: bool,
    /// Heap bytes of names and values, kept in step so that accounting costs nothing.
    text_bytes: usize,
}

impl Default for FieldMap {
    fn default() -> FieldMap {
        FieldMap::new()
    }
}

/// A copy is made when somebody else reads the original. `indexmap` gives it a list as large as the
/// index, so both are made to fit.
impl Clone for FieldMap {
    fn clone(&self) -> FieldMap {
        let mut copy = FieldMap { fields: self.fields.clone(), ..*self };
        copy.room = narrow(copy.fields.capacity());
        copy.fit();
        copy
    }
}

/// Fields up to which a hash is small (Redis: `hash-max-listpack-entries`).
pub const SMALL_FIELDS_MAX: usize = 512;

/// Bytes that a name or a value may have in a small hash (Redis: `hash-max-listpack-value`).
pub const SMALL_TEXT_BYTES_MAX: usize = 64;

impl FieldMap {
    /// A hash without fields, which no key may hold: it is removed when its last field goes.
    pub fn new() -> FieldMap {
        FieldMap {
            fields: IndexMap::default(),
            table: Table::default(),
            room: 0,
            sequence: 0,
            in_order: true,
            is_large: false,
            text_bytes: 0,
        }
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The value of `field`.
    pub fn get(&self, field: &[u8]) -> Option<&Key> {
        self.fields.get(field).map(|field| &field.value)
    }

    /// Sets `field` to a copy of `value` and says whether it is new.
    pub fn set(&mut self, field: &[u8], value: &[u8]) -> bool {
        self.insert(field, Key::new(value))
    }

    /// Sets `field` to `value` itself and says whether it is new.
    pub fn insert(&mut self, field: &[u8], value: Key) -> bool {
        self.text_bytes += value.heap_bytes();
        self.is_large |= field.len().max(value.len()) > SMALL_TEXT_BYTES_MAX;
        if let Some(found) = self.fields.get_mut(field) {
            self.text_bytes -= found.value.heap_bytes();
            found.value = value;
            return false;
        }
        let name = Key::new(field);
        self.text_bytes += name.heap_bytes();
        // `capacity` tells for how many there is room in the list, and in the index as it is,
        // whichever is less.
        let (len, capacity) = (self.fields.len(), self.fields.capacity());
        self.fields.insert(name, Field { value, sequence: self.sequence });
        if len >= self.room as usize {
            // The list has just been made as large as the index.
            self.room = narrow(self.fields.capacity());
            self.table.holds(self.room as usize);
        } else if len >= capacity {
            self.table.overflowed(len);
        }
        self.sequence += 1;
        self.is_large |= self.fields.len() > SMALL_FIELDS_MAX;
        true
    }

    /// Removes `field` and says whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        let Some((at, name, removed)) = self.fields.swap_remove_full(field) else { return false };
        self.text_bytes -= name.heap_bytes() + removed.value.heap_bytes();
        // Taking the last one leaves no hole.
        self.in_order &= at == self.fields.len();
        self.table.removed();
        if self.table.is_worn() {
            self.fit();
        }
        true
    }

    /// Gives the tables the size that the fields need. For a large hash that takes so long that it
    /// is done only when most of its fields are gone.
    fn fit(&mut self) {
        let len = self.fields.len();
        let is_worth_it = len <= limits::HASH_FITTED_FIELDS_MAX || len * 8 < self.table.places();
        if is_worth_it && self.table.fit(len).is_some() {
            let places = self.table.places();
            self.fields.shrink_to(places);
            self.room = self.room.min(narrow(places));
        }
    }

    /// Calls `each` with every field and value, in the order of insertion.
    pub fn for_each(&self, mut each: impl FnMut(&Key, &Key)) {
        if self.in_order {
            return self.fields.iter().for_each(|(name, field)| each(name, &field.value));
        }
        let mut ordered: Vec<(&Key, &Field)> = self.fields.iter().collect();
        ordered.sort_unstable_by_key(|(_, field)| field.sequence);
        ordered.into_iter().for_each(|(name, field)| each(name, &field.value));
    }

    /// Whether it is small enough to be walked in one step, and always was.
    pub fn is_small(&self) -> bool {
        !self.is_large
    }

    /// Walks the fields from `cursor` on until `count` were seen, and returns where to go on: 0 at
    /// the end. A small hash is walked in one step.
    ///
    /// Every field that stays throughout a walk is seen at least once. The walk goes from the last
    /// place to the first, and the cursor is the number of places still to be seen. A new field
    /// comes last, behind the cursor. A removed one leaves its place to the last one, which was
    /// either seen already or moves to another place that is still to be seen.
    pub fn scan(&self, cursor: u64, count: usize, mut each: impl FnMut(&Key, &Key)) -> u64 {
        if self.is_small() {
            self.for_each(each);
            return 0;
        }
        let unseen = match usize::try_from(cursor) {
            Ok(cursor @ 1..) => cursor.min(self.len()),
            _ => self.len(),
        };
        let rest = unseen.saturating_sub(count);
        for (name, field) in (rest..unseen).rev().filter_map(|at| self.fields.get_index(at)) {
            each(name, &field.value);
        }
        rest as u64
    }

    /// The field at a place below [`FieldMap::len`], in no particular order.
    pub fn at(&self, place: usize) -> Option<(&Key, &Key)> {
        self.fields.get_index(place).map(|(name, field)| (name, &field.value))
    }

    /// Bytes on the heap, tables included.
    pub fn heap_bytes(&self) -> usize {
        allocated(size_of::<FieldMap>())
            + allocated(self.room as usize * FIELD_BYTES)
            + self.table.bytes(size_of::<usize>())
            + self.text_bytes
    }

    /// Checks that the side figures fit the fields.
    ///
    /// # Panics
    /// If they do not.
    pub fn check_invariants(&self) {
        let text = self.fields.iter().map(|(k, f)| k.heap_bytes() + f.value.heap_bytes()).sum();
        assert_eq!(self.text_bytes, text, "heap bytes of a hash");
        let sorted = self.fields.values().is_sorted_by_key(|field| field.sequence);
        assert!(sorted || !self.in_order, "fields believed to be in order");
    }
}

impl ValueType for FieldMap {
    const NAME: &'static str = "hash";

    fn is_empty(&self) -> bool {
        FieldMap::is_empty(self)
    }

    fn heap_bytes(&self) -> usize {
        FieldMap::heap_bytes(self)
    }

    fn encoding(&self) -> &'static str {
        if self.is_small() { "listpack" } else { "hashtable" }
    }

    fn rebuild(&self, key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild) {
        let (mut left, mut open) = (self.len(), 0);
        self.for_each(|name, value| {
            if open == 0 {
                open = left.min(limits::AOF_FIELDS_PER_REQUEST);
                left -= open;
                requests.request(2 + 2 * open);
                requests.word(b"HSET");
                stored_word(requests, key);
            }
            open -= 1;
            stored_word(requests, name);
            stored_word(requests, value);
        });
        rebuild_deadline(key, expires_at_ms, requests);
    }

    fn prefetch_word(&self) -> usize {
        self.len()
    }

    fn check_invariants(&self) {
        FieldMap::check_invariants(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(map: &FieldMap) -> Vec<Vec<u8>> {
        let mut names = Vec::new();
        map.for_each(|name, _| names.push(name.to_vec()));
        map.check_invariants();
        names
    }

    /// Ensures that fields come back in the order in which they were first set.
    #[test]
    fn the_order_of_insertion_survives_removal_and_update() {
        let mut map = FieldMap::new();
        for name in [b"a", b"b", b"c", b"d"] {
            assert!(map.set(name, b"1"));
        }
        assert!(!map.set(b"b", &[b'x'; 100]), "an update is not an insertion");
        assert_eq!(names(&map), [b"a", b"b", b"c", b"d"]);
        assert!(map.remove(b"a"));
        assert!(!map.remove(b"a"));
        assert_eq!(names(&map), [b"b", b"c", b"d"]);
        assert!(map.set(b"a", b"2"), "what comes back comes last");
        assert_eq!(names(&map), [b"b", b"c", b"d", b"a"]);
    }
}
