//! What a key can hold: a value of one of several types.
//!
//! Everything that is known about a type stands in its own file, as a [`ValueType`]. This is the
//! list of all types. No other file matches on [`Value`], but for `snapshot/decode.rs`, since
//! snapshots and values do not know each other. To add a type, write its file and its part of a
//! snapshot, and name it here.

use crate::keyspace::bytes::{Key, Text};
use crate::keyspace::types;
use crate::keyspace::value_type::{Rebuild, ValueType};

/// A type of value as it is stored in an entry.
pub trait Stored: ValueType {
    /// The value as this type, if it is of this type.
    fn of(value: &Value) -> Option<&Self>;

    /// The same to be changed. The type copies what a snapshot shares first (copy-on-write).
    fn of_mut(value: &mut Value) -> Option<&mut Self>;

    /// The value as a [`Value`].
    fn wrap(self) -> Value;
}

/// Makes [`Value`] out of the list of types, and finds each type in its variant.
macro_rules! values {
    ($($variant:ident: $type:ty;)*) => {
        /// The value of an entry.
        #[derive(Debug, Clone)]
        pub enum Value {
            $(
                #[doc = concat!("A [`", stringify!($type), "`].")]
                $variant($type),
            )*
        }

        $(impl Stored for $type {
            fn of(value: &Value) -> Option<&Self> {
                match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                }
            }

            fn of_mut(value: &mut Value) -> Option<&mut Self> {
                match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                }
            }

            fn wrap(self) -> Value {
                Value::$variant(self)
            }
        })*

        /// Evaluates an expression with the value as what it is.
        macro_rules! each_type {
            ($value:expr, $inner:ident => $result:expr) => {
                match $value {
                    $(Value::$variant($inner) => $result,)*
                }
            };
        }
    };
}

values! {
    String: Text;
    Hash: types::Hash;
    Set: types::Set;
    List: types::List;
    SortedSet: types::SortedSet;
    Stream: types::Stream;
}

pub(crate) use each_type;

impl Value {
    /// A string value with a copy of `bytes`.
    pub fn string(bytes: &[u8]) -> Value {
        Value::String(Text::new(bytes))
    }

    /// The reply of TYPE.
    pub fn type_name(&self) -> &'static str {
        fn name<T: ValueType>(_: &T) -> &'static str {
            T::NAME
        }
        each_type!(self, inner => name(inner))
    }

    /// Bytes on the heap, in addition to the entry itself.
    pub fn heap_bytes(&self) -> usize {
        each_type!(self, inner => ValueType::heap_bytes(inner))
    }

    /// Redis's name for the encoding that it would choose.
    pub fn encoding(&self) -> &'static str {
        each_type!(self, inner => ValueType::encoding(inner))
    }

    /// See [`ValueType::rebuild`].
    pub fn rebuild(&self, key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild) {
        each_type!(self, inner => inner.rebuild(key, expires_at_ms, requests));
    }

    /// See [`ValueType::prefetch_word`].
    pub fn prefetch_word(&self) -> usize {
        each_type!(self, inner => inner.prefetch_word())
    }

    /// See [`ValueType::next_deadline_ms`].
    pub fn next_deadline_ms(&self) -> Option<u64> {
        each_type!(self, inner => inner.next_deadline_ms())
    }

    /// See [`ValueType::is_heavy`].
    pub fn is_heavy(&self) -> bool {
        each_type!(self, inner => inner.is_heavy())
    }

    /// Checks that the parts of the value agree, and that it is not empty.
    ///
    /// # Panics If they do not, or if it is.
    pub fn check_invariants(&self) {
        each_type!(self, inner => {
            assert!(!ValueType::is_empty(inner), "an empty {}", self.type_name());
            inner.check_invariants();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a value takes no more memory than a short string.
    #[test]
    fn a_value_takes_six_words() {
        assert_eq!(size_of::<Value>(), 48);
    }
}
