//! Strings: their length and parts of them.
//!
//! A string is stored in exactly the bytes it has, because a cache reads far more than it appends.
//! The first APPEND or SETRANGE copies it; from then on it has spare capacity and is changed in
//! place, unless a reply with it is still being sent (copy-on-write).

use super::FAMILY;
use crate::command::engine::KeyArguments;
use crate::command::engine::values::{reply_bytes, stored_value};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Changed, Event, Text};
use crate::limits;

/// The family.
pub const COMMANDS: &[&Command] = &[&STRLEN, &GETRANGE, &SUBSTR, &SETRANGE, &APPEND];

static STRLEN: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO"]),
    summary: "Returns the length of the string under a key in bytes",
    example: "
        > SET greeting hello
        +OK
        > STRLEN greeting
        :5
        > STRLEN nobody
        :0
    ",
    handler: Handler::Keys(strlen),
    ..FAMILY.row("strlen", 2, flag::READONLY | flag::FAST, "2.2.0")
};

fn strlen(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(keys.read::<Text>(args.at(1))?.map_or(0, |text| text.len()));
    Ok(())
}

static GETRANGE: Command = Command {
    complexity: Complexity::Other("O(N) with N bytes in the reply"),
    summary: "Reads a part of a string, from one byte to another; negative is from the end",
    syntax: "key start end",
    example: r#"
        > SET greeting "hello world"
        +OK
        > GETRANGE greeting 0 4
        $5
        hello
        > GETRANGE greeting -5 -1
        $5
        world
    "#,
    handler: Handler::Keys(getrange),
    ..FAMILY.row("getrange", 4, flag::READONLY, "2.4.0")
};

static SUBSTR: Command = Command {
    complexity: Complexity::Other("O(N) with N bytes in the reply"),
    summary: "The former name of GETRANGE",
    syntax: "key start end",
    example: "
        > SET greeting hello
        +OK
        > SUBSTR greeting 1 1
        $1
        e
    ",
    handler: Handler::Keys(getrange),
    ..FAMILY.row("substr", 4, flag::READONLY, "1.0.0")
};

fn getrange(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (start, end) = (args.integer(2)?, args.integer(3)?);
    let text = keys.read::<Text>(args.at(1))?;
    let part = text.map_or(&[][..], |text| part(text, start, end));
    match text {
        // A large string is sent without a copy.
        Some(text) if part.len() == text.len() => reply_bytes(reply, Some(text)),
        _ => reply.bulk(part),
    }
    Ok(())
}

/// The bytes from `start` to `end`, both included, and counted from the end if negative.
fn part(text: &[u8], start: i64, end: i64) -> &[u8] {
    if start < 0 && end < 0 && start > end {
        return &[];
    }
    let len = text.len() as i64;
    // As in Redis, indices before the beginning are moved to it, both start and end.
    let place = |index: i64| if index < 0 { (len + index).max(0) } else { index } as usize;
    let (start, end) = (place(start), place(end).saturating_add(1).min(text.len()));
    text.get(start..end).unwrap_or(&[])
}

static SETRANGE: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(N) with N bytes written or added, on average"),
    summary: "Overwrites a part of a string, which grows with zero bytes if it is too short",
    syntax: "key offset value",
    example: r#"
        > SET greeting "hello world"
        +OK
        > SETRANGE greeting 6 redis
        :11
        > GET greeting
        $11
        hello redis
    "#,
    handler: Handler::Keys(setrange),
    ..FAMILY.row("setrange", 4, flag::WRITE | flag::DENYOOM, "2.2.0")
};

fn setrange(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let offset = usize::try_from(args.integer(2)?)
        .map_err(|_| CommandError::new("ERR offset is out of range"))?;
    let (key, part) = (args.at(1), args.at(3));
    if part.is_empty() {
        // Nothing is written, not even the zeros up to the offset.
        reply.count(keys.look::<Text>(key)?.map_or(0, |text| text.len()));
        return Ok(());
    }
    reply.count(write_part(keys, key, part, Event::string("setrange"), |_| offset)?);
    Ok(())
}

const APPEND_EVENT: Event = Event::string("append");

static APPEND: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW insert"]),
    complexity: Complexity::Other("O(N) with N bytes added, on average"),
    summary: "Appends bytes to a string and returns its new length",
    syntax: "key value",
    example: r#"
        > APPEND greeting hello
        :5
        > APPEND greeting " world"
        :11
        > GET greeting
        $11
        hello world
    "#,
    handler: Handler::Keys(append),
    ..FAMILY.row("append", 3, flag::WRITE | flag::DENYOOM | flag::FAST, "2.0.0")
};

fn append(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (key, part) = (args.at(1), args.at(2));
    if keys.look_entry(key).is_none() {
        keys.set(key, stored_value(args, 2), None, APPEND_EVENT);
        reply.count(part.len());
        return Ok(());
    }
    reply.count(write_part(keys, key, part, APPEND_EVENT, |len| len)?);
    Ok(())
}

/// Writes `part` into the string under `key`, at the offset that `offset` computes from the length,
/// and returns the new length.
///
/// # Errors
/// The key holds another type, or the result would exceed the longest string.
fn write_part(
    keys: &mut Keys<'_>,
    key: &[u8],
    part: &[u8],
    event: Event,
    offset: impl FnOnce(usize) -> usize,
) -> Result<usize, CommandError> {
    keys.replace::<Text, _, CommandError>(key, event, |old| {
        let old_len = old.as_deref().map_or(0, |old| old.len());
        let offset = offset(old_len);
        let end = offset.saturating_add(part.len());
        if end > limits::BULK_BYTES_MAX {
            return Err(CommandError::new(
                "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            ));
        }
        let len = end.max(old_len);
        Ok(written(old, len, |bytes| {
            bytes[offset..end].copy_from_slice(part);
            (len, true)
        }))
    })
}

/// Applies `write` to the first `len` bytes of a string, which is never longer and is filled with
/// zeros if shorter. `write` returns a result, and whether it changed anything.
///
/// The change happens in place if the capacity suffices and no reader shares the string; otherwise
/// in a copy.
pub fn written<R>(
    old: Option<&mut Text>,
    len: usize,
    write: impl FnOnce(&mut [u8]) -> (R, bool),
) -> Changed<Text, R> {
    let empty = &mut Text::new(b"");
    let old = old.unwrap_or(empty);
    let has_grown = old.len() < len;
    if let Some(bytes) = old.in_place(len) {
        let (result, is_change) = write(bytes);
        return Changed::within(None, is_change || has_grown, result);
    }
    let mut new = Text::grown(old, len);
    let bytes = new.in_place(len).expect("a string that has just been made has its length");
    let (result, is_change) = write(bytes);
    Changed::within(Some(new), is_change || has_grown, result)
}
