//! Intersections, unions and differences of sets, replied, counted or stored.
//!
//! The sets are cloned out of the keyspace one by one: a small one is copied, a large one is a
//! counted reference, so that the destination may well be one of the sources. All types are
//! checked before anything is computed, those behind a missing key too.

use super::FAMILY;
use crate::command::engine::values::reply_element;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::types::set;
use crate::keyspace::{Event, Set, Value};
use crate::resp::parse_integer;

/// The family's part.
pub const COMMANDS: &[&Command] =
    &[&SINTER, &SINTERCARD, &SINTERSTORE, &SUNION, &SUNIONSTORE, &SDIFF, &SDIFFSTORE];

/// Clones of the sets under the keys from argument `first` on to argument `end`; an empty one for
/// a missing key.
fn sets(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    first: usize,
    end: usize,
) -> Result<Vec<Set>, CommandError> {
    let mut sets = Vec::with_capacity(end - first);
    for at in first..end {
        sets.push(keys.read::<Set>(args.at(at))?.cloned().unwrap_or_default());
    }
    Ok(sets)
}

/// Replies with the members of a set.
fn reply_members(set: &Set, reply: &mut Reply) {
    reply.set(set.len());
    set.iter().for_each(|member| reply_element(reply, member));
}

/// Puts `result` in the place of what is under the first key, or removes it, and replies with how
/// many members there are.
fn store(keys: &mut Keys<'_>, args: Args<'_>, result: Set, event: Event, reply: &mut Reply) {
    reply.count(result.len());
    if result.is_empty() {
        keys.remove(args.at(1), Event::DEL);
    } else {
        keys.set(args.at(1), Value::Set(result), None, event);
    }
}

/// The members of the first set that are in none of the others.
fn difference(sets: &[Set], keys: &Keys<'_>) -> Set {
    let Some((first, others)) = sets.split_first() else { return Set::new() };
    let others: Vec<&Set> = others.iter().collect();
    set::stored_difference(first, &others, keys.encodings().set)
}

/// A destination, and the sources behind it.
const STORE: KeyArguments = KeyArguments::new(1, -1, 1).used(&["OW update", "RO access"]);

static SINTER: Command = Command {
    keys: KeyArguments::ALL,
    complexity: Complexity::Other("O(N*M) with N members in the smallest of M sets"),
    summary: "Computes which members several sets have in common",
    syntax: "key [key ...]",
    example: "
        > SADD a 1 2 3
        :3
        > SADD b 2 3 4
        :3
        > SINTER a b
        *2
        $1
        2
        $1
        3
    ",
    handler: Handler::Keys(sinter),
    ..FAMILY.row("sinter", -2, flag::READONLY, "1.0.0")
};

fn sinter(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let sets = sets(keys, args, 1, args.len())?;
    let sets: Vec<&Set> = sets.iter().collect();
    let mut common = Vec::new();
    set::intersection(&sets, usize::MAX, |member| common.push(member));
    reply.set(common.len());
    common.into_iter().for_each(|member| reply_element(reply, member));
    Ok(())
}

static SINTERCARD: Command = Command {
    keys: KeyArguments::NONE.counted(1).used(&["RO access"]),
    complexity: Complexity::Other("O(N*M) with N members in the smallest of M sets"),
    summary: "Counts the members that several sets have in common, up to a limit",
    syntax: "numkeys key [key ...] [LIMIT limit]",
    example: "
        > SADD a 1 2 3
        :3
        > SADD b 2 3 4
        :3
        > SINTERCARD 2 a b
        :2
        > SINTERCARD 2 a b LIMIT 1
        :1
    ",
    handler: Handler::Keys(sintercard),
    ..FAMILY.row("sintercard", -3, flag::READONLY | flag::MOVABLE_KEYS, "7.0.0")
};

fn sintercard(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let count = parse_integer(args.at(1)).and_then(|count| usize::try_from(count).ok());
    let count = count.filter(|count| *count > 0);
    let count = count.ok_or(CommandError::new("ERR numkeys should be greater than 0"))?;
    if count > args.len() - 2 {
        let text = "ERR Number of keys can't be greater than number of args";
        return Err(CommandError::new(text));
    }
    let options = args.from(2 + count);
    let mut limit = usize::MAX;
    for at in (0..options.len()).step_by(2) {
        let Some(word) = options.get(at + 1).filter(|_| options.is(at, "LIMIT")) else {
            return Err(CommandError::SYNTAX);
        };
        let number = parse_integer(word).and_then(|number| usize::try_from(number).ok());
        limit = match number.ok_or(CommandError::new("ERR LIMIT can't be negative"))? {
            0 => usize::MAX,
            limit => limit,
        };
    }
    let sets = sets(keys, args, 2, 2 + count)?;
    let sets: Vec<&Set> = sets.iter().collect();
    let mut common = 0;
    set::intersection(&sets, limit, |_| common += 1);
    reply.count(common);
    Ok(())
}

static SINTERSTORE: Command = Command {
    keys: KeyArguments::ALL.used(&["RW update", "RO access"]),
    complexity: Complexity::Other("O(N*M) with N members in the smallest of M sets"),
    summary: "Stores what several sets have in common in another one, and counts it",
    syntax: "destination key [key ...]",
    example: "
        > SADD a 1 2 3
        :3
        > SADD b 2 3 4
        :3
        > SINTERSTORE both a b
        :2
    ",
    handler: Handler::Keys(sinterstore),
    ..FAMILY.row("sinterstore", -3, flag::WRITE | flag::DENYOOM, "1.0.0")
};

fn sinterstore(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let sets = sets(keys, args, 2, args.len())?;
    let sets: Vec<&Set> = sets.iter().collect();
    let result = set::stored_intersection(&sets, keys.encodings().set);
    store(keys, args, result, Event::set("sinterstore"), reply);
    Ok(())
}

static SUNION: Command = Command {
    keys: KeyArguments::ALL,
    complexity: Complexity::Other("O(N) with N members in all sets together"),
    summary: "Computes which members at least one of several sets has",
    syntax: "key [key ...]",
    example: "
        > SADD a 1 2
        :2
        > SADD b 3
        :1
        > SUNION a b
        *3
        $1
        1
        $1
        2
        $1
        3
    ",
    handler: Handler::Keys(sunion),
    ..FAMILY.row("sunion", -2, flag::READONLY, "1.0.0")
};

fn sunion(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let sets = sets(keys, args, 1, args.len())?;
    let sets: Vec<&Set> = sets.iter().collect();
    reply_members(&set::union(&sets, keys.encodings().set), reply);
    Ok(())
}

static SUNIONSTORE: Command = Command {
    keys: STORE,
    complexity: Complexity::Other("O(N) with N members in all sets together"),
    summary: "Stores the members of several sets in another one, and counts them",
    syntax: "destination key [key ...]",
    example: "
        > SADD a 1 2
        :2
        > SADD b 2 3
        :2
        > SUNIONSTORE all a b
        :3
    ",
    handler: Handler::Keys(sunionstore),
    ..FAMILY.row("sunionstore", -3, flag::WRITE | flag::DENYOOM, "1.0.0")
};

fn sunionstore(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let sets = sets(keys, args, 2, args.len())?;
    let sets: Vec<&Set> = sets.iter().collect();
    let result = set::stored_union(&sets, keys.encodings().set);
    store(keys, args, result, Event::set("sunionstore"), reply);
    Ok(())
}

static SDIFF: Command = Command {
    keys: KeyArguments::ALL,
    complexity: Complexity::Other("O(N) with N members in all sets together"),
    summary: "Computes which members of the first set are in none of the others",
    syntax: "key [key ...]",
    example: "
        > SADD a 1 2 3
        :3
        > SADD b 2 3 4
        :3
        > SDIFF a b
        *1
        $1
        1
    ",
    handler: Handler::Keys(sdiff),
    ..FAMILY.row("sdiff", -2, flag::READONLY, "1.0.0")
};

fn sdiff(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let sets = sets(keys, args, 1, args.len())?;
    reply_members(&difference(&sets, keys), reply);
    Ok(())
}

static SDIFFSTORE: Command = Command {
    keys: STORE,
    complexity: Complexity::Other("O(N) with N members in all sets together"),
    summary: "Stores the members of the first set that are in none of the others, and counts them",
    syntax: "destination key [key ...]",
    example: "
        > SADD a 1 2 3
        :3
        > SADD b 2 3 4
        :3
        > SDIFFSTORE rest a b
        :1
    ",
    handler: Handler::Keys(sdiffstore),
    ..FAMILY.row("sdiffstore", -3, flag::WRITE | flag::DENYOOM, "1.0.0")
};

fn sdiffstore(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let sets = sets(keys, args, 2, args.len())?;
    let result = difference(&sets, keys);
    store(keys, args, result, Event::set("sdiffstore"), reply);
    Ok(())
}
