//! Packed blocks against a plain list.

use super::*;
use fastrand::Rng;

/// Rounds of random operations per seed.
const ROUNDS: usize = 3_000;

fn texts<const T: bool>(block: &Block<T>) -> Vec<Vec<u8>> {
    block.iter().map(|item| item.to_vec()).collect()
}

/// An element as clients send them: numbers of all lengths, words, long texts, what looks like a
/// number and is none.
fn random_text(rng: &mut Rng) -> Vec<u8> {
    match rng.u8(..20) {
        0..8 => (rng.i64(..) >> rng.u8(..64)).to_string().into_bytes(),
        8..15 => vec![rng.u8(..); rng.usize(..20)],
        15 => vec![b'x'; rng.usize(100..300)],
        16 => vec![b'9'; rng.usize(15..25)],
        17 => format!("-{}", rng.u64(9_223_372_036_854_775_800..9_223_372_036_854_775_820)).into(),
        18 => format!("0{}", rng.u8(..)).into_bytes(),
        _ => ["-0", "-", "", "+1", "1.5", " 1", "1 "][rng.usize(..7)].into(),
    }
}

fn check<const T: bool>(block: &Block<T>, model: &[Vec<u8>], seed: u64) {
    block.check_invariants();
    assert_eq!(texts(block), model, "seed {seed}");
}

/// One random change of both.
fn change<const T: bool>(block: &mut Block<T>, model: &mut Vec<Vec<u8>>, rng: &mut Rng) {
    let text = random_text(rng);
    let index = rng.usize(..=model.len());
    match rng.u8(..12) {
        0..3 => {
            block.push_back(&text[..]);
            model.push(text);
        }
        3 => {
            block.push_front(&text[..]);
            model.insert(0, text);
        }
        4..6 => {
            block.cursor(index).insert(&text[..]);
            model.insert(index, text);
        }
        6 => {
            block.cursor(index).replace(&text[..]);
            match model.get_mut(index) {
                Some(old) => *old = text,
                None => model.push(text),
            }
        }
        7 => {
            let count = rng.usize(..6);
            let end = model.len().min(index + count);
            assert_eq!(block.remove_range(index, count), end - index);
            model.drain(index..end);
        }
        8 => {
            let count = rng.usize(..3);
            block.cursor(index).remove(count);
            model.drain(index..model.len().min(index + count));
        }
        9 => {
            let rest = block.split_off(index);
            let model_rest = model.split_off(index);
            assert_eq!(texts(&rest), model_rest);
            rest.check_invariants();
            match rng.bool() {
                true => {
                    block.append(&rest);
                    model.extend(model_rest);
                }
                false => assert_eq!(rest.len(), model_rest.len()),
            }
        }
        _ => {
            let stride = rng.usize(1..4);
            let wanted = model.get(index).unwrap_or(&text);
            let found = (0..model.len()).step_by(stride).find(|at| model[*at] == *wanted);
            assert_eq!(block.find(&wanted[..], stride), found);
            assert_eq!(block.cursor_at(&wanted[..], stride).map(|cursor| cursor.index()), found);
            let value = found.filter(|_| stride == 2).and_then(|at| model.get(at + 1));
            if stride == 2 {
                assert_eq!(block.value_of(&wanted[..]).map(|item| item.to_vec()).as_ref(), value);
            }
        }
    }
}

fn run<const T: bool>(seed: u64, mut each: impl FnMut(&Block<T>, &[Vec<u8>])) {
    let mut rng = Rng::with_seed(seed);
    let (mut block, mut model) = (Block::<T>::new(), Vec::new());
    block.set_marks(0xA5);
    for _ in 0..ROUNDS {
        change(&mut block, &mut model, &mut rng);
        check(&block, &model, seed);
        let index = rng.usize(..=model.len());
        assert_eq!(block.get(index).map(|item| item.to_vec()).as_ref(), model.get(index));
        assert_eq!(block.back().map(|item| item.to_vec()).as_ref(), model.last());
        each(&block, &model);
        if model.len() > 150 {
            block.clear();
            model.clear();
        }
        assert_eq!(block.marks(), 0xA5, "the owner's marks stay");
    }
}

/// Ensures that a block does what a plain list does, whatever happens to it.
#[test]
fn random_changes_are_those_of_a_list() {
    for seed in 1..=4 {
        run::<false>(seed, |_, _| {});
    }
}

/// Ensures the same for a block that is read from both ends, and that it is.
#[test]
fn a_block_reads_the_same_from_both_ends() {
    for seed in 11..=14 {
        run::<true>(seed, |block, model| {
            let backwards: Vec<Vec<u8>> = block.iter().rev().map(|item| item.to_vec()).collect();
            assert!(backwards.iter().eq(model.iter().rev()), "seed {seed}");
        });
    }
}

/// Ensures that the decimal form of an integer is kept as a number, and nothing else is.
#[test]
fn integers_are_kept_as_numbers() {
    for number in [0, 1, 111, 112, 127, 128, 255, 256, -1, -128, -129, 32_767, i64::MAX, i64::MIN] {
        let text = number.to_string();
        assert_eq!(Item::new(text.as_bytes()), Item::Int(number));
        let mut block = Packed::new();
        block.push_back(text.as_bytes());
        assert_eq!(block.front().map(|item| item.to_vec()), Some(text.into_bytes()));
    }
    for text in ["", "-", "-0", "00", "01", "+1", "1e3", "9223372036854775808", "-01", "1\n"] {
        assert_eq!(Item::new(text.as_bytes()), Item::Bytes(text.as_bytes()));
    }
    for (number, bytes) in [(111, 1), (112, 2), (-128, 2), (1_000, 3), (1 << 23, 5), (1 << 62, 9)] {
        assert_eq!(Packed::bytes_for(number), bytes, "{number}");
    }
}

/// Ensures that a double comes back as it was given and is never taken for a string.
#[test]
fn doubles_are_neither_strings_nor_integers() {
    for number in [0.5, -1.25, 3.0, f64::INFINITY, f64::from_bits(0x3837_3635_3433_3231)] {
        let mut block = Packed::new();
        block.push_back(number);
        assert_eq!(block.front(), Some(Item::Double(number)));
        assert_eq!(block.find(&number.to_le_bytes(), 1), None);
        assert_eq!(block.find(number, 1), Some(0));
        block.check_invariants();
    }
}

/// Ensures that a small value takes no allocation, and a larger one no more than it must.
#[test]
fn memory_is_what_the_bytes_need() {
    assert_eq!(size_of::<Packed>(), 40);
    let mut block = Packed::new();
    for index in 0..128u64 {
        block.push_back(format!("field:{index:02}").as_bytes());
        block.push_back(format!("value:{index:02}").as_bytes());
        let (needed, taken) = (block.byte_len(), block.heap_bytes());
        let taken_max = match needed {
            _ if needed <= INLINE_BYTES => 0,
            // The last pair is in the structure.
            _ if needed <= 512 => needed - 18 + 24,
            _ => needed + needed / 16 + 24,
        };
        assert!(taken <= taken_max, "{index}: {taken} bytes for {needed}");
    }
    for left in (0..128).rev() {
        assert_eq!(block.remove_range(0, 2), 2);
        let (needed, taken) = (block.byte_len(), block.heap_bytes());
        assert!(taken <= needed + needed / 4 + 80, "{left} left: {taken} bytes for {needed}");
    }
    assert_eq!(block.heap_bytes(), 0);
}
