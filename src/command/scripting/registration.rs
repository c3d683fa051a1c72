//! The arguments of `redis.register_function`, which has two forms:
//!
//! ```lua
//! redis.register_function('name', function(keys, args) … end)
//! redis.register_function{function_name = 'name', callback = function(keys, args) … end,
//!                         flags = {'no-writes'}, description = 'what it does'}
//! ```

use super::header::{BAD_NAME, checked_name};
use crate::script::{Call, Value};
use crate::shared::functions::{FLAGS, Function};

/// A function that a library registers.
pub struct Registration {
    /// What is known of it.
    pub function: Function,
    /// What is called.
    pub callback: Value,
}

/// The function that a registration which was checked before gives this name, if it does.
pub fn callback_of(call: &mut Call<'_>, name: &str) -> Option<Value> {
    let (first, second) = (call.arg(0), call.arg(1));
    if !matches!(first, Value::Table(_)) {
        return is_name(call, first, name).then_some(second);
    }
    // Names of arguments may be written in any case; nearly all are not.
    let given = call.vm().get_field(first, "function_name");
    if !given.is_nil() {
        let callback = call.vm().get_field(first, "callback");
        if !is_name(call, given, name) || !callback.is_nil() {
            return is_name(call, given, name).then_some(callback);
        }
    }
    let registration = Registration::read(call).ok()?;
    (registration.function.name == name).then_some(registration.callback)
}

fn is_name(call: &mut Call<'_>, value: Value, name: &str) -> bool {
    match value {
        Value::Str(_) => call.vm().bytes(value) == Some(name.as_bytes()),
        _ => call.vm().text(value).is_some_and(|text| text == name.as_bytes()),
    }
}

/// Why the arguments are wrong, in Redis's words.
type Complaint = String;

fn complaint<T>(text: &str) -> Result<T, Complaint> {
    Err(format!("ERR {text}"))
}

impl Registration {
    /// Reads the arguments.
    ///
    /// # Errors
    /// Redis's.
    pub fn read(call: &mut Call<'_>) -> Result<Registration, Complaint> {
        match (call.count(), call.arg(0)) {
            (1, table @ Value::Table(_)) => named(call, table),
            (1, _) => complaint(
                "calling redis.register_function with a single argument is only applicable to Lua \
                 table (representing named arguments).",
            ),
            (2, name) => {
                let Some(name) = call.vm().text(name) else {
                    return complaint("first argument to redis.register_function must be a string");
                };
                let callback = call.arg(1);
                if !callback.is_function() {
                    return complaint(
                        "second argument to redis.register_function must be a function",
                    );
                }
                finish(&name, callback, None, 0)
            }
            _ => complaint("wrong number of arguments to redis.register_function"),
        }
    }
}

fn finish(
    name: &[u8],
    callback: Value,
    description: Option<Vec<u8>>,
    flags: u8,
) -> Result<Registration, Complaint> {
    match checked_name(name) {
        Some(name) => {
            Ok(Registration { function: Function { name, description, flags }, callback })
        }
        None => Err(String::from_utf8_lossy(BAD_NAME.text()).into_owned()),
    }
}

/// Reads named arguments.
fn named(call: &mut Call<'_>, table: Value) -> Result<Registration, Complaint> {
    let (mut name, mut description, mut callback, mut flags) = (None, None, None, 0);
    let mut key = Value::Nil;
    while let Some((next, value)) = call.vm().next(table, key) {
        key = next;
        let word = match key {
            Value::Str(_) => call.vm().text(key).unwrap_or_default(),
            Value::Num(_) => return complaint("unknown argument given to redis.register_function"),
            _ => {
                return complaint(
                    "named argument key given to redis.register_function is not a string",
                );
            }
        };
        let text = call.vm().text(value);
        match word.to_ascii_lowercase().as_slice() {
            b"function_name" if text.is_none() => {
                return complaint(
                    "function_name argument given to redis.register_function must be a string",
                );
            }
            b"function_name" => name = text,
            b"description" if text.is_none() => {
                return complaint(
                    "description argument given to redis.register_function must be a string",
                );
            }
            b"description" => description = text,
            b"callback" if !value.is_function() => {
                return complaint(
                    "callback argument given to redis.register_function must be a function",
                );
            }
            b"callback" => callback = Some(value),
            b"flags" => flags = read_flags(call, value)?,
            _ => return complaint("unknown argument given to redis.register_function"),
        }
    }
    let Some(name) = name else {
        return complaint("redis.register_function must get a function name argument");
    };
    let Some(callback) = callback else {
        return complaint("redis.register_function must get a callback argument");
    };
    finish(&name, callback, description, flags)
}

/// Reads a list of flags, up to its first hole.
fn read_flags(call: &mut Call<'_>, list: Value) -> Result<u8, Complaint> {
    if !matches!(list, Value::Table(_)) {
        return complaint(
            "flags argument to redis.register_function must be a table representing function flags",
        );
    }
    let mut flags = 0;
    for at in 1.. {
        let value = call.vm().get_index(list, at);
        if value.is_nil() {
            break;
        }
        let word = call.vm().text(value).unwrap_or_default();
        match FLAGS.iter().position(|flag| flag.as_bytes().eq_ignore_ascii_case(&word)) {
            Some(bit) => flags |= 1 << bit,
            None => return complaint("unknown flag given"),
        }
    }
    Ok(flags)
}
