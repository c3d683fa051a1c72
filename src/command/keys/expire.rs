//! Deadlines of keys: setting, reading and removing them.
//!
//! A deadline is a moment in Unix milliseconds, whatever the command's unit. A moment in the past
//! is accepted and removes the key at once.

use super::FAMILY;
use crate::command::engine::KeyArguments;
use crate::command::engine::arguments::Cursor;
use crate::command::engine::deadline::Scale;
use crate::command::engine::deadline::{change_deadline, remove_deadline};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, Keys, Outcome, Reply, flag,
};
use crate::keyspace::Entry;

/// The family.
pub const COMMANDS: &[&Command] =
    &[&EXPIRE, &PEXPIRE, &EXPIREAT, &PEXPIREAT, &TTL, &PTTL, &EXPIRETIME, &PEXPIRETIME, &PERSIST];

static EXPIRE: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(log N) with N keys that have a deadline"),
    summary: "Lets a key expire after some seconds",
    syntax: "key seconds [NX | XX | GT | LT]",
    example: "
        > SET session data
        +OK
        > EXPIRE session 60
        :1
        > EXPIRE session 30 GT
        :0
        > TTL session
        :60
        > EXPIRE session -1
        :1
        > EXISTS session
        :0
    ",
    handler: Handler::Keys(expire),
    ..FAMILY.row("expire", -3, flag::WRITE | flag::FAST, "1.0.0")
};

fn expire(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    set_deadline(keys, args, Scale::Seconds, reply)
}

static PEXPIRE: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(log N) with N keys that have a deadline"),
    summary: "Lets a key expire after some milliseconds",
    syntax: "key milliseconds [NX | XX | GT | LT]",
    example: "
        > SET session data
        +OK
        > PEXPIRE session 59900
        :1
        > PEXPIRE session 1000 NX
        :0
        > TTL session
        :60
    ",
    handler: Handler::Keys(pexpire),
    ..FAMILY.row("pexpire", -3, flag::WRITE | flag::FAST, "2.6.0")
};

fn pexpire(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    set_deadline(keys, args, Scale::Milliseconds, reply)
}

static EXPIREAT: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(log N) with N keys that have a deadline"),
    summary: "Lets a key expire at a moment in Unix seconds",
    syntax: "key unix-time-seconds [NX | XX | GT | LT]",
    example: "
        > SET session data
        +OK
        > EXPIREAT session 33177117420 XX
        :0
        > EXPIREAT session 33177117420
        :1
        > EXPIREAT session 1
        :1
        > GET session
        $-1
    ",
    handler: Handler::Keys(expireat),
    ..FAMILY.row("expireat", -3, flag::WRITE | flag::FAST, "1.2.0")
};

fn expireat(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    set_deadline(keys, args, Scale::UnixSeconds, reply)
}

static PEXPIREAT: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(log N) with N keys that have a deadline"),
    summary: "Lets a key expire at a moment in Unix milliseconds",
    syntax: "key unix-time-milliseconds [NX | XX | GT | LT]",
    example: "
        > SET session data
        +OK
        > PEXPIREAT session 33177117420000
        :1
        > PEXPIREAT session 33177117420001 LT
        :0
        > PEXPIREAT nobody 33177117420000
        :0
    ",
    handler: Handler::Keys(pexpireat),
    ..FAMILY.row("pexpireat", -3, flag::WRITE | flag::FAST, "2.6.0")
};

fn pexpireat(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    set_deadline(keys, args, Scale::UnixMilliseconds, reply)
}

/// The common part of the four commands above.
fn set_deadline(keys: &mut Keys<'_>, args: Args<'_>, scale: Scale, reply: &mut Reply) -> Outcome {
    let conditions = Conditions::parse(args.from(3))?;
    // All moments before 1970 are in the past alike.
    let moment_ms = scale.moment_ms(args, 2, keys.now_ms())?.max(0).unsigned_abs();
    let key = args.at(1);
    let may_set = match keys.look_entry(key) {
        Some(entry) => conditions.permit(entry.expires_at_ms(), moment_ms),
        None => false,
    };
    reply.integer(i64::from(may_set && change_deadline(keys, key, moment_ms)));
    Ok(())
}

/// The conditions for setting a deadline; all of them must hold.
#[derive(Default)]
struct Conditions {
    /// There is none yet: `NX`.
    if_none: bool,
    /// There is one already: `XX`.
    if_any: bool,
    /// The new one is later: `GT`.
    if_later: bool,
    /// The new one is earlier: `LT`.
    if_earlier: bool,
}

impl Conditions {
    fn parse(options: Args<'_>) -> Result<Conditions, CommandError> {
        let mut conditions = Conditions::default();
        let mut words = Cursor::at(options, 0);
        while !words.is_done() {
            if words.take("NX") {
                conditions.if_none = true;
            } else if words.take("XX") {
                conditions.if_any = true;
            } else if words.take("GT") {
                conditions.if_later = true;
            } else if words.take("LT") {
                conditions.if_earlier = true;
            } else {
                let option = options.at(words.index());
                return Err(CommandError::quoting("ERR Unsupported option ", option, ""));
            }
        }
        let Conditions { if_none, if_any, if_later, if_earlier } = conditions;
        if if_none && (if_any || if_later || if_earlier) {
            return Err(CommandError::new(
                "ERR NX and XX, GT or LT options at the same time are not compatible",
            ));
        }
        if if_later && if_earlier {
            return Err(CommandError::new(
                "ERR GT and LT options at the same time are not compatible",
            ));
        }
        Ok(conditions)
    }

    /// Whether `moment_ms` may replace the deadline `current_ms`. No deadline counts as later than
    /// every other.
    fn permit(&self, current_ms: Option<u64>, moment_ms: u64) -> bool {
        let is_none_if_asked = !self.if_none || current_ms.is_none();
        let is_any_if_asked = !self.if_any || current_ms.is_some();
        let is_later_if_asked = !self.if_later || current_ms.is_some_and(|now| moment_ms > now);
        let is_earlier_if_asked = !self.if_earlier || current_ms.is_none_or(|now| moment_ms < now);
        is_none_if_asked && is_any_if_asked && is_later_if_asked && is_earlier_if_asked
    }
}

static TTL: Command = Command {
    summary: "Returns the seconds until a key expires: -1 without a deadline, -2 without the key",
    example: "
        > SET session data EX 60
        +OK
        > TTL session
        :60
        > PERSIST session
        :1
        > TTL session
        :-1
        > TTL nobody
        :-2
    ",
    handler: Handler::Keys(ttl),
    ..FAMILY.row("ttl", 2, flag::READONLY | flag::FAST, "1.0.0")
};

fn ttl(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let now_ms = keys.now_ms();
    tell(keys, args, reply, |deadline_ms| rounded_seconds(deadline_ms.saturating_sub(now_ms)))
}

static PTTL: Command = Command {
    summary: "Returns the milliseconds until a key expires, like TTL",
    example: "
        > SET forever data
        +OK
        > PTTL forever
        :-1
        > PTTL nobody
        :-2
    ",
    handler: Handler::Keys(pttl),
    ..FAMILY.row("pttl", 2, flag::READONLY | flag::FAST, "2.6.0")
};

fn pttl(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let now_ms = keys.now_ms();
    tell(keys, args, reply, |deadline_ms| deadline_ms.saturating_sub(now_ms))
}

static EXPIRETIME: Command = Command {
    summary: "Returns when a key expires, in Unix seconds, like TTL",
    example: "
        > SET session data EXAT 33177117420
        +OK
        > EXPIRETIME session
        :33177117420
    ",
    handler: Handler::Keys(expiretime),
    ..FAMILY.row("expiretime", 2, flag::READONLY | flag::FAST, "7.0.0")
};

fn expiretime(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    tell(keys, args, reply, rounded_seconds)
}

static PEXPIRETIME: Command = Command {
    summary: "Returns when a key expires, in Unix milliseconds, like TTL",
    example: "
        > SET session data EXAT 33177117420
        +OK
        > PEXPIRETIME session
        :33177117420000
    ",
    handler: Handler::Keys(pexpiretime),
    ..FAMILY.row("pexpiretime", 2, flag::READONLY | flag::FAST, "7.0.0")
};

fn pexpiretime(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    tell(keys, args, reply, |deadline_ms| deadline_ms)
}

/// Replies with the result of `figure` for the deadline in Unix milliseconds, or with the code for
/// a missing deadline or key.
fn tell(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    reply: &mut Reply,
    figure: impl FnOnce(u64) -> u64,
) -> Outcome {
    const NO_DEADLINE: i64 = -1;
    const NO_KEY: i64 = -2;
    reply.integer(match keys.peek(args.at(1)).map(Entry::expires_at_ms) {
        // Deadlines come from signed numbers.
        Some(Some(deadline_ms)) => figure(deadline_ms) as i64,
        Some(None) => NO_DEADLINE,
        None => NO_KEY,
    });
    Ok(())
}

/// To the nearest second, so that EXPIRE and an immediate TTL agree.
fn rounded_seconds(ms: u64) -> u64 {
    (ms + 500) / 1_000
}

static PERSIST: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(log N) with N keys that have a deadline"),
    summary: "Removes a key's deadline",
    example: "
        > SET session data EX 60
        +OK
        > PERSIST session
        :1
        > PERSIST session
        :0
        > TTL session
        :-1
    ",
    handler: Handler::Keys(persist),
    ..FAMILY.row("persist", 2, flag::WRITE | flag::FAST, "2.2.0")
};

fn persist(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.integer(i64::from(remove_deadline(keys, args.at(1))));
    Ok(())
}
