//! The memory that the keyspace counts, compared with what the allocator was really asked for: a
//! program of its own, because any other allocation would be counted, too.

mod rdb;

use peak_alloc::PeakAlloc;
use respool::keyspace::types::Listpack;
use respool::keyspace::{Event, Hash, Keyspace, Value};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const NOW_MS: u64 = 1_000;

/// Per cent of what is counted that may have been asked for: the allocator adds something to each
/// request, which is counted and was not asked for.
const RANGE: std::ops::RangeInclusive<usize> = 80..=100;

fn set(keyspace: &mut Keyspace, at: usize) {
    let key = format!("key:{at:012}");
    keyspace.keys(0, NOW_MS, false).set(
        key.as_bytes(),
        Value::string(&[b'x'; 32]),
        None,
        Event::SET,
    );
}

fn remove(keyspace: &mut Keyspace, at: usize) {
    let key = format!("key:{at:012}");
    assert!(keyspace.keys(0, NOW_MS, false).remove(key.as_bytes(), Event::DEL));
    // Removed values are dropped as by the lock's holder after the release.
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
    what_copies_of_a_hash_take_is_counted();
    rdb::a_reader_takes_what_arrives();
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
        // Tables that are too tight for coming and going are doubled.
        assert!(used < full + full / 5, "{count} keys: {full} bytes, {used} after a while");
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
    // One whose index is fitted, one that is too full for that, and one that is too large.
    for count in [20_000, 28_000, 100_000] {
        let bytes_before = HEAP.current_usage();
        let mut keyspace = Keyspace::new(1);
        // So short that they need no memory of their own: what is taken is the list and its index.
        let field = |at: usize| format!("field:{at}");
        let mut change = |change: &mut dyn FnMut(&mut Hash)| {
            let mut keys = keyspace.keys(0, NOW_MS, false);
            keys.change(b"hash", Event::hash("hset"), |fields| (change(fields), 1))
                .expect("a hash");
            let (used, percent) = compare(&keyspace, bytes_before);
            // Where there is little else, a hundredth is the keyspace itself.
            assert!((95..=105).contains(&percent), "{count}: {percent} % of {used} bytes");
            used
        };
        let full = change(&mut |fields| {
            (0..count).for_each(|at| {
                assert!(fields.set(field(at).as_bytes(), b"value", Listpack::OF_HASHES))
            });
        });
        change(&mut |fields| {
            for at in 0..5 * count {
                assert!(fields.remove(field(at).as_bytes()));
                assert!(fields.set(field(at + count).as_bytes(), b"value", Listpack::OF_HASHES));
            }
            // The index may have been doubled a moment ago; now it is fitted once more.
            for at in 5 * count..5 * count + 64 {
                assert!(fields.remove(field(at).as_bytes()));
            }
        });
        let rest = change(&mut |fields| {
            for at in 5 * count + 64..6 * count - 100 {
                assert!(fields.remove(field(at).as_bytes()));
            }
        });
        assert!(rest < full / 40, "{rest} of {full} bytes for a hundred of {count} fields");
    }
}

/// The same within a twentieth, at every stage of hashes of all sizes, and of copies as they are
/// made during a rewrite of the log.
fn what_copies_of_a_hash_take_is_counted() {
    for count in [1, 3, 8, 20, 27, 28, 29, 100, 300, 448, 1_000, 20_000, 28_000, 70_000] {
        let bytes_before = HEAP.current_usage();
        let field = |at: usize| format!("field:{at}");
        let check = |fields: &Hash, when: &str| {
            let counted = fields.heap_bytes();
            let asked = HEAP.current_usage() - bytes_before;
            // Each request is counted with what the allocator adds.
            let range = asked - asked / 20..=asked + asked / 20 + 3 * 24;
            assert!(range.contains(&counted), "{count} {when}: {counted} counted of {asked}");
        };
        let mut fields = Hash::new();
        let (mut from, mut to) = (0, 0);
        let mut add = |fields: &mut Hash, when: &str| {
            assert!(fields.set(field(to).as_bytes(), b"value", Listpack::OF_HASHES));
            to += 1;
            check(fields, when);
        };
        (0..count).for_each(|_| add(&mut fields, "growing"));
        for round in 0..3 {
            for _ in 0..3 * count + 100 {
                assert!(fields.remove(field(from).as_bytes()));
                from += 1;
                add(&mut fields, "coming and going");
            }
            fields = fields.clone();
            check(&fields, "as a copy");
            (0..count / 20 * round).for_each(|_| add(&mut fields, "growing as a copy"));
        }
    }
}
