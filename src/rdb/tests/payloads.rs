//! Every encoding of a value, in bytes written by hand.

use super::super::error::Problem;
use super::super::model::{Consumer, Group, Pending, Stream, Value};
use super::super::payload::{self, Payload};
use super::super::piece::{Nowhere, StreamId, StreamState};
use super::super::write::Version;
use super::super::{listpack, value_writer::Head};
use super::{owned, pairs, string, value};

fn listpack(elements: &[&str]) -> Vec<u8> {
    let mut block = listpack::Builder::new(Vec::new());
    elements.iter().for_each(|element| block.text(element.as_bytes()));
    string(&block.finish().expect("a block"))
}

/// The ziplist of short texts and of integers from 0 to 12.
fn ziplist(elements: &[&str]) -> Vec<u8> {
    let (mut body, mut before, mut tail) = (Vec::new(), 0, 10);
    for element in elements {
        (tail, before) = (10 + body.len(), {
            body.push(before);
            let begin = body.len();
            match element.parse::<u8>() {
                Ok(number @ 0..=12) => body.push(0xf1 + number),
                _ => body.extend_from_slice(&[&[element.len() as u8], element.as_bytes()].concat()),
            }
            (body.len() - begin) as u8 + 1
        });
    }
    let total = (body.len() as u32 + 11).to_le_bytes();
    let head = [&total[..], &(tail as u32).to_le_bytes(), &[elements.len() as u8, 0]].concat();
    string(&[&head[..], &body, b"\xff"].concat())
}

/// Ensures that strings are read in all their forms, and that their lengths are.
#[test]
fn strings() {
    let long = [&[0x80, 0, 1, 0x11, 0x70][..], &[b'x'; 70_000]].concat();
    let longer = [&[0x81, 0, 0, 0, 0, 0, 0, 0, 2][..], b"ok"].concat();
    for (bytes, expected) in [
        (&b"\x02hi"[..], &b"hi"[..]),
        (b"\x00", b""),
        (b"\x40\x02hi", b"hi"),
        (&long, &[b'x'; 70_000]),
        (&longer, b"ok"),
        (b"\xc0\x85", b"-123"),
        (b"\xc1\x00\x80", b"-32768"),
        (b"\xc2\xff\xff\xff\x7f", b"2147483647"),
        (b"\xc3\x05\x09\x00a\xe0\x00\x00", &[b'a'; 10][..9]),
    ] {
        let found = value(0, bytes);
        let expected = match bytes[0] {
            // Nine bytes are one too few for this match.
            0xc3 => return assert!(found.is_err()),
            _ => Value::String(expected.to_vec()),
        };
        assert_eq!(found.expect("a string"), expected, "{:?}", &bytes[..bytes.len().min(9)]);
    }
}

/// Ensures that lists are read in all their forms.
#[test]
fn lists() {
    let expected = Value::List(owned(&["a", "12", "bc"]));
    let plain = [&b"\x03\x01"[..], b"\x01", b"a", b"\x02", &listpack(&["12", "bc"])].concat();
    let empty_node = [&b"\x02"[..], &ziplist(&[]), &ziplist(&["a", "12", "bc"])].concat();
    for (number, bytes) in [
        (1, b"\x03\x01a\xc0\x0c\x02bc".to_vec()),
        (10, ziplist(&["a", "12", "bc"])),
        (14, [&b"\x02"[..], &ziplist(&["a"]), &ziplist(&["12", "bc"])].concat()),
        (14, empty_node),
        (18, [&b"\x02\x01\x01a\x02"[..], &plain[5..]].concat()),
    ] {
        assert_eq!(value(number, &bytes).expect("a list"), expected, "{number}");
    }
    assert!(value(18, b"\x01\x03\x01a").is_err(), "a node of an unknown kind");
}

/// Ensures that sets are read in all their forms, and that no member is there twice.
#[test]
fn sets() {
    let expected = Value::Set(owned(&["3", "70"]));
    let intset = string(b"\x02\0\0\0\x02\0\0\0\x03\0\x46\0");
    for (number, bytes) in
        [(2, b"\x02\xc0\x03\x0270".to_vec()), (11, intset), (20, listpack(&["3", "70"]))]
    {
        assert_eq!(value(number, &bytes).expect("a set"), expected, "{number}");
    }
    assert!(value(2, b"\x02\x013\xc0\x03").is_err());
    assert!(value(20, &listpack(&["3", "3"])).is_err());
}

/// Ensures that hashes are read in all their forms, and that no field is there twice.
#[test]
fn hashes() {
    let expected = pairs(&[("f", "1", None), ("g", "x", None)]);
    for (number, bytes) in [
        (4, b"\x02\x01f\xc0\x01\x01g\x01x".to_vec()),
        (9, string(b"\x02\x01f\x01\x001\x01g\x01\x02x__\xff")),
        (13, ziplist(&["f", "1", "g", "x"])),
        (16, listpack(&["f", "1", "g", "x"])),
    ] {
        assert_eq!(value(number, &bytes).expect("a hash"), expected, "{number}");
    }
    assert!(value(4, b"\x02\x01f\xc0\x01\x01f\x01x").is_err());
    assert!(value(13, &ziplist(&["f", "1", "f", "x"])).is_err());
    assert!(value(16, &listpack(&["f", "1", "g"])).is_err(), "half a pair");
}

/// Ensures that hashes whose fields expire are read in all their forms.
#[test]
fn expiring_hashes() {
    let expected = pairs(&[("f", "1", Some(5_000)), ("g", "x", None), ("h", "y", Some(5_002))]);
    let earliest = 5_000u64.to_le_bytes();
    let absolute = b"\x03\x53\x88\x01f\x011\0\x01g\x01x\x53\x8a\x01h\x01y";
    let relative = [&earliest[..], b"\x03\x01\x01f\x011\0\x01g\x01x\x03\x01h\x01y"].concat();
    let block = listpack(&["f", "1", "5000", "g", "x", "0", "h", "y", "5002"]);
    for (number, bytes) in [
        (22, absolute.to_vec()),
        (23, block.clone()),
        (24, relative),
        (25, [&earliest[..], &block].concat()),
    ] {
        assert_eq!(value(number, &bytes).expect("a hash"), expected, "{number}");
    }
    assert!(value(23, &listpack(&["f", "1", "x"])).is_err(), "a moment that is no integer");
    assert!(value(23, &listpack(&["f", "1", "-1"])).is_err());
    let late = b"\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01f\x011";
    assert!(value(22, late).is_err(), "later than 48 bits");
}

/// Ensures that sorted sets are read in all their forms, infinities included.
#[test]
fn sorted_sets() {
    let expected = Value::SortedSet(vec![(b"a".to_vec(), 1.5), (b"b".to_vec(), f64::NEG_INFINITY)]);
    let [score, infinite] = [1.5, f64::NEG_INFINITY].map(f64::to_le_bytes);
    for (number, bytes) in [
        (3, b"\x02\x01a\x031.5\x01b\xff".to_vec()),
        (5, [&b"\x02\x01a"[..], &score, b"\x01b", &infinite].concat()),
        (12, ziplist(&["a", "1.5", "b", "-inf"])),
        (17, listpack(&["a", "1.5", "b", "-inf"])),
    ] {
        assert_eq!(value(number, &bytes).expect("a sorted set"), expected, "{number}");
    }
    assert!(value(3, b"\x01\x01a\xfd").is_err(), "not a number");
    assert!(value(3, b"\x01\x01a\x031x5").is_err());
    let not_a_number = [&b"\x01\x01a"[..], &f64::NAN.to_le_bytes()].concat();
    assert!(value(5, &not_a_number).is_err());
    assert!(value(17, &listpack(&["a", "nan"])).is_err());
    assert!(value(17, &listpack(&["a", "1", "a", "2"])).is_err());
}

fn id(ms: u64, sequence: u64) -> StreamId {
    StreamId { ms, sequence }
}

/// A node of three entries, the second of which is deleted.
fn node() -> Vec<u8> {
    let elements = [
        "2", "1", "1", "f", "0", "2", "0", "0", "v", "4", "3", "0", "1", "w", "4", "0", "1", "-5",
        "2", "a", "b", "c", "d", "8",
    ];
    [string(&id(7, 5).to_bytes()), listpack(&elements)].concat()
}

/// Ensures that a stream's nodes, state and groups are read in every version.
#[test]
fn streams() {
    let entry = |fields: &[(&str, &str)]| {
        fields.iter().map(|(a, b)| (a.as_bytes().to_vec(), b.as_bytes().to_vec())).collect()
    };
    let group = |state: &[u8], active: &[u8]| {
        let pending = [&id(7, 5).to_bytes()[..], &99u64.to_le_bytes(), b"\x03"].concat();
        let head = [&b"\x01\x01g\x07\x05"[..], state, b"\x01", &pending].concat();
        let consumer = [&b"\x01\x01c"[..], &50u64.to_le_bytes(), active, b"\x01"].concat();
        [&head[..], &consumer, &id(7, 5).to_bytes()].concat()
    };
    let stream = |state: StreamState, entries_read, active_at_ms| {
        let pending = vec![Pending { id: id(7, 5), delivered_at_ms: 99, deliveries: 3 }];
        let consumer = Consumer { name: b"c".to_vec(), seen_at_ms: 50, active_at_ms, pending };
        let consumers = vec![consumer];
        let group = Group { name: b"g".to_vec(), last_id: id(7, 5), entries_read, consumers };
        let entries =
            vec![(id(7, 5), entry(&[("f", "v")])), (id(8, 0), entry(&[("a", "b"), ("c", "d")]))];
        Value::Stream(Stream { entries, state, groups: vec![group] })
    };
    let old = StreamState {
        len: 2,
        last_id: id(9, 0),
        first_id: id(7, 5),
        max_deleted_id: id(0, 0),
        entries_added: 2,
        groups: 1,
    };
    let new = StreamState { max_deleted_id: id(7, 6), entries_added: 3, ..old };
    let nodes = [&b"\x01"[..], &node(), b"\x02\x09\x00"].concat();
    let state = b"\x07\x05\x07\x06\x03";
    let first = [&nodes[..], &group(b"", b"")].concat();
    assert_eq!(value(15, &first).expect("a stream"), stream(old, None, Some(50)));
    let second = [&nodes[..], state, &group(b"\x01", b"")].concat();
    assert_eq!(value(19, &second).expect("a stream"), stream(new, Some(1), Some(50)));
    let unknown = [b"\x81", &[0xff; 8][..]].concat();
    let third = [&nodes[..], state, &group(&unknown, &[0xff; 8])].concat();
    assert_eq!(value(21, &third).expect("a stream"), stream(new, None, None));
    let producers = [b"\x32\x32\x01\x01p\x01\x01i\x07\x05\x01".as_slice(), b"\x00"].concat();
    let fourth = [&third[..], &producers].concat();
    assert_eq!(value(26, &fourth).expect("a stream"), stream(new, None, None));
}

/// Ensures that a stream whose parts contradict each other is refused.
#[test]
fn contradicting_streams_are_refused() {
    let node = node();
    let body = |nodes: &[u8], state: &[u8]| value(15, &[nodes, state].concat());
    let one = [&b"\x01"[..], &node].concat();
    assert!(body(&one, b"\x02\x09\x00\x00").is_ok());
    assert!(body(&one, b"\x03\x09\x00\x00").is_err(), "more entries");
    assert!(body(&one, b"\x02\x07\x00\x00").is_err(), "a last id below the last");
    assert!(body(&[&b"\x02"[..], &node, &node].concat(), b"\x04\x09\x00\x00").is_err(), "twice");
    let pending = [&id(7, 5).to_bytes()[..], &[0; 8], b"\x01"].concat();
    let group = |name: &[u8], more: &[u8]| [b"\x01", name, b"\0\0\x01", &pending, more].concat();
    let with = |groups: &[u8]| body(&one, &[b"\x02\x09\x00", groups].concat());
    assert!(with(&[b"\x01", &group(b"g", b"\x00")[..]].concat()).is_err(), "without a consumer");
    let consumer = [&b"\x01c"[..], &[0; 8], b"\x01"].concat();
    let owner = [&b"\x01"[..], &consumer, &id(7, 5).to_bytes()].concat();
    assert!(with(&[b"\x01", &group(b"g", &owner)[..]].concat()).is_ok());
    let twice = [&b"\x02"[..], &group(b"g", &owner), &group(b"g", &owner)].concat();
    assert!(with(&twice).is_err(), "a group twice");
    let stranger = [&b"\x01"[..], &consumer, &id(7, 6).to_bytes()].concat();
    assert!(with(&[b"\x01", &group(b"g", &stranger)[..]].concat()).is_err());
}

/// Ensures that a payload is read only with a right sum and version, and nothing after it.
#[test]
fn payloads_are_verified() {
    let sound = payload::dump(Version::Nine, true, Head::String, |mut to| {
        to.string(b"hello")?;
        to.end()
    });
    let sound = sound.expect("a payload");
    assert_eq!(sound, b"\0\x05hello\x09\0\xb3\x80\x8e\xba\x31\xb2\x43\xbb");
    assert!(Payload::verify(&sound).expect("sound").value(&mut Nowhere).is_ok());
    for at in 0..sound.len() {
        let mut broken = sound.clone();
        broken[at] ^= 0x10;
        assert!(Payload::verify(&broken).is_none(), "byte {at}");
        assert!(Payload::verify(&sound[..at]).is_none(), "{at} bytes");
    }
    let more = payload::dump(Version::Nine, true, Head::Set(0), |to| to.end()).expect("a payload");
    assert!(Payload::verify(&more).expect("a sum").value(&mut Nowhere).is_err(), "empty");
    let head = Head::ExpiringHash { len: 1, earliest_ms: 5 };
    let expiring = payload::dump(Version::Nine, true, head, |mut to| {
        to.field(b"f", b"v", Some(5))?;
        to.end()
    });
    let expiring = expiring.expect("a payload");
    assert_eq!(expiring[expiring.len() - 10..][..2], [12, 0]);
    assert!(Payload::verify(&expiring).expect("sound").value(&mut Nowhere).is_ok());
    let wrong = payload::dump(Version::Nine, true, Head::String, |to| to.end());
    assert!(wrong.is_err(), "a string that was not written");
}

/// Ensures that a module's value is refused by the module's name.
#[test]
fn modules_are_refused_by_name() {
    let number = b"ReJSON-RL".iter().fold(0u64, |number, byte| {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        number << 6 | letters.iter().position(|letter| letter == byte).unwrap() as u64
    });
    let bytes = [&[0x81][..], &(number << 10).to_be_bytes(), b"\0"].concat();
    let error = value(7, &bytes).expect_err("a module");
    assert!(matches!(&error.problem, Problem::Module(name) if name == "ReJSON-RL"), "{error}");
    assert!(matches!(value(6, &bytes).expect_err("old").problem, Problem::Unsupported(_)));
}
