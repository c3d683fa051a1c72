//! Clients that wait for keys (BLPOP and its kind), per key in order of arrival.
//!
//! A client is a number here. A mutator that changes a key with waiters marks it as *ready*; at the
//! end of its command, EXEC or script the engine lets the waiters of all ready keys try again, the
//! oldest first, still under the same hold of the lock. While no client waits, a change costs one
//! comparison.

use super::bytes::Key;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};

/// A key of a database.
type Place = (usize, Key);

/// All clients that wait, and the keys that they may be served from.
#[derive(Debug, Default)]
pub struct Waiters {
    by_key: HashMap<Place, VecDeque<u64>, ahash::RandomState>,
    keys_of: HashMap<u64, Vec<Place>, ahash::RandomState>,
    /// Keys with waiters that were changed, in the order of the changes.
    ready: VecDeque<Place>,
    is_ready: HashSet<Place, ahash::RandomState>,
}

impl Waiters {
    /// Whether no client waits.
    pub fn is_empty(&self) -> bool {
        self.keys_of.is_empty()
    }

    /// How many clients wait.
    pub fn len(&self) -> usize {
        self.keys_of.len()
    }

    /// How many keys are waited for.
    pub fn keys_len(&self) -> usize {
        self.by_key.len()
    }

    /// Lets client `id` wait for keys of database `db`, behind those that wait for them already.
    pub fn add<'k>(&mut self, id: u64, db: usize, keys: impl Iterator<Item = &'k [u8]>) {
        let own = self.keys_of.entry(id).or_default();
        for place in keys.map(|key| (db, Key::new(key))) {
            let queue = self.by_key.entry(place.clone()).or_default();
            // A key that is named twice: this client is the newest one.
            if queue.back() != Some(&id) {
                queue.push_back(id);
                own.push(place);
            }
        }
    }

    /// Ends the wait of a client, and says whether it still waited.
    pub fn remove(&mut self, id: u64) -> bool {
        let Some(places) = self.keys_of.remove(&id) else { return false };
        for place in places {
            if let Entry::Occupied(mut entry) = self.by_key.entry(place) {
                let queue = entry.get_mut();
                if let Some(at) = queue.iter().position(|other| *other == id) {
                    queue.remove(at);
                }
                if queue.is_empty() {
                    entry.remove();
                }
            }
        }
        true
    }

    /// A key was changed.
    pub fn changed(&mut self, db: usize, key: &[u8]) {
        if !self.by_key.is_empty() {
            let place = (db, Key::new(key));
            if self.by_key.contains_key(&place) && self.is_ready.insert(place.clone()) {
                self.ready.push_back(place);
            }
        }
    }

    /// All keys of a database were changed.
    pub fn all_changed(&mut self, db: usize) {
        let places: Vec<Place> =
            self.by_key.keys().filter(|place| place.0 == db).cloned().collect();
        places.iter().for_each(|(db, key)| self.changed(*db, key));
    }

    /// Whether a key with waiters was changed.
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes the key that was changed first.
    pub fn next_ready(&mut self) -> Option<Place> {
        let place = self.ready.pop_front()?;
        self.is_ready.remove(&place);
        Some(place)
    }

    /// The client that waits for a key behind `at` others.
    pub fn at(&self, place: &Place, at: usize) -> Option<u64> {
        self.by_key.get(place)?.get(at).copied()
    }

    /// # Panics
    /// If the two directions do not agree.
    pub fn check_invariants(&self) {
        let forth: usize = self.by_key.values().map(VecDeque::len).sum();
        let back: usize = self.keys_of.values().map(Vec::len).sum();
        assert_eq!(forth, back, "every wait for a key is known from both sides");
        assert!(self.by_key.values().all(|queue| !queue.is_empty()));
        assert_eq!(self.ready.len(), self.is_ready.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(waiters: &mut Waiters, id: u64, keys: &[&str]) {
        waiters.add(id, 0, keys.iter().map(|key| key.as_bytes()));
        waiters.check_invariants();
    }

    /// Ensures that clients wait per key in order of arrival, and that keys become ready in the
    /// order of their changes, each once.
    #[test]
    fn first_come_first_served() {
        let mut waiters = Waiters::default();
        waiters.changed(0, b"a");
        assert!(!waiters.has_ready(), "nobody waits for it");
        add(&mut waiters, 7, &["a", "b", "a"]);
        add(&mut waiters, 3, &["b"]);
        for key in ["b", "a", "b", "c"] {
            waiters.changed(0, key.as_bytes());
        }
        waiters.changed(1, b"a");
        let b = waiters.next_ready().expect("a key");
        assert_eq!((&*b.1, waiters.at(&b, 0), waiters.at(&b, 1)), (&b"b"[..], Some(7), Some(3)));
        assert!(waiters.remove(7) && !waiters.remove(7));
        waiters.check_invariants();
        assert_eq!((waiters.at(&b, 0), waiters.at(&b, 1)), (Some(3), None));
        let a = waiters.next_ready().expect("a key");
        assert_eq!((&*a.1, waiters.at(&a, 0)), (&b"a"[..], None));
        assert!(waiters.next_ready().is_none());
        assert!(waiters.remove(3) && waiters.is_empty());
        waiters.check_invariants();
    }

    /// Ensures that the keys of one database become ready together.
    #[test]
    fn a_database_changes_as_a_whole() {
        let mut waiters = Waiters::default();
        add(&mut waiters, 1, &["a", "b"]);
        waiters.add(2, 5, [&b"a"[..]].into_iter());
        waiters.all_changed(0);
        let mut ready = 0;
        while let Some((db, _)) = waiters.next_ready() {
            assert_eq!(db, 0);
            ready += 1;
        }
        assert_eq!(ready, 2);
    }
}
