//! Hashes against the standard library's map.

use super::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

const NAMES: Listpack = Listpack::OF_HASHES;

fn contents(hash: &Hash) -> Model {
    hash.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect()
}

fn check(hash: &Hash, model: &Model, seed: u64) {
    hash.check_invariants();
    assert_eq!(hash.len(), model.len(), "seed {seed}");
    assert_eq!(contents(hash), *model, "seed {seed}");
}

fn random_text(rng: &mut Rng, long: usize) -> Vec<u8> {
    match rng.u8(..20) {
        0..8 => rng.i32(-300..300).to_string().into_bytes(),
        8..19 => format!("text:{}", rng.u16(..)).into_bytes(),
        _ => vec![b'x'; rng.usize(..long)],
    }
}

/// Ensures that a hash does what a map does: small ones, ones that become large by their fields or
/// by a long value, and ones that become small again.
#[test]
fn random_changes_are_those_of_a_map() {
    for seed in 1..=12 {
        let mut rng = Rng::with_seed(seed);
        // Of few fields, of about as many as a block has room for, of many.
        let fields = [20, 200, 3_000][seed as usize % 3];
        let long = if seed % 2 == 0 { 70 } else { 1_200 };
        let (mut hash, mut model) = (Hash::new(), Model::new());
        let mut image = (hash.clone(), model.clone());
        for round in 0..4_000 {
            let field = format!("f{}", rng.usize(..fields)).into_bytes();
            let value = random_text(&mut rng, long);
            match rng.u8(..10) {
                0..4 => {
                    let is_new = hash.set(&field, &value, NAMES);
                    assert_eq!(is_new, model.insert(field.clone(), value.clone()).is_none());
                    assert_eq!(hash.get(&field).map(|found| found.to_vec()), Some(value));
                }
                4 => {
                    let is_new = hash.insert(&field, Key::new(&value), NAMES);
                    assert_eq!(is_new, model.insert(field, value).is_none());
                }
                5..8 => assert_eq!(hash.remove(&field), model.remove(&field).is_some()),
                8 => {
                    assert_eq!(hash.contains(&field), model.contains_key(&field));
                    let found = hash.get(&field).map(|value| value.to_vec());
                    assert_eq!(found.as_ref(), model.get(&field));
                }
                _ => {
                    let place = rng.usize(..=hash.len());
                    let found =
                        hash.at(place).map(|(field, value)| (field.to_vec(), value.to_vec()));
                    assert_eq!(
                        found,
                        hash.iter().nth(place).map(|(f, v)| (f.to_vec(), v.to_vec()))
                    );
                }
            }
            if round % 50 == 0 || fields <= 20 {
                check(&hash, &model, seed);
            }
            if round % 700 == 0 {
                check(&image.0, &image.1, seed);
                image = (hash.clone(), model.clone());
            }
        }
        check(&hash, &model, seed);
    }
}

/// Ensures that the fields of a small hash keep the order in which they were first set.
#[test]
fn a_small_hash_keeps_the_order_of_insertion() {
    let mut hash = Hash::new();
    for field in [b"c", b"a", b"b", b"7"] {
        assert!(hash.set(field, b"1", NAMES));
    }
    assert!(!hash.set(b"a", b"a longer value than before", NAMES));
    assert!(hash.remove(b"c") && !hash.remove(b"c"));
    assert!(hash.set(b"c", b"2", NAMES));
    let names: Vec<Vec<u8>> = hash.iter().map(|(field, _)| field.to_vec()).collect();
    assert_eq!(names, [b"a", b"b", b"7", b"c"]);
}

/// Ensures that the names follow Redis's thresholds, whatever the form, and never change back.
#[test]
fn names_are_those_of_redis() {
    let field = |number: usize| format!("f{number}").into_bytes();
    let mut hash = Hash::new();
    (0..512).for_each(|number| assert!(hash.set(&field(number), b"v", NAMES)));
    assert_eq!(hash.encoding().name(), "listpack");
    assert!(matches!(hash.form(), Form::Large(_)));
    assert_eq!(hash.scan(0, 1, |_, _| {}), 0, "a listpack is walked in one step");
    hash.set(b"one more", b"v", NAMES);
    assert_eq!(hash.encoding().name(), "hashtable");
    (1..512).for_each(|number| assert!(hash.remove(&field(number))));
    assert_eq!(hash.encoding().name(), "hashtable");

    let few = Listpack { entries_max: 2, text_bytes_max: 5 };
    let mut hash = Hash::new();
    hash.set(b"a", b"12345", few);
    hash.set(b"b", b"1", few);
    assert_eq!(hash.encoding().name(), "listpack");
    let mut other = hash.clone();
    hash.set(b"c", b"1", few);
    other.set(b"a", b"123456", few);
    for mut hash in [hash, other] {
        assert!(matches!(hash.form(), Form::Small(_)));
        assert_eq!(hash.encoding().name(), "hashtable");
        assert!(hash.remove(b"a") && hash.remove(b"b"));
        assert_eq!(hash.encoding().name(), "hashtable");
    }
}

/// Ensures that each field is drawn about equally often, from a small hash and a large one.
#[test]
fn draws_are_uniform() {
    let mut rng = Rng::with_seed(5);
    for fields in [7, 1_500] {
        let mut hash = Hash::new();
        (0..fields).for_each(|at: usize| _ = hash.set(format!("f{at}").as_bytes(), b"v", NAMES));
        let mut drawn: HashMap<Vec<u8>, usize> = HashMap::new();
        for _ in 0..100 * fields {
            let (field, _) = hash.random(&mut rng).expect("a field");
            *drawn.entry(field.to_vec()).or_default() += 1;
        }
        assert_eq!(drawn.len(), fields);
        // Five times the standard deviation.
        assert!(drawn.values().all(|times| (50..150).contains(times)), "{drawn:?}");
    }
    assert!(Hash::new().random(&mut rng).is_none());
}

/// Ensures that a walk over a hash that grows large meanwhile sees what was there.
#[test]
fn a_walk_survives_growth() {
    let mut hash = Hash::new();
    (0..2_000).for_each(|at| _ = hash.set(format!("f{at}").as_bytes(), b"v", NAMES));
    let (mut seen, mut cursor) = (BTreeSet::new(), 0);
    for round in 0.. {
        cursor = hash.scan(cursor, 10, |field, _| _ = seen.insert(field.to_vec()));
        if cursor == 0 {
            break;
        }
        (0..20).for_each(|at| _ = hash.set(format!("new:{round}:{at}").as_bytes(), b"v", NAMES));
    }
    assert!((0..2_000).all(|at| seen.contains(format!("f{at}").as_bytes())));
}

/// Ensures that a clone costs nothing, and a change of either one segment.
#[test]
fn a_change_under_a_snapshot_copies_one_segment() {
    let mut hash = Hash::new();
    (0..20_000).for_each(|at| _ = hash.set(format!("f{at}").as_bytes(), b"v", NAMES));
    let image = hash.clone();
    let (shared, segments) = hash.shared_with(&image);
    assert_eq!(shared, segments);
    assert!(!hash.remove(b"none"));
    assert_eq!(hash.shared_with(&image).0, segments);
    assert!(hash.remove(b"f7") && !hash.set(b"f8", b"w", NAMES));
    assert!(hash.shared_with(&image).0 >= segments - 2);
    assert!(image.contains(b"f7") && image.len() == 20_000);
}

/// Ensures that small hashes take what their bytes need.
#[test]
fn small_hashes_are_small() {
    assert_eq!(size_of::<Hash>(), 40);
    for (fields, bytes_max) in [(2, 0), (3, 48), (5, 80), (10, 176), (20, 368), (50, 976)] {
        let mut hash = Hash::new();
        (0..fields).for_each(|at| {
            hash.set(format!("field{at:03}").as_bytes(), b"value:xx", NAMES);
        });
        assert!(hash.heap_bytes() <= bytes_max, "{fields} fields: {}", hash.heap_bytes());
    }
}
