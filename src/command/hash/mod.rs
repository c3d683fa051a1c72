//! Hashes: named fields with values under one key.
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

/// The common part of the rows of commands on hashes.
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
