//! Replies become values of Lua, and values of Lua become replies.
//!
//! | reply | Lua | and back |
//! |---|---|---|
//! | integer | number | number, its fraction cut off |
//! | bulk string | string | string |
//! | array | table | table, up to the first nil |
//! | status | `{ok = …}` | the same |
//! | error | `{err = …}` | the same |
//! | null | false; in RESP3 nil | false and nil |
//! | double, map, set, big number, verbatim | `{double = …}`, `{map = …}`, … after `redis.setresp(3)` | the same |

use crate::command::engine::Reply;
use crate::limits;
use crate::resp::Answer;
use crate::script::{Error, Value, Vm};

/// The table that stands for an error reply.
pub fn error_table(vm: &mut Vm, text: &[u8]) -> Result<Value, Error> {
    tagged(vm, "err", text)
}

/// A table with one field, whose value is a text.
fn tagged(vm: &mut Vm, name: &str, text: &[u8]) -> Result<Value, Error> {
    let table = vm.table(0, 1)?;
    let text = vm.string(text)?;
    vm.set_field(table, name, text)?;
    Ok(table)
}

/// A reply as a value.
pub fn from_answer(vm: &mut Vm, answer: &Answer, is_resp3: bool) -> Result<Value, Error> {
    match answer {
        Answer::Integer(number) => Ok(Value::Num(*number as f64)),
        Answer::Bulk(text) => vm.string(text),
        Answer::Simple(text) => tagged(vm, "ok", text),
        Answer::Error(text) => error_table(vm, text),
        Answer::Null if is_resp3 => Ok(Value::Nil),
        Answer::Null => Ok(Value::Bool(false)),
        Answer::Boolean(is_true) => Ok(Value::Bool(*is_true)),
        Answer::Double(digits) => {
            let number = crate::script::parse(digits).unwrap_or(f64::NAN);
            let table = vm.table(0, 1)?;
            vm.set_field(table, "double", Value::Num(number))?;
            Ok(table)
        }
        Answer::BigNumber(digits) => tagged(vm, "big_number", digits),
        Answer::Verbatim(format, text) => {
            let inner = tagged(vm, "string", text)?;
            let format = vm.string(format)?;
            vm.set_field(inner, "format", format)?;
            let table = vm.table(0, 1)?;
            vm.set_field(table, "verbatim_string", inner)?;
            Ok(table)
        }
        Answer::Array(elements) | Answer::Push(elements) => {
            let table = vm.table(elements.len(), 0)?;
            for (at, element) in elements.iter().enumerate() {
                let value = from_answer(vm, element, is_resp3)?;
                vm.set(table, Value::Num((at + 1) as f64), value)?;
            }
            Ok(table)
        }
        Answer::Set(elements) => {
            let inner = vm.table(0, elements.len())?;
            for element in elements {
                let key = from_answer(vm, element, is_resp3)?;
                vm.set(inner, key, Value::Bool(true))?;
            }
            let table = vm.table(0, 1)?;
            vm.set_field(table, "set", inner)?;
            Ok(table)
        }
        Answer::Map(pairs) => {
            let inner = vm.table(0, pairs.len())?;
            for (key, value) in pairs {
                let key = from_answer(vm, key, is_resp3)?;
                let value = from_answer(vm, value, is_resp3)?;
                vm.set(inner, key, value)?;
            }
            let table = vm.table(0, 1)?;
            vm.set_field(table, "map", inner)?;
            Ok(table)
        }
        Answer::Attributed(_, answer) => from_answer(vm, answer, is_resp3),
    }
}

/// Writes a value as a reply. `uses_resp3` says whether the script has chosen version 3 for its own
/// values; the client's version decides how they are written.
///
/// # Errors
/// Tables within tables, too many of them.
pub fn write(
    vm: &Vm,
    value: Value,
    uses_resp3: bool,
    depth: usize,
    reply: &mut Reply,
) -> Result<(), &'static str> {
    if depth > limits::SCRIPT_REPLY_DEPTH_MAX {
        return Err("ERR reached lua stack limit");
    }
    match value {
        Value::Str(_) => reply.bulk(vm.bytes(value).unwrap_or_default()),
        Value::Num(number) => reply.integer(truncated(number)),
        Value::Bool(is_true) if uses_resp3 && reply.is_resp3() => {
            reply.encoded(if is_true { b"#t\r\n" } else { b"#f\r\n" });
        }
        Value::Bool(is_true) if uses_resp3 => reply.integer(i64::from(is_true)),
        Value::Bool(true) => reply.integer(1),
        Value::Table(_) => return write_table(vm, value, uses_resp3, depth, reply),
        _ => reply.null(),
    }
    Ok(())
}

/// A number without its fraction; what does not fit is the least integer, as on Redis's machines.
fn truncated(number: f64) -> i64 {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&number) { number as i64 } else { i64::MIN }
}

fn write_table(
    vm: &Vm,
    table: Value,
    uses_resp3: bool,
    depth: usize,
    reply: &mut Reply,
) -> Result<(), &'static str> {
    let text_of = |name: &str| vm.bytes(vm.get_field(table, name)).map(one_line);
    if let Some(mut text) = vm.bytes(vm.get_field(table, "err")).map(<[u8]>::to_vec) {
        while text.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            text.pop();
        }
        reply.error(&one_line(&text));
    } else if let Some(text) = text_of("ok") {
        reply.encoded(&[b"+", &text[..], b"\r\n"].concat());
    } else if let Value::Num(number) = vm.get_field(table, "double") {
        reply.double(number);
    } else if let map @ Value::Table(_) = vm.get_field(table, "map") {
        let pairs = pairs_of(vm, map);
        reply.map(pairs.len());
        for (key, value) in pairs {
            write(vm, key, uses_resp3, depth + 1, reply)?;
            write(vm, value, uses_resp3, depth + 1, reply)?;
        }
    } else if let set @ Value::Table(_) = vm.get_field(table, "set") {
        let pairs = pairs_of(vm, set);
        reply.set(pairs.len());
        for (member, _) in pairs {
            write(vm, member, uses_resp3, depth + 1, reply)?;
        }
    } else if let Some(digits) = text_of("big_number") {
        match reply.is_resp3() {
            true => reply.encoded(&[b"(", &digits[..], b"\r\n"].concat()),
            false => reply.bulk(&digits),
        }
    } else if let inner @ Value::Table(_) = vm.get_field(table, "verbatim_string") {
        write_verbatim(vm, inner, reply);
    } else {
        let len = (1..).take_while(|at| !vm.get_index(table, *at).is_nil()).count();
        reply.array(len);
        for at in 1..=len {
            write(vm, vm.get_index(table, at), uses_resp3, depth + 1, reply)?;
        }
    }
    Ok(())
}

fn write_verbatim(vm: &Vm, inner: Value, reply: &mut Reply) {
    let part = |name: &str| vm.bytes(vm.get_field(inner, name)).unwrap_or_default().to_vec();
    let (format, text) = (part("format"), part("string"));
    if !reply.is_resp3() {
        return reply.bulk(&text);
    }
    let mut format = format;
    format.resize(3, b' ');
    let head = format!("={}\r\n", text.len() + 4);
    reply.encoded(&[head.as_bytes(), &format, b":", &text, b"\r\n"].concat());
}

fn pairs_of(vm: &Vm, table: Value) -> Vec<(Value, Value)> {
    let mut pairs = Vec::new();
    let mut key = Value::Nil;
    while let Some((next, value)) = vm.next(table, key) {
        pairs.push((next, value));
        key = next;
    }
    pairs
}

/// A line of the protocol has no line ends of its own, and Redis ends it at a zero byte.
pub fn one_line(text: &[u8]) -> Vec<u8> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    text.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }).collect()
}
