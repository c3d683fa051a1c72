//! The struct library: values to bytes of a given layout and back.

use crate::script::error::Error;
use crate::script::native::{Call, NativeFn, to_integer, to_unsigned};
use crate::script::value::Value;

/// The functions of the library.
pub(super) const FUNCTIONS: &[(&str, NativeFn)] =
    &[("pack", pack), ("size", size), ("unpack", unpack)];

/// Bytes of the largest integer.
const INTEGER_BYTES_MAX: usize = 32;
/// The alignment that `!` means without a number.
const ALIGNMENT: usize = 8;

/// A format, while it is read. As in C it ends at its first zero.
struct Format {
    text: Vec<u8>,
    at: usize,
    is_little: bool,
    align: usize,
}

/// One option of a format: its letter, its size, and the bytes that align it.
struct Item {
    option: u8,
    size: usize,
    padding: usize,
}

impl Format {
    fn new(call: &mut Call<'_>) -> Result<Self, Error> {
        let text = call.bytes(0)?;
        let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        Ok(Self { text: text[..end].to_vec(), at: 0, is_little: true, align: 1 })
    }

    fn number_or(&mut self, default: usize) -> Result<usize, Error> {
        let mut number = None;
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.at) {
            let next = number.unwrap_or(0usize) * 10 + usize::from(digit - b'0');
            if next > i32::MAX as usize {
                return Err(Error::text("integral size overflow"));
            }
            number = Some(next);
            self.at += 1;
        }
        Ok(number.unwrap_or(default))
    }

    /// The next option, at a position of the data.
    fn next(&mut self, position: usize) -> Result<Option<Item>, Error> {
        let Some(&option) = self.text.get(self.at) else { return Ok(None) };
        self.at += 1;
        let size = match option {
            b'b' | b'B' | b'x' => 1,
            b'h' | b'H' => 2,
            b'l' | b'L' | b'T' | b'd' => 8,
            b'f' => 4,
            b'c' => self.number_or(1)?,
            b'i' | b'I' => {
                let size = self.number_or(4)?;
                if size > INTEGER_BYTES_MAX {
                    let text = format!("integral size {size} is larger than limit of 32");
                    return Err(Error::text(text));
                }
                size
            }
            _ => 0,
        };
        let padding = match size.min(self.align) {
            0 => 0,
            _ if option == b'c' => 0,
            unit => unit.wrapping_sub(position & (unit - 1)) & (unit - 1),
        };
        Ok(Some(Item { option, size, padding }))
    }

    /// An option that changes how the others are read.
    fn control(&mut self, option: u8) -> Result<(), Error> {
        match option {
            b' ' => {}
            b'<' => self.is_little = true,
            b'>' => self.is_little = false,
            b'!' => {
                let align = self.number_or(ALIGNMENT)?;
                if !align.is_power_of_two() {
                    return Err(Error::text(format!("alignment {align} is not a power of 2")));
                }
                self.align = align;
            }
            other => {
                let shown = char::from(other);
                return Err(Error::argument(1, format!("invalid format option '{shown}'")));
            }
        }
        Ok(())
    }

    /// Puts bytes from the lowest on into the order of the format, or back.
    fn order(&self, bytes: &mut [u8]) {
        if !self.is_little {
            bytes.reverse();
        }
    }
}

fn pack(call: &mut Call<'_>) -> Result<usize, Error> {
    let mut format = Format::new(call)?;
    let mut out = Vec::new();
    let mut arg = 1;
    while let Some(Item { option, size, padding }) = format.next(out.len())? {
        call.charge(1)?;
        out.extend(std::iter::repeat_n(0, padding));
        match option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let n = number(call, arg)?;
                let value = if n < 0.0 { to_integer(n) as u64 } else { to_unsigned(n) };
                let mut bytes = [0; INTEGER_BYTES_MAX];
                bytes[..8].copy_from_slice(&value.to_le_bytes());
                format.order(&mut bytes[..size]);
                out.extend_from_slice(&bytes[..size]);
                arg += 1;
            }
            b'x' => out.push(0),
            b'f' | b'd' => {
                let n = number(call, arg)?;
                let mut bytes = match option {
                    b'f' => (n as f32).to_le_bytes().to_vec(),
                    _ => n.to_le_bytes().to_vec(),
                };
                format.order(&mut bytes);
                out.extend_from_slice(&bytes);
                arg += 1;
            }
            b'c' | b's' => {
                present(call, arg, "string")?;
                let text = call.bytes(arg)?;
                let size = if size == 0 { text.len() } else { size };
                let text = text.get(..size);
                arg += 1;
                out.extend_from_slice(
                    text.ok_or_else(|| Error::argument(arg + 1, "string too short"))?,
                );
                if option == b's' {
                    out.push(0);
                }
            }
            option => format.control(option)?,
        }
        call.vm.heap.check_room(out.len())?;
    }
    call.reply_owned(out)
}

/// Refuses a missing argument; the first one is nil to the reference.
fn present(call: &Call<'_>, at: usize, expected: &str) -> Result<(), Error> {
    match at == call.count() {
        true => Err(Error::argument(at + 1, format!("{expected} expected, got nil"))),
        false => Ok(()),
    }
}

fn number(call: &Call<'_>, at: usize) -> Result<f64, Error> {
    present(call, at, "number")?;
    call.number(at)
}

fn size(call: &mut Call<'_>) -> Result<usize, Error> {
    let mut format = Format::new(call)?;
    let mut total = 0usize;
    while let Some(Item { option, size, padding }) = format.next(total)? {
        call.charge(1)?;
        match (option, size) {
            (b's', _) => return Err(Error::argument(1, "option 's' has no fixed size")),
            (b'c', 0) => return Err(Error::argument(1, "option 'c0' has no fixed size")),
            _ if !option.is_ascii_alphanumeric() => format.control(option)?,
            _ => {}
        }
        total = total.saturating_add(padding).saturating_add(size);
    }
    call.reply_number(total as f64)
}

fn unpack(call: &mut Call<'_>) -> Result<usize, Error> {
    let mut format = Format::new(call)?;
    let data = call.string(1)?;
    let len = call.bytes(1)?.len();
    let start = call.integer_or(2, 1)?;
    if start == 0 {
        return Err(Error::argument(3, "offset must be 1 or greater"));
    }
    let too_short = || Error::argument(2, "data string too short");
    // What lies before the beginning lies behind the end, as in C, but after a look at the format.
    let mut at = (start as usize).wrapping_sub(1);
    let mut values = Vec::new();
    while let Some(Item { option, mut size, padding }) = format.next(at)? {
        call.charge(1)?;
        at = at.saturating_add(padding);
        if at > len || size > len - at {
            return Err(too_short());
        }
        if values.len() as i64 >= crate::limits::SCRIPT_UNPACK_MAX {
            return Err(Error::text("stack overflow (too many results)"));
        }
        let bytes = call.vm.bytes(data).unwrap_or_default();
        match option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let mut raw = [0; INTEGER_BYTES_MAX];
                raw[..size].copy_from_slice(&bytes[at..at + size]);
                format.order(&mut raw[..size]);
                values.push(Value::Num(integer(&raw, size, option.is_ascii_lowercase())));
            }
            b'x' => {}
            b'f' | b'd' => {
                let mut raw = [0; 8];
                raw[..size].copy_from_slice(&bytes[at..at + size]);
                format.order(&mut raw[..size]);
                let low = u32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]]);
                values.push(Value::Num(match option {
                    b'f' => f64::from(f32::from_bits(low)),
                    _ => f64::from_le_bytes(raw),
                }));
            }
            b'c' => {
                if size == 0 {
                    let Some(n) = values.pop().and_then(|value| call.vm.to_number(value)) else {
                        return Err(Error::text("format 'c0' needs a previous size"));
                    };
                    size = to_unsigned(n) as usize;
                    if size > len - at {
                        return Err(too_short());
                    }
                }
                let text = bytes[at..at + size].to_vec();
                values.push(call.heap().string_owned(text)?);
            }
            b's' => {
                let text = bytes[at..].split(|byte| *byte == 0).next().unwrap_or_default();
                if at + text.len() == len {
                    return Err(Error::text("unfinished string in data"));
                }
                size = text.len() + 1;
                let text = text.to_vec();
                values.push(call.heap().string_owned(text)?);
            }
            option => format.control(option)?,
        }
        at += size;
    }
    values.push(Value::Num((at + 1) as f64));
    call.reply_all(&values)
}

/// An integer from its bytes, the lowest first: 64 bits of it count.
fn integer(raw: &[u8; INTEGER_BYTES_MAX], size: usize, is_signed: bool) -> f64 {
    let mut n = raw[..size].iter().take(8).rev().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
    if !is_signed {
        return n as f64;
    }
    // The sign is looked for at the place that C's shift finds, which counts modulo 64.
    let mask = u64::MAX.wrapping_shl((size as u32 * 8).wrapping_sub(1));
    if n & mask != 0 {
        n |= mask;
    }
    n as i64 as f64
}
