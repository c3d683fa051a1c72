//! The connection itself: greeting, names, and questions about other clients.

mod client;
mod client_kill;
mod client_pause;
mod client_rows;
mod client_tracking;
mod hello;

use crate::command::engine::Command;

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[hello::COMMANDS, client::COMMANDS];
