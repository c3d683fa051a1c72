//! Both encodings against registers that are kept plainly, and counts against Redis's.

use super::sparse::{self, GROWTH_MAX, Hint, Opcodes};
use super::*;
use fastrand::Rng;

/// The sparse registers of `bytes`.
fn registers(bytes: &[u8]) -> &[u8] {
    &bytes[HEADER_BYTES..]
}

/// Raises a register of a sparse sketch; false if it has to be dense.
fn raise(bytes: &mut Vec<u8>, index: usize, rank: u8, max: usize, hint: &mut Hint) -> bool {
    let found = sparse::find(registers(bytes), index, *hint).expect("a valid sketch");
    *hint = found.next;
    if found.run.rank >= rank {
        return true;
    }
    let len = bytes.len() - HEADER_BYTES;
    bytes.resize(bytes.len() + GROWTH_MAX, 0);
    let mut opcodes = Opcodes::new(&mut bytes[HEADER_BYTES..], len);
    let has_fitted = opcodes.raise(&found, index, rank, max);
    let len = opcodes.len();
    assert!(bytes[HEADER_BYTES + len..].iter().all(|byte| *byte == 0), "zeros behind the end");
    bytes.truncate(HEADER_BYTES + len);
    has_fitted
}

/// Ensures that the hash is the one that Redis uses, for all lengths of the last piece.
#[test]
fn elements_are_hashed_as_in_redis() {
    assert_eq!(locate(b"a"), (12_711, 2));
    assert_eq!(locate(b"foo"), (7_348, 5));
    let located = [&b""[..], b"bar", b"hello world, this is a long element"].map(locate);
    let (mut indices, mut ranks) = (located.map(|it| it.0), located.map(|it| it.1));
    indices.sort_unstable();
    ranks.sort_unstable();
    assert_eq!(indices, [5_938, 10_007, 11_033]);
    assert_eq!(ranks, [1, 1, 2]);
}

/// Ensures that the opcodes are Redis's byte by byte after many changes: runs that are split, and
/// joined again as far as Redis joins them.
#[test]
fn opcodes_are_those_of_redis() {
    let (mut bytes, mut added) = (empty(), 0);
    for (elements, len, digest) in [
        (100, 285, 0x422d_cf12_b959_034e),
        (700, 1_401, 0x1071_7980_5059_cb6d),
        (1_400, 2_558, 0x9f4a_56d6_cc47_af83),
        (6_000, 8_094, 0xd819_8205_76ee_d12f),
    ] {
        for number in added..elements {
            let (index, rank) = locate(format!("element:{number}").as_bytes());
            assert!(raise(&mut bytes, index, rank, 20_000, &mut Hint::default()));
        }
        added = elements;
        assert_eq!((bytes.len(), murmur::hash(registers(&bytes), 1)), (len, digest), "{elements}");
    }
}

/// Ensures that the same is true of runs of ranks, which only low ranks close to each other make:
/// forty merges of random registers, the same ones as were merged in Redis.
#[test]
fn runs_are_joined_as_in_redis() {
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut bytes = empty();
    for _ in 0..40 {
        let mut hint = Hint::default();
        for index in 0..300 {
            let rank = if next(3) == 0 { next(4) as u8 } else { 0 };
            assert!(rank == 0 || raise(&mut bytes, index, rank, 20_000, &mut hint));
        }
    }
    assert_eq!(bytes.len(), 116);
    assert_eq!(murmur::hash(registers(&bytes), 1), 0x8537_c359_4cf5_3730);
}

/// Ensures that counts are Redis's to the last digit, from one element to a million.
#[test]
fn counts_are_those_of_redis() {
    let expected = [
        (1, 1),
        (10, 10),
        (100, 99),
        (1_000, 997),
        (2_000, 2_004),
        (5_000, 5_005),
        (10_000, 10_017),
        (50_000, 49_716),
        (100_000, 100_039),
        (1_000_000, 1_010_357),
    ];
    let (mut ranks, mut added) = ([0; REGISTERS], 0);
    for (elements, count) in expected {
        for number in added..elements {
            let (index, rank) = locate(format!("element:{number}").as_bytes());
            ranks[index] = rank.max(ranks[index]);
        }
        added = elements;
        assert_eq!(count_of(&ranks), count, "{elements} elements");
    }
}

/// Ensures that no ranks count as nothing, and impossible ones as Redis's overflow.
#[test]
fn the_edges_of_the_estimate() {
    assert_eq!(count_of(&[0; REGISTERS]), 0);
    assert_eq!(count_of(&[63; REGISTERS]), 1 << 63);
    assert_eq!(count(&empty(), Encoding::Sparse), Ok(0));
}

/// Ensures that a dense register holds its value and leaves its neighbours alone.
#[test]
fn dense_registers_do_not_touch_each_other() {
    let (mut bytes, mut plain) = (vec![0; dense::BYTES], vec![0; REGISTERS]);
    let mut rng = Rng::with_seed(7);
    for _ in 0..200_000 {
        let (index, rank) = (rng.usize(..REGISTERS), rng.u8(..64));
        assert_eq!(dense::get(&bytes, index), plain[index]);
        dense::set(&mut bytes, index, rank);
        plain[index] = rank;
    }
    assert!((0..REGISTERS).all(|index| dense::get(&bytes, index) == plain[index]));
}

/// Ensures that a sparse sketch has the registers that were raised, in no more bytes than allowed,
/// and becomes the dense one with the same registers.
#[test]
fn sparse_registers_are_those_that_were_raised() {
    for seed in 0..30 {
        let mut rng = Rng::with_seed(seed);
        let (mut bytes, mut plain) = (empty(), [0; REGISTERS]);
        let span = [30, 300, REGISTERS][rng.usize(..3)];
        let max = rng.usize(20..4_000);
        for _ in 0..2_000 {
            let (index, rank) = (rng.usize(..span), rng.u8(1..=6) + 30 * u8::from(rng.u8(..) == 0));
            let before = bytes.clone();
            if !raise(&mut bytes, index, rank, max, &mut Hint::default()) {
                assert_eq!(bytes, before, "seed {seed}");
                break;
            }
            plain[index] = plain[index].max(rank);
            let mut merged = [0; REGISTERS];
            assert_eq!(merge_into(&mut merged, &bytes, Encoding::Sparse), Ok(()));
            assert!(merged == plain, "seed {seed}");
        }
        assert!(bytes.len() <= max.max(empty().len()), "seed {seed}");
        assert_eq!(count(&bytes, Encoding::Sparse), Ok(count_of(&plain)));
        let dense = to_dense(&bytes).expect("it is valid");
        let mut merged = [0; REGISTERS];
        assert_eq!(merge_into(&mut merged, &dense, encoding(&dense).expect("dense")), Ok(()));
        assert!(merged == plain, "seed {seed}");
    }
}

/// Ensures that a search that begins where the last one ended gives the same bytes as one that
/// begins at the beginning.
#[test]
fn a_hint_changes_no_byte() {
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let mut base = empty();
        for _ in 0..rng.usize(..150) {
            raise(&mut base, rng.usize(..400), rng.u8(1..4), 9_000, &mut Hint::default());
        }
        let (mut with, mut without, mut hint) = (base.clone(), base, Hint::default());
        for index in 0..420 {
            if rng.bool() {
                let rank = rng.u8(1..5);
                raise(&mut with, index, rank, 9_000, &mut hint);
                raise(&mut without, index, rank, 9_000, &mut Hint::default());
                assert_eq!(with, without, "seed {seed}, register {index}");
            }
        }
    }
}

/// Ensures that bytes that no sketch has are refused, and never lead to a panic.
#[test]
fn corrupt_bytes_are_refused() {
    let mut rng = Rng::with_seed(3);
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut bytes = empty();
        for _ in 0..rng.usize(..10) {
            raise(&mut bytes, rng.usize(..REGISTERS), rng.u8(1..33), 9_000, &mut Hint::default());
        }
        for _ in 0..rng.usize(1..4) {
            match rng.u8(..3) {
                0 => {
                    let at = rng.usize(HEADER_BYTES..bytes.len());
                    bytes[at] = rng.u8(..);
                }
                1 => bytes.insert(rng.usize(HEADER_BYTES..bytes.len()), rng.u8(..)),
                _ => bytes.truncate(rng.usize(HEADER_BYTES..=bytes.len()).max(HEADER_BYTES + 1)),
            }
        }
        let (is_valid, mut ranks) = (to_dense(&bytes).is_ok(), [0; REGISTERS]);
        assert_eq!(count(&bytes, Encoding::Sparse).is_ok(), is_valid);
        assert_eq!(merge_into(&mut ranks, &bytes, Encoding::Sparse).is_ok(), is_valid);
        refused += usize::from(!is_valid);
        let index = rng.usize(..REGISTERS);
        if let Ok(found) = sparse::find(registers(&bytes), index, Hint::default()) {
            let len = bytes.len() - HEADER_BYTES;
            bytes.resize(bytes.len() + GROWTH_MAX, 0);
            if found.run.rank < 9 {
                Opcodes::new(&mut bytes[HEADER_BYTES..], len).raise(&found, index, 9, 9_000);
            }
        }
    }
    assert!(refused > 5_000, "{refused} of 20000 were refused");
}

/// Ensures that only strings with a header of a sketch are taken for one.
#[test]
fn headers_are_checked() {
    assert_eq!(encoding(&empty()), Some(Encoding::Sparse));
    assert_eq!(encoding(&empty()[..HEADER_BYTES - 1]), None);
    assert_eq!(encoding(b"HYLLO, this is a text"), None);
    let mut dense = to_dense(&empty()).expect("it is valid");
    assert_eq!(encoding(&dense), Some(Encoding::Dense));
    dense.push(0);
    assert_eq!(encoding(&dense), None);
    dense[4] = 2;
    assert_eq!(encoding(&dense), None);
}

/// Ensures that a cached count is found until it is out of date.
#[test]
fn counts_are_cached() {
    let mut bytes = empty();
    assert_eq!(cached_count(&bytes), Some(0));
    cache_count(&mut bytes, 1_234_567);
    assert_eq!(cached_count(&bytes), Some(1_234_567));
    forget_count(&mut bytes);
    assert_eq!(cached_count(&bytes), None);
}
