//! Building a value from the pieces that a reader passes on.
//!
//! A count that the input announces is never used: memory grows with the elements that arrive.
//! Only the whole value can show that a member is there twice, so this is where that is refused.
//!
//! A field of a hash that has expired is left out. How a stream is built stands in
//! `decode_stream.rs`.

use crate::keyspace::types::Encodings;
use crate::keyspace::{Hash, List, Set, SortedSet, Stream, Text, Value};
use crate::limits;
use crate::rdb::piece::{Kind, Piece, Refusal, Sink};
use crate::snapshot::decode_stream::{self, Place};

/// The builder of one value.
#[derive(Debug)]
pub struct Builder {
    value: Option<Value>,
    encodings: Encodings,
    now_ms: u64,
    /// What the next piece of a stream belongs to.
    place: Place,
}

impl Builder {
    /// Begins a value. Fields whose deadlines are not later than `now_ms` are left out: none if
    /// that is 0, for the replay of a log.
    pub fn new(encodings: Encodings, now_ms: u64) -> Builder {
        Builder { value: None, encodings, now_ms, place: Place::default() }
    }

    /// The value that arrived; none if nothing did, or if all its fields had expired.
    pub fn into_value(self) -> Option<Value> {
        self.value.filter(|value| match value {
            Value::Hash(hash) => !hash.is_empty(),
            _ => true,
        })
    }
}

impl Sink for Builder {
    fn begin(&mut self, kind: Kind, _announced: u64) {
        self.place = Place::default();
        self.value = match kind {
            Kind::String => None,
            Kind::Stream => Some(Value::Stream(Stream::new())),
            Kind::List => Some(Value::List(List::new())),
            Kind::Set => Some(Value::Set(Set::new())),
            Kind::SortedSet => Some(Value::SortedSet(SortedSet::new())),
            Kind::Hash => Some(Value::Hash(Hash::new())),
        };
    }

    fn take(&mut self, piece: Piece<'_>) -> Result<(), Refusal> {
        if let Piece::Field { expires_at_ms: Some(moment_ms), .. } = piece
            && moment_ms <= self.now_ms
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
            (Some(Value::Set(set)), Piece::Member(text)) => set.add(&text[..], encodings.set),
            (Some(Value::SortedSet(set)), Piece::Scored(member, score)) => {
                set.insert(&member, score, encodings.sorted_set).is_none()
            }
            (Some(Value::Hash(hash)), Piece::Field { field, value, expires_at_ms }) => {
                let is_new = hash.set(&field, &value, encodings.hash);
                if let Some(moment_ms) = expires_at_ms {
                    let moment_ms = moment_ms.min(limits::FIELD_DEADLINE_MS_MAX);
                    hash.set_deadline_ms(&field, Some(moment_ms));
                }
                is_new
            }
            (Some(Value::Stream(stream)), piece) => {
                decode_stream::take(stream, piece, &mut self.place)
            }
            _ => return Err(Refusal::Stop("a piece of another type".into())),
        };
        if is_new { Ok(()) } else { Err(Refusal::Duplicate) }
    }
}
