//! Members of a set drawn by lot: SPOP and SRANDMEMBER.
//!
//! What SPOP removes is a matter of luck, so the log has the removals and not the request.

use super::FAMILY;
use crate::command::engine::draw::{Drawn, draw, draw_count};
use crate::command::engine::values::{reply_bytes, reply_element, reply_found};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::value::Stored;
use crate::keyspace::{Event, Key, Set};
use crate::limits;
use fastrand::Rng;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&SPOP, &SRANDMEMBER];

const POPPED: Event = Event::set("spop");

static SPOP: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW access delete"]),
    complexity: Complexity::Other("O(1), with a count O(N) with N members in the reply"),
    summary: "Draws a member of a set, or several, and removes what it draws",
    syntax: "key [count]",
    example: "
        > SADD hat rabbit
        :1
        > SPOP hat
        $6
        rabbit
        > SPOP hat
        $-1
        > SPOP hat 2
        *0
    ",
    handler: Handler::Keys(spop),
    ..FAMILY.row("spop", -2, flag::WRITE | flag::FAST, "1.0.0")
};

fn spop(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let key = args.at(1);
    match args.len() {
        2 => {
            let popped = keys.change(key, POPPED, |set: &mut Set| {
                let popped = set.pop_random(&mut Rng::new());
                let changes = usize::from(popped.is_some());
                (popped, changes)
            })?;
            if let Some(member) = &popped {
                keys.log_as(|| [Key::new(b"SREM"), Key::new(key), member.clone()]);
            }
            reply_bytes(reply, popped.as_ref());
            Ok(())
        }
        3 => spop_count(keys, key, pop_count(args)?, reply),
        _ => Err(CommandError::SYNTAX),
    }
}

/// How many members SPOP removes.
fn pop_count(args: Args<'_>) -> Result<usize, CommandError> {
    const NOT_POSITIVE: CommandError =
        CommandError::new("ERR value is out of range, must be positive");
    let count = args.integer(2).map_err(|_| NOT_POSITIVE)?;
    usize::try_from(count).map_err(|_| NOT_POSITIVE)
}

fn spop_count(keys: &mut Keys<'_>, key: &[u8], count: usize, reply: &mut Reply) -> Outcome {
    let len = keys.look::<Set>(key)?.map_or(0, Set::len);
    if len <= count {
        // All of them: the members leave with the key.
        reply.set(len);
        if let Some(entry) = keys.take(key, POPPED) {
            let set = <Set as Stored>::of(&entry.value);
            set.into_iter().flat_map(Set::iter).for_each(|member| reply_element(reply, member));
            keys.notify(key, Event::DEL);
            keys.log_as(|| [Key::new(b"DEL"), Key::new(key)]);
            keys.discard(entry.value);
        }
        return Ok(());
    }
    let popped = keys.change(key, POPPED, |set: &mut Set| {
        let mut rng = Rng::new();
        let popped: Vec<Key> = (0..count).map_while(|_| set.pop_random(&mut rng)).collect();
        let changes = popped.len();
        (popped, changes)
    })?;
    for portion in popped.chunks(limits::AOF_ELEMENTS_PER_REQUEST) {
        keys.log_as(|| {
            let words = [Key::new(b"SREM"), Key::new(key)];
            words.into_iter().chain(portion.iter().cloned())
        });
    }
    reply.set(popped.len());
    popped.iter().for_each(|member| reply_bytes(reply, Some(member)));
    Ok(())
}

static SRANDMEMBER: Command = Command {
    complexity: Complexity::Other("O(N) with N members in the reply"),
    summary: "Draws a member of a set, or several; a negative count may draw the same one again",
    syntax: "key [count]",
    example: "
        > SADD hat rabbit
        :1
        > SRANDMEMBER hat
        $6
        rabbit
        > SRANDMEMBER hat -2
        *2
        $6
        rabbit
        $6
        rabbit
    ",
    handler: Handler::Keys(srandmember),
    ..FAMILY.row("srandmember", -2, flag::READONLY, "1.0.0")
};

fn srandmember(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if args.len() > 3 {
        return Err(CommandError::SYNTAX);
    }
    if args.len() == 2 {
        let set = keys.read::<Set>(args.at(1))?;
        reply_found(reply, set.and_then(|set| set.random(&mut Rng::new())));
        return Ok(());
    }
    let count = draw_count(args.at(2))?;
    let Some(set) = keys.read::<Set>(args.at(1))? else {
        reply.array(0);
        return Ok(());
    };
    match draw(set.len(), count)? {
        Drawn::All => {
            reply.array(set.len());
            set.iter().for_each(|member| reply_element(reply, member));
        }
        Drawn::Places(places) => {
            reply.array(places.len());
            let members = places.into_iter().filter_map(|place| set.at(place));
            members.for_each(|member| reply_element(reply, member));
        }
    }
    Ok(())
}
