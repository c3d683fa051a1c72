//! Hashes: fields with values under one key, each called by its name.
//!
//! A hash without fields does not exist: the keyspace creates it with its first field and removes
//! it with its last.

mod counter;
mod fields;
mod getall;
mod walk;

use crate::command::engine::{Command, KeyArguments};

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] =
    &[fields::COMMANDS, counter::COMMANDS, getall::COMMANDS, walk::COMMANDS];

/// A row about a command on hashes: what most of them have in common is written once.
pub(crate) const fn row(
    name: &'static str,
    arity: i32,
    flags: u32,
    since: &'static str,
) -> Command {
    Command {
        keys: KeyArguments::FIRST,
        group: "hash",
        syntax: "key",
        ..Command::named(name, arity, flags, since)
    }
}
