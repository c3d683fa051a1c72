//! What stands between the values of a file.

use super::super::check::check;
use super::super::crc64;
use super::super::error::{Error, Problem};
use super::super::format::is_snapshot;
use super::super::read::{Event, Reader};
use super::{file, load};

fn problem(file: &[u8]) -> Error {
    load(file).expect_err("damage")
}

/// Ensures that each version has a header and, from the fifth, a sum.
#[test]
fn versions() {
    for version in 1..=13 {
        assert_eq!(load(&file(version, b"\0\x01k\x01v")).expect("sound").len(), 1, "{version}");
    }
    for version in [0, 14, 80, 9999] {
        let found = problem(&file(version, b"")).problem;
        assert!(matches!(found, Problem::Version(found) if found == version), "{version}");
    }
    for text in [&b"REDIS00"[..], b"", b"REDIS00x9", b"*1\r\n$4\r\nPING\r\n"] {
        assert!(matches!(problem(text).problem, Problem::NotRdb), "{text:?}");
    }
    assert!(is_snapshot(b"REDIS0006") && is_snapshot(b"VALKEY080"));
    assert!(!is_snapshot(b"REDIS") && !is_snapshot(b"*1\r\n$4\r\nPING"));
    assert_eq!(load(b"VALKEY080\0\x01k\x01v\xff\0\0\0\0\0\0\0\0").expect("sound").len(), 1);
    let expiring = b"VALKEY080\x16\x01k\x01\x01f\x01v\x05\0\0\0\0\0\0\0\xff\0\0\0\0\0\0\0\0";
    let found = load(expiring).expect("sound").remove(0).1;
    assert_eq!(found, super::pairs(&[("f", "v", Some(5))]));
}

/// Ensures that all that can precede a key is read and belongs to that key alone.
#[test]
fn what_precedes_a_key() {
    let body = b"\xfa\x09redis-ver\x057.0.1\xf5\x08#!lua .1\xfe\x03\xfb\x02\x01\xf4\x01\x02\x03\
        \xfc\x05\0\0\0\0\0\0\0\xf8\x40\x50\xf9\x07\0\x01a\x01x\
        \xfd\x02\0\0\0\0\x01b\x01y\xfe\x00\xfc\xff\xff\xff\xff\xff\xff\xff\xff\0\x01c\x01z";
    let found = load(&file(12, body)).expect("sound");
    let entries: Vec<_> = found
        .iter()
        .map(|(entry, _)| (entry.db, &entry.key[..], entry.expires_at_ms, entry.idle_s))
        .collect();
    let expected =
        [(3, &b"a"[..], Some(5), Some(80)), (3, b"b", Some(2_000), None), (0, b"c", None, None)];
    assert_eq!(entries, expected);
    assert_eq!(found[0].0.frequency, Some(7));
}

/// Ensures that values that were not asked for are skipped, and the rest of a log is left.
#[test]
fn values_may_be_skipped() {
    let mut bytes = file(10, b"\x01\x01k\x02\x01a\x01b\0\x01l\x01v");
    bytes.extend_from_slice(b"*1\r\n$4\r\nPING\r\n");
    let mut reader = Reader::new(&bytes[..], true).expect("a header");
    assert!(matches!(reader.next(), Ok(Event::Entry(entry)) if entry.key == b"k"));
    assert!(matches!(reader.next(), Ok(Event::Entry(entry)) if entry.key == b"l"));
    assert!(matches!(reader.next(), Ok(Event::End)));
    assert!(matches!(reader.next(), Ok(Event::End)));
    assert!(!reader.is_at_end().expect("bytes"));
    assert_eq!(reader.into_rest().0, b"*1\r\n$4\r\nPING\r\n");
}

/// Ensures that a wrong sum is found, unless the sum is switched off at either side.
#[test]
fn the_sum_is_verified() {
    let mut bytes = file(10, b"\0\x01k\x01v");
    let from = bytes.len() - 8;
    let sum = crc64::update(0, &bytes[..from]);
    bytes[from..].copy_from_slice(&sum.to_le_bytes());
    assert!(load(&bytes).is_ok());
    bytes[13] ^= 1;
    let error = problem(&bytes);
    assert!(matches!(error.problem, Problem::Checksum) && error.offset == from as u64);
    let mut reader = Reader::new(&bytes[..], false).expect("a header");
    assert!(matches!(reader.next(), Ok(Event::Entry(_))));
    assert!(matches!(reader.next(), Ok(Event::End)));
}

/// Ensures that what is not supported is named, and that data of modules is skipped.
#[test]
fn what_is_not_supported_is_named() {
    let text = |body: &[u8]| problem(&file(13, body)).to_string();
    assert!(text(b"\xf6\0").contains("offset 9: functions of a release candidate"));
    assert!(text(b"\xf3\0").contains("a module's data about a key"));
    assert!(text(b"\x63\x01k").contains("unknown number 99"));
    let aux =
        b"\xf7\x81\0\0\0\0\0\0\0\0\x02\x01\x01\x05\x03\0\0\0\0\x04\0\0\0\0\0\0\0\0\x05\x01x\0";
    assert_eq!(load(&file(13, aux)).expect("skipped"), []);
    let unknown = b"\xf7\x01\x09";
    assert!(text(unknown).contains("offset 11: a module's figure"));
}

/// Ensures that a report counts what there is, and says where damage is.
#[test]
fn a_report_counts_and_explains() {
    let sound = file(10, b"\xfe\x02\x02\x01s\x02\x01a\x01b\xfc\x05\0\0\0\0\0\0\0\0\x01k\x01v");
    let (report, error) = check(&sound[..]);
    assert!(error.is_none() && report.is_complete && !report.goes_on);
    let text = report.to_string();
    for part in [
        "version 10, 42 bytes",
        "database 2: 2 keys, 1 of them expire",
        "string: 1 values, 1 elements, 14 bytes",
        "set: 1 values, 2 elements, 8 bytes",
        "sound",
    ] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
    let (report, error) = check(&sound[..18]);
    let line = report.explain(&error.expect("cut"));
    assert_eq!(
        line,
        "offset 18: the file ends early in the value of the key 's', after 0 sound keys"
    );
}
