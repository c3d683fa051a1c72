//! Strings: the commands that store and read whole values.
//!
//! The hot path of a cache is here, so GET and a SET without options go straight to the keyspace.
//! Nothing long is copied under the lock: a long value was copied to the heap before the lock was
//! taken ([`stored`]), and is sent by reference ([`reply_bytes`]).

use super::FAMILY;
use crate::command::engine::arguments::Cursor;
use crate::command::engine::deadline::{Lifetime, Scale};
use crate::command::engine::values::{pairs, reply_bytes, stored, stored_value};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Key, Text};

/// The family.
pub const COMMANDS: &[&Command] = &[&GET, &SET, &SETEX, &PSETEX, &MGET, &MSET];

static GET: Command = Command {
    summary: "Reads the string under a key",
    example: "
        > SET greeting hello
        +OK
        > GET greeting
        $5
        hello
        > GET nobody
        $-1
    ",
    handler: Handler::Keys(get),
    ..FAMILY.row("get", 2, flag::READONLY | flag::FAST, "1.0.0")
};

fn get(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply_bytes(reply, keys.read::<Text>(args.at(1))?);
    Ok(())
}

static SET: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW access update variable_flags"]),
    summary: "Stores a string under a key, on a condition and with a deadline if asked to",
    syntax: "key value [NX | XX | IFEQ comparison-value] [GET] [EX seconds | PX milliseconds | \
             EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
    example: "
        > SET lock mine NX EX 30
        +OK
        > SET lock yours NX
        $-1
        > TTL lock
        :30
        > SET lock still-mine IFEQ mine KEEPTTL GET
        $4
        mine
        > GET lock
        $10
        still-mine
    ",
    refine_keys: Some(|args, found| found.iter_mut().for_each(|key| key.uses = use_by_set(args))),
    handler: Handler::Keys(set),
    ..FAMILY.row("set", -3, flag::WRITE | flag::DENYOOM, "1.0.0")
};

/// What SET does with its key: with GET or IFEQ, it reads the old value.
fn use_by_set(args: Args<'_>) -> &'static str {
    let reads = (3..args.len()).any(|at| args.is(at, "GET") || args.is(at, "IFEQ"));
    if reads { "RW access update" } else { "OW update" }
}

fn set(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if args.len() == 3 {
        keys.set(args.at(1), stored_value(args, 2), None, Event::SET);
        reply.ok();
        return Ok(());
    }
    let options = SetOptions::parse(args)?;
    let expires_at_ms = match options.lifetime {
        Some(Lifetime::Until(scale, number)) => {
            Some(scale.deadline_ms(args, number, keys.now_ms())?)
        }
        _ => None,
    };
    let key = args.at(1);
    if options.wants_old {
        reply_bytes(reply, keys.read::<Text>(key)?);
    }
    let may_set = match options.condition {
        None => true,
        Some(Condition::Missing) => keys.look_entry(key).is_none(),
        Some(Condition::Existing) => keys.look_entry(key).is_some(),
        Some(Condition::Equal(value)) => keys.look::<Text>(key)?.is_some_and(|old| **old == *value),
    };
    match options.lifetime {
        _ if !may_set => {}
        Some(Lifetime::Keep) => {
            keys.set_value(key, stored_value(args, 2), Event::SET);
            let keep = || Key::new(b"KEEPTTL");
            keys.log_as(|| [Key::new(b"SET"), Key::new(key), stored(args, 2), keep()]);
        }
        _ => {
            keys.set(key, stored_value(args, 2), expires_at_ms, Event::SET);
            if expires_at_ms.is_some() {
                keys.notify(key, Event::EXPIRE);
            }
            log_set(keys, args, 2, expires_at_ms);
        }
    }
    match may_set {
        _ if options.wants_old => {}
        true => reply.ok(),
        false => reply.null(),
    }
    Ok(())
}

/// Logs a plain SET with the deadline as a moment: the conditions were decided now, and *in ten
/// seconds* would be another moment during replay.
fn log_set(keys: &mut Keys<'_>, args: Args<'_>, value: usize, expires_at_ms: Option<u64>) {
    let set = || [Key::new(b"SET"), Key::new(args.at(1)), stored(args, value)];
    match expires_at_ms {
        None => keys.log_as(set),
        Some(moment_ms) => keys.log_as(|| {
            let [set, key, value] = set();
            [set, key, value, Key::new(b"PXAT"), Key::number(moment_ms)]
        }),
    }
}

/// The options after SET's value.
#[derive(Default)]
struct SetOptions<'a> {
    condition: Option<Condition<'a>>,
    lifetime: Option<Lifetime>,
    /// The reply is the old value.
    wants_old: bool,
}

/// The condition for SET to write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition<'a> {
    /// The key does not exist: `NX`.
    Missing,
    /// The key exists: `XX`.
    Existing,
    /// The key holds this string: `IFEQ`, which Valkey introduced for locks without scripts.
    Equal(&'a [u8]),
}

impl<'a> SetOptions<'a> {
    fn parse(args: Args<'a>) -> Result<SetOptions<'a>, CommandError> {
        let mut options = SetOptions::default();
        let mut words = Cursor::at(args, 3);
        while !words.is_done() {
            if words.take("NX") {
                options.restrict(Condition::Missing)?;
            } else if words.take("XX") {
                options.restrict(Condition::Existing)?;
            } else if let Some(value) = words.value_of("IFEQ") {
                options.restrict(Condition::Equal(value))?;
            } else if words.take("GET") {
                options.wants_old = true;
            } else {
                let keep = words.take("KEEPTTL").then_some(Lifetime::Keep);
                let lifetime = keep.or_else(|| Lifetime::option(&mut words));
                lifetime.ok_or(CommandError::SYNTAX)?.choose(&mut options.lifetime)?;
            }
        }
        Ok(options)
    }

    /// Adds a condition: at most one kind, though NX and XX may be repeated.
    fn restrict(&mut self, condition: Condition<'a>) -> Outcome {
        let is_equal = matches!(condition, Condition::Equal(_));
        match self.condition.replace(condition) {
            Some(before) if before != condition || is_equal => Err(CommandError::SYNTAX),
            _ => Ok(()),
        }
    }
}

static SETEX: Command = Command {
    keys: KeyArguments::FIRST.used(&["OW update"]),
    summary: "Stores a string that expires after some seconds, like SET with EX",
    syntax: "key seconds value",
    example: "
        > SETEX session 60 data
        +OK
        > TTL session
        :60
        > SETEX session 0 data
        -ERR invalid expire time in 'setex' command
    ",
    handler: Handler::Keys(setex),
    ..FAMILY.row("setex", 4, flag::WRITE | flag::DENYOOM, "2.0.0")
};

fn setex(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    set_until(keys, args, Scale::Seconds, reply)
}

static PSETEX: Command = Command {
    keys: KeyArguments::FIRST.used(&["OW update"]),
    summary: "Stores a string that expires after some milliseconds, like SET with PX",
    syntax: "key milliseconds value",
    example: "
        > PSETEX session 60000 data
        +OK
        > TTL session
        :60
    ",
    handler: Handler::Keys(psetex),
    ..FAMILY.row("psetex", 4, flag::WRITE | flag::DENYOOM, "2.6.0")
};

fn psetex(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    set_until(keys, args, Scale::Milliseconds, reply)
}

fn set_until(keys: &mut Keys<'_>, args: Args<'_>, scale: Scale, reply: &mut Reply) -> Outcome {
    let expires_at_ms = scale.deadline_ms(args, 2, keys.now_ms())?;
    keys.set(args.at(1), stored_value(args, 3), Some(expires_at_ms), Event::SET);
    keys.notify(args.at(1), Event::EXPIRE);
    log_set(keys, args, 3, Some(expires_at_ms));
    reply.ok();
    Ok(())
}

static MGET: Command = Command {
    keys: KeyArguments::ALL,
    complexity: Complexity::Other("O(N) with N keys"),
    summary: "Reads the strings under several keys; null for a key without one",
    syntax: "key [key ...]",
    example: "
        > MSET a 1 b 2
        +OK
        > HSET h field value
        :1
        > MGET a nobody b h
        *4
        $1
        1
        $-1
        $1
        2
        $-1
    ",
    handler: Handler::Keys(mget),
    ..FAMILY.row("mget", -2, flag::READONLY | flag::FAST, "1.0.0")
};

fn mget(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let names = args.from(1);
    reply.array(names.len());
    for key in names.iter() {
        // A key of another type is not an error here: the reply for it is null.
        reply_bytes(reply, keys.read::<Text>(key).unwrap_or(None));
    }
    Ok(())
}

static MSET: Command = Command {
    keys: KeyArguments::PAIRS.used(&["OW update"]),
    complexity: Complexity::Other("O(N) with N keys"),
    summary: "Stores strings under several keys at once",
    syntax: "key value [key value ...]",
    example: "
        > MSET a 1 b 2 a 3
        +OK
        > MGET a b
        *2
        $1
        3
        $1
        2
    ",
    handler: Handler::Keys(mset),
    ..FAMILY.row("mset", -3, flag::WRITE | flag::DENYOOM, "1.0.1")
};

fn mset(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    for index in pairs(args, &MSET)? {
        keys.set(args.at(index), stored_value(args, index + 1), None, Event::SET);
    }
    reply.ok();
    Ok(())
}
