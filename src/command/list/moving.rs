//! Elements that leave one list, and maybe enter another: LMOVE, RPOPLPUSH, LMPOP.

use super::ends::{pop_one, pop_several};
use super::{End, FAMILY, SIDES};
use crate::command::engine::arguments::MultiPop;
use crate::command::engine::values::reply_bytes;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Key, List};

/// Commands that move elements.
pub const COMMANDS: &[&Command] = &[&LMOVE, &RPOPLPUSH, &LMPOP];

/// A source and a destination.
pub(super) const TWO: KeyArguments =
    KeyArguments::new(1, 2, 1).used(&["RW access delete", "RW insert"]);

static LMOVE: Command = Command {
    keys: TWO,
    summary: "Moves an element from an end of a list to an end of another, or of the same",
    syntax: "source destination <LEFT | RIGHT> <LEFT | RIGHT>",
    example: "
        > RPUSH todo a b
        :2
        > LMOVE todo doing LEFT RIGHT
        $1
        a
        > LMOVE nobody doing LEFT RIGHT
        $-1
    ",
    handler: Handler::Keys(lmove),
    ..FAMILY.row("lmove", 5, flag::WRITE | flag::DENYOOM, "6.2.0")
};

fn lmove(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let ends = (End::of(args, 3)?, End::of(args, 4)?);
    let moved = move_one(keys, (args.at(1), args.at(2)), ends)?;
    reply_bytes(reply, moved.as_ref());
    Ok(())
}

static RPOPLPUSH: Command = Command {
    keys: TWO,
    summary: "Moves the last element of a list to the front of another: LMOVE is its successor",
    syntax: "source destination",
    example: "
        > RPUSH todo a b
        :2
        > RPOPLPUSH todo doing
        $1
        b
    ",
    handler: Handler::Keys(rpoplpush),
    ..FAMILY.row("rpoplpush", 3, flag::WRITE | flag::DENYOOM, "1.2.0")
};

fn rpoplpush(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let moved = move_one(keys, (args.at(1), args.at(2)), (End::Right, End::Left))?;
    reply_bytes(reply, moved.as_ref());
    Ok(())
}

/// Moves an element and returns it, if there is one. A missing source hides a destination of
/// another type. The destination changes first, so that events have Redis's order.
pub(super) fn move_one(
    keys: &mut Keys<'_>,
    (source, destination): (&[u8], &[u8]),
    (from, to): (End, End),
) -> Result<Option<Key>, CommandError> {
    let Some(list) = keys.look::<List>(source)? else { return Ok(None) };
    let at_end = from.range(list, 1).start;
    let Some(element) = list.get(at_end).map(|element| element.to_key()) else { return Ok(None) };
    keys.look::<List>(destination)?;
    let setting = keys.encodings().list_listpack_size;
    let is_same = source == destination;
    keys.change(destination, to.pushed(), |list: &mut List| {
        if is_same {
            list.remove_range(at_end..at_end + 1);
        }
        list.will_grow(setting, element.len(), 1);
        match to {
            End::Left => list.push_front(&element),
            End::Right => list.push_back(&element),
        }
        ((), 1)
    })?;
    if is_same {
        keys.notify(source, from.popped());
    } else {
        pop_one(keys, source, from)?;
    }
    Ok(Some(element))
}

static LMPOP: Command = Command {
    keys: KeyArguments::NONE.counted(1).used(&["RW access delete"]),
    complexity: Complexity::Other("O(N+M) with N keys and M elements in the reply"),
    summary: "Removes elements from an end of the first of several lists that exists",
    syntax: "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
    example: "
        > RPUSH b 1 2 3
        :3
        > LMPOP 2 a b LEFT COUNT 2
        *2
        $1
        b
        *2
        $1
        1
        $1
        2
        > LMPOP 1 a LEFT
        *-1
    ",
    handler: Handler::Keys(lmpop),
    ..FAMILY.row("lmpop", -4, flag::WRITE | flag::MOVABLE_KEYS, "7.0.0")
};

fn lmpop(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if !pop_from_first(keys, args, 1, reply)? {
        reply.null_array();
    }
    Ok(())
}

/// What LMPOP and BLMPOP ask for, from the number of keys at argument `at` on.
pub(super) fn multi_pop(args: Args<'_>, at: usize) -> Result<MultiPop<End>, CommandError> {
    MultiPop::parse(args, at, &SIDES)
}

/// Pops from the first list there is, and returns whether there is one. What is logged has one
/// key.
pub(super) fn pop_from_first(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    at: usize,
    reply: &mut Reply,
) -> Result<bool, CommandError> {
    let request = multi_pop(args, at)?;
    for key in request.keys.map(|at| args.at(at)) {
        if keys.look::<List>(key)?.is_none() {
            continue;
        }
        reply.array(2);
        reply.bulk(key);
        let popped = pop_several(keys, key, request.end, request.count, reply)?;
        keys.log_as(|| {
            let name = if request.end == End::Left { "LPOP" } else { "RPOP" };
            let count = Key::new(itoa::Buffer::new().format(popped).as_bytes());
            [Key::new(name.as_bytes()), Key::new(key), count]
        });
        return Ok(true);
    }
    Ok(false)
}
