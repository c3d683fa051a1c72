//! The common part of SCAN and its variants: cursor and options.

use crate::command::engine::arguments::Cursor;
use crate::command::engine::{Args, CommandError};
use crate::text::glob;

/// Keys that one call visits without COUNT.
const SCAN_COUNT: usize = 10;

/// What is walked through, which decides what there is to choose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walk {
    /// Keys, which have types.
    Keys,
    /// Fields of a hash, whose values may be left out.
    Fields,
    /// Members of a set or a sorted set.
    Members,
}

/// What SCAN or one of its relatives was asked for.
pub(crate) struct ScanOptions<'a> {
    pub pattern: Option<&'a [u8]>,
    /// Approximate number of keys or fields that one call visits.
    pub count: usize,
    pub type_name: Option<&'a [u8]>,
    /// Fields are returned with their values.
    pub with_values: bool,
}

impl ScanOptions<'_> {
    /// Whether a name matches the pattern.
    pub fn want(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| glob::matches(pattern, name))
    }
}

/// The cursor: what C's `strtoul` makes of the word, but without leading spaces. So the empty word
/// is zero, and a negative number counts down from 2⁶⁴.
pub(crate) fn cursor(word: &[u8]) -> Result<u64, CommandError> {
    let text = word.split(|byte| *byte == 0).next().unwrap_or(word);
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        _ => (false, text),
    };
    let number = match digits {
        [] if text.is_empty() => Some(0),
        [] => None,
        _ => digits.iter().try_fold(0_u64, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        }),
    };
    let number = number.ok_or(CommandError::new("ERR invalid cursor"))?;
    Ok(if is_negative { number.wrapping_neg() } else { number })
}

/// Reads what stands behind the cursor.
pub(crate) fn scan_options(args: Args<'_>, walk: Walk) -> Result<ScanOptions<'_>, CommandError> {
    let mut options =
        ScanOptions { pattern: None, count: SCAN_COUNT, type_name: None, with_values: true };
    let mut words = Cursor::at(args, 0);
    while !words.is_done() {
        if walk == Walk::Fields && words.take("NOVALUES") {
            options.with_values = false;
        } else if let Some(count) = words.integer_of("COUNT")? {
            let count = usize::try_from(count).ok().filter(|count| *count > 0);
            options.count = count.ok_or(CommandError::SYNTAX)?;
        } else if let Some(pattern) = words.value_of("MATCH") {
            options.pattern = Some(pattern);
        } else if walk == Walk::Keys
            && let Some(name) = words.value_of("TYPE")
        {
            options.type_name = Some(name);
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    Ok(options)
}
