//! How many members there are before one, or between two bounds.

use super::bounds::{Bounds, By};
use super::{FAMILY, reply_score};
use crate::command::engine::{Args, Command, CommandError, Handler, Keys, Outcome, Reply, flag};
use crate::keyspace::SortedSet;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&ZRANK, &ZREVRANK, &ZCOUNT, &ZLEXCOUNT];

static ZRANK: Command = Command {
    summary: "Says how many members come before one in the order of scores",
    syntax: "key member [WITHSCORE]",
    example: "
        > ZADD board 10 ada 20 bob
        :2
        > ZRANK board bob
        :1
        > ZRANK board bob WITHSCORE
        *2
        :1
        $2
        20
        > ZRANK board nobody
        $-1
    ",
    handler: Handler::Keys(|keys, args, reply| rank(keys, args, "zrank", reply)),
    ..FAMILY.row("zrank", -3, flag::READONLY | flag::FAST, "2.0.0")
};

static ZREVRANK: Command = Command {
    summary: "Says how many members come behind one in the order of scores",
    syntax: "key member [WITHSCORE]",
    example: "
        > ZADD board 10 ada 20 bob
        :2
        > ZREVRANK board bob
        :0
    ",
    handler: Handler::Keys(|keys, args, reply| rank(keys, args, "zrevrank", reply)),
    ..FAMILY.row("zrevrank", -3, flag::READONLY | flag::FAST, "2.0.0")
};

fn rank(keys: &mut Keys<'_>, args: Args<'_>, name: &str, reply: &mut Reply) -> Outcome {
    if args.len() > 4 {
        return Err(CommandError::arity(name));
    }
    let with_score = args.len() == 4;
    if with_score && !args.is(3, "WITHSCORE") {
        return Err(CommandError::SYNTAX);
    }
    let (set, member) = (keys.read::<SortedSet>(args.at(1))?, args.at(2));
    let found = set.and_then(|set| Some((set, set.rank(member)?)));
    let Some((set, rank)) = found else {
        if with_score {
            reply.null_array()
        } else {
            reply.null()
        }
        return Ok(());
    };
    let rank = if name == ZREVRANK.name { set.len() - 1 - rank } else { rank };
    if with_score {
        reply.array(2);
    }
    reply.count(rank);
    if with_score {
        reply_score(reply, set.score(member).unwrap_or_default());
    }
    Ok(())
}

static ZCOUNT: Command = Command {
    summary: "Counts the members whose scores are between two bounds",
    syntax: "key min max",
    example: "
        > ZADD board 10 ada 20 bob 30 eve
        :3
        > ZCOUNT board (10 +inf
        :2
    ",
    handler: Handler::Keys(|keys, args, reply| count(keys, args, By::Score, reply)),
    ..FAMILY.row("zcount", 4, flag::READONLY | flag::FAST, "2.0.0")
};

static ZLEXCOUNT: Command = Command {
    summary: "Counts the members between two bounds, in a set whose scores are all equal",
    syntax: "key min max",
    example: "
        > ZADD names 0 ada 0 bob 0 eve
        :3
        > ZLEXCOUNT names - [bob
        :2
    ",
    handler: Handler::Keys(|keys, args, reply| count(keys, args, By::Lex, reply)),
    ..FAMILY.row("zlexcount", 4, flag::READONLY | flag::FAST, "2.8.9")
};

fn count(keys: &mut Keys<'_>, args: Args<'_>, by: By, reply: &mut Reply) -> Outcome {
    let bounds = Bounds::parse(by, args.at(2), args.at(3))?;
    let set = keys.read::<SortedSet>(args.at(1))?;
    reply.count(set.map_or(0, |set| bounds.ranks(set, false).len()));
    Ok(())
}
