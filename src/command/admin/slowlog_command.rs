//! SLOWLOG: the last commands that took long.

use crate::command::engine::help;
use crate::command::engine::help::wrong_subcommand;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};

/// The family.
pub const COMMANDS: &[&Command] = &[&SLOWLOG];

/// Entries that SLOWLOG GET shows without a count.
const ENTRIES_SHOWN: usize = 10;

/// What the rows of the family have in common.
const FAMILY: Command =
    Command { flags: flag::ADMIN | flag::LOADING | flag::STALE, ..Command::of_group("server") };

static SLOWLOG: Command = Command {
    flags: 0,
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Shows the commands that took long",
    syntax: "subcommand",
    handler: Handler::Container(&[&GET, &HELP, &LEN, &RESET], None),
    ..FAMILY.row("slowlog", -2, 0, "2.2.12")
};

static GET: Command = Command {
    complexity: Complexity::Other("O(N) with N entries"),
    summary: "Shows the latest entries: number, Unix time, microseconds, arguments, client",
    syntax: "[count]",
    example: "> SLOWLOG GET 5
              *0
              > SLOWLOG GET -2
              -ERR count should be greater than or equal to -1",
    handler: Handler::Plain(get),
    ..FAMILY.row("get", -2, 0, "2.2.12")
};

fn get(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let count = match args.len() {
        2 => ENTRIES_SHOWN,
        3 => count(args.at(2))?,
        _ => return Err(wrong_subcommand(args)),
    };
    let entries = context.shared.slowlog.latest(count);
    reply.array(entries.len());
    for (id, entry) in entries {
        reply.array(6);
        reply.integer(id as i64);
        reply.integer(entry.unix_seconds as i64);
        reply.integer(entry.duration_us as i64);
        reply.array(entry.arguments.len());
        entry.arguments.iter().for_each(|argument| reply.bulk(argument));
        reply.bulk(entry.peer.as_bytes());
        reply.bulk(entry.name.as_bytes());
    }
    Ok(())
}

/// The number of entries to show; -1 is all.
fn count(text: &[u8]) -> Result<usize, CommandError> {
    let wrong = CommandError::new("ERR count should be greater than or equal to -1");
    match crate::resp::parse_integer(text).ok_or(wrong.clone())? {
        -1 => Ok(usize::MAX),
        count => usize::try_from(count).map_err(|_| wrong),
    }
}

static LEN: Command = Command {
    summary: "Counts the entries",
    example: "> SLOWLOG LEN
              :0",
    handler: Handler::Plain(len),
    ..FAMILY.row("len", 2, 0, "2.2.12")
};

fn len(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(context.shared.slowlog.len());
    Ok(())
}

static RESET: Command = Command {
    complexity: Complexity::Other("O(N) with N entries"),
    summary: "Drops all entries",
    example: "> SLOWLOG RESET
              +OK",
    handler: Handler::Plain(reset),
    ..FAMILY.row("reset", 2, 0, "2.2.12")
};

fn reset(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    context.shared.slowlog.clear();
    reply.ok();
    Ok(())
}

static HELP: Command = Command {
    example: "> SLOWLOG HELP now
              -ERR wrong number of arguments for 'slowlog|help' command",
    ..help::row("server", "6.2.0")
};
