//! Commands about the server and its databases as a whole.

use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use crate::command::engine::{Keys, Keyspace};
use std::time::Duration;

/// The family.
pub const COMMANDS: &[&Command] = &[&DBSIZE, &FLUSHDB, &FLUSHALL, &TIME, &DEBUG];

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

static DEBUG: Command = Command {
    group: "server",
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Helps to test the server, if --enable-debug-command allows it",
    syntax: "SLEEP seconds | PANIC",
    example: "> DEBUG SLEEP 0
              -ERR DEBUG command not allowed. If the enable-debug-command option is set to \
              \"local\", you can run it from a local connection, otherwise you need to set this \
              option in the configuration file, and then restart the server.",
    handler: Handler::Plain(debug),
    // Inside a transaction it would sleep while the keyspace is locked.
    ..Command::named(
        "debug",
        -2,
        flag::ADMIN | flag::NOSCRIPT | flag::LOADING | flag::STALE | flag::NO_MULTI,
        "1.0.0",
    )
};

fn debug(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let is_local = context.session.client.peer.is_local();
    if !context.shared.config().enable_debug_command.allows(is_local) {
        return Err(CommandError::new(
            "ERR DEBUG command not allowed. If the enable-debug-command option is set to \
             \"local\", you can run it from a local connection, otherwise you need to set this \
             option in the configuration file, and then restart the server.",
        ));
    }
    if args.len() == 3 && args.is(1, "sleep") {
        let seconds: Option<f64> =
            std::str::from_utf8(args.at(2)).ok().and_then(|s| s.parse().ok());
        let pause = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        // Unlike in Redis only this client sleeps: it has its own thread.
        std::thread::sleep(pause.ok_or(CommandError::new("ERR value is not a valid float"))?);
        reply.ok();
        return Ok(());
    }
    if args.len() == 2 && args.is(1, "panic") {
        panic!("DEBUG PANIC was called");
    }
    Err(CommandError::quoting("ERR unknown subcommand '", args.at(1), "'. Try DEBUG HELP."))
}
