//! The types of values: how each is read from words, shown by CONFIG GET and written to a file.
//!
//! Errors are in Redis's words, without the directive's name: the caller adds it.

use super::settings::Config;
use super::value::Value;
use super::words::{amount, bytes, integer, quoted, unbounded_bytes};

/// The type of a value.
pub enum Shape {
    /// `yes` or `no`.
    YesNo,
    /// A whole number within bounds.
    Integer(i64, i64),
    /// A number of bytes within bounds, with one of Redis's units or without.
    Bytes(i64, i64),
    /// Bytes, or per cent of something.
    BytesOrPercent,
    /// A file mode in octal digits.
    Mode,
    /// One of several words.
    OneOf(&'static [&'static str]),
    /// Any of several words, separated by spaces.
    SomeOf(&'static [&'static str]),
    /// Any bytes.
    Text,
    /// Any bytes that a check accepts.
    Checked(fn(&[u8]) -> Result<(), String>),
    /// A notation of its own.
    Own(&'static Notation),
}

/// Sets a value in a configuration; the error has Redis's text.
pub type Set = fn(&mut Config, &[&[u8]], Moment) -> Result<(), String>;

/// A notation that no other directive shares: several words, or several lines.
pub struct Notation {
    /// Whether the value consists of several words.
    pub is_list: bool,
    /// Reads the value.
    pub set: Set,
    /// The value as CONFIG GET shows it.
    pub shown: fn(&Config) -> Vec<u8>,
    /// The lines of a file that set the same value, without the name.
    pub lines: fn(&Config) -> Vec<Vec<u8>>,
}

/// The moment at which a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// At the start; the first line of the directive replaces the default, further ones may add to
    /// it.
    Start {
        /// Whether this is the first line.
        is_first: bool,
    },
    /// While the server runs, by CONFIG SET: the new value replaces the old one.
    Running,
}

/// Reads one word.
///
/// # Errors
/// It does not have this shape.
pub fn read(shape: &Shape, word: &[u8]) -> Result<Value, String> {
    match shape {
        Shape::YesNo => yes_or_no(word),
        Shape::Integer(min, max) => {
            let number = integer(word).ok_or("argument couldn't be parsed into an integer")?;
            within(number, *min, *max).map(Value::Integer)
        }
        Shape::Bytes(min, max) => {
            let bytes = unbounded_bytes(word).ok_or("argument must be a memory value")?;
            let bytes = i64::try_from(bytes).map_err(|_| out_of_bounds(*min, *max))?;
            within(bytes, *min, *max).map(Value::Integer)
        }
        Shape::BytesOrPercent => bytes_or_percent(word),
        Shape::Mode => mode(word),
        Shape::OneOf(known) => one_of(known, word).map(Value::Word),
        Shape::Checked(check) => check(word).map(|()| Value::Text(word.to_vec())),
        Shape::Text | Shape::SomeOf(_) | Shape::Own(_) => Ok(Value::Text(word.to_vec())),
    }
}

fn within(number: i64, min: i64, max: i64) -> Result<i64, String> {
    match (min..=max).contains(&number) {
        true => Ok(number),
        false => Err(out_of_bounds(min, max)),
    }
}

fn out_of_bounds(min: i64, max: i64) -> String {
    format!("argument must be between {min} and {max} inclusive")
}

fn yes_or_no(word: &[u8]) -> Result<Value, String> {
    match word {
        _ if word.eq_ignore_ascii_case(b"yes") => Ok(Value::YesNo(true)),
        _ if word.eq_ignore_ascii_case(b"no") => Ok(Value::YesNo(false)),
        _ => Err("argument must be 'yes' or 'no'".to_owned()),
    }
}

fn bytes_or_percent(word: &[u8]) -> Result<Value, String> {
    if let Some(number) = word.strip_suffix(b"%").and_then(integer).filter(|number| *number >= 0) {
        return match number {
            0..=100 => Ok(Value::Percent(number)),
            _ => Err("percentage argument must be less or equal to 100".to_owned()),
        };
    }
    let bytes = bytes(word).ok_or("argument must be a memory or percent value")?;
    Ok(Value::Integer(bytes))
}

fn mode(word: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(word).unwrap_or("");
    let mode = i64::from_str_radix(text, 8)
        .map_err(|_| "argument couldn't be parsed as an octal number".to_owned())?;
    match mode {
        0..=0o777 => Ok(Value::Integer(mode)),
        _ => Err("argument must be between 0 and 777 inclusive".to_owned()),
    }
}

fn one_of(known: &[&'static str], word: &[u8]) -> Result<&'static str, String> {
    let found = known.iter().find(|name| name.as_bytes().eq_ignore_ascii_case(word));
    found
        .copied()
        .ok_or_else(|| format!("argument(s) must be one of the following: {}", known.join(", ")))
}

/// Reads any of several words; they are kept in the order of the list.
///
/// # Errors
/// A word is not in the list, or there is none.
pub fn some_of(known: &[&'static str], words: &[&[u8]]) -> Result<Value, String> {
    let mut chosen = Vec::new();
    // No word is none of them.
    let none: [&[u8]; 1] = [b""];
    for word in if words.is_empty() { &none } else { words } {
        chosen.push(one_of(known, word)?);
    }
    // The first word of the list is the neutral one: next to another word it means nothing.
    let is_special = |name: &&&str| chosen.contains(*name);
    let mut names: Vec<&str> = known[1..].iter().filter(is_special).copied().collect();
    if names.is_empty() {
        names.push(known[0]);
    }
    Ok(Value::Text(names.join(" ").into_bytes()))
}

/// A value as CONFIG GET shows it.
pub fn shown(shape: &Shape, value: &Value) -> Vec<u8> {
    match value {
        Value::YesNo(yes) => if *yes { "yes" } else { "no" }.into(),
        Value::Integer(mode) if matches!(shape, Shape::Mode) => format!("{mode:o}").into_bytes(),
        Value::Integer(number) => number.to_string().into_bytes(),
        Value::Percent(percent) => format!("{percent}%").into_bytes(),
        Value::Word(word) => word.as_bytes().to_vec(),
        Value::Text(text) => text.clone(),
    }
}

/// A value as in a line of a file.
pub fn written(shape: &Shape, value: &Value) -> Vec<u8> {
    match (shape, value) {
        (Shape::Bytes(..) | Shape::BytesOrPercent, Value::Integer(bytes)) => amount(*bytes),
        (Shape::Text | Shape::Checked(_), Value::Text(text)) => quoted(text),
        _ => shown(shape, value),
    }
}
