//! Sets: members under one key, each once.
//!
//! A set without members does not exist: the keyspace creates it with its first member and removes
//! it with its last.

mod algebra;
mod members;
mod random;
mod walk;

use crate::command::engine::{Command, KeyArguments};

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] =
    &[members::COMMANDS, random::COMMANDS, algebra::COMMANDS, walk::COMMANDS];

/// A row about a command on sets: what most of them have in common is written once.
pub(crate) const fn row(
    name: &'static str,
    arity: i32,
    flags: u32,
    since: &'static str,
) -> Command {
    Command {
        keys: KeyArguments::FIRST,
        group: "set",
        syntax: "key",
        ..Command::named(name, arity, flags, since)
    }
}
