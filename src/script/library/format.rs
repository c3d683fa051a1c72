//! `string.format`: what C's `printf` does, without C's `printf`.

use crate::script::error::Error;
use crate::script::native::{Call, to_integer, to_unsigned};
use crate::script::number;

/// One conversion: flags, width and precision.
#[derive(Clone, Copy, Default)]
struct Spec {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zeros: bool,
    width: usize,
    precision: Option<usize>,
}

pub(super) fn format(call: &mut Call<'_>) -> Result<usize, Error> {
    let template = call.bytes(0)?.to_vec();
    let mut out = Vec::with_capacity(template.len() + 16);
    let mut rest = &template[..];
    let mut arg = 0;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if rest.first() == Some(&b'%') {
            out.push(b'%');
            rest = &rest[1..];
            continue;
        }
        arg += 1;
        let spec = Spec::read(&mut rest)?;
        let conversion = rest.first().copied().unwrap_or(0);
        rest = rest.get(1..).unwrap_or_default();
        convert(call, &spec, conversion, arg, &mut out)?;
        call.vm.heap.check_room(out.len())?;
        call.charge(1)?;
    }
    out.extend_from_slice(rest);
    call.reply_owned(out)
}

impl Spec {
    /// Reads the flags, width and precision between the percent sign and the letter.
    fn read(rest: &mut &[u8]) -> Result<Self, Error> {
        let mut spec = Spec::default();
        let flags = rest.iter().take_while(|byte| b"-+ #0".contains(byte)).count();
        if flags >= 6 {
            return Err(Error::text("invalid format (repeated flags)"));
        }
        for flag in &rest[..flags] {
            match flag {
                b'-' => spec.left = true,
                b'+' => spec.plus = true,
                b' ' => spec.space = true,
                b'#' => spec.alternate = true,
                _ => spec.zeros = true,
            }
        }
        *rest = &rest[flags..];
        spec.width = digits(rest);
        if rest.first() == Some(&b'.') {
            *rest = &rest[1..];
            spec.precision = Some(digits(rest));
        }
        if rest.first().is_some_and(u8::is_ascii_digit) {
            return Err(Error::text("invalid format (width or precision too long)"));
        }
        Ok(spec)
    }

    /// Appends a text, filled up to the width.
    fn pad(&self, out: &mut Vec<u8>, sign: &[u8], body: &[u8], may_fill_with_zeros: bool) {
        let missing = self.width.saturating_sub(sign.len() + body.len());
        let zeros = may_fill_with_zeros && self.zeros && !self.left;
        if !self.left && !zeros {
            out.extend(std::iter::repeat_n(b' ', missing));
        }
        out.extend_from_slice(sign);
        if zeros {
            out.extend(std::iter::repeat_n(b'0', missing));
        }
        out.extend_from_slice(body);
        if self.left {
            out.extend(std::iter::repeat_n(b' ', missing));
        }
    }

    fn sign(&self, negative: bool) -> &'static [u8] {
        match (negative, self.plus, self.space) {
            (true, ..) => b"-",
            (_, true, _) => b"+",
            (_, _, true) => b" ",
            _ => b"",
        }
    }

    /// Appends an integer, with at least as many digits as the precision says.
    fn integer(&self, out: &mut Vec<u8>, sign: &[u8], digits: String) {
        let mut digits = digits.into_bytes();
        if let Some(precision) = self.precision {
            if precision == 0 && digits == b"0" {
                digits.clear();
            }
            let missing = precision.saturating_sub(digits.len());
            digits.splice(0..0, std::iter::repeat_n(b'0', missing));
        }
        self.pad(out, sign, &digits, self.precision.is_none());
    }

    fn float(&self, out: &mut Vec<u8>, conversion: u8, n: f64) {
        let sign = self.sign(n.is_sign_negative());
        let n = n.abs();
        let mut body = Vec::new();
        if let Some(text) = number::special(n) {
            body.extend_from_slice(text.as_bytes());
        } else {
            let precision = self.precision.unwrap_or(6);
            match conversion.to_ascii_lowercase() {
                b'f' => {
                    body = format!("{n:.precision$}").into_bytes();
                    if precision == 0 && self.alternate {
                        body.push(b'.');
                    }
                }
                b'e' => {
                    let text = format!("{n:.precision$e}");
                    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                    body.extend_from_slice(mantissa.as_bytes());
                    if precision == 0 && self.alternate {
                        body.push(b'.');
                    }
                    number::write_exponent(&mut body, exponent.parse().unwrap_or(0));
                }
                _ => number::write_general(&mut body, n, precision, self.alternate),
            }
        }
        if conversion.is_ascii_uppercase() {
            body.make_ascii_uppercase();
        }
        self.pad(out, sign, &body, n.is_finite());
    }
}

/// Reads at most two digits.
fn digits(rest: &mut &[u8]) -> usize {
    let count = rest.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let number = rest[..count].iter().fold(0, |n, digit| n * 10 + usize::from(digit - b'0'));
    *rest = &rest[count..];
    number
}

fn convert(
    call: &mut Call<'_>,
    spec: &Spec,
    conversion: u8,
    arg: usize,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    if arg >= call.count() && b"cdiuoxXeEfgGqs".contains(&conversion) {
        return Err(Error::argument(arg + 1, "no value"));
    }
    match conversion {
        b'c' => {
            // A zero ends C's string, so it prints nothing. C makes an `int` of the number; what
            // is too large for one becomes the least, whose low byte is zero.
            let n = call.number(arg)?.trunc();
            let is_int = f64::from(i32::MIN) <= n && n <= f64::from(i32::MAX);
            let body = [if is_int { n as i32 as u8 } else { 0 }];
            let mut text = Vec::new();
            spec.pad(&mut text, b"", &body, false);
            out.extend(text.into_iter().take_while(|byte| *byte != 0));
        }
        b'd' | b'i' => {
            let n = to_integer(call.number(arg)?);
            spec.integer(out, spec.sign(n < 0), n.unsigned_abs().to_string());
        }
        b'u' | b'o' | b'x' | b'X' => {
            let n = call.number(arg)?;
            let n = to_unsigned(n);
            let (prefix, digits) = match conversion {
                b'o' if spec.alternate && n != 0 => ("", format!("0{n:o}")),
                b'o' => ("", format!("{n:o}")),
                b'x' => ("0x", format!("{n:x}")),
                b'X' => ("0X", format!("{n:X}")),
                _ => ("", n.to_string()),
            };
            let prefix = if spec.alternate && n != 0 { prefix } else { "" };
            spec.integer(out, prefix.as_bytes(), digits);
        }
        b'e' | b'E' | b'f' | b'g' | b'G' => {
            let n = call.number(arg)?;
            spec.float(out, conversion, n);
        }
        b'q' => quote(call.bytes(arg)?, out),
        b's' => {
            let text = call.bytes(arg)?;
            if spec.precision.is_none() && text.len() >= 100 {
                out.extend_from_slice(text);
                return Ok(());
            }
            let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
            let end = end.min(spec.precision.unwrap_or(end));
            let text = text[..end].to_vec();
            spec.pad(out, b"", &text, false);
        }
        other => {
            let shown = if other == 0 { String::new() } else { char::from(other).to_string() };
            return Err(Error::text(format!("invalid option '%{shown}' to 'format'")));
        }
    }
    Ok(())
}

/// Appends a text as the lexer would read it.
fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' | b'\n' => out.extend_from_slice(&[b'\\', *byte]),
            b'\r' => out.extend_from_slice(b"\\r"),
            0 => out.extend_from_slice(b"\\000"),
            byte => out.push(*byte),
        }
    }
    out.push(b'"');
}
