//! Parts of large hashes: some fields at a time, or some at random.

use super::FAMILY;
use crate::command::engine::draw::{Drawn, OUT_OF_RANGE, draw, draw_count};
use crate::command::engine::scan_options::{Walk, cursor, scan_options};
use crate::command::engine::values::{reply_bytes, reply_element, reply_found};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, Keys, Outcome, Reply, flag,
};
use crate::keyspace::Hash;
use crate::keyspace::types::Element;

/// The family.
pub const COMMANDS: &[&Command] = &[&HSCAN, &HRANDFIELD];

static HSCAN: Command = Command {
    complexity: Complexity::Other(
        "O(N) with N fields asked for; a small hash is walked in one step",
    ),
    summary: "Walks through the fields of a hash, some at a time; every field that stays is seen",
    syntax: "key cursor [MATCH pattern] [COUNT count] [NOVALUES]",
    example: "> HSET user:1 name Ada born 1815
              :2
              > HSCAN user:1 0 MATCH n*
              *2
              $1
              0
              *2
              $4
              name
              $3
              Ada",
    handler: Handler::Keys(hscan),
    ..FAMILY.row("hscan", -3, flag::READONLY, "2.8.0")
};

fn hscan(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let cursor = cursor(args.at(2))?;
    reply.array(2);
    let Some(fields) = keys.read::<Hash>(args.at(1))? else {
        // What is missing is walked through at once, whatever the options are.
        reply.bulk(b"0");
        reply.array(0);
        return Ok(());
    };
    let options = scan_options(args.from(3), Walk::Fields)?;
    let mut found = Vec::new();
    let next = fields.scan(cursor, options.count, |name, value| {
        if options.want(name.text(&mut itoa::Buffer::new())) {
            found.push((name.to_key(), value.to_key()));
        }
    });
    reply.bulk(next.to_string().as_bytes());
    reply.array(found.len() * if options.with_values { 2 } else { 1 });
    for (name, value) in &found {
        reply_bytes(reply, Some(name));
        if options.with_values {
            reply_bytes(reply, Some(value));
        }
    }
    Ok(())
}

static HRANDFIELD: Command = Command {
    complexity: Complexity::Other("O(N) with N fields in the reply"),
    summary: "Draws a field of a hash, or several; a negative count may draw the same one again",
    syntax: "key [count [WITHVALUES]]",
    example: "> HSET coin heads 1
              :1
              > HRANDFIELD coin
              $5
              heads
              > HRANDFIELD coin -2 WITHVALUES
              *4
              $5
              heads
              $1
              1
              $5
              heads
              $1
              1",
    handler: Handler::Keys(hrandfield),
    ..FAMILY.row("hrandfield", -2, flag::READONLY, "6.2.0")
};

fn hrandfield(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    if args.len() == 2 {
        let fields = keys.read::<Hash>(args.at(1))?;
        let drawn = fields.and_then(|fields| fields.at(fastrand::usize(..fields.len())));
        reply_found(reply, drawn.map(|(name, _)| name));
        return Ok(());
    }
    let (count, with_values) = draw_options(args)?;
    let Some(fields) = keys.read::<Hash>(args.at(1))? else {
        reply.array(0);
        return Ok(());
    };
    // RESP3 has a pair for each field with its value.
    let (is_paired, each) = match with_values {
        true => (reply.is_resp3(), if reply.is_resp3() { 1 } else { 2 }),
        false => (false, 1),
    };
    let write = |name: Element<'_>, value: Element<'_>, reply: &mut Reply| {
        if is_paired {
            reply.array(2);
        }
        reply_element(reply, name);
        if with_values {
            reply_element(reply, value);
        }
    };
    match draw(fields.len(), count)? {
        Drawn::All => {
            reply.array(fields.len() * each);
            fields.for_each(|name, value| write(name, value, reply));
        }
        Drawn::Places(places) => {
            reply.array(places.len() * each);
            let drawn = places.into_iter().filter_map(|place| fields.at(place));
            drawn.for_each(|(name, value)| write(name, value, reply));
        }
    }
    Ok(())
}

/// How many fields are drawn, and whether with their values.
fn draw_options(args: Args<'_>) -> Result<(i64, bool), CommandError> {
    let count = draw_count(args.at(2))?;
    let with_values = args.is(3, "WITHVALUES");
    if args.len() > 4 || args.len() == 4 && !with_values {
        return Err(CommandError::SYNTAX);
    }
    if with_values && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(OUT_OF_RANGE);
    }
    Ok((count, with_values))
}
