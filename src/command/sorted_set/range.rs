//! Ranges of a sorted set: ZRANGE, ZRANGESTORE, and the commands that ZRANGE has made old.

use super::bounds::{Bounds, By, Limit};
use super::{FAMILY, reply_head, reply_member, store};
use crate::command::engine::arguments::{Cursor, integer};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, SortedSet};

/// The family's part.
pub const COMMANDS: &[&Command] = &[
    &ZRANGE,
    &ZRANGESTORE,
    &ZREVRANGE,
    &ZRANGEBYSCORE,
    &ZREVRANGEBYSCORE,
    &ZRANGEBYLEX,
    &ZREVRANGEBYLEX,
];

/// What is asked for.
struct Query<'a> {
    bounds: Bounds<'a>,
    reverse: bool,
    limit: Limit,
    with_scores: bool,
}

/// What a command's name says already, so that no option has to.
#[derive(Clone, Copy)]
struct Fixed {
    by: Option<By>,
    reverse: Option<bool>,
    /// Whether the result is stored, always with its scores.
    is_stored: bool,
}

/// Nothing: ZRANGE.
const OPEN: Fixed = Fixed { by: None, reverse: None, is_stored: false };

const fn fixed(by: By, reverse: bool) -> Fixed {
    Fixed { by: Some(by), reverse: Some(reverse), is_stored: false }
}

impl<'a> Query<'a> {
    /// Reads what stands behind the key: two bounds and options.
    fn parse(args: Args<'a>, fixed: Fixed) -> Result<Query<'a>, CommandError> {
        let (mut by, mut reverse) = (fixed.by, fixed.reverse);
        let (mut limit, mut with_scores) = (Limit::NONE, false);
        let mut words = Cursor::at(args, 2);
        while !words.is_done() {
            if !fixed.is_stored && words.take("WITHSCORES") {
                with_scores = true;
            } else if let Some([offset, count]) = words.values_of("LIMIT") {
                limit = Limit { offset: integer(offset)?, count: integer(count)? };
            } else if reverse.is_none() && words.take("REV") {
                reverse = Some(true);
            } else if by.is_none() && words.take("BYLEX") {
                by = Some(By::Lex);
            } else if by.is_none() && words.take("BYSCORE") {
                by = Some(By::Score);
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        let (by, reverse) = (by.unwrap_or(By::Rank), reverse.unwrap_or(false));
        if limit.count != -1 && by == By::Rank {
            return Err(CommandError::new(
                "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or \
                 BYLEX",
            ));
        }
        if with_scores && by == By::Lex {
            return Err(CommandError::new(
                "ERR syntax error, WITHSCORES not supported in combination with BYLEX",
            ));
        }
        // In reverse, the higher bound comes first; ranks are counted from the other end.
        let is_swapped = reverse && by != By::Rank;
        let (min, max) = if is_swapped { (1, 0) } else { (0, 1) };
        let bounds = Bounds::parse(by, args.at(min), args.at(max))?;
        let limit = if by == By::Rank { Limit::NONE } else { limit };
        Ok(Query { bounds, reverse, limit, with_scores })
    }

    /// The ranks of the members that are wanted.
    fn ranks(&self, set: &SortedSet) -> std::ops::Range<usize> {
        self.limit.of(self.bounds.ranks(set, self.reverse), self.reverse)
    }
}

fn range(keys: &mut Keys<'_>, args: Args<'_>, fixed: Fixed, reply: &mut Reply) -> Outcome {
    let query = Query::parse(args.from(2), fixed)?;
    let Some(set) = keys.read::<SortedSet>(args.at(1))? else {
        reply.array(0);
        return Ok(());
    };
    let members = set.iter(query.ranks(set));
    reply_head(reply, members.len(), query.with_scores);
    let mut write = |(member, score)| reply_member(reply, member, score, query.with_scores);
    if query.reverse {
        members.rev().for_each(&mut write)
    } else {
        members.for_each(&mut write)
    }
    Ok(())
}

/// What the rows have in common, except for that of ZRANGESTORE.
const READS: Command = Command {
    complexity: Complexity::Other("O(log(N)+M) with N members in the set and M in the reply"),
    flags: flag::READONLY,
    ..FAMILY
};

static ZRANGE: Command = Command {
    summary: "Reads the members between two ranks, scores or members",
    syntax: "key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]",
    example: "
        > ZADD board 10 ada 20 bob 30 eve
        :3
        > ZRANGE board 0 -1
        *3
        $3
        ada
        $3
        bob
        $3
        eve
        > ZRANGE board +inf (10 BYSCORE REV LIMIT 0 1 WITHSCORES
        *2
        $3
        eve
        $2
        30
    ",
    handler: Handler::Keys(|keys, args, reply| range(keys, args, OPEN, reply)),
    ..READS.row("zrange", -4, 0, "1.2.0")
};

static ZRANGESTORE: Command = Command {
    keys: KeyArguments::new(1, 2, 1).used(&["OW update", "RO access"]),
    complexity: Complexity::Other("O(log(N)+M) with N members in the set and M stored ones"),
    summary: "Stores the members between two ranks, scores or members in another set",
    syntax: "dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]",
    example: "
        > ZADD board 10 ada 20 bob 30 eve
        :3
        > ZRANGESTORE best board 0 1 REV
        :2
        > ZSCORE best bob
        $2
        20
    ",
    handler: Handler::Keys(zrangestore),
    ..FAMILY.row("zrangestore", -5, flag::WRITE | flag::DENYOOM, "6.2.0")
};

fn zrangestore(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let query = Query::parse(args.from(3), Fixed { is_stored: true, ..OPEN })?;
    let names = keys.encodings().sorted_set;
    let (mut result, mut digits) = (SortedSet::new(), itoa::Buffer::new());
    if let Some(set) = keys.read::<SortedSet>(args.at(2))? {
        for (member, score) in set.iter(query.ranks(set)) {
            result.insert(member.text(&mut digits), score, names);
        }
    }
    store(keys, args.at(1), result, Event::sorted_set("zrangestore"), reply);
    Ok(())
}

static ZREVRANGE: Command = Command {
    summary: "Does what ZRANGE does with REV",
    syntax: "key start stop [WITHSCORES]",
    example: "
        > ZADD board 10 ada 20 bob
        :2
        > ZREVRANGE board 0 0
        *1
        $3
        bob
    ",
    handler: Handler::Keys(|keys, args, reply| range(keys, args, fixed(By::Rank, true), reply)),
    ..READS.row("zrevrange", -4, 0, "1.2.0")
};

static ZRANGEBYSCORE: Command = Command {
    summary: "Does what ZRANGE does with BYSCORE",
    syntax: "key min max [WITHSCORES] [LIMIT offset count]",
    example: "
        > ZADD board 10 ada 20 bob 30 eve
        :3
        > ZRANGEBYSCORE board (10 20
        *1
        $3
        bob
    ",
    handler: Handler::Keys(|keys, args, reply| range(keys, args, fixed(By::Score, false), reply)),
    ..READS.row("zrangebyscore", -4, 0, "1.0.5")
};

static ZREVRANGEBYSCORE: Command = Command {
    summary: "Does what ZRANGE does with BYSCORE and REV",
    syntax: "key max min [WITHSCORES] [LIMIT offset count]",
    example: "
        > ZADD board 10 ada 20 bob 30 eve
        :3
        > ZREVRANGEBYSCORE board +inf -inf LIMIT 1 1
        *1
        $3
        bob
    ",
    handler: Handler::Keys(|keys, args, reply| range(keys, args, fixed(By::Score, true), reply)),
    ..READS.row("zrevrangebyscore", -4, 0, "2.2.0")
};

static ZRANGEBYLEX: Command = Command {
    summary: "Does what ZRANGE does with BYLEX",
    syntax: "key min max [LIMIT offset count]",
    example: "
        > ZADD names 0 ada 0 bob 0 eve
        :3
        > ZRANGEBYLEX names [b (e
        *1
        $3
        bob
    ",
    handler: Handler::Keys(|keys, args, reply| range(keys, args, fixed(By::Lex, false), reply)),
    ..READS.row("zrangebylex", -4, 0, "2.8.9")
};

static ZREVRANGEBYLEX: Command = Command {
    summary: "Does what ZRANGE does with BYLEX and REV",
    syntax: "key max min [LIMIT offset count]",
    example: "
        > ZADD names 0 ada 0 bob 0 eve
        :3
        > ZREVRANGEBYLEX names + - LIMIT 0 1
        *1
        $3
        eve
    ",
    handler: Handler::Keys(|keys, args, reply| range(keys, args, fixed(By::Lex, true), reply)),
    ..READS.row("zrevrangebylex", -4, 0, "2.8.9")
};
