//! Error replies, counted by their first word, which clients treat as the kind of the error.
//!
//! Every first word is respool's own; bytes from a client are only quoted after it. So the list is
//! fixed, and a flood of errors needs neither memory nor a lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The first words of all error replies, in alphabetical order.
const KINDS: [&str; 16] = [
    "BUSYKEY",
    "ERR",
    "EXECABORT",
    "IOERR",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "NOAUTH",
    "NOPERM",
    "NOPROTO",
    "NOREPLICAS",
    "OOM",
    "READONLY",
    "UNBLOCKED",
    "WRONGPASS",
    "WRONGTYPE",
];

/// Number of error replies of each kind.
#[derive(Debug, Default)]
pub struct Errors {
    counts: [AtomicU64; KINDS.len()],
}

impl Errors {
    /// Counts an error reply with this text.
    pub fn add(&self, text: &[u8]) {
        let word = text.split(|byte| *byte == b' ').next().unwrap_or(text);
        let kind = KINDS.iter().position(|kind| kind.as_bytes() == word);
        debug_assert!(kind.is_some(), "{} is not in the list of kinds", word.escape_ascii());
        if let Some(kind) = kind {
            self.counts[kind].fetch_add(1, Relaxed);
        }
    }

    /// Every kind that occurred, and how often.
    pub fn list(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.counts.iter().map(|count| count.load(Relaxed));
        KINDS.into_iter().zip(counts).filter(|(_, count)| *count > 0)
    }

    /// Error replies of all kinds.
    pub fn total(&self) -> u64 {
        self.list().map(|(_, count)| count).sum()
    }

    /// Resets all counters.
    pub fn reset(&self) {
        self.counts.iter().for_each(|count| count.store(0, Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that errors are distinguished by their first word only.
    #[test]
    fn first_words_are_counted() {
        let errors = Errors::default();
        for text in ["ERR syntax error", "ERR unknown command 'a b'", "WRONGTYPE x", "OOM"] {
            errors.add(text.as_bytes());
        }
        let found: Vec<_> = errors.list().collect();
        assert_eq!(found, [("ERR", 2), ("OOM", 1), ("WRONGTYPE", 1)]);
        assert_eq!(errors.total(), 4);
        errors.reset();
        assert_eq!(errors.total(), 0);
    }

    /// Ensures that the list is in order and contains no word twice.
    #[test]
    fn kinds_are_in_order() {
        assert!(KINDS.is_sorted_by(|a, b| a < b));
    }
}
