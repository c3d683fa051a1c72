//! Commands about other servers: replicas, cluster, modules, of which respool has none.
//!
//! Clients use these commands to find out what kind of server they are connected to. The replies
//! are Redis's for a standalone server.

use crate::command::engine::arguments::timeout_ms;
use crate::command::engine::help;
use crate::command::engine::{Args, Command, CommandError, Context, Handler, Outcome, Reply, flag};

/// The family.
pub const COMMANDS: &[&Command] = &[&ROLE, &WAIT, &CLUSTER, &READONLY, &READWRITE, &MODULE];

/// Flags of most of the family.
const FLAGS: u32 = flag::LOADING | flag::STALE | flag::FAST;

/// The common part of this family's rows.
const fn row(name: &'static str, arity: i32, since: &'static str) -> Command {
    Command { group: "cluster", ..Command::named(name, arity, FLAGS | flag::OF_CONNECTION, since) }
}

static ROLE: Command = Command {
    flags: flag::NOSCRIPT | flag::LOADING | flag::STALE | flag::FAST | flag::DANGEROUS,
    group: "server",
    summary: "Returns that the server is a master, its replication offset, and its replicas: none",
    example: "> ROLE
              *3
              $6
              master
              :0
              *0",
    handler: Handler::Plain(role),
    ..row("role", 1, "2.8.12")
};

fn role(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.array(3);
    reply.bulk(b"master");
    reply.integer(0);
    reply.array(0);
    Ok(())
}

static WAIT: Command = Command {
    flags: flag::NOSCRIPT | flag::OF_CONNECTION,
    group: "generic",
    summary: "Counts the replicas that have the writes so far: none, without waiting",
    syntax: "numreplicas timeout",
    example: "> WAIT 1 1000
              :0
              > WAIT 1 -1
              -ERR timeout is negative",
    handler: Handler::Plain(wait),
    ..row("wait", 3, "3.0.0")
};

fn wait(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    args.integer(1)?;
    timeout_ms(args.at(2))?;
    reply.integer(0);
    Ok(())
}

static CLUSTER: Command = Command {
    flags: 0,
    summary: "Returns that the server is not part of a cluster",
    syntax: "subcommand [arg [arg ...]]",
    example: "> CLUSTER NODES
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(no_cluster),
    ..row("cluster", -2, "3.0.0")
};

fn no_cluster(_: &mut Context<'_>, _: Args<'_>, _: &mut Reply) -> Outcome {
    Err(CommandError::new("ERR This instance has cluster support disabled"))
}

static READONLY: Command = Command {
    summary: "Returns that the server is not part of a cluster",
    example: "> READONLY
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(no_cluster),
    ..row("readonly", 1, "3.0.0")
};

static READWRITE: Command = Command {
    summary: "Returns that the server is not part of a cluster",
    example: "> READWRITE
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(no_cluster),
    ..row("readwrite", 1, "3.0.0")
};

static MODULE: Command = Command {
    flags: 0,
    group: "server",
    complexity: "Depends on the subcommand",
    summary: "Lists modules",
    syntax: "subcommand",
    handler: Handler::Container(&[&MODULE_HELP, &MODULE_LIST], None),
    ..row("module", -2, "4.0.0")
};

static MODULE_LIST: Command = Command {
    flags: flag::ADMIN | flag::NOSCRIPT,
    group: "server",
    summary: "Lists the modules: none, they cannot be loaded",
    example: "> MODULE LIST
              *0",
    handler: Handler::Plain(module_list),
    ..row("list", 2, "4.0.0")
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
