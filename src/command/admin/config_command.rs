//! CONFIG: what was chosen at the start or later, under Redis's directive names.

use crate::command::engine::Keyspace;
use crate::command::engine::help;
use crate::command::engine::{Args, Command, CommandError, Context, Handler, Outcome, Reply, flag};
use crate::config::{DIRECTIVES, directives::failed};
use crate::text::glob;
use std::borrow::Cow;

/// The family.
pub const COMMANDS: &[&Command] = &[&CONFIG];

static CONFIG: Command = Command {
    group: "server",
    complexity: "Depends on the subcommand",
    summary: "Shows and changes the configuration",
    syntax: "subcommand",
    handler: Handler::Container(&[&GET, &SET, &RESETSTAT, &HELP], None),
    ..Command::named("config", -2, 0, "2.0.0")
};

const FLAGS: u32 = flag::ADMIN | flag::NOSCRIPT | flag::LOADING | flag::STALE;

static GET: Command = Command {
    group: "server",
    complexity: "O(N) with N directives",
    summary: "Shows the directives whose names match a glob pattern",
    syntax: "parameter [parameter ...]",
    example: "> CONFIG GET DataBases nothing*
              *2
              $9
              databases
              $2
              16",
    handler: Handler::Plain(get),
    ..Command::named("get", -3, FLAGS, "2.0.0")
};

fn get(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let is_wanted = |name: &str| {
        args.from(2).iter().any(|pattern| glob::matches_ignoring_case(pattern, name.as_bytes()))
    };
    let wanted: Vec<_> = DIRECTIVES.iter().filter(|directive| is_wanted(directive.name)).collect();
    let config = context.shared.config();
    reply.map(wanted.len());
    for directive in wanted {
        reply.bulk(directive.name.as_bytes());
        reply.bulk((directive.value)(&config).as_bytes());
    }
    Ok(())
}

static SET: Command = Command {
    group: "server",
    complexity: "O(N) with N directives",
    summary: "Changes directives, all of them or none",
    syntax: "parameter value [parameter value ...]",
    example: "> CONFIG SET timeout 60 tcp-keepalive 30
              +OK
              > CONFIG SET timeout 5 ports 7000
              -ERR Unknown option or number of arguments for CONFIG SET - 'ports'",
    handler: Handler::Plain(set),
    // Putting a setting in force takes locks of its own, and a transaction holds the keyspace.
    ..Command::named("set", -4, FLAGS | flag::NO_MULTI | flag::SECRETS, "2.0.0")
};

fn set(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::SYNTAX);
    }
    let words: Vec<_> = args.from(2).iter().map(String::from_utf8_lossy).collect();
    // Where a byte could not be read as text, another one would be in force.
    if let Some(at) = words.iter().position(|word| matches!(word, Cow::Owned(_))) {
        let error = failed(&words[at - at % 2], "argument must be valid UTF-8");
        return Err(CommandError::quoting("", error.as_bytes(), ""));
    }
    let pairs: Vec<(&str, &str)> =
        words.chunks_exact(2).map(|pair| (&*pair[0], &*pair[1])).collect();
    context
        .shared
        .reconfigure(|config| config.changed(&pairs))
        .map_err(|error| CommandError::quoting("", error.as_bytes(), ""))?;
    reply.ok();
    Ok(())
}

static RESETSTAT: Command = Command {
    group: "server",
    complexity: "O(N) with N commands",
    summary: "Sets the counters back to zero that INFO shows",
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
    keyspace.reset_counters();
    reply.ok();
    Ok(())
}

static HELP: Command = Command {
    example: "> CONFIG HELP now
              -ERR wrong number of arguments for 'config|help' command",
    ..help::row("server", "5.0.0")
};
