//! LOLWUT: a picture, as tradition demands, and the version.
//!
//! The picture is a pool from above: rings spread from where something fell in, and meet. Each
//! version number that is asked for drops other stones.

use crate::command::engine::{Args, Command, Context, Handler, Outcome, Reply, flag};
use crate::text::version::REDIS_VERSION;

/// The family.
pub const COMMANDS: &[&Command] = &[&LOLWUT];

static LOLWUT: Command = Command {
    group: "server",
    summary: "Draws rings in a pool",
    syntax: "[VERSION version]",
    example: "> LOLWUT VERSION x
              -ERR value is not an integer or out of range",
    handler: Handler::Plain(lolwut),
    ..Command::named("lolwut", -1, flag::READONLY | flag::FAST, "5.0.0")
};

const COLUMNS: i64 = 64;
const ROWS: i64 = 12;
const STONES: u64 = 3;

fn lolwut(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let version = if args.len() > 2 && args.is(1, "version") { args.integer(2)? } else { 1 };
    let mut text = String::new();
    for row in 0..ROWS {
        let line: String = (0..COLUMNS).map(|column| sign(version as u64, column, row)).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let own = env!("CARGO_PKG_VERSION");
    text.push_str(&format!("respool ver. {own}, speaking Redis ver. {REDIS_VERSION}\n"));
    reply.verbatim(&text);
    Ok(())
}

/// The character at one position: how many rings cross it.
fn sign(version: u64, column: i64, row: i64) -> char {
    let rings = (0..STONES).filter(|stone| {
        // Numbers without a visible pattern.
        let scattered =
            version.wrapping_mul(STONES).wrapping_add(*stone).wrapping_mul(2_654_435_761);
        let (x, y) =
            (((scattered >> 7) % COLUMNS as u64) as i64, ((scattered >> 17) % ROWS as u64) as i64);
        // A character is twice as high as it is wide.
        let distance = (((column - x).pow(2) + 4 * (row - y).pow(2)) as f64).sqrt();
        (distance as u64 + stone).is_multiple_of(5)
    });
    [' ', '.', 'o', '@'][rings.count()]
}
