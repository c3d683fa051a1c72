//! A snapshot of all databases: their content at one moment, while changes go on.
//!
//! [`crate::keyspace::store::snapshot`] explains the walk through one database and the marks.

use crate::keyspace::databases::{Garbage, Keyspace};
use crate::keyspace::store::database::Database;
use crate::keyspace::store::snapshot::{BeforeImage, Walk};

impl Keyspace {
    /// Begins a snapshot of the data as it is now. No other one may be in progress.
    pub fn begin_snapshot(&mut self) {
        debug_assert!(!self.has_snapshot(), "two snapshots at a time");
        self.snapshot.mark = !self.snapshot.mark;
        self.snapshot.is_on = true;
        for (db, database) in self.databases.iter_mut().enumerate() {
            database.walk = Walk { mark: self.snapshot.mark, from: Some(0), db, ..Walk::default() };
        }
    }

    /// Whether a snapshot is in progress.
    pub fn has_snapshot(&self) -> bool {
        self.snapshot.is_on
    }

    /// Bytes of before-images that were saved and not taken yet.
    pub fn before_image_bytes(&self) -> usize {
        self.databases.iter().map(|database| database.walk.before_image_bytes).sum()
    }

    /// Takes the saved before-images.
    pub fn take_before_images(&mut self) -> Vec<BeforeImage> {
        let mut all = Vec::new();
        for database in self.databases.iter_mut().chain(&mut self.snapshot.aside) {
            database.walk.before_image_bytes = 0;
            all.append(&mut database.walk.before_images);
        }
        all
    }

    /// Walks one segment: returns its entries and the before-images saved meanwhile.
    pub fn step_snapshot(&mut self) -> Vec<BeforeImage> {
        let mut snapshot = self.take_before_images();
        let databases = self.snapshot.aside.iter_mut().chain(&mut self.databases);
        if let Some(database) = databases.into_iter().find(|database| database.walk.from.is_some())
        {
            database.walk_segment(&mut snapshot);
        }
        let is_done = |database: &mut Database| database.walk.from.is_none();
        let done = self.snapshot.aside.extract_if(.., is_done);
        self.garbage.extend(done.map(|database| Garbage::Database(Box::new(database))));
        self.snapshot.is_on = !self.snapshot.aside.is_empty()
            || self.databases.iter().any(|database| database.walk.from.is_some());
        snapshot
    }

    /// The walk of a new database, with the mark that new entries get.
    pub(crate) fn new_walk(&self) -> Walk {
        Walk { mark: self.snapshot.mark, ..Walk::default() }
    }

    /// Puts a flushed database aside for the walk, or drops it.
    pub(crate) fn put_aside(&mut self, database: Database) {
        if database.walk.from.is_some() || !database.walk.before_images.is_empty() {
            self.snapshot.aside.push(database);
        } else {
            self.garbage.push(Garbage::Database(Box::new(database)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::store::snapshot::before_image;
    use crate::keyspace::types::Listpack;
    use crate::keyspace::value_type::Rebuild;
    use crate::keyspace::{Event, Hash, Value};
    use std::collections::BTreeMap;

    type State = BTreeMap<(usize, Vec<u8>), (String, Option<u64>)>;

    /// The words that rebuild a value, one after the other.
    struct Words(String);

    impl Rebuild for Words {
        fn request(&mut self, _: usize) {}

        fn word(&mut self, word: &[u8]) {
            self.0 += &format!("{},", word.escape_ascii());
        }
    }

    fn state(entries: impl Iterator<Item = BeforeImage>) -> State {
        let mut state = State::new();
        for BeforeImage { db, key, value, expires_at_ms } in entries {
            let mut words = Words(String::new());
            value.rebuild(&key, None, &mut words);
            let before = state.insert((db, key.to_vec()), (words.0, expires_at_ms));
            assert!(before.is_none(), "{key:?} twice");
        }
        state
    }

    fn everything(keyspace: &mut Keyspace) -> State {
        let mut all = Vec::new();
        for db in 0..3 {
            keyspace.keys(db, 1, true).scan(0, usize::MAX, |key, entry| {
                all.push(before_image(db, key.clone(), entry));
            });
        }
        state(all.into_iter())
    }

    /// One random change; `random` is a number of a simple generator.
    fn change(keyspace: &mut Keyspace, random: u64) {
        let (db, key) = ((random >> 8) as usize % 3, format!("key{}", (random >> 16) % 5_000));
        let (key, now_ms) = (key.as_bytes(), 1);
        let mut keys = keyspace.keys(db, now_ms, false);
        match random % 9 {
            0..3 => keys.set(key, Value::string(&random.to_le_bytes()), None, Event::SET),
            3 => keys.set(key, Value::string(&[b'x'; 60]), Some(random), Event::SET),
            4 => drop(keys.remove(key, Event::DEL)),
            5 => drop(keys.set_deadline(key, Some(random))),
            6 | 7 => {
                let _ = keys.change(key, Event::hash("hset"), |fields: &mut Hash| {
                    (fields.set(&random.to_le_bytes()[..1], b"v", Listpack::OF_HASHES), 1)
                });
            }
            _ if random.is_multiple_of(1_000) => keyspace.flush(db),
            _ if random.is_multiple_of(500) => keyspace.swap(0, db, now_ms),
            _ => {
                if let Some(entry) = keys.take(key, Event::DEL) {
                    keys.set(b"renamed", entry.value, None, Event::SET);
                }
            }
        }
    }

    /// Ensures that a snapshot shows every entry exactly once and as it was at the beginning,
    /// whatever changes meanwhile, and that the next snapshot does so, too.
    #[test]
    fn a_snapshot_shows_one_moment() {
        for seed in 1..=10_u64 {
            let mut random = seed;
            let mut next = move || {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                random >> 20
            };
            let mut keyspace = Keyspace::new(3);
            (0..8_000).for_each(|_| change(&mut keyspace, next()));
            for _ in 0..3 {
                let expected = everything(&mut keyspace);
                keyspace.begin_snapshot();
                let mut snapshot = Vec::new();
                while keyspace.has_snapshot() {
                    snapshot.extend(keyspace.step_snapshot());
                    (0..200).for_each(|_| change(&mut keyspace, next()));
                }
                assert!(state(snapshot.into_iter()) == expected, "seed {seed}");
                keyspace.check_invariants();
            }
        }
    }
}
