//! What a key can hold: a string or a hash.

use super::bytes::Text;
use super::hash::FieldMap;

/// The value of an entry.
#[derive(Debug, Clone)]
pub enum Value {
    /// Any bytes, up to 512 MiB.
    String(Text),
    /// Fields with values, in the order of their insertion.
    Hash(Box<FieldMap>),
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
    /// Unix milliseconds from which on the key does not exist any more; 0 is never.
    ///
    /// A zero instead of an `Option` keeps the entry within its allocator size class.
    pub(super) expires_at_ms: u64,
    /// When it was last used: see [`super::Age`].
    pub(super) used_at: super::Age,
}

impl Entry {
    /// Unix milliseconds of the deadline, if there is one.
    pub fn expires_at_ms(&self) -> Option<u64> {
        (self.expires_at_ms != 0).then_some(self.expires_at_ms)
    }

    /// Whether the deadline has been reached at `now_ms`.
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.expires_at_ms != 0 && self.expires_at_ms <= now_ms
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
