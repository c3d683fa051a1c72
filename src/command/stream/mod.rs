//! Streams: logs of entries under one key, and groups of consumers that share the reading.
//!
//! | file | commands |
//! |---|---|
//! | `add`, `trim` | XADD, XTRIM |
//! | `range` | XLEN, XRANGE, XREVRANGE |
//! | `delete` | XDEL, XSETID |
//! | `read`, `read_group` | XREAD, XREADGROUP, which can wait |
//! | `group` | XGROUP |
//! | `pending` | XACK, XPENDING |
//! | `claim` | XCLAIM, XAUTOCLAIM |
//! | `info`, `info_full` | XINFO |
//!
//! What groups know is logged as its effect (`log.rs`): reading is no request that could be
//! repeated at another time.

mod add;
mod claim;
mod delete;
mod group;
mod info;
mod info_full;
mod log;
mod pending;
mod progress;
mod range;
mod read;
mod read_group;
mod trim;

use crate::command::engine::values::reply_element;
use crate::command::engine::{Args, Command, CommandError, KeyArguments, Reply};
use crate::keyspace::types::stream::id::ID_TEXT;
use crate::keyspace::types::stream::{Entries, Entry, Id};

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[
    add::COMMANDS,
    trim::COMMANDS,
    range::COMMANDS,
    delete::COMMANDS,
    read::COMMANDS,
    read_group::COMMANDS,
    group::COMMANDS,
    pending::COMMANDS,
    claim::COMMANDS,
    info::COMMANDS,
];

/// What the rows of the family have in common.
const FAMILY: Command =
    Command { keys: KeyArguments::FIRST, syntax: "key", ..Command::of_group("stream") };

const BAD_ID: CommandError =
    CommandError::new("ERR Invalid stream ID specified as stream command argument");
const NO_KEY: CommandError = CommandError::new("ERR no such key");

/// Entries that are gathered before a reply begins. If there are more, they are counted first.
const GATHERED_MAX: usize = 128;

/// An id that is written out; `sequence` is that of one that is not.
fn strict_id(text: &[u8], sequence: u64) -> Result<Id, CommandError> {
    Id::parse(text, sequence).ok_or(BAD_ID)
}

/// An id, or `-` for the lowest and `+` for the highest.
fn id(text: &[u8], sequence: u64) -> Result<Id, CommandError> {
    match text {
        b"-" => Ok(Id::ZERO),
        b"+" => Ok(Id::MAX),
        _ => strict_id(text, sequence),
    }
}

/// The first id of an interval: `(` in front of it leaves it out.
fn interval_start(text: &[u8]) -> Result<Id, CommandError> {
    match text {
        [b'(', rest @ ..] if !rest.is_empty() => strict_id(rest, 0)?
            .next()
            .ok_or(CommandError::new("ERR invalid start ID for the interval")),
        _ => id(text, 0),
    }
}

/// The last id of an interval.
fn interval_end(text: &[u8]) -> Result<Id, CommandError> {
    match text {
        [b'(', rest @ ..] if !rest.is_empty() => strict_id(rest, u64::MAX)?
            .previous()
            .ok_or(CommandError::new("ERR invalid end ID for the interval")),
        _ => id(text, u64::MAX),
    }
}

/// A count that is not limited if it is zero: that is what Redis makes of a negative one, too.
fn count_or_all(args: Args<'_>, index: usize) -> Result<usize, CommandError> {
    Ok(match usize::try_from(args.integer(index)?) {
        Ok(0) | Err(_) => usize::MAX,
        Ok(count) => count,
    })
}

fn reply_id(reply: &mut Reply, id: Id) {
    reply.bulk(id.text(&mut ID_TEXT.clone()));
}

/// Replies with an entry: its id, and names and values by turns.
fn reply_entry(reply: &mut Reply, entry: &Entry<'_>) {
    reply.array(2);
    reply_id(reply, entry.id);
    let fields = entry.fields();
    reply.array(fields.len());
    fields.for_each(|word| reply_element(reply, word));
}

/// Replies with up to `count` entries from one id to another, and passes each on. Their number has
/// to stand in front of them: few are gathered, many are counted.
fn reply_range(
    reply: &mut Reply,
    entries: &Entries,
    (from, to): (Id, Id),
    count: usize,
    mut each: impl FnMut(&Entry<'_>),
) {
    let mut range = entries.range(from, to).take(count);
    let mut gathered: Vec<Entry<'_>> = Vec::with_capacity(count.min(GATHERED_MAX));
    gathered.extend(range.by_ref().take(GATHERED_MAX));
    let len = match gathered.len() {
        GATHERED_MAX => count.min(entries.count(from, to) as usize),
        len => len,
    };
    reply.array(len);
    for entry in gathered.iter().copied().chain(range) {
        reply_entry(reply, &entry);
        each(&entry);
    }
}

/// The error for a key without a stream, or a stream without a group.
fn no_group(key: &[u8], group: &[u8], context: &str) -> CommandError {
    let parts = [b"' or consumer group '", c_string(group), b"'", context.as_bytes()];
    let after = [c_string(key), &parts.concat()].concat();
    CommandError::quoting("NOGROUP No such key '", &after, "")
}

/// The error for a stream without a group, in the words of XGROUP and XINFO.
fn no_such_group(group: &[u8], key: &[u8]) -> CommandError {
    let names = [c_string(group), b"' for key name '", c_string(key)].concat();
    CommandError::quoting("NOGROUP No such consumer group '", &names, "'")
}

/// What is quoted ends at a null byte, because Redis prints strings of C.
fn c_string(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or(b"")
}
