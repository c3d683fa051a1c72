//! Places on the earth: members of a sorted set whose scores are their positions.
//!
//! A position is a *geohash* of 52 bits (`geohash.rs`), which a double holds without loss: so a
//! place is a member like any other, and ZREM removes it. Places near each other mostly have
//! numbers near each other. A search covers its area with up to nine cells (`area.rs`), each of
//! which is one range of scores, and then looks at the distance of what it finds there.
//!
//! Answers are Redis's to the last digit, and in its order where nothing else is asked for, so all
//! arithmetic has the same steps as there.

mod area;
mod arguments;
mod geohash;
mod members;
mod query;
mod radius;
mod search;

use crate::command::engine::{Command, Complexity, KeyArguments};

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[members::COMMANDS, search::COMMANDS, radius::COMMANDS];

/// What the rows of the family have in common.
const FAMILY: Command = Command {
    keys: KeyArguments::FIRST,
    complexity: Complexity::Other("O(log(N)) for each member, with N members in the set"),
    ..Command::of_group("geo")
};
