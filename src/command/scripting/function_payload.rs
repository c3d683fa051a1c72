//! FUNCTION DUMP and FUNCTION RESTORE: libraries as a string of bytes, which Redis understands.

use super::function_command::{FAMILY, prepared, replace};
use super::library::load;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Keyspace, Outcome, Reply, Session,
    flag,
};
use crate::log::Level;
use crate::rdb::payload::{Payload, dump_functions};
use crate::shared::Services;
use crate::shared::functions::{Libraries, Library, Loaded};
use std::sync::Arc;

pub static DUMP: Command = Command {
    complexity: Complexity::Other("O(N) with N bytes of code"),
    summary: "Returns all libraries in a form that FUNCTION RESTORE takes, in Redis too",
    example: "
        > FUNCTION DUMP now
        -ERR wrong number of arguments for 'function|dump' command
    ",
    handler: Handler::Plain(dump),
    ..FAMILY.row("dump", 2, 0, "7.0.0")
};

fn dump(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let libraries = context.shared.functions.current();
    let codes = libraries.iter().map(|library| &*library.code);
    let payload = dump_functions(codes)
        .map_err(|_| CommandError::new("ERR the libraries have no serialized form"))?;
    reply.bulk(&payload);
    Ok(())
}

pub static RESTORE: Command = Command {
    complexity: Complexity::Other("O(N) with N bytes of code"),
    summary: "Adds the libraries that FUNCTION DUMP returned",
    syntax: "serialized-value [FLUSH | APPEND | REPLACE]",
    example: "
        > FUNCTION RESTORE nonsense SOMEHOW
        -ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.
    ",
    handler: Handler::Keyspace(restore),
    prepare: Some(|shared, session, args| prepare(shared, session, args.at(2))),
    ..FAMILY.row("restore", -3, flag::WRITE | flag::DENYOOM, "7.0.0")
};

/// Loads the libraries before the keyspace is locked.
fn prepare(shared: &Services, session: &mut Session, payload: &[u8]) {
    let outcome = libraries_in(shared, payload, &mut session.aftermath.log_lines);
    session.library = Some(Loaded { source: payload.into(), outcome });
}

fn libraries_in(
    shared: &Services,
    payload: &[u8],
    lines: &mut Vec<(Level, String)>,
) -> Result<Vec<Arc<Library>>, CommandError> {
    const BAD_PAYLOAD: CommandError =
        CommandError::new("ERR DUMP payload version or checksum are wrong");
    const BAD_FORMAT: CommandError =
        CommandError::new("ERR failed loading the given functions payload");
    let payload = Payload::verify(payload).ok_or(BAD_PAYLOAD)?;
    let codes = payload.functions().map_err(|_| BAD_FORMAT)?;
    let codes = codes.ok_or(CommandError::new("ERR given type is not a function"))?;
    let (mut all, mut loaded) = (Libraries::default(), Vec::new());
    for code in codes {
        let library = load(shared, &code, lines)?;
        if all.get(&library.name).is_some() {
            return Err(format!("ERR Library '{}' already exists", library.name).into());
        }
        all.add(&library)?;
        loaded.push(library);
    }
    Ok(loaded)
}

fn restore(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    if args.len() > 4 {
        return Err(crate::command::engine::help::wrong_subcommand(args));
    }
    let is = |policy| args.len() == 4 && args.is(3, policy);
    if args.len() == 4 && !["FLUSH", "APPEND", "REPLACE"].into_iter().any(is) {
        return Err(CommandError::new(
            "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
        ));
    }
    if prepared(context, args.at(2)).is_none() {
        prepare(context.shared, context.session, args.at(2));
    }
    let loaded = prepared(context, args.at(2)).ok_or(CommandError::SYNTAX)??;
    let mut libraries = match is("FLUSH") {
        true => Libraries::default(),
        false => Libraries::clone(&context.shared.functions.current()),
    };
    for library in &loaded {
        if libraries.get(&library.name).is_some() && !is("REPLACE") {
            return Err(format!("ERR Library {} already exists", library.name).into());
        }
    }
    // First all of them leave, because functions may move from one library to another.
    for library in &loaded {
        libraries.remove(&library.name);
    }
    loaded.iter().try_for_each(|library| libraries.add(library))?;
    context.session.library = None;
    replace(context, keyspace, libraries);
    reply.ok();
    Ok(())
}
