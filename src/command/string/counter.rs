//! Counters: strings that are read as numbers, changed and written back.
//!
//! A missing key counts as zero, and a counter keeps its deadline: a rate limiter is an INCR and an
//! EXPIRE.

use super::FAMILY;
use crate::command::engine::sums::{NOT_A_FLOAT, float_sum, integer_sum};
use crate::command::engine::{Args, Command, CommandError, Handler, Keys, Outcome, Reply, flag};
use crate::keyspace::{Changed, Event, Key, Text};
use crate::number::extended::Extended;

/// The family.
pub const COMMANDS: &[&Command] = &[&INCR, &DECR, &INCRBY, &DECRBY, &INCRBYFLOAT];

static INCR: Command = Command {
    summary: "Adds one to the integer under a key",
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
    ..FAMILY.row("incr", 2, flag::WRITE | flag::DENYOOM | flag::FAST, "1.0.0")
};

fn incr(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    add(keys, args.at(1), 1, reply)
}

static DECR: Command = Command {
    summary: "Subtracts one from the integer under a key",
    example: "
        > SET stock 10
        +OK
        > DECR stock
        :9
        > DECR nobody
        :-1
    ",
    handler: Handler::Keys(decr),
    ..FAMILY.row("decr", 2, flag::WRITE | flag::DENYOOM | flag::FAST, "1.0.0")
};

fn decr(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    add(keys, args.at(1), -1, reply)
}

static INCRBY: Command = Command {
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
    ..FAMILY.row("incrby", 3, flag::WRITE | flag::DENYOOM | flag::FAST, "1.0.0")
};

fn incrby(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    add(keys, args.at(1), args.integer(2)?, reply)
}

static DECRBY: Command = Command {
    summary: "Subtracts a number from the integer under a key",
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
    ..FAMILY.row("decrby", 3, flag::WRITE | flag::DENYOOM | flag::FAST, "1.0.0")
};

fn decrby(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    // The most negative integer has no opposite.
    let increment = args
        .integer(2)?
        .checked_neg()
        .ok_or(const { CommandError::new("ERR decrement would overflow") })?;
    add(keys, args.at(1), increment, reply)
}

/// Adds to the integer under `key`.
fn add(keys: &mut Keys<'_>, key: &[u8], increment: i64, reply: &mut Reply) -> Outcome {
    let sum = keys.replace::<Text, _, CommandError>(key, Event::string("incrby"), |old| {
        let sum =
            integer_sum(old.as_deref().map(|old| &**old), increment, CommandError::NOT_AN_INTEGER)?;
        Ok(Changed::to(Text::new(itoa::Buffer::new().format(sum).as_bytes()), sum))
    })?;
    reply.integer(sum);
    Ok(())
}

static INCRBYFLOAT: Command = Command {
    summary: "Adds to the decimal number under a key",
    syntax: "key increment",
    example: "
        > SET price 10.50
        +OK
        > INCRBYFLOAT price 0.1
        $4
        10.6
        > INCRBYFLOAT price 5e1
        $4
        60.6
    ",
    handler: Handler::Keys(incrbyfloat),
    ..FAMILY.row("incrbyfloat", 3, flag::WRITE | flag::DENYOOM | flag::FAST, "2.6.0")
};

fn incrbyfloat(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let increment = Extended::parse(args.at(2));
    let sum =
        keys.replace::<Text, _, CommandError>(args.at(1), Event::string("incrbyfloat"), |old| {
            let increment = increment.ok_or(NOT_A_FLOAT)?;
            let sum = float_sum(old.as_deref().map(|old| &**old), increment, NOT_A_FLOAT)?;
            Ok(Changed::to(Text::new(sum.as_bytes()), sum))
        })?;
    // Another server, or a later version, may round differently, so the result is logged.
    keys.log_as(|| {
        let (key, sum) = (Key::new(args.at(1)), Key::new(sum.as_bytes()));
        [Key::new(b"SET"), key, sum, Key::new(b"KEEPTTL")]
    });
    reply.bulk(sum.as_bytes());
    Ok(())
}
