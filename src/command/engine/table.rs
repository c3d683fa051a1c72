//! All commands by name.

use crate::acl::catalogue::{self, Facts};
use crate::command::engine::categories::categories;
use crate::command::engine::{Command, CommandId, Handler};
use crate::limits;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

/// Longest name of a command, in bytes, unless the configuration gives a longer one; a longer name
/// is unknown without a lookup.
const NAME_BYTES_MAX: usize = 32;

static TABLE: OnceLock<Table> = OnceLock::new();

/// Pairs of a name and its replacement; an empty replacement removes the command.
pub type Renames = Vec<(Vec<u8>, Vec<u8>)>;

static RENAMES: OnceLock<Renames> = OnceLock::new();

/// Renames commands, for the life of the process. Only the first call has an effect, and it must
/// precede [`install`].
pub fn rename(renames: Renames) {
    // A second server in the same process uses the names of the first.
    let _ = RENAMES.set(renames);
}

/// Puts the commands of all families into the table, once for the life of the process.
pub fn install(families: &[&[&[&'static Command]]]) {
    TABLE.get_or_init(|| {
        let mut rows = Vec::new();
        for command in families.concat().concat() {
            let container = CommandId::at(rows.len());
            rows.push(Row { id: container, command, container: None });
            for command in command.subcommands() {
                let id = CommandId::at(rows.len());
                rows.push(Row { id, command, container: Some(container) });
            }
        }
        assert!(rows.len() <= limits::COMMANDS_MAX, "there is room for counting every command");
        let tops = rows.iter().filter(|row| row.container.is_none());
        let by_name = tops.map(|row| (Name(row.command.name.as_bytes()), row.id)).collect();
        Table { rows, by_name, former: Vec::new(), longest: NAME_BYTES_MAX }.renamed()
    });
}

/// What rules about users know of the commands, numbered like their rows.
pub fn facts(families: &[&[&[&'static Command]]]) -> Vec<Facts> {
    let mut facts: Vec<Facts> = Vec::new();
    let one = |name: String, command: &Command, subcommands, is_subcommand| Facts {
        name,
        categories: catalogue::bits(&categories(command)),
        subcommands,
        is_subcommand,
    };
    for command in families.concat().concat() {
        let (first, subcommands) = (facts.len() + 1, command.subcommands());
        let numbers = first..first + subcommands.len();
        facts.push(one(command.name.to_owned(), command, numbers, false));
        for sub in subcommands {
            facts.push(one(format!("{}|{}", command.name, sub.name), sub, 0..0, true));
        }
    }
    facts
}

fn table() -> &'static Table {
    TABLE.get().expect("families::install was called before the first request")
}

struct Table {
    rows: Vec<Row>,
    /// Commands, containers included. A container's subcommands are few and searched one by one.
    by_name: HashMap<Name<'static>, CommandId, ahash::RandomState>,
    /// Names that commands had before they were renamed.
    former: Vec<(&'static [u8], CommandId)>,
    /// Bytes of the longest name.
    longest: usize,
}

impl Table {
    fn renamed(mut self) -> Table {
        for (old, new) in RENAMES.get().map_or(&[][..], Vec::as_slice) {
            let Some(at) = self.by_name.remove(&Name(old)) else { continue };
            self.former.push((old, at));
            self.longest = self.longest.max(new.len());
            if !new.is_empty() {
                self.by_name.insert(Name(new), at);
            }
        }
        self
    }
}

/// A name in any case.
///
/// It is hashed byte by byte. A copy in lower case, written in small pieces and then read as a
/// whole, stalls the processor until all earlier writes have reached the cache (store forwarding):
/// a tenth of the time to load a log.
struct Name<'a>(&'a [u8]);

impl Hash for Name<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|byte| state.write_u8(byte.to_ascii_lowercase()));
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Name<'_> {}

/// One command in the table.
#[derive(Clone, Copy)]
pub struct Row {
    /// The command's identity.
    pub id: CommandId,
    /// The row itself.
    pub command: &'static Command,
    /// The command whose subcommand it is.
    pub container: Option<CommandId>,
}

impl Row {
    /// `get`, or `client|setname`.
    pub fn full_name(&self) -> String {
        match self.container {
            Some(container) => format!("{}|{}", command(container).name, self.command.name),
            None => self.command.name.to_owned(),
        }
    }
}

/// Every command and subcommand, each container followed by its subcommands.
pub fn rows() -> &'static [Row] {
    &table().rows
}

/// The row of a command.
pub fn row(id: CommandId) -> &'static Row {
    &rows()[id.index()]
}

/// What is known about a command.
pub fn command(id: CommandId) -> &'static Command {
    row(id).command
}

/// The command that a request names, without its subcommand.
pub fn find(name: &[u8]) -> Option<CommandId> {
    let table = table();
    let is_short = name.len() <= table.longest;
    is_short.then(|| table.by_name.get(&Name(name)).copied())?
}

/// The command that a record of the log names, possibly under the name before a renaming.
pub fn find_logged(name: &[u8]) -> Option<CommandId> {
    let is_name = |(former, _): &&(&[u8], CommandId)| former.eq_ignore_ascii_case(name);
    find(name).or_else(|| table().former.iter().find(is_name).map(|(_, id)| *id))
}

/// The subcommand `name` of `container`.
pub fn find_subcommand(container: CommandId, name: &[u8]) -> Option<CommandId> {
    let is_named = |row: &&Row| row.command.name.as_bytes().eq_ignore_ascii_case(name);
    subcommands(container).iter().find(is_named).map(|row| row.id)
}

/// The rows of the subcommands of a container; none for other commands.
pub fn subcommands(container: CommandId) -> &'static [Row] {
    let first = container.index() + 1;
    &rows()[first..first + command(container).subcommands().len()]
}

/// The command of a request that begins with these words.
pub fn find_request(name: &[u8], second: Option<&[u8]>) -> Option<CommandId> {
    let top = find(name)?;
    match second {
        Some(sub) if is_container(top) => find_subcommand(top, sub),
        _ => Some(top),
    }
}

/// The row of a name like `get` or `client|setname`.
pub fn find_full(name: &[u8]) -> Option<&'static Row> {
    let mut parts = name.splitn(2, |byte| *byte == b'|');
    let top = find(parts.next()?)?;
    let found = match parts.next() {
        Some(sub) => find_subcommand(top, sub)?,
        None => top,
    };
    Some(row(found))
}

/// The rows of a name: that of a command or subcommand, or those of all subcommands of a container.
pub fn rows_of(name: &[u8]) -> impl Iterator<Item = &'static Row> {
    let found = find_full(name);
    found.into_iter().chain(found.map_or(&[][..], |found| subcommands(found.id)))
}

/// Whether a command is a container, with subcommands.
pub fn is_container(id: CommandId) -> bool {
    matches!(command(id).handler, Handler::Container(..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::families;

    /// Ensures that every row can be found under its name and under no other.
    #[test]
    fn every_row_is_found_in_any_case() {
        families::install();
        for row in rows() {
            let name = row.full_name();
            let found = find_full(name.to_uppercase().as_bytes()).expect("a row");
            assert_eq!(found.id, row.id, "{name} is listed twice");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b"|-_".contains(&b)), "{name}");
            for other in [format!("{name}x"), format!(" {name}"), name[..name.len() - 1].into()] {
                let found = find_full(other.as_bytes()).map(Row::full_name);
                assert!(found.as_ref().is_none_or(|found| *found == other), "{other}: {found:?}");
            }
        }
        assert!(find(b"").is_none());
        assert!(find(&[b'x'; NAME_BYTES_MAX + 1]).is_none());
    }

    /// Ensures that no two flags share a bit.
    #[test]
    fn flags_have_bits_of_their_own() {
        let source = include_str!("spec.rs");
        let bits = source.split(": u32 = 1 << ").skip(1).filter_map(|rest| rest.split(';').next());
        let mut bits: Vec<&str> = bits.collect();
        let flags = bits.len();
        bits.sort_unstable();
        bits.dedup();
        assert!(flags > 30 && bits.len() == flags, "{flags} flags, {} bits", bits.len());
    }

    /// Ensures that each row's data is complete and consistent.
    #[test]
    fn rows_are_complete() {
        use crate::command::engine::flag;
        for row in rows() {
            let (name, command) = (row.full_name(), row.command);
            assert!(!command.summary.is_empty() && !command.since.is_empty(), "{name}");
            assert!(!command.summary.ends_with('.'), "{name}: no full stop");
            let is_leaf = command.subcommands().is_empty();
            assert_eq!(command.example.trim().is_empty(), !is_leaf, "{name}: an example");
            assert!(!command.has(flag::WRITE | flag::READONLY), "{name}: one or the other");
            if let Handler::Server(_) = command.handler {
                // Inside EXEC it would wait for a lock that its own thread holds.
                assert!(command.has(flag::NO_MULTI), "{name}: refused inside a transaction");
            }
            if let Handler::Keys(_) = command.handler {
                assert!(command.flags & (flag::WRITE | flag::READONLY) != 0, "{name}: access");
            }
        }
    }
}
