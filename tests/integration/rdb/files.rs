//! Whole RDB files: made by Redis 7.0, and byte by byte after the format of versions that no longer
//! run anywhere; read as they are, cut anywhere, and with any byte changed.
//!
//! `small`, `small-compressed` and `large` hold the same data: with all packed forms, with
//! `rdbcompression yes`, and with thresholds so low that nothing is packed. `plain-nodes` has a
//! list with long elements in nodes of their own, and no check sum. `old` and `oldest` have what
//! Redis 1 to 6 wrote, `new` what Redis 7.2 to 8.4 write.

use respool::rdb::check::check;
use respool::rdb::crc64;
use respool::rdb::error::Error;
use respool::rdb::model::{Collector, Value};
use respool::rdb::read::{Event, Reader};
use respool::rdb::write::{Meta, Options, Version, Writer};
use std::collections::BTreeMap;
use std::path::Path;

const FILES: [&str; 7] =
    ["small", "small-compressed", "large", "plain-nodes", "old", "oldest", "new"];

/// Keys with their databases, when they expire, and their values.
type Contents = BTreeMap<(u64, String), (Option<u64>, Value)>;

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rdb");
    std::fs::read(folder.join(name).with_extension("rdb")).expect("a fixture")
}

fn load(file: &[u8], verifies_sum: bool) -> Result<Contents, Error> {
    let mut reader = Reader::new(file, verifies_sum)?;
    let mut contents = Contents::new();
    loop {
        match reader.next()? {
            Event::End => return Ok(contents),
            Event::Entry(entry) => {
                let mut collector = Collector::default();
                reader.value(&mut collector)?;
                let mut value = collector.into_value().expect("a value began");
                match &mut value {
                    Value::Set(members) => members.sort(),
                    Value::Hash(fields) => fields.sort(),
                    Value::SortedSet(members) => members.sort_by(|a, b| a.0.cmp(&b.0)),
                    _ => {}
                }
                let key = (entry.db, entry.key.escape_ascii().to_string());
                contents.insert(key, (entry.expires_at_ms, value));
            }
            _ => {}
        }
    }
}

fn contents(name: &str) -> Contents {
    load(&fixture(name), true).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn value(contents: &Contents, key: &str) -> Value {
    contents.get(&(0, key.to_owned())).unwrap_or_else(|| panic!("no key {key}")).1.clone()
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn hash(fields: &[(&str, &str, Option<u64>)]) -> Value {
    let owned = |&(field, value, expires): &(&str, &str, Option<u64>)| {
        (field.as_bytes().to_vec(), value.as_bytes().to_vec(), expires)
    };
    Value::Hash(fields.iter().map(owned).collect())
}

/// Ensures that the same data is read from packed, compressed and unpacked forms.
#[test]
fn three_forms_hold_the_same() {
    let small = contents("small");
    assert_eq!(small.len(), 18);
    assert_eq!(small[&(9, "other".to_owned())].1, Value::String(b"database".to_vec()));
    assert_eq!(value(&small, "int32"), Value::String(b"-2000000000".to_vec()));
    assert_eq!(small[&(0, "expires".to_owned())].0, Some(4_000_000_000_000));
    let Value::SortedSet(scores) = value(&small, "zset") else { panic!("a sorted set") };
    let find = |name: &[u8]| scores.iter().find(|(member, _)| member == name).expect("a member").1;
    assert_eq!((find(b"low"), find(b"huge"), find(b"two")), (f64::NEG_INFINITY, 1e300, 2.5));
    let Value::Stream(stream) = value(&small, "stream") else { panic!("a stream") };
    assert_eq!((stream.entries.len(), stream.state.len, stream.state.entries_added), (30, 30, 32));
    assert_eq!((stream.state.first_id.ms, stream.state.first_id.sequence), (1000, 2));
    let pending: Vec<_> = stream.groups[0].consumers.iter().map(|c| c.pending.len()).collect();
    assert_eq!((stream.groups.len(), pending), (2, vec![4, 3]));
    assert_eq!(stream.groups[1].entries_read, Some(5));
    // What is counted from the moment of making the file differs between the files.
    let without_moments = |mut contents: Contents| {
        for (_, value) in contents.values_mut() {
            let Value::Stream(stream) = value else { continue };
            for consumer in stream.groups.iter_mut().flat_map(|group| &mut group.consumers) {
                (consumer.seen_at_ms, consumer.active_at_ms) = (0, None);
                consumer.pending.iter_mut().for_each(|pending| pending.delivered_at_ms = 0);
            }
        }
        contents
    };
    let small = without_moments(small);
    for other in ["small-compressed", "large"] {
        assert_eq!(without_moments(contents(other)), small, "{other}");
    }
}

/// Ensures that what Redis wrote before version 7 is read.
#[test]
fn old_files_are_read() {
    let old = contents("old");
    let list = ["one", "2", "-3", "300", "-70000", "8589934592", &"x".repeat(300), "12"];
    let list = Value::List(texts(&[&list[..], &["1073741824"]].concat()));
    assert_eq!(value(&old, "ziplist list"), list);
    assert_eq!(value(&old, "quicklist"), list);
    assert_eq!(value(&old, "linked list"), Value::List(texts(&["a", "7", "c"])));
    assert_eq!(value(&old, "compressed"), Value::String(b"aaaaaaaaaa".to_vec()));
    assert_eq!(value(&old, "intset64"), Value::Set(texts(&["1", "1099511627776"])));
    assert_eq!(
        value(&old, "zipmap"),
        hash(&[("f", "v", None), ("g", "", None), ("long", &"x".repeat(100), None)])
    );
    assert_eq!(old[&(0, "hash".to_owned())].0, Some(2_000_000_000_000));
    assert_eq!(contents("oldest").len(), 2);
}

/// Ensures that what Redis writes since version 7.2 is read.
#[test]
fn new_files_are_read() {
    let new = contents("new");
    let moment = 4_000_000_000_000;
    let two = [("f", "v", Some(moment)), ("g", "w", None)];
    let three = [two[0], two[1], ("h", "x", Some(moment + 4))];
    assert_eq!(value(&new, "hash 22"), hash(&two));
    assert_eq!(value(&new, "hash 23"), hash(&two));
    assert_eq!(value(&new, "hash 24"), hash(&three));
    assert_eq!(value(&new, "hash 25"), hash(&three));
    assert_eq!(value(&new, "quicklist2"), Value::List(texts(&["plain", "a", "7"])));
    assert_eq!(value(&new, "stream 3"), value(&new, "stream 4"));
    let Value::Stream(stream) = value(&new, "stream 3") else { panic!("a stream") };
    let active: Vec<_> = stream.groups[0].consumers.iter().map(|c| c.active_at_ms).collect();
    assert_eq!(active, [Some(60), None]);
}

/// Ensures that what was read can be written, and is the same when it is read again.
#[test]
fn what_is_read_can_be_written() {
    for name in FILES {
        let before = contents(name);
        let options = Options { version: Version::Eleven, compresses: true, sums: true };
        let mut writer = Writer::new(Vec::new(), options).expect("memory");
        for ((db, key), (expires_at_ms, value)) in &before {
            writer.database(*db, 1, 0).expect("memory");
            let meta = Meta { expires_at_ms: *expires_at_ms, ..Meta::default() };
            let to = writer.entry(key.as_bytes(), meta, value.head()).expect("memory");
            value.write(to).expect("memory");
        }
        let mut after = load(&writer.finish().expect("memory"), true).expect("sound");
        // Keys were written as they are shown.
        let names: Vec<_> = after.keys().cloned().collect();
        for (db, key) in names.into_iter().filter(|(_, key)| key.contains("\\\\")) {
            let value = after.remove(&(db, key.clone())).expect("a value");
            after.insert((db, key.replace("\\\\", "\\")), value);
        }
        assert_eq!(after, before, "{name}");
    }
}

/// Ensures that a file that is cut anywhere is refused at its end.
#[test]
fn no_cut_file_is_accepted() {
    for name in FILES {
        let file = fixture(name);
        for len in 0..file.len() {
            let (report, error) = check(&file[..len]);
            let error = error.unwrap_or_else(|| panic!("{name}, {len} bytes: accepted"));
            assert!(!report.is_complete && error.offset <= len as u64, "{name}, {len}: {error}");
        }
    }
}

/// Ensures that the check sum finds every changed byte after the header, and that without it every
/// changed byte causes an error or another value, and nothing worse.
#[test]
fn changed_bytes_do_no_harm() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for name in FILES {
        let sound = fixture(name);
        let mut accepted = 0;
        for at in 9..sound.len() {
            for change in [1, 0x80, random.u8(1..)] {
                let mut file = sound.clone();
                file[at] ^= change;
                accepted += usize::from(load(&file, false).is_ok());
                let has_sum =
                    file.ends_with(&crc64::update(0, &sound[..sound.len() - 8]).to_le_bytes());
                if has_sum && at + 8 < sound.len() {
                    assert!(check(&file[..]).1.is_some(), "{name}, byte {at} ^ {change}");
                }
            }
        }
        // Most bytes are the contents of strings, where any byte is as good as another.
        assert!(accepted > sound.len() / 4, "{name}: {accepted} changes were accepted");
    }
}

/// Ensures that files with several changes, insertions and removals do no harm either.
#[test]
fn mutilated_files_do_no_harm() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for name in FILES {
        let sound = fixture(name);
        for _ in 0..400 {
            let mut file = sound.clone();
            for _ in 0..random.usize(1..6) {
                let at = random.usize(9..file.len());
                match random.u8(0..4) {
                    0 => file[at] = random.u8(..),
                    1 => {
                        file[at] = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc3, 0xfe, 0xff]
                            [random.usize(0..10)]
                    }
                    2 => file.insert(at, random.u8(..)),
                    _ => drop(file.remove(at)),
                }
            }
            // Either outcome is right, as long as there is one.
            let _ = load(&file, false);
        }
    }
}
