//! An element of a packed block: bytes, or an integer that stands for its digits.
//!
//! Ziplists, listpacks and intsets store a string of digits as the integer it spells. The element
//! keeps that form until its bytes are needed, so that a walk over a block allocates nothing.

use itoa::Buffer;

/// One element, borrowed from its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed<'a> {
    /// The bytes themselves.
    Text(&'a [u8]),
    /// The string is this number's digits.
    Integer(i64),
}

impl<'a> Packed<'a> {
    /// The element's bytes; `digits` holds them if they had to be made.
    pub fn bytes<'b>(self, digits: &'b mut Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Packed::Text(text) => text,
            Packed::Integer(number) => digits.format(number).as_bytes(),
        }
    }

    /// The element as an integer, if it is stored as one.
    pub fn integer(self) -> Option<i64> {
        match self {
            Packed::Text(_) => None,
            Packed::Integer(number) => Some(number),
        }
    }

    /// The element as the score of a sorted set; not a number is none.
    pub fn score(self) -> Option<f64> {
        match self {
            Packed::Text(text) => score(text),
            Packed::Integer(number) => Some(number as f64),
        }
    }
}

/// A walk over the elements of a block. Not an `Iterator`: every step can fail.
pub trait Walk<'a> {
    /// The next element, or none at the end.
    ///
    /// # Errors
    /// What is wrong with the block.
    fn step(&mut self) -> Result<Option<Packed<'a>>, &'static str>;

    /// The next element, which has to be there.
    ///
    /// # Errors
    /// What is wrong with the block, or that it ends.
    fn expect(&mut self) -> Result<Packed<'a>, &'static str> {
        self.step()?.ok_or("a packed block ends early")
    }

    /// The next element, which has to be an integer.
    ///
    /// # Errors
    /// What is wrong with the block, or that it ends, or has a text here.
    fn integer(&mut self) -> Result<i64, &'static str> {
        self.expect()?.integer().ok_or("a packed block has a text where an integer belongs")
    }
}

/// The score that a text spells; not a number is none.
pub fn score(text: &[u8]) -> Option<f64> {
    let score: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (!score.is_nan()).then_some(score)
}

/// Splits `len` bytes off the front of what is left of a block.
pub(super) fn split<'a>(rest: &mut &'a [u8], len: usize) -> Result<&'a [u8], &'static str> {
    let (front, behind) = rest.split_at_checked(len).ok_or("an element reaches past the block")?;
    *rest = behind;
    Ok(front)
}

/// Splits an array off the front of what is left of a block.
pub(super) fn array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], &'static str> {
    let (front, behind) = rest.split_first_chunk().ok_or("an element reaches past the block")?;
    *rest = behind;
    Ok(*front)
}

/// The signed little-endian integer of up to eight bytes.
pub(super) fn signed(bytes: &[u8]) -> i64 {
    let mut wide = [0; 8];
    wide[8 - bytes.len()..].copy_from_slice(bytes);
    // The bytes are the highest ones: the shift brings them down and spreads the sign.
    i64::from_le_bytes(wide) >> (64 - 8 * bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that integers of every width keep their sign.
    #[test]
    fn integers_keep_their_sign() {
        assert_eq!(signed(&[0xff]), -1);
        assert_eq!(signed(&[0x00, 0x80]), -32_768);
        assert_eq!(signed(&[0xff, 0xff, 0x7f]), 8_388_607);
        assert_eq!(signed(&i64::MIN.to_le_bytes()), i64::MIN);
    }

    /// Ensures that a text is a score only if it is a number.
    #[test]
    fn a_score_is_a_number() {
        assert_eq!(score(b"1.5"), Some(1.5));
        assert_eq!(score(b"-inf"), Some(f64::NEG_INFINITY));
        assert_eq!(score(b"1e3"), Some(1000.0));
        assert!(score(b"nan").is_none() && score(b"").is_none() && score(b"1x").is_none());
        assert_eq!(Packed::Integer(-7).score(), Some(-7.0));
    }
}
