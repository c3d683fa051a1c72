//! Deadlines of single fields.
//!
//! A hash gets its deadlines with the first field that has one and loses them with the last. They
//! are a sorted set of the fields by their deadlines: packed while small, and in counted leaves
//! when large, so that the hash can still be cloned for a snapshot at no cost (copy-on-write). The
//! sorted set keeps doubles, which have room for [`FIELD_DEADLINE_MS_MAX`] without loss.
//!
//! A field whose deadline has passed stays until [`Hash::take_due`] removes it. There is no clock
//! here: the keyspace does that before a command sees the hash.
//!
//! [`FIELD_DEADLINE_MS_MAX`]: limits::FIELD_DEADLINE_MS_MAX

use super::{Body, Form, Hash};
use crate::keyspace::allocation::allocated;
use crate::keyspace::bytes::Key;
use crate::keyspace::types::SortedSet;
use crate::keyspace::types::element::rebuild_element;
use crate::keyspace::types::encoding::Listpack;
use crate::keyspace::types::sorted_set::ScoreBound;
use crate::keyspace::value_type::{Rebuild, stored_word};
use crate::limits;

/// Fields, some of which expire.
#[derive(Debug, Clone)]
pub(super) struct Volatile {
    pub(super) form: Form<Key>,
    /// The fields that expire; at least one.
    deadlines: SortedSet,
}

impl Hash {
    /// When `field` expires, in Unix milliseconds.
    pub fn deadline_ms(&self, field: &[u8]) -> Option<u64> {
        self.deadlines()?.score(field).map(|deadline| deadline as u64)
    }

    /// When the first field expires, in Unix milliseconds.
    pub fn next_deadline_ms(&self) -> Option<u64> {
        self.deadlines()?.nth(0).map(|(_, deadline)| deadline as u64)
    }

    /// Whether some fields expire.
    pub fn has_deadlines(&self) -> bool {
        self.deadlines().is_some()
    }

    /// Sets or removes the deadline of a field, and says whether that field is there. A deadline is
    /// at most [`limits::FIELD_DEADLINE_MS_MAX`].
    pub fn set_deadline_ms(&mut self, field: &[u8], deadline_ms: Option<u64>) -> bool {
        if !self.contains(field) {
            return false;
        }
        let Some(deadline_ms) = deadline_ms else {
            self.drop_deadline(field);
            return true;
        };
        debug_assert!(deadline_ms <= limits::FIELD_DEADLINE_MS_MAX, "a double holds it");
        if let Body::Plain(form) = &mut self.body {
            let form = std::mem::take(form);
            let deadlines = SortedSet::new();
            self.body = Body::Volatile(Box::new(Volatile { form, deadlines }));
        }
        self.name_expiring();
        if let Body::Volatile(volatile) = &mut self.body {
            volatile.deadlines.insert(field, deadline_ms as f64, Listpack::OF_SORTED_SETS);
        }
        true
    }

    /// Removes the deadline of a field, if it has one.
    pub(super) fn drop_deadline(&mut self, field: &[u8]) {
        let Body::Volatile(volatile) = &mut self.body else { return };
        // Looked up first: what is not there must not cost a copy.
        if volatile.deadlines.score(field).is_none() {
            return;
        }
        volatile.deadlines.remove(field);
        if volatile.deadlines.is_empty() {
            let form = std::mem::take(&mut volatile.form);
            self.body = Body::Plain(form);
        }
    }

    /// The number of fields whose deadlines have passed.
    pub fn due_len(&self, now_ms: u64) -> usize {
        let (first, last) = (f64::NEG_INFINITY, now_ms as f64);
        let bound = |score| ScoreBound { score, is_exclusive: false };
        self.deadlines().map_or(0, |set| set.score_range(bound(first), bound(last)).len())
    }

    /// Removes up to `fields_max` fields whose deadlines have passed, the earliest first, and
    /// returns them.
    pub fn take_due(&mut self, now_ms: u64, fields_max: usize) -> Vec<Key> {
        let due = self.due_len(now_ms).min(fields_max);
        let deadlines = self.deadlines().into_iter();
        let fields: Vec<Key> =
            deadlines.flat_map(|set| set.iter(0..due)).map(|(field, _)| field.to_key()).collect();
        fields.iter().for_each(|field| {
            self.remove(field);
        });
        fields
    }

    /// All fields that expire, with their deadlines, in their order.
    pub fn expiring(&self) -> impl Iterator<Item = (super::Element<'_>, u64)> {
        let deadlines = self.deadlines().into_iter();
        let all = deadlines.flat_map(|set| set.iter(0..set.len()));
        all.map(|(field, deadline)| (field, deadline as u64))
    }

    fn deadlines(&self) -> Option<&SortedSet> {
        match &self.body {
            Body::Plain(_) => None,
            Body::Volatile(volatile) => Some(&volatile.deadlines),
        }
    }

    /// Bytes of the deadlines.
    pub(super) fn deadline_bytes(&self) -> usize {
        self.deadlines().map_or(0, |set| allocated(size_of::<Volatile>()) + set.heap_bytes())
    }

    /// Emits the requests that set the deadlines again: one for all fields with the same one.
    pub(super) fn rebuild_deadlines(&self, key: &Key, requests: &mut dyn Rebuild) {
        let mut expiring = self.expiring().peekable();
        while let Some((field, deadline_ms)) = expiring.next() {
            let mut fields = vec![field];
            while fields.len() < limits::AOF_ELEMENTS_PER_REQUEST
                && let Some((field, _)) = expiring.next_if(|(_, next)| *next == deadline_ms)
            {
                fields.push(field);
            }
            requests.request(5 + fields.len());
            requests.word(b"HPEXPIREAT");
            stored_word(requests, key);
            requests.word(itoa::Buffer::new().format(deadline_ms).as_bytes());
            requests.word(b"FIELDS");
            requests.word(itoa::Buffer::new().format(fields.len()).as_bytes());
            fields.into_iter().for_each(|field| rebuild_element(requests, field));
        }
    }

    /// Checks that the deadlines are those of fields, and that there is one if there is room
    /// for them.
    pub(super) fn check_deadlines(&self) {
        let Some(deadlines) = self.deadlines() else { return };
        deadlines.check_invariants();
        assert!(!deadlines.is_empty(), "deadlines without one");
        for (field, _) in deadlines.iter(0..deadlines.len()) {
            assert!(self.contains(&field.to_key()), "a deadline without a field: {field:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;
    use std::collections::BTreeMap;

    const NAMES: Listpack = Listpack::OF_HASHES;

    /// Ensures that fields and deadlines are those of a plain map, whatever happens to them, and
    /// that a clone stays what it was.
    #[test]
    fn deadlines_are_those_of_a_map() {
        for seed in 1..=12 {
            let mut rng = Rng::with_seed(seed);
            let fields = [10, 150, 2_000][seed as usize % 3];
            let (mut hash, mut now_ms) = (Hash::new(), 1_000);
            let mut model: BTreeMap<Vec<u8>, Option<u64>> = BTreeMap::new();
            let mut image = (hash.clone(), model.clone());
            for _ in 0..3_000 {
                let field = rng.usize(..fields).to_string().into_bytes();
                match rng.u8(..12) {
                    0..4 => {
                        hash.set(&field, b"value", NAMES);
                        model.insert(field, None);
                    }
                    4 => {
                        hash.insert_keeping(&field, Key::new(b"other"), NAMES);
                        model.entry(field).or_default();
                    }
                    5..9 => {
                        let deadline = rng.bool().then(|| now_ms + rng.u64(1..2_000));
                        let is_there = hash.set_deadline_ms(&field, deadline);
                        assert_eq!(is_there, model.contains_key(&field), "seed {seed}");
                        model.entry(field).and_modify(|old| *old = deadline);
                        model.retain(|field, _| hash.contains(field));
                    }
                    9 => assert_eq!(hash.remove(&field), model.remove(&field).is_some()),
                    10 => image = (hash.clone(), model.clone()),
                    _ => {
                        now_ms += rng.u64(..200);
                        let taken = hash.take_due(now_ms, usize::MAX).len();
                        let before = model.len();
                        model.retain(|_, deadline| deadline.is_none_or(|it| it > now_ms));
                        assert_eq!(taken, before - model.len(), "seed {seed}");
                    }
                }
                if rng.u8(..) == 0 {
                    check(&hash, &model, seed);
                }
            }
            check(&hash, &model, seed);
            check(&image.0, &image.1, seed);
        }
    }

    fn check(hash: &Hash, model: &BTreeMap<Vec<u8>, Option<u64>>, seed: u64) {
        hash.check_invariants();
        assert_eq!(hash.len(), model.len(), "seed {seed}");
        for (field, deadline) in model {
            assert!(hash.contains(field), "seed {seed}");
            assert_eq!(hash.deadline_ms(field), *deadline, "seed {seed}");
        }
        assert_eq!(hash.next_deadline_ms(), model.values().flatten().min().copied());
        assert_eq!(hash.has_deadlines(), model.values().any(Option::is_some), "seed {seed}");
    }

    /// Ensures that a hash without deadlines pays nothing for them, even if it had some.
    #[test]
    fn no_deadline_costs_nothing() {
        let mut hash = Hash::new();
        hash.set(b"field", b"value", NAMES);
        let before = hash.heap_bytes();
        hash.set_deadline_ms(b"field", Some(5));
        assert!(hash.heap_bytes() > before);
        hash.set_deadline_ms(b"field", None);
        assert_eq!(hash.heap_bytes(), before);
        // The name stays, as in Redis.
        assert_eq!(hash.encoding().name(), "listpackex");
        assert_eq!(size_of::<Hash>(), 40);
    }
}
