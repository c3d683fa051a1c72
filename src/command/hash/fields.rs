//! Fields of a hash, one by one: HSET, HGET, HDEL and their relatives.
//!
//! A hash without fields does not exist: the keyspace creates it with its first field and removes
//! it with its last.

use super::FAMILY;
use crate::command::engine::values::{reply_found, stored};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Hash};

/// The family.
pub const COMMANDS: &[&Command] =
    &[&HSET, &HMSET, &HSETNX, &HGET, &HMGET, &HEXISTS, &HSTRLEN, &HLEN, &HDEL];

static HSET: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(N) with N fields"),
    summary: "Sets fields of a hash and returns how many of them are new",
    syntax: "key field value [field value ...]",
    example: "
        > HSET user:1 name Ada born 1815
        :2
        > HSET user:1 name Ada born 1816 died 1852
        :1
        > HGET user:1 born
        $4
        1816
    ",
    handler: Handler::Keys(hset),
    ..FAMILY.row("hset", -4, flag::WRITE | flag::DENYOOM | flag::FAST, "2.0.0")
};

fn hset(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let added = set_fields(keys, args, &HSET)?;
    reply.count(added);
    Ok(())
}

static HMSET: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(N) with N fields"),
    summary: "Sets fields of a hash: the predecessor of HSET, which counts the new fields",
    syntax: "key field value [field value ...]",
    example: "
        > HMSET user:1 name Ada born 1815
        +OK
    ",
    handler: Handler::Keys(hmset),
    ..FAMILY.row("hmset", -4, flag::WRITE | flag::DENYOOM | flag::FAST, "2.0.0")
};

fn hmset(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    set_fields(keys, args, &HMSET)?;
    reply.ok();
    Ok(())
}

/// Sets all pairs after the key and returns the number of new fields.
///
/// # Errors
/// The last field has no value, or the key holds another type.
fn set_fields(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    command: &Command,
) -> Result<usize, CommandError> {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::arity(command.name));
    }
    let names = keys.encodings().hash;
    let added = keys.change(args.at(1), Event::hash("hset"), |fields: &mut Hash| {
        let pairs = (2..args.len()).step_by(2);
        let changes = pairs.len();
        let added =
            pairs.filter(|at| fields.insert(args.at(*at), stored(args, at + 1), names)).count();
        (added, changes)
    })?;
    Ok(added)
}

static HSETNX: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW insert"]),
    summary: "Sets a field of a hash if it is missing",
    syntax: "key field value",
    example: "
        > HSETNX user:1 name Ada
        :1
        > HSETNX user:1 name Bob
        :0
        > HGET user:1 name
        $3
        Ada
    ",
    handler: Handler::Keys(hsetnx),
    ..FAMILY.row("hsetnx", 4, flag::WRITE | flag::DENYOOM | flag::FAST, "2.0.0")
};

fn hsetnx(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (field, names) = (args.at(2), keys.encodings().hash);
    let is_new = keys.change(args.at(1), Event::hash("hset"), |fields: &mut Hash| {
        let is_new = !fields.contains(field) && fields.insert(field, stored(args, 3), names);
        (is_new, usize::from(is_new))
    })?;
    reply.integer(i64::from(is_new));
    Ok(())
}

static HGET: Command = Command {
    summary: "Reads one field of a hash",
    syntax: "key field",
    example: "
        > HSET user:1 name Ada
        :1
        > HGET user:1 name
        $3
        Ada
        > HGET user:1 address
        $-1
    ",
    handler: Handler::Keys(hget),
    ..FAMILY.row("hget", 3, flag::READONLY | flag::FAST, "2.0.0")
};

fn hget(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let fields = keys.read::<Hash>(args.at(1))?;
    reply_found(reply, fields.and_then(|fields| fields.get(args.at(2))));
    Ok(())
}

static HMGET: Command = Command {
    complexity: Complexity::Other("O(N) with N fields"),
    summary: "Reads several fields of a hash; null for a missing field",
    syntax: "key field [field ...]",
    example: "
        > HSET user:1 name Ada born 1815
        :2
        > HMGET user:1 name address
        *2
        $3
        Ada
        $-1
    ",
    handler: Handler::Keys(hmget),
    ..FAMILY.row("hmget", -3, flag::READONLY | flag::FAST, "2.0.0")
};

fn hmget(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let fields = keys.read::<Hash>(args.at(1))?;
    let names = args.from(2);
    reply.array(names.len());
    for name in names.iter() {
        reply_found(reply, fields.and_then(|fields| fields.get(name)));
    }
    Ok(())
}

static HEXISTS: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO"]),
    summary: "Returns whether a hash has a field",
    syntax: "key field",
    example: "
        > HSET user:1 name Ada
        :1
        > HEXISTS user:1 name
        :1
        > HEXISTS user:1 address
        :0
    ",
    handler: Handler::Keys(hexists),
    ..FAMILY.row("hexists", 3, flag::READONLY | flag::FAST, "2.0.0")
};

fn hexists(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let fields = keys.read::<Hash>(args.at(1))?;
    reply.integer(i64::from(fields.is_some_and(|fields| fields.contains(args.at(2)))));
    Ok(())
}

static HSTRLEN: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO"]),
    summary: "Returns the length of a field of a hash in bytes",
    syntax: "key field",
    example: "
        > HSET user:1 name Ada
        :1
        > HSTRLEN user:1 name
        :3
        > HSTRLEN user:1 address
        :0
    ",
    handler: Handler::Keys(hstrlen),
    ..FAMILY.row("hstrlen", 3, flag::READONLY | flag::FAST, "3.2.0")
};

fn hstrlen(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let fields = keys.read::<Hash>(args.at(1))?;
    let value = fields.and_then(|fields| fields.get(args.at(2)));
    reply.count(value.map_or(0, |value| value.len()));
    Ok(())
}

static HLEN: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO"]),
    summary: "Returns the number of fields of a hash",
    example: "
        > HSET user:1 name Ada born 1815
        :2
        > HLEN user:1
        :2
    ",
    handler: Handler::Keys(hlen),
    ..FAMILY.row("hlen", 2, flag::READONLY | flag::FAST, "2.0.0")
};

fn hlen(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(keys.read::<Hash>(args.at(1))?.map_or(0, |fields| fields.len()));
    Ok(())
}

static HDEL: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW delete"]),
    complexity: Complexity::Other("O(N) with N fields"),
    summary: "Removes fields of a hash and returns how many there were",
    syntax: "key field [field ...]",
    example: "
        > HSET user:1 name Ada born 1815
        :2
        > HDEL user:1 born address
        :1
        > HDEL user:1 name
        :1
        > EXISTS user:1
        :0
    ",
    handler: Handler::Keys(hdel),
    ..FAMILY.row("hdel", -3, flag::WRITE | flag::FAST, "2.0.0")
};

fn hdel(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let removed = keys.change(args.at(1), Event::hash("hdel"), |fields: &mut Hash| {
        let removed = args.from(2).iter().filter(|field| fields.remove(field)).count();
        (removed, removed)
    })?;
    reply.count(removed);
    Ok(())
}
