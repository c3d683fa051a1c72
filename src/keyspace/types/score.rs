//! Scores as text: written and read exactly as Redis does it with C's `printf` and `strtod`.
//!
//! Clients compare these texts, and a score must survive a way through the log. Two texts are
//! written: `%.17g`, which names every double uniquely (0.1 is `0.10000000000000001`), and the
//! shortest that does (`0.1`), which is what Redis has answered since 7.2. What is read is what
//! `strtod` reads: decimal and hexadecimal numbers, `inf`, `infinity`. How strict it is with
//! blanks, zeros of underflow and NaN depends on the argument, so there are
//! three readers.

use std::io::Write;

/// Significant digits of a score.
const DIGITS: usize = 17;

/// Bytes of the longest text: sign, digits, point, `e-308`, or `-0.000` before the digits.
const TEXT_BYTES_MAX: usize = 32;

/// The text of a score.
#[derive(Debug, Clone, Copy)]
pub struct ScoreText {
    bytes: [u8; TEXT_BYTES_MAX],
    len: usize,
}

impl ScoreText {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}

/// The integer that a score is, if it is one that a double holds without loss.
pub fn integral(score: f64) -> Option<i64> {
    /// Up to here every integer is a double.
    const EXACT_MAX: f64 = (1_u64 << 53) as f64;
    (score.abs() <= EXACT_MAX && score.trunc() == score).then_some(score as i64)
}

/// The score as Redis prints it: `%.17g`, and `inf`, `-inf`, `-0`.
pub fn format(score: f64) -> ScoreText {
    let mut text = ScoreText { bytes: [0; TEXT_BYTES_MAX], len: 0 };
    match integral(score) {
        // −0.0 is an integer that is written with its sign.
        Some(0) => text.push(if score.is_sign_negative() { b"-0" } else { b"0" }),
        Some(number) => text.push(itoa::Buffer::new().format(number).as_bytes()),
        None if score.is_infinite() => text.push(if score < 0.0 { b"-inf" } else { b"inf" }),
        None => general(score, &mut text),
    }
    text
}

/// The shortest text that is read as the same score, in the forms in which Redis 7.2 answers:
/// integers in full up to 2⁶², `0.00001` down to six zeros, `1e-10`, `1.5e+300`.
pub fn shortest(score: f64) -> ScoreText {
    /// Up to here a score without a fraction is written as an integer.
    const INTEGER_MAX: f64 = (1_u64 << 62) as f64;
    let mut text = ScoreText { bytes: [0; TEXT_BYTES_MAX], len: 0 };
    if score == 0.0 || score.is_infinite() {
        return format(score);
    }
    if score.trunc() == score && score.abs() <= INTEGER_MAX {
        text.push(itoa::Buffer::new().format(score as i64).as_bytes());
        return text;
    }
    let (mut buffer, mut rest_len) = ([0; TEXT_BYTES_MAX], 0);
    let mut rest = &mut buffer[..];
    if write!(rest, "{:e}", score.abs()).is_ok() {
        rest_len = rest.len();
    }
    let (digits, len, exponent) = parts(&buffer[..TEXT_BYTES_MAX - rest_len]);
    let digits = &digits[..len];
    if score < 0.0 {
        text.push(b"-");
    }
    // How many places the last digit is away from the units.
    let last = exponent - (len as i32 - 1);
    match last {
        0.. if exponent < len as i32 + 7 => {
            text.push(digits);
            text.push(&b"0000000"[..last as usize]);
        }
        ..0 if exponent < 0 && (last > -7 || exponent > -4) => {
            text.push(b"0.");
            text.push(&b"000000"[..(-exponent - 1) as usize]);
            text.push(digits);
        }
        ..0 if exponent >= 0 && (last > -7 || exponent < 4) => {
            text.push(&digits[..exponent as usize + 1]);
            text.push(b".");
            text.push(&digits[exponent as usize + 1..]);
        }
        _ => {
            text.push(&digits[..1]);
            if len > 1 {
                text.push(b".");
                text.push(&digits[1..]);
            }
            text.push(if exponent < 0 { b"e-" } else { b"e+" });
            text.push(itoa::Buffer::new().format(exponent.abs()).as_bytes());
        }
    }
    text
}

/// The significant digits of `d.ddde-xx`, how many they are without zeros at the end, and the
/// exponent.
fn parts(written: &[u8]) -> ([u8; DIGITS], usize, i32) {
    let (mut digits, mut exponent) = ([b'0'; DIGITS], 0_i32);
    if let Some(e) = memchr::memchr(b'e', written) {
        let significant = written[..e].iter().filter(|byte| byte.is_ascii_digit());
        digits.iter_mut().zip(significant).for_each(|(digit, byte)| *digit = *byte);
        exponent = str::from_utf8(&written[e + 1..]).ok().and_then(|e| e.parse().ok()).unwrap_or(0);
    }
    let len = digits.iter().rposition(|digit| *digit != b'0').map_or(1, |last| last + 1);
    (digits, len, exponent)
}

/// `%.17g` of a finite number that is not zero.
fn general(score: f64, text: &mut ScoreText) {
    let mut buffer = [0; TEXT_BYTES_MAX];
    let mut rest = &mut buffer[..];
    // The longest is `-d.dddddddddddddddde-308`, which fits.
    let _ = write!(rest, "{:.*e}", DIGITS - 1, score.abs());
    let left = rest.len();
    let (digits, len, exponent) = parts(&buffer[..TEXT_BYTES_MAX - left]);
    let digits = &digits[..len];
    if score < 0.0 {
        text.push(b"-");
    }
    match exponent {
        // C's rule: the plain form unless the exponent is below −4 or not below the precision.
        -4..0 => {
            text.push(b"0.");
            text.push(&b"0000"[..(-exponent - 1) as usize]);
            text.push(digits);
        }
        0..17 => {
            let whole = exponent as usize + 1;
            text.push(&digits[..whole.min(len)]);
            text.push(&[b'0'; DIGITS][..whole.saturating_sub(len)]);
            if len > whole {
                text.push(b".");
                text.push(&digits[whole..]);
            }
        }
        _ => scientific(digits, exponent, text),
    }
}

/// `d.ddde+XX`, with at least two digits of the exponent.
fn scientific(digits: &[u8], exponent: i32, text: &mut ScoreText) {
    text.push(&digits[..1]);
    if digits.len() > 1 {
        text.push(b".");
        text.push(&digits[1..]);
    }
    text.push(if exponent < 0 { b"e-" } else { b"e+" });
    if exponent.abs() < 10 {
        text.push(b"0");
    }
    text.push(itoa::Buffer::new().format(exponent.abs()).as_bytes());
}

/// Reads a score, as ZADD and ZINCRBY do. Not a score are: nothing, blanks around a number, NaN,
/// and what is too large or too small for a double.
pub fn parse(text: &[u8]) -> Option<f64> {
    let number = strtod(text)?;
    (!number.is_out_of_range).then_some(number.value)
}

/// Reads a bound of a range of scores: ZRANGEBYSCORE is less strict. Blanks in front are skipped,
/// the text ends at a zero byte and may be empty, which is 0; a number that is too large is
/// infinite, and one that is too small is zero.
pub fn parse_bound(text: &[u8]) -> Option<f64> {
    strtod_leading(text).map(|number| number.value)
}

/// Reads a weight, as SORT does: like a bound, but a number that is too large is refused, and so
/// is a decimal one near zero that no double has in full precision. C reports both as ERANGE.
pub fn parse_weight(text: &[u8]) -> Option<f64> {
    let number = strtod_leading(text)?;
    // A hexadecimal number of that size is exact, unless it has digits beyond the last bit.
    let is_inexact =
        number.value.is_subnormal() && !text.iter().any(|byte| matches!(byte, b'x' | b'X'));
    (!number.is_out_of_range && !is_inexact).then_some(number.value)
}

/// Reads what a C string contains: after blanks, and up to a zero byte. Nothing at all is 0.
fn strtod_leading(text: &[u8]) -> Option<Number> {
    let text = &text[..memchr::memchr(0, text).unwrap_or(text.len())];
    if text.is_empty() {
        return Some(Number { value: 0.0, is_out_of_range: false });
    }
    // The blanks of C's `isspace`.
    let is_blank = |byte: &u8| matches!(*byte, b' ' | b'\t'..=b'\r');
    let blanks = text.iter().take_while(|byte| is_blank(byte)).count();
    strtod(&text[blanks..])
}

/// A number that was read.
struct Number {
    value: f64,
    /// What C reports as ERANGE with a value of zero or infinity.
    is_out_of_range: bool,
}

/// Reads the whole of `text` as `strtod` would, which stops where the number ends. NaN is no
/// number here: no caller takes it.
fn strtod(text: &[u8]) -> Option<Number> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let (value, is_zero) = match digits {
        _ if digits.eq_ignore_ascii_case(b"inf") || digits.eq_ignore_ascii_case(b"infinity") => {
            let value = if is_negative { f64::NEG_INFINITY } else { f64::INFINITY };
            return Some(Number { value, is_out_of_range: false });
        }
        [b'0', b'x' | b'X', digits @ ..] => hexadecimal(digits)?,
        // Rust reads the same decimal numbers, and words, which begin with a letter.
        [b'0'..=b'9' | b'.', ..] => {
            let value: f64 = str::from_utf8(digits).ok()?.parse().ok()?;
            let mantissa = digits.split(|byte| matches!(byte, b'e' | b'E')).next()?;
            (value, !mantissa.iter().any(|byte| matches!(byte, b'1'..=b'9')))
        }
        _ => return None,
    };
    let is_out_of_range = value.is_infinite() || value == 0.0 && !is_zero;
    Some(Number { value: if is_negative { -value } else { value }, is_out_of_range })
}

/// Reads `1.8p-3` (what follows `0x`): its value, and whether all digits are zero.
fn hexadecimal(text: &[u8]) -> Option<(f64, bool)> {
    /// An exponent beyond which the result is zero or infinite whatever the digits are, of which
    /// there are less than 2^29 in a request.
    const EXPONENT_MAX: i64 = 1 << 33;
    let (digits, exponent) = match text.iter().position(|byte| matches!(byte, b'p' | b'P')) {
        Some(at) => (&text[..at], binary_exponent(&text[at + 1..], EXPONENT_MAX)?),
        None => (text, 0),
    };
    // The first 64 significant bits; `is_more` tells whether any later one is set.
    let (mut mantissa, mut exponent, mut is_more) = (0_u64, exponent, false);
    let (mut is_fraction, mut count) = (false, 0);
    for byte in digits {
        if *byte == b'.' && !is_fraction {
            is_fraction = true;
            continue;
        }
        let digit = u64::from((*byte as char).to_digit(16)?);
        count += 1;
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | digit;
            exponent -= if is_fraction { 4 } else { 0 };
        } else {
            is_more |= digit != 0;
            exponent += if is_fraction { 0 } else { 4 };
        }
    }
    (count > 0).then(|| (scale(mantissa, is_more, exponent), mantissa == 0))
}

/// The digits of an exponent with an optional sign, at most `max` from zero.
fn binary_exponent(text: &[u8], max: i64) -> Option<i64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value =
        digits.iter().fold(0, |value: i64, digit| (value * 10 + i64::from(digit - b'0')).min(max));
    Some(if is_negative { -value } else { value })
}

/// `mantissa` · 2^`exponent`, rounded once, to the nearest and a tie to the even double.
fn scale(mantissa: u64, is_more: bool, exponent: i64) -> f64 {
    /// Significant bits of a double, and the exponent of its least bit.
    const BITS: i64 = 53;
    const LEAST: i64 = -1074;
    if mantissa == 0 {
        return 0.0;
    }
    let shift = mantissa.leading_zeros();
    let (mantissa, exponent) = (mantissa << shift, exponent - i64::from(shift));
    // Bits that a double has no room for: more of them near zero.
    let dropped = (64 - BITS).max(LEAST - exponent);
    if dropped > 64 {
        return 0.0;
    }
    let kept = if dropped == 64 { 0 } else { mantissa >> dropped };
    let half = 1_u64 << (dropped - 1);
    let rest = mantissa & (half | (half - 1));
    let is_up = rest > half || rest == half && (is_more || kept & 1 == 1);
    let kept = (kept + u64::from(is_up)) as f64;
    // Powers of two in steps that are doubles themselves; the product is exact or infinite.
    let mut exponent = exponent + dropped;
    let mut value = kept;
    while exponent > 0 && value.is_finite() {
        let step = exponent.min(1000);
        value *= f64::powi(2.0, step as i32);
        exponent -= step;
    }
    while exponent < 0 {
        let step = exponent.max(-1000);
        value *= f64::powi(2.0, step as i32);
        exponent -= step;
    }
    value
}

#[cfg(test)]
mod tests;
