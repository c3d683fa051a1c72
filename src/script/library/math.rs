//! The math library, and `os.clock`.

use crate::script::error::Error;
use crate::script::native::{Call, NativeFn, to_integer};
use crate::script::number;
use crate::script::value::Value;

/// The functions of the library.
pub(super) const FUNCTIONS: &[(&str, NativeFn)] = &[
    ("abs", |call| apply(call, f64::abs)),
    ("acos", |call| apply(call, f64::acos)),
    ("asin", |call| apply(call, f64::asin)),
    ("atan", |call| apply(call, f64::atan)),
    ("atan2", |call| apply_two(call, f64::atan2)),
    ("ceil", |call| apply(call, f64::ceil)),
    ("cos", |call| apply(call, f64::cos)),
    ("cosh", |call| apply(call, f64::cosh)),
    ("deg", |call| apply(call, |n| n / (std::f64::consts::PI / 180.0))),
    ("exp", |call| apply(call, f64::exp)),
    ("floor", |call| apply(call, f64::floor)),
    ("fmod", |call| apply_two(call, |a, b| a % b)),
    ("frexp", frexp),
    ("ldexp", ldexp),
    ("log", |call| apply(call, f64::ln)),
    ("log10", |call| apply(call, f64::log10)),
    ("max", |call| fold(call, |best, n| n > best)),
    ("min", |call| fold(call, |best, n| n < best)),
    // The name of Lua 5.0 for `fmod`.
    ("mod", |call| apply_two(call, |a, b| a % b)),
    ("modf", modf),
    ("pow", |call| apply_two(call, f64::powf)),
    ("rad", |call| apply(call, |n| n * (std::f64::consts::PI / 180.0))),
    ("random", random),
    ("randomseed", randomseed),
    ("sin", |call| apply(call, f64::sin)),
    ("sinh", |call| apply(call, f64::sinh)),
    ("sqrt", |call| apply(call, f64::sqrt)),
    ("tan", |call| apply(call, f64::tan)),
    ("tanh", |call| apply(call, f64::tanh)),
];

fn apply(call: &mut Call<'_>, function: fn(f64) -> f64) -> Result<usize, Error> {
    let n = call.number(0)?;
    call.reply_number(function(n))
}

fn apply_two(call: &mut Call<'_>, function: fn(f64, f64) -> f64) -> Result<usize, Error> {
    let (a, b) = (call.number(0)?, call.number(1)?);
    call.reply_number(function(a, b))
}

fn fold(call: &mut Call<'_>, is_better: fn(f64, f64) -> bool) -> Result<usize, Error> {
    let mut best = call.number(0)?;
    for at in 1..call.count() {
        let n = call.number(at)?;
        if is_better(best, n) {
            best = n;
        }
    }
    call.reply_number(best)
}

/// Fraction in [0.5, 1) and exponent of a number.
fn split(n: f64) -> (f64, i32) {
    if n == 0.0 || !n.is_finite() {
        return (n, 0);
    }
    // Numbers too small for the usual form are scaled up first.
    let (n, shift) = if n.abs() < f64::MIN_POSITIVE { (n * 2f64.powi(64), 64) } else { (n, 0) };
    let exponent = (n.to_bits() >> 52 & 0x7ff) as i32 - 1022;
    let fraction = f64::from_bits(n.to_bits() & !(0x7ff << 52) | 1022 << 52);
    (fraction, exponent - shift)
}

fn frexp(call: &mut Call<'_>) -> Result<usize, Error> {
    let (fraction, exponent) = split(call.number(0)?);
    call.reply_all(&[Value::Num(fraction), Value::Num(exponent.into())])
}

fn ldexp(call: &mut Call<'_>) -> Result<usize, Error> {
    let (n, exponent) = (call.number(0)?, call.integer(1)? as i32);
    call.reply_number(number::scale_by_power(n, exponent.into()))
}

fn modf(call: &mut Call<'_>) -> Result<usize, Error> {
    let n = call.number(0)?;
    let fraction = if n.is_infinite() { 0.0_f64.copysign(n) } else { n - n.trunc() };
    call.reply_all(&[Value::Num(n.trunc()), Value::Num(fraction.copysign(n))])
}

/// The largest number of Redis's generator, and what it is divided by.
const RANDOM_MAX: u64 = 0x7fff_ffff;

/// The next number of Redis's generator: the linear congruence of `lrand48`, 31 bits of it.
fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(0x5_deec_e66d).wrapping_add(0xb) & 0xffff_ffff_ffff;
    *state >> 17
}

fn random(call: &mut Call<'_>) -> Result<usize, Error> {
    let r = (next_random(&mut call.vm.random) % RANDOM_MAX) as f64 / RANDOM_MAX as f64;
    match call.count() {
        0 => call.reply_number(r),
        1 => {
            let high = call.integer(0)? as i32;
            if high < 1 {
                return Err(Error::argument(1, "interval is empty"));
            }
            call.reply_number((r * f64::from(high)).floor() + 1.0)
        }
        2 => {
            let (low, high) = (call.integer(0)? as i32, call.integer(1)? as i32);
            if low > high {
                return Err(Error::argument(2, "interval is empty"));
            }
            let width = f64::from(high.wrapping_sub(low).wrapping_add(1));
            call.reply_number((r * width).floor() + f64::from(low))
        }
        _ => Err(Error::text("wrong number of arguments")),
    }
}

fn randomseed(call: &mut Call<'_>) -> Result<usize, Error> {
    let seed = to_integer(call.number(0)?) as u32;
    call.vm.random = u64::from(seed) << 16 | 0x330e;
    Ok(0)
}

/// The os library.
pub(super) const OS: &[(&str, NativeFn)] = &[("clock", clock)];

fn clock(call: &mut Call<'_>) -> Result<usize, Error> {
    let seconds = call.host.clock();
    call.reply_number(seconds)
}
