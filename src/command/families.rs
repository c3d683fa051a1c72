//! The one list that knows all families.

use super::engine::Command;
use super::engine::table::{self, Row};
use super::{admin, connection, hash, keys, scripting, set, string, transaction};

/// The families, in the order in which the documentation shows them.
const FAMILIES: &[&[&[&Command]]] = &[
    connection::COMMANDS,
    string::COMMANDS,
    hash::COMMANDS,
    set::COMMANDS,
    keys::COMMANDS,
    transaction::COMMANDS,
    scripting::COMMANDS,
    admin::COMMANDS,
];

/// Installs all commands in the table. It must run before the first request; further calls change
/// nothing.
pub fn install() {
    table::install(FAMILIES);
}

/// Whether a command has this name in its row, independent of renaming.
pub fn is_original_name(name: &[u8]) -> bool {
    let mut rows = FAMILIES.iter().copied().flatten().copied().flatten();
    rows.any(|command| command.name.as_bytes().eq_ignore_ascii_case(name))
}

/// All rows of the table, for tests and tools that have started no server.
pub fn rows() -> &'static [Row] {
    install();
    table::rows()
}
