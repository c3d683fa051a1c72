//! Taking the members with the lowest or the highest scores out: ZPOPMIN, ZPOPMAX, ZMPOP.

use super::{FAMILY, reply_score};
use crate::command::engine::arguments::MultiPop;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Key, SortedSet};
use crate::resp::parse_integer;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&ZPOPMIN, &ZPOPMAX, &ZMPOP];

/// The end of a set at which members are taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Min,
    Max,
}

impl End {
    /// The command that takes members from this end, which is the name of the event too.
    fn name(self) -> &'static str {
        if self == End::Min { ZPOPMIN.name } else { ZPOPMAX.name }
    }
}

static ZPOPMIN: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW access delete"]),
    complexity: Complexity::Other("O(log(N)*M) with N members in the set and M in the reply"),
    summary: "Takes the member with the lowest score out of a set, or several",
    syntax: "key [count]",
    example: "
        > ZADD jobs 2 second 1 first
        :2
        > ZPOPMIN jobs
        *2
        $5
        first
        $1
        1
    ",
    handler: Handler::Keys(|keys, args, reply| pop(keys, args, End::Min, reply)),
    ..FAMILY.row("zpopmin", -2, flag::WRITE | flag::FAST, "5.0.0")
};

static ZPOPMAX: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW access delete"]),
    complexity: Complexity::Other("O(log(N)*M) with N members in the set and M in the reply"),
    summary: "Takes the member with the highest score out of a set, or several",
    syntax: "key [count]",
    example: "
        > ZADD board 10 ada 20 bob
        :2
        > ZPOPMAX board 5
        *4
        $3
        bob
        $2
        20
        $3
        ada
        $2
        10
    ",
    handler: Handler::Keys(|keys, args, reply| pop(keys, args, End::Max, reply)),
    ..FAMILY.row("zpopmax", -2, flag::WRITE | flag::FAST, "5.0.0")
};

fn pop(keys: &mut Keys<'_>, args: Args<'_>, end: End, reply: &mut Reply) -> Outcome {
    const NOT_POSITIVE: CommandError =
        CommandError::new("ERR value is out of range, must be positive");
    if args.len() > 3 {
        return Err(CommandError::SYNTAX);
    }
    let count = args.get(2).map(|text| parse_integer(text).and_then(|n| usize::try_from(n).ok()));
    let count = count.map(|count| count.ok_or(NOT_POSITIVE)).transpose()?;
    let popped = take(keys, args.at(1), end, count.unwrap_or(1))?;
    // A count makes pairs of the reply in RESP3; a single member is never one.
    let is_paired = count.is_some() && reply.is_resp3();
    reply.array(if is_paired { popped.len() } else { 2 * popped.len() });
    reply_popped(reply, &popped, is_paired);
    Ok(())
}

pub(super) fn reply_popped(reply: &mut Reply, popped: &[(Key, f64)], is_paired: bool) {
    for (member, score) in popped {
        if is_paired {
            reply.array(2);
        }
        reply.bulk(member);
        reply_score(reply, *score);
    }
}

/// Takes up to `count` members out, the outermost first.
pub(super) fn take(
    keys: &mut Keys<'_>,
    key: &[u8],
    end: End,
    count: usize,
) -> Result<Vec<(Key, f64)>, CommandError> {
    let popped = keys.change(key, Event::sorted_set(end.name()), |set: &mut SortedSet| {
        let count = count.min(set.len());
        let mut popped = Vec::with_capacity(count);
        let range = if end == End::Min { 0..count } else { set.len() - count..set.len() };
        set.remove_range(range, |member, score| popped.push((Key::new(member), score)));
        if end == End::Max {
            popped.reverse();
        }
        let changes = popped.len();
        (popped, changes)
    })?;
    Ok(popped)
}

static ZMPOP: Command = Command {
    keys: KeyArguments::NONE.counted(1).used(&["RW access delete"]),
    complexity: Complexity::Other(
        "O(K)+O(M*log(N)) with K keys, N members in the set and M in the reply",
    ),
    summary: "Takes members out of the first of several sets that has any",
    syntax: "numkeys key [key ...] <MIN | MAX> [COUNT count]",
    example: "
        > ZADD jobs 2 second 1 first
        :2
        > ZMPOP 2 none jobs MAX
        *2
        $4
        jobs
        *1
        *2
        $6
        second
        $1
        2
    ",
    handler: Handler::Keys(zmpop),
    ..FAMILY.row("zmpop", -4, flag::WRITE | flag::MOVABLE_KEYS, "7.0.0")
};

/// What ZMPOP and BZMPOP ask for, from the number of keys at argument `at` on.
pub(super) fn multi_pop(args: Args<'_>, at: usize) -> Result<MultiPop<End>, CommandError> {
    MultiPop::parse(args, at, &[("MIN", End::Min), ("MAX", End::Max)])
}

fn zmpop(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if !pop_from_first(keys, args, 1, reply)? {
        reply.null_array();
    }
    Ok(())
}

/// Takes members out of the first set that there is and replies with them; false if there is none.
pub(super) fn pop_from_first(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    at: usize,
    reply: &mut Reply,
) -> Result<bool, CommandError> {
    let MultiPop { keys: named, end, count } = multi_pop(args, at)?;
    for key in named.map(|at| args.at(at)) {
        if keys.look::<SortedSet>(key)?.is_none() {
            continue;
        }
        let popped = take(keys, key, end, count)?;
        log_pop(keys, key, end, popped.len());
        reply.array(2);
        reply.bulk(key);
        reply.array(popped.len());
        reply_popped(reply, &popped, true);
        return Ok(true);
    }
    Ok(false)
}

/// Has a pop logged in the place of a request that may find another set when it is replayed.
pub(super) fn log_pop(keys: &mut Keys<'_>, key: &[u8], end: End, count: usize) {
    keys.log_as(|| {
        let count = Key::new(itoa::Buffer::new().format(count).as_bytes());
        [Key::new(end.name().to_ascii_uppercase().as_bytes()), Key::new(key), count]
    });
}
