//! Strings as arrays of bits: reading, writing, counting and finding bits, and combining strings
//! bit by bit. The first bit is the highest one of the first byte.
//!
//! Under the lock, each command passes over its strings at most once, eight bytes at a time. Zeros
//! follow a string's end.

use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::command::string::range::written;
use crate::keyspace::{Event, Text, Value};
use crate::limits;

/// The family.
pub const COMMANDS: &[&Command] = &[&SETBIT, &GETBIT, &BITCOUNT, &BITPOS, &BITOP];

/// What the rows about bits have in common.
pub(crate) const FAMILY: Command =
    Command { keys: KeyArguments::FIRST, flags: flag::READONLY, ..Command::of_group("bitmap") };

/// `word` as a bit's offset within the longest possible string.
///
/// # Errors
/// It is not an integer, or too large.
pub(crate) fn bit_offset(word: &[u8]) -> Result<usize, CommandError> {
    let offset = crate::resp::parse_integer(word).and_then(|offset| usize::try_from(offset).ok());
    checked_bit_offset(offset)
}

/// [`bit_offset`] for a number; `None` stands for an overflow of 64 bits.
pub(crate) fn checked_bit_offset(offset: Option<usize>) -> Result<usize, CommandError> {
    const OUT_OF_RANGE: CommandError =
        CommandError::new("ERR bit offset is not an integer or out of range");
    offset.filter(|offset| offset / 8 < limits::BULK_BYTES_MAX).ok_or(OUT_OF_RANGE)
}

/// The bit at `offset`, zero beyond the end.
fn bit_at(bytes: &[u8], offset: usize) -> bool {
    bytes.get(offset / 8).is_some_and(|byte| byte & (0x80 >> (offset % 8)) != 0)
}

static SETBIT: Command = Command {
    flags: flag::WRITE | flag::DENYOOM,
    summary: "Sets or clears one bit of a string and returns its old value",
    syntax: "key offset value",
    example: "> SETBIT seen 7 1
              :0
              > SETBIT seen 7 1
              :1
              > STRLEN seen
              :1
              > SETBIT seen 4294967296 1
              -ERR bit offset is not an integer or out of range",
    handler: Handler::Keys(setbit),
    ..FAMILY.row("setbit", 4, 0, "2.2.0")
};

fn setbit(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let offset = bit_offset(args.at(2))?;
    let value = match args.integer(3) {
        Ok(value @ (0 | 1)) => value == 1,
        _ => return Err(CommandError::new("ERR bit is not an integer or out of range")),
    };
    let before =
        keys.replace::<Text, _, CommandError>(args.at(1), Event::string("setbit"), |old| {
            let len = old.as_deref().map_or(0, |old| old.len()).max(offset / 8 + 1);
            Ok(written(old, len, |bytes| {
                let before = bit_at(bytes, offset);
                let mask = 0x80 >> (offset % 8);
                let byte = &mut bytes[offset / 8];
                *byte = if value { *byte | mask } else { *byte & !mask };
                (before, before != value)
            }))
        })?;
    reply.integer(i64::from(before));
    Ok(())
}

static GETBIT: Command = Command {
    flags: flag::READONLY | flag::FAST,
    summary: "Reads one bit of a string; zero beyond its end",
    syntax: "key offset",
    example: "> SET letter a
              +OK
              > GETBIT letter 1
              :1
              > GETBIT letter 100
              :0",
    handler: Handler::Keys(getbit),
    ..FAMILY.row("getbit", 3, 0, "2.2.0")
};

fn getbit(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let offset = bit_offset(args.at(2))?;
    let text = keys.read::<Text>(args.at(1))?;
    reply.integer(i64::from(text.is_some_and(|text| bit_at(text, offset))));
    Ok(())
}

static BITCOUNT: Command = Command {
    complexity: Complexity::Other("O(N) with N bytes examined"),
    summary: "Counts the ones in a string, or in the part from one byte or bit to another",
    syntax: "key [start end [BYTE | BIT]]",
    example: "> SET word foobar
              +OK
              > BITCOUNT word
              :26
              > BITCOUNT word 1 1
              :6
              > BITCOUNT word 5 30 BIT
              :17",
    handler: Handler::Keys(bitcount),
    ..FAMILY.row("bitcount", -2, 0, "2.6.0")
};

fn bitcount(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let range = match args.len() {
        2 => BitRange { start: 0, end: None, counts_bits: false },
        4 | 5 => {
            let (start, end) = (args.integer(2)?, args.integer(3)?);
            BitRange { start, end: Some(end), counts_bits: counts_bits(args, 4)? }
        }
        _ => return Err(CommandError::SYNTAX),
    };
    let Some(text) = keys.read::<Text>(args.at(1))? else {
        reply.integer(0);
        return Ok(());
    };
    let bits = match range {
        // As in GETRANGE; BITPOS clamps both to the beginning and searches there.
        BitRange { start: start @ ..0, end: Some(end), .. } if start > end => None,
        _ => range.bits_of(text.len()),
    };
    reply.count(bits.map_or(0, |(start, end)| ones(text, start, end)));
    Ok(())
}

/// Whether argument `index` names bits as the unit; the default is bytes.
fn counts_bits(args: Args<'_>, index: usize) -> Result<bool, CommandError> {
    match args.get(index) {
        None => Ok(false),
        _ if args.is(index, "BIT") => Ok(true),
        _ if args.is(index, "BYTE") => Ok(false),
        _ => Err(CommandError::SYNTAX),
    }
}

/// A range of a string as in requests: both ends included, negative ones from the end.
struct BitRange {
    start: i64,
    /// `None` is the end of the string.
    end: Option<i64>,
    /// The indices count bits, not bytes.
    counts_bits: bool,
}

impl BitRange {
    /// The first bit and the one after the last, if the range is not empty.
    fn bits_of(&self, len: usize) -> Option<(usize, usize)> {
        let unit = if self.counts_bits { 1 } else { 8 };
        let total = (len * 8 / unit) as i64;
        let end = self.end.unwrap_or(total - 1);
        // Indices before the beginning are moved to it, both start and end.
        let place = |index: i64| if index < 0 { (total + index).max(0) } else { index };
        let (start, end) = (place(self.start), place(end).min(total - 1));
        (start <= end).then(|| (start as usize * unit, (end as usize + 1) * unit))
    }
}

/// Number of ones among the bits from `start` up to but excluding `end`.
fn ones(bytes: &[u8], start: usize, end: usize) -> usize {
    let whole = &bytes[start / 8..end.div_ceil(8)];
    let (words, rest) = whole.as_chunks::<8>();
    let of_words: u64 =
        words.iter().map(|word| u64::from(u64::from_ne_bytes(*word).count_ones())).sum();
    let of_rest: usize = rest.iter().map(|byte| byte.count_ones() as usize).sum();
    // The bits counted too many at both ends.
    let before = bytes[start / 8] & !(0xFF >> (start % 8));
    let behind = match end % 8 {
        0 => 0,
        used => bytes[end / 8] & (0xFF >> used),
    };
    of_words as usize + of_rest - (before.count_ones() + behind.count_ones()) as usize
}

static BITPOS: Command = Command {
    complexity: Complexity::Other("O(N) with N bytes examined"),
    summary: "Finds the first zero or the first one in a string or in a part of it",
    syntax: "key bit [start [end [BYTE | BIT]]]",
    example: r#"> SET mask "\xff\xf0\x00"
              +OK
              > BITPOS mask 0
              :12
              > BITPOS mask 1 2
              :-1
              > BITPOS mask 1 7 15 BIT
              :7"#,
    handler: Handler::Keys(bitpos),
    ..FAMILY.row("bitpos", -3, 0, "2.8.7")
};

fn bitpos(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let wanted = match args.integer(2)? {
        bit @ (0 | 1) => bit == 1,
        _ => return Err(CommandError::new("ERR The bit argument must be 1 or 0.")),
    };
    if args.len() > 6 {
        return Err(CommandError::SYNTAX);
    }
    let start = args.get(3).map(|_| args.integer(3)).transpose()?.unwrap_or(0);
    let counts_bits = counts_bits(args, 5)?;
    let end = args.get(4).map(|_| args.integer(4)).transpose()?;
    let range = BitRange { start, end, counts_bits };
    let place = match keys.read::<Text>(args.at(1))? {
        // As if the string consisted of zeros only.
        None => (!wanted).then_some(0),
        Some(text) => range.bits_of(text.len()).and_then(|(start, end)| {
            let found = first(text, start, end, wanted);
            // Without an explicit end, zeros follow the string.
            found.or_else(|| (!wanted && range.end.is_none()).then_some(end))
        }),
    };
    reply.integer(place.map_or(-1, |place| place as i64));
    Ok(())
}

/// The first bit that is `wanted` from `start` up to but excluding `end`.
fn first(bytes: &[u8], start: usize, end: usize, wanted: bool) -> Option<usize> {
    let same = if wanted { 0x00 } else { 0xFF };
    let is_found = |offset: &usize| bit_at(bytes, *offset) == wanted;
    // The bits up to the first whole byte, then whole bytes, then the bits of the differing byte.
    let whole = start.next_multiple_of(8).min(end);
    let found = (start..whole).find(is_found);
    if found.is_some() || whole == end {
        return found;
    }
    let rest = &bytes[whole / 8..end.div_ceil(8)];
    let (words, _) = rest.as_chunks::<8>();
    let skipped = words.iter().take_while(|word| **word == [same; 8]).count() * 8;
    let at = skipped + rest[skipped..].iter().position(|byte| *byte != same)?;
    let from = whole + at * 8;
    (from..end.min(from + 8)).find(is_found)
}

static BITOP: Command = Command {
    flags: flag::WRITE | flag::DENYOOM,
    keys: KeyArguments::new(2, -1, 1).used(&["OW update", "RO access"]),
    complexity: Complexity::Other("O(N) with N bytes in all strings"),
    summary: "Combines strings bit by bit and stores the result under another key",
    syntax: "<AND | OR | XOR | NOT> destkey key [key ...]",
    example: "> MSET a abc b ab
              +OK
              > BITOP AND both a b
              :3
              > STRLEN both
              :3
              > BITOP NOT both a b
              -ERR BITOP NOT must be called with a single source key.",
    handler: Handler::Keys(bitop),
    ..FAMILY.row("bitop", -4, 0, "2.6.0")
};

fn bitop(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let operation = match args.at(1).to_ascii_lowercase().as_slice() {
        b"and" => Operation::And,
        b"or" => Operation::Or,
        b"xor" => Operation::Xor,
        b"not" if args.len() == 4 => Operation::Not,
        b"not" => {
            let text = "ERR BITOP NOT must be called with a single source key.";
            return Err(CommandError::new(text));
        }
        _ => return Err(CommandError::SYNTAX),
    };
    let mut sources = Vec::with_capacity(args.len() - 3);
    for key in args.from(3).iter() {
        // A long string is shared by reference instead of copied.
        sources.push(keys.read::<Text>(key)?.cloned().unwrap_or(Text::new(b"")));
    }
    let len = sources.iter().map(|source| source.len()).max().unwrap_or(0);
    if len == 0 {
        keys.remove(args.at(2), Event::DEL);
    } else {
        keys.set(args.at(2), Value::String(combined(operation, &sources, len)), None, Event::SET);
    }
    reply.count(len);
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    And,
    Or,
    Xor,
    Not,
}

/// The result of `operation` on all sources, each followed by zeros up to `len` bytes.
fn combined(operation: Operation, sources: &[Text], len: usize) -> Text {
    let mut combined = Text::grown(&Text::new(b""), len);
    let target = combined.in_place(len).unwrap_or_default();
    for (at, source) in sources.iter().enumerate() {
        let (common, rest) = target.split_at_mut(source.len());
        let pairs = common.iter_mut().zip(&**source);
        match operation {
            _ if at == 0 => common.copy_from_slice(source),
            Operation::And => {
                pairs.for_each(|(target, byte)| *target &= byte);
                rest.fill(0);
            }
            Operation::Or => pairs.for_each(|(target, byte)| *target |= byte),
            Operation::Xor => pairs.for_each(|(target, byte)| *target ^= byte),
            Operation::Not => {}
        }
    }
    if operation == Operation::Not {
        target.iter_mut().for_each(|byte| *byte = !*byte);
    }
    combined
}
