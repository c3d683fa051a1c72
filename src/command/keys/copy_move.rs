//! Commands on two databases: they copy or move a key, or exchange the databases.

use crate::command::engine::arguments::{Cursor, database_index};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, KeyArguments, Keyspace, Outcome,
};
use crate::command::engine::{Reply, flag};
use crate::keyspace::Event;

/// The family.
pub const COMMANDS: &[&Command] = &[&COPY, &MOVE, &SWAPDB];

const SAME: CommandError = CommandError::new("ERR source and destination objects are the same");

/// What the rows of the family have in common.
const FAMILY: Command = Command { flags: flag::WRITE | flag::FAST, ..Command::of_group("generic") };

static COPY: Command = Command {
    flags: flag::WRITE | flag::DENYOOM,
    keys: KeyArguments::new(1, 2, 1).used(&["RO access", "OW update"]),
    complexity: Complexity::Other(
        "O(N) with N fields of a hash; O(1) for a string, which is shared",
    ),
    summary: "Copies the value of a key, and its deadline, to another key or database",
    syntax: "source destination [DB destination-db] [REPLACE]",
    example: "> SET draft text EX 60
              +OK
              > COPY draft backup
              :1
              > TTL backup
              :60
              > COPY draft backup
              :0
              > COPY draft draft DB 1
              :1",
    handler: Handler::Keyspace(copy),
    ..FAMILY.row("copy", -3, 0, "6.2.0")
};

fn copy(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let (db, quiet) = (context.session.db(), context.session.no_touch());
    let (key, new_key) = (args.at(1), args.at(2));
    let (mut new_db, mut replaces) = (db, false);
    let mut words = Cursor::at(args, 3);
    while !words.is_done() {
        if words.take("REPLACE") {
            replaces = true;
        } else if let Some(number) = words.value_of("DB") {
            new_db = database_index(context, number)?;
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    if (db, key) == (new_db, new_key) {
        return Err(SAME);
    }
    let now_ms = context.now_ms;
    let is_there = keyspace.keys(db, now_ms, quiet).read_entry(key).is_some();
    let may_copy = is_there
        && (replaces || keyspace.keys(new_db, now_ms, quiet).look_entry(new_key).is_none());
    if may_copy && let Some(entry) = keyspace.keys(db, now_ms, quiet).look_entry(key) {
        let (value, expires_at_ms) = (entry.value.clone(), entry.expires_at_ms());
        let mut keys = keyspace.keys(new_db, now_ms, quiet);
        let is_replaced = keys.look_entry(new_key).is_some();
        keys.set(new_key, value, expires_at_ms, Event::NONE);
        // Redis removes what is replaced, so for it the key is new.
        keys.notify(new_key, if is_replaced { Event::NEW } else { Event::NONE });
        keys.notify(new_key, Event::COPY_TO);
    }
    reply.integer(i64::from(may_copy));
    Ok(())
}

static MOVE: Command = Command {
    keys: KeyArguments::FIRST,
    summary: "Moves a key to another database, unless it exists there",
    syntax: "key db",
    example: "> SET draft text
              +OK
              > MOVE draft 1
              :1
              > EXISTS draft
              :0
              > MOVE draft 0
              -ERR source and destination objects are the same",
    handler: Handler::Keyspace(carry),
    ..FAMILY.row("move", 3, 0, "1.0.0")
};

fn carry(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let (db, quiet) = (context.session.db(), context.session.no_touch());
    let new_db = database_index(context, args.at(2))?;
    if db == new_db {
        return Err(SAME);
    }
    let (key, now_ms) = (args.at(1), context.now_ms);
    let is_there = keyspace.keys(db, now_ms, quiet).look_entry(key).is_some();
    let may_move = is_there && keyspace.keys(new_db, now_ms, quiet).look_entry(key).is_none();
    if may_move && let Some(entry) = keyspace.keys(db, now_ms, quiet).take(key, Event::NONE) {
        let expires_at_ms = entry.expires_at_ms();
        keyspace.keys(new_db, now_ms, quiet).set(key, entry.value, expires_at_ms, Event::NONE);
        keyspace.keys(db, now_ms, quiet).notify(key, Event::MOVE_FROM);
        keyspace.keys(new_db, now_ms, quiet).notify(key, Event::MOVE_TO);
    }
    reply.integer(i64::from(may_move));
    Ok(())
}

static SWAPDB: Command = Command {
    group: "server",
    categories: &["keyspace"],
    flags: flag::WRITE | flag::FAST | flag::DANGEROUS,
    complexity: Complexity::Other("O(N) with N watched keys"),
    summary: "Exchanges two databases: their clients see each other's keys",
    syntax: "index1 index2",
    example: "> SET k v
              +OK
              > SWAPDB 0 1
              +OK
              > DBSIZE
              :0
              > SWAPDB 0 x
              -ERR invalid second DB index",
    handler: Handler::Keyspace(swapdb),
    ..FAMILY.row("swapdb", 3, 0, "4.0.0")
};

fn swapdb(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let number = |at, text| {
        let number = args.integer(at).ok().and_then(|number| i32::try_from(number).ok());
        number.ok_or(CommandError::new(text))
    };
    number(1, "ERR invalid first DB index")?;
    number(2, "ERR invalid second DB index")?;
    let (first, second) =
        (database_index(context, args.at(1))?, database_index(context, args.at(2))?);
    keyspace.swap(first, second, context.now_ms);
    reply.ok();
    Ok(())
}
