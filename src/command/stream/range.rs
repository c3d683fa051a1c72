//! Reading a stream without remembering what was read: XLEN, XRANGE, XREVRANGE.

use super::{FAMILY, interval_end, interval_start, reply_entry, reply_range};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::types::stream::{Entries, Entry, Id, Stream};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&XLEN, &XRANGE, &XREVRANGE];

static XLEN: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO"]),
    summary: "Returns the number of entries of a stream",
    example: "
        > XADD log 1-1 level info
        $3
        1-1
        > XLEN log
        :1
    ",
    handler: Handler::Keys(xlen),
    ..FAMILY.row("xlen", 2, flag::READONLY | flag::FAST, "5.0.0")
};

fn xlen(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let stream = keys.read::<Stream>(args.at(1))?;
    reply.count(stream.map_or(0, |stream| stream.entries().len() as usize));
    Ok(())
}

static XRANGE: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO access"]),
    complexity: Complexity::Other("O(log(N)+M) with N entries in the stream and M in the reply"),
    summary: "Returns the entries between two ids",
    syntax: "key start end [COUNT count]",
    example: "
        > XADD log 1-1 level info
        $3
        1-1
        > XRANGE log - + COUNT 1
        *1
        *2
        $3
        1-1
        *2
        $5
        level
        $4
        info
        > XRANGE log (1-1 +
        *0
    ",
    handler: Handler::Keys(|keys, args, reply| range(keys, args, false, reply)),
    ..FAMILY.row("xrange", -4, flag::READONLY, "5.0.0")
};

static XREVRANGE: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO access"]),
    complexity: Complexity::Other("O(log(N)+M) with N entries in the stream and M in the reply"),
    summary: "Returns the entries between two ids, the last one first",
    syntax: "key end start [COUNT count]",
    example: "
        > XADD log 1-1 level info
        $3
        1-1
        > XREVRANGE log + 1-0 COUNT 1
        *1
        *2
        $3
        1-1
        *2
        $5
        level
        $4
        info
    ",
    handler: Handler::Keys(|keys, args, reply| range(keys, args, true, reply)),
    ..FAMILY.row("xrevrange", -4, flag::READONLY, "5.0.0")
};

fn range(keys: &mut Keys<'_>, args: Args<'_>, is_back: bool, reply: &mut Reply) -> Outcome {
    let (start_at, end_at) = if is_back { (3, 2) } else { (2, 3) };
    let from = interval_start(args.at(start_at))?;
    let to = interval_end(args.at(end_at))?;
    let mut count = None;
    let mut at = 4;
    while at < args.len() {
        if !args.is(at, "COUNT") || at + 1 >= args.len() {
            return Err(CommandError::SYNTAX);
        }
        // A negative count is zero, and zero is answered by no list at all.
        count = Some(usize::try_from(args.integer(at + 1)?).unwrap_or(0));
        at += 2;
    }
    let Some(stream) = keys.read::<Stream>(args.at(1))? else {
        reply.array(0);
        return Ok(());
    };
    match count.unwrap_or(usize::MAX) {
        0 => reply.null_array(),
        count if is_back => reply_back(reply, stream.entries(), (from, to), count),
        count => reply_range(reply, stream.entries(), (from, to), count, |_| ()),
    }
    Ok(())
}

/// [`reply_range`] by falling ids.
fn reply_back(reply: &mut Reply, entries: &Entries, (from, to): (Id, Id), count: usize) {
    let mut range = entries.range_back(to, from).take(count);
    let mut gathered: Vec<Entry<'_>> = Vec::with_capacity(count.min(super::GATHERED_MAX));
    gathered.extend(range.by_ref().take(super::GATHERED_MAX));
    let len = match gathered.len() {
        super::GATHERED_MAX => count.min(entries.count(from, to) as usize),
        len => len,
    };
    reply.array(len);
    gathered.into_iter().chain(range).for_each(|entry| reply_entry(reply, &entry));
}
