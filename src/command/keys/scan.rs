//! SCAN, KEYS and RANDOMKEY: finding keys without knowing their names.

use super::FAMILY;
use crate::command::engine::scan_options::{Walk, cursor, scan_options};
use crate::command::engine::{
    Args, Command, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::text::glob;

/// The family.
pub const COMMANDS: &[&Command] = &[&SCAN, &KEYS, &RANDOMKEY];

static SCAN: Command = Command {
    keys: KeyArguments::NONE,
    complexity: Complexity::Other("O(N) with N keys asked for, plus those of one segment"),
    summary: "Walks through the keys, some at a time; every key that stays is visited once",
    syntax: "cursor [MATCH pattern] [COUNT count] [TYPE type]",
    example: "> SET k v
              +OK
              > SCAN 0 MATCH k* TYPE string
              *2
              $1
              0
              *1
              $1
              k",
    handler: Handler::Keys(scan),
    ..FAMILY.row("scan", -2, flag::READONLY, "2.8.0")
};

fn scan(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let cursor = cursor(args.at(1))?;
    let options = scan_options(args.from(2), Walk::Keys)?;
    let mut found = Vec::new();
    let next = keys.scan(cursor, options.count, |key, entry| {
        let is_type = options
            .type_name
            .is_none_or(|wanted| entry.value.type_name().as_bytes().eq_ignore_ascii_case(wanted));
        if is_type && options.want(key) {
            found.push(key.clone());
        }
    });
    reply.array(2);
    reply.bulk(next.to_string().as_bytes());
    reply.array(found.len());
    found.iter().for_each(|key| reply.bulk(key));
    Ok(())
}

static KEYS: Command = Command {
    keys: KeyArguments::NONE,
    complexity: Complexity::Other("O(N) with N keys in the database, all at once: use SCAN"),
    summary: "Lists all keys that match a glob pattern",
    syntax: "pattern",
    example: "> SET key:1 v
              +OK
              > KEYS k?y:[0-9]
              *1
              $5
              key:1",
    handler: Handler::Keys(list),
    ..FAMILY.row("keys", 2, flag::READONLY | flag::DANGEROUS, "1.0.0")
};

fn list(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let pattern = args.at(1);
    let mut found = Vec::new();
    keys.scan(0, usize::MAX, |key, _| {
        if glob::matches(pattern, key) {
            found.push(key.clone());
        }
    });
    reply.array(found.len());
    found.iter().for_each(|key| reply.bulk(key));
    Ok(())
}

static RANDOMKEY: Command = Command {
    keys: KeyArguments::NONE,
    complexity: Complexity::Other("O(N) with N keys of one segment"),
    summary: "Picks a key, or null if there is none",
    syntax: "",
    example: "> RANDOMKEY
              $-1
              > SET k v
              +OK
              > RANDOMKEY
              $1
              k",
    handler: Handler::Keys(randomkey),
    ..FAMILY.row("randomkey", 1, flag::READONLY, "1.0.0")
};

fn randomkey(keys: &mut Keys<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    match keys.random() {
        Some(key) => reply.bulk(&key),
        None => reply.null(),
    }
    Ok(())
}
