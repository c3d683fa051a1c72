//! Sorted sets: members with scores under one key, in the order of the scores.
//!
//! A range by rank, by score or by bytes is one thing here, a range of ranks (see `bounds.rs`), so
//! that listing, counting, storing and removing are written once each.

mod algebra;
mod blocking;
mod bounds;
mod computation;
mod members;
mod pop;
mod range;
mod ranks;
mod remove;
mod walk;

use crate::command::engine::values::reply_element;
use crate::command::engine::{Command, CommandError, Complexity, KeyArguments, Keys, Reply};
use crate::keyspace::types::{Element, score};
use crate::keyspace::{Event, SortedSet, Value};

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[
    members::COMMANDS,
    ranks::COMMANDS,
    range::COMMANDS,
    remove::COMMANDS,
    pop::COMMANDS,
    blocking::COMMANDS,
    algebra::COMMANDS,
    walk::COMMANDS,
];

/// What the rows of the family have in common.
pub(crate) const FAMILY: Command = Command {
    keys: KeyArguments::FIRST,
    complexity: Complexity::Other("O(log(N)) with N members in the set"),
    syntax: "key",
    ..Command::of_group("sorted-set")
};

/// A bound of a range of scores that is no number.
const NOT_A_RANGE_OF_SCORES: CommandError = CommandError::new("ERR min or max is not a float");

/// Replies with a score: a double in RESP3, a text in RESP2.
fn reply_score(reply: &mut Reply, value: f64) {
    reply.double_text(score::shortest(value).as_bytes());
}

/// Replies with the head of a list of `len` members, each with its score or without.
fn reply_head(reply: &mut Reply, len: usize, with_scores: bool) {
    let is_flat = with_scores && !reply.is_resp3();
    reply.array(if is_flat { 2 * len } else { len });
}

/// Replies with a member; with its score as a pair in RESP3, one behind the other in RESP2.
fn reply_member(reply: &mut Reply, member: Element<'_>, score: f64, with_scores: bool) {
    if with_scores && reply.is_resp3() {
        reply.array(2);
    }
    reply_element(reply, member);
    if with_scores {
        reply_score(reply, score);
    }
}

/// Puts `result` in the place of what is under `key`, or removes that if there is no member, and
/// replies with how many there are.
fn store(keys: &mut Keys<'_>, key: &[u8], result: SortedSet, event: Event, reply: &mut Reply) {
    reply.count(result.len());
    if result.is_empty() {
        keys.remove(key, Event::DEL);
    } else {
        keys.set(key, Value::SortedSet(result), None, event);
    }
}
