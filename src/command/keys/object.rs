//! OBJECT: the encoding that Redis would choose for a value, and its last use.
//!
//! None of these records a use of the key. The names are those of Redis's encodings, because tools
//! look at them: *int*, *embstr* and *raw* strings, *listpack* and *hashtable* hashes.

use crate::command::engine::flag;
use crate::command::engine::help;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply,
};
use crate::keyspace::Entry;

/// The family.
pub const COMMANDS: &[&Command] = &[&OBJECT];

/// What the rows of the family have in common.
const FAMILY: Command = Command {
    keys: KeyArguments::new(2, 2, 1).used(&["RO"]),
    syntax: "key",
    flags: flag::READONLY,
    ..Command::of_group("generic")
};

static OBJECT: Command = Command {
    arity: -2,
    flags: 0,
    keys: KeyArguments::NONE,
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Describes the value under a key",
    syntax: "subcommand",
    handler: Handler::Container(&[&ENCODING, &FREQ, &HELP, &IDLETIME, &REFCOUNT], None),
    ..FAMILY.row("object", 3, 0, "2.2.3")
};

/// Replies with the result of `tell` for the key's entry, or null without one.
fn about(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    reply: &mut Reply,
    tell: impl FnOnce(&Entry, u64, &mut Reply) -> Outcome,
) -> Outcome {
    let now_ms = keys.now_ms();
    match keys.peek(args.at(2)) {
        Some(entry) => tell(entry, now_ms, reply),
        None => {
            reply.null();
            Ok(())
        }
    }
}

static ENCODING: Command = Command {
    summary: "Returns the encoding in which Redis would store a value",
    example: "> MSET number 12 text hello
              +OK
              > OBJECT ENCODING number
              $3
              int
              > OBJECT ENCODING text
              $6
              embstr
              > APPEND text !
              :6
              > OBJECT ENCODING text
              $3
              raw",
    handler: Handler::Keys(encoding),
    ..FAMILY.row("encoding", 3, 0, "2.2.3")
};

fn encoding(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    about(keys, args, reply, |entry, _, reply| {
        reply.bulk(entry.value.encoding().as_bytes());
        Ok(())
    })
}

static FREQ: Command = Command {
    summary: "Returns how often a key is used, which is only known under an LFU policy",
    example: "> OBJECT FREQ nobody
              $-1
              > SET k v
              +OK
              > OBJECT FREQ k
              -ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please \
              note that when switching between policies at runtime LRU and LFU data will take some \
              time to adjust.",
    handler: Handler::Keys(freq),
    ..FAMILY.row("freq", 3, 0, "4.0.0")
};

fn freq(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let frequency = keys.frequency();
    about(keys, args, reply, |entry, now_ms, reply| {
        let frequency = frequency.ok_or(CommandError::new(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please \
             note that when switching between policies at runtime LRU and LFU data will take some \
             time to adjust.",
        ))?;
        reply.integer(entry.frequency(now_ms, frequency.decay_minutes).into());
        Ok(())
    })
}

static HELP: Command = Command {
    example: "> OBJECT HELP now
              -ERR wrong number of arguments for 'object|help' command",
    ..help::row("generic", "6.2.0")
};

static IDLETIME: Command = Command {
    summary: "Returns the seconds since the last use of a key",
    example: "> SET k v
              +OK
              > OBJECT IDLETIME k
              :0
              > OBJECT IDLETIME nobody
              $-1",
    handler: Handler::Keys(idletime),
    ..FAMILY.row("idletime", 3, 0, "2.2.3")
};

fn idletime(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let is_lfu = keys.frequency().is_some();
    about(keys, args, reply, |entry, now_ms, reply| {
        if is_lfu {
            return Err(CommandError::new(
                "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that \
                 when switching between policies at runtime LRU and LFU data will take some time \
                 to adjust.",
            ));
        }
        reply.integer((entry.idle_ms(now_ms) / 1_000) as i64);
        Ok(())
    })
}

static REFCOUNT: Command = Command {
    summary: "Returns how many keys share a value, which is always one",
    example: "> SET k v
              +OK
              > OBJECT REFCOUNT k
              :1",
    handler: Handler::Keys(refcount),
    ..FAMILY.row("refcount", 3, 0, "2.2.3")
};

fn refcount(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    about(keys, args, reply, |_, _, reply| {
        reply.integer(1);
        Ok(())
    })
}
