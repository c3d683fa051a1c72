//! PUBLISH and SPUBLISH: a message for those who listen.

use crate::command::engine::{
    Args, Command, Complexity, Context, Handler, KeyArguments, Outcome, Reply, flag,
};
use crate::command::pubsub::FAMILY;

/// The part of the family.
pub const COMMANDS: &[&Command] = &[&PUBLISH, &SPUBLISH];

const FLAGS: u32 = flag::FAST | flag::PAUSED_AS_WRITE | flag::PUBLISHES;

static PUBLISH: Command = Command {
    complexity: Complexity::Other(
        "O(N+M) with N subscribers of the channel and M patterns of all clients",
    ),
    summary: "Sends a message to the subscribers of a channel, and tells how many there are",
    syntax: "channel message",
    example: "> PUBLISH news hello
              :0",
    handler: Handler::Plain(publish),
    ..FAMILY.row("publish", 3, FLAGS, "2.0.0")
};

fn publish(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (services, mail) = (context.shared, &mut context.session.aftermath.mail);
    let channels = &services.channels;
    reply.count(channels.publish(&services.clients, args.at(1), args.at(2), mail));
    Ok(())
}

static SPUBLISH: Command = Command {
    keys: KeyArguments::FIRST.used(&["not_key"]),
    complexity: Complexity::Other("O(N) with N subscribers of the shard channel"),
    summary: "Sends a message to the subscribers of a shard channel, and tells how many there are",
    syntax: "shardchannel message",
    example: "> SPUBLISH news hello
              :0",
    handler: Handler::Plain(spublish),
    ..FAMILY.row("spublish", 3, FLAGS, "7.0.0")
};

fn spublish(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (services, mail) = (context.shared, &mut context.session.aftermath.mail);
    let channels = &services.channels;
    reply.count(channels.publish_to_shard(&services.clients, args.at(1), args.at(2), mail));
    Ok(())
}
