//! Loading a library of functions: its code is run once, to see which functions it registers.
//!
//! Values of a script die with its run, and so do the functions that a library has made. What is
//! kept is the compiled code: FCALL runs it again, which registers the functions again, and calls
//! one of them. That costs what the top level of the library does, a closure for each function;
//! local variables outside of functions begin with their first values at each call (Redis keeps
//! them until the server stops, neither in its log nor on its replicas).
//!
//! As in Redis the code finds nothing but `redis.register_function`, `redis.log` and constants
//! while it is loaded: the other libraries and commands are there when a function is called. So
//! code is compiled twice, for two environments, and a load always takes the same way.

use super::globals::{FUNCTIONS, LOG, REGISTER};
use super::header;
use super::host::{level_and_line, raise};
use super::registration::Registration;
use crate::command::engine::CommandError;
use crate::limits;
use crate::log::Level;
use crate::script::{Abort, Call, Error, Failure, Host, Program, Value, Vm};
use crate::shared::Services;
use crate::shared::functions::{Function, Library};
use std::sync::Arc;

/// Loads a library. No lock need be held, and none should: the code may run for a while. `lines`
/// gets what it has to say to the server's log.
///
/// # Errors
/// Redis's, for the first line, the code, and its run.
pub fn load(
    shared: &Services,
    code: &[u8],
    lines: &mut Vec<(Level, String)>,
) -> Result<Arc<Library>, CommandError> {
    if code.len() > limits::SCRIPT_SOURCE_BYTES_MAX {
        return Err(CommandError::new("ERR library is too long"));
    }
    let (name, body) = header::of_library(code)?;
    let _compiler = shared.scripts.compiler(code.len());
    let compile = |env| {
        Program::compile(env, "user_function", body)
            .map_err(|error| CommandError::quoting("ERR Error compiling function: ", &error.0, ""))
    };
    let functions = registered(shared, &compile(&FUNCTIONS.load)?, lines)?;
    if functions.is_empty() {
        return Err(CommandError::new("ERR No functions registered"));
    }
    let program = compile(&FUNCTIONS.call)?;
    Ok(Arc::new(Library { name, code: code.into(), program, functions }))
}

/// Runs the code of a library for the functions that it registers.
fn registered(
    shared: &Services,
    program: &Arc<Program>,
    lines: &mut Vec<(Level, String)>,
) -> Result<Vec<Function>, CommandError> {
    let mut vm = Vm::new(program, limits::FUNCTION_LOAD_BYTES_MAX);
    let mut host = LoadHost { shared, functions: Vec::new(), lines };
    let failed =
        |text: &[u8]| Err(CommandError::quoting("ERR Error registering functions: ", text, ""));
    let outcome = match vm.run(&mut host) {
        Ok(_) => Ok(()),
        Err(Failure::Abort(_)) => failed(b"ERR FUNCTION LOAD timeout"),
        Err(Failure::Error { value, .. }) => match value {
            Value::Table(_) => {
                let text = vm.bytes(vm.get_field(value, "err"));
                failed(text.unwrap_or(b"ERR unknown error"))
            }
            value => failed(&[b"ERR ", &vm.describe(value)[..]].concat()),
        },
    };
    outcome.map(|()| host.functions)
}

/// The server, as a library sees it while it is loaded.
struct LoadHost<'a> {
    shared: &'a Services,
    functions: Vec<Function>,
    /// Lines for the server's log.
    lines: &'a mut Vec<(Level, String)>,
}

impl Host for LoadHost<'_> {
    fn call(&mut self, native: u16, call: &mut Call<'_>) -> Result<usize, Error> {
        match native {
            REGISTER => match Registration::read(call) {
                Ok(registration) => self.register(registration.function, call),
                Err(text) => raise(call, text.as_bytes()),
            },
            LOG => {
                let line = level_and_line(call)?;
                if self.lines.len() < limits::SCRIPT_LOG_LINES_MAX {
                    self.lines.push(line);
                }
                Ok(0)
            }
            _ => Err(Error::text("not available on FUNCTION LOAD")),
        }
    }

    fn tick(&mut self, steps: u64) -> Result<(), Abort> {
        let is_over = steps >= limits::FUNCTION_LOAD_STEPS_MAX;
        if is_over || self.shared.is_stopping() { Err(Abort(0)) } else { Ok(()) }
    }

    fn clock(&mut self) -> f64 {
        self.shared.clock.steady_ns() as f64 / 1e9
    }
}

impl LoadHost<'_> {
    fn register(&mut self, function: Function, call: &mut Call<'_>) -> Result<usize, Error> {
        if self.functions.iter().any(|other| other.name == function.name) {
            return raise(call, b"ERR Function already exists in the library");
        }
        if self.functions.len() >= limits::FUNCTIONS_OF_LIBRARY_MAX {
            return raise(call, b"ERR too many functions in the library");
        }
        self.functions.push(function);
        Ok(0)
    }
}
