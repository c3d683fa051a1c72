//! Members of a sorted set, one by one: adding, changing and removing them, and their scores.

use super::{FAMILY, reply_score};
use crate::command::engine::arguments::Cursor;
use crate::command::engine::sums::NOT_A_FLOAT;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::types::{Listpack, score};
use crate::keyspace::{Event, SortedSet};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&ZADD, &ZINCRBY, &ZREM, &ZCARD, &ZSCORE, &ZMSCORE];

static ZADD: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(log(N)) for each member, with N members in the set"),
    summary: "Adds members to a sorted set, or changes their scores, and counts the new ones",
    syntax: "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]",
    example: "
        > ZADD board 10 ada 20 bob
        :2
        > ZADD board GT CH 15 ada 15 bob
        :1
        > ZADD board INCR 1.5 bob
        $4
        21.5
    ",
    handler: Handler::Keys(zadd),
    ..FAMILY.row("zadd", -4, flag::WRITE | flag::DENYOOM | flag::FAST, "1.2.0")
};

/// When a score is given, and what is said about it.
#[derive(Default)]
struct Options {
    /// Only to members that are not there.
    if_new: bool,
    /// Only to members that are there.
    if_there: bool,
    /// Only if it is greater.
    if_greater: bool,
    /// Only if it is less.
    if_less: bool,
    /// Changed scores are counted as well.
    count_changed: bool,
    /// The score is added to the one that is there.
    is_increment: bool,
}

impl Options {
    /// The options in front of the scores, and where those begin.
    fn parse(args: Args<'_>) -> (Options, usize) {
        let (mut options, mut words) = (Options::default(), Cursor::at(args, 2));
        loop {
            match () {
                () if words.take("NX") => options.if_new = true,
                () if words.take("XX") => options.if_there = true,
                () if words.take("GT") => options.if_greater = true,
                () if words.take("LT") => options.if_less = true,
                () if words.take("CH") => options.count_changed = true,
                () if words.take("INCR") => options.is_increment = true,
                () => return (options, words.index()),
            }
        }
    }

    /// Refuses what contradicts itself.
    fn check(&self, words: usize) -> Outcome {
        let text = match *self {
            _ if words == 0 || !words.is_multiple_of(2) => return Err(CommandError::SYNTAX),
            Options { if_new: true, if_there: true, .. } => {
                "ERR XX and NX options at the same time are not compatible"
            }
            Options { if_new: true, if_greater: true, .. }
            | Options { if_new: true, if_less: true, .. }
            | Options { if_greater: true, if_less: true, .. } => {
                "ERR GT, LT, and/or NX options at the same time are not compatible"
            }
            Options { is_increment: true, .. } if words > 2 => {
                "ERR INCR option supports a single increment-element pair"
            }
            _ => return Ok(()),
        };
        Err(CommandError::new(text))
    }

    /// The score that a member gets who has `old`; `None` if it stays as it is.
    fn decide(&self, old: Option<f64>, score: f64) -> Result<Option<f64>, CommandError> {
        let Some(old) = old else { return Ok((!self.if_there).then_some(score)) };
        if self.if_new {
            return Ok(None);
        }
        let new = if self.is_increment { old + score } else { score };
        if new.is_nan() {
            return Err(CommandError::new("ERR resulting score is not a number (NaN)"));
        }
        let is_kept = self.if_less && new >= old || self.if_greater && new <= old;
        Ok((!is_kept).then_some(new))
    }
}

/// How many members were added, how many scores changed, and the score of the last member, unless
/// it was to stay as it is.
#[derive(Default)]
struct Added {
    added: usize,
    changed: usize,
    score: Option<f64>,
}

fn zadd(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (options, first) = Options::parse(args);
    add(keys, args, first, &options, reply)
}

fn add(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    first: usize,
    options: &Options,
    reply: &mut Reply,
) -> Outcome {
    let pairs = args.from(first);
    options.check(pairs.len())?;
    let scores = pairs.iter().step_by(2).map(score::parse).collect::<Option<Vec<f64>>>();
    let scores = scores.ok_or(NOT_A_FLOAT)?;
    let event = Event::sorted_set(if options.is_increment { "zincr" } else { "zadd" });
    let names = keys.encodings().sorted_set;
    let done = keys.change(args.at(1), event, |set: &mut SortedSet| {
        let done = add_all(set, &scores, pairs, options, names);
        let changes = done.as_ref().map_or(0, |done| done.added + done.changed);
        (done, changes)
    })??;
    match done.score {
        Some(score) if options.is_increment => reply_score(reply, score),
        None if options.is_increment => reply.null(),
        _ if options.count_changed => reply.count(done.added + done.changed),
        _ => reply.count(done.added),
    }
    Ok(())
}

/// Only an increment can fail, and there is one at most: an error has changed nothing.
fn add_all(
    set: &mut SortedSet,
    scores: &[f64],
    pairs: Args<'_>,
    options: &Options,
    names: Listpack,
) -> Result<Added, CommandError> {
    let mut done = Added::default();
    for (score, member) in scores.iter().zip(pairs.iter().skip(1).step_by(2)) {
        let old = set.score(member);
        done.score = options.decide(old, *score)?;
        let Some(new) = done.score else { continue };
        match old {
            None => done.added += 1,
            Some(old) if old == new => continue,
            Some(_) => done.changed += 1,
        }
        set.insert(member, new, names);
    }
    Ok(done)
}

static ZINCRBY: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW access update"]),
    summary: "Adds to the score of a member, which is 0 if there is no such member",
    syntax: "key increment member",
    example: "
        > ZINCRBY board 5 ada
        $1
        5
        > ZINCRBY board -1.5 ada
        $3
        3.5
    ",
    handler: Handler::Keys(zincrby),
    ..FAMILY.row("zincrby", 4, flag::WRITE | flag::DENYOOM | flag::FAST, "1.2.0")
};

fn zincrby(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    add(keys, args, 2, &Options { is_increment: true, ..Options::default() }, reply)
}

static ZREM: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW delete"]),
    complexity: Complexity::Other("O(log(N)) for each member, with N members in the set"),
    summary: "Removes members of a sorted set and says how many there were",
    syntax: "key member [member ...]",
    example: "
        > ZADD board 10 ada 20 bob
        :2
        > ZREM board ada nobody
        :1
    ",
    handler: Handler::Keys(zrem),
    ..FAMILY.row("zrem", -3, flag::WRITE | flag::FAST, "1.2.0")
};

fn zrem(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let removed = keys.change(args.at(1), Event::sorted_set("zrem"), |set: &mut SortedSet| {
        let removed = args.from(2).iter().filter(|member| set.remove(member).is_some()).count();
        (removed, removed)
    })?;
    reply.count(removed);
    Ok(())
}

static ZCARD: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO"]),
    complexity: Complexity::Constant,
    summary: "Says how many members a sorted set has",
    example: "
        > ZADD board 10 ada 20 bob
        :2
        > ZCARD board
        :2
    ",
    handler: Handler::Keys(zcard),
    ..FAMILY.row("zcard", 2, flag::READONLY | flag::FAST, "1.2.0")
};

fn zcard(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(keys.read::<SortedSet>(args.at(1))?.map_or(0, SortedSet::len));
    Ok(())
}

static ZSCORE: Command = Command {
    complexity: Complexity::Constant,
    summary: "Reads the score of a member",
    syntax: "key member",
    example: "
        > ZADD board 1.5 ada
        :1
        > ZSCORE board ada
        $3
        1.5
        > ZSCORE board nobody
        $-1
    ",
    handler: Handler::Keys(zscore),
    ..FAMILY.row("zscore", 3, flag::READONLY | flag::FAST, "1.2.0")
};

fn zscore(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let set = keys.read::<SortedSet>(args.at(1))?;
    reply_score_or_null(reply, set.and_then(|set| set.score(args.at(2))));
    Ok(())
}

fn reply_score_or_null(reply: &mut Reply, score: Option<f64>) {
    match score {
        Some(score) => reply_score(reply, score),
        None => reply.null(),
    }
}

static ZMSCORE: Command = Command {
    complexity: Complexity::Other("O(N) with N members asked for"),
    summary: "Reads the scores of several members",
    syntax: "key member [member ...]",
    example: "
        > ZADD board 1.5 ada
        :1
        > ZMSCORE board ada nobody
        *2
        $3
        1.5
        $-1
    ",
    handler: Handler::Keys(zmscore),
    ..FAMILY.row("zmscore", -3, flag::READONLY | flag::FAST, "6.2.0")
};

fn zmscore(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let set = keys.read::<SortedSet>(args.at(1))?;
    let members = args.from(2);
    reply.array(members.len());
    for member in members.iter() {
        reply_score_or_null(reply, set.and_then(|set| set.score(member)));
    }
    Ok(())
}
