//! The id of an entry: a moment and a number within it.

use std::fmt;

/// The id of an entry. The order of ids is the order of the stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// Unix milliseconds, or what the client says instead.
    pub ms: u64,
    /// Counts the entries of the same millisecond.
    pub sequence: u64,
}

impl Id {
    /// No entry has this id, and every id is higher.
    pub const ZERO: Id = Id::new(0, 0);
    /// No id is higher.
    pub const MAX: Id = Id::new(u64::MAX, u64::MAX);

    /// The id of these two numbers.
    pub const fn new(ms: u64, sequence: u64) -> Id {
        Id { ms, sequence }
    }

    /// The next higher id, if there is one.
    pub fn next(self) -> Option<Id> {
        match self.sequence.checked_add(1) {
            Some(sequence) => Some(Id { sequence, ..self }),
            None => Some(Id::new(self.ms.checked_add(1)?, 0)),
        }
    }

    /// The next lower id, if there is one.
    pub fn previous(self) -> Option<Id> {
        match self.sequence.checked_sub(1) {
            Some(sequence) => Some(Id { sequence, ..self }),
            None => Some(Id::new(self.ms.checked_sub(1)?, u64::MAX)),
        }
    }

    /// Reads `ms-sequence`, or `ms` alone, which gets `sequence`.
    /// A null byte ends it, and so does a length that Redis does not accept.
    pub fn parse(text: &[u8], sequence: u64) -> Option<Id> {
        const BYTES_MAX: usize = 127;
        if text.len() > BYTES_MAX {
            return None;
        }
        let text = text.split(|byte| *byte == 0).next()?;
        match text.iter().position(|byte| *byte == b'-') {
            None => Some(Id::new(number(text)?, sequence)),
            Some(at) => Some(Id::new(number(&text[..at])?, number(&text[at + 1..])?)),
        }
    }

    /// The sixteen bytes of the id, which sort as the id does.
    pub fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.ms) << 64 | u128::from(self.sequence)).to_be_bytes()
    }

    /// The id as text: `ms-sequence`.
    pub fn text(self, buffer: &mut IdText) -> &[u8] {
        let mut len = 0;
        let mut put = |bytes: &[u8]| {
            buffer[len..len + bytes.len()].copy_from_slice(bytes);
            len += bytes.len();
        };
        put(itoa::Buffer::new().format(self.ms).as_bytes());
        put(b"-");
        put(itoa::Buffer::new().format(self.sequence).as_bytes());
        &buffer[..len]
    }
}

/// Memory for an id as text: two numbers of twenty digits.
pub type IdText = [u8; 41];

/// Empty memory for an id as text.
pub const ID_TEXT: IdText = [0; 41];

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.sequence)
    }
}

/// A number of 64 bits without a sign, as C's `strtoull` reads it, because Redis does: behind
/// spaces and a sign, and a negative one wraps around. The first part of an id cannot be negative,
/// and the second part not without a space.
fn number(text: &[u8]) -> Option<u64> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let begin = text.iter().position(|byte| !is_space(byte))?;
    let (is_negative, digits) = match &text[begin..] {
        [b'-', ..] if begin == 0 => return None,
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(if is_negative { number.wrapping_neg() } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that ids are read as Redis reads them, and written in their one form.
    #[test]
    fn ids_are_read_and_written() {
        let read = |text: &str| Id::parse(text.as_bytes(), 7).map(|id| id.to_string());
        let cases = [("1-2", "1-2"), ("5", "5-7"), ("01-02", "1-2"), (" +1-1", "1-1")];
        for (text, id) in cases {
            assert_eq!(read(text).as_deref(), Some(id));
        }
        assert_eq!(read("1- -5").as_deref(), Some("1-18446744073709551611"));
        let last = "18446744073709551615-18446744073709551615";
        assert_eq!(read(last).as_deref(), Some(last));
        for bad in ["", "-", "+", "1-", "-1", "1--1", "1-1-1", "x", "1-x", "18446744073709551616"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(Id::parse(b"1-1\0 what follows", 0), Some(Id::new(1, 1)), "a string of C");
        assert_eq!(Id::parse(&[b'0'; 128], 0), None, "too long");
    }

    /// Ensures that ids have neighbours up to both ends.
    #[test]
    fn ids_have_neighbours() {
        assert_eq!(Id::new(1, u64::MAX).next(), Some(Id::new(2, 0)));
        assert_eq!(Id::new(2, 0).previous(), Some(Id::new(1, u64::MAX)));
        assert_eq!((Id::MAX.next(), Id::ZERO.previous()), (None, None));
        assert!(Id::new(1, 9).to_bytes() < Id::new(2, 0).to_bytes());
    }
}
