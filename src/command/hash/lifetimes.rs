//! How long fields of a hash will live: reading that, and having them live for ever.

use super::FAMILY;
use super::deadlines::{NO_FIELD, NOT_POSITIVE, fields};
use crate::command::engine::{
    Args, Command, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Hash};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&HTTL, &HPTTL, &HEXPIRETIME, &HPEXPIRETIME, &HPERSIST];

/// Answer for a field without a deadline.
const NO_DEADLINE: i64 = -1;

/// What the rows of this file have in common.
const READING: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO access"]),
    complexity: Complexity::Other("O(N) with N fields"),
    syntax: "key FIELDS numfields field [field ...]",
    ..FAMILY
};

/// Flags of the commands that read.
const READS: u32 = flag::READONLY | flag::FAST;

static HTTL: Command = Command {
    summary: "Says in how many seconds fields of a hash expire",
    example: "
        > HSET user:1 name Ada token abc
        :2
        > HEXPIRE user:1 60 FIELDS 1 token
        *1
        :1
        > HTTL user:1 FIELDS 3 token name nothing
        *3
        :60
        :-1
        :-2
    ",
    handler: Handler::Keys(|keys, args, reply| {
        let now_ms = keys.now_ms();
        // Rounded up: a field with some time left has at least a second.
        read(keys, args, reply, |deadline_ms| (deadline_ms + 999).saturating_sub(now_ms) / 1_000)
    }),
    ..READING.row("httl", -5, READS, "7.4.0")
};

static HPTTL: Command = Command {
    summary: "Says in how many milliseconds fields of a hash expire",
    example: "
        > HPTTL user:1 FIELDS 1 token
        *1
        :-2
    ",
    handler: Handler::Keys(|keys, args, reply| {
        let now_ms = keys.now_ms();
        read(keys, args, reply, |deadline_ms| deadline_ms.saturating_sub(now_ms))
    }),
    ..READING.row("hpttl", -5, READS, "7.4.0")
};

static HEXPIRETIME: Command = Command {
    summary: "Says at which Unix time in seconds fields of a hash expire",
    example: "
        > HSET user:1 token abc
        :1
        > HPEXPIREAT user:1 4102444800001 FIELDS 1 token
        *1
        :1
        > HEXPIRETIME user:1 FIELDS 1 token
        *1
        :4102444801
    ",
    handler: Handler::Keys(|keys, args, reply| {
        read(keys, args, reply, |deadline_ms| deadline_ms.div_ceil(1_000))
    }),
    ..READING.row("hexpiretime", -5, READS, "7.4.0")
};

static HPEXPIRETIME: Command = Command {
    summary: "Says at which Unix time in milliseconds fields of a hash expire",
    example: "
        > HSET user:1 token abc
        :1
        > HEXPIREAT user:1 4102444800 FIELDS 1 token
        *1
        :1
        > HPEXPIRETIME user:1 FIELDS 1 token
        *1
        :4102444800000
    ",
    handler: Handler::Keys(|keys, args, reply| read(keys, args, reply, |deadline_ms| deadline_ms)),
    ..READING.row("hpexpiretime", -5, READS, "7.4.0")
};

/// Replies with what `show` makes of each field's deadline.
fn read(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    reply: &mut Reply,
    show: impl Fn(u64) -> u64,
) -> Outcome {
    let hash = keys.read::<Hash>(args.at(1))?;
    let fields = fields(args, 2, NOT_POSITIVE)?;
    reply.array(fields.len());
    for field in fields.iter() {
        reply.integer(match hash {
            Some(hash) if hash.contains(field) => {
                hash.deadline_ms(field).map_or(NO_DEADLINE, |deadline| show(deadline) as i64)
            }
            _ => NO_FIELD,
        });
    }
    Ok(())
}

static HPERSIST: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    summary: "Removes the deadlines of fields of a hash",
    example: "
        > HSET user:1 name Ada token abc
        :2
        > HEXPIRE user:1 60 FIELDS 1 token
        *1
        :1
        > HPERSIST user:1 FIELDS 3 token name nothing
        *3
        :1
        :-1
        :-2
    ",
    handler: Handler::Keys(hpersist),
    ..READING.row("hpersist", -5, flag::WRITE | flag::FAST, "7.4.0")
};

/// The deadlines of fields were removed.
pub(super) const PERSISTED: Event = Event::hash("hpersist");

fn hpersist(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    const DONE: i64 = 1;
    keys.look::<Hash>(args.at(1))?;
    let fields = fields(args, 2, NOT_POSITIVE)?;
    reply.array(fields.len());
    keys.change(args.at(1), PERSISTED, |hash: &mut Hash| {
        let mut changes = 0;
        for field in fields.iter() {
            let answer = match hash.deadline_ms(field) {
                Some(_) => DONE,
                None if hash.contains(field) => NO_DEADLINE,
                None => NO_FIELD,
            };
            if answer == DONE {
                hash.set_deadline_ms(field, None);
                changes += 1;
            }
            reply.integer(answer);
        }
        ((), changes)
    })?;
    Ok(())
}
