//! What a log of changes has to know that requests do not say.
//!
//! A log that is replayed must lead to the same data at another time. So whoever removes a key
//! unasked notes it here, and a handler whose request would mean something else later (*in ten
//! seconds*, *if it equals*) says here what to log in its place. The holder of the keyspace lock
//! empties the propagation after every command; while nobody keeps a log, nothing is noted.

use crate::keyspace::Key;

/// Notes for the log, in the order in which things happened.
#[derive(Default)]
pub struct Propagation {
    is_on: bool,
    removed: Vec<(usize, Key)>,
    /// The words of all replacements, one behind the other.
    words: Vec<Key>,
    /// Where each replacement ends in `words`.
    ends: Vec<usize>,
}

impl Propagation {
    /// Begins or ceases to take notes.
    pub fn turn(&mut self, on: bool) {
        *self = Propagation { is_on: on, ..Propagation::default() };
    }

    /// Whether notes are taken.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Notes that a key was removed although no command asked for it.
    pub(crate) fn add_removal(&mut self, db: usize, key: &[u8]) {
        if self.is_on {
            self.removed.push((db, Key::new(key)));
        }
    }

    /// Notes a request to be logged in the place of the one that is being executed. Several
    /// replace it together.
    pub fn replace_request<const WORDS: usize>(&mut self, words: impl FnOnce() -> [Key; WORDS]) {
        if self.is_on {
            self.words.extend(words());
            self.ends.push(self.words.len());
        }
    }

    /// Whether there are removals to be logged.
    pub fn has_removals(&self) -> bool {
        !self.removed.is_empty()
    }

    /// Takes the removals: databases and keys.
    pub fn take_removals(&mut self) -> impl Iterator<Item = (usize, Key)> {
        self.removed.drain(..)
    }

    /// Whether the request that was executed is not to be logged as it is.
    pub fn has_replacement(&self) -> bool {
        !self.ends.is_empty()
    }

    /// The replacements, each as its words.
    pub fn replacements(&self) -> impl Iterator<Item = &[Key]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.words[start..*end])
    }

    /// Forgets the replacements; the next command begins anew.
    pub fn forget_replacements(&mut self) {
        self.words.clear();
        self.ends.clear();
    }
}
