//! The ACL categories of a command, which follow from its row.

use crate::command::engine::{Command, Handler, flag};

/// Redis's ACL categories of `command`.
pub fn categories(command: &Command) -> Vec<&'static str> {
    let is_group = matches!(command.handler, Handler::Container(_, None));
    let of_group = match command.group {
        _ if is_group || !command.categories.is_empty() => None,
        "generic" => Some("keyspace"),
        "transactions" => Some("transaction"),
        "scripting" => Some("scripting"),
        "string" => Some("string"),
        "bitmap" => Some("bitmap"),
        "hash" => Some("hash"),
        "list" => Some("list"),
        "set" => Some("set"),
        "sorted-set" => Some("sortedset"),
        "hyperloglog" => Some("hyperloglog"),
        "geo" => Some("geo"),
        "stream" => Some("stream"),
        "connection" => Some("connection"),
        "pubsub" if command.has(flag::PUBSUB) => Some("pubsub"),
        _ => None,
    };
    let is_fast = command.has(flag::FAST);
    let is_dangerous = command.has(flag::ADMIN) || command.has(flag::DANGEROUS);
    let mut names: Vec<&str> = of_group.into_iter().collect();
    let reads = command.has(flag::READONLY) && !command.has(flag::RUNS_COMMANDS);
    names.extend(reads.then_some("read"));
    names.extend(command.has(flag::WRITE).then_some("write"));
    names.extend(command.categories.iter().filter(|_| !is_group));
    names.extend(command.has(flag::ADMIN).then_some("admin"));
    names.push(if is_fast { "fast" } else { "slow" });
    names.extend(command.has(flag::BLOCKING).then_some("blocking"));
    names.extend(is_dangerous.then_some("dangerous"));
    names
}
