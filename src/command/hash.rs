//! Hashes: fields with values under one key.
//!
//! A hash without fields does not exist: the keyspace creates it with its first field and removes
//! it with its last. Fields come back in the order in which they were first set.

use super::string::{reply_bytes, stored};
use super::{Args, Command, CommandError, Handler, KeyArguments, Keys, Outcome, Reply, flag};

/// The family.
pub const COMMANDS: &[&Command] = &[&HSET, &HGET, &HGETALL, &HDEL];

static HSET: Command = Command {
    name: "hset",
    arity: -4,
    flags: flag::WRITE | flag::DENYOOM | flag::FAST,
    keys: KeyArguments::FIRST,
    group: "hash",
    since: "2.0.0",
    complexity: "O(N) with N fields",
    summary: "Sets fields of a hash and says how many of them are new",
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
};

fn hset(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let added = set_fields(keys, args, &HSET)?;
    reply.count(added);
    Ok(())
}

/// Sets all pairs behind the key and returns how many fields are new.
///
/// # Errors
/// The last field has no value, or the key holds something else.
fn set_fields(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    command: &Command,
) -> Result<usize, CommandError> {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::arity(command.name));
    }
    keys.change_hash(args.at(1), |fields| {
        let pairs = (2..args.len()).step_by(2);
        let changes = pairs.len();
        let added = pairs.filter(|at| fields.insert(args.at(*at), stored(args, at + 1))).count();
        (added, changes)
    })
}

static HGET: Command = Command {
    name: "hget",
    arity: 3,
    flags: flag::READONLY | flag::FAST,
    keys: KeyArguments::FIRST,
    group: "hash",
    since: "2.0.0",
    complexity: "O(1)",
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
};

fn hget(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let fields = keys.read_hash(args.at(1))?;
    reply_bytes(reply, fields.and_then(|fields| fields.get(args.at(2))));
    Ok(())
}

static HGETALL: Command = Command {
    name: "hgetall",
    arity: 2,
    flags: flag::READONLY,
    keys: KeyArguments::FIRST,
    group: "hash",
    since: "2.0.0",
    complexity: "O(N) with N fields in the hash",
    summary: "Reads all fields of a hash and their values",
    syntax: "key",
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
};

fn hgetall(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let fields = keys.read_hash(args.at(1))?;
    reply.map(fields.map_or(0, |fields| fields.len()));
    if let Some(fields) = fields {
        fields.for_each(|name, value| {
            reply_bytes(reply, Some(name));
            reply_bytes(reply, Some(value));
        });
    }
    Ok(())
}

static HDEL: Command = Command {
    name: "hdel",
    arity: -3,
    flags: flag::WRITE | flag::FAST,
    keys: KeyArguments::FIRST,
    group: "hash",
    since: "2.0.0",
    complexity: "O(N) with N fields",
    summary: "Removes fields of a hash and says how many there were",
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
};

fn hdel(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let removed = keys.change_hash(args.at(1), |fields| {
        let removed = args.from(2).iter().filter(|field| fields.remove(field)).count();
        (removed, removed)
    })?;
    reply.count(removed);
    Ok(())
}
