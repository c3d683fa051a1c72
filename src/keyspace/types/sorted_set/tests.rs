//! Sorted sets against a trivial model: a sorted list of pairs.

use super::*;
use fastrand::Rng;

/// Redis's default thresholds.
const NAMES: Listpack = Listpack::OF_SORTED_SETS;

type Pair = (f64, Vec<u8>);

/// A set and its model, changed together.
#[derive(Clone, Default)]
struct Twins {
    set: SortedSet,
    model: Vec<Pair>,
}

impl Twins {
    fn insert(&mut self, member: &[u8], score: f64) {
        let at = self.model.iter().position(|(_, other)| other == member);
        let old = at.map(|at| self.model[at].0);
        assert_eq!(self.set.insert(member, score, NAMES), old, "the old score");
        // Equal scores change nothing; −0.0 does not replace 0.0.
        if old == Some(score) {
            return;
        }
        if let Some(at) = at {
            self.model.remove(at);
        }
        let less = |(other, other_member): &Pair| {
            leaf::compare(*other, other_member, score, member).is_lt()
        };
        self.model.insert(self.model.partition_point(less), (score, member.to_vec()));
    }

    fn remove(&mut self, member: &[u8]) {
        let at = self.model.iter().position(|(_, other)| other == member);
        assert_eq!(self.set.remove(member), at.map(|at| self.model.remove(at).0));
    }

    fn remove_range(&mut self, range: Range<usize>) {
        let end = range.end.min(self.model.len());
        let start = range.start.min(end);
        let expected: Vec<Pair> = self.model.drain(start..end).collect();
        let mut removed = Vec::new();
        let count = self.set.remove_range(range, |member, score| {
            removed.push((score, member.to_vec()));
        });
        assert_eq!((count, removed), (expected.len(), expected));
    }

    /// Compares everything that can be read, and checks all invariants.
    fn check(&self) {
        self.set.check_invariants();
        let pairs = |iter: &mut dyn Iterator<Item = (Element<'_>, f64)>| -> Vec<Pair> {
            iter.map(|(member, score)| (score, member.to_vec())).collect()
        };
        let len = self.model.len();
        assert_eq!(self.set.len(), len);
        assert_eq!(pairs(&mut self.set.iter(0..len)), self.model);
        let mut reversed = pairs(&mut self.set.iter(0..len).rev());
        reversed.reverse();
        assert_eq!(reversed, self.model);
        for (rank, (score, member)) in self.model.iter().enumerate() {
            assert_eq!(self.set.rank(member), Some(rank));
            assert_eq!(self.set.score(member), Some(*score));
        }
    }

    /// Compares ranges with bounds near `score` and in the middle.
    fn check_ranges(&self, random: &mut Rng) {
        let mut bound = || ScoreBound {
            score: match random.u8(..8) {
                0 => f64::NEG_INFINITY,
                1 => f64::INFINITY,
                _ => f64::from(random.i8(-4..20)),
            },
            is_exclusive: random.bool(),
        };
        let (min, max) = (bound(), bound());
        let is_inside = |(score, _): &&Pair| !min.is_above(*score) && max.reaches(*score);
        let range = self.set.score_range(min, max);
        assert_eq!(range.len(), self.model.iter().filter(is_inside).count(), "{min:?} {max:?}");
        let is_below = |(score, _): &&Pair| min.is_above(*score);
        assert_eq!(range.start, self.model.iter().filter(is_below).count(), "{min:?} {max:?}");
        let mut left = self.set.iter(range.clone());
        assert_eq!(left.len(), range.len());
        // From both ends at once: every member comes once.
        let mut seen = 0;
        while let Some((_, first)) = left.next() {
            seen += 1;
            if let Some((_, last)) = left.next_back() {
                assert!(first <= last);
                seen += 1;
            }
        }
        assert_eq!(seen, range.len());
    }
}

/// A member that is often the same, sometimes a number, seldom long.
fn member(random: &mut Rng, names: usize) -> Vec<u8> {
    let name = random.usize(..names);
    match name % 50 {
        0 => format!("{name}").into_bytes(),
        1 => format!("{name:-<60}").into_bytes(),
        _ => format!("member:{name}").into_bytes(),
    }
}

/// A score with many ties, both zeros and both infinities.
fn score(random: &mut Rng) -> f64 {
    match random.u8(..20) {
        0 => f64::INFINITY,
        1 => f64::NEG_INFINITY,
        2 => 0.0,
        3 => -0.0,
        4 => 1e300,
        5..9 => random.f64() * 10.0,
        _ => f64::from(random.i8(-3..16)),
    }
}

/// Ensures that random changes give what a sorted list gives, at sizes around every limit, and
/// that a clone keeps what it saw.
#[test]
fn random_changes_match_a_sorted_list() {
    for seed in 0..12 {
        println!("seed {seed}");
        let mut random = Rng::with_seed(seed);
        let mut twins = Twins::default();
        let mut before = twins.clone();
        let names = [40, 200, 700, 3_000][seed as usize % 4];
        for step in 0..3_000 {
            // Rising phases and falling phases, so that forms and leaves come and go.
            let rises = step / 500 % 2 == 0;
            match random.u8(..10) {
                0..7 if rises => twins.insert(&member(&mut random, names), score(&mut random)),
                7 | 8 if rises => twins.remove(&member(&mut random, names)),
                0..5 => twins.remove(&member(&mut random, names)),
                5..8 => {
                    let start = random.usize(..=twins.model.len());
                    twins.remove_range(start..start + random.usize(..6));
                }
                _ => twins.insert(&member(&mut random, names), score(&mut random)),
            }
            match step % 300 {
                0 => twins.check(),
                100 => twins.check_ranges(&mut random),
                150 => before = twins.clone(),
                299 => before.check(),
                _ => {}
            }
        }
        twins.check();
    }
}

/// Ensures that scores that rise fill their leaves, and those that fall too.
#[test]
fn scores_that_rise_or_fall_fill_the_leaves() {
    for sign in [1.0, -1.0] {
        let mut set = SortedSet::new();
        for number in 0..20_000 {
            set.insert(format!("member:{number:07}").as_bytes(), sign * f64::from(number), NAMES);
        }
        set.check_invariants();
        let bytes = set.heap_bytes() / set.len();
        assert!(bytes <= 40, "{bytes} bytes a member");
    }
}

/// Ensures that two hundred thousand members are found, counted and removed, through blocks of
/// leaves that are split and merged.
#[test]
fn a_large_set_is_emptied_from_both_ends() {
    let mut set = SortedSet::new();
    let mut random = Rng::with_seed(5);
    for number in 0..60_000_u32 {
        let score = f64::from(number.wrapping_mul(2_654_435_761) >> 12);
        assert_eq!(set.insert(format!("m{number}").as_bytes(), score, NAMES), None);
    }
    set.check_invariants();
    let mut left = set.len();
    while left > 0 {
        let middle = random.usize(..=left);
        let ranges = [0..left.min(70), middle..left.min(middle + 900), left - left.min(3)..left];
        let count = set.remove_range(ranges[random.usize(..3)].clone(), |_, _| {});
        left -= count;
        assert_eq!(set.len(), left);
        if left.is_multiple_of(7) {
            set.check_invariants();
        }
    }
    assert!(set.is_packed() && set.heap_bytes() == 0, "an empty set holds nothing");
}

/// Ensures that lexicographical ranges are exact in both forms, with every kind of bound.
#[test]
fn lexicographical_ranges_are_exact() {
    for len in [20, 3_000] {
        let mut set = SortedSet::new();
        for number in 0..len {
            set.insert(format!("{number:05}").as_bytes(), 7.0, NAMES);
        }
        let range = |min: &str, max: &str| {
            let min = LexBound::parse(min.as_bytes()).expect("a bound");
            set.lex_range(min, LexBound::parse(max.as_bytes()).expect("a bound"))
        };
        assert_eq!(range("-", "+"), 0..len);
        assert_eq!(range("[00003", "[00006"), 3..7);
        assert_eq!(range("(00003", "(00006"), 4..6);
        assert_eq!(range("[00003a", "+"), 4..len);
        assert_eq!(range("+", "-").len(), 0);
        assert_eq!(range("[00006", "[00003").len(), 0);
        assert_eq!(range("-", "(00000").len(), 0);
    }
    assert_eq!(LexBound::parse(b"a"), None);
    assert_eq!(LexBound::parse(b""), None);
}

/// Ensures that lexicographical ranges of a set with different scores end, and stay inside.
#[test]
fn lexicographical_ranges_of_mixed_scores_stay_inside() {
    let mut random = Rng::with_seed(3);
    let mut twins = Twins::default();
    (0..2_000).for_each(|_| twins.insert(&member(&mut random, 5_000), score(&mut random)));
    for _ in 0..200 {
        let (min, max) = (member(&mut random, 5_000), member(&mut random, 5_000));
        let range = twins.set.lex_range(LexBound::Exclusive(&min), LexBound::Inclusive(&max));
        assert!(range.start <= range.end && range.end <= twins.model.len());
    }
}

/// Ensures that a walk by cursor sees every member that stays, while others come and go, and
/// answers with about as many as were asked for.
#[test]
fn a_scan_sees_every_member_that_stays() {
    let mut set = SortedSet::new();
    let mut random = Rng::with_seed(11);
    let name = |number: usize| format!("stays{number}");
    for number in 0..2_000 {
        set.insert(name(number).as_bytes(), number as f64, NAMES);
    }
    for grows in [true, false] {
        let mut seen = std::collections::HashSet::new();
        let mut cursor = 0;
        loop {
            let mut count = 0;
            cursor = set.scan(cursor, 10, |member, _| {
                seen.insert(member.to_vec());
                count += 1;
            });
            assert!(count <= 12, "{count} members in one step");
            for _ in 0..40 {
                let member = format!("comes{}", random.u32(..8_000)).into_bytes();
                match grows {
                    true => set.insert(&member, 5.5, NAMES),
                    false => set.remove(&member),
                };
            }
            if cursor == 0 {
                break;
            }
        }
        assert!((0..2_000).all(|number| seen.contains(name(number).as_bytes())));
        set.check_invariants();
    }
    assert_eq!(set.scan(u64::MAX, 10, |_, _| panic!("a cursor that never was")), 0);
}

/// Ensures that members of any length are kept, and that a change copies no long one.
#[test]
fn long_members_are_kept() {
    let mut random = Rng::with_seed(2);
    let mut twins = Twins::default();
    for step in 0..1_500 {
        let len = [3, 64, 65, 512, 513, 5_000][random.usize(..6)];
        let name = format!("{:0len$}", random.u32(..60));
        match random.bool() {
            true => twins.insert(name.as_bytes(), score(&mut random)),
            false => twins.remove(name.as_bytes()),
        }
        if step % 100 == 0 {
            twins.check();
        }
    }
    twins.check();
    let len = twins.model.len();
    twins.remove_range(0..len);
    assert!(twins.set.heap_bytes() < 4_000, "what is left of an emptied set");
}

/// Ensures that −0.0 and 0.0 are one score, and that infinities stand at the ends.
#[test]
fn zeros_are_equal_and_infinities_last() {
    for filler in [0, 200] {
        let mut set = SortedSet::new();
        for number in 0..filler {
            set.insert(format!("f{number}").as_bytes(), 5.0, NAMES);
        }
        set.insert(b"b", -0.0, NAMES);
        set.insert(b"a", 0.0, NAMES);
        set.insert(b"low", f64::NEG_INFINITY, NAMES);
        set.insert(b"high", f64::INFINITY, NAMES);
        assert_eq!(set.insert(b"b", 0.0, NAMES), Some(0.0), "no change");
        assert_eq!(set.rank(b"low"), Some(0));
        assert_eq!(set.rank(b"a"), Some(1));
        assert_eq!(set.rank(b"b"), Some(2));
        assert_eq!(set.rank(b"high"), Some(filler + 3));
        set.check_invariants();
    }
}

/// Ensures that the name of the encoding follows the settings, and never goes back.
#[test]
fn the_encoding_follows_the_settings() {
    let names = Listpack { entries_max: 3, text_bytes_max: 5 };
    let mut set = SortedSet::new();
    for member in [b"a", b"b", b"c"] {
        set.insert(member, 1.0, names);
    }
    set.insert(b"a", 2.0, names);
    assert_eq!(set.encoding(), Encoding::Listpack);
    set.insert(b"d", 1.0, names);
    assert_eq!(set.encoding(), Encoding::Skiplist);
    set.remove_range(0..3, |_, _| {});
    assert_eq!(set.encoding(), Encoding::Skiplist);
    let mut set = SortedSet::new();
    set.insert(b"longer", 1.0, names);
    assert_eq!(set.encoding(), Encoding::Skiplist);
    let mut set = SortedSet::new();
    let names = Listpack { entries_max: 1_000, text_bytes_max: 5 };
    for number in 0..1_000 {
        set.insert(format!("{number}").as_bytes(), 1.0, names);
    }
    assert_eq!((set.encoding(), set.is_packed()), (Encoding::Listpack, false));
    let mut seen = 0;
    assert_eq!(set.scan(0, 10, |_, _| seen += 1), 0, "a listpack is walked in one step");
    assert_eq!(seen, 1_000);
    set.remove_range(10..1_000, |_, _| {});
    assert_eq!((set.encoding(), set.is_packed()), (Encoding::Listpack, true));
    set.name_skiplist();
    assert_eq!(set.encoding(), Encoding::Skiplist);
    set.check_invariants();
}

/// Ensures that a set costs an entry as little as a string does.
#[test]
fn a_set_takes_five_words() {
    assert!(size_of::<SortedSet>() <= 40, "{} bytes", size_of::<SortedSet>());
}
