//! The notations of directives, the same on the command line and in CONFIG SET.
//!
//! Errors are in Redis's words for CONFIG SET, without the directive's name: whoever asked knows
//! it.

use crate::log::Level;
use crate::text::units;
use std::ops::RangeInclusive;

/// A whole number within bounds.
///
/// # Errors
/// It is none, or out of bounds.
pub fn integer(text: &str, bounds: RangeInclusive<i64>) -> Result<i64, String> {
    let number: i64 =
        text.parse().map_err(|_| "argument couldn't be parsed into an integer".to_owned())?;
    if bounds.contains(&number) {
        return Ok(number);
    }
    let (min, max) = bounds.into_inner();
    Err(format!("argument must be between {min} and {max} inclusive"))
}

/// A number of bytes, with one of Redis's units or without.
///
/// # Errors
/// It is none.
pub fn bytes(text: &str) -> Result<u64, String> {
    units::bytes(text).ok_or_else(|| "argument must be a memory value".to_owned())
}

/// A yes or a no.
///
/// # Errors
/// It is neither.
pub fn yes_or_no(word: &str) -> Result<bool, String> {
    match word.to_ascii_lowercase().as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("argument must be 'yes' or 'no'".to_owned()),
    }
}

/// How CONFIG GET shows a yes or a no.
pub fn shown(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

/// A file mode in chmod's octal notation.
///
/// # Errors
/// It is none.
pub fn mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "argument must be an octal number between 0 and 777".to_owned())
}

/// A level of log lines.
///
/// # Errors
/// There is no such level.
pub fn level(word: &str) -> Result<Level, String> {
    Level::from_name(word).ok_or_else(|| none_of(Level::NAMES.iter().map(|(name, _)| *name)))
}

/// When the log is synced to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fsync {
    /// Before a write is answered.
    Always,
    /// Once in an interval.
    Everysec,
    /// When the kernel likes to.
    No,
}

impl Fsync {
    /// The policies under Redis's names.
    pub const NAMES: [(&str, Fsync); 3] =
        [("always", Fsync::Always), ("everysec", Fsync::Everysec), ("no", Fsync::No)];

    /// The directive's name for this policy.
    pub fn name(self) -> &'static str {
        Fsync::NAMES[self as usize].0
    }
}

/// A policy of syncing.
///
/// # Errors
/// There is no such policy.
pub fn fsync(word: &str) -> Result<Fsync, String> {
    let found = Fsync::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    found
        .map(|(_, policy)| *policy)
        .ok_or_else(|| none_of(Fsync::NAMES.iter().map(|(name, _)| *name)))
}

/// What to say when a word is none of those that are known.
pub fn none_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    format!("argument(s) must be one of the following: {}", names.join(", "))
}
