//! Sums of what is stored as text: the arithmetic of INCR, HINCRBY and their relatives.

use crate::command::engine::CommandError;
use crate::number::extended::Extended;
use crate::resp::parse_integer;

pub(crate) const NOT_A_FLOAT: CommandError = CommandError::new("ERR value is not a valid float");

/// The error for a sum that is not a finite number.
pub(crate) const INFINITE_SUM: CommandError =
    CommandError::new("ERR increment would produce NaN or Infinity");

/// The stored integer, or zero, plus `increment`.
///
/// # Errors
/// `not_an_integer` if the stored text is not one, or if the sum exceeds 64 bits.
pub(crate) fn integer_sum(
    old: Option<&[u8]>,
    increment: i64,
    not_an_integer: CommandError,
) -> Result<i64, CommandError> {
    let old = old.map_or(Some(0), parse_integer).ok_or(not_an_integer)?;
    old.checked_add(increment).ok_or(CommandError::OVERFLOW)
}

/// [`integer_sum`] for decimal numbers, as text.
pub(crate) fn float_sum(
    old: Option<&[u8]>,
    increment: Extended,
    not_a_float: CommandError,
) -> Result<String, CommandError> {
    let old = old.map_or(Some(Extended::ZERO), Extended::parse).ok_or(not_a_float)?;
    let sum = old.plus(increment);
    if sum.is_finite() { Ok(sum.text()) } else { Err(INFINITE_SUM) }
}
