//! The common part of CLIENT's subcommands.

use crate::command::engine::{Command, CommandError, flag};

/// Flags of the subcommands that every client may use.
pub(crate) const OPEN: u32 = flag::NOSCRIPT | flag::LOADING | flag::STALE;
/// Flags of the subcommands about other clients.
pub(crate) const ADMIN: u32 = OPEN | flag::ADMIN;

/// The common part of the rows of CLIENT's subcommands.
pub(crate) const fn row(
    name: &'static str,
    arity: i32,
    flags: u32,
    since: &'static str,
) -> Command {
    Command { group: "connection", ..Command::named(name, arity, flags, since) }
}

/// Whether there can be clients of this type: all are normal.
pub(crate) fn client_type(name: &[u8]) -> Result<bool, CommandError> {
    match name.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(true),
        b"master" | b"replica" | b"slave" | b"pubsub" => Ok(false),
        _ => Err(CommandError::quoting("ERR Unknown client type '", name, "'")),
    }
}
