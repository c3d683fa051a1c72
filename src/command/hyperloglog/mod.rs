//! HyperLogLog: how many different elements were seen, without keeping them.
//!
//! A sketch is a string in Redis's format, changed in place. What the registers mean stands in
//! [`sketch`], which knows no keys.
//!
//! A string that is not a sketch, or a corrupt one, gets Redis's error, and has not changed.

mod count;
mod debug;
mod edit;
pub mod sketch;

use crate::command::engine::{Command, CommandError, KeyArguments};
use sketch::{Corrupt, Encoding};

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[count::COMMANDS, debug::COMMANDS];

/// A string that is not a sketch.
const NOT_A_SKETCH: CommandError =
    CommandError::new("WRONGTYPE Key is not a valid HyperLogLog string value.");

impl From<Corrupt> for CommandError {
    fn from(_: Corrupt) -> CommandError {
        CommandError::new("INVALIDOBJ Corrupted HLL object detected")
    }
}

/// The encoding of the sketch in a string.
///
/// # Errors
/// There is none in it.
fn encoding(bytes: &[u8]) -> Result<Encoding, CommandError> {
    sketch::encoding(bytes).ok_or(NOT_A_SKETCH)
}

/// What the rows of the family have in common.
const FAMILY: Command =
    Command { keys: KeyArguments::FIRST, syntax: "key", ..Command::of_group("hyperloglog") };
