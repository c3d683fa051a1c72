//! Members of a set, one by one or all of them: SADD, SREM, SMOVE and the questions.

use super::FAMILY;
use crate::command::engine::values::reply_element;
use crate::command::engine::{
    Args, Command, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Key, Set};
use std::sync::Arc;

/// The family's part.
pub const COMMANDS: &[&Command] =
    &[&SADD, &SREM, &SISMEMBER, &SMISMEMBER, &SCARD, &SMEMBERS, &SMOVE];

const ADDED: Event = Event::set("sadd");

const REMOVED: Event = Event::set("srem");

static SADD: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW insert"]),
    complexity: Complexity::Other("O(N) with N members"),
    summary: "Adds members to a set and says how many of them are new",
    syntax: "key member [member ...]",
    example: "
        > SADD tags red green
        :2
        > SADD tags red blue
        :1
        > SCARD tags
        :3
    ",
    handler: Handler::Keys(sadd),
    ..FAMILY.row("sadd", -3, flag::WRITE | flag::DENYOOM | flag::FAST, "1.0.0")
};

fn sadd(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (names, members) = (keys.encodings().set, args.from(2));
    // A long member is kept in the memory that it was copied to before the lock was taken.
    let member = |at: usize| args.prepared(at).map(|bytes| Key::Shared(Arc::clone(bytes)));
    let added = keys.change(args.at(1), ADDED, |set: &mut Set| {
        // Redis chooses a form for as many members as there are words, new ones or not.
        if set.is_empty() {
            *set = Set::expecting(args.at(2), members.len(), names);
        } else {
            set.expect(members.len(), names);
        }
        let added = (2..args.len()).filter(|at| match member(*at) {
            Some(long) => set.add(&long, names),
            None => set.add(args.at(*at), names),
        });
        let added = added.count();
        (added, added)
    })?;
    reply.count(added);
    Ok(())
}

static SREM: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW delete"]),
    complexity: Complexity::Other("O(N) with N members"),
    summary: "Removes members of a set and says how many there were",
    syntax: "key member [member ...]",
    example: "
        > SADD tags red green
        :2
        > SREM tags red blue
        :1
        > SREM tags green
        :1
        > EXISTS tags
        :0
    ",
    handler: Handler::Keys(srem),
    ..FAMILY.row("srem", -3, flag::WRITE | flag::FAST, "1.0.0")
};

fn srem(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let removed = keys.change(args.at(1), REMOVED, |set: &mut Set| {
        let removed = args.from(2).iter().filter(|member| set.remove(member)).count();
        (removed, removed)
    })?;
    reply.count(removed);
    Ok(())
}

static SISMEMBER: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO"]),
    summary: "Says whether a set has a member",
    syntax: "key member",
    example: "
        > SADD tags red
        :1
        > SISMEMBER tags red
        :1
        > SISMEMBER tags blue
        :0
    ",
    handler: Handler::Keys(sismember),
    ..FAMILY.row("sismember", 3, flag::READONLY | flag::FAST, "1.0.0")
};

fn sismember(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let set = keys.read::<Set>(args.at(1))?;
    reply.integer(i64::from(set.is_some_and(|set| set.contains(args.at(2)))));
    Ok(())
}

static SMISMEMBER: Command = Command {
    complexity: Complexity::Other("O(N) with N members"),
    summary: "Says of several members whether a set has them",
    syntax: "key member [member ...]",
    example: "
        > SADD tags red
        :1
        > SMISMEMBER tags red blue
        *2
        :1
        :0
    ",
    handler: Handler::Keys(smismember),
    ..FAMILY.row("smismember", -3, flag::READONLY | flag::FAST, "6.2.0")
};

fn smismember(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let set = keys.read::<Set>(args.at(1))?;
    let members = args.from(2);
    reply.array(members.len());
    for member in members.iter() {
        reply.integer(i64::from(set.is_some_and(|set| set.contains(member))));
    }
    Ok(())
}

static SCARD: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO"]),
    summary: "Says how many members a set has",
    example: "
        > SADD tags red green
        :2
        > SCARD tags
        :2
    ",
    handler: Handler::Keys(scard),
    ..FAMILY.row("scard", 2, flag::READONLY | flag::FAST, "1.0.0")
};

fn scard(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.count(keys.read::<Set>(args.at(1))?.map_or(0, Set::len));
    Ok(())
}

static SMEMBERS: Command = Command {
    complexity: Complexity::Other("O(N) with N members in the set"),
    summary: "Reads all members of a set",
    example: "
        > SADD primes 5 2 3
        :3
        > SMEMBERS primes
        *3
        $1
        2
        $1
        3
        $1
        5
    ",
    handler: Handler::Keys(smembers),
    ..FAMILY.row("smembers", 2, flag::READONLY, "1.0.0")
};

fn smembers(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let set = keys.read::<Set>(args.at(1))?;
    reply.set(set.map_or(0, Set::len));
    set.into_iter().flat_map(Set::iter).for_each(|member| reply_element(reply, member));
    Ok(())
}

static SMOVE: Command = Command {
    keys: KeyArguments::new(1, 2, 1).used(&["RW access delete", "RW insert"]),
    summary: "Moves a member from one set to another",
    syntax: "source destination member",
    example: "
        > SADD todo write
        :1
        > SMOVE todo done write
        :1
        > SMOVE todo done write
        :0
        > SISMEMBER done write
        :1
    ",
    handler: Handler::Keys(smove),
    ..FAMILY.row("smove", 4, flag::WRITE | flag::FAST, "1.0.0")
};

fn smove(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (source, destination, member) = (args.at(1), args.at(2), args.at(3));
    // A missing source hides a destination of another type.
    let Some(is_there) = keys.look::<Set>(source)?.map(|set| set.contains(member)) else {
        reply.integer(0);
        return Ok(());
    };
    keys.look::<Set>(destination)?;
    if is_there && source != destination {
        let names = keys.encodings().set;
        keys.change(source, REMOVED, |set: &mut Set| {
            let is_removed = set.remove(member);
            ((), usize::from(is_removed))
        })?;
        keys.change(destination, ADDED, |set: &mut Set| {
            if set.is_empty() {
                *set = Set::expecting(member, 1, names);
            }
            let is_new = set.add(member, names);
            ((), usize::from(is_new))
        })?;
    }
    reply.integer(i64::from(is_there));
    Ok(())
}
