//! The list of directives, by subject: every one that Redis 7.2 knows, and respool's own.
//!
//! Redis's defaults hold where respool has the behaviour. Other defaults: a limit for the memory
//! and the policy of a cache, and an address that other machines cannot reach.

mod clients;
mod cluster;
mod memory;
mod network;
mod observation;
mod persistence;
mod process;
mod replication;
mod security;
mod tls;

use super::directive::Directive;

/// The rows by subject, in the order in which the help shows them.
pub static SUBJECTS: &[(&str, &[Directive])] = &[
    ("Network", network::ROWS),
    ("Process and log lines", process::ROWS),
    ("Clients", clients::ROWS),
    ("Security", security::ROWS),
    ("Memory and encodings", memory::ROWS),
    ("Observation", observation::ROWS),
    ("Persistence", persistence::ROWS),
    ("Replication", replication::ROWS),
    ("Cluster", cluster::ROWS),
    ("TLS", tls::ROWS),
];

/// Lines of a file that are no settings: CONFIG GET does not know them.
pub static LINES: &[(&str, &str)] = &[
    ("include <path>", "reads another file here; a path with *, ? or [ means every match, if any"),
    ("rename-command <name> <new>", "gives a command another name, or with \"\" none"),
    ("user <name> <rule>...", "a user and what that user may do, in the notation of ACL SETUSER"),
    ("loadmodule <path>", "refused: there are no modules"),
    ("sentinel", "refused: respool is no Sentinel"),
];

/// Names of former versions of Redis that it accepts and ignores, and the number of their words.
pub static FORMER: &[&str] =
    &["list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"];

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Directive> {
    SUBJECTS.iter().flat_map(|(_, rows)| rows.iter())
}

/// The directive of a name, older names included, in any case.
pub fn find(name: &[u8]) -> Option<&'static Directive> {
    all().find(|directive| directive.is_called(name))
}
