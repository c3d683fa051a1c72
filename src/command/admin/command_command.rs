//! COMMAND: the command table for clients.
//!
//! redis-cli derives its hints from it, cluster-aware clients find the keys of a request with it.
//! Everything is derived from the rows.

use crate::command::engine::categories::categories;
use crate::command::engine::help;
use crate::command::engine::key_use::KeyUse;
use crate::command::engine::spec::STORES;
use crate::command::engine::syntax;
use crate::command::engine::syntax::Argument;
use crate::command::engine::table;
use crate::command::engine::table::Row;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, KeyArguments, Outcome, Reply, flag,
};
use crate::text::glob;

/// The family.
pub const COMMANDS: &[&Command] = &[&COMMAND];

const FLAGS: u32 = flag::LOADING | flag::STALE;

/// What the rows of the family have in common.
const FAMILY: Command = Command {
    flags: FLAGS,
    categories: &["connection"],
    complexity: Complexity::Other("O(N) with N commands"),
    ..Command::of_group("server")
};

static COMMAND: Command = Command {
    summary: "Describes all commands",
    handler: Handler::Container(SUBCOMMANDS, Some(all)),
    ..FAMILY.row("command", -1, 0, "2.8.13")
};

const SUBCOMMANDS: &[&Command] = &[&COUNT, &DOCS, &GETKEYS, &GETKEYSANDFLAGS, &HELP, &INFO, &LIST];

fn all(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let tops: Vec<&Row> = tops().collect();
    reply.array(tops.len());
    tops.into_iter().for_each(|row| describe(row, reply));
    Ok(())
}

/// The rows that are not subcommands.
fn tops() -> impl Iterator<Item = &'static Row> {
    table::rows().iter().filter(|row| row.container.is_none())
}

static COUNT: Command = Command {
    summary: "Counts the commands, without subcommands",
    example: "> COMMAND COUNT now
              -ERR wrong number of arguments for 'command|count' command",
    handler: Handler::Plain(count),
    ..FAMILY.row("count", 2, 0, "2.8.13")
};

fn count(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(tops().count());
    Ok(())
}

static INFO: Command = Command {
    summary: "Describes the named commands, or all",
    syntax: "[command-name [command-name ...]]",
    example: "> COMMAND INFO nothing
              *1
              $-1",
    handler: Handler::Plain(info),
    ..FAMILY.row("info", -2, 0, "2.8.13")
};

fn info(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if args.len() == 2 {
        return all(context, args, reply);
    }
    reply.array(args.len() - 2);
    for name in args.from(2).iter() {
        match table::find_full(name) {
            Some(row) => describe(row, reply),
            None => reply.null(),
        }
    }
    Ok(())
}

/// The ten elements with which Redis 7 describes a command.
fn describe(row: &Row, reply: &mut Reply) {
    let command = row.command;
    reply.array(10);
    reply.bulk(row.full_name().as_bytes());
    reply.integer(i64::from(command.arity));
    let flags: Vec<&str> =
        flag::NAMES.iter().filter(|(bit, _)| command.has(*bit)).map(|(_, name)| *name).collect();
    reply.set(flags.len());
    flags.iter().for_each(|name| reply.simple(name));
    let KeyArguments { first, last, step, .. } = command.keys;
    [first, last, step].into_iter().for_each(|number| reply.integer(i64::from(number)));
    let categories = categories(command);
    reply.set(categories.len());
    categories.iter().for_each(|name| reply.simple(&format!("@{name}")));
    reply.set(0);
    describe_keys(command, reply);
    reply.set(command.subcommands().len());
    for subcommand in table::subcommands(row.id) {
        describe(subcommand, reply);
    }
}

/// The key specifications: first key, range, and use.
fn describe_keys(command: &Command, reply: &mut Reply) {
    let KeyArguments { first, last, step, count_at, keyword, behind, stores_from, uses } =
        command.keys;
    let usual = command.usual_key_use();
    // A last key that is not counted from the end is counted from the first key.
    let distance = |first: i32| if last < 0 { last } else { last - first };
    let ranges = match *uses {
        _ if first == 0 => vec![],
        [with_first, ..] if count_at > 0 => vec![(first, distance(first), with_first)],
        [] => vec![(first, distance(first), usual)],
        [with_all] => vec![(first, distance(first), with_all)],
        [with_first, with_others, ..] => {
            let next = first + step;
            vec![(first, 0, with_first), (next, distance(next), with_others)]
        }
    };
    let stores = if stores_from > 0 { &STORES[..] } else { &[] };
    let more = [count_at > 0, keyword.is_some(), behind.is_some()];
    let more = more.map(usize::from).iter().sum::<usize>() + stores.len();
    reply.set(ranges.len() + more);
    for (begin, last, uses) in ranges {
        describe_begin(begin, uses, reply);
        describe_search("range", &[("lastkey", last), ("keystep", step), ("limit", 0)], reply);
    }
    if count_at > 0 {
        describe_begin(count_at as i32, uses.last().unwrap_or(&usual), reply);
        let numbers = [("keynumidx", 0), ("firstkey", 1), ("keystep", 1)];
        describe_search("keynum", &numbers, reply);
    }
    if let Some((word, from)) = behind {
        describe_use(uses.last().unwrap_or(&usual), reply);
        describe_keyword(word, from as i32, (-1, 2), reply);
    }
    if let Some(word) = keyword {
        // A value in front of the word may be the same word.
        describe_use(&format!("{} incomplete", uses.first().unwrap_or(&usual)), reply);
        describe_keyword(word, -2, (-1, 0), reply);
    }
    for word in stores {
        describe_use("OW update", reply);
        describe_keyword(word, stores_from as i32, (0, 0), reply);
    }
}

/// Keys behind a word that is looked for from an argument on.
fn describe_keyword(word: &str, from: i32, (last, limit): (i32, i32), reply: &mut Reply) {
    reply.map(2);
    reply.bulk(b"type");
    reply.bulk(b"keyword");
    reply.bulk(b"spec");
    reply.map(2);
    reply.bulk(b"keyword");
    reply.bulk(word.as_bytes());
    reply.bulk(b"startfrom");
    reply.integer(i64::from(from));
    reply.bulk(b"find_keys");
    describe_search("range", &[("lastkey", last), ("keystep", 1), ("limit", limit)], reply);
}

/// The first two of the three parts of a key specification, and the name of the third.
fn describe_begin(begin: i32, uses: &str, reply: &mut Reply) {
    describe_use(uses, reply);
    describe_search("index", &[("index", begin)], reply);
    reply.bulk(b"find_keys");
}

/// The first part of a key specification, and the name of the second.
fn describe_use(uses: &str, reply: &mut Reply) {
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(uses.split(' ').count());
    uses.split(' ').for_each(|word| reply.simple(word));
    reply.bulk(b"begin_search");
}

fn describe_search(kind: &str, numbers: &[(&str, i32)], reply: &mut Reply) {
    reply.map(2);
    reply.bulk(b"type");
    reply.bulk(kind.as_bytes());
    reply.bulk(b"spec");
    reply.map(numbers.len());
    for (name, number) in numbers {
        reply.bulk(name.as_bytes());
        reply.integer(i64::from(*number));
    }
}

static DOCS: Command = Command {
    summary: "Documents the named commands, or all",
    syntax: "[command-name [command-name ...]]",
    example: "> COMMAND DOCS nothing
              *0",
    handler: Handler::Plain(docs),
    ..FAMILY.row("docs", -2, 0, "7.0.0")
};

fn docs(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let rows: Vec<&Row> = match args.len() {
        2 => tops().collect(),
        _ => args.from(2).iter().filter_map(table::find_full).collect(),
    };
    reply.map(rows.len());
    rows.into_iter().for_each(|row| document(row, reply));
    Ok(())
}

fn document(row: &Row, reply: &mut Reply) {
    let command = row.command;
    let facts = [
        ("summary", command.summary),
        ("since", command.since),
        ("group", command.group),
        ("complexity", command.complexity.text()),
    ];
    let subcommands = table::subcommands(row.id);
    reply.bulk(row.full_name().as_bytes());
    let arguments = syntax::arguments(command.syntax);
    let has_arguments = subcommands.is_empty() && !arguments.is_empty();
    reply.map(facts.len() + usize::from(!subcommands.is_empty()) + usize::from(has_arguments));
    for (name, text) in facts {
        reply.bulk(name.as_bytes());
        reply.bulk(text.as_bytes());
    }
    if has_arguments {
        reply.bulk(b"arguments");
        document_arguments(&arguments, reply);
    }
    if !subcommands.is_empty() {
        reply.bulk(b"subcommands");
        reply.map(subcommands.len());
        for subcommand in subcommands {
            document(subcommand, reply);
        }
    }
}

fn document_arguments(arguments: &[Argument], reply: &mut Reply) {
    reply.array(arguments.len());
    for argument in arguments {
        let flags = [
            (argument.is_optional, "optional"),
            (argument.is_multiple, "multiple"),
            // The word in front of it is repeated with it.
            (argument.is_multiple && argument.token.is_some(), "multiple_token"),
        ];
        let flags: Vec<&str> = flags.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        let mut facts = vec![("name", argument.name.as_str()), ("type", argument.kind)];
        facts.extend(argument.token.as_deref().map(|token| ("token", token)));
        let has_parts = !argument.arguments.is_empty();
        reply.map(facts.len() + usize::from(!flags.is_empty()) + usize::from(has_parts));
        for (name, text) in facts {
            reply.bulk(name.as_bytes());
            reply.bulk(text.as_bytes());
        }
        if !flags.is_empty() {
            reply.bulk(b"flags");
            reply.set(flags.len());
            flags.iter().for_each(|flag| reply.simple(flag));
        }
        if has_parts {
            reply.bulk(b"arguments");
            document_arguments(&argument.arguments, reply);
        }
    }
}

static GETKEYS: Command = Command {
    complexity: Complexity::Other("O(N) with N arguments"),
    summary: "Returns which arguments of a request are keys",
    syntax: "command [arg [arg ...]]",
    example: "> COMMAND GETKEYS MSET a 1 b 2
              *2
              $1
              a
              $1
              b
              > COMMAND GETKEYS PING
              -ERR The command has no key arguments",
    handler: Handler::Plain(getkeys),
    ..FAMILY.row("getkeys", -3, 0, "2.8.13")
};

fn getkeys(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let request = args.from(2);
    let keys = keys_of(request)?;
    reply.array(keys.len());
    keys.into_iter().for_each(|key| reply.bulk(request.at(key.at)));
    Ok(())
}

/// The keys of a request.
fn keys_of(request: Args<'_>) -> Result<Vec<KeyUse>, CommandError> {
    let id = table::find_request(request.at(0), request.get(1));
    let id = id.ok_or(CommandError::new("ERR Invalid command specified"))?;
    let command = table::command(id);
    if command.keys.is_none() || command.keys.uses == ["not_key"] {
        return Err(CommandError::new("ERR The command has no key arguments"));
    }
    if !command.takes(request.len()) {
        let text = "ERR Invalid number of arguments specified for command";
        return Err(CommandError::new(text));
    }
    let keys = command.key_uses(request);
    // A destination alone is not enough if keys are counted: their number is wrong then.
    let is_counted = command.keys.count_at > 0;
    let fixed = if is_counted { command.keys.indices(request.len()).count() } else { 0 };
    if keys.len() <= fixed && !command.has(flag::NO_MANDATORY_KEYS) {
        return Err(CommandError::new("ERR Invalid arguments specified for command"));
    }
    Ok(keys)
}

static GETKEYSANDFLAGS: Command = Command {
    complexity: Complexity::Other("O(N) with N arguments"),
    summary: "Returns which arguments of a request are keys, and what is done with each",
    syntax: "command [arg [arg ...]]",
    example: "> COMMAND GETKEYSANDFLAGS LMOVE a b left right
              *2
              *2
              $1
              a
              *3
              +RW
              +access
              +delete
              *2
              $1
              b
              *2
              +RW
              +insert",
    handler: Handler::Plain(getkeysandflags),
    ..FAMILY.row("getkeysandflags", -3, 0, "7.0.0")
};

fn getkeysandflags(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let request = args.from(2);
    let keys = keys_of(request)?;
    reply.array(keys.len());
    for key in keys {
        reply.array(2);
        reply.bulk(request.at(key.at));
        // A use that depends on the options is known here.
        let words = key.uses.split(' ').filter(|word| *word != "variable_flags");
        reply.set(words.clone().count());
        words.for_each(|word| reply.simple(word));
    }
    Ok(())
}

static LIST: Command = Command {
    summary: "Lists the names of all commands, or of those that match a filter",
    syntax: "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
    example: "> COMMAND LIST FILTERBY PATTERN GE?
              *1
              $3
              get
              > COMMAND LIST FILTERBY MODULE none
              *0",
    handler: Handler::Plain(list),
    ..FAMILY.row("list", -2, 0, "7.0.0")
};

fn list(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let rows = table::rows().iter();
    let rows: Vec<&Row> = match args.len() {
        2 => rows.collect(),
        5 if args.is(2, "filterby") => {
            let wanted = args.at(4);
            match args.at(3).to_ascii_lowercase().as_slice() {
                b"module" => Vec::new(),
                b"aclcat" => {
                    let wanted = wanted.to_ascii_lowercase();
                    let fits = |name: &&str| name.as_bytes() == wanted;
                    rows.filter(|row| categories(row.command).iter().any(fits)).collect()
                }
                b"pattern" => {
                    let fits = |name: String| glob::matches_ignoring_case(wanted, name.as_bytes());
                    rows.filter(|row| fits(row.full_name())).collect()
                }
                _ => return Err(CommandError::SYNTAX),
            }
        }
        _ => return Err(CommandError::SYNTAX),
    };
    reply.array(rows.len());
    rows.into_iter().for_each(|row| reply.bulk(row.full_name().as_bytes()));
    Ok(())
}

static HELP: Command = Command {
    flags: FLAGS,
    categories: FAMILY.categories,
    example: "> COMMAND HELP now
              -ERR wrong number of arguments for 'command|help' command",
    ..help::row("server", "5.0.0")
};
