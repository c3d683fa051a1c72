//! FUNCTION: the libraries of functions, and the end of a function that runs too long.

use super::function_payload::{DUMP, RESTORE};
use super::library;
use super::script_command::end_running;
use super::{header, library::load};
use crate::command::engine::help;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Keyspace, Outcome, Reply, Session,
    flag,
};
use crate::shared::Services;
use crate::shared::functions::{Libraries, Library, Loaded};
use crate::text::glob::matches_ignoring_case;
use std::sync::Arc;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&FUNCTION];

static FUNCTION: Command = Command {
    group: "scripting",
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Keeps libraries of functions, and ends a function that runs too long",
    handler: Handler::Container(
        &[&DELETE, &DUMP, &FLUSH, &HELP, &KILL, &LIST, &LOAD, &RESTORE, &STATS],
        None,
    ),
    ..Command::named("function", -2, 0, "7.0.0")
};

/// What the rows of the family have in common.
pub(super) const FAMILY: Command =
    Command { flags: flag::NOSCRIPT, ..Command::of_group("scripting") };

static LOAD: Command = Command {
    complexity: Complexity::Other("O(N) with N bytes of the code"),
    summary: "Adds a library, and tells its name",
    syntax: "[REPLACE] function-code",
    example: "
        > FUNCTION LOAD \"#!lua name=mine \\n redis.register_function('f', \
            function() return 1 end)\"
        $4
        mine
        > FUNCTION LOAD \"return 1\"
        -ERR Missing library metadata
    ",
    handler: Handler::Keyspace(load_library),
    prepare: Some(|shared, session, args| prepare(shared, session, args.at(args.len() - 1))),
    ..FAMILY.row("load", -3, flag::WRITE | flag::DENYOOM, "7.0.0")
};

/// Loads the library before the keyspace is locked.
fn prepare(shared: &Services, session: &mut Session, code: &[u8]) {
    let outcome = load(shared, code, &mut session.aftermath.log_lines);
    let outcome = outcome.map(|library| vec![library]);
    session.library = Some(Loaded { source: code.into(), outcome });
}

fn load_library(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let mut replaces = false;
    for at in 2..args.len() - 1 {
        match args.is(at, "REPLACE") {
            true => replaces = true,
            false => {
                return Err(CommandError::quoting("ERR Unknown option given: ", args.at(at), ""));
            }
        }
    }
    let code = args.at(args.len() - 1);
    let (name, _) = header::of_library(code)?;
    let mut libraries = Libraries::clone(&context.shared.functions.current());
    if libraries.get(&name).is_some() && !replaces {
        return Err(format!("ERR Library '{name}' already exists").into());
    }
    if prepared(context, code).is_none() {
        prepare(context.shared, context.session, code);
    }
    let loaded = prepared(context, code).ok_or(CommandError::SYNTAX)??;
    for library in &loaded {
        libraries.add(library)?;
    }
    context.session.library = None;
    replace(context, keyspace, libraries);
    reply.bulk(name.as_bytes());
    Ok(())
}

/// What was loaded before the keyspace was locked, if it was this source.
pub(super) fn prepared(
    context: &Context<'_>,
    source: &[u8],
) -> Option<Result<Vec<Arc<Library>>, CommandError>> {
    let loaded = context.session.library.as_ref();
    loaded.filter(|loaded| *loaded.source == *source).map(|loaded| loaded.outcome.clone())
}

/// Puts another set of libraries in force: a change that is logged.
pub(super) fn replace(context: &Context<'_>, keyspace: &mut Keyspace, libraries: Libraries) {
    context.shared.functions.replace(libraries);
    keyspace.count_change();
}

/// Adds a library that a snapshot contains.
///
/// # Errors
/// It cannot be loaded, in one line.
pub fn load_from_snapshot(shared: &Services, code: &[u8]) -> Result<(), String> {
    let mut lines = Vec::new();
    let mut libraries = Libraries::clone(&shared.functions.current());
    let added = library::load(shared, code, &mut lines).and_then(|library| libraries.add(&library));
    lines.iter().for_each(|(level, line)| crate::log::write(*level, line));
    added.map_err(|error| String::from_utf8_lossy(error.text()).into_owned())?;
    shared.functions.replace(libraries);
    Ok(())
}

static DELETE: Command = Command {
    summary: "Removes a library and its functions",
    syntax: "library-name",
    example: "
        > FUNCTION DELETE mine
        -ERR Library not found
    ",
    handler: Handler::Keyspace(delete),
    ..FAMILY.row("delete", 3, flag::WRITE, "7.0.0")
};

fn delete(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let mut libraries = Libraries::clone(&context.shared.functions.current());
    if !std::str::from_utf8(args.at(2)).is_ok_and(|name| libraries.remove(name)) {
        return Err(CommandError::new("ERR Library not found"));
    }
    replace(context, keyspace, libraries);
    reply.ok();
    Ok(())
}

static FLUSH: Command = Command {
    complexity: Complexity::Other("O(N) with N functions"),
    summary: "Removes all libraries",
    syntax: "[ASYNC | SYNC]",
    example: "
        > FUNCTION FLUSH
        +OK
        > FUNCTION FLUSH now
        -ERR FUNCTION FLUSH only supports SYNC|ASYNC option
    ",
    handler: Handler::Keyspace(flush),
    ..FAMILY.row("flush", -2, flag::WRITE, "7.0.0")
};

fn flush(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    if args.len() > 3 {
        return Err(help::wrong_subcommand(args));
    }
    if args.len() == 3 && !args.is(2, "SYNC") && !args.is(2, "ASYNC") {
        return Err(CommandError::new("ERR FUNCTION FLUSH only supports SYNC|ASYNC option"));
    }
    replace(context, keyspace, Libraries::default());
    reply.ok();
    Ok(())
}

static LIST: Command = Command {
    complexity: Complexity::Other("O(N) with N functions"),
    summary: "Lists libraries and their functions",
    syntax: "[LIBRARYNAME library-name-pattern] [WITHCODE]",
    example: "
        > FUNCTION LIST LIBRARYNAME mi*
        *0
    ",
    handler: Handler::Plain(list),
    ..FAMILY.row("list", -2, 0, "7.0.0")
};

fn list(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (mut with_code, mut pattern, mut at) = (false, None, 2);
    while at < args.len() {
        if !with_code && args.is(at, "WITHCODE") {
            with_code = true;
        } else if pattern.is_none() && args.is(at, "LIBRARYNAME") {
            at += 1;
            const MISSING: CommandError =
                CommandError::new("ERR library name argument was not given");
            pattern = Some(args.get(at).ok_or(MISSING)?);
        } else {
            return Err(CommandError::quoting("ERR Unknown argument ", args.at(at), ""));
        }
        at += 1;
    }
    let libraries = context.shared.functions.current();
    let is_asked = |library: &&Arc<Library>| {
        pattern.is_none_or(|pattern| matches_ignoring_case(pattern, library.name.as_bytes()))
    };
    let asked: Vec<&Arc<Library>> = libraries.iter().filter(is_asked).collect();
    reply.array(asked.len());
    asked.into_iter().for_each(|library| describe(library, with_code, reply));
    Ok(())
}

fn describe(library: &Library, with_code: bool, reply: &mut Reply) {
    reply.map(3 + usize::from(with_code));
    reply.bulk(b"library_name");
    reply.bulk(library.name.as_bytes());
    reply.bulk(b"engine");
    reply.bulk(b"LUA");
    reply.bulk(b"functions");
    reply.array(library.functions.len());
    for function in &library.functions {
        reply.map(3);
        reply.bulk(b"name");
        reply.bulk(function.name.as_bytes());
        reply.bulk(b"description");
        match &function.description {
            Some(text) => reply.bulk(text),
            None => reply.null(),
        }
        reply.bulk(b"flags");
        reply.set(function.flag_names().count());
        function.flag_names().for_each(|name| reply.simple(name));
    }
    if with_code {
        reply.bulk(b"library_code");
        reply.bulk(&library.code);
    }
}

static STATS: Command = Command {
    summary: "Tells which function runs, and how many there are",
    example: "
        > FUNCTION STATS
        *4
        $14
        running_script
        $-1
        $7
        engines
        *2
        $3
        LUA
        *4
        $15
        libraries_count
        :0
        $15
        functions_count
        :0
    ",
    handler: Handler::Plain(stats),
    ..FAMILY.row("stats", 2, flag::ALLOW_BUSY, "7.0.0")
};

fn stats(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let shared = context.shared;
    reply.map(2);
    reply.bulk(b"running_script");
    match shared.scripts.shown(shared.clock.steady_ns()) {
        Some((function, duration_ms)) => {
            reply.map(3);
            reply.bulk(b"name");
            reply.bulk(function.name.as_bytes());
            reply.bulk(b"command");
            reply.array(function.command.len());
            function.command.iter().for_each(|word| reply.bulk(word));
            reply.bulk(b"duration_ms");
            reply.integer(i64::try_from(duration_ms).unwrap_or(i64::MAX));
        }
        None => reply.null(),
    }
    let libraries = shared.functions.current();
    reply.bulk(b"engines");
    reply.map(1);
    reply.bulk(b"LUA");
    reply.map(2);
    reply.bulk(b"libraries_count");
    reply.count(libraries.len());
    reply.bulk(b"functions_count");
    reply.count(libraries.functions_len());
    Ok(())
}

static KILL: Command = Command {
    summary: "Ends the function that runs, unless it has changed something",
    example: "
        > FUNCTION KILL
        -NOTBUSY No scripts in execution right now.
    ",
    handler: Handler::Plain(kill),
    ..FAMILY.row("kill", 2, flag::ALLOW_BUSY, "7.0.0")
};

fn kill(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    end_running(context, true)?;
    reply.ok();
    Ok(())
}

static HELP: Command = Command {
    example: "
        > FUNCTION HELP now
        -ERR wrong number of arguments for 'function|help' command
    ",
    ..help::row("scripting", "7.0.0")
};
