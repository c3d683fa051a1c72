//! XINFO: what is known of a stream, its groups and their consumers.

use super::info_full::reply_full;
use super::progress::lag;
use super::{FAMILY, NO_KEY, no_such_group, reply_entry, reply_id};
use crate::command::engine::help::{self, wrong_subcommand};
use crate::command::engine::{
    Args, Command, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::types::stream::{Entry, Group, Id, Stream};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&XINFO];

/// What the rows of subcommands have in common.
const SUBCOMMAND: Command = Command {
    keys: KeyArguments::new(2, 2, 1).used(&["RO access"]),
    flags: flag::READONLY,
    ..FAMILY
};

static XINFO: Command = Command {
    flags: 0,
    keys: KeyArguments::NONE,
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Describes a stream",
    syntax: "subcommand",
    handler: Handler::Container(&[&CONSUMERS, &GROUPS, &HELP, &STREAM], None),
    ..FAMILY.row("xinfo", -2, 0, "5.0.0")
};

static HELP: Command = Command {
    example: "> XINFO HELP now
              -ERR wrong number of arguments for 'xinfo|help' command",
    ..help::row("stream", "5.0.0")
};

static STREAM: Command = Command {
    complexity: Complexity::Other("O(N) with N chunks of a hundred entries"),
    summary: "Describes a stream as a whole, or with its entries and groups",
    syntax: "key [FULL [COUNT count]]",
    example: "
        > XINFO STREAM nobody
        -ERR no such key
    ",
    handler: Handler::Keys(stream),
    ..SUBCOMMAND.row("stream", -3, 0, "5.0.0")
};

fn stream(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    const USUAL: usize = 10;
    let stream = keys.read::<Stream>(args.at(2))?.ok_or(NO_KEY)?;
    let count = match args.len() {
        3 => None,
        4 if args.is(3, "FULL") => Some(USUAL),
        6 if args.is(3, "FULL") && args.is(4, "COUNT") => {
            Some(match usize::try_from(args.integer(5)?) {
                Ok(0) => usize::MAX,
                Ok(count) => count,
                Err(_) => USUAL,
            })
        }
        _ => return Err(wrong_subcommand(args)),
    };
    reply.map(if count.is_some() { 9 } else { 10 });
    reply_figures(reply, stream);
    match count {
        Some(count) => reply_full(reply, stream, count),
        None => {
            let entries = stream.entries();
            reply.bulk(b"groups");
            reply.count(stream.groups_len());
            reply.bulk(b"first-entry");
            reply_or_null(reply, entries.range(Id::ZERO, Id::MAX).next());
            reply.bulk(b"last-entry");
            reply_or_null(reply, entries.range_back(Id::MAX, Id::ZERO).next());
        }
    }
    Ok(())
}

fn reply_or_null(reply: &mut Reply, entry: Option<Entry<'_>>) {
    match entry {
        Some(entry) => reply_entry(reply, &entry),
        None => reply.null(),
    }
}

/// The seven figures with which both forms begin.
fn reply_figures(reply: &mut Reply, stream: &Stream) {
    let entries = stream.entries();
    reply.bulk(b"length");
    reply.count(entries.len() as usize);
    reply.bulk(b"radix-tree-keys");
    reply.count(entries.chunks());
    reply.bulk(b"radix-tree-nodes");
    reply.count(stream.radix_nodes());
    reply.bulk(b"last-generated-id");
    reply_id(reply, entries.last_id);
    reply.bulk(b"max-deleted-entry-id");
    reply_id(reply, entries.max_deleted_id);
    reply.bulk(b"entries-added");
    reply.integer(entries.added as i64);
    reply.bulk(b"recorded-first-entry-id");
    reply_id(reply, entries.first_id());
}

static GROUPS: Command = Command {
    complexity: Complexity::Other("O(N) with N groups"),
    summary: "Lists the groups of a stream",
    syntax: "key",
    example: "
        > XGROUP CREATE jobs team $ MKSTREAM
        +OK
        > XINFO GROUPS jobs
        *1
        *12
        $4
        name
        $4
        team
        $9
        consumers
        :0
        $7
        pending
        :0
        $17
        last-delivered-id
        $3
        0-0
        $12
        entries-read
        $-1
        $3
        lag
        :0
    ",
    handler: Handler::Keys(groups),
    ..SUBCOMMAND.row("groups", 3, 0, "5.0.0")
};

fn groups(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let stream = keys.read::<Stream>(args.at(2))?.ok_or(NO_KEY)?;
    reply.array(stream.groups_len());
    for (name, group) in stream.groups() {
        reply.map(6);
        reply.bulk(b"name");
        reply.bulk(name);
        reply.bulk(b"consumers");
        reply.count(group.consumers_len());
        reply.bulk(b"pending");
        reply.count(group.pending_len());
        reply.bulk(b"last-delivered-id");
        reply_id(reply, group.last_id);
        reply_progress(reply, stream, group);
    }
    Ok(())
}

/// How far a group has read, and how many entries are left.
pub(super) fn reply_progress(reply: &mut Reply, stream: &Stream, group: &Group) {
    let optional = |reply: &mut Reply, number: Option<i64>| match number {
        Some(number) => reply.integer(number),
        None => reply.null(),
    };
    reply.bulk(b"entries-read");
    optional(reply, group.entries_read.map(|read| read as i64));
    reply.bulk(b"lag");
    optional(reply, lag(stream.entries(), group));
}

static CONSUMERS: Command = Command {
    complexity: Complexity::Other("O(N) with N consumers"),
    summary: "Lists the consumers of a group",
    syntax: "key group",
    example: "
        > XGROUP CREATE jobs team $ MKSTREAM
        +OK
        > XINFO CONSUMERS jobs team
        *0
    ",
    handler: Handler::Keys(consumers),
    ..SUBCOMMAND.row("consumers", 4, 0, "5.0.0")
};

fn consumers(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (key, name, now_ms) = (args.at(2), args.at(3), keys.now_ms());
    let stream = keys.read::<Stream>(key)?.ok_or(NO_KEY)?;
    let group = stream.group(name).ok_or_else(|| no_such_group(name, key))?;
    reply.array(group.consumers_len());
    for consumer in group.consumers() {
        let since = |moment_ms: u64| now_ms.saturating_sub(moment_ms) as i64;
        reply.map(4);
        reply.bulk(b"name");
        reply.bulk(&consumer.name);
        reply.bulk(b"pending");
        reply.count(consumer.pending_len());
        reply.bulk(b"idle");
        reply.integer(since(consumer.seen_at_ms));
        reply.bulk(b"inactive");
        reply.integer(consumer.active_at_ms.map_or(-1, since));
    }
    Ok(())
}
