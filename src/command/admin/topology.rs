//! Commands about replicas and modules, of which respool has none.
//!
//! Clients use these commands to find out what kind of server they are connected to. The replies
//! are Redis's for a standalone server.

use crate::command::engine::blocking::{Blocking, Patience, Served};
use crate::command::engine::help;
use crate::command::engine::waiting;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Keys, Outcome, Reply, flag,
};

/// The family.
pub const COMMANDS: &[&Command] = &[&ROLE, &WAIT, &WAITAOF, &MODULE];

/// Flags of most of the family.
const FLAGS: u32 = flag::LOADING | flag::STALE | flag::FAST;

/// What the rows of the family have in common.
const FAMILY: Command = Command { flags: FLAGS, ..Command::of_group("cluster") };

static ROLE: Command = Command {
    flags: flag::NOSCRIPT | flag::LOADING | flag::STALE | flag::FAST | flag::DANGEROUS,
    group: "server",
    categories: &["admin"],
    summary: "Returns that the server is a master, its replication offset, and its replicas: none",
    example: "> ROLE
              *3
              $6
              master
              :0
              *0",
    handler: Handler::Plain(role),
    ..FAMILY.row("role", 1, 0, "2.8.12")
};

fn role(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.array(3);
    reply.bulk(b"master");
    reply.integer(0);
    reply.array(0);
    Ok(())
}

static WAIT: Command = Command {
    categories: &["connection"],
    flags: flag::NOSCRIPT | flag::BLOCKING,
    group: "generic",
    summary: "Waits until so many replicas have the writes so far; there are none",
    syntax: "numreplicas timeout",
    example: "> WAIT 0 1000
              :0
              > WAIT 1 -1
              -ERR timeout is negative",
    handler: Handler::Blocking(&Blocking {
        attempt: wait,
        patience: |args| args.integer(1).and_then(|_| Patience::milliseconds(args.at(2))),
        keys: |_| 0..0,
        give_up: |reply| reply.integer(0),
        denied: |reply| reply.integer(0),
    }),
    ..FAMILY.row("wait", 3, 0, "3.0.0")
};

fn wait(_: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Result<Served, CommandError> {
    if args.integer(1)? > 0 {
        return Ok(Served::NotNow);
    }
    reply.integer(0);
    Ok(Served::Now)
}

static WAITAOF: Command = Command {
    categories: &["connection"],
    flags: flag::NOSCRIPT | flag::BLOCKING,
    group: "generic",
    summary: "Waits until the writes so far are on this server's disk, and on those of replicas",
    syntax: "numlocal numreplicas timeout",
    example: "> WAITAOF 0 0 0
              *2
              :0
              :0
              > WAITAOF 1 0 0
              -ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.
              > WAITAOF 2 0 0
              -ERR value is out of range, must be between 0 and 1",
    handler: Handler::Plain(waitaof),
    ..FAMILY.row("waitaof", 4, 0, "7.2.0")
};

fn waitaof(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    const OUT_OF_RANGE: CommandError =
        CommandError::new("ERR value is out of range, must be between 0 and 1");
    const NEGATIVE: CommandError = CommandError::new("ERR value is out of range, must be positive");
    let (local, replicas) = (args.integer(1)?, args.integer(2)?);
    if !(0..=1).contains(&local) {
        return Err(OUT_OF_RANGE);
    }
    if replicas < 0 {
        return Err(NEGATIVE);
    }
    let patience = Patience::milliseconds(args.at(3))?;
    let aof = &context.shared.aof;
    if local > 0 && !aof.is_on() {
        return Err(CommandError::new(
            "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
        ));
    }
    let end = aof.end();
    let is_synced = aof.is_on() && aof.synced() >= end;
    let is_enough = replicas == 0 && (local == 0 || is_synced);
    if is_enough || context.session.denies_blocking() {
        synced(reply, is_synced);
    } else {
        // There are no replicas: a request for one waits until its time is over.
        let offset = if replicas > 0 { u64::MAX } else { end };
        let give_up: fn(&mut Reply) = match is_synced {
            true => |reply| synced(reply, true),
            false => |reply| synced(reply, false),
        };
        waiting::await_sync(context, offset, patience, give_up);
    }
    Ok(())
}

fn synced(reply: &mut Reply, is_synced: bool) {
    reply.array(2);
    reply.integer(i64::from(is_synced));
    reply.integer(0);
}

static MODULE: Command = Command {
    flags: 0,
    group: "server",
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Lists modules",
    syntax: "subcommand",
    handler: Handler::Container(&[&MODULE_HELP, &MODULE_LIST], None),
    ..FAMILY.row("module", -2, 0, "4.0.0")
};

static MODULE_LIST: Command = Command {
    flags: flag::ADMIN | flag::NOSCRIPT,
    group: "server",
    summary: "Lists the modules: none, they cannot be loaded",
    example: "> MODULE LIST
              *0",
    handler: Handler::Plain(module_list),
    ..FAMILY.row("list", 2, 0, "4.0.0")
};

fn module_list(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.array(0);
    Ok(())
}

static MODULE_HELP: Command = Command {
    example: "> MODULE HELP now
              -ERR wrong number of arguments for 'module|help' command",
    ..help::row("server", "5.0.0")
};
