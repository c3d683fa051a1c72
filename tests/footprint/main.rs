//! What the keyspace says it takes, beside what the allocator was really asked for: a program of
//! its own, because whatever else it did would be counted too.

use peak_alloc::PeakAlloc;
use respool::keyspace::{FieldMap, Keyspace, Value};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const NOW_MS: u64 = 1_000;

/// Per cent of what is counted that may have been asked for: the allocator adds something to each
/// request, which is counted and was not asked for.
const RANGE: std::ops::RangeInclusive<usize> = 80..=95;

fn set(keyspace: &mut Keyspace, at: usize) {
    let key = format!("key:{at:012}");
    keyspace.keys(0, NOW_MS, false).set(key.as_bytes(), Value::string(&[b'x'; 32]), None);
}

fn remove(keyspace: &mut Keyspace, at: usize) {
    let key = format!("key:{at:012}");
    assert!(keyspace.keys(0, NOW_MS, false).remove(key.as_bytes()));
    // What is removed is dropped by whoever lets go of the lock.
    keyspace.garbage.clear();
}

/// Bytes that the keyspace counts, and per cent of them that were asked for.
fn compare(keyspace: &Keyspace, bytes_before: usize) -> (usize, usize) {
    let used = keyspace.used_bytes();
    (used, (HEAP.current_usage() - bytes_before) * 100 / used)
}

/// Ensures that keys and fields take no more than is counted: one after the other, because whatever
/// is taken meanwhile counts.
#[test]
fn what_is_taken_is_counted() {
    what_keys_take_is_counted();
    what_a_hash_takes_is_counted();
}

/// Every state of the keyspace's tables: growing, when keys have come and gone for a long time, and
/// when most have gone.
fn what_keys_take_is_counted() {
    let bytes_before = HEAP.current_usage();
    let mut keyspace = Keyspace::new(1);
    let (mut from, mut to) = (0, 0);
    // Keys in a segment: between 400 and 750.
    for count in [13_000, 16_000, 20_000, 23_000] {
        while to - from < count {
            set(&mut keyspace, to);
            to += 1;
        }
        let (full, percent) = compare(&keyspace, bytes_before);
        assert!(RANGE.contains(&percent), "{count} keys: {percent} % of {full} bytes");
        for _ in 0..100_000 {
            remove(&mut keyspace, from);
            set(&mut keyspace, to);
            (from, to) = (from + 1, to + 1);
        }
        let (used, percent) = compare(&keyspace, bytes_before);
        assert!(RANGE.contains(&percent), "{count} keys: {percent} % after a while");
        assert!(used < full + full / 8, "{count} keys: {full} bytes, {used} after a while");
    }
    while to - from > 1_000 {
        remove(&mut keyspace, from);
        from += 1;
    }
    let (used, percent) = compare(&keyspace, bytes_before);
    assert!(RANGE.contains(&percent), "few keys: {percent} % of {used} bytes");
    keyspace.check_invariants();
}

/// The same for the fields of a hash.
fn what_a_hash_takes_is_counted() {
    const FIELDS: usize = 20_000;
    let bytes_before = HEAP.current_usage();
    let mut keyspace = Keyspace::new(1);
    let field = |at: usize| format!("field:{at:020}");
    let mut change = |change: &mut dyn FnMut(&mut FieldMap)| {
        let mut keys = keyspace.keys(0, NOW_MS, false);
        keys.change_hash(b"hash", |fields| (change(fields), 1)).expect("a hash");
        let (used, percent) = compare(&keyspace, bytes_before);
        assert!(RANGE.contains(&percent), "{percent} % of {used} bytes");
        used
    };
    let full = change(&mut |fields| {
        (0..FIELDS).for_each(|at| assert!(fields.set(field(at).as_bytes(), &[b'x'; 32])));
    });
    change(&mut |fields| {
        for at in 0..5 * FIELDS {
            assert!(fields.remove(field(at).as_bytes()));
            assert!(fields.set(field(at + FIELDS).as_bytes(), &[b'x'; 32]));
        }
    });
    let rest = change(&mut |fields| {
        (5 * FIELDS + 100..6 * FIELDS).for_each(|at| assert!(fields.remove(field(at).as_bytes())));
    });
    assert!(rest < full / 40, "{rest} of {full} bytes for a two hundredth of the fields");
}
