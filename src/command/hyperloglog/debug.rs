//! PFDEBUG and PFSELFTEST: the inside of a sketch, and a test of the algorithm.

use super::edit::Edit;
use super::sketch::sparse::{self, Hint};
use super::sketch::{self, Corrupt, Encoding, HEADER_BYTES, REGISTERS, Ranks, dense};
use super::{FAMILY, encoding};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, KeyArguments, Keys, Outcome, Reply,
    flag,
};
use crate::keyspace::{Event, Text};
use std::fmt::Write;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&PFDEBUG, &PFSELFTEST];

static PFDEBUG: Command = Command {
    keys: KeyArguments::new(2, 2, 1).used(&["RW access"]),
    complexity: Complexity::Other("O(N) with N registers"),
    summary: "Shows the registers of a HyperLogLog or how they are encoded, or makes it dense",
    syntax: "subcommand key",
    example: "
        > PFADD visitors ada
        :1
        > PFDEBUG ENCODING visitors
        +sparse
        > PFDEBUG TODENSE visitors
        :1
        > PFDEBUG ENCODING visitors
        +dense
    ",
    handler: Handler::Keys(pfdebug),
    ..FAMILY.row("pfdebug", 3, flag::WRITE | flag::DENYOOM | flag::ADMIN, "2.8.9")
};

fn pfdebug(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    const NO_KEY: CommandError = CommandError::new("ERR The specified key does not exist");
    let key = args.at(2);
    let text = keys.look::<Text>(key)?.ok_or(NO_KEY)?;
    let encoding = encoding(text)?;
    match args.at(1).to_ascii_lowercase().as_slice() {
        b"getreg" => {
            make_dense(keys, key, encoding)?;
            let text = keys.look::<Text>(key)?.ok_or(NO_KEY)?;
            reply.array(REGISTERS);
            (0..REGISTERS)
                .for_each(|at| reply.integer(dense::get(&text[HEADER_BYTES..], at).into()));
        }
        b"decode" if encoding == Encoding::Dense => {
            return Err(CommandError::new("ERR HLL encoding is not sparse"));
        }
        b"decode" => reply.bulk(decode(&text[HEADER_BYTES..])?.trim_end().as_bytes()),
        b"encoding" if encoding == Encoding::Dense => reply.simple("dense"),
        b"encoding" => reply.simple("sparse"),
        b"todense" => {
            make_dense(keys, key, encoding)?;
            reply.integer(i64::from(encoding == Encoding::Sparse));
        }
        _ => {
            return Err(CommandError::quoting("ERR Unknown PFDEBUG subcommand '", args.at(1), "'"));
        }
    }
    Ok(())
}

/// Makes a sketch dense, which counts as a change.
fn make_dense(keys: &mut Keys<'_>, key: &[u8], encoding: Encoding) -> Outcome {
    if encoding == Encoding::Dense {
        return Ok(());
    }
    keys.replace::<Text, _, CommandError>(key, Event::NONE, |old| {
        let mut edit = Edit::new(old, encoding, 0);
        edit.make_dense()?;
        Ok(edit.done(true, ()))
    })
}

/// The runs of a sparse sketch in Redis's notation: `z` and `Z` for runs of zeros in one and two
/// bytes, `v` for a rank and how many registers have it. Corrupt ones are shown as well.
///
/// # Errors
/// There are more runs than a sketch can have.
fn decode(opcodes: &[u8]) -> Result<String, Corrupt> {
    let (mut text, mut at) = (String::new(), 0);
    // A corrupt sketch can be as long as a string can be.
    if opcodes.len() > sparse::BYTES_MAX {
        return Err(Corrupt);
    }
    while at < opcodes.len() {
        // Half an opcode at the end is taken for one with a zero.
        let run = sparse::run_at(opcodes, at).or_else(|_| sparse::run_at(&[opcodes[at], 0], 0))?;
        at += run.bytes;
        let _ = match (run.rank, run.bytes) {
            (0, 1) => write!(text, "z:{} ", run.len),
            (0, _) => write!(text, "Z:{} ", run.len),
            (rank, _) => write!(text, "v:{rank},{} ", run.len),
        };
    }
    Ok(text)
}

static PFSELFTEST: Command = Command {
    keys: KeyArguments::NONE,
    complexity: Complexity::Other("O(N) with N elements that are added"),
    summary: "Tests the HyperLogLog: both encodings, and the error of the estimate",
    syntax: "",
    example: "
        > PFSELFTEST
        +OK
    ",
    handler: Handler::Plain(pfselftest),
    ..FAMILY.row("pfselftest", 1, flag::ADMIN, "2.8.9")
};

/// How many elements are added; enough for a sketch to become dense.
const TESTED_ELEMENTS: u64 = 20_000;

/// How far an estimate may be off: six standard errors.
const TESTED_ERROR: f64 = 6.0 * 0.0081;

fn pfselftest(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let failure = |what: &str| CommandError::from(format!("ERR TESTFAILED {what}"));
    let (mut ranks, mut text): (Ranks, Text) = ([0; REGISTERS], Text::new(&sketch::empty()));
    let mut encoding = Encoding::Sparse;
    for number in 1..=TESTED_ELEMENTS {
        let (index, rank) = sketch::locate(&number.to_le_bytes());
        ranks[index] = rank.max(ranks[index]);
        let mut edit = Edit::new(Some(&mut text), encoding, 3_000);
        edit.raise(index, rank, &mut Hint::default())?;
        encoding = edit.encoding();
        if let Some(new) = edit.into_new() {
            text = new;
        }
        // At 1, 10, 100, …: a count of all registers is work.
        if number.ilog10() > 0 && number == 10_u64.pow(number.ilog10()) || number == TESTED_ELEMENTS
        {
            let count = sketch::count(&text, encoding)?;
            if count != sketch::count_of(&ranks) {
                return Err(failure(&format!("registers differ at {number} elements")));
            }
            if (count as f64 - number as f64).abs() > (number as f64 * TESTED_ERROR).max(1.0) {
                return Err(failure(&format!("{count} counted at {number} elements")));
            }
        }
    }
    reply.ok();
    Ok(())
}
