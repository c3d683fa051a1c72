//! Keys of any type: removing, renaming, finding, expiring, sorting.

mod copy_move;
mod del_rename;
mod dump;
mod expire;
mod migrate;
mod object;
mod scan;
mod sort;

use crate::command::engine::{Command, KeyArguments};

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[
    del_rename::COMMANDS,
    copy_move::COMMANDS,
    dump::COMMANDS,
    migrate::COMMANDS,
    scan::COMMANDS,
    expire::COMMANDS,
    object::COMMANDS,
    sort::COMMANDS,
];

/// What the rows of the family have in common.
pub(crate) const FAMILY: Command =
    Command { keys: KeyArguments::FIRST, syntax: "key", ..Command::of_group("generic") };
