//! Fields that expire, in a keyspace and in a trivial model of it, side by side: random operations,
//! and all indexes and accounts checked after each.

use fastrand::Rng;
use respool::keyspace::types::Listpack;
use respool::keyspace::{Event, Hash, Keyspace, Value};
use std::collections::BTreeMap;

/// Fields with their deadlines.
type Fields = BTreeMap<Vec<u8>, Option<u64>>;

const EVENT: Event = Event::NONE;

struct Pair {
    keyspace: Keyspace,
    model: BTreeMap<(usize, Vec<u8>), Fields>,
    now_ms: u64,
}

impl Pair {
    /// Removes from the model what has expired in one hash.
    fn expire(&mut self, place: &(usize, Vec<u8>)) {
        let now_ms = self.now_ms;
        let Some(fields) = self.model.get_mut(place) else { return };
        fields.retain(|_, deadline| deadline.is_none_or(|deadline| deadline > now_ms));
        if fields.is_empty() {
            self.model.remove(place);
        }
    }

    /// Changes a hash in both.
    fn change(
        &mut self,
        (db, key): &(usize, Vec<u8>),
        change: impl FnOnce(&mut Hash),
        same: impl FnOnce(&mut Fields),
    ) {
        let place = (*db, key.clone());
        self.expire(&place);
        let mut keys = self.keyspace.keys(*db, self.now_ms, false);
        let run = |hash: &mut Hash| {
            change(hash);
            ((), 1)
        };
        keys.change(key, EVENT, run).expect("there are only hashes");
        let fields = self.model.entry(place.clone()).or_default();
        same(fields);
        if fields.is_empty() {
            self.model.remove(&place);
        }
    }

    /// As COPY and RENAME do: the value goes along with its deadlines.
    fn copy(&mut self, place: &(usize, Vec<u8>), other: (usize, Vec<u8>)) {
        self.expire(place);
        self.expire(&other);
        let mut keys = self.keyspace.keys(place.0, self.now_ms, false);
        let copied = keys.read_entry(&place.1).map(|entry| entry.value.clone());
        if let Some(value @ Value::Hash(_)) = copied {
            let mut keys = self.keyspace.keys(other.0, self.now_ms, false);
            keys.set(&other.1, value, None, EVENT);
            let fields = self.model[place].clone();
            self.model.insert(other, fields);
        }
    }

    /// Compares a hash, which removes what has expired in it.
    fn compare(&mut self, place: &(usize, Vec<u8>), seed: u64) {
        self.expire(place);
        let mut keys = self.keyspace.keys(place.0, self.now_ms, false);
        let found = keys.read::<Hash>(&place.1).expect("there are only hashes");
        let found: Option<Fields> = found.map(|hash| {
            let fields = hash.iter().map(|(field, _)| field.to_vec());
            fields.map(|field| (field.clone(), hash.deadline_ms(&field))).collect()
        });
        assert_eq!(found.as_ref(), self.model.get(place), "seed {seed}: {place:?}");
    }
}

fn step(pair: &mut Pair, rng: &mut Rng, seed: u64) {
    let place = (rng.usize(..2), format!("key:{}", rng.usize(..6)).into_bytes());
    let fields = if rng.bool() { 4 } else { 200 };
    let field = format!("field:{}", rng.usize(..fields)).into_bytes();
    let deadline = rng.bool().then(|| pair.now_ms + rng.u64(1..60));
    match rng.u8(..16) {
        0..5 => pair.change(
            &place,
            |hash| {
                hash.set(&field, b"value", Listpack::OF_HASHES);
            },
            |fields| {
                fields.insert(field.clone(), None);
            },
        ),
        5..9 => pair.change(
            &place,
            |hash| {
                hash.set_deadline_ms(&field, deadline);
            },
            |fields| {
                if let Some(old) = fields.get_mut(&field) {
                    *old = deadline;
                }
            },
        ),
        9 => pair.change(
            &place,
            |hash| {
                hash.remove(&field);
            },
            |fields| {
                fields.remove(&field);
            },
        ),
        10 => {
            let other = (rng.usize(..2), format!("key:{}", rng.usize(..6)).into_bytes());
            pair.copy(&place, other);
        }
        11 => {
            let removed = pair.keyspace.keys(place.0, pair.now_ms, false).remove(&place.1, EVENT);
            pair.expire(&place);
            assert_eq!(removed, pair.model.remove(&place).is_some(), "seed {seed}");
        }
        12 => {
            pair.keyspace.sweep(pair.now_ms, rng.usize(..20));
        }
        13 => {
            while pair.keyspace.sweep(pair.now_ms, 7) > 0 {}
            let places: Vec<_> = pair.model.keys().cloned().collect();
            places.iter().for_each(|place| pair.expire(place));
            assert_eq!(pair.keyspace.len(), pair.model.len(), "seed {seed}: nothing is left over");
        }
        14 => {
            pair.keyspace.swap(0, 1, pair.now_ms);
            let swapped = std::mem::take(&mut pair.model).into_iter();
            pair.model = swapped.map(|((db, key), fields)| ((1 - db, key), fields)).collect();
        }
        _ => pair.now_ms += rng.u64(..20),
    }
    pair.compare(&place, seed);
}

/// Ensures that hashes have the fields that have not expired, in both, and that the indexes of
/// deadlines and the accounts agree with the data after every step.
#[test]
fn fields_expire_as_in_the_model() {
    for seed in 1..=20 {
        let mut rng = Rng::with_seed(seed);
        let mut pair =
            Pair { keyspace: Keyspace::new(2), model: BTreeMap::new(), now_ms: 1_000_000 };
        for _ in 0..600 {
            step(&mut pair, &mut rng, seed);
            pair.keyspace.check_invariants();
        }
    }
}
