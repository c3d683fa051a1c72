//! EVAL and EVALSHA: executing a script.

use super::run::{Invocation, run};
use super::source::find_or_compile;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, KeyArguments, Keyspace, Outcome,
    Reply, Session, flag,
};
use crate::shared::Services;
use crate::shared::scripts::{Digest, Script};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&EVAL, &EVAL_RO, &EVALSHA, &EVALSHA_RO];

/// What the rows of the commands have in common that may write.
const FAMILY: Command = Command {
    complexity: Complexity::Other("Depends on the script"),
    flags: flag::NOSCRIPT
        | flag::STALE
        | flag::SKIP_MONITOR
        | flag::NO_MANDATORY_KEYS
        | flag::MOVABLE_KEYS
        | flag::RUNS_COMMANDS
        | flag::UNDECLARED_KEYS,
    keys: KeyArguments::NONE.counted(2).used(&["RW access update"]),
    syntax: "script numkeys [key [key ...]] [arg [arg ...]]",
    ..Command::of_group("scripting")
};

/// The same for commands that may only read.
const READ_ONLY: Command =
    Command { keys: KeyArguments::NONE.counted(2).used(&["RO access"]), ..FAMILY };

static EVAL: Command = Command {
    summary: "Executes a script in Lua",
    example: "
        > EVAL \"return redis.call('INCRBY', KEYS[1], ARGV[1])\" 1 visits 5
        :5
        > EVAL \"return {1, 'two', {ok = 'three'}, false}\" 0
        *4
        :1
        $3
        two
        +three
        $-1
    ",
    handler: Handler::Keyspace(|context, keyspace, args, reply| {
        evaluate(context, keyspace, args, reply, false)
    }),
    prepare: Some(prepare),
    ..FAMILY.row("eval", -3, 0, "2.6.0")
};

static EVAL_RO: Command = Command {
    summary: "Executes a script in Lua that may only read",
    example: "
        > EVAL_RO \"return redis.call('GET', KEYS[1])\" 1 nobody
        $-1
    ",
    handler: Handler::Keyspace(|context, keyspace, args, reply| {
        evaluate(context, keyspace, args, reply, true)
    }),
    prepare: Some(prepare),
    ..READ_ONLY.row("eval_ro", -3, flag::READONLY, "7.0.0")
};

/// Compiles the script before the keyspace is locked.
fn prepare(shared: &Services, session: &mut Session, args: Args<'_>) {
    if let Ok(script) = find_or_compile(shared, &mut session.scripts, args.at(1)) {
        shared.scripts.remember(&script);
    }
}

fn evaluate(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
    is_read_only: bool,
) -> Outcome {
    let keys = key_count(args)?;
    let script = find_or_compile(context.shared, &mut context.session.scripts, args.at(1))?;
    context.shared.scripts.remember(&script);
    invoke(context, keyspace, &script, args, keys, is_read_only, reply)
}

static EVALSHA: Command = Command {
    summary: "Executes a script that the server has, by the SHA-1 digest of its text",
    syntax: "sha1 numkeys [key [key ...]] [arg [arg ...]]",
    example: "
        > SCRIPT LOAD \"return ARGV[1]\"
        $40
        098e0f0d1448c0a81dafe820f66d460eb09263da
        > EVALSHA 098e0f0d1448c0a81dafe820f66d460eb09263da 0 x
        $1
        x
        > EVALSHA ffffffffffffffffffffffffffffffffffffffff 0
        -NOSCRIPT No matching script. Please use EVAL.
    ",
    handler: Handler::Keyspace(|context, keyspace, args, reply| {
        evaluate_known(context, keyspace, args, reply, false)
    }),
    ..FAMILY.row("evalsha", -3, 0, "2.6.0")
};

static EVALSHA_RO: Command = Command {
    summary: "Executes a script that the server has, and that may only read",
    syntax: "sha1 numkeys [key [key ...]] [arg [arg ...]]",
    example: "
        > EVALSHA_RO ffffffffffffffffffffffffffffffffffffffff 0
        -NOSCRIPT No matching script. Please use EVAL.
    ",
    handler: Handler::Keyspace(|context, keyspace, args, reply| {
        evaluate_known(context, keyspace, args, reply, true)
    }),
    ..READ_ONLY.row("evalsha_ro", -3, flag::READONLY, "7.0.0")
};

fn evaluate_known(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
    is_read_only: bool,
) -> Outcome {
    const UNKNOWN: CommandError =
        CommandError::new("NOSCRIPT No matching script. Please use EVAL.");
    let keys = key_count(args)?;
    let digest = args.at(1).to_ascii_lowercase();
    let digest = Digest::try_from(digest.as_slice()).map_err(|_| UNKNOWN)?;
    let script = context.shared.scripts.find(&digest).ok_or(UNKNOWN)?;
    invoke(context, keyspace, &script, args, keys, is_read_only, reply)
}

fn invoke(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    script: &Script,
    args: Args<'_>,
    keys: usize,
    is_read_only: bool,
    reply: &mut Reply,
) -> Outcome {
    let name = String::from_utf8_lossy(&script.digest);
    let invocation = Invocation {
        program: &script.program,
        flags: script.flags,
        name: &name,
        is_function: false,
        request: args,
        keys,
        is_read_only,
    };
    run(context, keyspace, &invocation, reply)
}

/// How many of the arguments behind the count are keys.
fn key_count(args: Args<'_>) -> Result<usize, CommandError> {
    checked_key_count(args, args.integer(2)?)
}

/// The same for a count that was read.
pub(super) fn checked_key_count(args: Args<'_>, count: i64) -> Result<usize, CommandError> {
    if count > args.len() as i64 - 3 {
        return Err(CommandError::new("ERR Number of keys can't be greater than number of args"));
    }
    usize::try_from(count).map_err(|_| CommandError::new("ERR Number of keys can't be negative"))
}
