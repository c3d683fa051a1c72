//! Additions to the log of changes that the requests themselves do not contain.
//!
//! The replay of a log must produce the same data at another time. So every removal that no command
//! asked for is recorded here, and a handler whose request would have another meaning later (*in
//! ten seconds*, *if it equals*) records what to log instead. The holder of the keyspace lock
//! empties the propagation after every command; while there is no log, nothing is recorded.

use crate::keyspace::Key;

/// A removal that no command asked for.
pub struct Removal {
    /// The database.
    pub db: usize,
    /// The key.
    pub key: Key,
    /// The fields that were removed from the hash; none if the key was removed.
    pub fields: Vec<Key>,
}

/// Removals and replacements to be logged, in the order of execution.
#[derive(Default)]
pub struct Propagation {
    is_on: bool,
    removed: Vec<Removal>,
    /// The words of all replacements, one after the other.
    words: Vec<Key>,
    /// The end of each replacement in `words`.
    ends: Vec<usize>,
}

impl Propagation {
    /// Begins or stops recording.
    pub fn turn(&mut self, on: bool) {
        *self = Propagation { is_on: on, ..Propagation::default() };
    }

    /// Whether removals and replacements are recorded.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Records the removal of a key that no command asked for, or of fields of its hash.
    pub(crate) fn add_removal(&mut self, db: usize, key: &[u8], fields: Vec<Key>) {
        if self.is_on {
            self.removed.push(Removal { db, key: Key::new(key), fields });
        }
    }

    /// Notes a request to be logged in the place of the one that is being executed. Several
    /// replace it together.
    pub fn replace_request<Words: IntoIterator<Item = Key>>(
        &mut self,
        words: impl FnOnce() -> Words,
    ) {
        if self.is_on {
            self.words.extend(words());
            self.ends.push(self.words.len());
        }
    }

    /// Whether there are removals to be logged.
    pub fn has_removals(&self) -> bool {
        !self.removed.is_empty()
    }

    /// Takes the removals.
    pub fn take_removals(&mut self) -> impl Iterator<Item = Removal> {
        self.removed.drain(..)
    }

    /// Whether the executed request is replaced in the log.
    pub fn has_replacement(&self) -> bool {
        !self.ends.is_empty()
    }

    /// The replacements, each as its words.
    pub fn replacements(&self) -> impl Iterator<Item = &[Key]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.words[start..*end])
    }

    /// Clears the replacements, for the next command.
    pub fn forget_replacements(&mut self) {
        self.words.clear();
        self.ends.clear();
    }
}
