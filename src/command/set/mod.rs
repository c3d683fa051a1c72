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

/// What the rows of the family have in common.
pub(crate) const FAMILY: Command =
    Command { keys: KeyArguments::FIRST, syntax: "key", ..Command::of_group("set") };
