//! PFADD, PFCOUNT and PFMERGE.

use super::edit::Edit;
use super::sketch::sparse::Hint;
use super::sketch::{self, Encoding, REGISTERS, Ranks};
use super::{FAMILY, encoding};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Text};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&PFADD, &PFCOUNT, &PFMERGE];

/// PFMERGE has the event of PFADD: it adds the elements of other sketches.
const ADDED: Event = Event::string("pfadd");

static PFADD: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW insert"]),
    complexity: Complexity::Other("O(1) for each element"),
    summary: "Adds elements to a HyperLogLog; returns whether its count may have changed",
    syntax: "key [element [element ...]]",
    example: "
        > PFADD visitors ada bob
        :1
        > PFADD visitors bob
        :0
        > PFCOUNT visitors
        :2
    ",
    handler: Handler::Keys(pfadd),
    ..FAMILY.row("pfadd", -2, flag::WRITE | flag::DENYOOM | flag::FAST, "2.8.9")
};

fn pfadd(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let sparse_bytes_max = keys.encodings().hyperloglog_sparse_bytes_max;
    let has_changed = keys.replace::<Text, _, CommandError>(args.at(1), ADDED, |old| {
        let is_new = old.is_none();
        let encoding = old.as_deref().map_or(Ok(Encoding::Sparse), |old| encoding(old))?;
        let mut edit = Edit::new(old, encoding, sparse_bytes_max);
        let mut has_changed = is_new;
        if args.len() > 2 {
            edit.protect()?;
        }
        for element in args.from(2).iter() {
            let (index, rank) = sketch::locate(element);
            has_changed |= edit.raise(index, rank, &mut Hint::default())?;
        }
        if has_changed {
            edit.forget_count();
        }
        Ok(edit.done(has_changed, has_changed))
    })?;
    reply.integer(i64::from(has_changed));
    Ok(())
}

static PFCOUNT: Command = Command {
    keys: KeyArguments::ALL.used(&["RW access"]),
    complexity: Complexity::Other(
        "O(1) for one key whose count is cached; O(N) with N keys otherwise",
    ),
    summary: "Estimates how many different elements were added to one or several HyperLogLogs",
    syntax: "key [key ...]",
    example: "
        > PFADD monday ada bob
        :1
        > PFADD tuesday bob eve
        :1
        > PFCOUNT monday tuesday
        :3
    ",
    handler: Handler::Keys(pfcount),
    ..FAMILY.row("pfcount", -2, flag::READONLY | flag::MAY_REPLICATE | flag::REPLAYED, "2.8.9")
};

fn pfcount(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let count = match args.len() {
        2 => count_one(keys, args.at(1))?,
        _ => {
            let (ranks, _) = union(keys, args)?;
            sketch::count_of(&ranks)
        }
    };
    // A corrupt sketch can have a count that overflows.
    reply.integer(count as i64);
    Ok(())
}

/// The count of a single sketch, which is cached in its string.
fn count_one(keys: &mut Keys<'_>, key: &[u8]) -> Result<u64, CommandError> {
    let Some(text) = keys.read::<Text>(key)? else { return Ok(0) };
    let encoding = encoding(text)?;
    if let Some(count) = sketch::cached_count(text) {
        return Ok(count);
    }
    let count = sketch::count(text, encoding)?;
    keys.replace::<Text, _, CommandError>(key, Event::NONE, |old| {
        let mut edit = Edit::new(old, encoding, 0);
        edit.cache_count(count);
        Ok(edit.done(true, count))
    })
}

/// The highest rank of each register among all keys, and whether one of the sketches is dense.
fn union(keys: &mut Keys<'_>, args: Args<'_>) -> Result<(Ranks, bool), CommandError> {
    let (mut ranks, mut has_dense) = ([0; REGISTERS], false);
    for key in args.from(1).iter() {
        let Some(text) = keys.read::<Text>(key)? else { continue };
        let encoding = encoding(text)?;
        has_dense |= encoding == Encoding::Dense;
        sketch::merge_into(&mut ranks, text, encoding)?;
    }
    Ok((ranks, has_dense))
}

static PFMERGE: Command = Command {
    keys: KeyArguments::ALL.used(&["RW access insert", "RO access"]),
    complexity: Complexity::Other("O(N) with N sketches"),
    summary: "Adds what several HyperLogLogs have seen to another one",
    syntax: "destkey [sourcekey [sourcekey ...]]",
    example: "
        > PFADD monday ada bob
        :1
        > PFADD tuesday bob eve
        :1
        > PFMERGE week monday tuesday
        +OK
        > PFCOUNT week
        :3
    ",
    handler: Handler::Keys(pfmerge),
    ..FAMILY.row("pfmerge", -2, flag::WRITE | flag::DENYOOM, "2.8.9")
};

fn pfmerge(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let sparse_bytes_max = keys.encodings().hyperloglog_sparse_bytes_max;
    let (ranks, has_dense) = union(keys, args)?;
    keys.replace::<Text, _, CommandError>(args.at(1), ADDED, |old| {
        let encoding = old.as_deref().map_or(Ok(Encoding::Sparse), |old| encoding(old))?;
        let mut edit = Edit::new(old, encoding, sparse_bytes_max);
        if has_dense {
            edit.make_dense()?;
        }
        let mut hint = Hint::default();
        for (index, rank) in ranks.iter().enumerate().filter(|(_, rank)| **rank > 0) {
            edit.raise(index, *rank, &mut hint)?;
        }
        edit.forget_count();
        Ok(edit.done(true, ()))
    })?;
    reply.ok();
    Ok(())
}
