//! The common part of CLIENT's subcommands.

use crate::clients::Client;
use crate::command::engine::{Command, CommandError, flag};

/// Flags of the subcommands that every client may use.
pub(crate) const OPEN: u32 = flag::NOSCRIPT | flag::LOADING | flag::STALE;
/// Flags of the subcommands about other clients.
pub(crate) const ADMIN: u32 = OPEN | flag::ADMIN;

/// What the rows of CLIENT's subcommands have in common.
pub(crate) const FAMILY: Command = Command::of_group("connection");

/// The test for a type of clients. There are no replicas and no masters.
pub(crate) fn client_type(name: &[u8]) -> Result<fn(&Client) -> bool, CommandError> {
    match name.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(|client| !client.is_subscriber()),
        b"pubsub" => Ok(Client::is_subscriber),
        b"master" | b"replica" | b"slave" => Ok(|_| false),
        _ => Err(CommandError::quoting("ERR Unknown client type '", name, "'")),
    }
}
