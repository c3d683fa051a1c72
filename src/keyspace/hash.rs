//! The hash value: fields and their values, in the order of insertion.
//!
//! An `indexmap` gives access in constant time at any size. Removing a field moves the last one
//! into the hole, which is constant too but disturbs the order; so every field carries the number
//! of its insertion, and a reading in order sorts if, and only if, something was removed before.

use super::bytes::Key;
use indexmap::IndexMap;

/// A value in a hash; the same inline type as its name.
#[derive(Debug, Clone)]
struct Field {
    value: Key,
    /// Number of the insertion.
    sequence: u64,
}

/// Bytes a field takes beside its heap: the bucket with its stored hash, and two index slots.
const FIELD_BYTES: usize = size_of::<Key>() + size_of::<Field>() + 8 + 16;

/// The fields of one hash.
#[derive(Debug, Clone, Default)]
pub struct FieldMap {
    fields: IndexMap<Key, Field, ahash::RandomState>,
    /// Insertions so far.
    sequence: u64,
    /// Whether the places in `fields` are in order of insertion.
    in_order: bool,
    /// Heap bytes of names and values, kept in step so that accounting costs nothing.
    text_bytes: usize,
}

impl FieldMap {
    /// A hash without fields, which no key may hold: it is removed when its last field goes.
    pub fn new() -> FieldMap {
        FieldMap { in_order: true, ..FieldMap::default() }
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
        if let Some(found) = self.fields.get_mut(field) {
            self.text_bytes -= found.value.heap_bytes();
            found.value = value;
            return false;
        }
        let name = Key::new(field);
        self.text_bytes += name.heap_bytes();
        self.fields.insert(name, Field { value, sequence: self.sequence });
        self.sequence += 1;
        true
    }

    /// Removes `field` and says whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        let Some((at, name, removed)) = self.fields.swap_remove_full(field) else { return false };
        self.text_bytes -= name.heap_bytes() + removed.value.heap_bytes();
        // Taking the last one leaves no hole.
        self.in_order &= at == self.fields.len();
        true
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

    /// Bytes on the heap, tables included.
    pub fn heap_bytes(&self) -> usize {
        size_of::<FieldMap>() + self.fields.capacity() * FIELD_BYTES + self.text_bytes
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
