//! One run of a script, or of a function of a library: before, during and after.

use super::globals::{FUNCTIONS, GLOBALS};
use super::host::{Callee, ScriptHost};
use super::values::{one_line, write};
use crate::command::engine::{Args, CommandError, Context, Keyspace, Outcome, Reply};
use crate::keyspace::Eviction;
use crate::limits;
use crate::script::{Error, Failure, Program, RunTable, Value, Vm};
use crate::shared::Services;
use crate::shared::scripts::ScriptFlags;
use std::sync::Arc;

/// A script or function with its arguments.
pub struct Invocation<'a> {
    /// What is executed.
    pub program: &'a Arc<Program>,
    /// What it promises.
    pub flags: ScriptFlags,
    /// What errors call it: a script's digest, or a function's name.
    pub name: &'a str,
    /// Whether it is a function.
    pub is_function: bool,
    /// The request.
    pub request: Args<'a>,
    /// How many of the arguments behind their count are keys.
    pub keys: usize,
    /// Whether the command is one of those that only read.
    pub is_read_only: bool,
}

/// Runs a script and writes its reply.
///
/// # Errors
/// It failed, or was ended; what it has changed by then stays changed, as in Redis.
pub fn run(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    invocation: &Invocation<'_>,
    reply: &mut Reply,
) -> Outcome {
    let flags = invocation.flags;
    let is_out_of_memory = keyspace.is_over_limit()
        && keyspace.evict(limits::EVICTION_EFFORT_MAX) == Eviction::Impossible;
    if flags.are_declared {
        check_promises(context.shared, flags, invocation.is_read_only, is_out_of_memory)?;
    }
    let (shared, db) = (context.shared, context.session.db());
    let was_in_exec = std::mem::replace(&mut context.session.is_in_exec, true);
    let is_unit = keyspace.propagation.is_on() && !was_in_exec;
    if is_unit {
        context.log.iter_mut().for_each(|log| log.begin_unit(db));
    }
    context.session.is_in_script = true;
    let running = shared.scripts.begin(shared.clock.steady_ns(), invocation.is_function);
    let Invocation { name, request, .. } = *invocation;
    let function = Callee { name, request, is_found: false, is_loaded: false, is_shown: false };
    let mut host = ScriptHost {
        context,
        keyspace,
        is_read_only: invocation.is_read_only || flags.no_writes,
        is_out_of_memory: is_out_of_memory && !flags.allow_oom,
        has_written: false,
        is_resp3: false,
        reply: Reply::default(),
        lines: Vec::new(),
        function: invocation.is_function.then_some(function),
    };
    let outcome = execute(&mut host, invocation, reply);
    let (has_written, lines) = (host.has_written, std::mem::take(&mut host.lines));
    drop(running);
    context.session.is_in_script = false;
    context.session.is_in_exec = was_in_exec;
    context.session.select(db);
    context.session.rests_on.has_written |= has_written;
    context.session.aftermath.log_lines.extend(lines);
    if is_unit {
        context.log.iter_mut().for_each(|log| log.end_unit());
    }
    outcome
}

/// Checks, before a script with declared flags begins, whether it could do what it may.
fn check_promises(
    shared: &Services,
    flags: ScriptFlags,
    is_read_only: bool,
    is_out_of_memory: bool,
) -> Outcome {
    if !flags.no_writes {
        if let Some(refusal) = refusal_of_writes(shared) {
            return Err(refusal);
        }
        if is_read_only {
            const TEXT: &str = "ERR Can not execute a script with write flag using *_ro command.";
            return Err(CommandError::new(TEXT));
        }
        if is_out_of_memory && !flags.allow_oom {
            return Err(CommandError::new(
                "OOM allow-oom flag is not set on the script, can not run it when used memory > \
                 'maxmemory'",
            ));
        }
    }
    Ok(())
}

/// Why a script that may write is not begun.
fn refusal_of_writes(shared: &Services) -> Option<CommandError> {
    const BLOCKED: &str = "but it's currently unable to persist to disk. Writable scripts are \
                           blocked. Use 'no-writes' flag for read only scripts.";
    let config = shared.config();
    let is_unsaved = shared.saving.has_failed() && config.stop_writes_on_bgsave_error;
    if is_unsaved && !config.save.is_empty() {
        let text = format!("MISCONF Redis is configured to save RDB snapshots, {BLOCKED}");
        return Some(text.into());
    }
    let refusal = shared.aof.refusal()?;
    let text = format!("MISCONF Redis is configured to persist data to AOF, {BLOCKED} AOF error: ");
    let reason: CommandError = refusal.into();
    Some(CommandError::quoting(&text, reason.text(), ""))
}

fn execute(
    host: &mut ScriptHost<'_, '_>,
    invocation: &Invocation<'_>,
    reply: &mut Reply,
) -> Outcome {
    let mut vm = Vm::new(invocation.program, limits::SCRIPT_BYTES_MAX);
    let (keys, argv) = match invocation.is_function {
        true => (FUNCTIONS.keys, FUNCTIONS.argv),
        false => (GLOBALS.keys, GLOBALS.argv),
    };
    if set_arguments(&mut vm, invocation, keys, argv).is_err() {
        return Err(CommandError::new("ERR not enough memory for the arguments of the script"));
    }
    let scripts = &host.context.shared.scripts;
    *vm.random_state() = scripts.random();
    let outcome = match invocation.is_function {
        true => call_function(&mut vm, host, keys, argv),
        false => vm.run(host),
    };
    host.context.shared.scripts.set_random(*vm.random_state());
    match outcome {
        Ok(value) => {
            let mark = reply.mark();
            write(&vm, value, host.is_resp3, 0, reply).map_err(|text| {
                reply.rollback(mark);
                CommandError::new(text)
            })
        }
        Err(Failure::Error { value, line }) => Err(error_of(&vm, value, line, invocation)),
        Err(Failure::Abort(_)) => Err(ended(host, invocation)),
    }
}

/// Runs the code of the library, which registers its functions, and calls the one that was asked
/// for.
fn call_function(
    vm: &mut Vm,
    host: &mut ScriptHost<'_, '_>,
    keys: RunTable,
    argv: RunTable,
) -> Result<Value, Failure> {
    vm.run(host)?;
    if let Some(function) = &mut host.function {
        function.is_loaded = true;
    }
    let callback = vm.get_index(vm.run_table(FUNCTIONS.callback), 1);
    let args = [vm.run_table(keys), vm.run_table(argv)];
    vm.call(host, callback, &args)
}

/// The reply for a run that was ended from outside.
fn ended(host: &ScriptHost<'_, '_>, invocation: &Invocation<'_>) -> CommandError {
    let text = match (host.context.shared.is_stopping(), invocation.is_function) {
        (true, _) => "the server stops.",
        (_, false) => "Script killed by user with SCRIPT KILL.",
        (_, true) => "Script killed by user with FUNCTION KILL.",
    };
    let Invocation { name, .. } = invocation;
    format!("ERR {text} script: {name}, on @{}:1.", chunk_name(invocation)).into()
}

/// What positions call the source.
fn chunk_name(invocation: &Invocation<'_>) -> &'static str {
    if invocation.is_function { "user_function" } else { "user_script" }
}

fn set_arguments(
    vm: &mut Vm,
    invocation: &Invocation<'_>,
    keys: RunTable,
    argv: RunTable,
) -> Result<(), Error> {
    let (keys, argv) = (vm.run_table(keys), vm.run_table(argv));
    for (at, arg) in invocation.request.from(3).iter().enumerate() {
        let (table, index) = match at.checked_sub(invocation.keys) {
            None => (keys, at + 1),
            Some(at) => (argv, at + 1),
        };
        let value = vm.string(arg)?;
        vm.set(table, Value::Num(index as f64), value)?;
    }
    Ok(())
}

/// The reply for an error that the script did not catch, in Redis's form.
fn error_of(vm: &Vm, value: Value, line: Option<u32>, invocation: &Invocation<'_>) -> CommandError {
    let text = match value {
        Value::Table(_) => match vm.bytes(vm.get_field(value, "err")) {
            Some(text) => text.to_vec(),
            None => b"ERR unknown error".to_vec(),
        },
        other => [b"ERR ", &vm.describe(other)[..]].concat(),
    };
    let (name, chunk) = (invocation.name, chunk_name(invocation));
    let place = line.map(|line| format!(" script: {name}, on @{chunk}:{line}."));
    let text = one_line(&text);
    CommandError::quoting("", &text, &place.unwrap_or_default())
}
