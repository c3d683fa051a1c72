//! Building a value from the pieces that a reader passes on.
//!
//! A count that the input announces is never used: memory grows with the elements that arrive.
//! Only the whole value can show that a member is there twice, so this is where that is refused.
//!
//! Streams and fields of a hash with a deadline do not exist in the keyspace. A stream is refused
//! by name. An expired field is left out; another one either is refused or loses its deadline,
//! which the caller decides and can count.

use crate::keyspace::types::Encodings;
use crate::keyspace::{Hash, List, Set, SortedSet, Text, Value};
use crate::rdb::piece::{Kind, Piece, Refusal, Sink};

/// The builder of one value.
#[derive(Debug)]
pub struct Builder {
    value: Option<Value>,
    encodings: Encodings,
    now_ms: u64,
    keeps_fields: bool,
    /// Fields that lost their deadline.
    pub fields_kept: u64,
}

impl Builder {
    /// Begins a value. `keeps_fields` says whether fields with a deadline are kept without it
    /// instead of being refused.
    pub fn new(encodings: Encodings, now_ms: u64, keeps_fields: bool) -> Builder {
        Builder { value: None, encodings, now_ms, keeps_fields, fields_kept: 0 }
    }

    /// The value that arrived; none if nothing did, or if all its fields had expired.
    pub fn into_value(self) -> Option<Value> {
        self.value.filter(|value| match value {
            Value::Hash(hash) => !hash.is_empty(),
            _ => true,
        })
    }

    /// Whether a field is to be stored.
    fn admits(&mut self, expires_at_ms: Option<u64>) -> Result<bool, Refusal> {
        match expires_at_ms {
            None => Ok(true),
            Some(moment_ms) if moment_ms <= self.now_ms => Ok(false),
            Some(_) if self.keeps_fields => {
                self.fields_kept += 1;
                Ok(true)
            }
            Some(_) => Err(Refusal::Stop("a field that expires, not supported".into())),
        }
    }
}

impl Sink for Builder {
    fn begin(&mut self, kind: Kind, _announced: u64) {
        self.value = match kind {
            Kind::String | Kind::Stream => None,
            Kind::List => Some(Value::List(List::new())),
            Kind::Set => Some(Value::Set(Set::new())),
            Kind::SortedSet => Some(Value::SortedSet(SortedSet::new())),
            Kind::Hash => Some(Value::Hash(Hash::new())),
        };
    }

    fn take(&mut self, piece: Piece<'_>) -> Result<(), Refusal> {
        if let Piece::Field { expires_at_ms, .. } = piece
            && !self.admits(expires_at_ms)?
        {
            return Ok(());
        }
        let encodings = self.encodings;
        let is_new = match (&mut self.value, piece) {
            (value @ None, Piece::String(text)) => {
                *value = Some(Value::String(Text::new(&text)));
                true
            }
            (Some(Value::List(list)), Piece::Element(text)) => {
                list.will_grow(encodings.list_listpack_size, text.len(), 1);
                list.push_back(&*text);
                true
            }
            (Some(Value::Set(set)), Piece::Member(text)) => set.add(&text, encodings.set),
            (Some(Value::SortedSet(set)), Piece::Scored(member, score)) => {
                set.insert(&member, score, encodings.sorted_set).is_none()
            }
            (Some(Value::Hash(hash)), Piece::Field { field, value, .. }) => {
                hash.set(&field, &value, encodings.hash)
            }
            _ => return Err(Refusal::Stop("a stream, not supported".into())),
        };
        if is_new { Ok(()) } else { Err(Refusal::Duplicate) }
    }
}
