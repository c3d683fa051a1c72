//! FCALL: calling a function of a library.

use super::eval::checked_key_count;
use super::run::{Invocation, run};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, KeyArguments, Keyspace, Outcome,
    Reply, flag,
};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&FCALL, &FCALL_RO];

/// What the rows have in common.
const FAMILY: Command = Command {
    complexity: Complexity::Other("Depends on the function"),
    flags: flag::NOSCRIPT
        | flag::STALE
        | flag::SKIP_MONITOR
        | flag::NO_MANDATORY_KEYS
        | flag::MOVABLE_KEYS
        | flag::RUNS_COMMANDS
        | flag::UNDECLARED_KEYS,
    syntax: "function numkeys [key [key ...]] [arg [arg ...]]",
    ..Command::of_group("scripting")
};

static FCALL: Command = Command {
    summary: "Calls a function of a library",
    keys: KeyArguments::NONE.counted(2).used(&["RW access update"]),
    example: "
        > FUNCTION LOAD \"#!lua name=mine \\n redis.register_function('twice', \
            function(keys, args) return args[1] * 2 end)\"
        $4
        mine
        > FCALL twice 0 21
        :42
        > FCALL nothing 0
        -ERR Function not found
    ",
    handler: Handler::Keyspace(|context, keyspace, args, reply| {
        call(context, keyspace, args, reply, false)
    }),
    ..FAMILY.row("fcall", -3, 0, "7.0.0")
};

static FCALL_RO: Command = Command {
    summary: "Calls a function of a library that may only read",
    keys: KeyArguments::NONE.counted(2).used(&["RO access"]),
    example: "
        > FCALL_RO nothing 0
        -ERR Function not found
    ",
    handler: Handler::Keyspace(|context, keyspace, args, reply| {
        call(context, keyspace, args, reply, true)
    }),
    ..FAMILY.row("fcall_ro", -3, flag::READONLY, "7.0.0")
};

fn call(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
    is_read_only: bool,
) -> Outcome {
    let libraries = context.shared.functions.current();
    let Some((library, function)) = libraries.function(args.at(1)) else {
        return Err(CommandError::new("ERR Function not found"));
    };
    let count =
        args.integer(2).map_err(|_| CommandError::new("ERR Bad number of keys provided"))?;
    let invocation = Invocation {
        program: &library.program,
        flags: function.script_flags(),
        name: &function.name,
        is_function: true,
        request: args,
        keys: checked_key_count(args, count)?,
        is_read_only,
    };
    run(context, keyspace, &invocation, reply)
}
