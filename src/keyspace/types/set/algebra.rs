//! Intersections, unions and differences of sets.
//!
//! The choice of the way is Redis's: an intersection asks the larger sets for the members of the
//! smallest; a difference asks the others for the members of the first, or removes theirs from a
//! copy, whichever takes fewer steps. What differs is how a packed set is asked: many questions to
//! a block that is searched from the front would take their product, so its members are listed in
//! a hash table first, or, where both are integers, passed once from the smallest to the largest.

use super::integers::Integers;
use super::{Form, Set, is_text};
use crate::keyspace::types::element::Element;
use crate::keyspace::types::encoding::{Encoding, SetNames};
use crate::keyspace::types::packed::{Item, Packed};
use crate::keyspace::types::segments::Segments;
use std::collections::HashSet;

/// Questions from which on the members of a packed set are listed.
const LISTED_FROM: usize = 8;

/// A member in a form that can be hashed.
#[derive(PartialEq, Eq, Hash)]
enum Member<'a> {
    Bytes(&'a [u8]),
    Int(i64),
}

impl<'a> Member<'a> {
    fn new(item: Item<'a>) -> Option<Member<'a>> {
        match item {
            Item::Bytes(bytes) => Some(Member::Bytes(bytes)),
            Item::Int(number) => Some(Member::Int(number)),
            Item::Double(_) => None,
        }
    }
}

/// A set that is asked for many members.
enum Asked<'a> {
    Table(&'a Segments<()>),
    Listed(HashSet<Member<'a>, ahash::RandomState>),
    Block(&'a Packed),
    /// Passed up to the integer, the last one that is not greater than what was asked for.
    Integers {
        block: &'a Packed,
        rest: Integers<'a>,
        at: Option<i64>,
    },
}

impl<'a> Asked<'a> {
    fn new(set: &'a Set, questions: usize) -> Asked<'a> {
        match &set.form {
            Form::Large(table) => Asked::Table(&table.entries),
            Form::Small(block) if !is_text(block) => {
                let mut rest = Integers::of(block);
                let at = rest.next();
                Asked::Integers { block, rest, at }
            }
            Form::Small(block) if questions < LISTED_FROM => Asked::Block(block),
            Form::Small(block) => Asked::Listed(block.iter().filter_map(Member::new).collect()),
        }
    }

    fn has(&mut self, member: &Element<'_>) -> bool {
        match self {
            Asked::Table(members) => members.contains(member.text(&mut itoa::Buffer::new())),
            Asked::Block(block) => block.find(member.item(), 1).is_some(),
            Asked::Listed(members) => {
                Member::new(member.item()).is_some_and(|member| members.contains(&member))
            }
            Asked::Integers { block, rest, at } => {
                let Item::Int(number) = member.item() else { return false };
                if at.is_none_or(|at| at > number) {
                    // Asked for something smaller than before.
                    *rest = Integers::of(block);
                    *at = rest.next();
                }
                while at.is_some_and(|at| at < number) {
                    *at = rest.next();
                }
                *at == Some(number)
            }
        }
    }
}

/// Calls `each` with the members that all of `sets` have, up to `limit` of them.
pub fn intersection<'a>(sets: &[&'a Set], limit: usize, mut each: impl FnMut(Element<'a>)) {
    let mut sets = sets.to_vec();
    // The smallest are the likeliest to say no.
    sets.sort_by_key(|set| set.len());
    let Some((smallest, others)) = sets.split_first() else { return };
    let mut others: Vec<Asked<'_>> =
        others.iter().map(|set| Asked::new(set, smallest.len())).collect();
    smallest
        .iter()
        .filter(|member| others.iter_mut().all(|set| set.has(member)))
        .take(limit)
        .for_each(&mut each);
}

/// The members that one of `sets` has.
pub fn union(sets: &[&Set], names: SetNames) -> Set {
    // The largest is not added but cloned: a table is shared until it changes.
    let Some(largest) = (0..sets.len()).max_by_key(|at| sets[*at].len()) else { return Set::new() };
    let mut all = sets[largest].clone();
    let others = sets.iter().enumerate().filter(|(at, _)| *at != largest);
    for member in others.flat_map(|(_, set)| set.iter()) {
        all.add(member.text(&mut itoa::Buffer::new()), names);
    }
    all
}

/// Calls `each` with the members of `first` that none of `others` has.
pub fn difference(first: &Set, others: &[&Set], mut each: impl FnMut(Element<'_>)) {
    let mut others: Vec<&Set> = others.to_vec();
    // The largest are the likeliest to have a member.
    others.sort_by_key(|set| std::cmp::Reverse(set.len()));
    // A lookup ends at the first set that has the member: half of the sets are not searched.
    let questions = first.len() * (others.len() + 1) / 2;
    let removals = first.len() + others.iter().map(|set| set.len()).sum::<usize>();
    if questions <= removals {
        let mut asked: Vec<Asked<'_>> =
            others.iter().map(|set| Asked::new(set, first.len())).collect();
        first
            .iter()
            .filter(|member| !asked.iter_mut().any(|set| set.has(member)))
            .for_each(&mut each);
        return;
    }
    let mut rest = first.clone();
    for member in others.iter().flat_map(|set| set.iter()) {
        rest.remove(member.text(&mut itoa::Buffer::new()));
        if rest.is_empty() {
            return;
        }
    }
    rest.iter().for_each(&mut each);
}

/// What all of `sets` have in common, to be stored: Redis makes it in the form of the smallest, and
/// turns it into an intset if it can.
pub fn stored_intersection(sets: &[&Set], names: SetNames) -> Set {
    let mut result = Set::new();
    let smallest = sets.iter().min_by_key(|set| set.len());
    result.set_encoding(smallest.map_or(Encoding::Intset, |set| set.encoding()));
    let mut is_of_integers = true;
    intersection(sets, usize::MAX, |member| {
        is_of_integers &= matches!(member.item(), Item::Int(_));
        result.add(member.text(&mut itoa::Buffer::new()), names);
    });
    if is_of_integers && result.len() <= names.intset_entries_max {
        result.set_encoding(Encoding::Intset);
    }
    result
}

/// What one of `sets` has, to be stored.
pub fn stored_union(sets: &[&Set], names: SetNames) -> Set {
    let all = union(sets, names);
    if all.len() > names.intset_entries_max.max(names.listpack.entries_max) {
        return all;
    }
    // It may have the name of a source that was larger once; a new set has its own.
    let mut result = Set::new();
    for member in all.iter() {
        result.add(member.text(&mut itoa::Buffer::new()), names);
    }
    result
}

/// What `first` has and none of `others`, to be stored.
pub fn stored_difference(first: &Set, others: &[&Set], names: SetNames) -> Set {
    let mut result = Set::new();
    difference(first, others, |member| {
        result.add(member.text(&mut itoa::Buffer::new()), names);
    });
    result
}
