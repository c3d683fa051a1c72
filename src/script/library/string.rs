//! The string library, patterns and formats aside.

use super::search::{find, gmatch, gsub, position, string_match};
use crate::limits;
use crate::script::error::Error;
use crate::script::native::{Call, NativeFn};
use crate::script::value::Value;

/// The functions of the library.
pub(super) const FUNCTIONS: &[(&str, NativeFn)] = &[
    ("byte", byte),
    ("char", char_of),
    ("dump", dump),
    ("find", find),
    ("format", super::format::format),
    ("gfind", gmatch),
    ("gmatch", gmatch),
    ("gsub", gsub),
    ("len", len),
    ("lower", lower),
    ("match", string_match),
    ("rep", rep),
    ("reverse", reverse),
    ("sub", sub),
    ("upper", upper),
];

/// The range that two positions mean, from 0 and without its end.
fn range(first: i64, last: i64, len: usize) -> (usize, usize) {
    let first = position(first, len).max(1) as usize;
    let last = position(last, len).clamp(0, len as i64) as usize;
    if first > last { (0, 0) } else { (first - 1, last) }
}

fn byte(call: &mut Call<'_>) -> Result<usize, Error> {
    let len = call.bytes(0)?.len();
    let first = position(call.integer_or(1, 1)?, len);
    let last = call.integer_or(2, first)?;
    let (start, end) = range(first, last, len);
    let count = end - start;
    if count as i64 >= limits::SCRIPT_UNPACK_MAX {
        return Err(Error::text("string slice too long"));
    }
    let bytes = call.bytes(0)?[start..end].to_vec();
    let values: Vec<Value> = bytes.into_iter().map(|byte| Value::Num(byte.into())).collect();
    call.reply_all(&values)
}

fn char_of(call: &mut Call<'_>) -> Result<usize, Error> {
    let mut bytes = Vec::with_capacity(call.count());
    for at in 0..call.count() {
        // C takes an `int`: of a larger number it sees the low bits.
        match u8::try_from(call.integer(at)? as i32) {
            Ok(byte) => bytes.push(byte),
            Err(_) => return Err(Error::argument(at + 1, "invalid value")),
        }
    }
    call.reply_owned(bytes)
}

/// There is no byte code.
fn dump(call: &mut Call<'_>) -> Result<usize, Error> {
    match call.arg(0) {
        Value::Func(_) | Value::Native(_) => Err(Error::text("unable to dump given function")),
        _ => call.wrong_type(0, "function"),
    }
}

fn len(call: &mut Call<'_>) -> Result<usize, Error> {
    let len = call.bytes(0)?.len() as f64;
    call.reply_number(len)
}

/// Applies a change to a copy of the first argument.
fn change(call: &mut Call<'_>, change: fn(&mut [u8])) -> Result<usize, Error> {
    let len = call.bytes(0)?.len();
    call.charge(len / 16)?;
    call.vm.heap.check_room(len)?;
    let mut bytes = call.bytes(0)?.to_vec();
    change(&mut bytes);
    call.reply_owned(bytes)
}

fn lower(call: &mut Call<'_>) -> Result<usize, Error> {
    change(call, <[u8]>::make_ascii_lowercase)
}

fn upper(call: &mut Call<'_>) -> Result<usize, Error> {
    change(call, <[u8]>::make_ascii_uppercase)
}

fn reverse(call: &mut Call<'_>) -> Result<usize, Error> {
    change(call, <[u8]>::reverse)
}

fn rep(call: &mut Call<'_>) -> Result<usize, Error> {
    let len = call.bytes(0)?.len();
    let count = usize::try_from(call.integer(1)? as i32).unwrap_or(0);
    let Some(total) = len.checked_mul(count) else { return Err(Error::memory()) };
    call.vm.heap.check_room(total)?;
    call.charge(total / 16)?;
    if total == 0 {
        return call.reply_bytes(b"");
    }
    let bytes = call.bytes(0)?.repeat(count);
    call.reply_owned(bytes)
}

fn sub(call: &mut Call<'_>) -> Result<usize, Error> {
    let len = call.bytes(0)?.len();
    let (start, end) = range(call.integer(1)?, call.integer_or(2, -1)?, len);
    call.charge((end - start) / 16)?;
    call.vm.heap.check_room(end - start)?;
    let bytes = call.bytes(0)?[start..end].to_vec();
    call.reply_owned(bytes)
}
