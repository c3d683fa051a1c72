//! CLIENT: the list of clients, their names, and their settings.

use crate::clients::Client;
use crate::command::connection::client_kill::KILL;
use crate::command::connection::client_pause::{PAUSE, UNBLOCK, UNPAUSE};
use crate::command::connection::client_rows::{ADMIN, FAMILY, OPEN, client_type};
use crate::command::connection::client_tracking::{CACHING, GETREDIR, TRACKING, TRACKINGINFO};
use crate::command::engine::arguments::client_attribute;
use crate::command::engine::client_line;
use crate::command::engine::help;
use crate::command::engine::session::ReplyMode;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use std::sync::atomic::Ordering::Relaxed;

/// The family.
pub const COMMANDS: &[&Command] = &[&CLIENT];

static CLIENT: Command = Command {
    group: "connection",
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Manages connections",
    syntax: "subcommand",
    handler: Handler::Container(SUBCOMMANDS, None),
    ..Command::named("client", -2, flag::KEEPS_CACHING, "2.4.0")
};

const SUBCOMMANDS: &[&Command] = &[
    &CACHING,
    &GETNAME,
    &GETREDIR,
    &HELP,
    &ID,
    &INFO,
    &KILL,
    &LIST,
    &NO_EVICT,
    &NO_TOUCH,
    &PAUSE,
    &REPLY,
    &SETINFO,
    &SETNAME,
    &TRACKING,
    &TRACKINGINFO,
    &UNBLOCK,
    &UNPAUSE,
];

static GETNAME: Command = Command {
    summary: "Returns the connection's name, or null",
    example: "> CLIENT GETNAME
              $-1
              > CLIENT SETNAME me
              +OK
              > CLIENT GETNAME
              $2
              me",
    handler: Handler::Plain(getname),
    ..FAMILY.row("getname", 2, OPEN, "2.6.9")
};

fn getname(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let names = context.session.client.names.lock();
    if names.client.is_empty() {
        reply.null()
    } else {
        reply.bulk(names.client.as_bytes())
    }
    Ok(())
}

static HELP: Command = Command {
    example: "> CLIENT HELP now
              -ERR wrong number of arguments for 'client|help' command",
    ..help::row("connection", "5.0.0")
};

static ID: Command = Command {
    summary: "Returns the connection's number",
    example: "> CLIENT ID now
              -ERR wrong number of arguments for 'client|id' command",
    handler: Handler::Plain(id),
    ..FAMILY.row("id", 2, OPEN, "5.0.0")
};

fn id(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.integer(context.session.client.id as i64);
    Ok(())
}

static INFO: Command = Command {
    summary: "Describes the connection in a line",
    example: "> CLIENT INFO now
              -ERR wrong number of arguments for 'client|info' command",
    handler: Handler::Plain(info),
    ..FAMILY.row("info", 2, OPEN, "6.2.0")
};

fn info(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.verbatim(&client_line::describe(
        &context.session.client,
        context.shared.clock.steady_ms(),
    ));
    Ok(())
}

static LIST: Command = Command {
    complexity: Complexity::Other("O(N) with N connections"),
    summary: "Describes all connections, or those named, a line each",
    syntax: "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]",
    example: "> CLIENT LIST TYPE replica
              $0

              > CLIENT LIST TYPE nothing
              -ERR Unknown client type 'nothing'
              > CLIENT LIST ID x
              -ERR Invalid client ID",
    handler: Handler::Plain(list),
    ..FAMILY.row("list", -2, ADMIN, "2.4.0")
};

fn list(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let mut is_of_type: fn(&Client) -> bool = |_| true;
    let mut ids: Option<Vec<u64>> = None;
    match args.len() {
        2 => {}
        4 if args.is(2, "type") => is_of_type = client_type(args.at(3))?,
        4.. if args.is(2, "id") => {
            let parse = |text| crate::resp::parse_integer(text);
            let parsed: Option<Vec<i64>> = args.from(3).iter().map(parse).collect();
            let parsed = parsed.ok_or(CommandError::new("ERR Invalid client ID"))?;
            ids = Some(parsed.into_iter().map(|id| id as u64).collect());
        }
        _ => return Err(CommandError::SYNTAX),
    }
    let now_ms = context.shared.clock.steady_ms();
    let mut lines = String::new();
    for client in context.shared.clients.list() {
        if is_of_type(&client) && ids.as_ref().is_none_or(|ids| ids.contains(&client.id)) {
            lines.push_str(&client_line::describe(&client, now_ms));
        }
    }
    reply.verbatim(&lines);
    Ok(())
}

fn on_or_off(word: &[u8]) -> Result<bool, CommandError> {
    match word.to_ascii_lowercase().as_slice() {
        b"on" => Ok(true),
        b"off" => Ok(false),
        _ => Err(CommandError::SYNTAX),
    }
}

static NO_EVICT: Command = Command {
    summary: "Keeps the connection when connections are closed because memory is short",
    syntax: "<ON | OFF>",
    example: "> CLIENT NO-EVICT on
              +OK
              > CLIENT NO-EVICT maybe
              -ERR syntax error",
    handler: Handler::Plain(no_evict),
    ..FAMILY.row("no-evict", 3, ADMIN, "7.0.0")
};

fn no_evict(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    context.session.client.no_evict.store(on_or_off(args.at(2))?, Relaxed);
    reply.ok();
    Ok(())
}

static NO_TOUCH: Command = Command {
    summary: "Excludes the connection's lookups from the last use of keys",
    syntax: "<ON | OFF>",
    example: "> CLIENT NO-TOUCH on
              +OK",
    handler: Handler::Plain(no_touch),
    ..FAMILY.row("no-touch", 3, OPEN, "7.2.0")
};

fn no_touch(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    context.session.set_no_touch(on_or_off(args.at(2))?);
    reply.ok();
    Ok(())
}

/// Not in a transaction: EXEC has announced its number of replies.
static REPLY: Command = Command {
    summary: "Chooses whether the server replies: always, never, or not to the next command",
    syntax: "<ON | OFF | SKIP>",
    example: "> CLIENT REPLY ON
              +OK",
    handler: Handler::Plain(reply_mode),
    ..FAMILY.row("reply", 3, OPEN | flag::NO_MULTI, "3.2.0")
};

fn reply_mode(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let mode = &mut context.session.reply_mode;
    match args.at(2).to_ascii_lowercase().as_slice() {
        b"on" => {
            *mode = ReplyMode::On;
            reply.ok();
        }
        b"off" => *mode = ReplyMode::Off,
        // OFF takes precedence.
        b"skip" if *mode != ReplyMode::Off => *mode = ReplyMode::SkipNext,
        b"skip" => {}
        _ => return Err(CommandError::SYNTAX),
    }
    Ok(())
}

static SETINFO: Command = Command {
    summary: "Sets the name or version of the client library",
    syntax: "<LIB-NAME libname | LIB-VER libver>",
    example: "> CLIENT SETINFO LIB-NAME mine
              +OK
              > CLIENT SETINFO LIB-VER \"a b\"
              -ERR lib-ver cannot contain spaces, newlines or special characters.",
    handler: Handler::Plain(setinfo),
    ..FAMILY.row("setinfo", 4, OPEN, "7.2.0")
};

fn setinfo(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let attribute = args.at(2).to_ascii_lowercase();
    let names = &context.session.client.names;
    match attribute.as_slice() {
        b"lib-name" => {
            let value = client_attribute("lib-name", args.at(3))?;
            names.lock().library = value;
        }
        b"lib-ver" => {
            let value = client_attribute("lib-ver", args.at(3))?;
            names.lock().library_version = value;
        }
        _ => return Err(CommandError::quoting("ERR Unrecognized option '", args.at(2), "'")),
    }
    reply.ok();
    Ok(())
}

static SETNAME: Command = Command {
    summary: "Names the connection; an empty name is none",
    syntax: "connection-name",
    example: "> CLIENT SETNAME \"a b\"
              -ERR Client names cannot contain spaces, newlines or special characters.",
    handler: Handler::Plain(setname),
    ..FAMILY.row("setname", 3, OPEN, "2.6.9")
};

fn setname(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let name = client_attribute("Client names", args.at(2))?;
    context.session.client.names.lock().client = name;
    reply.ok();
    Ok(())
}
