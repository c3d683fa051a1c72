//! Writing a value: what RDB calls its type, and then its elements one after the other.
//!
//! Nothing is gathered: a set of ten million members is written from where it is. The version is
//! the oldest that all supported servers read (see [`crate::rdb::write`]). Streams need that of
//! Redis 7.0, because an older one does not have their counters; only hashes with fields that
//! expire need Redis 7.4 or later.

use crate::keyspace::types::Element;
use crate::keyspace::types::stream::{Consumer, Group, Id};
use crate::keyspace::value::each_type;
use crate::keyspace::{Hash, List, Set, SortedSet, Stream, Text, Value};
use crate::rdb::payload;
use crate::rdb::piece::{StreamId, StreamState};
use crate::rdb::value_writer::{Head, ValueWriter};
use crate::rdb::write::Version;
use std::io::{self, Write};

/// A type of value that can be written.
pub trait Encode {
    /// The type and the number of elements.
    fn head(&self) -> Head;

    /// Writes as many elements as announced.
    ///
    /// # Errors
    /// The output cannot be written to.
    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()>;
}

/// The type and the number of elements of a value.
pub fn head(value: &Value) -> Head {
    each_type!(value, inner => inner.head())
}

/// Writes a whole value; `writer` was begun with its [`head`].
///
/// # Errors
/// The output cannot be written to.
pub fn write<W: Write>(value: &Value, mut writer: ValueWriter<'_, W>) -> io::Result<()> {
    each_type!(value, inner => inner.write(&mut writer)?);
    writer.end()
}

/// The payload of DUMP.
///
/// # Errors
/// The value cannot be expressed, which is true of no value of these types.
pub fn dump(value: &Value) -> io::Result<Vec<u8>> {
    // Only streams need more than the oldest version.
    let version = if matches!(value, Value::Stream(_)) { Version::Ten } else { Version::Nine };
    payload::dump(version, true, head(value), |writer| write(value, writer))
}

/// The bytes of an element.
fn text<'b>(element: &Element<'b>, digits: &'b mut itoa::Buffer) -> &'b [u8] {
    element.text(digits)
}

impl Encode for Text {
    fn head(&self) -> Head {
        Head::String
    }

    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()> {
        writer.string(self)
    }
}

impl Encode for Hash {
    fn head(&self) -> Head {
        let len = self.len() as u64;
        match self.next_deadline_ms() {
            Some(earliest_ms) => Head::ExpiringHash { len, earliest_ms },
            None => Head::Hash(len),
        }
    }

    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()> {
        for (field, value) in self.iter() {
            let (mut first, mut second) = (itoa::Buffer::new(), itoa::Buffer::new());
            let field = text(&field, &mut first);
            let expires_at_ms = self.deadline_ms(field);
            writer.field(field, text(&value, &mut second), expires_at_ms)?;
        }
        Ok(())
    }
}

impl Encode for Set {
    fn head(&self) -> Head {
        Head::Set(self.len() as u64)
    }

    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()> {
        self.iter().try_for_each(|member| writer.element(text(&member, &mut itoa::Buffer::new())))
    }
}

impl Encode for List {
    fn head(&self) -> Head {
        Head::List(self.len() as u64)
    }

    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()> {
        self.iter(0..self.len())
            .try_for_each(|element| writer.element(text(&element, &mut itoa::Buffer::new())))
    }
}

impl Encode for SortedSet {
    fn head(&self) -> Head {
        Head::SortedSet(self.len() as u64)
    }

    /// From the highest score to the lowest: Redis inserts at the front fastest.
    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()> {
        self.iter(0..self.len()).rev().try_for_each(|(member, score)| {
            writer.scored(text(&member, &mut itoa::Buffer::new()), score)
        })
    }
}

/// An id as the format has it.
fn stream_id(id: Id) -> StreamId {
    StreamId { ms: id.ms, sequence: id.sequence }
}

impl Encode for Stream {
    fn head(&self) -> Head {
        Head::Stream { nodes: self.entries().by_chunk().count() as u64 }
    }

    /// A chunk becomes a node, so that streams are trimmed alike wherever they are loaded.
    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()> {
        let entries = self.entries();
        for (len, chunk) in entries.by_chunk() {
            writer.node(len.into())?;
            for entry in chunk {
                let words: Vec<Vec<u8>> = entry.fields().map(|word| word.to_vec()).collect();
                let pairs = words.chunks_exact(2).map(|pair| (&pair[0][..], &pair[1][..]));
                writer.entry(stream_id(entry.id), &pairs.collect::<Vec<_>>())?;
            }
        }
        writer.state(&StreamState {
            len: entries.len(),
            last_id: stream_id(entries.last_id),
            first_id: stream_id(entries.first_id()),
            max_deleted_id: stream_id(entries.max_deleted_id),
            entries_added: entries.added,
            groups: self.groups_len() as u64,
        })?;
        self.groups().try_for_each(|(name, group)| write_group(writer, name, group))
    }
}

fn write_group<W: Write>(
    writer: &mut ValueWriter<'_, W>,
    name: &[u8],
    group: &Group,
) -> io::Result<()> {
    let len = group.pending_len() as u64;
    writer.group(name, stream_id(group.last_id), group.entries_read, len)?;
    for (id, pending) in group.pending_from(Id::ZERO) {
        writer.delivered(stream_id(id), pending.delivered_at_ms, pending.deliveries)?;
    }
    writer.consumers(group.consumers_len() as u64)?;
    for consumer in group.consumers() {
        let Consumer { name, seen_at_ms, active_at_ms, .. } = consumer;
        writer.consumer(name, *seen_at_ms, *active_at_ms, consumer.pending_len() as u64)?;
        consumer.pending_from(Id::ZERO).try_for_each(|id| writer.owned(stream_id(id)))?;
    }
    Ok(())
}
