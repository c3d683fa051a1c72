//! Pops that wait until there is something: BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP.
//!
//! When and by whom a waiting request is served is the business of the engine's
//! [`waiting`](crate::command::engine::waiting). What is logged is the pop, never the wait.

use super::moving::{TWO, move_one, multi_pop, pop_from_first};
use super::{End, FAMILY};
use crate::command::engine::blocking::{Blocking, Patience, Served};
use crate::command::engine::values::reply_bytes;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Reply, flag,
};
use crate::command::list::ends::pop_one;
use crate::keyspace::{Key, List};

/// Commands that wait.
pub const COMMANDS: &[&Command] = &[&BLPOP, &BRPOP, &BLMOVE, &BRPOPLPUSH, &BLMPOP];

/// What an attempt returns.
type Attempt = Result<Served, CommandError>;

const WAITS: u32 = flag::WRITE | flag::BLOCKING;

/// What the rows of BLPOP and BRPOP have in common.
const POPS: Command = Command {
    keys: KeyArguments::new(1, -2, 1).used(&["RW access delete"]),
    complexity: Complexity::Other("O(N) with N keys"),
    flags: WAITS | flag::NOSCRIPT,
    syntax: "key [key ...] timeout",
    ..FAMILY
};

static BLPOP: Command = Command {
    summary: "Removes the first element of the first list that exists, or waits until there is one",
    example: "
        > RPUSH queue a
        :1
        > BLPOP urgent queue 0.001
        *2
        $5
        queue
        $1
        a
    ",
    handler: Handler::Blocking(&Blocking::for_keys(|keys, args, reply| {
        pop(keys, args, End::Left, reply)
    })),
    ..POPS.row("blpop", -3, 0, "2.0.0")
};

static BRPOP: Command = Command {
    summary: "Removes the last element of the first list that exists, or waits until there is one",
    example: "
        > RPUSH queue a b
        :2
        > BRPOP queue 0
        *2
        $5
        queue
        $1
        b
    ",
    handler: Handler::Blocking(&Blocking::for_keys(|keys, args, reply| {
        pop(keys, args, End::Right, reply)
    })),
    ..POPS.row("brpop", -3, 0, "2.0.0")
};

fn pop(keys: &mut Keys<'_>, args: Args<'_>, end: End, reply: &mut Reply) -> Attempt {
    for key in (1..args.len() - 1).map(|at| args.at(at)) {
        let Some(element) = pop_one(keys, key, end)? else { continue };
        keys.log_as(|| {
            let name: &[u8] = if end == End::Left { b"LPOP" } else { b"RPOP" };
            [Key::new(name), Key::new(key)]
        });
        reply.array(2);
        reply.bulk(key);
        reply_bytes(reply, Some(&element));
        return Ok(Served::Now);
    }
    Ok(Served::NotNow)
}

static BLMOVE: Command = Command {
    keys: TWO,
    summary: "Does what LMOVE does, and waits until there is something to move",
    syntax: "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout",
    example: "
        > RPUSH todo a
        :1
        > BLMOVE todo doing LEFT RIGHT 0
        $1
        a
    ",
    handler: Handler::Blocking(&Blocking {
        attempt: |keys, args, reply| {
            let ends = (End::of(args, 3)?, End::of(args, 4)?);
            carry(keys, args, ends, reply)
        },
        patience: |args| {
            End::of(args, 3)?;
            End::of(args, 4)?;
            Patience::seconds(args.at(5))
        },
        keys: |_| 1..2,
        give_up: Reply::null_array,
        denied: Reply::null,
    }),
    ..FAMILY.row("blmove", 6, WAITS | flag::DENYOOM | flag::NOSCRIPT, "6.2.0")
};

static BRPOPLPUSH: Command = Command {
    keys: TWO,
    summary: "Does what RPOPLPUSH does, and waits until there is something to move",
    syntax: "source destination timeout",
    example: "
        > RPUSH todo a
        :1
        > BRPOPLPUSH todo doing 0
        $1
        a
    ",
    handler: Handler::Blocking(&Blocking {
        attempt: |keys, args, reply| carry(keys, args, (End::Right, End::Left), reply),
        patience: |args| Patience::seconds(args.at(3)),
        keys: |_| 1..2,
        give_up: Reply::null_array,
        denied: Reply::null,
    }),
    ..FAMILY.row("brpoplpush", 4, WAITS | flag::DENYOOM | flag::NOSCRIPT, "2.2.0")
};

fn carry(keys: &mut Keys<'_>, args: Args<'_>, ends: (End, End), reply: &mut Reply) -> Attempt {
    let (source, destination) = (args.at(1), args.at(2));
    if keys.look::<List>(source)?.is_none() {
        return Ok(Served::NotNow);
    }
    // The error of a source of another type lets a request wait on. That of a destination ends the
    // wait, as in Redis, so it is a reply.
    if keys.look::<List>(destination).is_err() {
        reply.error(CommandError::WRONG_TYPE.text());
        return Ok(Served::Now);
    }
    let moved = move_one(keys, (source, destination), ends)?;
    keys.log_as(|| {
        let side = |end: End| Key::new(if end == End::Left { b"LEFT" } else { b"RIGHT" });
        let words = [Key::new(b"LMOVE"), Key::new(source), Key::new(destination)];
        words.into_iter().chain([side(ends.0), side(ends.1)])
    });
    reply_bytes(reply, moved.as_ref());
    Ok(Served::Now)
}

static BLMPOP: Command = Command {
    keys: KeyArguments::NONE.counted(2).used(&["RW access delete"]),
    complexity: Complexity::Other("O(N+M) with N keys and M elements in the reply"),
    summary: "Does what LMPOP does, and waits until one of the lists exists",
    syntax: "timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
    example: "
        > RPUSH queue a b
        :2
        > BLMPOP 0 2 urgent queue LEFT COUNT 5
        *2
        $5
        queue
        *2
        $1
        a
        $1
        b
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
    ..FAMILY.row("blmpop", -5, WAITS | flag::MOVABLE_KEYS, "7.0.0")
};
