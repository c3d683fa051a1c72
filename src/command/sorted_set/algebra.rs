//! Unions, intersections and differences of sorted sets and sets, replied, counted or stored.

use super::computation::{Operation, Query, Wanted};
use super::{FAMILY, reply_head, reply_member, store};
use crate::command::engine::{
    Args, Command, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::types::Element;
use crate::keyspace::{Event, SortedSet};

/// The family's part.
pub const COMMANDS: &[&Command] =
    &[&ZUNION, &ZUNIONSTORE, &ZINTER, &ZINTERSTORE, &ZINTERCARD, &ZDIFF, &ZDIFFSTORE];

fn members(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    operation: Operation,
    reply: &mut Reply,
) -> Outcome {
    let query = Query::read(keys, args, 1, operation, Wanted::Members)?;
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
    reply: &mut Reply,
) -> Outcome {
    let query = Query::read(keys, args, 2, operation, Wanted::Stored)?;
    let (mut result, names) = (SortedSet::new(), keys.encodings().sorted_set);
    for (score, member) in query.compute(operation) {
        result.insert(&member, score, names);
    }
    store(keys, args.at(1), result, Event::sorted_set(operation.name(Wanted::Stored)), reply);
    Ok(())
}

/// What the rows have in common of commands that reply with what they compute.
const READS: Command = Command {
    keys: KeyArguments::NONE.counted(1).used(&["RO access"]),
    flags: flag::READONLY | flag::MOVABLE_KEYS,
    syntax: "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] \
             [WITHSCORES]",
    ..FAMILY
};

/// The same for commands that store it: a destination, and behind it the counted sources.
const STORES: Command = Command {
    keys: KeyArguments::FIRST.counted(2).used(&["OW update", "RO access"]),
    flags: flag::WRITE | flag::DENYOOM | flag::MOVABLE_KEYS,
    syntax: "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] \
             [AGGREGATE <SUM | MIN | MAX>]",
    ..FAMILY
};

const OF_UNION: Complexity =
    Complexity::Other("O(N)+O(M*log(M)) with N members in all sets and M in the result");
const OF_INTER: Complexity = Complexity::Other(
    "O(N*K)+O(M*log(M)) with N members in the smallest of K sets and M in the result",
);
const OF_DIFF: Complexity = Complexity::Other(
    "O(N*K)+O(M*log(M)) with N members in the first of K sets and M in the result",
);

static ZUNION: Command = Command {
    complexity: OF_UNION,
    summary: "Computes which members at least one of several sets has, and adds up their scores",
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
    handler: Handler::Keys(|keys, args, reply| members(keys, args, Operation::Union, reply)),
    ..READS.row("zunion", -3, 0, "6.2.0")
};

static ZUNIONSTORE: Command = Command {
    complexity: OF_UNION,
    summary: "Stores the union of several sets in another one, and counts it",
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
    handler: Handler::Keys(|keys, args, reply| store_members(keys, args, Operation::Union, reply)),
    ..STORES.row("zunionstore", -4, 0, "2.0.0")
};

static ZINTER: Command = Command {
    complexity: OF_INTER,
    summary: "Computes which members several sets have in common, and adds up their scores",
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
    handler: Handler::Keys(|keys, args, reply| members(keys, args, Operation::Inter, reply)),
    ..READS.row("zinter", -3, 0, "6.2.0")
};

static ZINTERSTORE: Command = Command {
    complexity: OF_INTER,
    summary: "Stores what several sets have in common in another one, and counts it",
    example: "
        > ZADD a 1 x 2 y
        :2
        > ZADD b 10 y
        :1
        > ZINTERSTORE both 2 a b
        :1
    ",
    handler: Handler::Keys(|keys, args, reply| store_members(keys, args, Operation::Inter, reply)),
    ..STORES.row("zinterstore", -4, 0, "2.0.0")
};

static ZINTERCARD: Command = Command {
    complexity: Complexity::Other("O(N*K) with N members in the smallest of K sets"),
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
    ..READS.row("zintercard", -3, 0, "7.0.0")
};

fn zintercard(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let mut query = Query::read(keys, args, 1, Operation::Inter, Wanted::Count)?;
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
    complexity: OF_DIFF,
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
    handler: Handler::Keys(|keys, args, reply| members(keys, args, Operation::Diff, reply)),
    ..READS.row("zdiff", -3, 0, "6.2.0")
};

static ZDIFFSTORE: Command = Command {
    complexity: OF_DIFF,
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
    handler: Handler::Keys(|keys, args, reply| store_members(keys, args, Operation::Diff, reply)),
    ..STORES.row("zdiffstore", -4, 0, "6.2.0")
};
