//! The bounds of ranges by score and by bytes, as in ZRANGE … BYSCORE and BYLEX.
//!
//! A range by score or by bytes is turned into a range of ranks, so counting, listing, reversing
//! and removing are the same for all three kinds.

use crate::keyspace::types::score;

/// One end of a range of scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreBound {
    /// The score itself; may be infinite.
    pub score: f64,
    /// Whether members with that score are outside.
    pub is_exclusive: bool,
}

impl ScoreBound {
    /// Reads `1.5`, `(1.5`, `-inf`, as Redis does.
    pub fn parse(text: &[u8]) -> Option<ScoreBound> {
        let (is_exclusive, number) = match text {
            [b'(', number @ ..] => (true, number),
            number => (false, number),
        };
        Some(ScoreBound { score: score::parse_bound(number)?, is_exclusive })
    }

    /// Whether `score` is below a range that begins here.
    pub(super) fn is_above(self, score: f64) -> bool {
        if self.is_exclusive { score <= self.score } else { score < self.score }
    }

    /// Whether `score` is not above a range that ends here.
    pub(super) fn reaches(self, score: f64) -> bool {
        if self.is_exclusive { score < self.score } else { score <= self.score }
    }
}

/// One end of a range of byte strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexBound<'a> {
    /// `-`: before every member.
    Least,
    /// `+`: after every member.
    Most,
    /// `[bytes`: the bytes themselves are inside.
    Inclusive(&'a [u8]),
    /// `(bytes`: the bytes themselves are outside.
    Exclusive(&'a [u8]),
}

impl<'a> LexBound<'a> {
    /// Reads `-`, `+`, `[bytes`, `(bytes`.
    pub fn parse(text: &'a [u8]) -> Option<LexBound<'a>> {
        match text {
            b"-" => Some(LexBound::Least),
            b"+" => Some(LexBound::Most),
            [b'[', bytes @ ..] => Some(LexBound::Inclusive(bytes)),
            [b'(', bytes @ ..] => Some(LexBound::Exclusive(bytes)),
            _ => None,
        }
    }

    /// Whether `member` is below a range that begins here.
    pub(super) fn is_above(self, member: &[u8]) -> bool {
        match self {
            LexBound::Least => false,
            LexBound::Most => true,
            LexBound::Inclusive(bytes) => member < bytes,
            LexBound::Exclusive(bytes) => member <= bytes,
        }
    }

    /// Whether `member` is not above a range that ends here.
    pub(super) fn reaches(self, member: &[u8]) -> bool {
        match self {
            LexBound::Least => false,
            LexBound::Most => true,
            LexBound::Inclusive(bytes) => member <= bytes,
            LexBound::Exclusive(bytes) => member < bytes,
        }
    }
}
