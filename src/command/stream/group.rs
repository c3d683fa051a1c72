//! XGROUP: groups of a stream, and their consumers.

use super::log::log_progress;
use super::{FAMILY, id, strict_id};
use crate::command::engine::help::{self, wrong_subcommand};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::types::stream::{Group, Id, Stream};
use crate::keyspace::{Event, Value};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&XGROUP];

/// What the rows of subcommands have in common.
const SUBCOMMAND: Command = Command { keys: KeyArguments::new(2, 2, 1), ..FAMILY };

static XGROUP: Command = Command {
    flags: 0,
    keys: KeyArguments::NONE,
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Works on the groups of a stream",
    syntax: "subcommand",
    handler: Handler::Container(
        &[&CREATE, &CREATECONSUMER, &DELCONSUMER, &DESTROY, &HELP, &SETID],
        None,
    ),
    ..FAMILY.row("xgroup", -2, 0, "5.0.0")
};

static HELP: Command = Command {
    example: "> XGROUP HELP now
              -ERR wrong number of arguments for 'xgroup|help' command",
    ..help::row("stream", "5.0.0")
};

static CREATE: Command = Command {
    keys: SUBCOMMAND.keys.used(&["RW insert"]),
    summary: "Creates a group, which has read up to an id",
    syntax: "key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]",
    example: "
        > XGROUP CREATE jobs team $ MKSTREAM
        +OK
        > XGROUP CREATE jobs team 0
        -BUSYGROUP Consumer Group name already exists
    ",
    handler: Handler::Keys(create),
    ..SUBCOMMAND.row("create", -5, flag::WRITE | flag::DENYOOM, "5.0.0")
};

/// The options of CREATE and SETID.
#[derive(Default)]
struct Options {
    makes_stream: bool,
    entries_read: Option<u64>,
}

impl Options {
    fn parse(args: Args<'_>, is_create: bool) -> Result<Options, CommandError> {
        let (mut options, mut at) = (Options::default(), 5);
        while at < args.len() {
            if is_create && args.is(at, "MKSTREAM") {
                options.makes_stream = true;
                at += 1;
            } else if args.is(at, "ENTRIESREAD") && at + 1 < args.len() {
                options.entries_read = match args.integer(at + 1)? {
                    -1 => None,
                    read => Some(u64::try_from(read).map_err(|_| {
                        CommandError::new("ERR value for ENTRIESREAD must be positive or -1")
                    })?),
                };
                at += 2;
            } else {
                return Err(wrong_subcommand(args));
            }
        }
        Ok(options)
    }
}

const NO_STREAM: CommandError = CommandError::new(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use \
     the MKSTREAM option to create an empty stream automatically.",
);

fn create(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    const ARGUMENTS_MAX: usize = 8;
    const TAKEN: CommandError = CommandError::new("BUSYGROUP Consumer Group name already exists");
    let options = Options::parse(args, true)?;
    let (key, name) = (args.at(2), args.at(3));
    let stream = keys.look::<Stream>(key)?;
    if stream.is_none() && !options.makes_stream {
        return Err(NO_STREAM);
    }
    if args.len() > ARGUMENTS_MAX {
        return Err(wrong_subcommand(args));
    }
    let last_id = match args.at(4) {
        b"$" => stream.map_or(Id::ZERO, |stream| stream.entries().last_id),
        text => strict_id(text, 0)?,
    };
    let is_new_stream = stream.is_none();
    if stream.is_some_and(|stream| stream.group(name).is_some()) {
        return Err(TAKEN);
    }
    let change = |stream: &mut Stream| {
        stream.create();
        stream.add_group(name, Group::new(last_id, options.entries_read));
        ((), 1)
    };
    let event = Event::stream("xgroup-create");
    match is_new_stream {
        true => keys.change(key, event, change)?,
        false => keys.change_aside(key, event, change)?,
    }
    if args.at(4) == b"$" {
        // The last id may be another one when the log is read: entries are logged with their ids,
        // but a rewritten log has them all in front of its groups.
        keys.log_as(|| exact_create(args, last_id));
    }
    reply.ok();
    Ok(())
}

/// The same request with an id in the place of `$`.
fn exact_create(args: Args<'_>, last_id: Id) -> Vec<crate::keyspace::Key> {
    let mut words: Vec<crate::keyspace::Key> = args.iter().map(crate::keyspace::Key::new).collect();
    words[4] = crate::keyspace::Key::new(last_id.to_string().as_bytes());
    words
}

static SETID: Command = Command {
    keys: SUBCOMMAND.keys.used(&["RW update"]),
    summary: "Sets up to which entry a group has read",
    syntax: "key group <id | $> [ENTRIESREAD entries-read]",
    example: "
        > XGROUP CREATE jobs team $ MKSTREAM
        +OK
        > XGROUP SETID jobs team 0
        +OK
    ",
    handler: Handler::Keys(setid),
    ..SUBCOMMAND.row("setid", -5, flag::WRITE, "5.0.0")
};

/// Checks that there is a stream with this group, and returns the last id of the stream.
fn expect_group(keys: &mut Keys<'_>, args: Args<'_>) -> Result<Id, CommandError> {
    let (key, name) = (args.at(2), args.at(3));
    let stream = keys.look::<Stream>(key)?.ok_or(NO_STREAM)?;
    match stream.group(name) {
        Some(_) => Ok(stream.entries().last_id),
        None => Err(super::no_such_group(name, key)),
    }
}

fn setid(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let options = Options::parse(args, false)?;
    let stream_id = expect_group(keys, args)?;
    let last_id = match args.at(4) {
        b"$" => stream_id,
        text => id(text, 0)?,
    };
    let (key, name, event) = (args.at(2), args.at(3), Event::stream("xgroup-setid"));
    let progress = keys.change_aside(key, event, |stream: &mut Stream| {
        let progress = stream.change_group(name, |group, _| {
            (group.last_id, group.entries_read) = (last_id, options.entries_read);
            super::log::Progress::of(group)
        });
        (progress, 1)
    })?;
    if let Some(progress) = progress {
        log_progress(keys, key, name, &progress);
    }
    reply.ok();
    Ok(())
}

static DESTROY: Command = Command {
    keys: SUBCOMMAND.keys.used(&["RW delete"]),
    complexity: Complexity::Other("O(1); what was pending is freed without the lock"),
    summary: "Removes a group with all its consumers",
    syntax: "key group",
    example: "
        > XGROUP CREATE jobs team $ MKSTREAM
        +OK
        > XGROUP DESTROY jobs team
        :1
    ",
    handler: Handler::Keys(destroy),
    ..SUBCOMMAND.row("destroy", 4, flag::WRITE, "5.0.0")
};

fn destroy(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (key, name) = (args.at(2), args.at(3));
    keys.look::<Stream>(key)?.ok_or(NO_STREAM)?;
    let event = Event::stream("xgroup-destroy");
    let remains = keys.change_aside(key, event, |stream: &mut Stream| {
        let remains = stream.remove_group(name);
        let changes = usize::from(remains.is_some());
        (remains, changes)
    })?;
    reply.integer(i64::from(remains.is_some()));
    if let Some(remains) = remains {
        keys.discard(Value::Stream(remains));
        // Those that wait for the group get an error.
        keys.wake(key);
    }
    Ok(())
}

static CREATECONSUMER: Command = Command {
    keys: SUBCOMMAND.keys.used(&["RW insert"]),
    summary: "Creates a consumer of a group",
    syntax: "key group consumer",
    since: "6.2.0",
    example: "
        > XGROUP CREATE jobs team $ MKSTREAM
        +OK
        > XGROUP CREATECONSUMER jobs team ada
        :1
        > XGROUP CREATECONSUMER jobs team ada
        :0
    ",
    handler: Handler::Keys(createconsumer),
    ..SUBCOMMAND.row("createconsumer", 5, flag::WRITE | flag::DENYOOM, "5.0.0")
};

fn createconsumer(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    expect_group(keys, args)?;
    let (key, now_ms, event) = (args.at(2), keys.now_ms(), Event::stream("xgroup-createconsumer"));
    let is_new = keys.change_aside(key, event, |stream: &mut Stream| {
        let add = |group: &mut Group, _: &_| group.add_consumer(args.at(4), now_ms).1;
        let is_new = stream.change_group(args.at(3), add).unwrap_or(false);
        (is_new, usize::from(is_new))
    })?;
    reply.integer(i64::from(is_new));
    Ok(())
}

static DELCONSUMER: Command = Command {
    keys: SUBCOMMAND.keys.used(&["RW delete"]),
    complexity: Complexity::Other(
        "O(N*log(P)) with N entries pending for the consumer, and P for the group",
    ),
    summary: "Removes a consumer, and returns how many entries were pending for it",
    syntax: "key group consumer",
    example: "
        > XGROUP CREATE jobs team $ MKSTREAM
        +OK
        > XGROUP DELCONSUMER jobs team ada
        :0
    ",
    handler: Handler::Keys(delconsumer),
    ..SUBCOMMAND.row("delconsumer", 5, flag::WRITE, "5.0.0")
};

fn delconsumer(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    expect_group(keys, args)?;
    let (key, event) = (args.at(2), Event::stream("xgroup-delconsumer"));
    let pending = keys.change_aside(key, event, |stream: &mut Stream| {
        let remove = |group: &mut Group, _: &_| group.remove_consumer(args.at(4));
        let pending = stream.change_group(args.at(3), remove).flatten();
        (pending, usize::from(pending.is_some()))
    })?;
    reply.count(pending.unwrap_or(0));
    Ok(())
}
