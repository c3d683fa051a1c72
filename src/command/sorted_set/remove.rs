//! Removing whole ranges of a sorted set.

use super::FAMILY;
use super::bounds::{Bounds, By};
use crate::command::engine::{
    Args, Command, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, SortedSet};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&ZREMRANGEBYRANK, &ZREMRANGEBYSCORE, &ZREMRANGEBYLEX];

const REMOVES: KeyArguments = KeyArguments::FIRST.used(&["RW delete"]);

static ZREMRANGEBYRANK: Command = Command {
    keys: REMOVES,
    complexity: Complexity::Other("O(log(N)+M) with N members in the set and M removed ones"),
    summary: "Removes the members between two ranks and counts them",
    syntax: "key start stop",
    example: "
        > ZADD board 10 ada 20 bob 30 eve
        :3
        > ZREMRANGEBYRANK board 0 -3
        :1
    ",
    handler: Handler::Keys(|keys, args, reply| remove(keys, args, By::Rank, reply)),
    ..FAMILY.row("zremrangebyrank", 4, flag::WRITE, "2.0.0")
};

static ZREMRANGEBYSCORE: Command = Command {
    keys: REMOVES,
    complexity: Complexity::Other("O(log(N)+M) with N members in the set and M removed ones"),
    summary: "Removes the members whose scores are between two bounds and counts them",
    syntax: "key min max",
    example: "
        > ZADD board 10 ada 20 bob 30 eve
        :3
        > ZREMRANGEBYSCORE board -inf (30
        :2
    ",
    handler: Handler::Keys(|keys, args, reply| remove(keys, args, By::Score, reply)),
    ..FAMILY.row("zremrangebyscore", 4, flag::WRITE, "1.2.0")
};

static ZREMRANGEBYLEX: Command = Command {
    keys: REMOVES,
    complexity: Complexity::Other("O(log(N)+M) with N members in the set and M removed ones"),
    summary: "Removes the members between two others, in a set whose scores are all equal",
    syntax: "key min max",
    example: "
        > ZADD names 0 ada 0 bob 0 eve
        :3
        > ZREMRANGEBYLEX names [b +
        :2
    ",
    handler: Handler::Keys(|keys, args, reply| remove(keys, args, By::Lex, reply)),
    ..FAMILY.row("zremrangebylex", 4, flag::WRITE, "2.8.9")
};

fn remove(keys: &mut Keys<'_>, args: Args<'_>, by: By, reply: &mut Reply) -> Outcome {
    let bounds = Bounds::parse(by, args.at(2), args.at(3))?;
    let event = Event::sorted_set(match by {
        By::Rank => "zremrangebyrank",
        By::Score => "zremrangebyscore",
        By::Lex => "zremrangebylex",
    });
    let removed = keys.change(args.at(1), event, |set: &mut SortedSet| {
        let removed = set.remove_range(bounds.ranks(set, false), |_, _| ());
        (removed, removed)
    })?;
    reply.count(removed);
    Ok(())
}
