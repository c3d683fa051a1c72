//! The cjson library: JSON in both directions, with the defaults and the errors of lua-cjson 2.1.
//!
//! Both directions keep their open tables in a list instead of recursing: a script may raise the
//! limits of depth as far as its memory goes.

mod decode;
mod encode;

use crate::script::error::Error;
use crate::script::native::{Call, NativeFn};
use crate::script::settings::InvalidNumbers;
use crate::script::value::Value;

/// The functions of the library.
pub(super) const FUNCTIONS: &[(&str, NativeFn)] = &[
    ("decode", decode::decode),
    ("decode_invalid_numbers", decode_invalid_numbers),
    ("decode_max_depth", decode_max_depth),
    ("encode", encode::encode),
    ("encode_invalid_numbers", encode_invalid_numbers),
    ("encode_keep_buffer", encode_keep_buffer),
    ("encode_max_depth", encode_max_depth),
    ("encode_number_precision", encode_number_precision),
    ("encode_sparse_array", encode_sparse_array),
    ("new", new),
];

/// Refuses arguments beyond the last one that a function takes.
fn at_most(call: &Call<'_>, count: usize) -> Result<(), Error> {
    match call.count() > count {
        true => Err(Error::argument(count + 1, "found too many arguments")),
        false => Ok(()),
    }
}

/// An integer argument within bounds; without an argument, the current setting.
fn integer(call: &Call<'_>, at: usize, old: i32, min: i32, max: i32) -> Result<i32, Error> {
    if call.arg(at).is_nil() {
        return Ok(old);
    }
    let n = call.integer(at)?;
    match i32::try_from(n).ok().filter(|n| (min..=max).contains(n)) {
        Some(n) => Ok(n),
        None => Err(Error::argument(1, format!("expected integer between {min} and {max}"))),
    }
}

/// One of several words, or a boolean for the first two; without an argument, the current setting.
fn option(call: &mut Call<'_>, at: usize, old: usize, words: &[&str]) -> Result<usize, Error> {
    match call.arg(at) {
        Value::Nil => Ok(old),
        Value::Bool(truth) => Ok(usize::from(truth)),
        _ => {
            let word = call.bytes(at)?;
            match words.iter().position(|known| known.as_bytes() == word) {
                Some(position) => Ok(position),
                None => {
                    let word = String::from_utf8_lossy(word).into_owned();
                    Err(Error::argument(at + 1, format!("invalid option '{word}'")))
                }
            }
        }
    }
}

const SWITCH: &[&str] = &["off", "on"];

fn switch(call: &mut Call<'_>, at: usize, old: bool) -> Result<bool, Error> {
    option(call, at, usize::from(old), SWITCH).map(|position| position == 1)
}

fn encode_sparse_array(call: &mut Call<'_>) -> Result<usize, Error> {
    at_most(call, 3)?;
    let old = call.vm.cjson;
    let convert = switch(call, 0, old.sparse_convert)?;
    let ratio = integer(call, 1, old.sparse_ratio, 0, i32::MAX)?;
    let safe = integer(call, 2, old.sparse_safe, 0, i32::MAX)?;
    let settings = &mut call.vm.cjson;
    (settings.sparse_convert, settings.sparse_ratio, settings.sparse_safe) = (convert, ratio, safe);
    call.reply_all(&[Value::Bool(convert), Value::Num(ratio.into()), Value::Num(safe.into())])
}

fn encode_max_depth(call: &mut Call<'_>) -> Result<usize, Error> {
    at_most(call, 1)?;
    let depth = integer(call, 0, call.vm.cjson.encode_max_depth, 1, i32::MAX)?;
    call.vm.cjson.encode_max_depth = depth;
    call.reply_number(depth.into())
}

fn decode_max_depth(call: &mut Call<'_>) -> Result<usize, Error> {
    at_most(call, 1)?;
    let depth = integer(call, 0, call.vm.cjson.decode_max_depth, 1, i32::MAX)?;
    call.vm.cjson.decode_max_depth = depth;
    call.reply_number(depth.into())
}

fn encode_number_precision(call: &mut Call<'_>) -> Result<usize, Error> {
    at_most(call, 1)?;
    let digits = integer(call, 0, call.vm.cjson.encode_precision as i32, 1, 14)?;
    call.vm.cjson.encode_precision = digits as usize;
    call.reply_number(digits.into())
}

/// The buffer of the reference is kept or not; here there is nothing to keep.
fn encode_keep_buffer(call: &mut Call<'_>) -> Result<usize, Error> {
    at_most(call, 1)?;
    let keep = switch(call, 0, call.vm.cjson.keep_buffer)?;
    call.vm.cjson.keep_buffer = keep;
    call.reply(Value::Bool(keep))
}

fn encode_invalid_numbers(call: &mut Call<'_>) -> Result<usize, Error> {
    at_most(call, 1)?;
    let old = call.vm.cjson.encode_invalid_numbers as usize;
    let (setting, reply) = match option(call, 0, old, &["off", "on", "null"])? {
        0 => (InvalidNumbers::Refuse, Value::Bool(false)),
        1 => (InvalidNumbers::AsText, Value::Bool(true)),
        _ => (InvalidNumbers::AsNull, call.heap().string(b"null")?),
    };
    call.vm.cjson.encode_invalid_numbers = setting;
    call.reply(reply)
}

fn decode_invalid_numbers(call: &mut Call<'_>) -> Result<usize, Error> {
    at_most(call, 1)?;
    let accept = switch(call, 0, call.vm.cjson.decode_invalid_numbers)?;
    call.vm.cjson.decode_invalid_numbers = accept;
    call.reply(Value::Bool(accept))
}

/// A copy of the library. Its settings are those of the run, which are never shared anyway.
fn new(call: &mut Call<'_>) -> Result<usize, Error> {
    let name = call.heap().string(b"cjson")?;
    let Value::Table(library) = call.vm.get(call.vm.globals(), name) else {
        return call.reply(Value::Nil);
    };
    let pairs: Vec<(Value, Value)> = call.vm.heap.table(library).pairs().collect();
    let table = call.heap().new_table(0, pairs.len())?;
    for (key, value) in pairs {
        call.heap().set(table, key, value)?;
    }
    call.vm.cjson = Default::default();
    call.reply(Value::Table(table))
}
