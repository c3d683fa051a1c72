//! Counters: strings, and fields of hashes, that are read as numbers, changed and written back.
//!
//! What is missing counts as zero, and a counter keeps its deadline: a rate limiter is an INCR and
//! an EXPIRE.

use super::extended::Extended;
use super::hash;
use super::string::row;
use super::{Args, Command, CommandError, Handler, Keys, Outcome, Reply, flag};
use crate::keyspace::{Changed, Key, Text};
use crate::resp::parse_integer;

/// The family.
pub const COMMANDS: &[&Command] =
    &[&INCR, &DECR, &INCRBY, &DECRBY, &INCRBYFLOAT, &HINCRBY, &HINCRBYFLOAT];

const NOT_A_FLOAT: CommandError = CommandError::new("ERR value is not a valid float");
const FIELD_NOT_AN_INTEGER: CommandError = CommandError::new("ERR hash value is not an integer");
const FIELD_NOT_A_FLOAT: CommandError = CommandError::new("ERR hash value is not a float");
/// An increment that is no finite number.
const INFINITE: CommandError = CommandError::new("ERR value is NaN or Infinity");
/// A sum that is no finite number.
const INFINITE_SUM: CommandError = CommandError::new("ERR increment would produce NaN or Infinity");

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
    ..row("incr", 2, flag::WRITE | flag::DENYOOM | flag::FAST, "1.0.0")
};

fn incr(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    add(keys, args.at(1), 1, reply)
}

static DECR: Command = Command {
    summary: "Takes one from the integer under a key",
    example: "
        > SET stock 10
        +OK
        > DECR stock
        :9
        > DECR nobody
        :-1
    ",
    handler: Handler::Keys(decr),
    ..row("decr", 2, flag::WRITE | flag::DENYOOM | flag::FAST, "1.0.0")
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
    ..row("incrby", 3, flag::WRITE | flag::DENYOOM | flag::FAST, "1.0.0")
};

fn incrby(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    add(keys, args.at(1), args.integer(2)?, reply)
}

static DECRBY: Command = Command {
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
    ..row("decrby", 3, flag::WRITE | flag::DENYOOM | flag::FAST, "1.0.0")
};

fn decrby(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    // The most negative integer is the one that has no opposite.
    let increment = args
        .integer(2)?
        .checked_neg()
        .ok_or(const { CommandError::new("ERR decrement would overflow") })?;
    add(keys, args.at(1), increment, reply)
}

/// Adds to the integer under `key`.
fn add(keys: &mut Keys<'_>, key: &[u8], increment: i64, reply: &mut Reply) -> Outcome {
    let sum = keys.change_string(key, |old| {
        let sum =
            integer_sum(old.as_deref().map(|old| &**old), increment, CommandError::NOT_AN_INTEGER)?;
        Ok(Changed::to(Text::new(itoa::Buffer::new().format(sum).as_bytes()), sum))
    })?;
    reply.integer(sum);
    Ok(())
}

/// What stands there, or zero, plus `increment`.
///
/// # Errors
/// `not_an_integer` if that is what stands there, or the sum leaves 64 bits.
fn integer_sum(
    old: Option<&[u8]>,
    increment: i64,
    not_an_integer: CommandError,
) -> Result<i64, CommandError> {
    let old = old.map_or(Some(0), parse_integer).ok_or(not_an_integer)?;
    old.checked_add(increment).ok_or(CommandError::OVERFLOW)
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
    ..row("incrbyfloat", 3, flag::WRITE | flag::DENYOOM | flag::FAST, "2.6.0")
};

fn incrbyfloat(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let increment = Extended::parse(args.at(2));
    let sum = keys.change_string(args.at(1), |old| {
        let increment = increment.ok_or(NOT_A_FLOAT)?;
        let sum = float_sum(old.as_deref().map(|old| &**old), increment, NOT_A_FLOAT)?;
        Ok(Changed::to(Text::new(sum.as_bytes()), sum))
    })?;
    // Another server, or a later version, may round differently: the result is what counts.
    keys.log_as(|| {
        let (key, sum) = (Key::new(args.at(1)), Key::new(sum.as_bytes()));
        [Key::new(b"SET"), key, sum, Key::new(b"KEEPTTL")]
    });
    reply.bulk(sum.as_bytes());
    Ok(())
}

/// [`integer_sum`] for decimal numbers, as text.
fn float_sum(
    old: Option<&[u8]>,
    increment: Extended,
    not_a_float: CommandError,
) -> Result<String, CommandError> {
    let old = old.map_or(Some(Extended::ZERO), Extended::parse).ok_or(not_a_float)?;
    let sum = old.plus(increment);
    if sum.is_finite() { Ok(sum.text()) } else { Err(INFINITE_SUM) }
}

static HINCRBY: Command = Command {
    summary: "Adds to the integer in a field of a hash",
    syntax: "key field increment",
    example: "
        > HINCRBY user:1 visits 5
        :5
        > HINCRBY user:1 visits -1
        :4
        > HSET user:1 name Ada
        :1
        > HINCRBY user:1 name 1
        -ERR hash value is not an integer
    ",
    handler: Handler::Keys(hincrby),
    ..hash::row("hincrby", 4, flag::WRITE | flag::DENYOOM | flag::FAST, "2.0.0")
};

fn hincrby(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let increment = args.integer(3)?;
    let sum = change_field(keys, args, |old| {
        let sum = integer_sum(old, increment, FIELD_NOT_AN_INTEGER)?;
        Ok((Key::new(itoa::Buffer::new().format(sum).as_bytes()), sum))
    })?;
    reply.integer(sum);
    Ok(())
}

static HINCRBYFLOAT: Command = Command {
    summary: "Adds to the decimal number in a field of a hash",
    syntax: "key field increment",
    example: "
        > HINCRBYFLOAT basket total 2.50
        $3
        2.5
        > HINCRBYFLOAT basket total 0.25
        $4
        2.75
    ",
    handler: Handler::Keys(hincrbyfloat),
    ..hash::row("hincrbyfloat", 4, flag::WRITE | flag::DENYOOM | flag::FAST, "2.6.0")
};

fn hincrbyfloat(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let increment = Extended::parse(args.at(3)).ok_or(NOT_A_FLOAT)?;
    if !increment.is_finite() {
        return Err(INFINITE);
    }
    let sum = change_field(keys, args, |old| {
        let sum = float_sum(old, increment, FIELD_NOT_A_FLOAT)?;
        Ok((Key::new(sum.as_bytes()), sum))
    })?;
    keys.log_as(|| {
        let (key, field) = (Key::new(args.at(1)), Key::new(args.at(2)));
        [Key::new(b"HSET"), key, field, Key::new(sum.as_bytes())]
    });
    reply.bulk(sum.as_bytes());
    Ok(())
}

/// Puts what `change` makes of the field that the first two arguments name in its place.
///
/// # Errors
/// The key holds no hash, and those of `change`; nothing has changed then.
fn change_field<R>(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    change: impl FnOnce(Option<&[u8]>) -> Result<(Key, R), CommandError>,
) -> Result<R, CommandError> {
    let field = args.at(2);
    keys.change_hash(args.at(1), |fields| match change(fields.get(field).map(|old| &**old)) {
        Ok((new, result)) => {
            fields.insert(field, new);
            (Ok(result), 1)
        }
        Err(error) => (Err(error), 0),
    })?
}
