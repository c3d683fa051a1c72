//! Sorted sets too large to be read as a whole: some members at a time, or some at random.

use super::{FAMILY, reply_head, reply_member};
use crate::command::engine::draw::{Drawn, OUT_OF_RANGE, draw, draw_count};
use crate::command::engine::scan_options::{Walk, cursor, scan_options};
use crate::command::engine::values::reply_found;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, Keys, Outcome, Reply, flag,
};
use crate::keyspace::types::{Encoding, score};
use crate::keyspace::{Key, SortedSet};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&ZSCAN, &ZRANDMEMBER];

static ZSCAN: Command = Command {
    complexity: Complexity::Other(
        "O(N) with N members asked for; a small set is walked in one step",
    ),
    summary: "Walks through a sorted set, some members at a time; every one that stays is seen",
    syntax: "key cursor [MATCH pattern] [COUNT count]",
    example: "
        > ZADD board 10 ada 20 bob
        :2
        > ZSCAN board 0 MATCH a*
        *2
        $1
        0
        *2
        $3
        ada
        $2
        10
    ",
    handler: Handler::Keys(zscan),
    ..FAMILY.row("zscan", -3, flag::READONLY, "2.8.0")
};

fn zscan(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let cursor = cursor(args.at(2))?;
    reply.array(2);
    let Some(set) = keys.read::<SortedSet>(args.at(1))? else {
        // What is missing is walked through at once, whatever the options are.
        reply.bulk(b"0");
        reply.array(0);
        return Ok(());
    };
    let options = scan_options(args.from(3), Walk::Members)?;
    let mut found = Vec::new();
    let next = set.scan(cursor, options.count, |member, score| {
        if options.want(member) {
            found.push((Key::new(member), score));
        }
    });
    // Redis prints the scores of a skiplist with all their digits here.
    let is_skiplist = set.encoding() == Encoding::Skiplist;
    let text = if is_skiplist { score::format } else { score::shortest };
    reply.bulk(next.to_string().as_bytes());
    reply.array(2 * found.len());
    for (member, score) in &found {
        reply.bulk(member);
        reply.bulk(text(*score).as_bytes());
    }
    Ok(())
}

static ZRANDMEMBER: Command = Command {
    complexity: Complexity::Other("O(N) with N members in the reply"),
    summary: "Draws a member, or several; a negative count may draw the same one again",
    syntax: "key [count [WITHSCORES]]",
    example: "
        > ZADD hat 1 rabbit
        :1
        > ZRANDMEMBER hat
        $6
        rabbit
        > ZRANDMEMBER hat -2 WITHSCORES
        *4
        $6
        rabbit
        $1
        1
        $6
        rabbit
        $1
        1
    ",
    handler: Handler::Keys(zrandmember),
    ..FAMILY.row("zrandmember", -2, flag::READONLY, "6.2.0")
};

fn zrandmember(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if args.len() == 2 {
        let set = keys.read::<SortedSet>(args.at(1))?;
        let drawn = set.and_then(|set| set.nth(fastrand::usize(..set.len())));
        reply_found(reply, drawn.map(|(member, _)| member));
        return Ok(());
    }
    let (count, with_scores) = draw_options(args)?;
    let Some(set) = keys.read::<SortedSet>(args.at(1))? else {
        reply.array(0);
        return Ok(());
    };
    match draw(set.len(), count)? {
        Drawn::All => {
            reply_head(reply, set.len(), with_scores);
            let all = set.iter(0..set.len());
            all.for_each(|(member, score)| reply_member(reply, member, score, with_scores));
        }
        Drawn::Places(places) => {
            reply_head(reply, places.len(), with_scores);
            let drawn = places.into_iter().filter_map(|place| set.nth(place));
            drawn.for_each(|(member, score)| reply_member(reply, member, score, with_scores));
        }
    }
    Ok(())
}

/// How many members are drawn, and whether with their scores.
fn draw_options(args: Args<'_>) -> Result<(i64, bool), CommandError> {
    let count = draw_count(args.at(2))?;
    let with_scores = args.is(3, "WITHSCORES");
    if args.len() > 4 || args.len() == 4 && !with_scores {
        return Err(CommandError::SYNTAX);
    }
    if with_scores && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(OUT_OF_RANGE);
    }
    Ok((count, with_scores))
}
