//! Counters: strings that are read as numbers, changed and written back.
//!
//! A missing key counts as zero, and a counter keeps its deadline: a rate limiter is an INCR and an
//! EXPIRE.

use super::{Args, Command, CommandError, Handler, KeyArguments, Keys, Outcome, Reply, flag};
use crate::keyspace::Text;
use crate::resp::parse_integer;

/// The family.
pub const COMMANDS: &[&Command] = &[&INCR, &DECR, &INCRBY, &DECRBY];

static INCR: Command = Command {
    name: "incr",
    arity: 2,
    flags: flag::WRITE | flag::DENYOOM | flag::FAST,
    keys: KeyArguments::FIRST,
    group: "string",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Adds one to the integer under a key",
    syntax: "key",
    example: "
        > INCR visits
        :1
        > INCR visits
        :2
        > SET visits many
        +OK
        > INCR visits
        -ERR value is not an integer or out of range
    ",
    handler: Handler::Keys(incr),
};

fn incr(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    add(keys, args.at(1), 1, reply)
}

static DECR: Command = Command {
    name: "decr",
    arity: 2,
    flags: flag::WRITE | flag::DENYOOM | flag::FAST,
    keys: KeyArguments::FIRST,
    group: "string",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Takes one from the integer under a key",
    syntax: "key",
    example: "
        > SET stock 10
        +OK
        > DECR stock
        :9
        > DECR nobody
        :-1
    ",
    handler: Handler::Keys(decr),
};

fn decr(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    add(keys, args.at(1), -1, reply)
}

static INCRBY: Command = Command {
    name: "incrby",
    arity: 3,
    flags: flag::WRITE | flag::DENYOOM | flag::FAST,
    keys: KeyArguments::FIRST,
    group: "string",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Adds a number to the integer under a key",
    syntax: "key increment",
    example: "
        > INCRBY score 40
        :40
        > INCRBY score -50
        :-10
        > INCRBY score 9223372036854775807
        :9223372036854775797
        > INCRBY score 11
        -ERR increment or decrement would overflow
    ",
    handler: Handler::Keys(incrby),
};

fn incrby(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    add(keys, args.at(1), args.integer(2)?, reply)
}

static DECRBY: Command = Command {
    name: "decrby",
    arity: 3,
    flags: flag::WRITE | flag::DENYOOM | flag::FAST,
    keys: KeyArguments::FIRST,
    group: "string",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Takes a number from the integer under a key",
    syntax: "key decrement",
    example: "
        > SET stock 10
        +OK
        > DECRBY stock 3
        :7
        > DECRBY stock -9223372036854775808
        -ERR decrement would overflow
    ",
    handler: Handler::Keys(decrby),
};

fn decrby(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    // The most negative integer is the one that has no opposite.
    let increment = args
        .integer(2)?
        .checked_neg()
        .ok_or(const { CommandError::new("ERR decrement would overflow") })?;
    add(keys, args.at(1), increment, reply)
}

fn add(keys: &mut Keys<'_>, key: &[u8], increment: i64, reply: &mut Reply) -> Outcome {
    let sum = keys.change_string(key, |old| {
        let old = old.map_or(Some(0), |old| parse_integer(old));
        let old = old.ok_or(CommandError::NOT_AN_INTEGER)?;
        let sum = old.checked_add(increment).ok_or(CommandError::OVERFLOW)?;
        Ok((Text::new(itoa::Buffer::new().format(sum).as_bytes()), sum))
    })?;
    reply.integer(sum);
    Ok(())
}
