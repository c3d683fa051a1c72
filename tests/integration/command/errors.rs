//! The errors of every row of the command table: a wrong number of arguments, a value of another
//! type, and an argument too many. The requests come from the rows and from their own examples, so
//! a new row is covered from its first day. The per-command counters tell that no row is left out.

use crate::raw::Raw;
use crate::support::{TestServer, words};
use respool::command::engine::table::Row;
use respool::command::families;

const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value";

/// Rows of a type that replace a value of another type, or read it as if there were none.
const REPLACES: &[&str] = &["set", "setex", "psetex", "mget", "mset", "setnx", "msetnx"];

/// A row with a text of its own for it.
const LCS: &str = "-ERR The specified keys must contain string values";

/// Rows that take one more argument than their example has, although their syntax repeats none.
const TAKES_MORE: &[&str] = &["ping", "quit", "pubsub|channels", "pubsub|shardchannels"];

/// The groups whose rows work on values of one type.
const TYPES: &[&str] =
    &["string", "bitmap", "hash", "list", "set", "sorted-set", "stream", "hyperloglog", "geo"];

/// Requests that call a row with too few arguments, and with too many.
fn of_wrong_length(row: &Row) -> Vec<String> {
    let names = row.full_name().replace('|', " ");
    let named = names.split(' ').count();
    let needed = row.command.arity.unsigned_abs() as usize;
    let with = |len: usize| format!("{names}{}", " a".repeat(len - named));
    let too_few = (needed > named).then(|| with(needed - 1));
    let too_many = (row.command.arity > 0).then(|| with(needed + 1));
    too_few.into_iter().chain(too_many).collect()
}

/// The request of a row's example that calls it.
fn example(row: &Row) -> &'static str {
    let name = row.full_name().replace('|', " ").to_uppercase();
    let lines = row.command.example.lines();
    let mut requests = lines.filter_map(|line| line.trim().split_once("> ")).map(|(_, it)| it);
    requests.find(|it| it.to_uppercase().starts_with(&name)).unwrap_or_default()
}

/// Rows that can be called, those of containers too.
fn callable() -> impl Iterator<Item = &'static Row> {
    families::rows().iter().filter(|row| row.command.subcommands().is_empty())
}

/// The keys of a request.
fn keys_of(client: &mut Raw, request: &str) -> Vec<String> {
    let reply = client.ask(&format!("COMMAND GETKEYS {request}"));
    if reply.starts_with('-') {
        return Vec::new();
    }
    words(&reply).map(str::to_owned).collect()
}

/// Ensures that every row says that its number of arguments is wrong, and counts that.
#[test]
fn every_row_refuses_a_wrong_number_of_arguments() {
    let server = TestServer::start();
    for row in callable() {
        let name = row.full_name();
        let requests = of_wrong_length(row);
        for request in &requests {
            let problem = format!("wrong number of arguments for '{name}' command");
            let expected = match name.as_str() {
                "exec" => format!("-EXECABORT Transaction discarded because of: {problem}"),
                _ => format!("-ERR {problem}"),
            };
            assert_eq!(server.client().ask(request), expected, "{request}");
        }
        let counted = server.client().ask("INFO commandstats");
        let of_row = counted.split(' ').find(|it| it.starts_with(&format!("cmdstat_{name}:")));
        let rejected = format!("rejected_calls={},", requests.len());
        let is_counted = of_row.is_some_and(|it| it.contains(&rejected));
        assert!(is_counted || requests.is_empty(), "{name}: {of_row:?}");
    }
}

/// Ensures that every row of a type refuses values of other types, except those that replace them.
#[test]
fn every_row_refuses_values_of_another_type() {
    let server = TestServer::start();
    let mut found = Vec::new();
    // PFSELFTEST has no key.
    let of_type = |row: &&Row| !row.command.keys.is_none() && TYPES.contains(&row.command.group);
    for row in callable().filter(of_type) {
        let mut client = server.client();
        let request = example(row);
        client.ask("FLUSHALL");
        for key in keys_of(&mut client, request) {
            client.ask(&match row.command.group {
                "list" => format!("SET {key} v"),
                _ => format!("RPUSH {key} v"),
            });
        }
        let expected = if row.command.name == "lcs" { LCS } else { WRONG_TYPE };
        if client.ask(request) != expected {
            found.push(row.full_name());
        }
    }
    assert_eq!(found, REPLACES);
}

/// Ensures that rows refuse an argument that they do not know, except those that repeat one.
#[test]
fn rows_refuse_an_unknown_argument() {
    let server = TestServer::start();
    let mut found = Vec::new();
    for row in callable().filter(|row| !row.command.syntax.contains("...")) {
        server.client().ask("FLUSHALL");
        // The keys of the example are there; a session that has to fail is of no interest.
        let _ = server.run(row.command.example, 2);
        let reply = server.client().ask(&format!("{} nonsense", example(row)));
        if !reply.starts_with('-') {
            found.push(row.full_name());
        }
    }
    assert_eq!(found, TAKES_MORE);
}
