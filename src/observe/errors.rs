//! Error replies, counted by their first word, which clients treat as the kind of the error.
//!
//! The first words of our own errors are a fixed list, so a flood of errors needs neither memory
//! nor a lock. A script may answer with any word: those are kept apart, and only so many.

use crate::limits;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The first words of all error replies, in alphabetical order.
const KINDS: [&str; 20] = [
    "BUSY",
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
    "NOSCRIPT",
    "NOTBUSY",
    "OOM",
    "READONLY",
    "UNBLOCKED",
    "UNKILLABLE",
    "WRONGPASS",
    "WRONGTYPE",
];

/// Number of error replies of each kind.
#[derive(Debug, Default)]
pub struct Errors {
    counts: [AtomicU64; KINDS.len()],
    /// Words that scripts have made up.
    others: Mutex<BTreeMap<String, u64>>,
}

impl Errors {
    /// Counts an error reply with this text.
    pub fn add(&self, text: &[u8]) {
        let word = text.split(|byte| *byte == b' ').next().unwrap_or(text);
        match KINDS.iter().position(|kind| kind.as_bytes() == word) {
            Some(kind) => drop(self.counts[kind].fetch_add(1, Relaxed)),
            None => self.add_other(word),
        }
    }

    fn add_other(&self, word: &[u8]) {
        let word = String::from_utf8_lossy(&word[..word.len().min(limits::ERROR_KIND_BYTES_MAX)]);
        let mut others = self.others.lock();
        if others.len() < limits::ERROR_KINDS_MAX || others.contains_key(&*word) {
            *others.entry(word.into_owned()).or_default() += 1;
        }
    }

    /// Every kind that occurred, and how often.
    pub fn list(&self) -> Vec<(String, u64)> {
        let counts = self.counts.iter().map(|count| count.load(Relaxed));
        let own = KINDS.into_iter().map(str::to_owned).zip(counts);
        let mut all: Vec<(String, u64)> = own.filter(|(_, count)| *count > 0).collect();
        all.extend(self.others.lock().iter().map(|(word, count)| (word.clone(), *count)));
        all
    }

    /// Error replies of all kinds.
    pub fn total(&self) -> u64 {
        self.list().iter().map(|(_, count)| *count).sum()
    }

    /// Resets all counters.
    pub fn reset(&self) {
        self.counts.iter().for_each(|count| count.store(0, Relaxed));
        self.others.lock().clear();
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
        let expected = [("ERR", 2), ("OOM", 1), ("WRONGTYPE", 1)];
        assert_eq!(errors.list(), expected.map(|(word, count)| (word.to_owned(), count)));
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
