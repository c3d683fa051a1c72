//! Commands about the connection itself: greeting, authentication, protocol, database.

use crate::acl::Refused;
use crate::acl::users::DEFAULT;
use crate::command::engine::Keyspace;
use crate::command::engine::arguments::{Cursor, client_attribute, database_index};
use crate::command::engine::permission::{self, Place};
use crate::command::engine::session::{ReplyMode, Session};
use crate::command::engine::{Args, Command, CommandError, Context, Handler, Outcome, Reply, flag};
use crate::text::version::REDIS_VERSION;
use std::sync::atomic::Ordering::Relaxed;

/// The family.
pub const COMMANDS: &[&Command] = &[&PING, &ECHO, &QUIT, &RESET, &HELLO, &AUTH, &SELECT];

/// Flags of commands that work in every state of the connection.
const ALWAYS: u32 = flag::NOSCRIPT | flag::LOADING | flag::STALE | flag::FAST | flag::ALLOW_BUSY;

/// Flags of commands that end the connection or its state, whatever that is.
const LEAVING: u32 =
    ALWAYS | flag::NO_AUTH | flag::UNQUEUED | flag::ENDS_TRANSACTION | flag::WHEN_SUBSCRIBED;

static PING: Command = Command {
    group: "connection",
    summary: "Replies with PONG, or with the message",
    syntax: "[message]",
    example: "> PING
              +PONG
              > PING \"hello world\"
              $11
              hello world",
    handler: Handler::Plain(ping),
    ..Command::named("ping", -1, flag::FAST | flag::WHEN_SUBSCRIBED, "1.0.0")
};

fn ping(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    match args.len() {
        // Who listens to channels in RESP2 gets it in the form of a message.
        1 | 2 if context.session.is_in_subscribed_mode() => {
            reply.array(2);
            reply.bulk(b"pong");
            reply.bulk(args.get(1).unwrap_or_default());
        }
        1 => reply.simple("PONG"),
        2 => reply.bulk(args.at(1)),
        _ => return Err(CommandError::arity("ping")),
    }
    Ok(())
}

static ECHO: Command = Command {
    group: "connection",
    summary: "Replies with the message",
    syntax: "message",
    example: "> ECHO \"a\\x00b\"
              $3
              a\0b",
    handler: Handler::Plain(echo),
    ..Command::named("echo", 2, flag::LOADING | flag::STALE | flag::FAST, "1.0.0")
};

fn echo(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.bulk(args.at(1));
    Ok(())
}

static QUIT: Command = Command {
    group: "connection",
    summary: "Closes the connection; requests after it are not executed",
    example: "> QUIT
              +OK",
    handler: Handler::Plain(quit),
    ..Command::named("quit", -1, LEAVING, "1.0.0")
};

fn quit(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    context.session.is_closing = true;
    reply.ok();
    Ok(())
}

static RESET: Command = Command {
    group: "connection",
    summary: "Resets the connection to its initial state",
    example: "> RESET
              +RESET",
    handler: Handler::Keyspace(reset),
    ..Command::named("reset", 1, LEAVING, "6.2.0")
};

fn reset(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    _: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let session = &mut *context.session;
    session.forget_transaction(keyspace, context.now_ms);
    session.stop_monitoring(context.shared, reply);
    session.stop_tracking(context.shared, reply);
    session.unsubscribe_all(context.shared, reply);
    // The library's name and version stay: the library is the same as before.
    session.client.names.lock().client.clear();
    let default = context.shared.acl.default_user();
    session.become_user(default);
    session.is_authenticated = default.is_open();
    session.reply_mode = ReplyMode::On;
    session.select(0);
    session.set_no_touch(false);
    session.client.no_evict.store(false, Relaxed);
    set_protocol(session, reply, 2);
    reply.simple("RESET");
    Ok(())
}

static HELLO: Command = Command {
    group: "connection",
    summary: "Chooses the protocol version, authenticates, and describes the server",
    syntax: "[protover [AUTH username password] [SETNAME clientname]]",
    example: "> HELLO 4
              -NOPROTO unsupported protocol version",
    handler: Handler::Plain(hello),
    ..Command::named("hello", -1, ALWAYS | flag::NO_AUTH | flag::SECRETS, "6.0.0")
};

fn hello(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let version = hello_version(args)?;
    let mut credentials = None;
    let mut name = None;
    let mut words = Cursor::at(args, 2);
    while !words.is_done() {
        if let Some([user, password]) = words.values_of("AUTH") {
            credentials = Some((user, password));
        } else if let Some(value) = words.value_of("SETNAME") {
            name = Some(client_attribute("Client names", value)?);
        } else {
            let option = args.at(words.index());
            return Err(CommandError::quoting("ERR Syntax error in HELLO option '", option, "'"));
        }
    }
    if let Some(credentials) = credentials {
        log_in(context, args, credentials)?;
    }
    if !context.session.is_authenticated {
        return Err(CommandError::new(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the \
             HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and \
             select the RESP protocol version at the same time",
        ));
    }
    if let Some(name) = name {
        context.session.client.names.lock().client = name;
    }
    if let Some(version) = version {
        set_protocol(context.session, reply, version);
    }
    describe_server(context, reply);
    Ok(())
}

/// The wanted version, if there is one. Another word asks for the server's description only (`HELLO
/// world`).
fn hello_version(args: Args<'_>) -> Result<Option<u64>, CommandError> {
    let Some(word) = args.get(1) else { return Ok(None) };
    match crate::resp::parse_integer(word) {
        Some(2) => Ok(Some(2)),
        Some(3) => Ok(Some(3)),
        Some(_) => Err(CommandError::new("NOPROTO unsupported protocol version")),
        None if word.iter().any(u8::is_ascii_alphabetic) => Ok(None),
        None => Err(CommandError::new("ERR Protocol version is not an integer or out of range")),
    }
}

fn describe_server(context: &Context<'_>, reply: &mut Reply) {
    let protocol = if reply.is_resp3() { 3 } else { 2 };
    reply.map(7);
    reply.bulk(b"server");
    reply.bulk(b"redis");
    reply.bulk(b"version");
    reply.bulk(REDIS_VERSION.as_bytes());
    reply.bulk(b"proto");
    reply.integer(protocol);
    reply.bulk(b"id");
    reply.integer(context.session.client.id as i64);
    reply.bulk(b"mode");
    let is_cluster = context.shared.config().cluster_emulation;
    reply.bulk(if is_cluster { b"cluster" } else { b"standalone" });
    reply.bulk(b"role");
    reply.bulk(b"master");
    reply.bulk(b"modules");
    reply.array(0);
}

fn set_protocol(session: &Session, reply: &mut Reply, version: u64) {
    session.client.resp.store(version, Relaxed);
    reply.set_resp3(version == 3);
}

static AUTH: Command = Command {
    group: "connection",
    summary: "Authenticates the client",
    syntax: "[username] password",
    example: "> AUTH default anything
              +OK
              > AUTH nobody anything
              -WRONGPASS invalid username-password pair or user is disabled.",
    handler: Handler::Plain(auth),
    ..Command::named("auth", -2, ALWAYS | flag::NO_AUTH | flag::SECRETS, "1.0.0")
};

fn auth(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    match args.len() {
        2 if context.shared.acl.default_user().rules().has_no_password => {
            return Err(CommandError::new(
                "ERR AUTH <password> called without any password configured for the default \
                 user. Are you sure your configuration is correct?",
            ));
        }
        2 => log_in(context, args, (DEFAULT, args.at(1)))?,
        3 => log_in(context, args, (args.at(1), args.at(2)))?,
        _ => return Err(CommandError::SYNTAX),
    }
    reply.ok();
    Ok(())
}

/// Checks a name and a password, and logs a refusal.
fn log_in(context: &mut Context<'_>, args: Args<'_>, (user, password): (&[u8], &[u8])) -> Outcome {
    if let Some(user) = context.shared.acl.authenticate(user, password) {
        context.session.become_user(&user);
        context.session.is_authenticated = true;
        return Ok(());
    }
    let (services, session) = (context.shared, &*context.session);
    let what = (Refused::Auth, Place::Client);
    permission::log(services, session, what, args.at(0).to_vec(), user);
    let wrong = "WRONGPASS invalid username-password pair or user is disabled.";
    Err(CommandError::new(wrong))
}

static SELECT: Command = Command {
    group: "connection",
    summary: "Chooses the database for the following commands",
    syntax: "index",
    example: "> SELECT 1
              +OK
              > SELECT 16
              -ERR DB index is out of range",
    handler: Handler::Plain(select),
    ..Command::named(
        "select",
        2,
        flag::LOADING | flag::STALE | flag::FAST | flag::REPLAYED,
        "1.0.0",
    )
};

fn select(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let db = database_index(context, args.at(1))?;
    context.session.select(db);
    reply.ok();
    Ok(())
}
