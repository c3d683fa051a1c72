//! Both ends of a list: LPUSH, LPOP and their counterparts.

use super::{End, FAMILY};
use crate::command::engine::values::{reply_bytes, reply_element, stored};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Key, List};

/// Commands at the ends.
pub const COMMANDS: &[&Command] = &[&LPUSH, &RPUSH, &LPUSHX, &RPUSHX, &LPOP, &RPOP, &LLEN];

const PUSH: u32 = flag::WRITE | flag::DENYOOM | flag::FAST;

/// What the rows of the commands that add elements have in common.
const PUSHES: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW insert"]),
    complexity: Complexity::Other("O(N) with N elements"),
    flags: PUSH,
    syntax: "key element [element ...]",
    ..FAMILY
};

static LPUSH: Command = Command {
    summary: "Adds elements in front of a list, one after the other, and returns its length",
    example: "
        > LPUSH queue b a
        :2
        > LRANGE queue 0 -1
        *2
        $1
        a
        $1
        b
    ",
    handler: Handler::Keys(|keys, args, reply| push(keys, args, End::Left, true, reply)),
    ..PUSHES.row("lpush", -3, 0, "1.0.0")
};

static RPUSH: Command = Command {
    summary: "Adds elements to the end of a list and returns its length",
    example: "
        > RPUSH queue a b
        :2
        > LRANGE queue 0 -1
        *2
        $1
        a
        $1
        b
    ",
    handler: Handler::Keys(|keys, args, reply| push(keys, args, End::Right, true, reply)),
    ..PUSHES.row("rpush", -3, 0, "1.0.0")
};

static LPUSHX: Command = Command {
    summary: "Adds elements in front of a list that exists",
    example: "
        > LPUSHX queue a
        :0
        > RPUSH queue a
        :1
        > LPUSHX queue b
        :2
    ",
    handler: Handler::Keys(|keys, args, reply| push(keys, args, End::Left, false, reply)),
    ..PUSHES.row("lpushx", -3, 0, "2.2.0")
};

static RPUSHX: Command = Command {
    summary: "Adds elements to the end of a list that exists",
    example: "
        > RPUSHX queue a
        :0
        > RPUSH queue a
        :1
        > RPUSHX queue b
        :2
    ",
    handler: Handler::Keys(|keys, args, reply| push(keys, args, End::Right, false, reply)),
    ..PUSHES.row("rpushx", -3, 0, "2.2.0")
};

fn push(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    end: End,
    creates: bool,
    reply: &mut Reply,
) -> Outcome {
    let elements = args.from(2);
    let setting = keys.encodings().list_listpack_size;
    let len = keys.change(args.at(1), end.pushed(), |list: &mut List| {
        if list.is_empty() && !creates {
            return (0, 0);
        }
        let added_bytes = elements.iter().map(<[u8]>::len).sum();
        list.will_grow(setting, added_bytes, elements.len());
        for at in 2..args.len() {
            push_argument(list, args, at, end);
        }
        (list.len(), elements.len())
    })?;
    reply.count(len);
    Ok(())
}

/// Adds argument `at` to a list: a long one as the heap copy that was made before the lock was
/// taken.
fn push_argument(list: &mut List, args: Args<'_>, at: usize, end: End) {
    match (args.prepared(at).is_some(), end) {
        (true, End::Left) => list.push_front(&stored(args, at)),
        (true, End::Right) => list.push_back(&stored(args, at)),
        (false, End::Left) => list.push_front(args.at(at)),
        (false, End::Right) => list.push_back(args.at(at)),
    }
}

/// What the rows of LPOP and RPOP have in common.
const POPS: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW access delete"]),
    complexity: Complexity::Other("O(N) with N elements in the reply"),
    flags: flag::WRITE | flag::FAST,
    syntax: "key [count]",
    ..FAMILY
};

static LPOP: Command = Command {
    summary: "Removes the first element of a list, or several, and returns what it removes",
    example: "
        > RPUSH queue a b c
        :3
        > LPOP queue
        $1
        a
        > LPOP queue 5
        *2
        $1
        b
        $1
        c
        > LPOP queue
        $-1
    ",
    handler: Handler::Keys(|keys, args, reply| pop(keys, args, End::Left, reply)),
    ..POPS.row("lpop", -2, 0, "1.0.0")
};

static RPOP: Command = Command {
    summary: "Removes the last element of a list, or several, and returns what it removes",
    example: "
        > RPUSH queue a b c
        :3
        > RPOP queue
        $1
        c
        > RPOP queue 5
        *2
        $1
        b
        $1
        a
        > RPOP queue 5
        *-1
    ",
    handler: Handler::Keys(|keys, args, reply| pop(keys, args, End::Right, reply)),
    ..POPS.row("rpop", -2, 0, "1.0.0")
};

fn pop(keys: &mut Keys<'_>, args: Args<'_>, end: End, reply: &mut Reply) -> Outcome {
    const NOT_POSITIVE: CommandError =
        CommandError::new("ERR value is out of range, must be positive");
    match args.len() {
        2 => {
            let popped = pop_one(keys, args.at(1), end)?;
            reply_bytes(reply, popped.as_ref());
        }
        3 => {
            let count = args.integer(2).ok().and_then(|count| usize::try_from(count).ok());
            let count = count.ok_or(NOT_POSITIVE)?;
            match keys.look::<List>(args.at(1))? {
                None => reply.null_array(),
                Some(_) if count == 0 => reply.array(0),
                Some(_) => {
                    pop_several(keys, args.at(1), end, count, reply)?;
                }
            }
        }
        _ => return Err(CommandError::arity(if end == End::Left { "lpop" } else { "rpop" })),
    }
    Ok(())
}

/// Removes the element at an end and returns it, if there is one.
pub(super) fn pop_one(
    keys: &mut Keys<'_>,
    key: &[u8],
    end: End,
) -> Result<Option<Key>, CommandError> {
    let setting = keys.encodings().list_listpack_size;
    let popped = keys.change(key, end.popped(), |list: &mut List| {
        let popped = match end {
            End::Left => list.pop_front(),
            End::Right => list.pop_back(),
        };
        list.has_shrunk(setting);
        let changes = usize::from(popped.is_some());
        (popped, changes)
    })?;
    Ok(popped)
}

/// Removes up to `count` elements at an end, replies with them in the order in which they went,
/// and returns how many there were.
pub(super) fn pop_several(
    keys: &mut Keys<'_>,
    key: &[u8],
    end: End,
    count: usize,
    reply: &mut Reply,
) -> Result<usize, CommandError> {
    let setting = keys.encodings().list_listpack_size;
    let popped = keys.change(key, end.popped(), |list: &mut List| {
        let range = end.range(list, count);
        reply.array(range.len());
        let elements = list.iter(range.clone());
        match end {
            End::Left => elements.for_each(|element| reply_element(reply, element)),
            End::Right => elements.rev().for_each(|element| reply_element(reply, element)),
        }
        let removed = list.remove_range(range);
        list.has_shrunk(setting);
        (removed, removed)
    })?;
    Ok(popped)
}

static LLEN: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO"]),
    summary: "Returns the length of a list",
    example: "
        > RPUSH queue a b
        :2
        > LLEN queue
        :2
    ",
    handler: Handler::Keys(llen),
    ..FAMILY.row("llen", 2, flag::READONLY | flag::FAST, "1.0.0")
};

fn llen(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(keys.read::<List>(args.at(1))?.map_or(0, List::len));
    Ok(())
}
