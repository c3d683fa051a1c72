//! Ranges of a list: LRANGE, LTRIM, LINDEX.

use super::{FAMILY, index_of, range_of};
use crate::command::engine::values::{reply_element, reply_found};
use crate::command::engine::{
    Args, Command, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, List};

/// Commands about ranges.
pub const COMMANDS: &[&Command] = &[&LRANGE, &LTRIM, &LINDEX];

static LRANGE: Command = Command {
    complexity: Complexity::Other(
        "O(S+N) with S chunks in front of the range and N elements in it",
    ),
    summary: "Reads a range of a list; negative indices count from the end",
    syntax: "key start stop",
    example: "
        > RPUSH queue a b c
        :3
        > LRANGE queue -2 -1
        *2
        $1
        b
        $1
        c
    ",
    handler: Handler::Keys(lrange),
    ..FAMILY.row("lrange", 4, flag::READONLY, "1.0.0")
};

fn lrange(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (first, last) = (args.integer(2)?, args.integer(3)?);
    let Some(list) = keys.read::<List>(args.at(1))? else {
        reply.array(0);
        return Ok(());
    };
    let range = range_of(first, last, list.len());
    reply.array(range.len());
    list.iter(range).for_each(|element| reply_element(reply, element));
    Ok(())
}

static LTRIM: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW delete"]),
    complexity: Complexity::Other("O(N) with N elements that are removed"),
    summary: "Keeps a range of a list and removes everything else",
    syntax: "key start stop",
    example: "
        > RPUSH log a b c
        :3
        > LTRIM log -2 -1
        +OK
        > LRANGE log 0 -1
        *2
        $1
        b
        $1
        c
    ",
    handler: Handler::Keys(ltrim),
    ..FAMILY.row("ltrim", 4, flag::WRITE, "1.0.0")
};

fn ltrim(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (first, last) = (args.integer(2)?, args.integer(3)?);
    let setting = keys.encodings().list_listpack_size;
    keys.change(args.at(1), Event::list("ltrim"), |list: &mut List| {
        let len = list.len();
        if len == 0 {
            return ((), 0);
        }
        list.trim(range_of(first, last, len));
        list.has_shrunk(setting);
        // To those who watch the key it has changed, whatever was removed.
        ((), (len - list.len()).max(1))
    })?;
    reply.ok();
    Ok(())
}

static LINDEX: Command = Command {
    complexity: Complexity::Other("O(N) with N chunks in front of the element"),
    summary: "Reads the element at an index, which counts from the end if it is negative",
    syntax: "key index",
    example: "
        > RPUSH queue a b c
        :3
        > LINDEX queue -1
        $1
        c
        > LINDEX queue 3
        $-1
    ",
    handler: Handler::Keys(lindex),
    ..FAMILY.row("lindex", 3, flag::READONLY, "1.0.0")
};

fn lindex(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    // The index is not looked at unless there is a list.
    let Some(list) = keys.read::<List>(args.at(1))? else {
        reply.null();
        return Ok(());
    };
    let index = index_of(args.integer(2)?, list.len());
    reply_found(reply, index.and_then(|index| list.get(index)));
    Ok(())
}
