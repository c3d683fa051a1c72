//! When a snapshot is written by itself: the points of `save`.

use super::words::integer;

/// A snapshot is due this long after the last one if there were this many changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavePoint {
    /// Seconds since the last snapshot.
    pub seconds: u64,
    /// Changes since the last snapshot.
    pub changes: u64,
}

impl SavePoint {
    /// Reads pairs of seconds and changes.
    ///
    /// # Errors
    /// In Redis's words.
    pub fn of_words(words: &[&[u8]]) -> Result<Vec<SavePoint>, String> {
        let point = |pair: &[&[u8]]| {
            // No digits at all are a zero, as for C's `strtoll`.
            let zero = |word: &[u8]| word.is_empty().then_some(0);
            let number = |at: usize, min: i64| {
                let word = pair.get(at)?;
                integer(word).or(zero(word)).filter(|number| *number >= min)
            };
            let (seconds, changes) = (number(0, 1)?, number(1, 0)?);
            let (seconds, changes) = (seconds.unsigned_abs(), changes.unsigned_abs());
            Some(SavePoint { seconds, changes })
        };
        let points: Option<Vec<SavePoint>> = words.chunks(2).map(point).collect();
        points.ok_or_else(|| "Invalid save parameters".to_owned())
    }
}
