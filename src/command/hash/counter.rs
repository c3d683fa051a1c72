//! Counters in the fields of a hash: HINCRBY and HINCRBYFLOAT.

use super::FAMILY;
use super::deadlines::log_deadline;
use crate::command::engine::sums::{NOT_A_FLOAT, float_sum, integer_sum};
use crate::command::engine::{Args, Command, CommandError, Handler, Keys, Outcome, Reply, flag};
use crate::keyspace::{Event, Hash, Key};
use crate::number::extended::Extended;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&HINCRBY, &HINCRBYFLOAT];

const FIELD_NOT_AN_INTEGER: CommandError = CommandError::new("ERR hash value is not an integer");

const FIELD_NOT_A_FLOAT: CommandError = CommandError::new("ERR hash value is not a float");

/// An increment that is not a finite number.
const INFINITE: CommandError = CommandError::new("ERR value is NaN or Infinity");

static HINCRBY: Command = Command {
    summary: "Adds to the integer in a field of a hash",
    syntax: "key field increment",
    example: "
        > HINCRBY user:1 visits 5
        :5
        > HINCRBY user:1 visits -1
        :4
        > HSET user:1 name Ada
        :1
        > HINCRBY user:1 name 1
        -ERR hash value is not an integer
    ",
    handler: Handler::Keys(hincrby),
    ..FAMILY.row("hincrby", 4, flag::WRITE | flag::DENYOOM | flag::FAST, "2.0.0")
};

fn hincrby(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let increment = args.integer(3)?;
    let sum = change_field(keys, args, Event::hash("hincrby"), |old| {
        let sum = integer_sum(old, increment, FIELD_NOT_AN_INTEGER)?;
        Ok((Key::new(itoa::Buffer::new().format(sum).as_bytes()), sum))
    })?;
    reply.integer(sum);
    Ok(())
}

static HINCRBYFLOAT: Command = Command {
    summary: "Adds to the decimal number in a field of a hash",
    syntax: "key field increment",
    example: "
        > HINCRBYFLOAT basket total 2.50
        $3
        2.5
        > HINCRBYFLOAT basket total 0.25
        $4
        2.75
    ",
    handler: Handler::Keys(hincrbyfloat),
    ..FAMILY.row("hincrbyfloat", 4, flag::WRITE | flag::DENYOOM | flag::FAST, "2.6.0")
};

fn hincrbyfloat(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let increment = Extended::parse(args.at(3)).ok_or(NOT_A_FLOAT)?;
    if !increment.is_finite() {
        return Err(INFINITE);
    }
    let sum = change_field(keys, args, Event::hash("hincrbyfloat"), |old| {
        let sum = float_sum(old, increment, FIELD_NOT_A_FLOAT)?;
        Ok((Key::new(sum.as_bytes()), sum))
    })?;
    let deadline_ms = keys.look::<Hash>(args.at(1))?.and_then(|hash| hash.deadline_ms(args.at(2)));
    keys.log_as(|| {
        let (key, field) = (Key::new(args.at(1)), Key::new(args.at(2)));
        [Key::new(b"HSET"), key, field, Key::new(sum.as_bytes())]
    });
    if let Some(deadline_ms) = deadline_ms {
        // HSET has removed it.
        log_deadline(keys, args.at(1), deadline_ms, vec![Key::new(args.at(2))]);
    }
    reply.bulk(sum.as_bytes());
    Ok(())
}

/// Replaces the field that the first two arguments name by the result of `change`.
///
/// # Errors
/// The key holds another type, or those of `change`; nothing has changed then.
fn change_field<R>(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    event: Event,
    change: impl FnOnce(Option<&[u8]>) -> Result<(Key, R), CommandError>,
) -> Result<R, CommandError> {
    let (field, names) = (args.at(2), keys.encodings().hash);
    keys.change(args.at(1), event, |fields: &mut Hash| {
        let mut digits = itoa::Buffer::new();
        let old = fields.get(field);
        match change(old.as_ref().map(|old| old.text(&mut digits))) {
            Ok((new, result)) => {
                // A counter goes on counting until its field expires.
                fields.insert_keeping(field, new, names);
                (Ok(result), 1)
            }
            Err(error) => (Err(error), 0),
        }
    })?
}
