//! Numbers to text and back, as C's `printf` and `strtod` do it for the reference implementation.

/// Digits of a number's text unless a format asks for something else: `%.14g`.
const DIGITS: usize = 14;

/// The most digits that the exact text of a number can have; further digits are zero.
const EXACT_DIGITS_MAX: usize = 770;

/// The text of a number as `tostring` gives it.
pub fn to_text(n: f64) -> Vec<u8> {
    let mut text = Vec::with_capacity(24);
    write_number(&mut text, n);
    text
}

/// Appends the text of a number as `tostring` gives it.
pub(super) fn write_number(out: &mut Vec<u8>, n: f64) {
    let integer = n as i64;
    if integer as f64 == n && integer.unsigned_abs() < 100_000_000_000_000 && !is_minus_zero(n) {
        let mut buffer = itoa::Buffer::new();
        out.extend_from_slice(buffer.format(integer).as_bytes());
    } else {
        write_general(out, n, DIGITS, false);
    }
}

fn is_minus_zero(n: f64) -> bool {
    n == 0.0 && n.is_sign_negative()
}

/// The text that C gives to what is not finite.
pub(super) fn special(n: f64) -> Option<&'static str> {
    match (n.is_nan(), n.is_infinite(), n.is_sign_negative()) {
        (true, _, false) => Some("nan"),
        (true, _, true) => Some("-nan"),
        (_, true, false) => Some("inf"),
        (_, true, true) => Some("-inf"),
        _ => None,
    }
}

/// The text of a number as C's `%.*g` gives it.
pub fn general(n: f64, digits: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(32);
    write_general(&mut text, n, digits, false);
    text
}

/// Appends what C's `%.*g` (with `#` if `alternate`) gives.
pub(super) fn write_general(out: &mut Vec<u8>, n: f64, digits: usize, alternate: bool) {
    if let Some(text) = special(n) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let digits = digits.max(1);
    let scientific = format!("{:.*e}", (digits - 1).min(EXACT_DIGITS_MAX), n);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= digits as i32 {
        let mantissa = if alternate { mantissa } else { trim_zeros(mantissa) };
        out.extend_from_slice(mantissa.as_bytes());
        if alternate && !mantissa.contains('.') {
            out.push(b'.');
        }
        write_exponent(out, exponent);
    } else {
        let places = (digits as i32 - 1 - exponent).max(0) as usize;
        let fixed = format!("{:.*}", places.min(EXACT_DIGITS_MAX + 320), n);
        let text = if alternate { &fixed } else { trim_zeros(&fixed) };
        out.extend_from_slice(text.as_bytes());
        if alternate && !text.contains('.') {
            out.push(b'.');
        }
    }
}

/// Appends an exponent as C does, with at least two digits.
pub(super) fn write_exponent(out: &mut Vec<u8>, exponent: i32) {
    let sign = if exponent < 0 { '-' } else { '+' };
    out.extend_from_slice(format!("e{sign}{:02}", exponent.abs()).as_bytes());
}

fn trim_zeros(text: &str) -> &str {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

/// The number that a whole text says, spaces around it allowed: `strtod`, hexadecimal included.
pub fn parse(text: &[u8]) -> Option<f64> {
    // The common case is a short run of digits.
    if !text.is_empty() && text.len() <= 15 && text.iter().all(u8::is_ascii_digit) {
        return Some(text.iter().fold(0u64, |n, digit| n * 10 + u64::from(digit - b'0')) as f64);
    }
    let (negative, digits) = signed(text)?;
    let n = match digits {
        [b'0', b'x' | b'X', rest @ ..] => parse_hexadecimal(rest)?,
        _ if digits.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.') => {
            std::str::from_utf8(digits).ok().filter(|_| is_decimal(digits))?.parse().ok()?
        }
        _ if digits.eq_ignore_ascii_case(b"inf") || digits.eq_ignore_ascii_case(b"infinity") => {
            f64::INFINITY
        }
        _ if digits.eq_ignore_ascii_case(b"nan") => f64::NAN,
        _ => return None,
    };
    Some(if negative { -n } else { n })
}

/// A text without the spaces around it, cut in sign and digits. To C it ends at the first zero.
fn signed(text: &[u8]) -> Option<(bool, &[u8])> {
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    let start = text[..end].iter().position(|byte| !is_space(*byte))?;
    let end = text[..end].iter().rposition(|byte| !is_space(*byte))? + 1;
    Some(match &text[start..end] {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    })
}

/// What C's `isspace` accepts.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn is_decimal(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(text);
    let mut rest = &text[whole..];
    let mut fraction = 0;
    if let [b'.', behind @ ..] = rest {
        fraction = digits(behind);
        rest = &behind[fraction..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let unsigned = match exponent {
            [b'+' | b'-', unsigned @ ..] => unsigned,
            unsigned => unsigned,
        };
        return whole + fraction > 0 && !unsigned.is_empty() && digits(unsigned) == unsigned.len();
    }
    whole + fraction > 0 && rest.is_empty()
}

/// Digits behind `0x`, with an optional fraction and binary exponent.
fn parse_hexadecimal(text: &[u8]) -> Option<f64> {
    let (mut mantissa, mut scale, mut exponent) = (0u64, 0i64, 0i64);
    let (mut seen, mut fraction, mut sticky) = (false, false, false);
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if let Some(digit) = char::from(byte).to_digit(16) {
            seen = true;
            if mantissa >> 59 == 0 {
                mantissa = mantissa * 16 + u64::from(digit);
                scale -= if fraction { 4 } else { 0 };
            } else {
                sticky |= digit != 0;
                scale += if fraction { 0 } else { 4 };
            }
        } else if byte == b'.' && !fraction {
            fraction = true;
        } else {
            break;
        }
        at += 1;
    }
    if !seen {
        return None;
    }
    if let Some([b'p' | b'P', digits @ ..]) = text.get(at..) {
        let digits = std::str::from_utf8(digits).ok()?;
        let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
        if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let size: i64 = unsigned.parse().unwrap_or(100_000).min(100_000);
        exponent = if digits.starts_with('-') { -size } else { size };
    } else if at != text.len() {
        return None;
    }
    // The lowest bit represents all digits that were cut off (a sticky bit), for rounding.
    let exact = (mantissa | u64::from(sticky)) as f64;
    Some(scale_by_power(exact, scale.saturating_add(exponent)))
}

/// A number times a power of two, in steps that neither overflow nor lose bits early.
pub(super) fn scale_by_power(mut n: f64, exponent: i64) -> f64 {
    let mut left = exponent.clamp(-5000, 5000);
    while left > 0 {
        let step = left.min(1000);
        n *= 2f64.powi(step as i32);
        left -= step;
    }
    while left < 0 {
        let step = left.max(-1000);
        n *= 2f64.powi(step as i32);
        left -= step;
    }
    n
}

/// A whole number in a base from 2 to 36, as C's `strtoul` reads it, spaces around it allowed.
pub(super) fn parse_in_base(text: &[u8], base: u32) -> Option<f64> {
    let (negative, digits) = signed(text)?;
    let digits = match digits {
        [b'0', b'x' | b'X', rest @ ..] if base == 16 && !rest.is_empty() => rest,
        digits => digits,
    };
    let mut n: u64 = 0;
    for byte in digits {
        let digit = char::from(*byte).to_digit(base)?;
        n = n
            .checked_mul(base.into())
            .and_then(|n| n.checked_add(digit.into()))
            .unwrap_or(u64::MAX);
    }
    match (digits.is_empty(), negative && n != u64::MAX) {
        (true, _) => None,
        (_, true) => Some(n.wrapping_neg() as f64),
        _ => Some(n as f64),
    }
}
