//! Scripts: Lua that runs next to the data, as one command.
//!
//! | file | what it is for |
//! |---|---|
//! | `eval.rs` | EVAL, EVALSHA and their read-only forms |
//! | `script_command.rs` | SCRIPT: the cache, and the end of a script that runs too long |
//! | `fcall.rs` | FCALL and its read-only form |
//! | `function_command.rs`, `function_payload.rs` | FUNCTION: the libraries |
//! | `source.rs` | from text to a compiled script |
//! | `header.rs` | the first line `#!lua` |
//! | `library.rs`, `registration.rs` | from code to a library: the functions that it registers |
//! | `globals.rs` | the environments of scripts and of functions |
//! | `run.rs` | one run: before, during and after |
//! | `host.rs` | what scripts find under `redis`: call, pcall, log, … |
//! | `values.rs` | replies become values of Lua, and values of Lua become replies |
//!
//! The engine that executes them is [`crate::script`], which knows no keys. A script holds the
//! keyspace lock from its first step to its last, so nobody sees half of what it does, and it is
//! logged as one unit of the commands that it called. The clock stands still meanwhile. What can be
//! done before, is: a script is compiled, and a library is loaded, before the lock is taken.

mod eval;
mod fcall;
mod function_command;
mod function_payload;
mod globals;
mod header;
mod host;
mod library;
mod registration;
mod run;
mod script_command;
mod source;
mod values;

use crate::command::engine::Command;

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] =
    &[eval::COMMANDS, script_command::COMMANDS, fcall::COMMANDS, function_command::COMMANDS];

pub use function_command::load_from_snapshot;
