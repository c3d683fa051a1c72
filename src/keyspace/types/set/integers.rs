//! A packed block of integers in rising order: the form of small sets of numbers.
//!
//! The first element is the smallest integer, and each of the others what it is more than the one
//! before: identifiers that are near each other take a byte or two, where Redis's intset takes two,
//! four or eight for all. Differences are taken modulo 2⁶⁴, so that all integers have one.

use crate::keyspace::types::packed::{Item, Packed};

/// The integers of a block, from the smallest to the largest.
#[derive(Debug, Clone)]
pub(super) struct Integers<'a> {
    differences: crate::keyspace::types::packed::Iter<'a, false>,
    last: i64,
}

impl<'a> Integers<'a> {
    pub fn of(block: &'a Packed) -> Integers<'a> {
        Integers { differences: block.iter(), last: 0 }
    }
}

impl Iterator for Integers<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        match self.differences.next()? {
            Item::Int(difference) => self.last = self.last.wrapping_add(difference),
            // There is nothing else.
            Item::Bytes(_) | Item::Double(_) => return None,
        }
        Some(self.last)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.differences.size_hint()
    }
}

/// Whether `number` is among them.
pub(super) fn contains(block: &Packed, number: i64) -> bool {
    Integers::of(block).find(|other| *other >= number) == Some(number)
}

/// Adds `number`, and says whether it is new.
pub(super) fn add(block: &mut Packed, number: i64) -> bool {
    let (index, before, next) = find(block, number);
    if next == Some(number) {
        return false;
    }
    let mut cursor = block.cursor(index);
    if let Some(next) = next {
        cursor.replace(next.wrapping_sub(number));
    }
    cursor.insert(number.wrapping_sub(before));
    true
}

/// Removes `number`, and says whether it was there.
pub(super) fn remove(block: &mut Packed, number: i64) -> bool {
    let (index, before, next) = find(block, number);
    if next != Some(number) {
        return false;
    }
    let mut cursor = block.cursor(index);
    cursor.remove(1);
    if let Some(Item::Int(difference)) = cursor.item() {
        cursor.replace(number.wrapping_add(difference).wrapping_sub(before));
    }
    true
}

/// Index and value of the first integer that is not less than `number`, and the one before it,
/// which is 0 for the first.
fn find(block: &Packed, number: i64) -> (usize, i64, Option<i64>) {
    let (mut index, mut before) = (0, 0);
    for other in Integers::of(block) {
        if other >= number {
            return (index, before, Some(other));
        }
        (index, before) = (index + 1, other);
    }
    (index, before, None)
}
