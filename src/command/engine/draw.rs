//! Drawing by lot, as HRANDFIELD and SRANDMEMBER do: so many places below a length.
//!
//! A count that is not negative asks for different elements, and gets all of them if there are
//! no more. A negative one asks for exactly so many, of which some may be the same.

use crate::command::engine::CommandError;
use crate::command::engine::arguments::integer;
use crate::limits;
use indexmap::IndexSet;

/// The count is beyond all bounds.
pub(crate) const OUT_OF_RANGE: CommandError = CommandError::new("ERR value is out of range");

/// The count that `text` gives: any integer that has an absolute value.
pub(crate) fn draw_count(text: &[u8]) -> Result<i64, CommandError> {
    match integer(text)? {
        i64::MIN => Err(CommandError::new(
            "ERR value is out of range, value must between -9223372036854775807 and \
             9223372036854775807",
        )),
        count => Ok(count),
    }
}

/// What a count asks for.
pub(crate) enum Drawn {
    /// All elements, in their order.
    All,
    /// The elements at these places.
    Places(Vec<usize>),
}

/// Draws from `len` elements, which are at least one.
///
/// # Errors
/// The count asks for a reply that nobody can hold.
pub(crate) fn draw(len: usize, count: i64) -> Result<Drawn, CommandError> {
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count < 0 {
        if wanted > limits::DRAWN_FIELDS_MAX {
            return Err(OUT_OF_RANGE);
        }
        return Ok(Drawn::Places((0..wanted).map(|_| fastrand::usize(..len)).collect()));
    }
    if wanted >= len {
        return Ok(Drawn::All);
    }
    if wanted > len / 2 {
        let mut places: Vec<usize> = (0..len).collect();
        fastrand::shuffle(&mut places);
        places.truncate(wanted);
        return Ok(Drawn::Places(places));
    }
    // At least every other draw is a new place.
    let mut places = IndexSet::with_capacity(wanted);
    while places.len() < wanted {
        places.insert(fastrand::usize(..len));
    }
    Ok(Drawn::Places(places.into_iter().collect()))
}
