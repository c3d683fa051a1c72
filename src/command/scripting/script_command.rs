//! SCRIPT: scripts that the server keeps, and the end of one that runs too long.

use super::source::find_or_compile;
use crate::command::engine::help;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use crate::shared::scripts::{Digest, Unkillable};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&SCRIPT];

static SCRIPT: Command = Command {
    group: "scripting",
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Keeps scripts, and ends one that runs too long",
    handler: Handler::Container(&[&DEBUG, &EXISTS, &FLUSH, &HELP, &KILL, &LOAD], None),
    ..Command::named("script", -2, 0, "2.6.0")
};

/// What the rows of the family have in common.
const FAMILY: Command = Command { flags: flag::NOSCRIPT, ..Command::of_group("scripting") };

static LOAD: Command = Command {
    complexity: Complexity::Other("O(N) with N bytes of the script"),
    summary: "Compiles a script, keeps it, and tells its digest",
    syntax: "script",
    example: "
        > SCRIPT LOAD \"return 1\"
        $40
        e0e1f9fabfc9d4800c877a703b823ac0578ff8db
        > SCRIPT LOAD \"return +\"
        -ERR Error compiling script (new function): user_script:1: unexpected symbol near '+'
    ",
    handler: Handler::Plain(load),
    prepare: Some(|shared, session, args| {
        let _ = find_or_compile(shared, &mut session.scripts, args.at(2));
    }),
    ..FAMILY.row("load", 3, flag::STALE, "2.6.0")
};

fn load(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let script = find_or_compile(context.shared, &mut context.session.scripts, args.at(2))?;
    context.shared.scripts.load(&script);
    reply.bulk(&script.digest);
    Ok(())
}

static EXISTS: Command = Command {
    complexity: Complexity::Other("O(N) with N digests"),
    summary: "Tells which scripts the server has",
    syntax: "sha1 [sha1 ...]",
    example: "
        > SCRIPT EXISTS ffffffffffffffffffffffffffffffffffffffff
        *1
        :0
    ",
    handler: Handler::Plain(exists),
    ..FAMILY.row("exists", -3, 0, "2.6.0")
};

fn exists(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let digests = args.from(2);
    reply.array(digests.len());
    for digest in digests.iter() {
        let digest = Digest::try_from(digest.to_ascii_lowercase().as_slice()).ok();
        let is_known = digest.is_some_and(|digest| context.shared.scripts.find(&digest).is_some());
        reply.integer(i64::from(is_known));
    }
    Ok(())
}

static FLUSH: Command = Command {
    complexity: Complexity::Other("O(N) with N scripts"),
    summary: "Forgets all scripts",
    syntax: "[ASYNC | SYNC]",
    example: "
        > SCRIPT FLUSH
        +OK
        > SCRIPT FLUSH now
        -ERR SCRIPT FLUSH only support SYNC|ASYNC option
    ",
    handler: Handler::Plain(flush),
    ..FAMILY.row("flush", -2, 0, "2.6.0")
};

fn flush(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let is_option = args.len() == 3 && (args.is(2, "SYNC") || args.is(2, "ASYNC"));
    if args.len() > 2 && !is_option {
        return Err(CommandError::new("ERR SCRIPT FLUSH only support SYNC|ASYNC option"));
    }
    context.shared.scripts.flush();
    reply.ok();
    Ok(())
}

static KILL: Command = Command {
    summary: "Ends the script that runs, unless it has changed something",
    example: "
        > SCRIPT KILL
        -NOTBUSY No scripts in execution right now.
    ",
    handler: Handler::Plain(kill),
    ..FAMILY.row("kill", 2, flag::ALLOW_BUSY, "2.6.0")
};

fn kill(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    end_running(context, false)?;
    reply.ok();
    Ok(())
}

/// Asks the script that runs to end, or the function.
pub(super) fn end_running(context: &Context<'_>, is_function: bool) -> Outcome {
    context.shared.scripts.kill(is_function).map_err(|reason| match reason {
        Unkillable::NoneRuns => CommandError::new("NOTBUSY No scripts in execution right now."),
        Unkillable::HasWritten => CommandError::new(
            "UNKILLABLE Sorry the script already executed write commands against the dataset. You \
             can either wait the script termination or kill the server in a hard way using the \
             SHUTDOWN NOSAVE command.",
        ),
        Unkillable::OtherKind if is_function => CommandError::BUSY,
        Unkillable::OtherKind => CommandError::BUSY_FUNCTION,
    })
}

static DEBUG: Command = Command {
    summary: "Refuses to debug scripts: there is no debugger",
    syntax: "<YES | SYNC | NO>",
    example: "
        > SCRIPT DEBUG NO
        +OK
        > SCRIPT DEBUG YES
        -ERR scripts cannot be debugged here
    ",
    handler: Handler::Plain(debug),
    ..FAMILY.row("debug", 3, 0, "3.2.0")
};

fn debug(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if args.is(2, "NO") {
        reply.ok();
        return Ok(());
    }
    if args.is(2, "YES") || args.is(2, "SYNC") {
        return Err(CommandError::new("ERR scripts cannot be debugged here"));
    }
    Err(CommandError::new("ERR Use SCRIPT DEBUG YES/SYNC/NO"))
}

static HELP: Command = Command {
    example: "
        > SCRIPT HELP now
        -ERR wrong number of arguments for 'script|help' command
    ",
    ..help::row("scripting", "5.0.0")
};
