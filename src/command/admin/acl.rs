//! ACL: users and what they may do. This file has the container and what changes no user; the
//! other subcommands are in `acl_users.rs`.

use super::acl_users::{DELUSER, GETUSER, LIST, LOAD, SAVE, SETUSER, USERS};
use crate::acl::catalogue::CATEGORIES;
use crate::acl::log::Entry;
use crate::command::engine::categories::categories;
use crate::command::engine::help::{self, wrong_subcommand};
use crate::command::engine::permission;
use crate::command::engine::table;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use crate::limits;
use crate::system::random;

/// The family.
pub const COMMANDS: &[&Command] = &[&ACL];

/// Flags of the subcommands that every user may execute.
const OPEN: u32 = flag::NOSCRIPT | flag::LOADING | flag::STALE;

/// Flags of those that show or change other users.
pub const ADMIN: u32 = OPEN | flag::ADMIN;

/// The common part of this family's rows.
pub const FAMILY: Command = Command::of_group("server");

static ACL: Command = Command {
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Manages users and what they may do",
    syntax: "subcommand",
    handler: Handler::Container(SUBCOMMANDS, None),
    ..FAMILY.row("acl", -2, 0, "6.0.0")
};

const SUBCOMMANDS: &[&Command] = &[
    &CAT, &DELUSER, &DRYRUN, &GENPASS, &GETUSER, &HELP, &LIST, &LOAD, &LOG, &SAVE, &SETUSER,
    &USERS, &WHOAMI,
];

static CAT: Command = Command {
    complexity: Complexity::Other("O(N) with N commands"),
    summary: "Lists the categories of commands, or the commands of one",
    syntax: "[category]",
    example: "> ACL CAT transaction
              *5
              $5
              multi
              $4
              exec
              $7
              discard
              $5
              watch
              $7
              unwatch
              > ACL CAT nothing
              -ERR Unknown category 'nothing'",
    handler: Handler::Plain(cat),
    ..FAMILY.row("cat", -2, OPEN, "6.0.0")
};

fn cat(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let names: Vec<String> = match args.len() {
        2 => CATEGORIES.map(str::to_owned).to_vec(),
        3 => {
            let wanted = args.at(2);
            let is_wanted = |name: &&str| name.as_bytes().eq_ignore_ascii_case(wanted);
            if !CATEGORIES.iter().any(&is_wanted) {
                return Err(CommandError::quoting("ERR Unknown category '", wanted, "'"));
            }
            let rows = table::rows().iter();
            let rows = rows.filter(|row| categories(row.command).iter().any(&is_wanted));
            rows.map(|row| row.full_name()).collect()
        }
        _ => return Err(wrong_subcommand(args)),
    };
    reply.array(names.len());
    names.iter().for_each(|name| reply.bulk(name.as_bytes()));
    Ok(())
}

static DRYRUN: Command = Command {
    summary: "Returns whether a user may execute a request, without executing it",
    syntax: "username command [arg [arg ...]]",
    example: "> ACL SETUSER reader +get ~a*
              +OK
              > ACL DRYRUN reader GET a
              +OK
              > ACL DRYRUN reader GET b
              $52
              User reader has no permissions to access the 'b' key
              > ACL DRYRUN nobody GET key
              -ERR User 'nobody' not found",
    handler: Handler::Plain(dryrun),
    ..FAMILY.row("dryrun", -4, ADMIN, "7.0.0")
};

fn dryrun(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let user = context.shared.acl.find(args.at(2));
    let user =
        user.ok_or_else(|| CommandError::quoting("ERR User '", args.at(2), "' not found"))?;
    let request = args.from(3);
    let number = table::find_request(request.at(0), request.get(1))
        .ok_or_else(|| CommandError::quoting("ERR Command '", request.at(0), "' not found"))?;
    let row = table::row(number);
    if !row.command.takes(request.len()) {
        return Err(CommandError::arity(&row.full_name()));
    }
    match permission::allows(&user.rules(), number, request) {
        Ok(()) => reply.ok(),
        Err(denied) => reply.bulk(&permission::full_reason(denied, &user, number, request)),
    }
    Ok(())
}

static GENPASS: Command = Command {
    summary: "Returns a password that cannot be guessed, in hexadecimal digits",
    syntax: "[bits]",
    example: "> ACL GENPASS 0
              -ERR ACL GENPASS argument must be the number of bits for the output password, a \
              positive number up to 4096",
    handler: Handler::Plain(genpass),
    ..FAMILY.row("genpass", -2, OPEN, "6.0.0")
};

fn genpass(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let bits = match args.len() {
        2 => limits::PASSWORD_BITS,
        3 => args.integer(2)?,
        _ => return Err(wrong_subcommand(args)),
    };
    if !(1..=limits::PASSWORD_BITS_MAX).contains(&bits) {
        return Err(CommandError::new(
            "ERR ACL GENPASS argument must be the number of bits for the output password, a \
             positive number up to 4096",
        ));
    }
    let digits = random::secret_digits((bits as usize).div_ceil(4));
    let digits = digits.map_err(|_| CommandError::new("ERR there are no random numbers"))?;
    reply.bulk(digits.as_bytes());
    Ok(())
}

static LOG: Command = Command {
    complexity: Complexity::Other("O(N) with N entries shown"),
    summary: "Shows what was refused, the latest first, or forgets it",
    syntax: "[count | RESET]",
    example: "> ACL LOG RESET
              +OK
              > ACL LOG
              *0",
    handler: Handler::Plain(log),
    ..FAMILY.row("log", -2, ADMIN, "6.0.0")
};

fn log(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let log = &context.shared.acl.log;
    let count = match args.len() {
        2 => limits::ACL_LOG_SHOWN,
        3 if args.is(2, "reset") => {
            log.reset();
            reply.ok();
            return Ok(());
        }
        3 => usize::try_from(args.integer(2)?).unwrap_or(0),
        _ => return Err(wrong_subcommand(args)),
    };
    let entries = log.latest(count);
    let now_ms = context.shared.clock.unix_ms();
    reply.array(entries.len());
    entries.iter().for_each(|entry| show(entry, now_ms, reply));
    Ok(())
}

fn show(entry: &Entry, now_ms: u64, reply: &mut Reply) {
    let number = |name: &str, value: u64, reply: &mut Reply| {
        reply.bulk(name.as_bytes());
        reply.integer(i64::try_from(value).unwrap_or(i64::MAX));
    };
    reply.map(10);
    number("count", entry.count, reply);
    let texts: [(&str, &[u8]); 4] = [
        ("reason", entry.reason.name().as_bytes()),
        ("context", entry.context.as_bytes()),
        ("object", &entry.object),
        ("username", &entry.user),
    ];
    for (name, text) in texts {
        reply.bulk(name.as_bytes());
        reply.bulk(text);
    }
    reply.bulk(b"age-seconds");
    reply.double(now_ms.saturating_sub(entry.updated_ms) as f64 / 1_000.0);
    reply.bulk(b"client-info");
    reply.bulk(entry.client.trim_end().as_bytes());
    number("entry-id", entry.id, reply);
    number("timestamp-created", entry.created_ms, reply);
    number("timestamp-last-updated", entry.updated_ms, reply);
}

static WHOAMI: Command = Command {
    summary: "Returns the name of the connection's user",
    example: "> ACL WHOAMI
              $7
              default",
    handler: Handler::Plain(whoami),
    ..FAMILY.row("whoami", 2, OPEN, "6.0.0")
};

fn whoami(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.bulk(&context.session.user.name);
    Ok(())
}

static HELP: Command = Command {
    example: "> ACL HELP now
              -ERR wrong number of arguments for 'acl|help' command",
    ..help::row("server", "6.0.0")
};
