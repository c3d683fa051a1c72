//! The keyspace at large: growing, shrinking, and clocks that jump.

use respool::keyspace::{Event, Keyspace, Text, Value};
use respool::policy::{Limit, Policy};

/// Ensures that a database grows through many splits of its segments and shrinks to nothing.
#[test]
fn a_hundred_thousand_keys_come_and_go() {
    const COUNT: usize = 100_000;
    let mut keyspace = Keyspace::new(1);
    let key = |at: usize| format!("key:{at}").into_bytes();
    for at in 0..COUNT {
        let deadline = at.is_multiple_of(3).then_some(10_000_000);
        keyspace.keys(0, 1_000, false).set(&key(at), Value::string(&key(at)), deadline, Event::SET);
        if at % 10_000 == 0 {
            keyspace.check_invariants();
        }
    }
    keyspace.check_invariants();
    let full_bytes = keyspace.used_bytes();
    let mut keys = keyspace.keys(0, 2_000, false);
    assert_eq!(keys.len(), COUNT);
    for at in 0..COUNT {
        let found = keys.read::<Text>(&key(at)).expect("a string").map(|text| text.to_vec());
        assert_eq!(found, Some(key(at)));
        assert!(keys.peek(&[key(at), vec![b'!']].concat()).is_none());
    }
    for at in (0..COUNT).step_by(2) {
        assert!(keys.remove(&key(at), Event::DEL));
    }
    keyspace.check_invariants();
    let mut keys = keyspace.keys(0, 3_000, false);
    for at in (1..COUNT).step_by(2) {
        assert!(keys.remove(&key(at), Event::DEL));
    }
    assert!(keys.is_empty());
    keyspace.check_invariants();
    let rest_bytes = keyspace.used_bytes();
    assert!(rest_bytes < full_bytes / 50, "{rest_bytes} of {full_bytes} bytes for empty tables");
}

/// Ensures that a database with reserved tables holds its keys like any other, and that tables for
/// keys that never came are released.
#[test]
fn growing_ahead_loses_nothing_and_takes_nothing_for_good() {
    const COUNT: usize = 20_000;
    let mut keyspace = Keyspace::new(1);
    let key = |at: usize| format!("key:{at}").into_bytes();
    for at in 0..COUNT {
        // In the middle, after the beginning, and to where it is already.
        if [10, 1_000, 15_000].contains(&at) {
            let bytes_before = keyspace.used_bytes();
            keyspace.reserve(0, COUNT * 10 - at);
            keyspace.check_invariants();
            let bytes = keyspace.used_bytes() - bytes_before;
            assert!(bytes < 300 * COUNT, "{bytes} bytes for ten times as many keys");
        }
        keyspace.keys(0, 1_000, false).set(&key(at), Value::string(&key(at)), None, Event::SET);
    }
    keyspace.check_invariants();
    let mut keys = keyspace.keys(0, 2_000, false);
    assert_eq!(keys.len(), COUNT);
    assert!((0..COUNT).all(|at| keys.peek(&key(at)).is_some()));
    let (mut seen, mut cursor) = (0, 0);
    loop {
        cursor = keys.scan(cursor, 100, |_, _| seen += 1);
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(seen, COUNT, "a walk meets every key once");
    let bytes_before = keyspace.used_bytes();
    keyspace.fit();
    keyspace.check_invariants();
    let bytes = bytes_before - keyspace.used_bytes();
    assert!(bytes > 150 * COUNT, "{bytes} bytes were given back");
}

/// Ensures that reservation keeps below the memory limit, however many keys are expected.
#[test]
fn growing_ahead_knows_the_memory_limit() {
    const LIMIT_BYTES: usize = 4 << 20;
    let mut keyspace = Keyspace::new(1);
    keyspace.set_limit(Limit { bytes: LIMIT_BYTES, policy: Policy::AllKeysLru });
    keyspace.reserve(0, usize::MAX);
    keyspace.check_invariants();
    let bytes = keyspace.used_bytes();
    assert!((LIMIT_BYTES / 20..LIMIT_BYTES / 2).contains(&bytes), "{bytes} bytes for tables");
}

/// Ensures that a clock that jumps back neither breaks the order of use nor revives a key.
#[test]
fn a_clock_that_jumps_back_breaks_nothing() {
    let mut keyspace = Keyspace::new(1);
    keyspace.keys(0, 1_000_000, false).set(b"a", Value::string(b"1"), Some(1_000_500), Event::SET);
    keyspace.keys(0, 1_000_000, false).set(b"b", Value::string(b"2"), None, Event::SET);
    keyspace.keys(0, 500, false).read_entry(b"a").expect("it has not expired at the earlier time");
    keyspace.check_invariants();
    assert!(keyspace.keys(0, 1_000_500, false).read_entry(b"a").is_none());
    keyspace.check_invariants();
}

/// Ensures that a clock that jumps forward lets keys expire and disturbs nothing else, and that a
/// key set before a jump back lives until the time it was given.
#[test]
fn deadlines_follow_the_wall_clock_wherever_it_jumps() {
    let mut keyspace = Keyspace::new(1);
    keyspace.keys(0, 1_000, false).set(b"a", Value::string(b"1"), Some(2_000), Event::SET);
    keyspace.keys(0, 1_000, false).set(b"b", Value::string(b"2"), Some(90_000_000), Event::SET);
    // A day forward: one is due.
    assert_eq!(keyspace.sweep(86_400_000, 100), 1);
    assert!(keyspace.keys(0, 86_400_000, false).read_entry(b"b").is_some());
    // And back again: the other one has longer to live.
    assert_eq!(keyspace.sweep(1_000, 100), 0);
    assert!(keyspace.keys(0, 1_000, false).read_entry(b"b").is_some());
    keyspace.keys(0, 1_000, false).set(b"c", Value::string(b"3"), Some(1_500), Event::SET);
    assert_eq!(keyspace.sweep(1_500, 100), 1, "new deadlines count from the new time");
    keyspace.check_invariants();
}

/// Ensures that a hundred thousand keys with the same deadline are freed in small steps, each of
/// which has a bounded size, and that their tables are freed with them.
#[test]
fn a_storm_of_deadlines_is_swept_in_small_steps() {
    let mut keyspace = Keyspace::new(1);
    for at in 0..100_000 {
        let key = format!("key:{at}");
        keyspace.keys(0, 1_000, false).set(
            key.as_bytes(),
            Value::string(b"v"),
            Some(2_000),
            Event::SET,
        );
    }
    let full_bytes = keyspace.used_bytes();
    let mut removed = 0;
    loop {
        let step = keyspace.sweep(2_000, 256);
        assert!(step <= 256);
        removed += step;
        if step == 0 {
            break;
        }
    }
    assert_eq!(removed, 100_000);
    assert!(keyspace.used_bytes() < full_bytes / 50, "{} bytes", keyspace.used_bytes());
    keyspace.check_invariants();
}
