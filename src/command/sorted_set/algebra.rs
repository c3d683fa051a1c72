//! Unions, intersections and differences of sorted sets and sets, replied, counted or stored.
//!
//! The inputs are cloned out of the keyspace one by one: a small one is copied, a large one is a
//! counted reference, so that the destination may well be one of the sources. As in Redis, scores
//! are added from the smallest input to the largest, which decides how a sum is rounded.

use super::{reply_head, reply_member, row, store};
use crate::command::engine::{
    Args, Command, CommandError, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::types::{Element, score};
use crate::keyspace::{Event, Key, Set, SortedSet, Value};
use crate::resp::parse_integer;
use std::collections::HashMap;

/// The family's part.
pub const COMMANDS: &[&Command] =
    &[&ZUNION, &ZUNIONSTORE, &ZINTER, &ZINTERSTORE, &ZINTERCARD, &ZDIFF, &ZDIFFSTORE];

/// One operand.
enum Input {
    Sorted(SortedSet),
    /// All scores are 1.
    Plain(Set),
    /// A key that is not there.
    Missing,
}

impl Input {
    fn len(&self) -> usize {
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
enum Aggregate {
    Sum,
    Min,
    Max,
}

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
fn number(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// What is done with the operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Union,
    Inter,
    Diff,
}

/// What becomes of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Members,
    Stored,
    Count,
}

/// A whole request.
struct Query {
    /// Operands, each with its weight.
    inputs: Vec<(Input, f64)>,
    aggregate: Aggregate,
    with_scores: bool,
    /// For a count only.
    limit: usize,
}

impl Query {
    /// Reads what begins with the number of keys at argument `at`, and fetches the operands.
    fn read(
        keys: &mut Keys<'_>,
        args: Args<'_>,
        at: usize,
        operation: Operation,
        wanted: Wanted,
        name: &str,
    ) -> Result<Query, CommandError> {
        let count = args.integer(at)?;
        let count = usize::try_from(count).ok().filter(|count| *count > 0).ok_or_else(|| {
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
        let (mut at, count) = (0, self.inputs.len());
        while at < args.len() {
            let left = args.len() - at - 1;
            match args.at(at).to_ascii_lowercase().as_slice() {
                b"weights" if is_weighed && left >= count => {
                    for (index, (_, weight)) in self.inputs.iter_mut().enumerate() {
                        let text = args.at(at + 1 + index);
                        *weight = score::parse(text)
                            .ok_or(CommandError::new("ERR weight value is not a float"))?;
                    }
                    at += count;
                }
                b"aggregate" if is_weighed && left >= 1 => {
                    self.aggregate = match args.at(at + 1).to_ascii_lowercase().as_slice() {
                        b"sum" => Aggregate::Sum,
                        b"min" => Aggregate::Min,
                        b"max" => Aggregate::Max,
                        _ => return Err(CommandError::SYNTAX),
                    };
                    at += 1;
                }
                b"withscores" if wanted == Wanted::Members => self.with_scores = true,
                b"limit" if wanted == Wanted::Count && left >= 1 => {
                    let limit =
                        parse_integer(args.at(at + 1)).and_then(|n| usize::try_from(n).ok());
                    self.limit = match limit {
                        Some(0) => usize::MAX,
                        Some(limit) => limit,
                        None => return Err(CommandError::new("ERR LIMIT can't be negative")),
                    };
                    at += 1;
                }
                _ => return Err(CommandError::SYNTAX),
            }
            at += 1;
        }
        Ok(())
    }

    /// The members of the result with their scores, in order.
    fn compute(mut self, operation: Operation) -> Vec<(f64, Key)> {
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
    fn intersect(&self, mut each: impl FnMut(Element<'_>, f64) -> bool) {
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
fn input(keys: &mut Keys<'_>, key: &[u8]) -> Result<Input, CommandError> {
    match keys.read_entry(key).map(|entry| &entry.value) {
        None => Ok(Input::Missing),
        Some(Value::SortedSet(set)) => Ok(Input::Sorted(set.clone())),
        Some(Value::Set(set)) => Ok(Input::Plain(set.clone())),
        Some(_) => Err(CommandError::WRONG_TYPE),
    }
}

fn members(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    operation: Operation,
    name: &str,
    reply: &mut Reply,
) -> Outcome {
    let query = Query::read(keys, args, 1, operation, Wanted::Members, name)?;
    let with_scores = query.with_scores;
    let result = query.compute(operation);
    reply_head(reply, result.len(), with_scores);
    for (score, member) in &result {
        reply_member(reply, Element::Key(member), *score, with_scores);
    }
    Ok(())
}

fn store_members(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    operation: Operation,
    name: &'static str,
    reply: &mut Reply,
) -> Outcome {
    let query = Query::read(keys, args, 2, operation, Wanted::Stored, name)?;
    let (mut result, names) = (SortedSet::new(), keys.encodings().sorted_set);
    for (score, member) in query.compute(operation) {
        result.insert(&member, score, names);
    }
    store(keys, args.at(1), result, Event::sorted_set(name), reply);
    Ok(())
}

/// How many keys there are says the first argument.
const COUNTED: KeyArguments = KeyArguments::NONE.counted(1).used(&["RO access"]);

/// A destination, and the counted sources behind it.
const STORE: KeyArguments = KeyArguments::FIRST.counted(2).used(&["OW update", "RO access"]);

const READS: u32 = flag::READONLY | flag::MOVABLE_KEYS;

const STORES: u32 = flag::WRITE | flag::DENYOOM | flag::MOVABLE_KEYS;

static ZUNION: Command = Command {
    keys: COUNTED,
    complexity: "O(N)+O(M*log(M)) with N members in all sets and M in the result",
    summary: "Computes which members at least one of several sets has, and adds up their scores",
    syntax: "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] \
             [WITHSCORES]",
    example: "
        > ZADD a 1 x 2 y
        :2
        > ZADD b 10 y
        :1
        > ZUNION 2 a b WEIGHTS 2 1 WITHSCORES
        *4
        $1
        x
        $1
        2
        $1
        y
        $2
        14
    ",
    handler: Handler::Keys(|keys, args, reply| {
        members(keys, args, Operation::Union, "zunion", reply)
    }),
    ..row("zunion", -3, READS, "6.2.0")
};

static ZUNIONSTORE: Command = Command {
    keys: STORE,
    complexity: "O(N)+O(M*log(M)) with N members in all sets and M in the result",
    summary: "Stores the union of several sets in another one, and counts it",
    syntax: "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] \
             [AGGREGATE <SUM | MIN | MAX>]",
    example: "
        > ZADD a 1 x 2 y
        :2
        > ZADD b 10 y
        :1
        > ZUNIONSTORE all 2 a b AGGREGATE MAX
        :2
        > ZSCORE all y
        $2
        10
    ",
    handler: Handler::Keys(|keys, args, reply| {
        store_members(keys, args, Operation::Union, "zunionstore", reply)
    }),
    ..row("zunionstore", -4, STORES, "2.0.0")
};

static ZINTER: Command = Command {
    keys: COUNTED,
    complexity: "O(N*K)+O(M*log(M)) with N members in the smallest of K sets and M in the result",
    summary: "Computes which members several sets have in common, and adds up their scores",
    syntax: "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] \
             [WITHSCORES]",
    example: "
        > ZADD a 1 x 2 y
        :2
        > SADD b y z
        :2
        > ZINTER 2 a b WITHSCORES
        *2
        $1
        y
        $1
        3
    ",
    handler: Handler::Keys(|keys, args, reply| {
        members(keys, args, Operation::Inter, "zinter", reply)
    }),
    ..row("zinter", -3, READS, "6.2.0")
};

static ZINTERSTORE: Command = Command {
    keys: STORE,
    complexity: "O(N*K)+O(M*log(M)) with N members in the smallest of K sets and M in the result",
    summary: "Stores what several sets have in common in another one, and counts it",
    syntax: "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] \
             [AGGREGATE <SUM | MIN | MAX>]",
    example: "
        > ZADD a 1 x 2 y
        :2
        > ZADD b 10 y
        :1
        > ZINTERSTORE both 2 a b
        :1
    ",
    handler: Handler::Keys(|keys, args, reply| {
        store_members(keys, args, Operation::Inter, "zinterstore", reply)
    }),
    ..row("zinterstore", -4, STORES, "2.0.0")
};

static ZINTERCARD: Command = Command {
    keys: COUNTED,
    complexity: "O(N*K) with N members in the smallest of K sets",
    summary: "Counts the members that several sets have in common, up to a limit",
    syntax: "numkeys key [key ...] [LIMIT limit]",
    example: "
        > ZADD a 1 x 2 y
        :2
        > ZADD b 10 y
        :1
        > ZINTERCARD 2 a b LIMIT 5
        :1
    ",
    handler: Handler::Keys(zintercard),
    ..row("zintercard", -3, READS, "7.0.0")
};

fn zintercard(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let mut query = Query::read(keys, args, 1, Operation::Inter, Wanted::Count, ZINTERCARD.name)?;
    query.inputs.sort_by_key(|(input, _)| input.len());
    let mut count = 0;
    query.intersect(|_, _| {
        count += 1;
        count < query.limit
    });
    reply.count(count);
    Ok(())
}

static ZDIFF: Command = Command {
    keys: COUNTED,
    complexity: "O(N*K)+O(M*log(M)) with N members in the first of K sets and M in the result",
    summary: "Computes which members of the first set are in none of the others",
    syntax: "numkeys key [key ...] [WITHSCORES]",
    example: "
        > ZADD a 1 x 2 y
        :2
        > ZADD b 10 y
        :1
        > ZDIFF 2 a b
        *1
        $1
        x
    ",
    handler: Handler::Keys(|keys, args, reply| {
        members(keys, args, Operation::Diff, "zdiff", reply)
    }),
    ..row("zdiff", -3, READS, "6.2.0")
};

static ZDIFFSTORE: Command = Command {
    keys: STORE,
    complexity: "O(N*K)+O(M*log(M)) with N members in the first of K sets and M in the result",
    summary: "Stores the members of the first set that are in none of the others",
    syntax: "destination numkeys key [key ...]",
    example: "
        > ZADD a 1 x 2 y
        :2
        > ZADD b 10 y
        :1
        > ZDIFFSTORE rest 2 a b
        :1
    ",
    handler: Handler::Keys(|keys, args, reply| {
        store_members(keys, args, Operation::Diff, "zdiffstore", reply)
    }),
    ..row("zdiffstore", -4, STORES, "6.2.0")
};
