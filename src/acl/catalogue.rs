//! Commands as rules see them: a number, a name, and the categories of each.
//!
//! The list is made from the command table, once for the life of the process. It has the original
//! names: a rule means the same command before and after `rename-command`, as in Redis.

use std::ops::Range;
use std::sync::OnceLock;

/// Redis's categories, including those without a command here. The index is the number of the
/// category's bit.
pub const CATEGORIES: [&str; 21] = [
    "keyspace",
    "read",
    "write",
    "set",
    "sortedset",
    "list",
    "hash",
    "string",
    "bitmap",
    "hyperloglog",
    "geo",
    "stream",
    "pubsub",
    "admin",
    "fast",
    "slow",
    "blocking",
    "dangerous",
    "connection",
    "transaction",
    "scripting",
];

/// What rules know about a command. Its number is its index in the catalogue.
#[derive(Debug, Clone)]
pub struct Facts {
    /// `get`, or `client|setname`.
    pub name: String,
    /// A bit for each of [`CATEGORIES`].
    pub categories: u32,
    /// The numbers of its subcommands.
    pub subcommands: Range<usize>,
    /// Whether it is one itself.
    pub is_subcommand: bool,
}

static CATALOGUE: OnceLock<Vec<Facts>> = OnceLock::new();

/// Installs the catalogue; only the first call has an effect. Without a catalogue no rule can name
/// a command.
pub fn install(commands: impl FnOnce() -> Vec<Facts>) {
    CATALOGUE.get_or_init(commands);
}

/// All commands, by number.
pub fn commands() -> &'static [Facts] {
    CATALOGUE.get().map_or(&[], Vec::as_slice)
}

/// The number of a command with this full name, in any case.
pub fn find(name: &[u8]) -> Option<usize> {
    commands().iter().position(|command| command.name.as_bytes().eq_ignore_ascii_case(name))
}

/// The bit of a category, by its name in any case.
pub fn category(name: &[u8]) -> Option<u32> {
    let is_it = |category: &str| category.as_bytes().eq_ignore_ascii_case(name);
    CATEGORIES.iter().position(|category| is_it(category)).map(|at| 1 << at)
}

/// The bits of several categories.
pub fn bits(names: &[&str]) -> u32 {
    names.iter().filter_map(|name| category(name.as_bytes())).fold(0, |bits, bit| bits | bit)
}
