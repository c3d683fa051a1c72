//! Hashes: named fields with values under one key.
//!
//! A hash without fields does not exist: the keyspace creates it with its first field and removes
//! it with its last.

mod counter;
mod deadlines;
mod exchange;
mod fields;
mod getall;
mod lifetimes;
mod walk;

use crate::command::engine::{Command, KeyArguments};

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[
    fields::COMMANDS,
    counter::COMMANDS,
    getall::COMMANDS,
    walk::COMMANDS,
    deadlines::COMMANDS,
    lifetimes::COMMANDS,
    exchange::COMMANDS,
];

/// What the rows of the family have in common.
pub(crate) const FAMILY: Command =
    Command { keys: KeyArguments::FIRST, syntax: "key", ..Command::of_group("hash") };
