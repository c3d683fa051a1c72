//! `help` in the prompt: what the server says about its commands (COMMAND DOCS), laid out as
//! redis-cli does.

use super::client::{Client, Failure, print};
use super::options::version;
use super::syntax;
use crate::resp::Answer;

/// What is known about a command.
struct Entry {
    /// In upper case, its subcommand after a space.
    name: String,
    syntax: String,
    summary: String,
    since: String,
    group: String,
}

/// Whether a command is not for the server but for us.
pub fn is_asked_for(words: &[Vec<u8>]) -> bool {
    words[0].eq_ignore_ascii_case(b"help") || words[0] == b"?"
}

/// Shows help about the command or the `@group` that the words name, or how to get some.
///
/// # Errors
/// The server cannot be asked.
pub fn show(words: &[Vec<u8>], client: &mut Client<'_>) -> Result<(), Failure> {
    let topic: Vec<String> =
        words.iter().map(|word| String::from_utf8_lossy(word).to_uppercase()).collect();
    if topic.is_empty() {
        return Ok(print(general().as_bytes())?);
    }
    let group = topic[0].strip_prefix('@');
    let is_meant = |entry: &&Entry| match group {
        Some(group) => topic.len() == 1 && entry.group.to_uppercase() == group,
        None => {
            let mut name = entry.name.split(' ');
            topic.iter().all(|word| name.next() == Some(word))
        }
    };
    let mut text = String::new();
    for entry in entries(&client.ask("COMMAND DOCS")?).iter().filter(is_meant) {
        text += &format!("\r\n  \x1b[1m{}\x1b[0m \x1b[90m{}\x1b[0m\r\n", entry.name, entry.syntax);
        text += &line("summary", &entry.summary);
        text += &line("since", &entry.since);
        if group.is_none() {
            text += &line("group", &entry.group);
        }
    }
    Ok(print((text + "\r\n").as_bytes())?)
}

fn line(name: &str, value: &str) -> String {
    format!("  \x1b[33m{name}:\x1b[0m {value}\r\n")
}

fn general() -> String {
    let version = version();
    format!(
        "{version}\nType a command and its arguments, quoted where they have spaces, or:\n\
         \x20     \"help <command>\" for what the server says about a command\n\
         \x20     \"help @<group>\" for all commands of a group, such as @string\n\
         \x20     \"<number> <command>\" to send a command so many times\n\
         \x20     \"connect <host> <port>\" for another server\n\
         \x20     \"clear\" for an empty screen, \"quit\" for the end\n"
    )
}

/// All commands, subcommands included, in the order of their names.
fn entries(docs: &Answer) -> Vec<Entry> {
    let mut entries = Vec::new();
    add(docs, &mut entries);
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

/// Adds the commands of a map from names to what is known, and then the subcommands of each, which
/// are such a map again: one level, whatever a server says.
fn add(docs: &Answer, entries: &mut Vec<Entry>) {
    for (name, doc) in docs.pairs() {
        entries.push(entry(name, doc));
        let subcommands = doc.value("subcommands").map(Answer::pairs).unwrap_or_default();
        entries.extend(subcommands.into_iter().map(|(name, doc)| entry(name, doc)));
    }
}

fn entry(name: &Answer, doc: &Answer) -> Entry {
    let text = |answer: Option<&Answer>| {
        let text = answer.and_then(Answer::text).unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    };
    Entry {
        name: text(Some(name)).replace('|', " ").to_uppercase(),
        syntax: doc.value("arguments").map(syntax::of).unwrap_or_default(),
        summary: text(doc.value("summary")),
        since: text(doc.value("since")),
        group: text(doc.value("group")),
    }
}
