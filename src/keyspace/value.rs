//! What a key can hold: a string or a hash.

use super::bytes::Text;
use super::hash::FieldMap;
use std::sync::Arc;

/// The value of an entry.
#[derive(Debug, Clone)]
pub enum Value {
    /// Any bytes, up to 512 MiB.
    String(Text),
    /// Fields with values, in the order of their insertion.
    ///
    /// Counted, so that an image of the data can share them; alone, one changes them in place.
    Hash(Arc<FieldMap>),
}

impl Value {
    /// A string value with a copy of `bytes`.
    pub fn string(bytes: &[u8]) -> Value {
        Value::String(Text::new(bytes))
    }

    /// What TYPE answers.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::String(_) => "string",
            Value::Hash(_) => "hash",
        }
    }

    /// Bytes on the heap beside the entry itself.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Value::String(text) => text.heap_bytes(),
            Value::Hash(fields) => fields.heap_bytes(),
        }
    }

    /// What a command reads first, on the heap if that is where it is: a byte or a count. It is
    /// asked for only to have its place in memory fetched.
    pub fn glance(&self) -> usize {
        match self {
            Value::String(text) => text.first().map_or(0, |byte| usize::from(*byte)),
            Value::Hash(fields) => fields.len(),
        }
    }

    /// Whether dropping it does work worth doing outside the lock.
    pub fn is_heavy(&self) -> bool {
        !matches!(self, Value::String(Text::Inline { .. }))
    }
}

/// One entry of a database.
#[derive(Debug)]
pub struct Entry {
    /// What the key holds.
    pub value: Value,
    /// Unix milliseconds from which on the key does not exist any more, 0 is never; and in the
    /// highest bit the mark of [`super::image`]. One word keeps the entry within its allocator
    /// size class.
    deadline_and_mark: u64,
    /// When it was last used: see [`super::Age`].
    pub(super) used_at: super::Age,
}

impl Entry {
    const MARK: u64 = 1 << 63;

    /// An entry that is used at `age`.
    pub(super) fn new(value: Value, expires_at_ms: Option<u64>, age: super::Age) -> Entry {
        let mut entry = Entry { value, deadline_and_mark: 0, used_at: age };
        entry.set_expires_at_ms(expires_at_ms);
        entry
    }

    /// Takes all that there is, and leaves an empty string.
    pub(super) fn take(&mut self) -> Entry {
        let empty = Entry::new(Value::string(b""), None, super::Age(0));
        std::mem::replace(self, empty)
    }

    /// Unix milliseconds of the deadline, if there is one.
    pub fn expires_at_ms(&self) -> Option<u64> {
        let deadline = self.deadline_and_mark & !Entry::MARK;
        (deadline != 0).then_some(deadline)
    }

    /// Sets the deadline; one that is beyond all time is as good as the last moment.
    pub(super) fn set_expires_at_ms(&mut self, expires_at_ms: Option<u64>) {
        let deadline = expires_at_ms.unwrap_or(0).min(!Entry::MARK);
        self.deadline_and_mark = self.deadline_and_mark & Entry::MARK | deadline;
    }

    /// Whether there is a deadline.
    pub fn is_volatile(&self) -> bool {
        self.deadline_and_mark & !Entry::MARK != 0
    }

    /// Whether the deadline has been reached at `now_ms`.
    pub fn is_expired(&self, now_ms: u64) -> bool {
        let deadline = self.deadline_and_mark & !Entry::MARK;
        deadline != 0 && deadline <= now_ms
    }

    /// See [`super::image`].
    pub(super) fn mark(&self) -> bool {
        self.deadline_and_mark & Entry::MARK != 0
    }

    pub(super) fn set_mark(&mut self, mark: bool) {
        self.deadline_and_mark =
            self.deadline_and_mark & !Entry::MARK | if mark { Entry::MARK } else { 0 };
    }

    /// Milliseconds since the last use.
    pub fn idle_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.used_at.unix_ms())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a value stays as small as a string's place.
    #[test]
    fn a_value_takes_five_words() {
        assert_eq!(size_of::<Value>(), 40);
    }
}
