//! SUBSCRIBE, UNSUBSCRIBE and their kin for patterns and shard channels.
//!
//! Each name of a request is confirmed by a push of its own, so a request may have many answers, or
//! one with null in it if there was nothing to leave. A confirmation is sent even to a client that
//! wants no replies (CLIENT REPLY).

use crate::clients::channels::Kind;
use crate::command::engine::{
    Args, Command, Complexity, Context, Handler, KeyArguments, Outcome, Reply, Session, flag,
};
use crate::command::pubsub::FAMILY;

/// The part of the family.
pub const COMMANDS: &[&Command] =
    &[&SUBSCRIBE, &UNSUBSCRIBE, &PSUBSCRIBE, &PUNSUBSCRIBE, &SSUBSCRIBE, &SUNSUBSCRIBE];

const FLAGS: u32 = flag::NOSCRIPT | flag::WHEN_SUBSCRIBED;
const ENTERS: u32 = FLAGS | flag::SUBSCRIBES;
const SHARD_CHANNELS: KeyArguments = KeyArguments::ALL.used(&["not_key"]);

static SUBSCRIBE: Command = Command {
    complexity: Complexity::Other("O(N) with N channels"),
    summary: "Listens to channels",
    syntax: "channel [channel ...]",
    example: "> SUBSCRIBE news
              *3
              $9
              subscribe
              $4
              news
              :1
              > GET k
              -ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / \
              RESET are allowed in this context",
    handler: Handler::Plain(|context, args, reply| {
        enter(context, Kind::Channel, b"subscribe", args, reply)
    }),
    ..FAMILY.row("subscribe", -2, ENTERS, "2.0.0")
};

static UNSUBSCRIBE: Command = Command {
    complexity: Complexity::Other("O(N) with N channels"),
    summary: "Listens to channels no more, or to none",
    syntax: "[channel [channel ...]]",
    example: "> UNSUBSCRIBE
              *3
              $11
              unsubscribe
              $-1
              :0",
    handler: Handler::Plain(|context, args, reply| {
        leave(context, Kind::Channel, b"unsubscribe", args, reply)
    }),
    ..FAMILY.row("unsubscribe", -1, FLAGS, "2.0.0")
};

static PSUBSCRIBE: Command = Command {
    complexity: Complexity::Other("O(N) with N patterns"),
    summary: "Listens to all channels whose names fit a pattern",
    syntax: "pattern [pattern ...]",
    example: "> PSUBSCRIBE news.*
              *3
              $10
              psubscribe
              $6
              news.*
              :1",
    handler: Handler::Plain(|context, args, reply| {
        enter(context, Kind::Pattern, b"psubscribe", args, reply)
    }),
    ..FAMILY.row("psubscribe", -2, ENTERS | flag::SUBSCRIBES_TO_PATTERNS, "2.0.0")
};

static PUNSUBSCRIBE: Command = Command {
    complexity: Complexity::Other("O(N) with N patterns"),
    summary: "Listens to patterns no more, or to none",
    syntax: "[pattern [pattern ...]]",
    example: "> PUNSUBSCRIBE news.*
              *3
              $12
              punsubscribe
              $6
              news.*
              :0",
    handler: Handler::Plain(|context, args, reply| {
        leave(context, Kind::Pattern, b"punsubscribe", args, reply)
    }),
    ..FAMILY.row("punsubscribe", -1, FLAGS, "2.0.0")
};

static SSUBSCRIBE: Command = Command {
    keys: SHARD_CHANNELS,
    complexity: Complexity::Other("O(N) with N shard channels"),
    summary: "Listens to shard channels, which no pattern concerns",
    syntax: "shardchannel [shardchannel ...]",
    example: "> SSUBSCRIBE news
              *3
              $10
              ssubscribe
              $4
              news
              :1",
    handler: Handler::Plain(|context, args, reply| {
        enter(context, Kind::Shard, b"ssubscribe", args, reply)
    }),
    ..FAMILY.row("ssubscribe", -2, ENTERS, "7.0.0")
};

static SUNSUBSCRIBE: Command = Command {
    keys: SHARD_CHANNELS,
    complexity: Complexity::Other("O(N) with N shard channels"),
    summary: "Listens to shard channels no more, or to none",
    syntax: "[shardchannel [shardchannel ...]]",
    example: "> SUNSUBSCRIBE
              *3
              $12
              sunsubscribe
              $-1
              :0",
    handler: Handler::Plain(|context, args, reply| {
        leave(context, Kind::Shard, b"sunsubscribe", args, reply)
    }),
    ..FAMILY.row("sunsubscribe", -1, FLAGS, "7.0.0")
};

/// Subscribes to every name, and confirms each.
fn enter(
    context: &mut Context<'_>,
    kind: Kind,
    word: &[u8],
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    context.session.has_confirmed = true;
    for name in args.from(1).iter() {
        context.session.subscribe(context.shared, kind, name);
        confirm(context.session, kind, word, Some(name), reply);
    }
    Ok(())
}

/// Leaves every name, or all if none is given, and confirms each.
fn leave(
    context: &mut Context<'_>,
    kind: Kind,
    word: &[u8],
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let (session, services) = (&mut *context.session, context.shared);
    session.has_confirmed = true;
    let all = if args.len() == 1 { session.subscribed(kind) } else { Vec::new() };
    if args.len() == 1 && all.is_empty() {
        confirm(session, kind, word, None, reply);
    }
    for name in args.from(1).iter().chain(all.iter().map(|name| &name[..])) {
        session.unsubscribe(services, kind, name, reply);
        confirm(session, kind, word, Some(name), reply);
    }
    Ok(())
}

/// A push: what was done, with which name, and how many subscriptions there are now. Channels and
/// patterns are counted together, shard channels by themselves.
fn confirm(session: &Session, kind: Kind, word: &[u8], name: Option<&[u8]>, reply: &mut Reply) {
    reply.push(3);
    reply.bulk(word);
    match name {
        Some(name) => reply.bulk(name),
        None => reply.null(),
    }
    let count = |kind| session.subscription_count(kind);
    reply.count(match kind {
        Kind::Channel | Kind::Pattern => count(Kind::Channel) + count(Kind::Pattern),
        Kind::Shard => count(Kind::Shard),
    });
}
