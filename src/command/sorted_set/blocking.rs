//! Pops that wait until there is a member: BZPOPMIN, BZPOPMAX, BZMPOP.
//!
//! When and by whom a waiting request is served is the business of the engine's
//! [`waiting`](crate::command::engine::waiting). What is logged is the pop, never the wait.

use super::pop::{End, log_pop, multi_pop, pop_from_first, take};
use super::{FAMILY, reply_score};
use crate::command::engine::blocking::{Blocking, Patience, Served};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Reply, flag,
};
use crate::keyspace::SortedSet;

/// Commands that wait.
pub const COMMANDS: &[&Command] = &[&BZPOPMIN, &BZPOPMAX, &BZMPOP];

const WAITS: u32 = flag::WRITE | flag::BLOCKING;

/// What the rows of BZPOPMIN and BZPOPMAX have in common.
const POPS: Command = Command {
    keys: KeyArguments::new(1, -2, 1).used(&["RW access delete"]),
    flags: WAITS | flag::NOSCRIPT | flag::FAST,
    syntax: "key [key ...] timeout",
    ..FAMILY
};

static BZPOPMIN: Command = Command {
    summary: "Does what ZPOPMIN does with the first of several sets, and waits until there is one",
    example: "
        > ZADD jobs 2 second 1 first
        :2
        > BZPOPMIN urgent jobs 0.001
        *3
        $4
        jobs
        $5
        first
        $1
        1
    ",
    handler: Handler::Blocking(&Blocking::for_keys(|keys, args, reply| {
        pop(keys, args, End::Min, reply)
    })),
    ..POPS.row("bzpopmin", -3, 0, "5.0.0")
};

static BZPOPMAX: Command = Command {
    summary: "Does what ZPOPMAX does with the first of several sets, and waits until there is one",
    example: "
        > ZADD jobs 2 second 1 first
        :2
        > BZPOPMAX jobs 0
        *3
        $4
        jobs
        $6
        second
        $1
        2
    ",
    handler: Handler::Blocking(&Blocking::for_keys(|keys, args, reply| {
        pop(keys, args, End::Max, reply)
    })),
    ..POPS.row("bzpopmax", -3, 0, "5.0.0")
};

fn pop(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    end: End,
    reply: &mut Reply,
) -> Result<Served, CommandError> {
    for key in (1..args.len() - 1).map(|at| args.at(at)) {
        if keys.look::<SortedSet>(key)?.is_none() {
            continue;
        }
        let popped = take(keys, key, end, 1)?;
        log_pop(keys, key, end, popped.len());
        reply.array(3);
        reply.bulk(key);
        for (member, score) in &popped {
            reply.bulk(member);
            reply_score(reply, *score);
        }
        return Ok(Served::Now);
    }
    Ok(Served::NotNow)
}

static BZMPOP: Command = Command {
    keys: KeyArguments::NONE.counted(2).used(&["RW access delete"]),
    complexity: Complexity::Other(
        "O(K)+O(M*log(N)) with K keys, N members in the set and M in the reply",
    ),
    summary: "Does what ZMPOP does, and waits until one of the sets exists",
    syntax: "timeout numkeys key [key ...] <MIN | MAX> [COUNT count]",
    example: "
        > ZADD jobs 2 second 1 first
        :2
        > BZMPOP 0 2 urgent jobs MIN
        *2
        $4
        jobs
        *1
        *2
        $5
        first
        $1
        1
    ",
    handler: Handler::Blocking(&Blocking {
        attempt: |keys, args, reply| {
            let is_served = pop_from_first(keys, args, 2, reply)?;
            Ok(if is_served { Served::Now } else { Served::NotNow })
        },
        patience: |args| {
            multi_pop(args, 2)?;
            Patience::seconds(args.at(1))
        },
        keys: |args| multi_pop(args, 2).map_or(3..3, |request| request.keys),
        give_up: Reply::null_array,
        denied: Reply::null_array,
    }),
    ..FAMILY.row("bzmpop", -5, WAITS | flag::MOVABLE_KEYS, "7.0.0")
};
