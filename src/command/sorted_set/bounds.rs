//! Ranges of a sorted set: by rank, by score or by bytes, and the part of them that is wanted.

use super::{NOT_A_RANGE_OF_SCORES, SortedSet};
use crate::command::engine::CommandError;
use crate::keyspace::types::sorted_set::{LexBound, ScoreBound};
use crate::resp::parse_integer;
use std::ops::Range;

/// What the two bounds of a range are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Rank,
    Score,
    Lex,
}

/// Two bounds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bounds<'a> {
    /// First and last rank; negative ones count from the end.
    Rank(i64, i64),
    Score(ScoreBound, ScoreBound),
    Lex(LexBound<'a>, LexBound<'a>),
}

impl<'a> Bounds<'a> {
    /// Reads the lower bound and the upper one.
    pub fn parse(by: By, min: &'a [u8], max: &'a [u8]) -> Result<Bounds<'a>, CommandError> {
        const NOT_BYTES: CommandError =
            CommandError::new("ERR min or max not valid string range item");
        match by {
            By::Rank => {
                let rank = |text| parse_integer(text).ok_or(CommandError::NOT_AN_INTEGER);
                Ok(Bounds::Rank(rank(min)?, rank(max)?))
            }
            By::Score => {
                let bound = |text| ScoreBound::parse(text).ok_or(NOT_A_RANGE_OF_SCORES);
                Ok(Bounds::Score(bound(min)?, bound(max)?))
            }
            By::Lex => {
                let bound = |text| LexBound::parse(text).ok_or(NOT_BYTES);
                Ok(Bounds::Lex(bound(min)?, bound(max)?))
            }
        }
    }

    /// The ranks between the bounds. In `reverse`, ranks are counted from the highest score on.
    pub fn ranks(self, set: &SortedSet, reverse: bool) -> Range<usize> {
        match self {
            Bounds::Rank(start, stop) => {
                let len = set.len();
                let range = rank_range(start, stop, len);
                if reverse { len - range.end..len - range.start } else { range }
            }
            Bounds::Score(min, max) => set.score_range(min, max),
            Bounds::Lex(min, max) => set.lex_range(min, max),
        }
    }
}

/// The ranks from `start` to `stop`, both included; empty ranges lie within the set as well.
fn rank_range(start: i64, stop: i64, len: usize) -> Range<usize> {
    let place = |rank: i64| match usize::try_from(rank) {
        Ok(rank) => Some(rank),
        Err(_) => len.checked_sub(usize::try_from(rank.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    let start = place(start).unwrap_or(0);
    match place(stop) {
        Some(stop) if start <= stop && start < len => start..stop.saturating_add(1).min(len),
        _ => 0..0,
    }
}

/// LIMIT: how many members are passed over, and how many follow at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub offset: i64,
    /// All if it is negative.
    pub count: i64,
}

impl Limit {
    /// No limit.
    pub const NONE: Limit = Limit { offset: 0, count: -1 };

    /// The part of `ranks` that is within the limit, counted from the end in `reverse`.
    pub fn of(self, ranks: Range<usize>, reverse: bool) -> Range<usize> {
        // Redis passes members until the count is zero: a negative one passes all.
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX).min(ranks.len());
        let count = usize::try_from(self.count).unwrap_or(usize::MAX).min(ranks.len() - offset);
        match reverse {
            false => ranks.start + offset..ranks.start + offset + count,
            true => ranks.end - offset - count..ranks.end - offset,
        }
    }
}
