//! `cjson.encode`: values to JSON.

use crate::script::error::Error;
use crate::script::native::Call;
use crate::script::number;
use crate::script::settings::InvalidNumbers;
use crate::script::value::{TableId, Value};

/// A table that is being written.
enum Open {
    /// The next index, and the last one.
    Array(TableId, usize, usize),
    /// The key that was written last.
    Object(TableId, Value),
}

pub(super) fn encode(call: &mut Call<'_>) -> Result<usize, Error> {
    if call.count() != 1 {
        return Err(Error::argument(1, "expected 1 argument"));
    }
    let (mut out, mut open) = (Vec::new(), Vec::new());
    write(call, &mut out, &mut open, call.arg(0))?;
    while !open.is_empty() {
        call.charge(2)?;
        call.vm.heap.check_room(out.len() + open.len() * size_of::<Open>())?;
        let Some(last) = open.last_mut() else { break };
        let next = match last {
            Open::Array(_, next, len) if *next > *len => {
                out.push(b']');
                None
            }
            Open::Array(table, next, _) => {
                if *next > 1 {
                    out.push(b',');
                }
                *next += 1;
                Some(call.vm.heap.table(*table).get_int(*next - 1))
            }
            Open::Object(table, key) => {
                let entry = call.vm.heap.table(*table).next(*key).ok().flatten();
                if entry.is_some() && !key.is_nil() {
                    out.push(b',');
                }
                match entry {
                    Some((next, value)) => {
                        *key = next;
                        write_key(call, &mut out, next)?;
                        Some(value)
                    }
                    None => {
                        out.push(b'}');
                        None
                    }
                }
            }
        };
        match next {
            Some(value) => write(call, &mut out, &mut open, value)?,
            None => {
                open.pop();
            }
        }
    }
    call.reply_owned(out)
}

/// Writes a value, or the beginning of a table.
fn write(
    call: &mut Call<'_>,
    out: &mut Vec<u8>,
    open: &mut Vec<Open>,
    value: Value,
) -> Result<(), Error> {
    match value {
        Value::Nil | Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Num(n) => write_number(call, out, n)?,
        Value::Str(id) => write_text(call.vm.heap.bytes_of(id), out),
        Value::Table(table) => {
            let depth = open.len() + 1;
            if depth as i64 > i64::from(call.vm.cjson.encode_max_depth) {
                return Err(Error::text(format!("Cannot serialise, excessive nesting ({depth})")));
            }
            match array_len(call, table)? {
                0 => {
                    out.push(b'{');
                    open.push(Open::Object(table, Value::Nil));
                }
                len => {
                    out.push(b'[');
                    open.push(Open::Array(table, 1, len));
                }
            }
        }
        other => return Err(refusal(other.type_name(), "type not supported")),
    }
    Ok(())
}

fn refusal(what: &str, reason: &str) -> Error {
    Error::text(format!("Cannot serialise {what}: {reason}"))
}

/// The length of the array that a table is; 0 if it has to be written as an object.
fn array_len(call: &mut Call<'_>, table: TableId) -> Result<usize, Error> {
    call.charge(call.vm.heap.table(table).slots())?;
    let (mut max, mut count) = (0.0, 0.0);
    for (key, _) in call.vm.heap.table(table).pairs() {
        match key {
            Value::Num(n) if n >= 1.0 && n.floor() == n => {
                max = f64::max(max, n);
                count += 1.0;
            }
            _ => return Ok(0),
        }
    }
    let settings = &call.vm.cjson;
    let ratio = f64::from(settings.sparse_ratio);
    if ratio > 0.0 && max > count * ratio && max > f64::from(settings.sparse_safe) {
        return match settings.sparse_convert {
            true => Ok(0),
            false => Err(refusal("table", "excessively sparse array")),
        };
    }
    Ok(max as usize)
}

fn write_key(call: &mut Call<'_>, out: &mut Vec<u8>, key: Value) -> Result<(), Error> {
    match key {
        Value::Str(id) => write_text(call.vm.heap.bytes_of(id), out),
        Value::Num(n) => {
            out.push(b'"');
            write_number(call, out, n)?;
            out.push(b'"');
        }
        _ => return Err(refusal("table", "table key must be a number or string")),
    }
    out.push(b':');
    Ok(())
}

fn write_number(call: &Call<'_>, out: &mut Vec<u8>, n: f64) -> Result<(), Error> {
    if !n.is_finite() {
        match call.vm.cjson.encode_invalid_numbers {
            InvalidNumbers::Refuse => return Err(refusal("number", "must not be NaN or Inf")),
            InvalidNumbers::AsNull => {
                out.extend_from_slice(b"null");
                return Ok(());
            }
            InvalidNumbers::AsText => {}
        }
    }
    match call.vm.cjson.encode_precision {
        14 => number::write_number(out, n),
        digits => number::write_general(out, n, digits, false),
    }
    Ok(())
}

/// Appends a text in quotes. The solidus is escaped, as the reference does it.
fn write_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' | b'/' => out.extend_from_slice(&[b'\\', *byte]),
            8 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            12 => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..=31 | 127 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            byte => out.push(*byte),
        }
    }
    out.push(b'"');
}
