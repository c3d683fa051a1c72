//! DEBUG: what tests of a server and of its clients need, if the configuration allows it.
//!
//! The subset is that of Redis's own test suite, as far as it means something here. Unlike in Redis
//! DEBUG SLEEP stops only the client that asks for it: each has a thread of its own.

use crate::aof::{Order, Reload};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use crate::shared::Shared;
use crate::snapshot::encode;
use crate::text::glob;
use std::time::Duration;

/// The family.
pub const COMMANDS: &[&Command] = &[&DEBUG];

static DEBUG: Command = Command {
    group: "server",
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Helps to test the server, if --enable-debug-command allows it",
    syntax: "<OBJECT key | STRINGMATCH-LEN length pattern | SET-ACTIVE-EXPIRE <0 | 1> | \
             PROTOCOL type | RELOAD [MERGE] [NOFLUSH] [NOSAVE] | LOADAOF | SLEEP seconds | PANIC | \
             HELP>",
    example: "> DEBUG SLEEP 0
              -ERR DEBUG command not allowed. If the enable-debug-command option is set to \
              \"local\", you can run it from a local connection, otherwise you need to set this \
              option in the configuration file, and then restart the server.",
    handler: Handler::Server(debug),
    // Inside a transaction it would sleep while the keyspace is locked.
    ..Command::named(
        "debug",
        -2,
        flag::ADMIN | flag::NOSCRIPT | flag::LOADING | flag::STALE | flag::NO_MULTI,
        "1.0.0",
    )
};

/// The lines of DEBUG HELP: the subcommands and what they do.
const HELP: [(&str, &str); 9] = [
    ("HELP", "Lists the subcommands."),
    ("LOADAOF", "Writes the log to its end, removes all data, and replays the log."),
    ("OBJECT <key>", "Describes a value: encoding, length of its serialized form, last use."),
    ("PANIC", "Fails like a handler with a bug; that costs this connection."),
    (
        "PROTOCOL <type>",
        "Replies with a value of a type of the protocol, in this connection's \
                         version.",
    ),
    (
        "RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
        "Saves a snapshot, removes all data, and loads the \
                                           snapshot.",
    ),
    ("SET-ACTIVE-EXPIRE <0|1>", "With 0, expired keys are removed only when they are used."),
    ("SLEEP <seconds>", "Lets this connection wait; others are served."),
    ("STRINGMATCH-LEN <length> <pattern>", "Matches a pattern with a text of so many letters a."),
];

fn debug(shared: &Shared, context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let is_local = context.session.client.peer.is_local();
    if !context.shared.config().enable_debug_command.allows(is_local) {
        return Err(CommandError::new(
            "ERR DEBUG command not allowed. If the enable-debug-command option is set to \
             \"local\", you can run it from a local connection, otherwise you need to set this \
             option in the configuration file, and then restart the server.",
        ));
    }
    match (args.at(1).to_ascii_lowercase().as_slice(), args.len()) {
        (b"help", 2) => help(reply),
        (b"object", 3) => object(shared, context, args, reply)?,
        (b"panic", 2) => panic!("DEBUG PANIC was called"),
        (b"protocol", 3) => protocol(context, args.at(2), reply)?,
        (b"reload", _) => {
            reload(shared, args)?;
            reply.ok();
        }
        (b"loadaof", 2) => {
            let failed = "ERR Error trying to load the AOF files, check server logs.";
            shared.order(Order::LoadLog).map_err(|_| CommandError::new(failed))?;
            reply.ok();
        }
        (b"set-active-expire", 3) => {
            let is_on = crate::resp::parse_integer(args.at(2)).is_some_and(|number| number != 0);
            shared.set_sweeping(is_on);
            reply.ok();
        }
        (b"sleep", 3) => {
            let seconds = std::str::from_utf8(args.at(2)).ok().and_then(|s| s.parse().ok());
            // As in Redis, what is no number is none at all.
            let pause = Duration::try_from_secs_f64(seconds.unwrap_or(0.0));
            std::thread::sleep(pause.unwrap_or_default());
            reply.ok();
        }
        (b"stringmatch-len", 4) => {
            let len = usize::try_from(args.integer(2)?).unwrap_or(0);
            let text = vec![b'a'; len.min(crate::limits::DEBUG_TEXT_BYTES_MAX)];
            reply.integer(i64::from(glob::matches(args.at(3), &text)));
        }
        _ => {
            let before = "ERR unknown subcommand or wrong number of arguments for '";
            return Err(CommandError::quoting(before, args.at(1), "'. Try DEBUG HELP."));
        }
    }
    Ok(())
}

fn help(reply: &mut Reply) {
    reply.array(1 + 2 * HELP.len());
    reply.simple("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (syntax, text) in HELP {
        reply.simple(syntax);
        reply.simple(&format!("    {text}"));
    }
}

/// Describes a value. There is no address to show; `lru` is the time of the last use in seconds, as
/// far as Redis shows it.
fn object(shared: &Shared, context: &Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    const LRU_BITS: u64 = (1 << 24) - 1;
    /// Bytes of a payload in addition to the value: its type, a version and a check sum.
    const FRAME_BYTES: usize = 1 + 2 + 8;
    let line = shared.with_keyspace(|hold| {
        let now_ms = hold.now_ms;
        let mut keys = hold.keys(context.session.db(), now_ms, true);
        let entry = keys.peek(args.at(2))?;
        let idle_s = entry.idle_ms(now_ms) / 1_000;
        let len = encode::dump(&entry.value).map_or(0, |payload| payload.len() - FRAME_BYTES);
        Some(format!(
            "Value at:0x0 refcount:1 encoding:{} serializedlength:{len} lru:{} \
             lru_seconds_idle:{idle_s}",
            entry.value.encoding(),
            (now_ms / 1_000).saturating_sub(idle_s) & LRU_BITS,
        ))
    });
    reply.simple(&line.ok_or(CommandError::new("ERR no such key"))?);
    Ok(())
}

/// Replies with a value of a type: clients test their parsers with it.
fn protocol(context: &mut Context<'_>, kind: &[u8], reply: &mut Reply) -> Outcome {
    let is_resp3 = reply.is_resp3();
    match kind.to_ascii_lowercase().as_slice() {
        b"string" => reply.bulk(b"Hello World"),
        b"integer" => reply.integer(12345),
        b"double" => reply.double_text(b"3.141"),
        b"null" => reply.null(),
        b"array" | b"set" => {
            if kind.eq_ignore_ascii_case(b"set") {
                reply.set(3)
            } else {
                reply.array(3)
            }
            (0..3).for_each(|number| reply.integer(number));
        }
        b"map" => {
            reply.map(3);
            for number in 0..3 {
                reply.integer(number);
                boolean(number == 1, reply);
            }
        }
        b"attrib" => {
            // An attribute precedes the reply that it describes, and RESP2 has none.
            context.session.has_confirmed = true;
            if is_resp3 {
                reply.encoded(b"|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n");
            }
            reply.bulk(b"Some real reply following the attribute");
        }
        b"push" if !is_resp3 => {
            return Err(CommandError::new("ERR RESP2 is not supported by this command"));
        }
        b"push" => {
            context.session.has_confirmed = true;
            reply.push(2);
            reply.bulk(b"server-cpu-usage");
            reply.integer(42);
            reply.bulk(b"Some real reply following the push reply");
        }
        b"verbatim" => reply.verbatim("This is a verbatim\nstring"),
        b"true" => boolean(true, reply),
        b"false" => boolean(false, reply),
        b"bignum" if is_resp3 => reply.encoded(b"(1234567999999999999999999999999999999\r\n"),
        b"bignum" => reply.bulk(b"1234567999999999999999999999999999999"),
        _ => {
            return Err(CommandError::new(
                "ERR Wrong protocol type name. Please use one of the following: \
                 string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
            ));
        }
    }
    Ok(())
}

fn boolean(is_true: bool, reply: &mut Reply) {
    match (reply.is_resp3(), is_true) {
        (true, true) => reply.encoded(b"#t\r\n"),
        (true, false) => reply.encoded(b"#f\r\n"),
        (false, is_true) => reply.integer(i64::from(is_true)),
    }
}

/// Saves a snapshot, unless NOSAVE is given, and loads it again.
fn reload(shared: &Shared, args: Args<'_>) -> Outcome {
    let (mut saves, mut reload) = (true, Reload { flushes: true, merges: false });
    for at in 2..args.len() {
        match args.at(at).to_ascii_lowercase().as_slice() {
            b"nosave" => saves = false,
            b"noflush" => reload.flushes = false,
            b"merge" => reload.merges = true,
            _ => {
                return Err(CommandError::new(
                    "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.",
                ));
            }
        }
    }
    let failed = "ERR Error trying to load the RDB dump, check server logs.";
    if saves {
        shared.save_when_free().map_err(|_| CommandError::new("ERR Error saving the DB"))?;
    }
    let order = |answer| Order::Reload(reload, answer);
    shared.order(order).map_err(|_| CommandError::new(failed))
}
