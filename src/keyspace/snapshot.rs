//! A snapshot of all databases, taken while the data goes on changing.
//!
//! The walk through one database and the marks are in [`crate::keyspace::store::snapshot`].

use crate::keyspace::databases::{Garbage, Keyspace};
use crate::keyspace::store::database::Database;
use crate::keyspace::store::snapshot::{BeforeImage, Walk};

impl Keyspace {
    /// Begins an image of the data as it is now. No other one may be under way.
    pub fn begin_snapshot(&mut self) {
        debug_assert!(!self.has_snapshot(), "two images at a time");
        self.image.mark = !self.image.mark;
        self.image.is_on = true;
        for (db, database) in self.databases.iter_mut().enumerate() {
            database.walk = Walk { mark: self.image.mark, from: Some(0), db, ..Walk::default() };
        }
    }

    /// Whether an image is being taken.
    pub fn has_snapshot(&self) -> bool {
        self.image.is_on
    }

    /// Bytes that were handed over and not taken.
    pub fn before_image_bytes(&self) -> usize {
        self.databases.iter().map(|database| database.walk.before_image_bytes).sum()
    }

    /// Takes what was handed over.
    pub fn take_before_images(&mut self) -> Vec<BeforeImage> {
        let mut all = Vec::new();
        for database in self.databases.iter_mut().chain(&mut self.image.aside) {
            database.walk.before_image_bytes = 0;
            all.append(&mut database.walk.kept);
        }
        all
    }

    /// Walks on through one segment: takes what it holds, and what was handed over meanwhile.
    pub fn step_snapshot(&mut self) -> Vec<BeforeImage> {
        let mut image = self.take_before_images();
        let databases = self.image.aside.iter_mut().chain(&mut self.databases);
        if let Some(database) = databases.into_iter().find(|database| database.walk.from.is_some())
        {
            database.walk_segment(&mut image);
        }
        let is_done = |database: &mut Database| database.walk.from.is_none();
        let done = self.image.aside.extract_if(.., is_done);
        self.garbage.extend(done.map(|database| Garbage::Database(Box::new(database))));
        self.image.is_on = !self.image.aside.is_empty()
            || self.databases.iter().any(|database| database.walk.from.is_some());
        image
    }

    /// The mark of entries in a new database.
    pub(crate) fn new_walk(&self) -> Walk {
        Walk { mark: self.image.mark, ..Walk::default() }
    }

    /// Puts a flushed database where it waits for the walk, or for being dropped.
    pub(crate) fn put_aside(&mut self, database: Database) {
        if database.walk.from.is_some() || !database.walk.kept.is_empty() {
            self.image.aside.push(database);
        } else {
            self.garbage.push(Garbage::Database(Box::new(database)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::store::snapshot::kept;
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
                all.push(kept(db, key.clone(), entry));
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

    /// Ensures that an image shows every entry exactly once and as it was at its beginning,
    /// whatever happens meanwhile; and that the next image does so too.
    #[test]
    fn an_image_shows_one_moment() {
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
                let mut image = Vec::new();
                while keyspace.has_snapshot() {
                    image.extend(keyspace.step_snapshot());
                    (0..200).for_each(|_| change(&mut keyspace, next()));
                }
                assert!(state(image.into_iter()) == expected, "seed {seed}");
                keyspace.check_invariants();
            }
        }
    }
}
