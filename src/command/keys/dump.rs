//! DUMP and RESTORE: a value as a string of bytes, which every Redis understands.
//!
//! The payload has a check sum, which finds accidents and no attacks: the value in it is verified
//! like everything else that arrives. The order of use is exact here, so IDLETIME is checked and
//! not applied; neither is FREQ: what is restored counts as new.

use super::FAMILY;
use crate::command::engine::arguments::Cursor;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, Key};
use crate::rdb::payload::Payload;
use crate::rdb::piece::Kind;
use crate::snapshot::decode::Builder;
use crate::snapshot::encode;

/// The family.
pub const COMMANDS: &[&Command] = &[&DUMP, &RESTORE];

const BUSY_KEY: CommandError = CommandError::new("BUSYKEY Target key name already exists.");
const BAD_FORMAT: CommandError = CommandError::new("ERR Bad data format");
const BAD_PAYLOAD: CommandError =
    CommandError::new("ERR DUMP payload version or checksum are wrong");

/// The highest value of Redis's counter of use.
const FREQUENCY_MAX: i64 = 255;

static DUMP: Command = Command {
    keys: KeyArguments::FIRST.used(&["RO access"]),
    complexity: Complexity::Other("O(N) with N bytes of the value"),
    summary: "Returns a value in a form that RESTORE takes, in Redis too",
    example: "> DUMP nobody
              $-1",
    handler: Handler::Keys(dump),
    ..FAMILY.row("dump", 2, flag::READONLY, "2.6.0")
};

fn dump(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let Some(entry) = keys.read_entry(args.at(1)) else {
        reply.null();
        return Ok(());
    };
    let payload = encode::dump(&entry.value)
        .map_err(|_| CommandError::new("ERR the value has no serialized form"))?;
    reply.bulk(&payload);
    Ok(())
}

static RESTORE: Command = Command {
    keys: KeyArguments::FIRST.used(&["OW update"]),
    complexity: Complexity::Other("O(N) with N elements, O(N*log(N)) for a sorted set"),
    summary: "Creates a key from what DUMP returned",
    syntax: "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]",
    example: "> RESTORE copy 0 nonsense
              -ERR DUMP payload version or checksum are wrong
              > SET taken v
              +OK
              > RESTORE taken 0 nonsense
              -BUSYKEY Target key name already exists.",
    handler: Handler::Keys(restore),
    ..FAMILY.row("restore", -4, flag::WRITE | flag::DENYOOM | flag::DANGEROUS, "2.6.0")
};

#[derive(Default)]
struct Options {
    replaces: bool,
    is_absolute: bool,
}

impl Options {
    /// Of IDLETIME and FREQ only the first counts; the other one is a syntax error, as in Redis.
    fn parse(args: Args<'_>) -> Result<Options, CommandError> {
        let (mut options, mut has_use) = (Options::default(), None);
        let mut words = Cursor::at(args, 4);
        while !words.is_done() {
            if words.take("REPLACE") {
                options.replaces = true;
            } else if words.take("ABSTTL") {
                options.is_absolute = true;
            } else if has_use != Some("FREQ")
                && let Some(idle) = words.integer_of("IDLETIME")?
            {
                if idle < 0 {
                    return Err(CommandError::new("ERR Invalid IDLETIME value, must be >= 0"));
                }
                has_use = Some("IDLETIME");
            } else if has_use != Some("IDLETIME")
                && let Some(freq) = words.integer_of("FREQ")?
            {
                if !(0..=FREQUENCY_MAX).contains(&freq) {
                    return Err(CommandError::new(
                        "ERR Invalid FREQ value, must be >= 0 and <= 255",
                    ));
                }
                has_use = Some("FREQ");
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(options)
    }
}

fn restore(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let Options { replaces, is_absolute } = Options::parse(args)?;
    let (key, now_ms) = (args.at(1), keys.now_ms());
    let is_taken = keys.look_entry(key).is_some();
    if is_taken && !replaces {
        return Err(BUSY_KEY);
    }
    let ttl_ms = u64::try_from(args.integer(2)?)
        .map_err(|_| CommandError::new("ERR Invalid TTL value, must be >= 0"))?;
    let payload = Payload::verify(args.at(3)).ok_or(BAD_PAYLOAD)?;
    let expired_ms = if keys.is_replaying() { 0 } else { now_ms };
    let mut builder = Builder::new(keys.encodings(), expired_ms);
    let kind = payload.value(&mut builder).map_err(|_| BAD_FORMAT)?;
    let expires_at_ms = (ttl_ms > 0).then(|| match is_absolute {
        true => ttl_ms,
        false => ttl_ms.saturating_add(now_ms),
    });
    let has_passed = expires_at_ms.is_some_and(|moment_ms| moment_ms <= now_ms);
    let value = match builder.into_value() {
        Some(value) => Some(value),
        // All its fields have expired.
        None if kind == Kind::Hash => None,
        None => return Err(BAD_FORMAT),
    };
    match value.filter(|_| !has_passed || keys.is_replaying()) {
        Some(value) => {
            if let Some(moment_ms) = expires_at_ms.filter(|_| !is_absolute) {
                // The log is read at another time.
                keys.log_as(|| absolute(args, moment_ms));
            }
            keys.set(key, value, expires_at_ms, Event::generic("restore"));
        }
        None if is_taken => {
            keys.log_as(|| [Key::new(b"DEL"), Key::new(key)]);
            keys.remove(key, Event::DEL);
        }
        None => {}
    }
    reply.ok();
    Ok(())
}

/// The same request with a moment in the place of a time to live.
fn absolute(args: Args<'_>, moment_ms: u64) -> Vec<Key> {
    let mut words: Vec<Key> = args.iter().map(Key::new).collect();
    words[2] = Key::number(moment_ms);
    words.push(Key::new(b"ABSTTL"));
    words
}
