//! PUBSUB: which channels have subscribers, and how many.

use crate::clients::channels::Kind;
use crate::command::engine::help::{self, wrong_subcommand};
use crate::command::engine::{Args, Command, Complexity, Context, Handler, Outcome, Reply};
use crate::command::pubsub::FAMILY;
use crate::text::glob;

/// The part of the family.
pub const COMMANDS: &[&Command] = &[&PUBSUB];

static PUBSUB: Command = Command {
    group: "pubsub",
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Tells about channels and their subscribers",
    syntax: "subcommand",
    handler: Handler::Container(
        &[&CHANNELS, &HELP, &NUMPAT, &NUMSUB, &SHARDCHANNELS, &SHARDNUMSUB],
        None,
    ),
    ..Command::named("pubsub", -2, 0, "2.8.0")
};

static CHANNELS: Command = Command {
    complexity: Complexity::Other("O(N) with N channels that have subscribers"),
    summary: "Lists the channels that have subscribers, or those whose names fit a pattern",
    syntax: "[pattern]",
    example: "> PUBSUB CHANNELS
              *0",
    handler: Handler::Plain(channels),
    ..FAMILY.row("channels", -2, 0, "2.8.0")
};

fn channels(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    list(context, Kind::Channel, args, reply)
}

static HELP: Command = Command {
    example: "> PUBSUB HELP now
              -ERR wrong number of arguments for 'pubsub|help' command",
    ..help::row("pubsub", "6.2.0")
};

static NUMPAT: Command = Command {
    summary: "Tells how many different patterns clients have subscribed to",
    example: "> PUBSUB NUMPAT
              :0",
    handler: Handler::Plain(numpat),
    ..FAMILY.row("numpat", 2, 0, "2.8.0")
};

fn numpat(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(context.shared.channels.len(Kind::Pattern));
    Ok(())
}

static NUMSUB: Command = Command {
    complexity: Complexity::Other("O(N) with N channels named"),
    summary: "Tells how many have subscribed to each of some channels, patterns aside",
    syntax: "[channel [channel ...]]",
    example: "> PUBSUB NUMSUB news
              *2
              $4
              news
              :0",
    handler: Handler::Plain(numsub),
    ..FAMILY.row("numsub", -2, 0, "2.8.0")
};

fn numsub(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    count(context, Kind::Channel, args, reply)
}

static SHARDCHANNELS: Command = Command {
    complexity: Complexity::Other("O(N) with N shard channels that have subscribers"),
    summary: "Lists the shard channels that have subscribers, or those that fit a pattern",
    syntax: "[pattern]",
    example: "> PUBSUB SHARDCHANNELS
              *0",
    handler: Handler::Plain(shardchannels),
    ..FAMILY.row("shardchannels", -2, 0, "7.0.0")
};

fn shardchannels(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    list(context, Kind::Shard, args, reply)
}

static SHARDNUMSUB: Command = Command {
    complexity: Complexity::Other("O(N) with N shard channels named"),
    summary: "Tells how many have subscribed to each of some shard channels",
    syntax: "[shardchannel [shardchannel ...]]",
    example: "> PUBSUB SHARDNUMSUB news
              *2
              $4
              news
              :0",
    handler: Handler::Plain(shardnumsub),
    ..FAMILY.row("shardnumsub", -2, 0, "7.0.0")
};

fn shardnumsub(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    count(context, Kind::Shard, args, reply)
}

fn list(context: &mut Context<'_>, kind: Kind, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if args.len() > 3 {
        return Err(wrong_subcommand(args));
    }
    let mut names = context.shared.channels.names(kind);
    names.retain(|name| args.get(2).is_none_or(|pattern| glob::matches(pattern, name)));
    reply.array(names.len());
    names.iter().for_each(|name| reply.bulk(name));
    Ok(())
}

fn count(context: &mut Context<'_>, kind: Kind, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let names = args.from(2);
    // A flat array in RESP3 too.
    reply.array(2 * names.len());
    for name in names.iter() {
        reply.bulk(name);
        reply.count(context.shared.channels.subscribers(kind, name));
    }
    Ok(())
}
