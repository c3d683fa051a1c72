//! Streams against a trivial model.

use super::*;
use crate::keyspace::types::element::Element;
use std::collections::BTreeMap;

type Words = Vec<Vec<u8>>;

/// A stream and its model, changed together.
#[derive(Clone, Default)]
struct Twins {
    stream: Stream,
    entries: BTreeMap<Id, Words>,
    /// Pending entries: of whom, and how often delivered.
    pending: BTreeMap<Id, (u8, u64)>,
    last: Id,
    added: u64,
}

const SIZES: StreamNodes = StreamNodes { bytes_max: 400, entries_max: 12 };

fn text(random: &mut fastrand::Rng) -> Vec<u8> {
    match random.u8(..20) {
        0 => vec![b'l'; random.usize(1_000..1_100)],
        1 => Vec::new(),
        2..8 => random.i64(..).to_string().into(),
        _ => vec![b'v'; random.usize(..9)],
    }
}

impl Twins {
    fn append(&mut self, random: &mut fastrand::Rng) {
        let id = match random.u8(..4) {
            0 => Id::new(self.last.ms, self.last.sequence + random.u64(1..4)),
            1 => Id::new(self.last.ms + random.u64(1..100_000), random.u64(..3)),
            _ => Id::new(self.last.ms + 1, 0),
        };
        let names: &[&[u8]] = match random.u8(..9) {
            0 => &[b"name", b"1"],
            1 => &[b"other"],
            _ => &[b"name"],
        };
        let words: Words = names.iter().flat_map(|name| [name.to_vec(), text(random)]).collect();
        self.stream.append(id, words.iter().map(|word| Element::Bytes(word)), SIZES);
        self.entries.insert(id, words);
        (self.last, self.added) = (id, self.added + 1);
    }

    fn some_id(&self, random: &mut fastrand::Rng) -> Id {
        let id = self.entries.keys().nth(random.usize(..=self.entries.len()));
        id.copied().unwrap_or(Id::new(random.u64(..=self.last.ms), 0))
    }

    fn change(&mut self, random: &mut fastrand::Rng) {
        match random.u8(..20) {
            0..11 => self.append(random),
            11..14 => {
                let id = self.some_id(random);
                let is_there = self.entries.remove(&id).is_some();
                assert_eq!(self.stream.entries_mut().delete(id), is_there);
            }
            14 if random.u8(..4) == 0 => {
                let max = random.u64(..=self.entries.len() as u64);
                let (removed, gone) = self.stream.entries_mut().trim(Trim::Length(max), false, 0);
                assert_eq!(removed, self.entries.len() as u64 - max);
                gone.check_chunks();
                while self.entries.len() as u64 > max {
                    self.entries.pop_first();
                }
            }
            14 | 15 if random.u8(..4) == 0 => {
                let min = self.some_id(random);
                self.stream.entries_mut().trim(Trim::Id(min), false, 0);
                self.entries = self.entries.split_off(&min);
            }
            15 | 16 if random.u8(..4) == 0 => {
                let max = random.u64(..=self.entries.len() as u64);
                let limit = random.u64(..40);
                let (removed, _) = self.stream.entries_mut().trim(Trim::Length(max), true, limit);
                assert!(limit == 0 || removed <= limit);
                (0..removed).for_each(|_| drop(self.entries.pop_first()));
                assert!(self.entries.len() as u64 >= max);
            }
            _ => self.change_group(random),
        }
    }

    fn change_group(&mut self, random: &mut fastrand::Rng) {
        self.stream.add_group(b"g", Group::default());
        let (id, name) = (self.some_id(random), random.u8(b'a'..b'e'));
        let action = random.u8(..10);
        let pending = &mut self.pending;
        self.stream.change_group(b"g", |group, _| match action {
            0..7 => {
                let (consumer, _) = group.add_consumer(&[name], 5);
                let deliveries = pending.get(&id).map_or(1, |(_, times)| times + 1);
                group.assign(id, Pending { delivered_at_ms: 1, deliveries, consumer });
                pending.insert(id, (name, deliveries));
            }
            7..9 => assert_eq!(group.acknowledge(id), pending.remove(&id).is_some()),
            _ => {
                let had = pending.values().filter(|(owner, _)| *owner == name).count();
                pending.retain(|_, (owner, _)| *owner != name);
                assert_eq!(group.remove_consumer(&[name]).unwrap_or(0), had);
            }
        });
    }

    fn check(&self, random: &mut fastrand::Rng) {
        self.stream.check_invariants();
        let entries = self.stream.entries();
        assert_eq!((entries.len(), entries.added), (self.entries.len() as u64, self.added));
        let read = |entry: Entry<'_>| (entry.id, entry.fields().map(|it| it.to_vec()).collect());
        let (from, to) = (self.some_id(random), self.some_id(random));
        let (from, to) = if random.bool() { (Id::ZERO, Id::MAX) } else { (from, to) };
        let found: Vec<(Id, Words)> = entries.range(from, to).map(read).collect();
        let model = self.entries.iter().filter(|(id, _)| (from..=to).contains(id));
        let model: Vec<(Id, Words)> = model.map(|(id, words)| (*id, words.clone())).collect();
        assert_eq!(found, model);
        let mut back: Vec<(Id, Words)> = entries.range_back(to, from).map(read).collect();
        back.reverse();
        assert_eq!(back, model);
        assert_eq!(entries.get(from).is_some(), self.entries.contains_key(&from));
        if let Some(group) = self.stream.group(b"g") {
            let pending = group.pending_from(Id::ZERO);
            let pending =
                pending.map(|(id, it)| (id, (group.name_of(it.consumer)[0], it.deliveries)));
            assert!(pending.eq(self.pending.iter().map(|(id, it)| (*id, *it))));
            for consumer in group.consumers() {
                let own = self.pending.iter().filter(|(_, (name, _))| *name == consumer.name[0]);
                assert!(consumer.pending_from(Id::ZERO).eq(own.map(|(id, _)| *id)));
            }
        }
    }
}

/// Ensures that streams do what a model does, and that a copy stays as it was.
#[test]
fn random_changes_match_a_model() {
    for seed in 0..60 {
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let mut twins = Twins::default();
        let mut before = twins.clone();
        for _ in 0..400 {
            twins.change(&mut random);
            twins.check(&mut random);
            if random.u8(..60) == 0 {
                before = twins.clone();
            }
        }
        before.check(&mut random);
    }
}

/// Ensures that entries take no more memory than in Redis, where one with a field of eight bytes
/// takes 22 and one with three fields 42.
#[test]
fn entries_are_small() {
    for (fields, bytes_max) in [(1, 20), (3, 40)] {
        let mut stream = Stream::new();
        for number in 0..100_000_u64 {
            let value = format!("{:08x}", number.wrapping_mul(0x9E37_79B9) as u32);
            let names = [&b"name"[..], b"second", b"third"];
            let words: Vec<&[u8]> =
                names.iter().take(fields).flat_map(|name| [name, value.as_bytes()]).collect();
            let id = Id::new(1_700_000_000_000 + number * 3, 0);
            stream.append(id, words.iter().map(|it| Element::Bytes(it)), StreamNodes::default());
        }
        let bytes = stream.heap_bytes() / 100_000;
        assert!(bytes <= bytes_max, "{bytes} bytes with {fields} fields");
    }
}

/// Ensures that a chunk whose entries were deleted one by one gives its memory back.
#[test]
fn deleted_entries_take_no_memory() {
    let mut stream = Stream::new();
    for number in 1..=100_u64 {
        let words = [Element::Bytes(b"f"), Element::Bytes(b"a value of some length, say thirty")];
        stream.append(Id::new(number, 0), words.into_iter(), StreamNodes::default());
    }
    let before = stream.heap_bytes();
    (1..98).for_each(|number| assert!(stream.entries_mut().delete(Id::new(number, 0))));
    stream.check_invariants();
    assert!(stream.heap_bytes() + 3_000 < before, "{} of {before}", stream.heap_bytes());
}
