//! Which program is asked for: the binary answers to several names, as busybox does.
//!
//! Compose files, Helm charts and health checks say `redis-server …` and `redis-cli …`. So links of
//! these names lead to this binary in the image, and the name under which it is called, the
//! last part of the first word, decides what it does. Under its own name, and any other, the first
//! of its arguments decides: `respool redis-cli ping`, `respool check-aof`. If that is no name, a
//! server is meant, and the arguments are its.
//!
//! An image has settings of its own, and what `docker run IMAGE …` adds comes after them. A word
//! `--` parts the two: in `respool --bind "* -::*" -- redis-server --save 60 1` the name after it
//! counts, and a tool gets only the words after its name. In front of it there must be a flag: the
//! words of a tool are its own business.
//!
//! Words are bytes ([`OsString`]): passwords and paths need not be UTF-8.

use super::{TOOLS, Tool};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The names under which the binary is a server, whatever its arguments are.
const SERVER_NAMES: [&str; 1] = ["redis-server"];

/// The word after the settings of an image.
const END_OF_SETTINGS: &str = "--";

/// A program that is asked for, and the words that are meant for it.
pub enum Asked {
    /// A server, with its command line.
    Server(Vec<OsString>),
    /// One of the tools, with the words after its name.
    Tool(&'static Tool, Vec<OsString>),
}

/// Reads the command line, the name under which the program was called included.
pub fn asked_for(words: impl IntoIterator<Item = OsString>) -> Asked {
    let mut words = words.into_iter();
    let called = words.next().unwrap_or_default();
    let mut words: Vec<OsString> = words.collect();
    let called = last_part(&called);
    if SERVER_NAMES.iter().any(|name| called == *name) {
        return Asked::Server(words);
    }
    if let Some(tool) = TOOLS.iter().find(|tool| tool.aliases.iter().any(|it| called == *it)) {
        return Asked::Tool(tool, words);
    }
    let mut at = 0;
    if words.first().is_some_and(|word| word.as_encoded_bytes().starts_with(b"-"))
        && let Some(end) = words.iter().position(|word| word == END_OF_SETTINGS)
    {
        words.remove(end);
        at = end;
    }
    let name = words.get(at).map_or(OsStr::new(""), |word| last_part(word));
    if SERVER_NAMES.iter().any(|it| name == *it) {
        words.remove(at);
        return Asked::Server(words);
    }
    // A file of a server's configuration may have the name of a tool, if its folder is named too.
    let is_bare = words.get(at).is_some_and(|word| name == word.as_os_str());
    let is_meant = |tool: &&Tool| {
        is_bare && name == tool.name || tool.aliases.iter().any(|alias| name == *alias)
    };
    match TOOLS.iter().find(is_meant) {
        Some(tool) => Asked::Tool(tool, words.split_off(at + 1)),
        None => Asked::Server(words),
    }
}

/// What is behind the last slash of a path.
fn last_part(word: &OsStr) -> &OsStr {
    Path::new(word).file_name().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program and its words, as one line.
    fn asked(line: &str) -> String {
        let (name, words) = match asked_for(line.split(' ').map(OsString::from)) {
            Asked::Server(words) => ("server", words),
            Asked::Tool(tool, words) => (tool.name, words),
        };
        let words: Vec<String> = words.iter().map(|word| word.display().to_string()).collect();
        format!("{name}: {}", words.join(" "))
    }

    /// Ensures that the name under which the program is called comes first, then its first word.
    #[test]
    fn names_lead_to_programs() {
        for (line, expected) in [
            ("respool", "server: "),
            ("/respool --port 7000", "server: --port 7000"),
            ("respool /etc/ping", "server: /etc/ping"),
            ("respool ping --port 7000", "ping: --port 7000"),
            ("respool redis-server --port 7000", "server: --port 7000"),
            ("respool /usr/local/bin/redis-server a.conf", "server: a.conf"),
            ("/usr/local/bin/redis-server ping", "server: ping"),
            ("redis-server", "server: "),
            ("redis-cli ping", "cli: ping"),
            ("/usr/bin/redis-cli -h cli", "cli: -h cli"),
            ("respool-cli cli", "cli: cli"),
            ("respool cli redis-server", "cli: redis-server"),
            ("respool redis-cli -a -- ping", "cli: -a -- ping"),
            ("redis-cli -x -- ping", "cli: -x -- ping"),
            ("redis-check-aof --fix a", "check-aof: --fix a"),
            ("respool redis-check-aof a", "check-aof: a"),
            ("redis-check-rdb dump.rdb", "check-rdb: dump.rdb"),
            ("/respool --bind 0.0.0.0 --", "server: --bind 0.0.0.0"),
            ("/respool --bind 0.0.0.0 -- --save 60 1", "server: --bind 0.0.0.0 --save 60 1"),
            ("/respool --bind 0 -- redis-server a --save x", "server: --bind 0 a --save x"),
            ("/respool --bind 0.0.0.0 -- redis-cli ping", "cli: ping"),
            ("/respool --bind 0.0.0.0 -- ping", "ping: "),
            ("/respool --bind 0.0.0.0 ping", "server: --bind 0.0.0.0 ping"),
        ] {
            assert_eq!(asked(line), expected, "{line}");
        }
    }
}
