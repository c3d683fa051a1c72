//! Whole values, for code that may have a value in memory twice: tests, and tools.
//!
//! [`Collector`] builds one from the reader's pieces, [`Value::write`] gives it to the writer. The
//! keyspace does neither: it takes and gives pieces.

use super::piece::{Kind, Piece, Refusal, Sink, StreamId, StreamState};
use super::value_writer::{Head, ValueWriter};
use crate::limits;
use std::collections::HashSet;
use std::io::{self, Write};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string.
    String(Vec<u8>),
    /// A list, from the left.
    List(Vec<Vec<u8>>),
    /// A set.
    Set(Vec<Vec<u8>>),
    /// Members and scores.
    SortedSet(Vec<(Vec<u8>, f64)>),
    /// Fields, values, and when fields expire in Unix milliseconds.
    Hash(Vec<(Vec<u8>, Vec<u8>, Option<u64>)>),
    /// A stream.
    Stream(Stream),
}

/// An entry of a stream: its id, and names and values in their order.
pub type StreamEntry = (StreamId, Vec<(Vec<u8>, Vec<u8>)>);

/// A stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stream {
    /// Entries by rising id, each with its fields.
    pub entries: Vec<StreamEntry>,
    /// What else it knows.
    pub state: StreamState,
    /// Its groups.
    pub groups: Vec<Group>,
}

/// A consumer group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: Vec<u8>,
    /// The last entry that was delivered.
    pub last_id: StreamId,
    /// Entries ever read, if that is known.
    pub entries_read: Option<u64>,
    /// Its consumers.
    pub consumers: Vec<Consumer>,
}

/// A consumer.
#[derive(Debug, Clone, PartialEq)]
pub struct Consumer {
    /// Its name.
    pub name: Vec<u8>,
    /// When it tried to read last, in Unix milliseconds.
    pub seen_at_ms: u64,
    /// When it got something last.
    pub active_at_ms: Option<u64>,
    /// Its pending entries by rising id.
    pub pending: Vec<Pending>,
}

/// A pending entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pending {
    /// The entry's id.
    pub id: StreamId,
    /// When it was delivered last, in Unix milliseconds.
    pub delivered_at_ms: u64,
    /// How often.
    pub deliveries: u64,
}

impl Value {
    /// What the writer has to know first.
    pub fn head(&self) -> Head {
        match self {
            Value::String(_) => Head::String,
            Value::List(elements) => Head::List(elements.len() as u64),
            Value::Set(members) => Head::Set(members.len() as u64),
            Value::SortedSet(members) => Head::SortedSet(members.len() as u64),
            Value::Hash(fields) => {
                let len = fields.len() as u64;
                match fields.iter().filter_map(|(_, _, expires)| *expires).min() {
                    None => Head::Hash(len),
                    Some(earliest_ms) => Head::ExpiringHash { len, earliest_ms },
                }
            }
            Value::Stream(stream) => Head::Stream { nodes: stream.nodes().count() as u64 },
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// The output cannot be written to.
    pub fn write<W: Write>(&self, mut to: ValueWriter<'_, W>) -> io::Result<()> {
        match self {
            Value::String(text) => to.string(text)?,
            Value::List(elements) | Value::Set(elements) => {
                elements.iter().try_for_each(|element| to.element(element))?;
            }
            Value::SortedSet(members) => {
                members.iter().try_for_each(|(member, score)| to.scored(member, *score))?;
            }
            Value::Hash(fields) => {
                let mut each = fields.iter();
                each.try_for_each(|(field, value, expires)| to.field(field, value, *expires))?;
            }
            Value::Stream(stream) => stream.write(&mut to)?,
        }
        to.end()
    }
}

impl Stream {
    /// The entries in portions that make a node each.
    fn nodes(&self) -> impl Iterator<Item = &[StreamEntry]> {
        let mut rest = &self.entries[..];
        std::iter::from_fn(move || {
            let (mut len, mut bytes) = (0, 0);
            for (_, fields) in rest {
                let size: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
                bytes += size;
                let is_full = bytes > limits::RDB_NODE_BYTES || len == limits::RDB_NODE_ENTRIES;
                if len > 0 && is_full {
                    break;
                }
                len += 1;
            }
            let (node, behind) = rest.split_at(len);
            rest = behind;
            (len > 0).then_some(node)
        })
    }

    fn write<W: Write>(&self, to: &mut ValueWriter<'_, W>) -> io::Result<()> {
        for node in self.nodes() {
            to.node(node.len() as u64)?;
            for (id, fields) in node {
                let fields: Vec<(&[u8], &[u8])> =
                    fields.iter().map(|(name, value)| (&name[..], &value[..])).collect();
                to.entry(*id, &fields)?;
            }
        }
        to.state(&StreamState { groups: self.groups.len() as u64, ..self.state })?;
        for group in &self.groups {
            let all = group.consumers.iter().flat_map(|consumer| &consumer.pending);
            let mut pending: Vec<&Pending> = all.collect();
            pending.sort_by_key(|entry| entry.id);
            to.group(&group.name, group.last_id, group.entries_read, pending.len() as u64)?;
            for entry in pending {
                to.delivered(entry.id, entry.delivered_at_ms, entry.deliveries)?;
            }
            to.consumers(group.consumers.len() as u64)?;
            for Consumer { name, seen_at_ms, active_at_ms, pending } in &group.consumers {
                to.consumer(name, *seen_at_ms, *active_at_ms, pending.len() as u64)?;
                pending.iter().try_for_each(|entry| to.owned(entry.id))?;
            }
        }
        Ok(())
    }
}

/// Builds a value from pieces.
#[derive(Debug, Default)]
pub struct Collector {
    value: Option<Value>,
    /// Members, fields, or the group's names of consumers.
    seen: HashSet<Vec<u8>>,
}

impl Collector {
    /// The value; none if no piece came.
    pub fn into_value(self) -> Option<Value> {
        self.value
    }

    fn is_new(&mut self, name: &[u8]) -> Result<(), Refusal> {
        if self.seen.insert(name.to_vec()) { Ok(()) } else { Err(Refusal::Duplicate) }
    }

    fn stream(&mut self, change: impl FnOnce(&mut Stream)) {
        if let Some(Value::Stream(stream)) = &mut self.value {
            change(stream);
        }
    }

    fn group(&mut self, change: impl FnOnce(&mut Group)) {
        self.stream(|stream| {
            if let Some(group) = stream.groups.last_mut() {
                change(group);
            }
        });
    }
}

impl Sink for Collector {
    fn begin(&mut self, kind: Kind, _: u64) {
        self.seen.clear();
        self.value = Some(match kind {
            Kind::String => Value::String(Vec::new()),
            Kind::List => Value::List(Vec::new()),
            Kind::Set => Value::Set(Vec::new()),
            Kind::SortedSet => Value::SortedSet(Vec::new()),
            Kind::Hash => Value::Hash(Vec::new()),
            Kind::Stream => Value::Stream(Stream::default()),
        });
    }

    fn take(&mut self, piece: Piece<'_>) -> Result<(), Refusal> {
        match &piece {
            Piece::Member(name) | Piece::Scored(name, _) | Piece::Field { field: name, .. } => {
                self.is_new(name)?;
            }
            Piece::Group { name, .. } => {
                self.seen.retain(|seen| seen.starts_with(b"g"));
                self.is_new(&[b"g", &name[..]].concat())?;
            }
            Piece::Consumer { name, .. } => self.is_new(&[b"c", &name[..]].concat())?,
            _ => {}
        }
        match (piece, &mut self.value) {
            (Piece::String(text), Some(Value::String(value))) => *value = text.into_owned(),
            (Piece::Element(text), Some(Value::List(list))) => list.push(text.into_owned()),
            (Piece::Member(text), Some(Value::Set(set))) => set.push(text.into_owned()),
            (Piece::Scored(text, score), Some(Value::SortedSet(set))) => {
                set.push((text.into_owned(), score));
            }
            (Piece::Field { field, value, expires_at_ms }, Some(Value::Hash(hash))) => {
                hash.push((field.into_owned(), value.into_owned(), expires_at_ms));
            }
            (piece, _) => self.take_of_stream(piece),
        }
        Ok(())
    }
}

impl Collector {
    fn take_of_stream(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Entry { id, fields } => {
                let (mut first, mut second) = (itoa::Buffer::new(), itoa::Buffer::new());
                let owned = fields.iter().map(|(name, value)| {
                    (name.bytes(&mut first).to_vec(), value.bytes(&mut second).to_vec())
                });
                let owned = owned.collect();
                self.stream(|stream| stream.entries.push((id, owned)));
            }
            Piece::Node => {}
            Piece::Stream(state) => self.stream(|stream| stream.state = state),
            Piece::Group { name, last_id, entries_read } => {
                let (name, consumers) = (name.into_owned(), Vec::new());
                let group = Group { name, last_id, entries_read, consumers };
                self.stream(|stream| stream.groups.push(group));
            }
            Piece::Consumer { name, seen_at_ms, active_at_ms } => {
                let (name, pending) = (name.into_owned(), Vec::new());
                let consumer = Consumer { name, seen_at_ms, active_at_ms, pending };
                self.group(|group| group.consumers.push(consumer));
            }
            Piece::Pending { id, delivered_at_ms, deliveries } => {
                let entry = Pending { id, delivered_at_ms, deliveries };
                self.group(|group| {
                    if let Some(consumer) = group.consumers.last_mut() {
                        consumer.pending.push(entry);
                    }
                });
            }
            _ => unreachable!("the reader's pieces are those of the kind that it began with"),
        }
    }
}
