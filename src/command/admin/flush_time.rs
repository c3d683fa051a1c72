//! Commands about the server and its databases as a whole.

use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use crate::command::engine::{Keys, Keyspace};

/// The family.
pub const COMMANDS: &[&Command] = &[&DBSIZE, &FLUSHDB, &FLUSHALL, &TIME];

static DBSIZE: Command = Command {
    group: "server",
    categories: &["keyspace"],
    summary: "Counts the keys of the database",
    example: "> DBSIZE
              :0
              > SET k v
              +OK
              > DBSIZE
              :1",
    handler: Handler::Keys(dbsize),
    ..Command::named("dbsize", 1, flag::READONLY | flag::FAST, "1.0.0")
};

fn dbsize(keys: &mut Keys<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(keys.len());
    Ok(())
}

static FLUSHDB: Command = Command {
    group: "server",
    categories: &["keyspace"],
    complexity: Complexity::Other("O(1) for other clients; the memory is freed after the lock"),
    summary: "Removes all keys of the database",
    syntax: "[ASYNC | SYNC]",
    example: "> SET k v
              +OK
              > FLUSHDB
              +OK
              > DBSIZE
              :0",
    handler: Handler::Keyspace(flushdb),
    ..Command::named("flushdb", -1, flag::WRITE | flag::DANGEROUS, "1.0.0")
};

fn flushdb(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    check_flush_mode(args)?;
    keyspace.flush(context.session.db());
    reply.ok();
    Ok(())
}

static FLUSHALL: Command = Command {
    group: "server",
    categories: &["keyspace"],
    complexity: Complexity::Other("O(1) for other clients; the memory is freed after the lock"),
    summary: "Removes all keys of all databases",
    syntax: "[ASYNC | SYNC]",
    example: "> SET k v
              +OK
              > FLUSHALL ASYNC
              +OK
              > DBSIZE
              :0",
    handler: Handler::Keyspace(flushall),
    ..Command::named("flushall", -1, flag::WRITE | flag::DANGEROUS, "1.0.0")
};

fn flushall(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    check_flush_mode(args)?;
    (0..context.shared.config().databases).for_each(|db| keyspace.flush(db));
    reply.ok();
    Ok(())
}

/// Both modes are the same here: keys disappear at once, memory after the lock was released.
fn check_flush_mode(args: Args<'_>) -> Outcome {
    match args.len() {
        1 => Ok(()),
        2 if args.is(1, "async") || args.is(1, "sync") => Ok(()),
        _ => Err(CommandError::SYNTAX),
    }
}

static TIME: Command = Command {
    group: "server",
    summary: "Returns the server's time: Unix seconds, and microseconds within the second",
    example: "> TIME now
              -ERR wrong number of arguments for 'time' command",
    handler: Handler::Plain(time),
    ..Command::named("time", 1, flag::LOADING | flag::STALE | flag::FAST, "2.6.0")
};

fn time(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let now_us = context.shared.clock.unix_us();
    reply.array(2);
    reply.bulk((now_us / 1_000_000).to_string().as_bytes());
    reply.bulk((now_us % 1_000_000).to_string().as_bytes());
    Ok(())
}
