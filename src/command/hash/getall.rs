//! Hashes read as a whole, in the order in which their fields were first set.

use super::FAMILY;
use crate::command::engine::values::reply_element;
use crate::command::engine::{Args, Command, Complexity, Handler, Keys, Outcome, Reply, flag};
use crate::keyspace::Hash;

/// The family.
pub const COMMANDS: &[&Command] = &[&HGETALL, &HKEYS, &HVALS];

static HGETALL: Command = Command {
    complexity: Complexity::Other("O(N) with N fields in the hash"),
    summary: "Reads all fields of a hash and their values",
    example: "
        > HSET user:1 name Ada born 1815
        :2
        > HGETALL user:1
        *4
        $4
        name
        $3
        Ada
        $4
        born
        $4
        1815
        > HGETALL nobody
        *0
    ",
    handler: Handler::Keys(hgetall),
    ..FAMILY.row("hgetall", 2, flag::READONLY, "2.0.0")
};

fn hgetall(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let fields = keys.read::<Hash>(args.at(1))?;
    reply.map(fields.map_or(0, |fields| fields.len()));
    if let Some(fields) = fields {
        fields.for_each(|name, value| {
            reply_element(reply, name);
            reply_element(reply, value);
        });
    }
    Ok(())
}

static HKEYS: Command = Command {
    complexity: Complexity::Other("O(N) with N fields in the hash"),
    summary: "Reads the names of all fields of a hash",
    example: "
        > HSET user:1 name Ada born 1815
        :2
        > HKEYS user:1
        *2
        $4
        name
        $4
        born
    ",
    handler: Handler::Keys(hkeys),
    ..FAMILY.row("hkeys", 2, flag::READONLY, "2.0.0")
};

fn hkeys(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let fields = keys.read::<Hash>(args.at(1))?;
    reply.array(fields.map_or(0, |fields| fields.len()));
    if let Some(fields) = fields {
        fields.for_each(|name, _| reply_element(reply, name));
    }
    Ok(())
}

static HVALS: Command = Command {
    complexity: Complexity::Other("O(N) with N fields in the hash"),
    summary: "Reads the values of all fields of a hash",
    example: "
        > HSET user:1 name Ada born 1815
        :2
        > HVALS user:1
        *2
        $3
        Ada
        $4
        1815
    ",
    handler: Handler::Keys(hvals),
    ..FAMILY.row("hvals", 2, flag::READONLY, "2.0.0")
};

fn hvals(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let fields = keys.read::<Hash>(args.at(1))?;
    reply.array(fields.map_or(0, |fields| fields.len()));
    if let Some(fields) = fields {
        fields.for_each(|_, value| reply_element(reply, value));
    }
    Ok(())
}
