//! The bit library: operations on numbers as signed integers of 32 bits.

use crate::script::error::Error;
use crate::script::native::{Call, NativeFn};

/// The functions of the library.
pub(super) const FUNCTIONS: &[(&str, NativeFn)] = &[
    ("arshift", |call| shift(call, |x, n| (x as i32 >> n) as u32)),
    ("band", |call| fold(call, |a, b| a & b)),
    ("bnot", |call| apply(call, |x| !x)),
    ("bor", |call| fold(call, |a, b| a | b)),
    ("bswap", |call| apply(call, u32::swap_bytes)),
    ("bxor", |call| fold(call, |a, b| a ^ b)),
    ("lshift", |call| shift(call, |x, n| x << n)),
    ("rol", |call| shift(call, u32::rotate_left)),
    ("ror", |call| shift(call, u32::rotate_right)),
    ("rshift", |call| shift(call, |x, n| x >> n)),
    ("tobit", |call| apply(call, |x| x)),
    ("tohex", tohex),
];

/// The low 32 bits of a number, rounded to an integer by the addition that moves them to the end
/// of its fraction.
fn bits(n: f64) -> u32 {
    (n + 6_755_399_441_055_744.0).to_bits() as u32
}

fn argument(call: &Call<'_>, at: usize) -> Result<u32, Error> {
    call.number(at).map(bits)
}

fn reply(call: &mut Call<'_>, x: u32) -> Result<usize, Error> {
    call.reply_number(f64::from(x as i32))
}

fn apply(call: &mut Call<'_>, operation: fn(u32) -> u32) -> Result<usize, Error> {
    let x = argument(call, 0)?;
    reply(call, operation(x))
}

fn fold(call: &mut Call<'_>, operation: fn(u32, u32) -> u32) -> Result<usize, Error> {
    let mut x = argument(call, 0)?;
    for at in 1..call.count() {
        x = operation(x, argument(call, at)?);
    }
    reply(call, x)
}

fn shift(call: &mut Call<'_>, operation: fn(u32, u32) -> u32) -> Result<usize, Error> {
    let (x, n) = (argument(call, 0)?, argument(call, 1)?);
    reply(call, operation(x, n & 31))
}

fn tohex(call: &mut Call<'_>) -> Result<usize, Error> {
    let x = argument(call, 0)?;
    let digits = if call.count() < 2 { 8 } else { argument(call, 1)? as i32 };
    let text = if digits < 0 { format!("{x:08X}") } else { format!("{x:08x}") };
    let count = digits.unsigned_abs().min(8) as usize;
    call.reply_bytes(&text.as_bytes()[8 - count..])
}
