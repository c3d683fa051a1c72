//! Changes inside a list: LSET, LINSERT, LREM.

use super::{FAMILY, index_of};
use crate::command::engine::draw::draw_count;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Key, List};
use std::sync::Arc;

/// Commands that change single elements.
pub const COMMANDS: &[&Command] = &[&LSET, &LINSERT, &LREM];

static LSET: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(N) with N chunks in front of the element"),
    summary: "Replaces the element at an index",
    syntax: "key index element",
    example: "
        > RPUSH queue a b
        :2
        > LSET queue -1 c
        +OK
        > LSET queue 2 d
        -ERR index out of range
        > LINDEX queue 1
        $1
        c
    ",
    handler: Handler::Keys(lset),
    ..FAMILY.row("lset", 4, flag::WRITE | flag::DENYOOM, "1.0.0")
};

fn lset(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    const NO_SUCH_KEY: CommandError = CommandError::new("ERR no such key");
    const OUT_OF_RANGE: CommandError = CommandError::new("ERR index out of range");
    let len = keys.look::<List>(args.at(1))?.ok_or(NO_SUCH_KEY)?.len();
    let index = index_of(args.integer(2)?, len).filter(|index| *index < len);
    let index = index.ok_or(OUT_OF_RANGE)?;
    let setting = keys.encodings().list_listpack_size;
    keys.change(args.at(1), Event::list("lset"), |list: &mut List| {
        list.will_grow(setting, args.at(3).len(), 1);
        let is_set = match args.prepared(3) {
            Some(long) => list.set(index, &Key::Shared(Arc::clone(long))),
            None => list.set(index, args.at(3)),
        };
        list.has_shrunk(setting);
        ((), usize::from(is_set))
    })?;
    reply.ok();
    Ok(())
}

static LINSERT: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW insert"]),
    complexity: Complexity::Other("O(N) with N elements in front of the pivot"),
    summary: "Inserts an element in front of another one or after it, and returns the length",
    syntax: "key <BEFORE | AFTER> pivot element",
    example: "
        > RPUSH queue a c
        :2
        > LINSERT queue BEFORE c b
        :3
        > LINSERT queue AFTER x y
        :-1
    ",
    handler: Handler::Keys(linsert),
    ..FAMILY.row("linsert", 5, flag::WRITE | flag::DENYOOM, "2.2.0")
};

fn linsert(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let is_after = args.is(2, "AFTER");
    if !is_after && !args.is(2, "BEFORE") {
        return Err(CommandError::SYNTAX);
    }
    let setting = keys.encodings().list_listpack_size;
    let answer = keys.change(args.at(1), Event::list("linsert"), |list: &mut List| {
        if list.is_empty() {
            return (0, 0);
        }
        let Some(at) = list.iter(0..list.len()).position(|element| element.is(args.at(3))) else {
            return (-1, 0);
        };
        list.will_grow(setting, args.at(4).len(), 1);
        list.insert(at + usize::from(is_after), args.at(4));
        (list.len() as i64, 1)
    })?;
    reply.integer(answer);
    Ok(())
}

static LREM: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW delete"]),
    complexity: Complexity::Other("O(N) with N elements in the list"),
    summary: "Removes elements of a certain content: all, or some from the front or from the end",
    syntax: "key count element",
    example: "
        > RPUSH queue a b a c a
        :5
        > LREM queue -2 a
        :2
        > LRANGE queue 0 -1
        *3
        $1
        a
        $1
        b
        $1
        c
    ",
    handler: Handler::Keys(lrem),
    ..FAMILY.row("lrem", 4, flag::WRITE, "1.0.0")
};

fn lrem(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let count = draw_count(args.at(2))?;
    let max = match count.unsigned_abs() {
        0 => usize::MAX,
        max => usize::try_from(max).unwrap_or(usize::MAX),
    };
    let setting = keys.encodings().list_listpack_size;
    let removed = keys.change(args.at(1), Event::list("lrem"), |list: &mut List| {
        let removed = list.remove_matching(args.at(3), max, count < 0);
        if removed > 0 {
            list.has_shrunk(setting);
        }
        (removed, removed)
    })?;
    reply.count(removed);
    Ok(())
}
