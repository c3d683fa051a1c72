//! HGETDEL, HGETEX and HSETEX: reading or writing fields together with a second step.

use super::FAMILY;
use super::deadlines::{NOT_POSITIVE, event_of, fields, log_deadline, log_removal, moment_ms};
use super::lifetimes::PERSISTED;
use crate::command::engine::arguments::Cursor;
use crate::command::engine::deadline::{Lifetime, Scale};
use crate::command::engine::values::{reply_found, stored};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Hash, Key};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&HGETDEL, &HGETEX, &HSETEX];

static HGETDEL: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW access delete"]),
    complexity: Complexity::Other("O(N) with N fields"),
    summary: "Reads fields of a hash and removes them",
    syntax: "key FIELDS numfields field [field ...]",
    example: "
        > HSET user:1 name Ada token abc
        :2
        > HGETDEL user:1 FIELDS 2 token nothing
        *2
        $3
        abc
        $-1
        > HEXISTS user:1 token
        :0
    ",
    handler: Handler::Keys(hgetdel),
    ..FAMILY.row("hgetdel", -5, flag::WRITE | flag::FAST, "8.0.0")
};

fn hgetdel(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let key = args.at(1);
    keys.look::<Hash>(key)?;
    let fields = fields(args, 2, NOT_POSITIVE)?;
    let mut removed = Vec::new();
    reply.array(fields.len());
    keys.change(key, Event::hash("hdel"), |hash: &mut Hash| {
        for field in fields.iter() {
            reply_found(reply, hash.get(field));
            if hash.remove(field) {
                removed.push(Key::new(field));
            }
        }
        ((), removed.len())
    })?;
    log_removal(keys, key, removed);
    Ok(())
}

static HGETEX: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW access update"]),
    complexity: Complexity::Other("O(N) with N fields"),
    summary: "Reads fields of a hash and sets or removes their deadlines",
    syntax: "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | \
             PXAT unix-time-milliseconds | PERSIST] FIELDS numfields field [field ...]",
    example: "
        > HSET user:1 name Ada token abc
        :2
        > HGETEX user:1 EX 60 FIELDS 1 token
        *1
        $3
        abc
        > HTTL user:1 FIELDS 1 token
        *1
        :60
    ",
    handler: Handler::Keys(hgetex),
    ..FAMILY.row("hgetex", -5, flag::WRITE | flag::FAST, "8.0.0")
};

fn hgetex(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let key = args.at(1);
    keys.look::<Hash>(key)?;
    let mut words = Cursor::at(args, 2);
    let lifetime =
        Lifetime::option(&mut words).or_else(|| words.take("PERSIST").then_some(Lifetime::Persist));
    let deadline_ms = match lifetime {
        Some(Lifetime::Until(scale, at)) => Some(moment_ms(args, at, scale, keys.now_ms())?),
        _ => None,
    };
    let fields = fields(args, words.index(), NOT_POSITIVE)?;
    let now_ms = if keys.is_replaying() { 0 } else { keys.now_ms() };
    let has_passed = deadline_ms.is_some_and(|deadline_ms| deadline_ms <= now_ms);
    let persists = lifetime == Some(Lifetime::Persist);
    let event = if persists { PERSISTED } else { event_of(has_passed) };
    let mut changed = Vec::new();
    reply.array(fields.len());
    keys.change(key, event, |hash: &mut Hash| {
        for field in fields.iter() {
            reply_found(reply, hash.get(field));
            let is_changed = match deadline_ms {
                Some(_) if has_passed => hash.remove(field),
                Some(_) => hash.set_deadline_ms(field, deadline_ms),
                None => {
                    let had_one = persists && hash.deadline_ms(field).is_some();
                    had_one && hash.set_deadline_ms(field, None)
                }
            };
            if is_changed {
                changed.push(Key::new(field));
            }
        }
        ((), changed.len())
    })?;
    match deadline_ms {
        Some(_) if has_passed => log_removal(keys, key, changed),
        Some(deadline_ms) => log_deadline(keys, key, deadline_ms, changed),
        None => keys.log_as(|| {
            let head = [Key::new(b"HPERSIST"), Key::new(key)];
            let count = [Key::new(b"FIELDS"), Key::number(changed.len() as u64)];
            head.into_iter().chain(count).chain(changed)
        }),
    }
    Ok(())
}

static HSETEX: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    complexity: Complexity::Other("O(N) with N fields"),
    summary: "Sets fields of a hash together with a deadline, if all or none of them are there",
    syntax: "key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | \
             PXAT unix-time-milliseconds | KEEPTTL] FIELDS numfields field value [field value ...]",
    example: "
        > HSETEX user:1 EX 60 FIELDS 2 token abc name Ada
        :1
        > HTTL user:1 FIELDS 1 token
        *1
        :60
        > HSETEX user:1 FNX FIELDS 1 token xyz
        :0
    ",
    handler: Handler::Keys(hsetex),
    ..FAMILY.row("hsetex", -6, flag::WRITE | flag::DENYOOM | flag::FAST, "8.0.0")
};

/// What HSETEX is asked for.
struct Setting<'a> {
    /// All fields have to be there, or none of them.
    if_there: Option<bool>,
    keeps_deadlines: bool,
    deadline_ms: Option<u64>,
    /// Fields and values in turns, and where they begin in the request.
    pairs: Args<'a>,
    at: usize,
}

impl<'a> Setting<'a> {
    fn parse(args: Args<'a>, now_ms: u64) -> Result<Setting<'a>, CommandError> {
        const TWO_TIMES: CommandError = CommandError::new(
            "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified",
        );
        const TWO_CONDITIONS: CommandError =
            CommandError::new("ERR Only one of FXX or FNX arguments can be specified");
        let (mut if_there, mut keeps_deadlines, mut deadline_ms) = (None, false, None);
        let mut at = 2;
        while !args.is(at, "FIELDS") {
            let word = args.get(at).ok_or(CommandError::new("ERR missing FIELDS argument"))?;
            let scale = match word.to_ascii_lowercase().as_slice() {
                b"ex" => Some(Scale::Seconds),
                b"px" => Some(Scale::Milliseconds),
                b"exat" => Some(Scale::UnixSeconds),
                b"pxat" => Some(Scale::UnixMilliseconds),
                b"keepttl" => None,
                word @ (b"fxx" | b"fnx") => {
                    if if_there.replace(word == b"fxx").is_some() {
                        return Err(TWO_CONDITIONS);
                    }
                    at += 1;
                    continue;
                }
                _ => return Err(CommandError::quoting("ERR unknown argument: ", word, "")),
            };
            if keeps_deadlines || deadline_ms.is_some() {
                return Err(TWO_TIMES);
            }
            match scale {
                Some(_) if at + 1 >= args.len() => {
                    return Err(CommandError::new("ERR missing expire time"));
                }
                Some(scale) => deadline_ms = Some(moment_ms(args, at + 1, scale, now_ms)?),
                None => keeps_deadlines = true,
            }
            at += if scale.is_some() { 2 } else { 1 };
        }
        let pairs = pairs(args, at)?;
        Ok(Setting { if_there, keeps_deadlines, deadline_ms, pairs, at: at + 2 })
    }

    /// Whether the condition is met.
    fn is_admitted(&self, hash: Option<&Hash>) -> bool {
        let Some(if_there) = self.if_there else { return true };
        let mut fields = self.pairs.iter().step_by(2);
        fields.all(|field| hash.is_some_and(|hash| hash.contains(field)) == if_there)
    }
}

/// The fields and values behind `FIELDS numfields`, which begins at argument `at`.
fn pairs(args: Args<'_>, at: usize) -> Result<Args<'_>, CommandError> {
    /// Redis keeps this number in 32 bits.
    const FIELDS_MAX: i64 = i32::MAX as i64;
    let arity = || CommandError::arity("hsetex");
    if at + 3 >= args.len() {
        return Err(arity());
    }
    let number = crate::resp::parse_integer(args.at(at + 1));
    let number = number.filter(|number| (1..=FIELDS_MAX).contains(number));
    let number = number.ok_or(CommandError::new("ERR invalid number of fields"))?;
    let pairs = args.from(at + 2);
    let is_right = pairs.len().is_multiple_of(2) && number == (pairs.len() / 2) as i64;
    if is_right { Ok(pairs) } else { Err(arity()) }
}

fn hsetex(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let setting = Setting::parse(args, keys.now_ms())?;
    let (key, names) = (args.at(1), keys.encodings().hash);
    let old = keys.look::<Hash>(key)?;
    if !setting.is_admitted(old) {
        reply.integer(0);
        return Ok(());
    }
    let Setting { keeps_deadlines, deadline_ms, pairs, at, .. } = setting;
    let fields = || pairs.iter().step_by(2);
    keys.change(key, Event::hash("hset"), |hash: &mut Hash| {
        for (number, field) in fields().enumerate() {
            let value = stored(args, at + 2 * number + 1);
            if keeps_deadlines {
                hash.insert_keeping(field, value, names);
            } else {
                hash.insert(field, value, names);
            }
        }
        ((), fields().count())
    })?;
    log_setting(keys, args, &setting);
    if let Some(deadline_ms) = deadline_ms {
        let has_passed = deadline_ms <= keys.now_ms() && !keys.is_replaying();
        keys.change(key, event_of(has_passed), |hash: &mut Hash| {
            fields().for_each(|field| {
                match has_passed {
                    true => hash.remove(field),
                    false => hash.set_deadline_ms(field, Some(deadline_ms)),
                };
            });
            ((), fields().count())
        })?;
        let fields = fields().map(Key::new).collect();
        if has_passed {
            log_removal(keys, key, fields);
        } else {
            log_deadline(keys, key, deadline_ms, fields);
        }
    }
    reply.integer(1);
    Ok(())
}

/// Logs the values as HSET; only deadlines that stay need HSETEX.
fn log_setting(keys: &mut Keys<'_>, args: Args<'_>, setting: &Setting<'_>) {
    let len = setting.pairs.len();
    keys.log_as(|| {
        let key = Key::new(args.at(1));
        let head = match setting.keeps_deadlines {
            false => vec![Key::new(b"HSET"), key],
            true => {
                let (keep, fields) = (Key::new(b"KEEPTTL"), Key::new(b"FIELDS"));
                vec![Key::new(b"HSETEX"), key, keep, fields, Key::number(len as u64 / 2)]
            }
        };
        let pairs = (setting.at..setting.at + len).map(|at| stored(args, at));
        head.into_iter().chain(pairs)
    });
}
