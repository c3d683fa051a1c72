//! Strings: whole values, parts of them, numbers and bits in them.

mod bitfield;
mod bits;
mod counter;
mod get_and_change;
mod get_set;
mod lcs;
mod range;

use crate::command::engine::{Command, KeyArguments};

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[
    get_set::COMMANDS,
    get_and_change::COMMANDS,
    range::COMMANDS,
    counter::COMMANDS,
    lcs::COMMANDS,
    bits::COMMANDS,
    bitfield::COMMANDS,
];

/// The common part of the rows of commands on strings.
pub(crate) const fn row(
    name: &'static str,
    arity: i32,
    flags: u32,
    since: &'static str,
) -> Command {
    Command {
        keys: KeyArguments::FIRST,
        group: "string",
        syntax: "key",
        ..Command::named(name, arity, flags, since)
    }
}
