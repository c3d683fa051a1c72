//! The basic functions, and the coroutine library.

use crate::limits;
use crate::script::compile;
use crate::script::env;
use crate::script::error::Error;
use crate::script::heap::Function;
use crate::script::native::{Call, NativeFn};
use crate::script::number;
use crate::script::thread::{Coroutine, Status};
use crate::script::value::Value;

/// The functions of the library.
pub(super) const FUNCTIONS: &[(&str, NativeFn)] = &[
    ("assert", assert),
    ("collectgarbage", collectgarbage),
    ("error", error),
    ("gcinfo", gcinfo),
    ("getmetatable", getmetatable),
    ("ipairs", ipairs),
    ("load", load),
    ("loadstring", loadstring),
    ("pairs", pairs),
    ("rawequal", rawequal),
    ("rawget", rawget),
    ("rawset", rawset),
    ("select", select),
    ("setmetatable", setmetatable),
    ("tonumber", tonumber),
    ("tostring", tostring),
    ("type", type_of),
    ("unpack", unpack),
];

/// The coroutine library, apart from what works on frames.
pub(super) const COROUTINE: &[(&str, NativeFn)] =
    &[("create", create), ("running", running), ("status", status), ("wrap", wrap)];

/// `__index` of the table of global variables.
pub(super) fn missing_global(call: &mut Call<'_>) -> Result<usize, Error> {
    let name = match call.arg(1) {
        Value::Str(id) => id,
        _ => call.vm.heap.env.names.empty,
    };
    Err(call.vm.missing_global(name))
}

fn assert(call: &mut Call<'_>) -> Result<usize, Error> {
    if !call.any(0)?.is_true() {
        if call.arg(1).is_nil() {
            return Err(Error::text("assertion failed!"));
        }
        let message = call.string(1)?;
        let text = call.vm.bytes(message).unwrap_or_default().to_vec();
        return Err(Error::text(text));
    }
    let (base, count) = (call.base, call.count());
    call.stack.copy_within(base..base + count, base - 1);
    Ok(count)
}

/// Memory belongs to the run, and what a script asks of the collector is taken for done.
fn collectgarbage(call: &mut Call<'_>) -> Result<usize, Error> {
    let option = match call.arg(0) {
        Value::Nil => b"collect".to_vec(),
        _ => call.bytes(0)?.to_vec(),
    };
    match &option[..] {
        b"count" => {
            let kib = call.vm.bytes_used() as f64 / 1024.0;
            call.reply_number(kib)
        }
        b"collect" | b"stop" | b"restart" | b"setpause" | b"setstepmul" => call.reply_number(0.0),
        b"step" => call.reply(Value::Bool(true)),
        other => {
            let other = String::from_utf8_lossy(other);
            Err(Error::argument(1, format!("invalid option '{other}'")))
        }
    }
}

fn gcinfo(call: &mut Call<'_>) -> Result<usize, Error> {
    let kib = (call.vm.bytes_used() / 1024) as f64;
    call.reply_number(kib)
}

fn error(call: &mut Call<'_>) -> Result<usize, Error> {
    let level = call.integer_or(1, 1)?;
    let value = call.arg(0);
    // A number counts as a text here, as in C Lua.
    if let (Value::Str(_) | Value::Num(_), 1..) = (value, level) {
        let level = level.min(i64::from(u16::MAX)) as usize - usize::from(call.is_nested);
        let position = if level == 0 { Vec::new() } else { call.vm.position(level) };
        let text = [&position[..], &call.vm.text(value).unwrap_or_default()].concat();
        return Err(Error::value(call.heap().string_owned(text)?));
    }
    Err(Error::value(value))
}

fn getmetatable(call: &mut Call<'_>) -> Result<usize, Error> {
    let value = call.any(0)?;
    let Some(meta) = call.vm.heap.metatable(value) else { return call.reply(Value::Nil) };
    let guard = call.vm.heap.table(meta).get_str(call.vm.heap.env.names.metatable);
    call.reply(if guard.is_nil() { Value::Table(meta) } else { guard })
}

fn setmetatable(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = call.table(0)?;
    let meta = match call.arg(1) {
        Value::Nil if call.count() > 1 => None,
        Value::Table(id) => Some(id),
        _ => return Err(Error::argument(2, "nil or table expected")),
    };
    let guard = call.vm.heap.metamethod(Value::Table(table), call.vm.heap.env.names.metatable);
    if !guard.is_nil() {
        return Err(Error::text("cannot change a protected metatable"));
    }
    call.heap().table_mut(table)?.metatable = meta;
    call.reply(Value::Table(table))
}

fn ipairs(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = Value::Table(call.table(0)?);
    call.reply_all(&[Value::Native(env::NEXT_INDEX), table, Value::Num(0.0)])
}

fn pairs(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = Value::Table(call.table(0)?);
    let next = call.vm.heap.env.tables[0].get_str(call.vm.heap.env.names.next);
    call.reply_all(&[next, table, Value::Nil])
}

fn rawequal(call: &mut Call<'_>) -> Result<usize, Error> {
    let equal = call.any(0)? == call.any(1)?;
    call.reply(Value::Bool(equal))
}

fn rawget(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = call.table(0)?;
    let key = call.any(1)?;
    let value = call.vm.heap.table(table).get(key);
    call.reply(value)
}

fn rawset(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = call.table(0)?;
    let (key, value) = (call.any(1)?, call.any(2)?);
    call.set(table, key, value)?;
    call.reply(Value::Table(table))
}

fn select(call: &mut Call<'_>) -> Result<usize, Error> {
    if let Value::Str(id) = call.arg(0)
        && call.vm.heap.bytes_of(id).first() == Some(&b'#')
    {
        let count = call.count() as f64 - 1.0;
        return call.reply_number(count);
    }
    // A C integer, whatever is left of the number in it.
    let (count, n) = (call.count() as i64, i64::from(call.integer(0)? as i32));
    let first = if n < 0 { count + n } else { n.min(count) };
    if first < 1 {
        return Err(Error::argument(1, "index out of range"));
    }
    let (from, end) = (call.base + first as usize, call.base + count as usize);
    call.stack.copy_within(from..end, call.base - 1);
    Ok(end - from)
}

fn tonumber(call: &mut Call<'_>) -> Result<usize, Error> {
    let base = call.integer_or(1, 10)?;
    if base == 10 {
        let value = call.any(0)?;
        let number = call.vm.to_number(value).map_or(Value::Nil, Value::Num);
        return call.reply(number);
    }
    let text = call.bytes(0)?.to_vec();
    if !(2..=36).contains(&base) {
        return Err(Error::argument(2, "base out of range"));
    }
    call.reply(number::parse_in_base(&text, base as u32).map_or(Value::Nil, Value::Num))
}

fn tostring(call: &mut Call<'_>) -> Result<usize, Error> {
    let value = call.any(0)?;
    let handler = call.vm.heap.metamethod(value, call.vm.heap.env.names.tostring);
    if !handler.is_nil() {
        let text = call.call_back(handler, &[value])?;
        return call.reply(text);
    }
    match value {
        Value::Str(_) => call.reply(value),
        value => {
            let text = call.vm.describe(value);
            call.reply_owned(text)
        }
    }
}

fn type_of(call: &mut Call<'_>) -> Result<usize, Error> {
    let name = call.any(0)?.type_name();
    call.reply_bytes(name.as_bytes())
}

fn unpack(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = call.table(0)?;
    let first = call.integer_or(1, 1)? as i32;
    let last = match call.arg(2) {
        Value::Nil => call.vm.heap.table(table).border() as i32,
        _ => call.integer(2)? as i32,
    };
    let count = i64::from(last) - i64::from(first) + 1;
    if count <= 0 {
        return Ok(0);
    }
    if count >= limits::SCRIPT_UNPACK_MAX {
        return Err(Error::text("too many results to unpack"));
    }
    call.charge(count as usize)?;
    call.make_room(count as usize)?;
    for n in 0..count {
        let value = call.vm.heap.table(table).get_num((i64::from(first) + n) as f64);
        call.stack[call.base - 1 + n as usize] = value;
    }
    Ok(count as usize)
}

fn loadstring(call: &mut Call<'_>) -> Result<usize, Error> {
    let source = call.bytes(0)?.to_vec();
    let name = if call.arg(1).is_nil() { source.clone() } else { call.bytes(1)?.to_vec() };
    load_source(call, &name, &source)
}

/// `load` reads its source piece by piece from a function.
fn load(call: &mut Call<'_>) -> Result<usize, Error> {
    let reader = match call.arg(0) {
        reader @ (Value::Func(_) | Value::Native(_)) => reader,
        _ => return call.wrong_type(0, "function"),
    };
    let name = if call.arg(1).is_nil() { b"=(load)".to_vec() } else { call.bytes(1)?.to_vec() };
    let mut source = Vec::new();
    loop {
        match call.call_back(reader, &[])? {
            Value::Nil => break,
            piece @ (Value::Str(_) | Value::Num(_)) => {
                let piece = call.vm.text(piece).unwrap_or_default();
                if piece.is_empty() {
                    break;
                }
                source.extend_from_slice(&piece);
                if source.len() > limits::SCRIPT_SOURCE_BYTES_MAX {
                    return call.reply_failure(b"script is too long");
                }
            }
            _ => return call.reply_failure(b"reader function must return a string"),
        }
    }
    load_source(call, &name, &source)
}

/// Compiles text; byte code does not exist here and fails as text.
fn load_source(call: &mut Call<'_>, name: &[u8], source: &[u8]) -> Result<usize, Error> {
    call.charge(source.len() / 8)?;
    let env = call.vm.heap.env.clone();
    match compile::compile(&env, name, source) {
        Ok(program) => {
            let function = call.vm.add_chunk(program)?;
            call.reply(function)
        }
        Err(error) => call.reply_failure(&error.0),
    }
}

fn create(call: &mut Call<'_>) -> Result<usize, Error> {
    let thread = new_thread(call)?;
    call.reply(thread)
}

fn new_thread(call: &mut Call<'_>) -> Result<Value, Error> {
    let function @ Value::Func(id) = call.arg(0) else {
        return Err(Error::argument(1, "Lua function expected"));
    };
    if !matches!(call.vm.heap.function(id), Function::Lua { .. }) {
        return Err(Error::argument(1, "Lua function expected"));
    }
    let thread = Coroutine { stack: vec![function], ..Coroutine::default() };
    call.heap().new_thread(thread).map(Value::Thread)
}

fn wrap(call: &mut Call<'_>) -> Result<usize, Error> {
    let values = Box::new([new_thread(call)?]);
    let native = env::WRAPPED;
    let function = call.heap().new_function(Function::Bound { native, values })?;
    call.reply(function)
}

fn running(call: &mut Call<'_>) -> Result<usize, Error> {
    let thread = call.vm.thread.map_or(Value::Nil, Value::Thread);
    call.reply(thread)
}

fn status(call: &mut Call<'_>) -> Result<usize, Error> {
    let Value::Thread(id) = call.arg(0) else {
        return Err(Error::argument(1, "coroutine expected"));
    };
    let name = match call.vm.heap.thread(id).status {
        Status::Suspended => "suspended",
        Status::Running => "running",
        Status::Normal => "normal",
        Status::Dead => "dead",
    };
    call.reply_bytes(name.as_bytes())
}
