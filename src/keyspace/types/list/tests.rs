//! Lists against a trivial model: a vector of byte strings.

use super::*;
use crate::keyspace::types::encoding::Encoding;
use fastrand::Rng;

/// A list and its model, changed together.
#[derive(Clone, Default)]
struct Twins {
    list: List,
    model: Vec<Vec<u8>>,
}

impl Twins {
    fn change(&mut self, random: &mut Rng, long: usize) {
        let (len, text) = (self.model.len(), element(random, long));
        let index = [0, len, random.usize(..=len)][random.usize(..3)];
        match random.u8(..12) {
            0..3 => {
                self.list.push_front(&text[..]);
                self.model.insert(0, text);
            }
            3..6 => {
                self.list.push_back(&text[..]);
                self.model.push(text);
            }
            6..8 => {
                self.list.insert(index, &text[..]);
                self.model.insert(index, text);
            }
            8 => {
                assert_eq!(self.list.set(index, &text[..]), index < len);
                if let Some(old) = self.model.get_mut(index) {
                    *old = text;
                }
            }
            9 | 10 => {
                let end = len.min(index + random.usize(..4));
                assert_eq!(self.list.remove_range(index..end), end - index);
                self.model.drain(index..end);
            }
            _ => self.remove_matching(random, &text),
        }
    }

    fn remove_matching(&mut self, random: &mut Rng, text: &[u8]) {
        let (max, from_back) = (random.usize(..4), random.bool());
        let matches = self.model.iter().enumerate().filter(|(_, other)| *other == text);
        let mut found: Vec<usize> = matches.map(|(index, _)| index).collect();
        if from_back {
            found.reverse();
        }
        found.truncate(max);
        found.sort_unstable();
        assert_eq!(self.list.remove_matching(text, max, from_back), found.len());
        for index in found.into_iter().rev() {
            self.model.remove(index);
        }
    }

    /// Compares everything that can be read, and checks all invariants.
    fn check(&self, random: &mut Rng) {
        self.list.check_invariants();
        let len = self.model.len();
        assert_eq!(self.list.len(), len);
        let texts = |iter: Iter<'_>| iter.map(|element| element.to_vec()).collect::<Vec<_>>();
        assert_eq!(texts(self.list.iter(0..len)), self.model);
        let (start, end) = (random.usize(..=len), random.usize(..=len));
        let range = start.min(end)..start.max(end);
        assert_eq!(texts(self.list.iter(range.clone())), self.model[range.clone()]);
        let mut reversed: Vec<_> =
            self.list.iter(range.clone()).rev().map(|e| e.to_vec()).collect();
        reversed.reverse();
        assert_eq!(reversed, self.model[range.clone()]);
        let mut both = self.list.iter(range.clone());
        let mut model = self.model[range].iter();
        while let Some(element) = both.next() {
            assert!(element.is(model.next().expect("as many")));
            assert_eq!(both.next_back().map(|e| e.to_vec()), model.next_back().cloned());
        }
        for index in (0..len).step_by(7) {
            assert_eq!(self.list.get(index).map(|e| e.to_vec()).as_ref(), self.model.get(index));
        }
        assert!(self.list.get(len).is_none());
        let listpack: usize = self.model.iter().map(|text| listpack_bytes_of(text)).sum();
        assert_eq!(self.list.listpack_bytes(), 7 + listpack);
    }
}

/// A text that is often the same, sometimes a number or empty, and up to `long` bytes.
fn element(random: &mut Rng, long: usize) -> Vec<u8> {
    match random.u8(..20) {
        0 => Vec::new(),
        1..5 => random.i64(-200..5_000).to_string().into_bytes(),
        5 => vec![b'x'; random.usize(..=long)],
        6 => vec![b'y'; [253, 254, 255, 256, 1024, 1025][random.usize(..6)].min(long)],
        _ => format!("element:{}", random.u8(..60)).into_bytes(),
    }
}

/// Ensures that random changes give what a vector gives, with short and long elements, and that a
/// clone keeps what it saw.
#[test]
fn random_changes_match_a_vector() {
    for seed in 0..16 {
        println!("seed {seed}");
        let mut random = Rng::with_seed(seed);
        let long = [20, 300, 3_000, 20_000][seed as usize % 4];
        let mut twins = Twins::default();
        let mut before = twins.clone();
        for step in 0..3_000 {
            twins.change(&mut random, long);
            match step % 300 {
                0 => twins.check(&mut random),
                100 => before = twins.clone(),
                250 => before.check(&mut random),
                299 if step % 900 == 899 => {
                    // Down to a block, or nearly.
                    let len = twins.model.len();
                    let start = random.usize(..=len.saturating_sub(40));
                    let range = start..len.min(start + random.usize(..60));
                    twins.list.trim(range.clone());
                    twins.model = twins.model[range].to_vec();
                    twins.check(&mut random);
                }
                _ => {}
            }
        }
        twins.check(&mut random);
    }
}

/// Ensures that a queue, in either direction, gives back what was put in, in order, and no
/// memory is left behind.
#[test]
fn queues_keep_the_order_and_no_memory() {
    for is_forward in [true, false] {
        let mut list = List::new();
        let (mut put, mut got) = (0_u32, 0_u32);
        for phase in 0..6 {
            let (puts, gets) = if phase % 2 == 0 { (5_000, 1_000) } else { (500, 6_000) };
            for _ in 0..puts {
                let text = format!("job:{put}").into_bytes();
                put += 1;
                if is_forward { list.push_back(&text[..]) } else { list.push_front(&text[..]) }
            }
            for _ in 0..gets.min(list.len()) {
                let index = if is_forward { 0 } else { list.len() - 1 };
                let text = list.get(index).map(|element| element.to_vec());
                assert_eq!(text, Some(format!("job:{got}").into_bytes()));
                got += 1;
                list.remove_range(index..index + 1);
            }
            list.check_invariants();
        }
        list.trim(0..0);
        assert_eq!((list.len(), list.heap_bytes()), (0, 0));
    }
}

/// Ensures that many short elements take hardly more than their bytes, however they came.
#[test]
fn many_elements_take_little_more_than_their_bytes() {
    let text = |number: u32| format!("element:{number:06}").into_bytes();
    for from_back in [true, false] {
        let mut list = List::new();
        for number in 0..50_000 {
            match from_back {
                true => list.push_back(&text(number)[..]),
                false => list.push_front(&text(number)[..]),
            }
        }
        list.check_invariants();
        let bytes = list.heap_bytes() as f64 / 50_000.0;
        assert!(bytes < 15.8, "{bytes} bytes for an element of 14");
    }
}

/// Ensures that a long element is moved to another list by reference.
#[test]
fn long_elements_are_shared() {
    let mut source = List::new();
    source.push_back(&[7; 5_000]);
    let mut target = List::new();
    target.push_front(source.get(0).expect("the element"));
    let shared = |list: &List| list.get(0).and_then(|e| e.shared().cloned()).expect("shared");
    assert!(Arc::ptr_eq(&shared(&source), &shared(&target)));
    let popped = source.pop_back().expect("the element");
    target.push_back(&popped);
    assert!(matches!(&popped, Key::Shared(bytes) if Arc::ptr_eq(bytes, &shared(&target))));
    assert_eq!((source.len(), target.pop_front().map(|key| key.len())), (0, Some(5_000)));
}

/// Ensures that LREM in a clone's original copies only chunks that have a match.
#[test]
fn all_matches_go_in_one_pass() {
    let mut list = List::new();
    for number in 0..40_000 {
        list.push_back(if number % 2 == 0 { b"even" } else { &b"odd!"[..] });
    }
    let before = list.clone();
    assert_eq!(list.remove_matching(b"even", usize::MAX, true), 20_000);
    assert_eq!(list.remove_matching(b"even", usize::MAX, false), 0);
    list.check_invariants();
    assert!(list.iter(0..20_000).all(|element| element.is(b"odd!")));
    assert_eq!((before.len(), list.len()), (40_000, 20_000));
    before.check_invariants();
    assert!(list.heap_bytes() < before.heap_bytes() * 3 / 4);
}

/// Ensures that the name of the encoding changes where it does in Redis.
#[test]
fn the_encoding_follows_the_setting() {
    let grown = |setting: i32, count: usize, text: &[u8]| {
        let mut list = List::new();
        for _ in 0..count {
            list.will_grow(setting, text.len(), 1);
            list.push_back(text);
        }
        list
    };
    assert_eq!(grown(3, 3, b"a").encoding(), Encoding::Listpack);
    let mut list = grown(3, 4, b"a");
    assert!(list.encoding() == Encoding::Quicklist);
    list.remove_range(0..2);
    list.has_shrunk(3);
    assert!(list.encoding() == Encoding::Quicklist, "two are more than half of three");
    list.remove_range(0..1);
    list.has_shrunk(3);
    assert_eq!(list.encoding(), Encoding::Listpack);
    // An element of 100 bytes takes 103 in a listpack: 79 of them fit in 8 KiB.
    assert_eq!(grown(-2, 79, &[b'x'; 100]).encoding(), Encoding::Listpack);
    assert!(grown(-2, 80, &[b'x'; 100]).encoding() == Encoding::Quicklist);
    assert_eq!(grown(-2, 2_000, b"1").encoding(), Encoding::Listpack);
    assert!(grown(0, 2, b"a").encoding() == Encoding::Quicklist);
    assert!(
        grown(5_000, 100, &[b'x'; 100]).encoding() == Encoding::Quicklist,
        "a limit of elements has one of bytes"
    );
}

/// Ensures that a list costs an entry as little as a string does.
#[test]
fn a_list_takes_five_words() {
    assert!(size_of::<List>() <= 40, "{} bytes", size_of::<List>());
}
