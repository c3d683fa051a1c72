//! The map against std's, and the memory that it takes.

use super::*;
use std::collections::BTreeMap;

type Small = PagedMap<u32, u32, 8>;

fn check(map: &Small, model: &BTreeMap<u32, u32>, key: u32) {
    map.check_invariants();
    assert!(map.iter().eq(model.iter()));
    assert!(map.iter_from(&key).eq(model.range(key..)));
    assert!(map.iter_back_from(&key).eq(model.range(..=key).rev()));
    assert_eq!(map.get(&key), model.get(&key));
    assert_eq!((map.first(), map.last()), (model.iter().next(), model.iter().next_back()));
}

/// Ensures that a map does what a tree of std does, and that clones stay as they were.
#[test]
fn a_map_is_a_map() {
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut map, mut model) = (Small::default(), BTreeMap::new());
        let mut before = (map.clone(), model.clone());
        for step in 0..600 {
            let key = random.u32(..if seed % 2 == 0 { 100 } else { 1_000 });
            match random.u8(..10) {
                0..4 => assert_eq!(map.insert(key, step), model.insert(key, step)),
                4 => {
                    // Rising keys.
                    let key = model.keys().next_back().map_or(0, |last| last + 1);
                    assert_eq!(map.insert(key, step), model.insert(key, step));
                }
                5..8 => assert_eq!(map.remove(&key), model.remove(&key), "seed {seed}"),
                8 if step % 50 == 0 => {
                    let count = random.usize(..=model.len());
                    let front = map.cut_front(count);
                    let at = model.keys().nth(count).copied();
                    let rest = at.map_or(BTreeMap::new(), |at| model.split_off(&at));
                    check(&front, &model, key);
                    model = rest;
                }
                8 => before = (map.clone(), model.clone()),
                _ => {
                    if let (Some(one), Some(two)) = (map.get_mut(&key), model.get_mut(&key)) {
                        (*one, *two) = (step, step);
                    }
                }
            }
            check(&map, &model, key);
            check(&before.0, &before.1, key);
        }
    }
}

/// Ensures that rising keys leave full pages, and that a few pairs take little memory.
#[test]
fn pages_are_full() {
    let mut map = PagedMap::<u64, u64, 64>::default();
    map.insert(0, 0);
    assert!(map.heap_bytes() < 400, "{} bytes", map.heap_bytes());
    for key in 0..10_000 {
        map.insert(key, key);
    }
    assert_eq!(map.pages.len(), 10_000_usize.div_ceil(64));
    assert!(map.heap_bytes() < 10_000 * 18, "{} bytes", map.heap_bytes());
    for key in 0..9_999 {
        map.remove(&key);
    }
    assert!(map.heap_bytes() < 600, "{} bytes", map.heap_bytes());
}
