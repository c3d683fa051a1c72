//! ACL: the one user, `default`, with all rights after authentication.
//!
//! Users cannot be added or restricted; commands that would do so are unknown.

use crate::command::engine::categories::categories;
use crate::command::engine::help;
use crate::command::engine::help::wrong_subcommand;
use crate::command::engine::table;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};

/// The family.
pub const COMMANDS: &[&Command] = &[&ACL];

/// The only user.
const USER: &[u8] = b"default";

/// Redis's categories, including those without a command here.
const CATEGORIES: [&str; 21] = [
    "keyspace",
    "read",
    "write",
    "set",
    "sortedset",
    "list",
    "hash",
    "string",
    "bitmap",
    "hyperloglog",
    "geo",
    "stream",
    "pubsub",
    "admin",
    "fast",
    "slow",
    "blocking",
    "dangerous",
    "connection",
    "transaction",
    "scripting",
];

/// Flags of the subcommands that every user may execute.
const OPEN: u32 = flag::NOSCRIPT | flag::LOADING | flag::STALE;

/// The common part of this family's rows.
const fn row(name: &'static str, arity: i32, since: &'static str) -> Command {
    Command { group: "server", ..Command::named(name, arity, OPEN | flag::ADMIN, since) }
}

static ACL: Command = Command {
    flags: 0,
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Describes the only user",
    syntax: "subcommand",
    handler: Handler::Container(&[&CAT, &DRYRUN, &GETUSER, &HELP, &LIST, &USERS, &WHOAMI], None),
    ..row("acl", -2, "6.0.0")
};

static CAT: Command = Command {
    flags: OPEN,
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
    ..row("cat", -2, "6.0.0")
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
            let rows = table::rows().iter().filter(|row| row.command.subcommands().is_empty());
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
    example: "> ACL DRYRUN default GET key
              +OK
              > ACL DRYRUN nobody GET key
              -ERR User 'nobody' not found",
    handler: Handler::Plain(dryrun),
    ..row("dryrun", -4, "7.0.0")
};

fn dryrun(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if args.at(2) != USER {
        return Err(CommandError::quoting("ERR User '", args.at(2), "' not found"));
    }
    let request = args.from(3);
    let row = table::find_request(request.at(0), request.get(1))
        .ok_or_else(|| CommandError::quoting("ERR Command '", request.at(0), "' not found"))?;
    let row = table::row(row);
    if !row.command.takes(request.len()) {
        return Err(CommandError::arity(&row.full_name()));
    }
    reply.ok();
    Ok(())
}

static GETUSER: Command = Command {
    summary: "Describes a user's rights; null for an unknown user",
    syntax: "username",
    example: "> ACL GETUSER nobody
              $-1",
    handler: Handler::Plain(getuser),
    ..row("getuser", 3, "6.0.0")
};

fn getuser(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if args.at(2) != USER {
        reply.null();
        return Ok(());
    }
    let has_password = !context.shared.config().requirepass.is_empty();
    let flags: &[&[u8]] = if has_password { &[b"on"] } else { &[b"on", b"nopass"] };
    reply.map(6);
    reply.bulk(b"flags");
    reply.set(flags.len());
    flags.iter().for_each(|flag| reply.bulk(flag));
    reply.bulk(b"passwords");
    // Redis shows a hash, which would help to guess the password.
    reply.array(usize::from(has_password));
    (0..usize::from(has_password)).for_each(|_| reply.bulk(b"(redacted)"));
    for (name, rule) in [("commands", "+@all"), ("keys", "~*"), ("channels", "&*")] {
        reply.bulk(name.as_bytes());
        reply.bulk(rule.as_bytes());
    }
    reply.bulk(b"selectors");
    reply.array(0);
    Ok(())
}

static LIST: Command = Command {
    summary: "Describes all users, a line each, in the notation of Redis's ACL files",
    example: "> ACL LIST
              *1
              $34
              user default on nopass ~* &* +@all",
    handler: Handler::Plain(list),
    ..row("list", 2, "6.0.0")
};

fn list(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let has_password = !context.shared.config().requirepass.is_empty();
    let password = if has_password { "#(redacted)" } else { "nopass" };
    reply.array(1);
    reply.bulk(format!("user default on {password} ~* &* +@all").as_bytes());
    Ok(())
}

static USERS: Command = Command {
    summary: "Lists the names of all users",
    example: "> ACL USERS
              *1
              $7
              default",
    handler: Handler::Plain(users),
    ..row("users", 2, "6.0.0")
};

fn users(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.array(1);
    reply.bulk(USER);
    Ok(())
}

static WHOAMI: Command = Command {
    flags: OPEN,
    summary: "Returns the name of the connection's user",
    example: "> ACL WHOAMI
              $7
              default",
    handler: Handler::Plain(whoami),
    ..row("whoami", 2, "6.0.0")
};

fn whoami(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.bulk(USER);
    Ok(())
}

static HELP: Command = Command {
    example: "> ACL HELP now
              -ERR wrong number of arguments for 'acl|help' command",
    ..help::row("server", "6.0.0")
};
