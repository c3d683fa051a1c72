//! Damaged and hostile input: an error or a value, and nothing else.

use super::super::error::Problem;
use super::super::payload::Payload;
use super::super::{crc64, model::Collector};
use super::{file, load};
use std::io::{self, Read};

/// An input that comes in small portions.
struct Drops<'a>(&'a [u8], fastrand::Rng);

impl Read for Drops<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = self.1.usize(1..8).min(into.len());
        self.0.read(&mut into[..len])
    }
}

/// Ensures that random bytes after a right sum are a value or an error.
#[test]
fn random_payloads_do_no_harm() {
    let mut random = fastrand::Rng::with_seed(3);
    let mut values = 0;
    for _ in 0..60_000 {
        let mut payload = vec![random.u8(0..28)];
        // Small numbers are counts and lengths that can be kept.
        let most = if random.bool() { 4 } else { 255 };
        payload.extend((0..random.usize(0..50)).map(|_| random.u8(0..=most)));
        payload.extend_from_slice(&12u16.to_le_bytes());
        let sum = crc64::update(0, &payload);
        payload.extend_from_slice(&sum.to_le_bytes());
        let verified = Payload::verify(&payload).expect("a right sum");
        values += usize::from(verified.value(&mut Collector::default()).is_ok());
    }
    assert!(values > 50, "{values} values: the test has become too wild");
}

/// Ensures that announced lengths and counts cost nothing but the error at the end of the input.
#[test]
fn announcements_cost_nothing() {
    let gigantic = [b"\x81".as_slice(), &(1u64 << 60).to_be_bytes()].concat();
    let large = b"\x80\x3f\xff\xff\xff";
    for (number, body) in [
        (0, [large.as_slice(), b"abc"].concat()),
        (0, [b"\xc3\x05".as_slice(), large, b"abcde"].concat()),
        (1, [gigantic.as_slice(), b"\x01a"].concat()),
        (2, gigantic.clone()),
        (3, gigantic.clone()),
        (4, gigantic.clone()),
        (14, gigantic.clone()),
        (15, gigantic.clone()),
        (18, gigantic.clone()),
        (24, [[0; 8].as_slice(), &gigantic].concat()),
        (15, [b"\0\0\0\0".as_slice(), &gigantic].concat()),
    ] {
        let body = [&[number], b"\x01k".as_slice(), &body].concat();
        // Without an end, so that the input ends where more was promised.
        let whole = file(10, &body);
        assert!(load(&whole[..whole.len() - 9]).is_err(), "{number}");
    }
    let error = load(&file(10, &[b"\0\x01k".as_slice(), &gigantic].concat())).expect_err("long");
    assert!(matches!(error.problem, Problem::Damage(_)) && error.offset == 21, "{error}");
}

/// Ensures that an input in small portions is read like a whole one, and counted to the byte.
#[test]
fn portions_make_no_difference() {
    let long = [b"\0\x01l\x80\0\x02\0\0".as_slice(), &[b'x'; 131_072]].concat();
    let bytes = file(9, &[b"\x02\x01s\x02\x01a\x01b".as_slice(), &long].concat());
    let whole = load(&bytes).expect("sound");
    let drops = Drops(&bytes, fastrand::Rng::with_seed(5));
    let mut reader = super::Reader::new(drops, true).expect("a header");
    let mut found = 0;
    while let super::Event::Entry(entry) = reader.next().expect("sound") {
        let mut collector = Collector::default();
        reader.value(&mut collector).expect("sound");
        assert_eq!(
            (entry, collector.into_value()),
            (whole[found].0.clone(), Some(whole[found].1.clone()))
        );
        found += 1;
    }
    assert_eq!((found, reader.offset()), (2, bytes.len() as u64));
}
