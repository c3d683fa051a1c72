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
    /// asked for only to have its place in memory prefetched.
    pub fn prefetch_word(&self) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a value stays as small as a string's place.
    #[test]
    fn a_value_takes_five_words() {
        assert_eq!(size_of::<Value>(), 40);
    }
}
