//! The keyspace compared with a trivial model: random operations on both must always give the same
//! results, and leave all indexes and accounts consistent.

use crate::model::{Content, Entry, Model};
use proptest::prelude::*;
use respool::error::CommandError;
use respool::keyspace::types::Listpack;
use respool::keyspace::{Changed, Event, Eviction, Hash, Keys, Keyspace, Text, Value};
use respool::policy::{Limit, Policy};
use std::collections::HashSet;

const DATABASES: usize = 2;

/// One operation, on a key of a database by number.
#[derive(Debug, Clone)]
enum Operation {
    Set { db: usize, key: usize, len: usize, ttl_ms: Option<u64> },
    SetValue { db: usize, key: usize, len: usize },
    Read { db: usize, key: usize, quiet: bool },
    Look { db: usize, key: usize },
    Peek { db: usize, key: usize },
    Remove { db: usize, key: usize },
    SetDeadline { db: usize, key: usize, in_ms: Option<i64> },
    SetField { db: usize, key: usize, field: usize, len: usize },
    RemoveField { db: usize, key: usize, field: usize },
    Grow { db: usize, key: usize, by: usize },
    Flush { db: usize },
    Swap,
    Sweep { max: usize },
    Squeeze { policy: usize, percent: usize },
    Advance { ms: u64 },
}

fn operations() -> impl Strategy<Value = Operation> {
    use Operation::*;
    let place = || (0..DATABASES, 0..12_usize);
    // Around both inline sizes, and far beyond.
    let len = || prop_oneof![Just(0_usize), 20..26_usize, 36..42_usize, Just(300)];
    prop_oneof![
        4 => (place(), len(), prop::option::of(0..50_u64)).prop_map(|((db, key), len, ttl_ms)| Set {
            db,
            key,
            len,
            ttl_ms
        }),
        1 => (place(), len()).prop_map(|((db, key), len)| SetValue { db, key, len }),
        3 => (place(), any::<bool>()).prop_map(|((db, key), quiet)| Read { db, key, quiet }),
        1 => place().prop_map(|(db, key)| Look { db, key }),
        1 => place().prop_map(|(db, key)| Peek { db, key }),
        2 => place().prop_map(|(db, key)| Remove { db, key }),
        2 => (place(), prop::option::of(-5..50_i64))
            .prop_map(|((db, key), in_ms)| SetDeadline { db, key, in_ms }),
        3 => (place(), 0..4_usize, len())
            .prop_map(|((db, key), field, len)| SetField { db, key, field, len }),
        2 => (place(), 0..4_usize).prop_map(|((db, key), field)| RemoveField { db, key, field }),
        2 => (place(), len()).prop_map(|((db, key), by)| Grow { db, key, by }),
        1 => (0..DATABASES).prop_map(|db| Flush { db }),
        1 => Just(Swap),
        1 => (0..5_usize).prop_map(|max| Sweep { max }),
        2 => (0..Policy::NAMES.len(), 0..101_usize)
            .prop_map(|(policy, percent)| Squeeze { policy, percent }),
        3 => (0..30_u64).prop_map(|ms| Advance { ms }),
    ]
}

/// Key names on both sides of the inline size.
fn name(key: usize) -> Vec<u8> {
    let padding = if key.is_multiple_of(2) { 0 } else { 30 };
    [vec![b'p'; padding], format!("key:{key}").into_bytes()].concat()
}

fn content_of(value: &Value) -> Content {
    match value {
        Value::String(text) => Content::Text(text.to_vec()),
        Value::Hash(fields) => {
            let mut pairs = Vec::new();
            fields.for_each(|field, value| pairs.push((field.to_vec(), value.to_vec())));
            // The order of a large hash is its own.
            pairs.sort();
            Content::Fields(pairs)
        }
        other => panic!("the model knows no {}", other.type_name()),
    }
}

/// A string with more at its end, changed in place if there is room.
fn grown(old: Option<&mut Text>, by: usize) -> Result<Changed<Text, ()>, CommandError> {
    let empty = &mut Text::new(b"");
    let old = old.unwrap_or(empty);
    let (end, len) = (old.len(), old.len() + by);
    let mut new = None;
    if old.in_place(len).is_none() {
        new = Some(Text::grown(old, len));
    }
    let text = new.as_mut().unwrap_or(old);
    text.in_place(len).expect("there is room now")[end..].fill(b'g');
    Ok(Changed::within(new, true, ()))
}

/// Both of them, side by side.
struct Pair {
    keyspace: Keyspace,
    model: Model,
}

impl Pair {
    fn keys(&mut self, db: usize, quiet: bool) -> Keys<'_> {
        self.keyspace.keys(db, self.model.now_ms, quiet)
    }

    fn run(&mut self, operation: &Operation) {
        match *operation {
            Operation::Set { db, key, len, ttl_ms } => {
                let deadline = ttl_ms.map(|ttl| self.model.now_ms + ttl);
                self.keys(db, false).set(
                    &name(key),
                    Value::string(&vec![b'x'; len]),
                    deadline,
                    Event::SET,
                );
                self.model.insert(db, &name(key), Content::Text(vec![b'x'; len]), deadline);
            }
            Operation::SetValue { db, key, len } => {
                self.keys(db, false).set_value(
                    &name(key),
                    Value::string(&vec![b'y'; len]),
                    Event::SET,
                );
                let deadline = self.model.find(db, &name(key)).and_then(|entry| entry.deadline_ms);
                self.model.insert(db, &name(key), Content::Text(vec![b'y'; len]), deadline);
            }
            Operation::Read { db, key, quiet } => {
                let found = self
                    .keys(db, quiet)
                    .read_entry(&name(key))
                    .map(|entry| content_of(&entry.value));
                let model = &mut self.model;
                let entry =
                    if quiet { model.find(db, &name(key)) } else { model.touch(db, &name(key)) };
                let expected = entry.map(|entry| entry.content.clone());
                model.count(expected.is_some());
                assert_eq!(found, expected);
            }
            Operation::Look { db, key } => {
                let found =
                    self.keys(db, false).look_entry(&name(key)).map(|e| content_of(&e.value));
                let entry = self.model.touch(db, &name(key));
                assert_eq!(found, entry.map(|entry| entry.content.clone()));
            }
            Operation::Peek { db, key } => {
                let now_ms = self.model.now_ms;
                let mut keys = self.keys(db, false);
                let found = keys.peek(&name(key));
                let found = found.map(|entry| (entry.expires_at_ms(), entry.idle_ms(now_ms)));
                let expected = self.model.find(db, &name(key));
                let expected = expected.map(|e| (e.deadline_ms, now_ms - e.used_at_ms));
                self.model.count(expected.is_some());
                assert_eq!(found, expected);
            }
            _ => self.run_rare(operation),
        }
    }

    fn run_rare(&mut self, operation: &Operation) {
        match *operation {
            Operation::Remove { db, key } => {
                let removed = self.keys(db, false).remove(&name(key), Event::DEL);
                let expected = self.model.find(db, &name(key)).is_some();
                self.model.entries.remove(&(db, name(key)));
                assert_eq!(removed, expected);
            }
            Operation::SetDeadline { db, key, in_ms } => {
                let now_ms = self.model.now_ms;
                let deadline = in_ms.map(|ms| now_ms.saturating_add_signed(ms));
                let found = self.keys(db, false).set_deadline(&name(key), deadline);
                let entry = self.model.touch(db, &name(key));
                assert_eq!(found, entry.is_some());
                entry.into_iter().for_each(|entry| entry.deadline_ms = deadline);
                if deadline.is_some_and(|deadline| deadline <= now_ms) {
                    self.model.entries.remove(&(db, name(key)));
                }
            }
            Operation::SetField { db, key, field, len } => {
                let (field, value) = (name(field), vec![b'z'; len]);
                let change = |map: &mut Hash| (map.set(&field, &value, Listpack::OF_HASHES), 1);
                let is_new =
                    self.keys(db, false).change(&name(key), Event::hash("hset"), change).ok();
                assert_eq!(is_new, self.model.set_field(db, &name(key), &field, &value));
            }
            Operation::RemoveField { db, key, field } => {
                let field = name(field);
                let change = |map: &mut Hash| {
                    let removed = map.remove(&field);
                    (removed, usize::from(removed))
                };
                let removed =
                    self.keys(db, false).change(&name(key), Event::hash("hset"), change).ok();
                assert_eq!(removed, self.model.remove_field(db, &name(key), &field));
            }
            Operation::Flush { db } => {
                self.keyspace.flush(db);
                self.model.entries.retain(|(other, _), _| *other != db);
            }
            Operation::Grow { db, key, by } => {
                let grown = self.keys(db, false).replace::<Text, _, CommandError>(
                    &name(key),
                    Event::SET,
                    |old| grown(old, by),
                );
                assert_eq!(grown.is_ok(), self.model.grow(db, &name(key), by));
            }
            Operation::Swap => {
                self.keyspace.swap(0, 1, self.model.now_ms);
                let swapped = std::mem::take(&mut self.model.entries).into_iter();
                let swapped = swapped.map(|((db, key), entry)| ((1 - db, key), entry));
                self.model.entries = swapped.collect();
            }
            Operation::Sweep { max } => {
                let removed = self.keyspace.sweep(self.model.now_ms, max);
                assert_eq!(removed, self.model.sweep(max));
            }
            Operation::Squeeze { policy, percent } => {
                self.squeeze(Policy::NAMES[policy].1, percent)
            }
            Operation::Advance { ms } => self.model.now_ms += ms,
            _ => unreachable!("it is one of the frequent ones"),
        }
    }

    /// Lets the data take so many per cent of what it takes, once.
    fn squeeze(&mut self, policy: Policy, percent: usize) {
        let bytes = (self.keyspace.used_bytes() * percent / 100).max(1);
        self.keyspace.set_limit(Limit { bytes, policy });
        let evicted_before = self.keyspace.counters().evicted;
        let room = self.keyspace.evict(usize::MAX);
        assert_eq!(room == Eviction::Enough, self.keyspace.used_bytes() <= bytes);
        let evicted = (self.keyspace.counters().evicted - evicted_before) as usize;
        let stayed = self.all_keys();
        let removed = self.model.entries.keys().filter(|place| !stayed.contains(place));
        let removed = removed.cloned().collect();
        self.model.evict(policy, evicted, &removed);
        let may_go = |entry: &Entry| match policy {
            Policy::NoEviction => false,
            policy => !policy.is_volatile() || entry.deadline_ms.is_some(),
        };
        let is_one_left = self.model.entries.values().any(may_go);
        assert!(room == Eviction::Enough || !is_one_left, "all candidates were evicted");
        // The order is kept for the next time.
        self.keyspace.set_limit(Limit { bytes: usize::MAX, policy });
    }

    /// Every key with its database, the expired ones included.
    fn all_keys(&mut self) -> HashSet<(usize, Vec<u8>)> {
        let mut found = HashSet::new();
        for db in 0..DATABASES {
            // Before all deadlines nothing has expired.
            let keys = self.keyspace.keys(db, 0, true);
            keys.scan(0, usize::MAX, |key, _| {
                found.insert((db, key.to_vec()));
            });
        }
        found
    }

    fn compare(&mut self) {
        self.keyspace.check_invariants();
        let expected: HashSet<_> = self.model.entries.keys().cloned().collect();
        assert_eq!(self.all_keys(), expected);
        for db in 0..DATABASES {
            let len = self.model.entries.keys().filter(|(other, _)| *other == db).count();
            assert_eq!(self.keys(db, true).len(), len, "keys of database {db}");
        }
        let counters = self.keyspace.counters();
        let model = &self.model;
        assert_eq!(
            (counters.hits, counters.misses, counters.expired, counters.evicted),
            (model.hits, model.misses, model.expired, model.evicted)
        );
    }
}

fn config() -> ProptestConfig {
    // The failing sequence itself is printed; no file of seeds is kept.
    ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// Ensures that no sequence of operations shows a difference between keyspace and model.
    #[test]
    fn the_keyspace_is_its_model(operations in prop::collection::vec(operations(), 1..150)) {
        let keyspace = Keyspace::new(DATABASES);
        let model = Model { now_ms: 1_000_000, ..Model::default() };
        let mut pair = Pair { keyspace, model };
        for operation in &operations {
            pair.run(operation);
            pair.compare();
        }
    }
}
