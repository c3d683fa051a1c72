//! BITFIELD: integers of any width at any offset in a string.
//!
//! A request is a list of operations; all are parsed and checked before the first one is executed.
//! The integers have at most 64 bits, so 128 bits hold every intermediate result and reveal an
//! overflow.

use crate::command::engine::arguments::{Cursor, choice, integer};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::command::string::bits::{FAMILY, checked_bit_offset};
use crate::command::string::range::written;
use crate::keyspace::{Event, Text};

/// The family.
pub const COMMANDS: &[&Command] = &[&BITFIELD, &BITFIELD_RO];

static BITFIELD: Command = Command {
    flags: flag::WRITE | flag::DENYOOM,
    keys: KeyArguments::FIRST.used(&["RW access update variable_flags"]),
    complexity: Complexity::Other("O(N) with N operations"),
    summary: "Reads, sets and adds to integers of any width within a string",
    syntax: "key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] \
             <SET encoding offset value | INCRBY encoding offset increment> ...]",
    example: "> BITFIELD stats SET u8 0 200 INCRBY u8 #1 7 GET u16 0
              *3
              :0
              :7
              :51207
              > BITFIELD stats OVERFLOW SAT INCRBY u8 0 100 OVERFLOW FAIL INCRBY u8 0 1
              *2
              :255
              $-1",
    refine_keys: Some(|args, found| found.iter_mut().for_each(|key| key.uses = use_by(args))),
    handler: Handler::Keys(bitfield),
    ..FAMILY.row("bitfield", -2, 0, "3.2.0")
};

/// What BITFIELD does with its key: without SET and INCRBY it only reads.
fn use_by(args: Args<'_>) -> &'static str {
    let mut at = 2;
    while at < args.len() {
        at += match () {
            () if args.is(at, "GET") => 3,
            () if args.is(at, "OVERFLOW") => 2,
            () => return "RW access update",
        };
    }
    "RO access"
}

fn bitfield(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let operations = operations(args)?;
    match operations.iter().filter(|operation| operation.writes()).map(Operation::end).max() {
        None => read(keys, args, &operations, reply),
        Some(end) => write(keys, args, &operations, end, reply),
    }
}

static BITFIELD_RO: Command = Command {
    flags: flag::READONLY | flag::FAST,
    complexity: Complexity::Other("O(N) with N operations"),
    summary: "Reads integers of any width within a string",
    syntax: "key [GET encoding offset [GET encoding offset ...]]",
    example: "> SET letters ab
              +OK
              > BITFIELD_RO letters GET u8 8 GET i4 #0
              *2
              :98
              :6
              > BITFIELD_RO letters SET u8 0 1
              -ERR BITFIELD_RO only supports the GET subcommand",
    handler: Handler::Keys(bitfield_ro),
    ..FAMILY.row("bitfield_ro", -2, 0, "6.0.0")
};

fn bitfield_ro(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let operations = operations(args)?;
    if operations.iter().any(Operation::writes) {
        return Err(CommandError::new("ERR BITFIELD_RO only supports the GET subcommand"));
    }
    read(keys, args, &operations, reply)
}

fn read(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    operations: &[Operation],
    reply: &mut Reply,
) -> Outcome {
    let text = keys.read::<Text>(args.at(1))?;
    let bytes = text.map_or(&[][..], |text| text);
    reply.array(operations.len());
    operations.iter().for_each(|operation| reply.integer(operation.value_in(bytes) as i64));
    Ok(())
}

fn write(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    operations: &[Operation],
    end: usize,
    reply: &mut Reply,
) -> Outcome {
    let results =
        keys.replace::<Text, _, CommandError>(args.at(1), Event::string("setbit"), |old| {
            let len = old.as_deref().map_or(0, |old| old.len()).max(end.div_ceil(8));
            Ok(written(old, len, |bytes| {
                let mut is_change = false;
                let mut run = |operation: &Operation| operation.run(bytes, &mut is_change);
                let results: Vec<Option<i64>> = operations.iter().map(&mut run).collect();
                (results, is_change)
            }))
        })?;
    reply.array(results.len());
    for result in results {
        match result {
            Some(value) => reply.integer(value),
            None => reply.null(),
        }
    }
    Ok(())
}

/// The treatment of a result that is too large for its width.
#[derive(Debug, Clone, Copy)]
enum Overflow {
    /// The highest bits are cut off.
    Wrap,
    /// The nearest possible number replaces it.
    Saturate,
    /// Nothing is changed and the reply is null.
    Fail,
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Get,
    Set(i64),
    Increment(i64),
}

/// One operation on one integer.
#[derive(Debug, Clone, Copy)]
struct Operation {
    action: Action,
    overflow: Overflow,
    is_signed: bool,
    /// Width in bits: up to 64, or 63 without a sign.
    width: usize,
    /// Its first bit.
    offset: usize,
}

/// Parses everything after the key.
fn operations(args: Args<'_>) -> Result<Vec<Operation>, CommandError> {
    let mut found = Vec::new();
    let mut overflow = Overflow::Wrap;
    let mut words = Cursor::at(args, 2);
    while !words.is_done() {
        if let Some(field) = words.values_of("GET") {
            found.push(operation(field, overflow, || Ok(Action::Get))?);
        } else if let Some([encoding, offset, value]) = words.values_of("SET") {
            let action = || integer(value).map(Action::Set);
            found.push(operation([encoding, offset], overflow, action)?);
        } else if let Some([encoding, offset, value]) = words.values_of("INCRBY") {
            let action = || integer(value).map(Action::Increment);
            found.push(operation([encoding, offset], overflow, action)?);
        } else if let Some(word) = words.value_of("OVERFLOW") {
            let bad = CommandError::new("ERR Invalid OVERFLOW type specified");
            overflow = choice(word, &OVERFLOWS).ok_or(bad)?;
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    Ok(found)
}

/// The words after OVERFLOW.
const OVERFLOWS: [(&str, Overflow); 3] =
    [("WRAP", Overflow::Wrap), ("SAT", Overflow::Saturate), ("FAIL", Overflow::Fail)];

/// Parses an operation: the encoding and the offset of its field, then, by `action`, its value.
fn operation(
    [type_name, offset]: [&[u8]; 2],
    overflow: Overflow,
    action: impl FnOnce() -> Result<Action, CommandError>,
) -> Result<Operation, CommandError> {
    let (is_signed, width) = encoding(type_name)?;
    let offset = match offset {
        // The index of an integer of this width, not of a bit.
        [b'#', number @ ..] => {
            let number = crate::resp::parse_integer(number);
            let number = number.and_then(|number| usize::try_from(number).ok());
            checked_bit_offset(number.and_then(|number| number.checked_mul(width)))?
        }
        word => super::bits::bit_offset(word)?,
    };
    Ok(Operation { action: action()?, overflow, is_signed, width, offset })
}

/// Parses `u8` or `i64`.
fn encoding(word: &[u8]) -> Result<(bool, usize), CommandError> {
    let parsed = word.split_first().and_then(|(sign, width)| {
        let width = crate::resp::parse_integer(width)?;
        match sign {
            b'i' if (1..=64).contains(&width) => Some((true, width as usize)),
            b'u' if (1..=63).contains(&width) => Some((false, width as usize)),
            _ => None,
        }
    });
    parsed.ok_or(CommandError::new(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but \
         i64 is.",
    ))
}

impl Operation {
    fn writes(&self) -> bool {
        !matches!(self.action, Action::Get)
    }

    /// The bit after its last one.
    fn end(&self) -> usize {
        self.offset + self.width
    }

    /// Executes it and returns the value of the reply: `None` if it has failed.
    fn run(&self, bytes: &mut [u8], is_change: &mut bool) -> Option<i64> {
        let before = self.value_in(bytes);
        let wanted = match self.action {
            Action::Get => return Some(before as i64),
            // A negative number given to an unsigned integer is a very large one.
            Action::Set(value) if !self.is_signed => i128::from(value as u64),
            Action::Set(value) => i128::from(value),
            Action::Increment(increment) => before + i128::from(increment),
        };
        let value = self.fitting(wanted)?;
        self.store(bytes, value as u64);
        *is_change |= value != before;
        Some(if matches!(self.action, Action::Set(_)) { before } else { value } as i64)
    }

    /// `value` if it fits into the width, otherwise what the overflow rule makes of it.
    fn fitting(&self, value: i128) -> Option<i128> {
        let (min, max) = match self.is_signed {
            true => (-(1_i128 << (self.width - 1)), (1_i128 << (self.width - 1)) - 1),
            false => (0, (1_i128 << self.width) - 1),
        };
        match self.overflow {
            _ if (min..=max).contains(&value) => Some(value),
            Overflow::Fail => None,
            Overflow::Saturate => Some(value.clamp(min, max)),
            Overflow::Wrap => Some(self.interpreted(value as u128)),
        }
    }

    /// The value of the lowest bits of `bits`, as many as the integer has.
    fn interpreted(&self, bits: u128) -> i128 {
        let shift = 128 - self.width;
        match self.is_signed {
            true => ((bits << shift) as i128) >> shift,
            false => ((bits << shift) >> shift) as i128,
        }
    }

    /// The stored integer; zeros follow the string's end.
    fn value_in(&self, bytes: &[u8]) -> i128 {
        // Sixteen bytes hold every integer of 64 bits, at any bit offset.
        let mut window = [0; 16];
        let rest = bytes.get(self.offset / 8..).unwrap_or(&[]);
        let len = rest.len().min(window.len());
        window[..len].copy_from_slice(&rest[..len]);
        let bits = u128::from_be_bytes(window) >> (128 - self.offset % 8 - self.width);
        self.interpreted(bits)
    }

    /// Stores the lowest bits of `value`.
    fn store(&self, bytes: &mut [u8], value: u64) {
        for bit in 0..self.width {
            let (at, mask) = ((self.offset + bit) / 8, 0x80 >> ((self.offset + bit) % 8));
            let is_set = value >> (self.width - 1 - bit) & 1 == 1;
            bytes[at] = if is_set { bytes[at] | mask } else { bytes[at] & !mask };
        }
    }
}
