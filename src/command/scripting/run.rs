//! One run of a script: before, during and after.

use super::host::ScriptHost;
use super::source::GLOBALS;
use super::values::write;
use crate::command::engine::{Args, CommandError, Context, Keyspace, Outcome, Reply};
use crate::keyspace::Eviction;
use crate::limits;
use crate::script::{Error, Failure, Value, Vm};
use crate::shared::scripts::Script;

/// A script with its arguments.
pub struct Invocation<'a> {
    /// The script.
    pub script: &'a Script,
    /// What errors call it: its digest.
    pub name: &'a str,
    /// Keys and other arguments.
    pub args: Args<'a>,
    /// How many of them are keys.
    pub keys: usize,
    /// Whether it may only read.
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
    let flags = invocation.script.flags;
    let is_out_of_memory = keyspace.is_over_limit()
        && keyspace.evict(limits::EVICTION_EFFORT_MAX) == Eviction::Impossible;
    if is_out_of_memory && flags.are_declared && !flags.allow_oom && !invocation.is_read_only {
        return Err(CommandError::new(
            "OOM allow-oom flag is not set on the script, can not run it when used memory > \
             'maxmemory'",
        ));
    }
    let (shared, db) = (context.shared, context.session.db());
    let was_in_exec = std::mem::replace(&mut context.session.is_in_exec, true);
    let is_unit = keyspace.propagation.is_on() && !was_in_exec;
    if is_unit {
        context.log.iter_mut().for_each(|log| log.begin_unit(db));
    }
    context.session.is_in_script = true;
    let running = shared.scripts.begin(shared.clock.steady_ns());
    let mut host = ScriptHost {
        context,
        keyspace,
        is_read_only: invocation.is_read_only,
        is_out_of_memory: is_out_of_memory && !flags.allow_oom,
        has_written: false,
        is_resp3: false,
        reply: Reply::default(),
        lines: Vec::new(),
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

fn execute(
    host: &mut ScriptHost<'_, '_>,
    invocation: &Invocation<'_>,
    reply: &mut Reply,
) -> Outcome {
    let mut vm = Vm::new(&invocation.script.program, limits::SCRIPT_BYTES_MAX);
    let name = invocation.name;
    if set_arguments(&mut vm, invocation).is_err() {
        return Err(CommandError::new("ERR not enough memory for the arguments of the script"));
    }
    match vm.run(host) {
        Ok(value) => {
            let mark = reply.mark();
            write(&vm, value, host.is_resp3, 0, reply).map_err(|text| {
                reply.rollback(mark);
                CommandError::new(text)
            })
        }
        Err(Failure::Error { value, line }) => Err(error_of(&vm, value, line, name)),
        Err(Failure::Abort(_)) => {
            let text = match host.context.shared.is_stopping() {
                true => "the server stops.",
                false => "Script killed by user with SCRIPT KILL.",
            };
            Err(format!("ERR {text} script: {name}, on @user_script:1.").into())
        }
    }
}

fn set_arguments(vm: &mut Vm, invocation: &Invocation<'_>) -> Result<(), Error> {
    let (keys, argv) = (vm.run_table(GLOBALS.keys), vm.run_table(GLOBALS.argv));
    for (at, arg) in invocation.args.iter().enumerate() {
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
fn error_of(vm: &Vm, value: Value, line: Option<u32>, name: &str) -> CommandError {
    let text = match value {
        Value::Table(_) => match vm.bytes(vm.get_field(value, "err")) {
            Some(text) => text.to_vec(),
            None => b"ERR unknown error".to_vec(),
        },
        other => [b"ERR ", &vm.describe(other)[..]].concat(),
    };
    let place =
        line.map_or(String::new(), |line| format!(" script: {name}, on @user_script:{line}."));
    let text: Vec<u8> = text.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    CommandError::quoting("", &text, &place)
}
