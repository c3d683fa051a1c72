//! The small form of a sorted set: members and scores by turns in one packed block, in order.
//!
//! Everything is a search from the front. A score that is an integer is packed as one, so that
//! the usual rank or time takes one to five bytes instead of nine; −0.0 becomes 0 by that.

use super::leaf::compare;
use crate::keyspace::types::element::Element;
use crate::keyspace::types::packed::{self, Item, Packed};
use crate::keyspace::types::score::integral;
use std::ops::Range;

/// The next member and its score.
pub fn next_pair<'a>(items: &mut packed::Iter<'a, false>) -> Option<(Element<'a>, f64)> {
    Some((items.next()?.into(), number(items.next()?)))
}

/// The score that an item is.
fn number(item: Item<'_>) -> f64 {
    match item {
        Item::Int(number) => number as f64,
        Item::Double(number) => number,
        Item::Bytes(_) => 0.0,
    }
}

/// All members with their scores.
pub fn pairs(block: &Packed) -> impl Iterator<Item = (Element<'_>, f64)> {
    let mut items = block.iter();
    std::iter::from_fn(move || next_pair(&mut items))
}

/// The score of `member`.
pub fn score(block: &Packed, member: &[u8]) -> Option<f64> {
    block.value_of(member).map(number)
}

/// How many members come before `member`.
pub fn rank(block: &Packed, member: &[u8]) -> Option<usize> {
    block.find(member, 2).map(|index| index / 2)
}

/// Adds a member that is not there yet.
pub fn add(block: &mut Packed, member: &[u8], score: f64) {
    let mut digits = itoa::Buffer::new();
    let is_less = |(other, other_score): &(Element<'_>, f64)| {
        compare(*other_score, other.text(&mut digits), score, member).is_lt()
    };
    let at = pairs(block).take_while(is_less).count();
    let mut cursor = block.cursor(2 * at);
    match integral(score) {
        Some(number) => cursor.insert(number),
        None => cursor.insert(score),
    }
    cursor.insert(member);
}

/// Adds a pair that comes after all others.
pub fn push(block: &mut Packed, member: &[u8], score: f64) {
    block.push_back(member);
    match integral(score) {
        Some(number) => block.push_back(number),
        None => block.push_back(score),
    }
}

/// Removes `member`, and returns the score that it had.
pub fn remove(block: &mut Packed, member: &[u8]) -> Option<f64> {
    let mut cursor = block.cursor_at(member, 2)?;
    cursor.remove(1);
    let score = cursor.item().map(number);
    cursor.remove(1);
    score
}

/// How many members come before the first one for which `before` is false.
pub fn partition_point(block: &Packed, mut before: impl FnMut(Element<'_>, f64) -> bool) -> usize {
    pairs(block).take_while(|(member, score)| before(*member, *score)).count()
}

/// Removes the members whose ranks are in `range`, and calls `each` with each of them first.
pub fn remove_range(block: &mut Packed, range: Range<usize>, mut each: impl FnMut(&[u8], f64)) {
    let mut digits = itoa::Buffer::new();
    let removed = pairs(block).skip(range.start).take(range.len());
    removed.for_each(|(member, score)| each(member.text(&mut digits), score));
    block.remove_range(2 * range.start, 2 * range.len());
}
