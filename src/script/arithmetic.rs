//! Arithmetic on numbers, the same for the compiler and the machine.

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Math {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
}

/// The result of an arithmetic operation.
pub(super) fn arithmetic(op: Math, a: f64, b: f64) -> f64 {
    match op {
        Math::Add => a + b,
        Math::Sub => a - b,
        Math::Mul => a * b,
        Math::Div => a / b,
        Math::Mod => modulo(a, b),
        Math::Pow => a.powf(b),
    }
}

/// Lua's remainder, which has the sign of the divisor.
#[inline]
pub(super) fn modulo(a: f64, b: f64) -> f64 {
    // Integers are the usual case, and the remainder of floats is slow. Beyond `EXACT` the formula
    // below rounds, as it does in C.
    const EXACT: i64 = 1 << 52;
    let (x, y) = (a as i64, b as i64);
    if x as f64 == a && y as f64 == b && y > 0 && x > 0 && x < EXACT {
        return (x % y) as f64;
    }
    a - (a / b).floor() * b
}
