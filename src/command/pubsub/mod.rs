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

/// What the rows of the family have in common.
pub(crate) const FAMILY: Command =
    Command { flags: flag::PUBSUB | flag::LOADING | flag::STALE, ..Command::of_group("pubsub") };
