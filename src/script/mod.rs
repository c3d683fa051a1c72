//! A Lua 5.1 for scripts that strangers send.
//!
//! The engine knows no keys, no commands and no sockets. What it needs of the server it asks for
//! through one trait, [`Host`]; what the server needs of it is five types:
//!
//! | type | is | lives |
//! |---|---|---|
//! | [`Env`] | global variables and libraries, read-only | as long as the server, shared |
//! | [`Program`] | a compiled script, read-only | in a cache, shared by all threads |
//! | [`Vm`] | one run: all values, stacks and frames | for one command, on one thread |
//! | [`Value`] | sixteen bytes; refers to what its run owns | as long as its run |
//! | [`Call`] | the arguments and results of a native function | during that call |
//!
//! # Promises
//!
//! - **No source text and no value can exhaust the stack.** The parser nests to a limit and chains
//!   are loops; calls of the script, metamethods, `pcall` and coroutines are frames in a vector;
//!   the matcher of patterns, the collector and the end of a run use lists. Only native functions
//!   that call back (`gsub`, `sort`, `tostring`) recurse, to a limit.
//! - **Every loop is counted**, and the host is asked every few thousand steps whether the run may
//!   go on ([`Host::tick`]). An [`Abort`] cannot be caught by the script.
//! - **Every byte is counted.** A run that needs more than it was given fails with "not enough
//!   memory", before the memory is taken.
//! - **Nothing outlives a run.** Values are indices into arenas of the run: there are no reference
//!   counts, cycles are nothing special, and dropping a run frees a few vectors.
//!
//! # Reading order
//!
//! 1. `value`: what a value is. `interner`, `strings`, `table` with `sizes`,
//!    `heap`: where it lives.
//! 2. `lex` and `compile`: from text to instructions in one pass. `code`: the instructions.
//! 3. `vm`: the loop that executes them. `steps` has its macros, `access` its fast paths.
//! 4. `slow` and `operators`: the general form of every instruction. `meta`: metatables.
//! 5. `call` and `results`: frames. `unwind`: errors. `coroutine`, `thread`: stacks that
//!    are exchanged under the loop.
//! 6. `env`, `builder`, `native`, `run`: the seam to the host. `library`: the libraries.
//!
//! # What differs from Redis's Lua
//!
//! - `pairs` visits the array part, then fields in the order of insertion, on every server.
//! - Coroutines may yield inside `pcall` and metamethods. `string.dump` is refused, and byte code
//!   is not loaded. `os.clock` exists, as in Redis 7.2.
//! - A run has limits on its memory, on the depth of native functions that call back, and on the
//!   size of its source ([`crate::limits`]).

#[macro_use]
mod steps;

mod access;
mod arithmetic;
mod builder;
mod call;
mod code;
mod compile;
mod coroutine;
mod env;
mod error;
mod heap;
mod interner;
mod lex;
mod library;
mod meta;
mod native;
mod number;
mod operators;
mod results;
mod run;
mod settings;
mod sizes;
mod slow;
mod strings;
mod table;
mod thread;
mod unwind;
mod value;
mod vm;

pub use builder::EnvBuilder;
pub use code::Program;
pub use env::{Env, RunTable};
pub use error::{Abort, Error, Failure};
pub use lex::SyntaxError;
pub use native::{Call, Host};
pub use number::{general, parse, to_text};
pub use run::RANDOM_START;
pub use value::Value;
pub use vm::Vm;
