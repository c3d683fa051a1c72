//! Scripts: Lua that runs next to the data, as one command.
//!
//! | file | what it is for |
//! |---|---|
//! | `eval.rs` | EVAL, EVALSHA and their read-only forms |
//! | `script_command.rs` | SCRIPT: the cache, and the end of a script that runs too long |
//! | `source.rs` | from text to a compiled script; the first line `#!lua` |
//! | `run.rs` | one run: before, during and after |
//! | `host.rs` | what scripts find under `redis`: call, pcall, log, … |
//! | `values.rs` | replies become values of Lua, and values of Lua become replies |
//!
//! The engine that executes them is [`crate::script`], which knows no keys. A script holds the
//! keyspace lock from its first step to its last, so nobody sees half of what it does, and it is
//! logged as one unit of the commands that it called. The clock stands still meanwhile.

mod eval;
mod host;
mod run;
mod script_command;
mod source;
mod values;

use crate::command::engine::Command;

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[eval::COMMANDS, script_command::COMMANDS];
