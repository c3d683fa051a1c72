//! Commands about keys of any type.
//!
//! No command here waits for memory to be freed: costly values are dropped after the keyspace lock
//! was released, so DEL and UNLINK are the same.

use super::FAMILY;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::Event;

/// The family.
pub const COMMANDS: &[&Command] = &[&DEL, &UNLINK, &EXISTS, &TOUCH, &TYPE, &RENAME, &RENAMENX];

static DEL: Command = Command {
    keys: KeyArguments::ALL.used(&["RM delete"]),
    complexity: Complexity::Other("O(N) with N keys"),
    summary: "Removes keys and returns how many there were",
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
    ..FAMILY.row("del", -2, flag::WRITE, "1.0.0")
};

fn del(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(args.from(1).iter().filter(|key| keys.remove(key, Event::DEL)).count());
    Ok(())
}

static UNLINK: Command = Command {
    keys: KeyArguments::ALL.used(&["RM delete"]),
    complexity: Complexity::Other("O(N) with N keys"),
    summary: "Removes keys like DEL, which here is just as fast",
    syntax: "key [key ...]",
    example: "
        > MSET a 1 b 2
        +OK
        > UNLINK a b nobody
        :2
    ",
    handler: Handler::Keys(del),
    ..FAMILY.row("unlink", -2, flag::WRITE | flag::FAST, "4.0.0")
};

static EXISTS: Command = Command {
    keys: KeyArguments::ALL.used(&["RO"]),
    complexity: Complexity::Other("O(N) with N keys"),
    summary: "Counts how many of the keys exist",
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
    ..FAMILY.row("exists", -2, flag::READONLY | flag::FAST, "1.0.0")
};

fn exists(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(args.from(1).iter().filter(|key| keys.peek(key).is_some()).count());
    Ok(())
}

static TOUCH: Command = Command {
    keys: KeyArguments::ALL.used(&["RO"]),
    complexity: Complexity::Other("O(N) with N keys"),
    summary: "Counts keys like EXISTS, and marks them as just used",
    syntax: "key [key ...]",
    example: "
        > SET a 1
        +OK
        > TOUCH a nobody
        :1
    ",
    handler: Handler::Keys(touch),
    ..FAMILY.row("touch", -2, flag::READONLY | flag::FAST, "3.2.1")
};

fn touch(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    // `peek` counts a hit or a miss; `look_entry` records the use even with CLIENT NO-TOUCH.
    let is_there = |key: &&[u8]| keys.peek(key).is_some() && keys.look_entry(key).is_some();
    reply.count(args.from(1).iter().filter(is_there).count());
    Ok(())
}

static TYPE: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO"]),
    summary: "Returns the type of the value under a key",
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
    ..FAMILY.row("type", 2, flag::READONLY | flag::FAST, "1.0.0")
};

fn type_of(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.simple(keys.peek(args.at(1)).map_or("none", |entry| entry.value.type_name()));
    Ok(())
}

static RENAME: Command = Command {
    keys: KeyArguments::new(1, 2, 1).used(&["RW access delete", "OW update"]),
    summary: "Gives a key another name and replaces any key of that name",
    syntax: "key newkey",
    example: "
        > SET draft text EX 60
        +OK
        > RENAME draft final
        +OK
        > TTL final
        :60
        > RENAME draft final
        -ERR no such key
    ",
    handler: Handler::Keys(rename),
    ..FAMILY.row("rename", 3, flag::WRITE, "1.0.0")
};

fn rename(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    rename_if(keys, args, |_| true)?;
    reply.ok();
    Ok(())
}

static RENAMENX: Command = Command {
    keys: KeyArguments::new(1, 2, 1).used(&["RW access delete", "OW insert"]),
    summary: "Gives a key another name that is not in use",
    syntax: "key newkey",
    example: "
        > MSET draft text final other
        +OK
        > RENAMENX draft final
        :0
        > RENAMENX draft second
        :1
    ",
    handler: Handler::Keys(renamenx),
    ..FAMILY.row("renamenx", 3, flag::WRITE | flag::FAST, "1.0.0")
};

fn renamenx(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let renamed = rename_if(keys, args, |keys| keys.look_entry(args.at(2)).is_none())?;
    reply.integer(i64::from(renamed));
    Ok(())
}

/// Renames a key that exists, if `may_rename` returns true, and returns that.
///
/// # Errors
/// There is no such key.
fn rename_if(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    may_rename: impl FnOnce(&mut Keys<'_>) -> bool,
) -> Result<bool, CommandError> {
    let (key, new_key) = (args.at(1), args.at(2));
    if keys.look_entry(key).is_none() {
        return Err(CommandError::new("ERR no such key"));
    }
    if !may_rename(keys) {
        return Ok(false);
    }
    // A key that is renamed to itself stays as it is.
    if key != new_key
        && let Some(entry) = keys.take(key, Event::NONE)
    {
        let deadline = entry.expires_at_ms();
        let is_replaced = keys.look_entry(new_key).is_some();
        keys.set(new_key, entry.value, deadline, Event::NONE);
        // Redis removes what is replaced, so for it the key is new.
        let new = if is_replaced { Event::NEW } else { Event::NONE };
        keys.notify(new_key, new);
        keys.notify(key, Event::RENAME_FROM);
        keys.notify(new_key, Event::RENAME_TO);
    }
    Ok(true)
}
