//! The order of eviction over many segments and databases, compared with a plain list.

use respool::keyspace::{Event, Eviction, Keyspace, Value};
use respool::policy::{Limit, Policy};
use std::collections::{BTreeMap, HashMap};

/// A key with its database.
type Place = (usize, Vec<u8>);

/// The candidates by the number of their last use.
#[derive(Default)]
struct Order {
    by_use: BTreeMap<u64, Place>,
    last_use: HashMap<Place, u64>,
}

impl Order {
    fn forget(&mut self, place: &Place) {
        if let Some(number) = self.last_use.remove(place) {
            self.by_use.remove(&number);
        }
    }

    fn used(&mut self, place: Place, number: u64, is_candidate: bool) {
        self.forget(&place);
        if is_candidate {
            self.by_use.insert(number, place.clone());
            self.last_use.insert(place, number);
        }
    }

    fn pop_oldest(&mut self) -> Option<Place> {
        let (_, place) = self.by_use.pop_first()?;
        self.last_use.remove(&place);
        Some(place)
    }
}

/// Evicts one key, which must be the oldest.
fn evict_one(keyspace: &mut Keyspace, order: &mut Order, policy: Policy) {
    let bytes = keyspace.used_bytes() - 1;
    keyspace.set_limit(Limit { bytes, policy });
    assert_eq!(keyspace.evict(usize::MAX), Eviction::Enough);
    keyspace.set_limit(Limit { bytes: usize::MAX, policy });
    let (db, key) = order.pop_oldest().expect("one is left");
    assert!(keyspace.keys(db, 0, true).peek(&key).is_none(), "it was the oldest");
}

/// Uses, adds or removes a key, as `random` says, and returns whether it is there now.
fn work_on(keyspace: &mut Keyspace, (db, key): &Place, now_ms: u64, random: u64) -> bool {
    let mut keys = keyspace.keys(*db, now_ms, false);
    match random % 8 {
        0 => {
            keys.remove(key, Event::DEL);
            false
        }
        1..=3 => keys.read_entry(key).is_some(),
        kind => {
            let deadline = (kind > 4).then_some(1_000_000);
            keys.set(key, Value::string(b"value"), deadline, Event::SET);
            true
        }
    }
}

/// Ensures that eviction takes the keys of two databases and many segments in exactly the order of
/// their last use, with insertions, uses and removals before and in between.
#[test]
fn eviction_follows_the_exact_order_of_use() {
    const SEED: u64 = 5;
    const KEYS: u64 = 20_000;
    const STEPS: u64 = 200_000;
    for policy in [Policy::AllKeysLru, Policy::VolatileLru] {
        let mut keyspace = Keyspace::new(2);
        keyspace.set_limit(Limit { bytes: usize::MAX, policy });
        let mut order = Order::default();
        let mut rng = fastrand::Rng::with_seed(SEED);
        for step in 0..STEPS {
            let random = rng.u64(..);
            let place = ((random % 3 / 2) as usize, (random % KEYS).to_string().into_bytes());
            if work_on(&mut keyspace, &place, step / 1_000, random >> 32) {
                let entry =
                    keyspace.keys(place.0, 0, true).peek(&place.1).map(|e| e.expires_at_ms());
                let deadline = entry.expect("it was used");
                order.used(place, step, policy == Policy::AllKeysLru || deadline.is_some());
            } else {
                order.forget(&place);
            }
            if step % 7 == 0 && !order.by_use.is_empty() {
                evict_one(&mut keyspace, &mut order, policy);
            }
            if step % 20_000 == 0 {
                keyspace.check_invariants();
            }
        }
        while !order.by_use.is_empty() {
            evict_one(&mut keyspace, &mut order, policy);
        }
        let evicted = keyspace.counters().evicted;
        assert!(evicted > 30_000, "{evicted} keys under {policy:?}");
        keyspace.check_invariants();
    }
}
