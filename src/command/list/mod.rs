//! Lists: elements under one key, in the order in which they were put.
//!
//! A list without elements does not exist: the keyspace creates it with its first element and
//! removes it with its last.

mod blocking;
mod ends;
mod inside;
mod moving;
mod position;
mod range;

use crate::command::engine::arguments::choice;
use crate::command::engine::{Args, Command, CommandError, KeyArguments};
use crate::keyspace::{Event, List};
use std::ops::Range;

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[
    ends::COMMANDS,
    range::COMMANDS,
    inside::COMMANDS,
    position::COMMANDS,
    moving::COMMANDS,
    blocking::COMMANDS,
];

/// What the rows of the family have in common.
const FAMILY: Command =
    Command { keys: KeyArguments::FIRST, syntax: "key", ..Command::of_group("list") };

/// One of the two ends of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Left,
    Right,
}

/// The words for them.
const SIDES: [(&str, End); 2] = [("LEFT", End::Left), ("RIGHT", End::Right)];

impl End {
    /// LEFT or RIGHT in argument `index`.
    fn of(args: Args<'_>, index: usize) -> Result<End, CommandError> {
        choice(args.at(index), &SIDES).ok_or(CommandError::SYNTAX)
    }

    /// The event of an element that is added here.
    const fn pushed(self) -> Event {
        Event::list(match self {
            End::Left => "lpush",
            End::Right => "rpush",
        })
    }

    /// The event of elements that are removed here.
    const fn popped(self) -> Event {
        Event::list(match self {
            End::Left => "lpop",
            End::Right => "rpop",
        })
    }

    /// The range of the `count` elements at this end.
    fn range(self, list: &List, count: usize) -> Range<usize> {
        let len = list.len();
        match self {
            End::Left => 0..count.min(len),
            End::Right => len.saturating_sub(count)..len,
        }
    }
}

/// The index that a number means, which counts from the end if it is negative; `None` if that is
/// in front of the first element.
fn index_of(number: i64, len: usize) -> Option<usize> {
    if number >= 0 {
        return Some(usize::try_from(number).unwrap_or(usize::MAX));
    }
    len.checked_sub(usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX))
}

/// The range that a first and a last index mean, within a list of `len` elements.
fn range_of(first: i64, last: i64, len: usize) -> Range<usize> {
    let start = index_of(first, len).unwrap_or(0);
    let end = index_of(last, len).map_or(0, |last| last.saturating_add(1)).min(len);
    start.min(end)..end
}
