//! Keys of any type: removing, renaming, finding, expiring, sorting.

mod copy_move;
mod del_rename;
mod dump;
mod expire;
mod object;
mod scan;
mod sort;

use crate::command::engine::{Command, KeyArguments};

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[
    del_rename::COMMANDS,
    copy_move::COMMANDS,
    dump::COMMANDS,
    scan::COMMANDS,
    expire::COMMANDS,
    object::COMMANDS,
    sort::COMMANDS,
];

/// The common part of the rows of commands on keys.
pub(crate) const fn row(
    name: &'static str,
    arity: i32,
    flags: u32,
    since: &'static str,
) -> Command {
    Command {
        keys: KeyArguments::FIRST,
        group: "generic",
        syntax: "key",
        ..Command::named(name, arity, flags, since)
    }
}
