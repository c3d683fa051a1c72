//! What a union, an intersection or a difference is made of.
//!
//! The inputs are cloned out of the keyspace one by one: a small one is copied, a large one is a
//! counted reference, so that the destination may well be one of the sources. As in Redis, scores
//! are added from the smallest input to the largest, which decides how a sum is rounded.

use crate::command::engine::arguments::{Cursor, choice, limit};
use crate::command::engine::{Args, CommandError, Keys, Outcome};
use crate::keyspace::types::{Element, score};
use crate::keyspace::value::Stored;
use crate::keyspace::{Key, Set, SortedSet};
use std::collections::HashMap;

/// One operand.
pub(super) enum Input {
    Sorted(SortedSet),
    /// All scores are 1.
    Plain(Set),
    /// A key that is not there.
    Missing,
}

impl Input {
    pub(super) fn len(&self) -> usize {
        match self {
            Input::Sorted(set) => set.len(),
            Input::Plain(set) => set.len(),
            Input::Missing => 0,
        }
    }

    fn score(&self, member: &[u8]) -> Option<f64> {
        match self {
            Input::Sorted(set) => set.score(member),
            Input::Plain(set) => set.contains(member).then_some(1.0),
            Input::Missing => None,
        }
    }

    fn for_each(&self, mut each: impl FnMut(Element<'_>, f64)) {
        match self {
            Input::Sorted(set) => {
                set.iter(0..set.len()).for_each(|(member, score)| each(member, score));
            }
            Input::Plain(set) => set.iter().for_each(|member| each(member, 1.0)),
            Input::Missing => {}
        }
    }
}

/// How the scores of one member become one score.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aggregate {
    Sum,
    Min,
    Max,
}

/// The words after AGGREGATE.
const AGGREGATES: [(&str, Aggregate); 3] =
    [("SUM", Aggregate::Sum), ("MIN", Aggregate::Min), ("MAX", Aggregate::Max)];

impl Aggregate {
    fn apply(self, one: f64, other: f64) -> f64 {
        match self {
            // Of infinities with different signs Redis makes zero.
            Aggregate::Sum => number(one + other),
            Aggregate::Min => {
                if other < one {
                    other
                } else {
                    one
                }
            }
            Aggregate::Max => {
                if other > one {
                    other
                } else {
                    one
                }
            }
        }
    }
}

/// Zero in the place of NaN.
pub(super) fn number(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// What is done with the operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Union,
    Inter,
    Diff,
}

impl Operation {
    /// The name of the command that does it.
    pub(super) fn name(self, wanted: Wanted) -> &'static str {
        match (self, wanted) {
            (Operation::Union, Wanted::Stored) => "zunionstore",
            (Operation::Union, _) => "zunion",
            (Operation::Inter, Wanted::Members) => "zinter",
            (Operation::Inter, Wanted::Stored) => "zinterstore",
            (Operation::Inter, Wanted::Count) => "zintercard",
            (Operation::Diff, Wanted::Stored) => "zdiffstore",
            (Operation::Diff, _) => "zdiff",
        }
    }
}

/// What becomes of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Members,
    Stored,
    Count,
}

/// A whole request.
pub(super) struct Query {
    /// Operands, each with its weight.
    pub(super) inputs: Vec<(Input, f64)>,
    pub(super) aggregate: Aggregate,
    pub(super) with_scores: bool,
    /// For a count only.
    pub(super) limit: usize,
}

impl Query {
    /// Reads what begins with the number of keys at argument `at`, and fetches the operands.
    pub(super) fn read(
        keys: &mut Keys<'_>,
        args: Args<'_>,
        at: usize,
        operation: Operation,
        wanted: Wanted,
    ) -> Result<Query, CommandError> {
        let count = args.integer(at)?;
        let count = usize::try_from(count).ok().filter(|count| *count > 0).ok_or_else(|| {
            let name = operation.name(wanted);
            CommandError::from(format!("ERR at least 1 input key is needed for '{name}' command"))
        })?;
        if count > args.len() - at - 1 {
            return Err(CommandError::SYNTAX);
        }
        let mut inputs = Vec::with_capacity(count);
        for key in args.from(at + 1).iter().take(count) {
            inputs.push((input(keys, key)?, 1.0));
        }
        let (aggregate, with_scores, limit) = (Aggregate::Sum, false, usize::MAX);
        let mut query = Query { inputs, aggregate, with_scores, limit };
        query.read_options(args.from(at + 1 + count), operation, wanted)?;
        Ok(query)
    }

    fn read_options(&mut self, args: Args<'_>, operation: Operation, wanted: Wanted) -> Outcome {
        let is_weighed = operation != Operation::Diff && wanted != Wanted::Count;
        let mut words = Cursor::at(args, 0);
        while !words.is_done() {
            if is_weighed && words.take_before("WEIGHTS", self.inputs.len()) {
                for (_, weight) in &mut self.inputs {
                    *weight = score::parse(words.word()?)
                        .ok_or(CommandError::new("ERR weight value is not a float"))?;
                }
            } else if is_weighed && let Some(word) = words.value_of("AGGREGATE") {
                self.aggregate = choice(word, &AGGREGATES).ok_or(CommandError::SYNTAX)?;
            } else if wanted == Wanted::Members && words.take("WITHSCORES") {
                self.with_scores = true;
            } else if wanted == Wanted::Count
                && let Some(text) = words.value_of("LIMIT")
            {
                self.limit = limit(text, CommandError::new("ERR LIMIT can't be negative"))?;
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(())
    }

    /// The members of the result with their scores, in order.
    pub(super) fn compute(mut self, operation: Operation) -> Vec<(f64, Key)> {
        let mut result = Vec::new();
        if operation != Operation::Diff {
            self.inputs.sort_by_key(|(input, _)| input.len());
        }
        match operation {
            Operation::Union => result = self.union(),
            Operation::Inter => self.intersect(|member, score| {
                result.push((score, member.to_key()));
                true
            }),
            Operation::Diff => {
                let Some(((first, _), others)) = self.inputs.split_first() else { return result };
                first.for_each(|member, score| {
                    let mut digits = itoa::Buffer::new();
                    let text = member.text(&mut digits);
                    if !others.iter().any(|(other, _)| other.score(text).is_some()) {
                        result.push((score, member.to_key()));
                    }
                });
            }
        }
        result.sort_unstable_by(|one, other| {
            // −0.0 and 0.0 are one score, and there is no NaN.
            let by_score = one.0.partial_cmp(&other.0).unwrap_or(std::cmp::Ordering::Equal);
            by_score.then_with(|| one.1[..].cmp(&other.1[..]))
        });
        result
    }

    fn union(&self) -> Vec<(f64, Key)> {
        let mut scores: HashMap<Key, f64, ahash::RandomState> = HashMap::default();
        for (input, weight) in &self.inputs {
            input.for_each(|member, score| {
                let score = number(weight * score);
                let found = scores.entry(member.to_key());
                found.and_modify(|old| *old = self.aggregate.apply(*old, score)).or_insert(score);
            });
        }
        scores.into_iter().map(|(member, score)| (score, member)).collect()
    }

    /// Calls `each` with what all inputs have, which come from the smallest to the largest, until
    /// it says that it is enough.
    pub(super) fn intersect(&self, mut each: impl FnMut(Element<'_>, f64) -> bool) {
        let Some(((first, weight), others)) = self.inputs.split_first() else { return };
        let mut is_wanted = true;
        first.for_each(|member, score| {
            if !is_wanted {
                return;
            }
            let mut digits = itoa::Buffer::new();
            let text = member.text(&mut digits);
            let mut sum = number(weight * score);
            for (other, weight) in others {
                let Some(score) = other.score(text) else { return };
                sum = self.aggregate.apply(sum, number(weight * score));
            }
            is_wanted = each(member, sum);
        });
    }
}

/// The operand under `key`.
pub(super) fn input(keys: &mut Keys<'_>, key: &[u8]) -> Result<Input, CommandError> {
    let Some(value) = keys.read_entry(key).map(|entry| &entry.value) else {
        return Ok(Input::Missing);
    };
    let sorted = SortedSet::of(value).cloned().map(Input::Sorted);
    let found = sorted.or_else(|| Set::of(value).cloned().map(Input::Plain));
    found.ok_or(CommandError::WRONG_TYPE)
}
