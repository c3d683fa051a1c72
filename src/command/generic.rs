//! Commands about keys, whatever they hold.

use super::{Args, Command, Handler, KeyArguments, Keys, Outcome, Reply, flag};

/// The family.
pub const COMMANDS: &[&Command] = &[&DEL, &EXISTS, &TYPE];

static DEL: Command = Command {
    name: "del",
    arity: -2,
    flags: flag::WRITE,
    keys: KeyArguments::ALL,
    group: "generic",
    since: "1.0.0",
    complexity: "O(N) with N keys",
    summary: "Removes keys and says how many there were",
    syntax: "key [key ...]",
    example: "
        > MSET a 1 b 2
        +OK
        > DEL a b nobody a
        :2
        > GET a
        $-1
    ",
    handler: Handler::Keys(del),
};

fn del(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(args.from(1).iter().filter(|key| keys.remove(key)).count());
    Ok(())
}

static EXISTS: Command = Command {
    name: "exists",
    arity: -2,
    flags: flag::READONLY | flag::FAST,
    keys: KeyArguments::ALL,
    group: "generic",
    since: "1.0.0",
    complexity: "O(N) with N keys",
    summary: "Counts how many of the named keys there are",
    syntax: "key [key ...]",
    example: "
        > SET a 1
        +OK
        > EXISTS a nobody
        :1
        > EXISTS a a
        :2
    ",
    handler: Handler::Keys(exists),
};

fn exists(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(args.from(1).iter().filter(|key| keys.peek(key).is_some()).count());
    Ok(())
}

static TYPE: Command = Command {
    name: "type",
    arity: 2,
    flags: flag::READONLY | flag::FAST,
    keys: KeyArguments::FIRST,
    group: "generic",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Says what kind of value a key holds",
    syntax: "key",
    example: "
        > SET a 1
        +OK
        > TYPE a
        +string
        > HSET h field value
        :1
        > TYPE h
        +hash
        > TYPE nobody
        +none
    ",
    handler: Handler::Keys(type_of),
};

fn type_of(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.simple(keys.peek(args.at(1)).map_or("none", |entry| entry.value.type_name()));
    Ok(())
}
