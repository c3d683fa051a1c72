//! CONFIG: what was chosen at the start or later, under Redis's directive names.

use crate::acl::Acl;
use crate::command::engine::Keyspace;
use crate::command::engine::help;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use crate::config::{Config, Directive, directives, rewrite};
use crate::shared::Shared;
use crate::text::glob;

/// The family.
pub const COMMANDS: &[&Command] = &[&CONFIG];

static CONFIG: Command = Command {
    group: "server",
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Shows and changes the configuration",
    syntax: "subcommand",
    handler: Handler::Container(&[&GET, &SET, &RESETSTAT, &REWRITE, &HELP], None),
    ..Command::named("config", -2, 0, "2.0.0")
};

const FLAGS: u32 = flag::ADMIN | flag::NOSCRIPT | flag::LOADING | flag::STALE;

static GET: Command = Command {
    group: "server",
    complexity: Complexity::Other("O(N) with N directives"),
    summary: "Shows the directives whose names match a glob pattern",
    syntax: "parameter [parameter ...]",
    example: "> CONFIG GET DataBases nothing*
              *2
              $9
              DataBases
              $2
              16",
    handler: Handler::Plain(get),
    ..Command::named("get", -3, FLAGS, "2.0.0")
};

fn get(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    // Each name once; a directive with a former name has two.
    let mut wanted: Vec<(&[u8], &Directive)> = Vec::new();
    let mut want = |name, directive| {
        if !wanted.iter().any(|(other, _)| name_is(other, name)) {
            wanted.push((name, directive));
        }
    };
    for pattern in args.from(2).iter() {
        if !pattern.iter().any(|byte| b"[*?".contains(byte)) {
            // Without a pattern the reply repeats the name of the request.
            directives::find(pattern).into_iter().for_each(|found| want(pattern, found));
            continue;
        }
        for directive in directives::all() {
            for name in [Some(directive.name), directive.alias].into_iter().flatten() {
                if glob::matches_ignoring_case(pattern, name.as_bytes()) {
                    want(name.as_bytes(), directive);
                }
            }
        }
    }
    let config = context.shared.config();
    reply.map(wanted.len());
    for (name, directive) in wanted {
        reply.bulk(name);
        reply.bulk(&directive.shown(&config));
    }
    Ok(())
}

fn name_is(name: &[u8], other: &[u8]) -> bool {
    name.eq_ignore_ascii_case(other)
}

static SET: Command = Command {
    group: "server",
    complexity: Complexity::Other("O(N) with N directives"),
    summary: "Changes directives, all of them or none",
    syntax: "parameter value [parameter value ...]",
    example: "> CONFIG SET timeout 60 tcp-keepalive 30
              +OK
              > CONFIG SET timeout 5 ports 7000
              -ERR Unknown option or number of arguments for CONFIG SET - 'ports'",
    handler: Handler::Server(set),
    // Putting a setting in force takes locks of its own, and a transaction holds the keyspace.
    ..Command::named("set", -4, FLAGS | flag::NO_MULTI | flag::SECRETS, "2.0.0")
};

fn set(shared: &Shared, context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::SYNTAX);
    }
    let words: Vec<&[u8]> = args.from(2).iter().collect();
    let pairs: Vec<(&[u8], &[u8])> = words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    let is_local = context.session.client.peer.is_local();
    shared
        .reconfigure(|config| config.changed(&pairs, is_local))
        .map_err(|error| CommandError::quoting("", &error, ""))?;
    reply.ok();
    Ok(())
}

static RESETSTAT: Command = Command {
    group: "server",
    complexity: Complexity::Other("O(N) with N commands"),
    summary: "Resets the counters that INFO shows",
    example: "> CONFIG RESETSTAT
              +OK",
    handler: Handler::Keyspace(resetstat),
    ..Command::named("resetstat", 2, FLAGS, "2.0.0")
};

fn resetstat(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    _: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    context.shared.stats.reset();
    context.shared.calls.reset();
    context.shared.errors.reset();
    context.shared.acl.log.reset_counts();
    keyspace.reset_counters();
    reply.ok();
    Ok(())
}

static REWRITE: Command = Command {
    group: "server",
    complexity: Complexity::Other("O(N) with N lines of the file"),
    summary: "Writes the present values into the server's configuration file",
    example: "> CONFIG REWRITE
              -ERR The server is running without a config file",
    handler: Handler::Server(rewrite),
    // It waits for the disk, and a transaction holds the keyspace.
    ..Command::named("rewrite", 2, FLAGS | flag::NO_MULTI, "2.8.0")
};

fn rewrite(shared: &Shared, _: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let rewrite = |config: &Config| {
        let mut config = config.clone();
        config.users = present_users(shared, &config);
        rewrite::rewrite(&config)
    };
    shared.with_settled_config(rewrite).map_err(CommandError::from)?;
    reply.ok();
    Ok(())
}

/// The words of the `user` lines that make the present users. There are none if the users are those
/// of a file of their own, or if there is only the one that is there without any line.
fn present_users(shared: &Shared, config: &Config) -> Vec<Vec<Vec<u8>>> {
    let users = shared.acl.list();
    let plain = Acl::new(&config.requirepass, true);
    let is_plain = users.len() == 1 && users[0].line() == plain.default_user().line();
    if config.aclfile.is_some() || is_plain && config.users.is_empty() {
        return Vec::new();
    }
    let words = |line: Vec<u8>| {
        let words = line.split(|byte| *byte == b' ').skip(1);
        words.map(<[u8]>::to_vec).collect()
    };
    users.iter().map(|user| words(user.line())).collect()
}

static HELP: Command = Command {
    example: "> CONFIG HELP now
              -ERR wrong number of arguments for 'config|help' command",
    ..help::row("server", "5.0.0")
};
