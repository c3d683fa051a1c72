//! HEXPIRE and its relatives: fields that expire by themselves.
//!
//! The log gets moments instead of times to live, and HDEL where the moment has passed: its replay
//! at another time makes the same hash.

use super::FAMILY;
use crate::command::engine::deadline::Scale;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Hash, Key};
use crate::limits;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&HEXPIRE, &HPEXPIRE, &HEXPIREAT, &HPEXPIREAT];

/// Answer for a field that is not there.
pub(super) const NO_FIELD: i64 = -2;
/// The condition was not met.
const NOT_MET: i64 = 0;
/// The deadline was set.
const SET: i64 = 1;
/// The deadline has passed already, so the field was removed.
const REMOVED: i64 = 2;

/// FIELDS is not where it should be.
const NO_FIELDS: CommandError =
    CommandError::new("ERR Mandatory argument FIELDS is missing or not at the right position");
const MISCOUNTED: CommandError =
    CommandError::new("ERR The `numfields` parameter must match the number of arguments");
/// The number of fields of most commands.
pub(super) const NOT_POSITIVE: CommandError =
    CommandError::new("ERR Number of fields must be a positive integer");

/// A deadline of fields was set, or one that has passed has removed them.
pub(super) fn event_of(has_passed: bool) -> Event {
    Event::hash(if has_passed { "hdel" } else { "hexpire" })
}

/// What the rows of this file have in common.
const EXPIRING: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(N) with N fields"),
    flags: flag::WRITE | flag::DENYOOM | flag::FAST,
    ..FAMILY
};

static HEXPIRE: Command = Command {
    summary: "Has fields of a hash expire in so many seconds",
    syntax: "key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
    example: "
        > HSET user:1 name Ada token abc
        :2
        > HEXPIRE user:1 60 FIELDS 2 token nothing
        *2
        :1
        :-2
        > HEXPIRE user:1 120 LT FIELDS 1 token
        *1
        :0
        > HEXPIRE user:1 0 FIELDS 1 token
        *1
        :2
        > HEXISTS user:1 token
        :0
    ",
    handler: Handler::Keys(|keys, args, reply| expire(keys, args, Scale::Seconds, reply)),
    ..EXPIRING.row("hexpire", -6, 0, "7.4.0")
};

static HPEXPIRE: Command = Command {
    summary: "Has fields of a hash expire in so many milliseconds",
    syntax: "key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
    example: "
        > HSET user:1 token abc
        :1
        > HPEXPIRE user:1 60000 FIELDS 1 token
        *1
        :1
    ",
    handler: Handler::Keys(|keys, args, reply| expire(keys, args, Scale::Milliseconds, reply)),
    ..EXPIRING.row("hpexpire", -6, 0, "7.4.0")
};

static HEXPIREAT: Command = Command {
    summary: "Has fields of a hash expire at a Unix time in seconds",
    syntax: "key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
    example: "
        > HSET user:1 token abc
        :1
        > HEXPIREAT user:1 4102444800 FIELDS 1 token
        *1
        :1
        > HEXPIRETIME user:1 FIELDS 1 token
        *1
        :4102444800
    ",
    handler: Handler::Keys(|keys, args, reply| expire(keys, args, Scale::UnixSeconds, reply)),
    ..EXPIRING.row("hexpireat", -6, 0, "7.4.0")
};

static HPEXPIREAT: Command = Command {
    summary: "Has fields of a hash expire at a Unix time in milliseconds",
    syntax: "key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
    example: "
        > HSET user:1 token abc
        :1
        > HPEXPIREAT user:1 4102444800000 NX FIELDS 1 token
        *1
        :1
    ",
    handler: Handler::Keys(|keys, args, reply| expire(keys, args, Scale::UnixMilliseconds, reply)),
    ..EXPIRING.row("hpexpireat", -6, 0, "7.4.0")
};

/// Which fields a deadline is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    /// Those without a deadline.
    IfNone,
    /// Those with one.
    IfSome,
    /// Those whose deadline is earlier.
    IfLater,
    /// Those whose deadline is later, or that have none.
    IfEarlier,
}

impl Condition {
    fn parse(word: &[u8]) -> Condition {
        match word.to_ascii_lowercase().as_slice() {
            b"nx" => Condition::IfNone,
            b"xx" => Condition::IfSome,
            b"gt" => Condition::IfLater,
            b"lt" => Condition::IfEarlier,
            _ => Condition::Always,
        }
    }

    fn is_met(self, old_ms: Option<u64>, new_ms: u64) -> bool {
        match self {
            Condition::Always => true,
            Condition::IfNone => old_ms.is_none(),
            Condition::IfSome => old_ms.is_some(),
            Condition::IfLater => old_ms.is_some_and(|old_ms| new_ms > old_ms),
            Condition::IfEarlier => old_ms.is_none_or(|old_ms| new_ms < old_ms),
        }
    }
}

fn expire(keys: &mut Keys<'_>, args: Args<'_>, scale: Scale, reply: &mut Reply) -> Outcome {
    const TOO_FEW: CommandError =
        CommandError::new("ERR Parameter `numFields` should be greater than 0");
    let key = args.at(1);
    keys.look::<Hash>(key)?;
    let moment_ms = moment_ms(args, 2, scale, keys.now_ms())?;
    let condition = Condition::parse(args.at(3));
    let at = if condition == Condition::Always { 3 } else { 4 };
    let fields = fields(args, at, TOO_FEW)?;
    let has_passed = moment_ms <= keys.now_ms() && !keys.is_replaying();
    let mut changed = Vec::new();
    reply.array(fields.len());
    keys.change(key, event_of(has_passed), |hash: &mut Hash| {
        for field in fields.iter() {
            let answer = if !hash.contains(field) {
                NO_FIELD
            } else if !condition.is_met(hash.deadline_ms(field), moment_ms) {
                NOT_MET
            } else if has_passed {
                hash.remove(field);
                REMOVED
            } else {
                hash.set_deadline_ms(field, Some(moment_ms));
                SET
            };
            if matches!(answer, SET | REMOVED) {
                changed.push(Key::new(field));
            }
            reply.integer(answer);
        }
        ((), changed.len())
    })?;
    if has_passed {
        log_removal(keys, key, changed);
    } else {
        log_deadline(keys, key, moment_ms, changed);
    }
    Ok(())
}

/// Unix milliseconds of the moment in argument `at`.
///
/// # Errors
/// It is not an integer, or negative, or further away than a field can expire.
pub(super) fn moment_ms(
    args: Args<'_>,
    at: usize,
    scale: Scale,
    now_ms: u64,
) -> Result<u64, CommandError> {
    const NEGATIVE: CommandError = CommandError::new("ERR invalid expire time, must be >= 0");
    let number = u64::try_from(args.integer(at)?).map_err(|_| NEGATIVE)?;
    let (unit_ms, base_ms) = match scale {
        Scale::Seconds => (1_000, now_ms),
        Scale::Milliseconds => (1, now_ms),
        Scale::UnixSeconds => (1_000, 0),
        Scale::UnixMilliseconds => (1, 0),
    };
    let moment_ms = number.checked_mul(unit_ms).and_then(|ms| ms.checked_add(base_ms));
    moment_ms.filter(|moment_ms| *moment_ms <= limits::FIELD_DEADLINE_MS_MAX).ok_or_else(|| {
        let name = String::from_utf8_lossy(args.at(0)).to_lowercase();
        format!("ERR invalid expire time in '{name}' command").into()
    })
}

/// The fields behind `FIELDS numfields`, which begins at argument `at`.
///
/// # Errors
/// It does not, or there are more or fewer fields; `not_positive` if the number is none.
pub(super) fn fields(
    args: Args<'_>,
    at: usize,
    not_positive: CommandError,
) -> Result<Args<'_>, CommandError> {
    if !args.is(at, "FIELDS") {
        return Err(NO_FIELDS);
    }
    let number = args.get(at + 1).and_then(crate::resp::parse_integer);
    let number = number.filter(|number| *number > 0).ok_or(not_positive)?;
    let fields = args.from(at + 2);
    if usize::try_from(number) != Ok(fields.len()) {
        return Err(MISCOUNTED);
    }
    Ok(fields)
}

/// Logs the removal of fields instead of the request.
pub(super) fn log_removal(keys: &mut Keys<'_>, key: &[u8], fields: Vec<Key>) {
    keys.log_as(|| [Key::new(b"HDEL"), Key::new(key)].into_iter().chain(fields));
}

/// Logs the moment at which fields expire instead of the request.
pub(super) fn log_deadline(keys: &mut Keys<'_>, key: &[u8], moment_ms: u64, fields: Vec<Key>) {
    keys.log_as(|| {
        let head = [Key::new(b"HPEXPIREAT"), Key::new(key), Key::number(moment_ms)];
        let count = [Key::new(b"FIELDS"), Key::number(fields.len() as u64)];
        head.into_iter().chain(count).chain(fields)
    });
}
