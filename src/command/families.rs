//! The one list that knows all families.

use super::engine::Command;
use super::engine::table::{self, Row};
use crate::acl::catalogue;

/// The families, in the order in which the documentation shows them.
const FAMILIES: &[&[&[&Command]]] = &[
    super::connection::COMMANDS,
    super::string::COMMANDS,
    super::hash::COMMANDS,
    super::list::COMMANDS,
    super::set::COMMANDS,
    super::sorted_set::COMMANDS,
    super::geo::COMMANDS,
    super::hyperloglog::COMMANDS,
    super::stream::COMMANDS,
    super::keys::COMMANDS,
    super::transaction::COMMANDS,
    super::pubsub::COMMANDS,
    super::scripting::COMMANDS,
    super::admin::COMMANDS,
    #[cfg(test)]
    tests::COMMANDS,
];

/// Installs all commands in the table. It must run before the first request; further calls change
/// nothing.
pub fn install() {
    install_catalogue();
    table::install(FAMILIES);
}

/// Tells the rules about users which commands there are: before a configuration with `user` lines
/// is read, and before commands are renamed.
pub fn install_catalogue() {
    catalogue::install(|| table::facts(FAMILIES));
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

#[cfg(test)]
mod tests {
    //! A command that waits, so that waiting is tested whatever families there are.

    use crate::command::engine::blocking::{Blocking, Served};
    use crate::command::engine::{
        Args, Command, CommandError, Handler, KeyArguments, Keys, Reply, flag,
    };
    use crate::keyspace::{Event, Key, Text};

    pub(super) const COMMANDS: &[&[&Command]] = &[&[&TAKE]];

    /// `TAKE key [key ...] timeout` takes the string under the first key that has one.
    static TAKE: Command = Command {
        keys: KeyArguments::new(1, -2, 1),
        group: "generic",
        summary: "Takes a string, and waits until there is one",
        syntax: "key [key ...] timeout",
        example: "> TAKE k 0.001
                  *-1",
        handler: Handler::Blocking(&Blocking::for_keys(take)),
        ..Command::named("take", -3, flag::WRITE | flag::NOSCRIPT | flag::BLOCKING, "1.0.0")
    };

    fn take(
        keys: &mut Keys<'_>,
        args: Args<'_>,
        reply: &mut Reply,
    ) -> Result<Served, CommandError> {
        for at in 1..args.len() - 1 {
            let key = args.at(at);
            let Some(text) = keys.look::<Text>(key)?.cloned() else { continue };
            keys.remove(key, Event::DEL);
            keys.log_as(|| [Key::new(b"DEL"), Key::new(key)]);
            reply.array(2);
            reply.bulk(key);
            reply.bulk(&text);
            return Ok(Served::Now);
        }
        Ok(Served::NotNow)
    }
}
