//! Strings: read and change in one atomic step.
//!
//! SETNX and DELIFEQ make a lock without scripts; GETSET and GETDEL give a value to exactly one
//! client; a session cache uses GETEX at every request.

use super::FAMILY;
use crate::command::engine::arguments::Cursor;
use crate::command::engine::deadline::Lifetime;
use crate::command::engine::deadline::{change_deadline, remove_deadline};
use crate::command::engine::values::{pairs, reply_bytes, stored_value};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Key, Text};

/// The family.
pub const COMMANDS: &[&Command] = &[&SETNX, &MSETNX, &GETSET, &GETDEL, &GETEX, &DELIFEQ];

static SETNX: Command = Command {
    keys: KeyArguments::FIRST.used(&["OW insert"]),
    summary: "Stores a string under a missing key",
    syntax: "key value",
    example: "
        > SETNX lock mine
        :1
        > SETNX lock yours
        :0
        > GET lock
        $4
        mine
    ",
    handler: Handler::Keys(setnx),
    ..FAMILY.row("setnx", 3, flag::WRITE | flag::DENYOOM | flag::FAST, "1.0.0")
};

fn setnx(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let is_free = keys.look_entry(args.at(1)).is_none();
    if is_free {
        keys.set(args.at(1), stored_value(args, 2), None, Event::SET);
    }
    reply.integer(i64::from(is_free));
    Ok(())
}

static MSETNX: Command = Command {
    keys: KeyArguments::PAIRS.used(&["OW insert"]),
    complexity: Complexity::Other("O(N) with N keys"),
    summary: "Stores strings under several keys if all of them are missing",
    syntax: "key value [key value ...]",
    example: "
        > MSETNX a 1 b 2
        :1
        > MSETNX b 3 c 4
        :0
        > EXISTS c
        :0
    ",
    handler: Handler::Keys(msetnx),
    ..FAMILY.row("msetnx", -3, flag::WRITE | flag::DENYOOM, "1.0.1")
};

fn msetnx(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let are_free = pairs(args, &MSETNX)?.all(|index| keys.look_entry(args.at(index)).is_none());
    if are_free {
        for index in pairs(args, &MSETNX)? {
            keys.set(args.at(index), stored_value(args, index + 1), None, Event::SET);
        }
    }
    reply.integer(i64::from(are_free));
    Ok(())
}

static GETSET: Command = Command {
    summary: "Stores a string and returns the old one, like SET with GET",
    syntax: "key value",
    example: "
        > GETSET turn white
        $-1
        > GETSET turn black
        $5
        white
    ",
    handler: Handler::Keys(getset),
    ..FAMILY.row("getset", 3, flag::WRITE | flag::DENYOOM | flag::FAST, "1.0.0")
};

fn getset(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply_bytes(reply, keys.read::<Text>(args.at(1))?);
    keys.set(args.at(1), stored_value(args, 2), None, Event::SET);
    Ok(())
}

static GETDEL: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW access delete"]),
    summary: "Reads the string under a key and removes the key",
    example: "
        > SET token secret
        +OK
        > GETDEL token
        $6
        secret
        > GETDEL token
        $-1
    ",
    handler: Handler::Keys(getdel),
    ..FAMILY.row("getdel", 2, flag::WRITE | flag::FAST, "6.2.0")
};

fn getdel(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply_bytes(reply, keys.read::<Text>(args.at(1))?);
    remove(keys, args.at(1));
    Ok(())
}

static GETEX: Command = Command {
    complexity: Complexity::Other("O(log N) with N keys that have a deadline"),
    summary: "Reads the string under a key and sets or removes its deadline",
    syntax: "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | \
             PXAT unix-time-milliseconds | PERSIST]",
    example: "
        > SET session data
        +OK
        > GETEX session EX 60
        $4
        data
        > TTL session
        :60
        > GETEX session PERSIST
        $4
        data
        > TTL session
        :-1
    ",
    handler: Handler::Keys(getex),
    ..FAMILY.row("getex", -2, flag::WRITE | flag::FAST, "6.2.0")
};

fn getex(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let lifetime = getex_options(args)?;
    let (key, now_ms) = (args.at(1), keys.now_ms());
    let Some(value) = keys.read::<Text>(key)? else {
        reply.null();
        return Ok(());
    };
    reply_bytes(reply, Some(value));
    match lifetime {
        Some(Lifetime::Until(scale, number)) => {
            change_deadline(keys, key, scale.deadline_ms(args, number, now_ms)?);
        }
        Some(Lifetime::Persist) => {
            remove_deadline(keys, key);
        }
        Some(Lifetime::Keep) | None => {}
    }
    Ok(())
}

fn getex_options(args: Args<'_>) -> Result<Option<Lifetime>, CommandError> {
    let mut chosen = None;
    let mut words = Cursor::at(args, 2);
    while !words.is_done() {
        let persist = words.take("PERSIST").then_some(Lifetime::Persist);
        let lifetime = persist.or_else(|| Lifetime::option(&mut words));
        lifetime.ok_or(CommandError::SYNTAX)?.choose(&mut chosen)?;
    }
    Ok(chosen)
}

static DELIFEQ: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW access delete"]),
    summary: "Removes a key if it holds a certain string: the safe way to release a lock",
    syntax: "key value",
    example: "
        > SET lock mine
        +OK
        > DELIFEQ lock yours
        :0
        > DELIFEQ lock mine
        :1
    ",
    handler: Handler::Keys(delifeq),
    // Valkey's version: Redis does not have the command.
    ..FAMILY.row("delifeq", 3, flag::WRITE | flag::FAST, "9.0.0")
};

fn delifeq(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let key = args.at(1);
    let is_equal = keys.look::<Text>(key)?.is_some_and(|value| **value == *args.at(2));
    reply.integer(i64::from(is_equal && remove(keys, key)));
    Ok(())
}

/// Removes a key and logs a DEL without the condition: plain Redis 7 has no DELIFEQ.
fn remove(keys: &mut Keys<'_>, key: &[u8]) -> bool {
    keys.log_as(|| [Key::new(b"DEL"), Key::new(key)]);
    keys.remove(key, Event::DEL)
}
