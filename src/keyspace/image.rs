//! An image of the data as it was at one moment, taken while the data goes on changing.
//!
//! Copying everything at once would stop the server; so the image is taken segment by segment, and
//! whoever is about to change, remove or flush an entry that the walk has not come to yet hands it
//! over first, as it was. Every entry has a *mark*, one bit, which tells whether this image holds
//! it already or never will: an entry is marked when it is handed over, and new ones are born
//! marked. The next image reverses the meaning of the bit, so that nothing has to be reset.
//!
//! What is handed over shares its long strings and its fields with the entry; so the lock is held
//! no longer for a large value than for a small one. Who changes a hash while it is shared copies
//! it, once. Databases that are exchanged keep the number that they had; one that is flushed is
//! kept aside until the walk has been through it.

use super::bytes::Key;
use super::database::Database;
use super::growth::next_range;
use super::value::{Entry, Value};
use super::{Garbage, Keyspace};

/// One entry as it was.
#[derive(Debug)]
pub struct Kept {
    /// The number of its database.
    pub db: usize,
    /// Its name.
    pub key: Key,
    /// What it held.
    pub value: Value,
    /// Unix milliseconds of its deadline, if it had one.
    pub expires_at_ms: Option<u64>,
}

/// How far the walk through one database is.
#[derive(Debug, Default)]
pub struct Walk {
    /// The mark of entries that are dealt with, and of those that are born.
    pub mark: bool,
    /// The position from which on entries have not been seen; `None` if the walk is over.
    pub from: Option<u64>,
    /// The number that the database had when the image was begun.
    db: usize,
    /// What was handed over by those who changed it.
    kept: Vec<Kept>,
    /// Bytes of that.
    kept_bytes: usize,
}

impl Walk {
    /// Hands an entry over that is about to be changed, unless that has been done. Returns at once
    /// while there is no walk.
    pub fn keep(&mut self, key: &[u8], entry: &mut Entry) {
        if self.from.is_some() && entry.mark() != self.mark {
            entry.set_mark(self.mark);
            self.kept_bytes += size_of::<Kept>() + entry.value.heap_bytes();
            self.kept.push(kept(self.db, Key::new(key), entry));
        }
    }
}

fn kept(db: usize, key: Key, entry: &Entry) -> Kept {
    Kept { db, key, value: entry.value.clone(), expires_at_ms: entry.expires_at_ms() }
}

/// The image that is being taken, if one is.
#[derive(Default)]
pub struct Image {
    mark: bool,
    is_on: bool,
    /// Flushed databases that the walk has not been through.
    aside: Vec<Database>,
}

impl Database {
    /// Walks on through one segment, and appends what it holds to `image`.
    fn walk_segment(&mut self, image: &mut Vec<Kept>) {
        let Some(from) = self.walk.from else { return };
        let at = self.segment_at(from);
        let segment = &mut self.segments[at];
        for (key, entry) in segment.iter_mut() {
            if entry.mark() != self.walk.mark {
                entry.set_mark(self.walk.mark);
                image.push(kept(self.walk.db, key.clone(), entry));
            }
        }
        // To the first position of the next segment, if there is one.
        self.walk.from = next_range(from, segment.depth);
    }
}

impl Keyspace {
    /// Begins an image of the data as it is now. No other one may be under way.
    pub fn begin_image(&mut self) {
        debug_assert!(!self.is_imaged(), "two images at a time");
        self.image.mark = !self.image.mark;
        self.image.is_on = true;
        for (db, database) in self.databases.iter_mut().enumerate() {
            database.walk = Walk { mark: self.image.mark, from: Some(0), db, ..Walk::default() };
        }
    }

    /// Whether an image is being taken.
    pub fn is_imaged(&self) -> bool {
        self.image.is_on
    }

    /// Bytes that were handed over and not taken.
    pub fn kept_bytes(&self) -> usize {
        self.databases.iter().map(|database| database.walk.kept_bytes).sum()
    }

    /// Takes what was handed over.
    pub fn take_kept(&mut self) -> Vec<Kept> {
        let mut all = Vec::new();
        for database in self.databases.iter_mut().chain(&mut self.image.aside) {
            database.walk.kept_bytes = 0;
            all.append(&mut database.walk.kept);
        }
        all
    }

    /// Walks on through one segment: takes what it holds, and what was handed over meanwhile.
    pub fn step_image(&mut self) -> Vec<Kept> {
        let mut image = self.take_kept();
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
    pub(super) fn new_walk(&self) -> Walk {
        Walk { mark: self.image.mark, ..Walk::default() }
    }

    /// Puts a flushed database where it waits for the walk, or for being dropped.
    pub(super) fn put_aside(&mut self, database: Database) {
        if database.walk.from.is_some() || !database.walk.kept.is_empty() {
            self.image.aside.push(database);
        } else {
            self.garbage.push(Garbage::Database(Box::new(database)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FieldMap, Keyspace};
    use super::*;
    use std::collections::BTreeMap;

    type State = BTreeMap<(usize, Vec<u8>), (String, Option<u64>)>;

    fn state(entries: impl Iterator<Item = Kept>) -> State {
        let mut state = State::new();
        for Kept { db, key, value, expires_at_ms } in entries {
            let text = match &value {
                Value::String(text) => String::from_utf8_lossy(text).into_owned(),
                Value::Hash(fields) => {
                    let mut text = String::new();
                    fields.for_each(|name, value| text += &format!("{name:?}={value:?},"));
                    text
                }
            };
            let before = state.insert((db, key.to_vec()), (text, expires_at_ms));
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
            0..3 => keys.set(key, Value::string(&random.to_le_bytes()), None),
            3 => keys.set(key, Value::string(&[b'x'; 60]), Some(random)),
            4 => drop(keys.remove(key)),
            5 => drop(keys.set_deadline(key, Some(random))),
            6 | 7 => {
                let _ = keys.change_hash(key, |fields: &mut FieldMap| {
                    (fields.set(&random.to_le_bytes()[..1], b"v"), 1)
                });
            }
            _ if random.is_multiple_of(1_000) => keyspace.flush(db),
            _ if random.is_multiple_of(500) => keyspace.swap(0, db, now_ms),
            _ => {
                if let Some(entry) = keys.take(key) {
                    keys.set(b"renamed", entry.value, None);
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
                keyspace.begin_image();
                let mut image = Vec::new();
                while keyspace.is_imaged() {
                    image.extend(keyspace.step_image());
                    (0..200).for_each(|_| change(&mut keyspace, next()));
                }
                assert!(state(image.into_iter()) == expected, "seed {seed}");
                keyspace.check_invariants();
            }
        }
    }
}
