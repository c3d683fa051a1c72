//! Publish and subscribe: a message to all who listen at that moment, and to nobody later.
//!
//! A message is kept nowhere but in the outboxes of its receivers, and never logged; see
//! [`crate::clients::channels`].

mod publish;
mod pubsub_command;
mod subscribe;

use crate::command::engine::{Command, flag};

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] =
    &[subscribe::COMMANDS, publish::COMMANDS, pubsub_command::COMMANDS];

/// A row of this family: what its commands have in common is written once.
pub(crate) const fn row(
    name: &'static str,
    arity: i32,
    flags: u32,
    since: &'static str,
) -> Command {
    let flags = flags | flag::PUBSUB | flag::LOADING | flag::STALE;
    Command { group: "pubsub", ..Command::named(name, arity, flags, since) }
}
