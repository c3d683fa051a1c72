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

/// What the rows of the family have in common.
pub(crate) const FAMILY: Command =
    Command { keys: KeyArguments::FIRST, syntax: "key", ..Command::of_group("string") };
