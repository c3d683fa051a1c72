//! The one list that knows all families.

use super::engine::Command;
use super::engine::table::{self, Row};
use super::{admin, connection, hash, keys, string, transaction};

/// The families, in the order in which the documentation shows them.
const FAMILIES: &[&[&[&Command]]] = &[
    connection::COMMANDS,
    string::COMMANDS,
    hash::COMMANDS,
    keys::COMMANDS,
    transaction::COMMANDS,
    admin::COMMANDS,
];

/// Hands all commands to the table. Whoever executes requests calls it first; more calls than one
/// change nothing.
pub fn install() {
    table::install(FAMILIES);
}

/// Whether a command is called so in its row, whatever names are in force.
pub fn is_original_name(name: &[u8]) -> bool {
    let mut rows = FAMILIES.iter().copied().flatten().copied().flatten();
    rows.any(|command| command.name.as_bytes().eq_ignore_ascii_case(name))
}

/// All rows of the table, for whoever has started no server.
pub fn rows() -> &'static [Row] {
    install();
    table::rows()
}
