//! SCAN, KEYS and RANDOMKEY: finding keys without knowing their names.

use super::generic::row;
use super::{Args, Command, CommandError, Handler, KeyArguments, Keys, Outcome, Reply, flag};
use crate::glob;

/// The family.
pub const COMMANDS: &[&Command] = &[&SCAN, &KEYS, &RANDOMKEY];

static SCAN: Command = Command {
    keys: KeyArguments::NONE,
    complexity: "O(N) with N keys asked for, plus those of one segment",
    summary: "Walks through the keys, some at a time; every key that stays is seen exactly once",
    syntax: "cursor [MATCH pattern] [COUNT count] [TYPE type]",
    example: "> SET k v
              +OK
              > SCAN 0 MATCH k* TYPE string
              *2
              $1
              0
              *1
              $1
              k",
    handler: Handler::Keys(scan),
    ..row("scan", -2, flag::READONLY, "2.8.0")
};

/// Keys that one call looks at if COUNT does not say otherwise.
const SCAN_COUNT: usize = 10;

/// What SCAN or HSCAN was asked for.
pub(super) struct ScanOptions<'a> {
    pattern: Option<&'a [u8]>,
    /// About how many keys or fields one call looks at.
    pub count: usize,
    type_name: Option<&'a [u8]>,
    /// Fields come with their values.
    pub with_values: bool,
}

impl ScanOptions<'_> {
    /// Whether a name fits the pattern.
    pub fn want(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| glob::matches(pattern, name))
    }
}

fn scan(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let cursor = cursor(args.at(1))?;
    let options = scan_options(args.from(2), false)?;
    let mut found = Vec::new();
    let next = keys.scan(cursor, options.count, |key, entry| {
        let is_type = options
            .type_name
            .is_none_or(|wanted| entry.value.type_name().as_bytes().eq_ignore_ascii_case(wanted));
        if is_type && options.want(key) {
            found.push(key.clone());
        }
    });
    reply.array(2);
    reply.bulk(next.to_string().as_bytes());
    reply.array(found.len());
    found.iter().for_each(|key| reply.bulk(key));
    Ok(())
}

/// Where to go on: what C's `strtoul` makes of the word, though no space may come first. So the
/// empty word is zero, and a negative number counts down from 2⁶⁴.
pub(super) fn cursor(word: &[u8]) -> Result<u64, CommandError> {
    let text = word.split(|byte| *byte == 0).next().unwrap_or(word);
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        _ => (false, text),
    };
    let number = match digits {
        [] if text.is_empty() => Some(0),
        [] => None,
        _ => digits.iter().try_fold(0_u64, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        }),
    };
    let number = number.ok_or(CommandError::new("ERR invalid cursor"))?;
    Ok(if is_negative { number.wrapping_neg() } else { number })
}

/// Reads what stands behind the cursor. Keys have types to choose from, and fields have values to
/// leave out.
pub(super) fn scan_options(args: Args<'_>, of_hash: bool) -> Result<ScanOptions<'_>, CommandError> {
    let mut options =
        ScanOptions { pattern: None, count: SCAN_COUNT, type_name: None, with_values: true };
    let mut at = 0;
    while at < args.len() {
        let value = args.get(at + 1);
        match (args.at(at).to_ascii_lowercase().as_slice(), value) {
            (b"novalues", _) if of_hash => {
                options.with_values = false;
                at += 1;
                continue;
            }
            (b"count", Some(_)) => match args.integer(at + 1)? {
                count @ 1.. => options.count = count as usize,
                _ => return Err(CommandError::SYNTAX),
            },
            (b"match", Some(_)) => options.pattern = value,
            (b"type", Some(_)) if !of_hash => options.type_name = value,
            _ => return Err(CommandError::SYNTAX),
        }
        at += 2;
    }
    Ok(options)
}

static KEYS: Command = Command {
    keys: KeyArguments::NONE,
    complexity: "O(N) with N keys in the database, all at once: use SCAN",
    summary: "Lists all keys that match a glob pattern",
    syntax: "pattern",
    example: "> SET key:1 v
              +OK
              > KEYS k?y:[0-9]
              *1
              $5
              key:1",
    handler: Handler::Keys(list),
    ..row("keys", 2, flag::READONLY | flag::DANGEROUS, "1.0.0")
};

fn list(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let pattern = args.at(1);
    let mut found = Vec::new();
    keys.scan(0, usize::MAX, |key, _| {
        if glob::matches(pattern, key) {
            found.push(key.clone());
        }
    });
    reply.array(found.len());
    found.iter().for_each(|key| reply.bulk(key));
    Ok(())
}

static RANDOMKEY: Command = Command {
    keys: KeyArguments::NONE,
    complexity: "O(N) with N keys of one segment",
    summary: "Picks a key, or null if there is none",
    syntax: "",
    example: "> RANDOMKEY
              $-1
              > SET k v
              +OK
              > RANDOMKEY
              $1
              k",
    handler: Handler::Keys(randomkey),
    ..row("randomkey", 1, flag::READONLY, "1.0.0")
};

fn randomkey(keys: &mut Keys<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    match keys.random() {
        Some(key) => reply.bulk(&key),
        None => reply.null(),
    }
    Ok(())
}
