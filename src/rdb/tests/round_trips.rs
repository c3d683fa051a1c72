//! What is written is read back, in every version and with and without compression.

use super::super::model::{Consumer, Group, Pending, Stream, Value};
use super::super::piece::{StreamId, StreamState};
use super::super::value_writer::{Head, ValueWriter};
use super::super::write::{Meta, Options, Version, Writer};
use super::{load, pairs};

const VERSIONS: [Version; 4] = [Version::Nine, Version::Ten, Version::Eleven, Version::Twelve];

fn stream(random: &mut fastrand::Rng) -> Value {
    let mut state = StreamState::default();
    let mut entries = Vec::new();
    let mut last = StreamId { ms: 1_700_000_000_000, sequence: 3 };
    for _ in 0..random.usize(0..300) {
        last = match random.bool() {
            true => StreamId { ms: last.ms + random.u64(1..1_000_000), sequence: random.u64(..) },
            false => StreamId { sequence: last.sequence.saturating_add(1), ..last },
        };
        let text = |random: &mut fastrand::Rng| vec![b'x'; random.usize(0..90)];
        let fields = (0..random.usize(1..3)).map(|at| (vec![b'f', at as u8], text(random)));
        if entries.last().is_none_or(|(before, _)| *before < last) {
            entries.push((last, fields.collect()));
        }
    }
    let pending = |from: usize| {
        let all = entries.iter().skip(from).step_by(2).take(3);
        all.map(|(id, _)| Pending { id: *id, delivered_at_ms: 5, deliveries: 2 }).collect()
    };
    let consumers = (0..2).map(|at| Consumer {
        name: vec![b'c', at],
        seen_at_ms: 77,
        active_at_ms: Some(77),
        pending: pending(at.into()),
    });
    let (name, consumers) = (b"g".to_vec(), consumers.collect());
    let groups = vec![Group { name, last_id: last, entries_read: Some(9), consumers }];
    (state.len, state.last_id, state.groups) = (entries.len() as u64, last, 1);
    state.first_id = entries.first().map(|(id, _)| *id).unwrap_or_default();
    state.entries_added = 9;
    Value::Stream(Stream { entries, state, groups })
}

fn values(random: &mut fastrand::Rng) -> Vec<Value> {
    let mut text = |len| -> Vec<u8> { (0..len).map(|_| random.u8(b'a'..b'e')).collect() };
    let texts: Vec<Vec<u8>> = (0..200).map(&mut text).collect();
    let scores = [0.0, -0.0, 1.5, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 1e-300];
    let mut all = vec![
        Value::List(texts.clone()),
        Value::Set(
            texts[20..].iter().enumerate().map(|(at, t)| [&[at as u8], &t[..]].concat()).collect(),
        ),
        Value::SortedSet(scores.iter().enumerate().map(|(at, s)| (vec![at as u8], *s)).collect()),
        pairs(&[("f", "v", None), ("12", "-13", None), ("", "", None)]),
        pairs(&[("f", "v", Some(1)), ("12", "x", None), ("g", "x", Some(1 << 47))]),
        Value::String(text(70_000)),
        Value::String(text(300_000)),
    ];
    for short in ["", "0", "-1", "127", "128", "-32769", "2147483648", "00", "12345678901", "+1"] {
        all.push(Value::String(short.as_bytes().to_vec()));
    }
    all.extend((0..20).map(|_| stream(random)));
    all
}

/// What a stream of an older version does not say.
fn as_of(version: Version, value: &Value) -> Value {
    let mut value = value.clone();
    if let (Value::Stream(stream), Version::Nine) = (&mut value, version) {
        stream.state.entries_added = stream.state.len;
        stream.groups[0].entries_read = Some(stream.state.len);
    }
    value
}

/// Ensures that every value comes back as it was, with what is known of its key.
#[test]
fn what_is_written_is_read() {
    let mut random = fastrand::Rng::with_seed(11);
    let values = values(&mut random);
    for (version, compresses) in VERSIONS.into_iter().flat_map(|v| [(v, true), (v, false)]) {
        let options = Options { version, compresses, sums: compresses };
        let mut writer = Writer::new(Vec::new(), options).expect("memory");
        writer.aux("redis-ver", b"7.2.0").expect("memory");
        writer.function(b"#!lua name=f\n").expect("memory");
        writer.database(3, values.len() as u64, 0).expect("memory");
        let meta = Meta { expires_at_ms: Some(1 << 41), idle_s: Some(70), frequency: Some(5) };
        for (at, value) in values.iter().enumerate() {
            let key = format!("key {at}");
            let to = writer.entry(key.as_bytes(), meta, value.head()).expect("memory");
            value.write(to).expect("memory");
        }
        let len = writer.written();
        let file = writer.finish().expect("memory");
        assert_eq!(file.len() as u64, len + 9);
        let found = load(&file).expect("sound");
        assert_eq!(found.len(), values.len());
        for (at, ((entry, found), value)) in found.iter().zip(&values).enumerate() {
            assert_eq!(*found, as_of(version, value), "value {at}, {version:?}");
            assert_eq!((entry.db, &entry.key[..]), (3, format!("key {at}").as_bytes()));
            assert_eq!(entry.expires_at_ms, meta.expires_at_ms);
            assert_eq!((entry.idle_s, entry.frequency), (meta.idle_s, meta.frequency));
        }
    }
}

fn begin(writer: &mut Writer<Vec<u8>>, head: Head) -> ValueWriter<'_, Vec<u8>> {
    writer.entry(b"k", Meta::default(), head).expect("memory")
}

/// Ensures that a value with another number of elements than announced is an error.
#[test]
fn announcements_are_kept() {
    let options = Options { version: Version::Nine, compresses: false, sums: true };
    let mut writer = Writer::new(Vec::new(), options).expect("memory");
    assert!(begin(&mut writer, Head::List(1)).end().is_err(), "one is missing");
    assert!(begin(&mut writer, Head::List(0)).element(b"x").is_err(), "one too many");
    assert!(begin(&mut writer, Head::List(1)).string(b"x").is_err(), "another type");
    assert!(begin(&mut writer, Head::Hash(1)).field(b"f", b"v", Some(1)).is_err(), "none expires");
    let mut stream = begin(&mut writer, Head::Stream { nodes: 1 });
    assert!(stream.state(&StreamState::default()).is_err(), "a node is missing");
    assert!(begin(&mut writer, Head::Stream { nodes: 0 }).end().is_err(), "no state");
}
