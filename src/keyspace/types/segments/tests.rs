//! The segmented table against the standard library's.

use super::*;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn name(number: usize) -> Vec<u8> {
    // Some are longer than what fits in place.
    match number % 7 {
        0 => format!("a much longer name of a field, {number}").into_bytes(),
        _ => format!("field:{number}").into_bytes(),
    }
}

fn insert(table: &mut Segments<Key>, model: &mut Model, name: Vec<u8>, value: Vec<u8>) {
    let before = table.insert(&name, Key::new(&value));
    assert_eq!(before.as_deref(), model.insert(name, value).as_deref());
}

fn remove(table: &mut Segments<Key>, model: &mut Model, name: &[u8]) {
    let removed = table.remove(name).map(|entry| entry.value.to_vec());
    assert_eq!(removed, model.remove(name));
}

fn check(table: &Segments<Key>, model: &Model) {
    table.check_invariants();
    assert_eq!(table.len(), model.len());
    let all: Model =
        table.iter().map(|entry| (entry.name.to_vec(), entry.value.to_vec())).collect();
    assert_eq!(all, *model);
}

fn filled(len: usize) -> (Segments<Key>, Model) {
    let (mut table, mut model) = (Segments::new(), Model::new());
    (0..len).for_each(|at| insert(&mut table, &mut model, name(at), at.to_string().into_bytes()));
    (table, model)
}

/// Ensures that the table does what a map does while it grows over many segments and shrinks.
#[test]
fn random_changes_are_those_of_a_map() {
    for seed in 1..=3 {
        let mut rng = Rng::with_seed(seed);
        let (mut table, mut model) = (Segments::new(), Model::new());
        let mut largest = 0;
        for round in 0..40_000 {
            // Growing up to the middle, then shrinking.
            let grows = rng.u8(..10) < if round < 20_000 { 7 } else { 2 };
            let name = name(rng.usize(..20_000));
            match grows {
                true => insert(&mut table, &mut model, name, vec![b'v'; rng.usize(..40)]),
                false if rng.bool() => remove(&mut table, &mut model, &name),
                false if table.is_empty() => {}
                false => {
                    let rank = rng.usize(..table.len());
                    let found = table.at(rank).cloned().expect("an entry");
                    assert_eq!(table.remove_at(rank), Some(found.clone()), "seed {seed}");
                    assert_eq!(model.remove(&*found.name).as_deref(), Some(&*found.value));
                }
            }
            assert_eq!(table.len(), model.len(), "seed {seed}");
            largest = largest.max(table.segment_count());
            if round % 2_000 == 0 {
                check(&table, &model);
            }
        }
        check(&table, &model);
        assert!(largest > 10 && table.segment_count() < largest / 2, "seed {seed}: {largest}");
        for name in model.clone().keys() {
            remove(&mut table, &mut model, name);
        }
        check(&table, &model);
        assert_eq!(table.segment_count(), 1);
    }
}

/// Ensures that a walk sees every entry that stays exactly once, whatever comes and goes
/// meanwhile, and however often segments are split and merged.
#[test]
fn a_walk_sees_all_that_stays() {
    for seed in 1..=4 {
        let mut rng = Rng::with_seed(seed);
        // Every third one stays.
        let (mut table, mut model) = filled(12_000);
        let (mut seen, mut cursor, mut steps) = (BTreeSet::new(), 0, 0);
        let splits_before = table.segment_count();
        loop {
            let count = rng.usize(1..200);
            let mut given = 0;
            cursor = table.scan(cursor, count, |entry| {
                given += 1;
                let is_new = seen.insert(entry.name.to_vec());
                assert!(is_new, "seed {seed}: {:?} twice", entry.name);
            });
            assert!(given >= count || cursor == 0, "seed {seed}: {given} of {count}");
            assert!(given < count + 3, "seed {seed}: {given} instead of {count}");
            if cursor == 0 {
                break;
            }
            for _ in 0..rng.usize(..800) {
                let number = rng.usize(..if seed % 2 == 0 { 40_000 } else { 12_000 });
                match (seed % 2 == 0, number % 3) {
                    (_, 0) => {}
                    (true, _) => insert(&mut table, &mut model, name(number), b"new".to_vec()),
                    (false, _) => {
                        remove(&mut table, &mut model, &name(number));
                        // It may come back and be seen again.
                        seen.remove(&name(number));
                    }
                }
            }
            steps += 1;
        }
        check(&table, &model);
        assert_ne!(table.segment_count(), splits_before, "seed {seed}");
        assert!((0..12_000).step_by(3).all(|number| seen.contains(&name(number))), "seed {seed}");
        assert!(steps > 50);
    }
}

/// Ensures that any cursor is accepted, even one that no call has returned.
#[test]
fn strange_cursors_are_positions_too() {
    let (table, model) = filled(3_000);
    for cursor in [1, 77, (1 << POSITION_BITS) - 1, 1 << POSITION_BITS, u64::MAX] {
        let mut seen = 0;
        table.scan(cursor, usize::MAX, |_| seen += 1);
        assert!(seen <= model.len());
    }
}

/// Ensures that a clone keeps what it held, and that a change afterwards copies one segment.
#[test]
fn a_change_copies_one_segment() {
    let (mut table, mut model) = filled(50_000);
    let (image, model_before) = (table.clone(), model.clone());
    let segments = table.segment_count();
    assert_eq!(table.shared_with(&image), segments, "a clone copies none");
    remove(&mut table, &mut model, b"never there");
    assert!(!table.add(&name(7), Key::new(b"other")));
    assert_eq!(table.shared_with(&image), segments, "what is not there needs no copy");
    insert(&mut table, &mut model, name(1), b"changed".to_vec());
    assert_eq!(table.shared_with(&image), segments - 1);
    insert(&mut table, &mut model, name(1), b"again".to_vec());
    assert_eq!(table.shared_with(&image), segments - 1, "copied once only");
    for number in 0..20_000 {
        remove(&mut table, &mut model, &name(number));
        insert(&mut table, &mut model, name(100_000 + 2 * number), b"new".to_vec());
    }
    check(&image, &model_before);
    check(&table, &model);
}

/// Ensures that entries which come in the order of another table's walk spread over all segments.
#[test]
fn the_order_of_a_walk_is_no_order_elsewhere() {
    let (table, _) = filled(30_000);
    let mut other = Segments::<()>::new();
    let mut longest = 0;
    table.scan(0, usize::MAX, |entry| {
        assert!(other.add(&entry.name, ()));
        let lens = other.chunks.iter().flat_map(|chunk| &chunk.lens);
        longest = longest.max(lens.copied().max().unwrap_or(0));
    });
    assert_eq!(other.len(), 30_000);
    assert!(longest < 3 * limits::VALUE_SEGMENT_MEAN as u32, "{longest} entries in a segment");
}
