//! Sets against the standard library's.

use super::*;
use crate::keyspace::types::encoding::Listpack;
use std::collections::{BTreeSet, HashMap};

type Model = BTreeSet<Vec<u8>>;

fn names() -> SetNames {
    SetNames::default()
}

fn contents(set: &Set) -> Model {
    set.iter().map(|member| member.to_vec()).collect()
}

fn check(set: &Set, model: &Model, seed: u64) {
    set.check_invariants();
    assert_eq!(set.len(), model.len(), "seed {seed}");
    assert_eq!(contents(set), *model, "seed {seed}");
}

fn text(number: usize, is_integer: bool) -> Vec<u8> {
    match (is_integer, number % 50) {
        // Far from each other, at the ends of the range, and negative.
        (true, 0) => (i64::MAX - number as i64).to_string(),
        (true, 1) => (i64::MIN + number as i64).to_string(),
        (true, _) => (number as i64 - 40).to_string(),
        (false, 0) => format!("{number:0>100}"),
        (false, _) => format!("member:{number}"),
    }
    .into_bytes()
}

fn filled(members: impl Iterator<Item = Vec<u8>>) -> Set {
    let mut set = Set::new();
    members.for_each(|member| _ = set.add(&member[..], names()));
    set
}

/// Ensures that a set does what a set does, in all forms and from each to the next.
#[test]
fn random_changes_are_those_of_a_set() {
    for seed in 1..=12 {
        let mut rng = Rng::with_seed(seed);
        let range = [20, 300, 900, 3_000][seed as usize % 4];
        let (mut set, mut model) = (Set::new(), Model::new());
        let mut image = (set.clone(), model.clone());
        for round in 0..4_000 {
            // Integers only for the first half.
            let is_integer = round < 2_000 || rng.bool();
            let member = text(rng.usize(..range), is_integer);
            match rng.u8(..10) {
                0..5 => assert_eq!(set.add(&member[..], names()), model.insert(member)),
                5..7 => assert_eq!(set.remove(&member), model.remove(&member)),
                7 => assert_eq!(set.contains(&member), model.contains(&member)),
                8 => match set.pop_random(&mut rng) {
                    Some(member) => assert!(model.remove(&*member), "seed {seed}"),
                    None => assert!(model.is_empty()),
                },
                _ => {
                    let place = rng.usize(..=set.len());
                    let found = set.at(place).map(|member| member.to_vec());
                    assert_eq!(found, set.iter().nth(place).map(|member| member.to_vec()));
                }
            }
            if round % 50 == 0 || range <= 20 {
                check(&set, &model, seed);
            }
            if round % 700 == 0 {
                check(&image.0, &image.1, seed);
                image = (set.clone(), model.clone());
            }
        }
        check(&set, &model, seed);
    }
}

/// Ensures that intersections, unions and differences are those of the standard library, for sets
/// of all forms and sizes.
#[test]
fn algebra_is_that_of_sets() {
    for seed in 1..=60 {
        let mut rng = Rng::with_seed(seed);
        let sets: Vec<Set> = (0..rng.usize(1..5))
            .map(|_| {
                let len_max = [10, 100, 600][rng.usize(..3)];
                let (len, range) = (rng.usize(..len_max), rng.usize(1..700));
                let is_integer = rng.bool();
                filled((0..len).map(|_| text(rng.usize(..range), is_integer)))
            })
            .collect();
        let sets: Vec<&Set> = sets.iter().collect();
        let models: Vec<Model> = sets.iter().map(|set| contents(set)).collect();
        let (first, others) = models.split_first().expect("a set");

        let mut found = Vec::new();
        intersection(&sets, usize::MAX, |member| found.push(member.to_vec()));
        let expected = others.iter().fold(first.clone(), |all, other| &all & other);
        assert_eq!(found.len(), expected.len(), "seed {seed}");
        assert_eq!(found.into_iter().collect::<Model>(), expected, "seed {seed}");
        let (mut count, limit) = (0, rng.usize(..10));
        intersection(&sets, limit, |_| count += 1);
        assert_eq!(count, expected.len().min(limit), "seed {seed}");

        let all = union(&sets, names());
        check(&all, &others.iter().fold(first.clone(), |all, other| &all | other), seed);

        let mut found = Vec::new();
        difference(sets[0], &sets[1..], |member| found.push(member.to_vec()));
        let expected = others.iter().fold(first.clone(), |all, other| &all - other);
        assert_eq!(found.len(), expected.len(), "seed {seed}");
        assert_eq!(found.into_iter().collect::<Model>(), expected, "seed {seed}");
    }
}

/// Ensures that the names follow Redis's thresholds, whatever the form, and never change back.
#[test]
fn names_are_those_of_redis() {
    let number = |number: usize| number.to_string().into_bytes();
    let mut set = filled((0..512).map(number));
    assert_eq!(set.encoding(), Encoding::Intset);
    assert_eq!(set.scan(0, 1, |_| {}), 0, "walked in one step");
    assert!(!set.add(b"7", names()) && set.add(b"512", names()));
    assert_eq!(set.encoding(), Encoding::Hashtable);
    assert!(set.scan(0, 1, |_| {}) != 0);

    let mut set = filled((0..127).map(number));
    set.add(b"word", names());
    assert_eq!(set.encoding().name(), "listpack");
    assert!(set.remove(b"word"));
    assert_eq!(set.encoding().name(), "listpack", "never back");
    set.add(b"a", names());
    assert_eq!(set.encoding().name(), "listpack");
    set.add(b"b", names());
    assert_eq!(set.encoding().name(), "hashtable");

    let mut set = filled((0..128).map(number));
    set.add(b"word", names());
    assert_eq!(set.encoding().name(), "hashtable");
    assert_eq!(filled([vec![b'x'; 65]].into_iter()).encoding().name(), "hashtable");

    // Redis 7.0 knows no listpacks of sets.
    let old = SetNames { listpack: Listpack { entries_max: 0, text_bytes_max: 0 }, ..names() };
    let mut set = Set::new();
    set.add(b"1", old);
    assert_eq!(set.encoding().name(), "intset");
    set.add(b"a", old);
    assert_eq!(set.encoding().name(), "hashtable");
}

/// Ensures that what SADD is about to add counts for the name, as in Redis.
#[test]
fn expected_members_count_for_the_name() {
    for (first, expected, name) in [
        (b"1", 512, "intset"),
        (b"1", 513, "hashtable"),
        (b"a", 128, "listpack"),
        (b"a", 129, "hashtable"),
    ] {
        let mut set = Set::expecting(first, expected, names());
        set.add(first, names());
        assert_eq!(set.encoding().name(), name, "{expected}");
    }
    let mut set = filled([b"1".to_vec()].into_iter());
    set.expect(512, names());
    assert_eq!(set.encoding(), Encoding::Intset);
    set.expect(513, names());
    assert_eq!(set.encoding(), Encoding::Hashtable);
}

/// Ensures that each member is drawn, and popped, about equally often in every form.
#[test]
fn draws_are_uniform() {
    let mut rng = Rng::with_seed(9);
    for (len, is_integer) in [(7, true), (7, false), (1_300, false)] {
        let set = filled((0..len).map(|number| text(number, is_integer)));
        let mut drawn: HashMap<Vec<u8>, usize> = HashMap::new();
        for _ in 0..100 * len {
            *drawn.entry(set.random(&mut rng).expect("a member").to_vec()).or_default() += 1;
        }
        for _ in 0..if len < 10 { 100 * len } else { 0 } {
            let mut rest = set.clone();
            *drawn.entry(rest.pop_random(&mut rng).expect("a member").to_vec()).or_default() += 1;
        }
        assert_eq!(drawn.len(), len);
        let times = if len < 10 { 200 } else { 100 };
        assert!(drawn.values().all(|drawn| drawn.abs_diff(times) < times / 2), "{drawn:?}");
    }
}

/// Ensures that a clone costs nothing, and a change of either one segment.
#[test]
fn a_change_under_a_snapshot_copies_one_segment() {
    let mut set = filled((0..20_000).map(|number| text(number, false)));
    let image = set.clone();
    let (shared, segments) = set.shared_with(&image);
    assert_eq!(shared, segments);
    assert!(!set.add(b"member:7", names()) && !set.remove(b"none"));
    assert_eq!(set.shared_with(&image).0, segments, "no change, no copy");
    assert!(set.remove(b"member:7"));
    assert_eq!(set.shared_with(&image).0, segments - 1);
    assert!(image.contains(b"member:7"));
}

/// Ensures that small sets take what their bytes need.
#[test]
fn small_sets_are_small() {
    assert_eq!(size_of::<Set>(), 40);
    for (len, is_integer, bytes_max) in
        [(3, true, 0), (10, true, 0), (48, true, 64), (3, false, 0), (10, false, 96)]
    {
        let set = filled((2..2 + len).map(|number| text(number, is_integer)));
        assert!(set.heap_bytes() <= bytes_max, "{len}: {}", set.heap_bytes());
    }
}
