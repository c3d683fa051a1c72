//! The writer of a value, element by element.
//!
//! The caller announces how many elements come, and the writer holds it to that: a wrong count
//! would make everything after it unreadable. The encodings are the oldest: a count and strings.
//! They are read by all servers, which pack small values again by their own thresholds, and they
//! need no memory here. Only streams have no such form; their nodes are `node.rs`.

use super::format::written;
use super::node::NodeWriter;
use super::piece::{StreamId, StreamState};
use super::target::Target;
use super::write::Version;
use std::io::{self, Write};

/// What a group's count of entries read is when it cannot be known.
const ENTRIES_READ_UNKNOWN: u64 = u64::MAX;

/// A type of value, and how many elements it will have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// One string.
    String,
    /// Elements.
    List(u64),
    /// Members.
    Set(u64),
    /// Members with scores.
    SortedSet(u64),
    /// Fields, none of which expires.
    Hash(u64),
    /// Fields, some of which expire. No server before Redis 7.4 and no Valkey reads this.
    ExpiringHash {
        /// Fields.
        len: u64,
        /// When the first of them expires, in Unix milliseconds.
        earliest_ms: u64,
    },
    /// Nodes of entries, see [`ValueWriter::node`].
    Stream {
        /// Number of nodes.
        nodes: u64,
    },
}

/// The writer of a value. It is complete after [`ValueWriter::end`] only.
#[derive(Debug)]
pub struct ValueWriter<'t, W> {
    target: &'t mut Target<W>,
    version: Version,
    /// When the first field expires, if fields may expire.
    earliest_ms: Option<u64>,
    left: Left,
    node: NodeWriter,
}

/// What the caller announced and has not written yet.
#[derive(Debug, Default, PartialEq, Eq)]
struct Left {
    strings: u64,
    elements: u64,
    scored: u64,
    fields: u64,
    nodes: u64,
    entries: u64,
    /// One for a stream, until it was written.
    states: u64,
    groups: u64,
    delivered: u64,
    /// One for each group, until it was written.
    consumer_counts: u64,
    consumers: u64,
    owned: u64,
}

/// Takes one off what is left.
fn one(left: &mut u64) -> io::Result<()> {
    *left = left.checked_sub(1).ok_or_else(miscounted)?;
    Ok(())
}

fn miscounted() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "a value has other elements than announced")
}

impl<'t, W: Write> ValueWriter<'t, W> {
    /// Begins with the encoding's number, the key if there is one, and the count.
    pub(super) fn begin(
        target: &'t mut Target<W>,
        version: Version,
        head: Head,
        key: Option<&[u8]>,
    ) -> io::Result<ValueWriter<'t, W>> {
        let mut left = Left::default();
        let (number, len) = match head {
            Head::String => (written::STRING, &mut left.strings),
            Head::List(_) => (written::LIST, &mut left.elements),
            Head::Set(_) => (written::SET, &mut left.elements),
            Head::SortedSet(_) => (written::SORTED_SET, &mut left.scored),
            Head::Hash(_) => (written::HASH, &mut left.fields),
            Head::ExpiringHash { .. } => (written::EXPIRING_HASH, &mut left.fields),
            Head::Stream { .. } => (version.stream(), &mut left.nodes),
        };
        target.bytes(&[number])?;
        if let Some(key) = key {
            target.string(key)?;
        }
        let mut earliest = None;
        match head {
            Head::String => *len = 1,
            Head::List(count) | Head::Set(count) | Head::SortedSet(count) | Head::Hash(count) => {
                target.count(count)?;
                *len = count;
            }
            Head::ExpiringHash { len: count, earliest_ms } => {
                target.bytes(&earliest_ms.to_le_bytes())?;
                target.count(count)?;
                (*len, earliest) = (count, Some(earliest_ms));
            }
            Head::Stream { nodes } => {
                target.count(nodes)?;
                *len = nodes;
                left.states = 1;
            }
        }
        let node = NodeWriter::default();
        Ok(ValueWriter { target, version, earliest_ms: earliest, left, node })
    }

    /// The string.
    ///
    /// # Errors
    /// The output cannot be written to, or this element was not announced; the same holds for all
    /// that follows.
    pub fn string(&mut self, text: &[u8]) -> io::Result<()> {
        one(&mut self.left.strings)?;
        self.target.string(text)
    }

    /// The next element of a list, or a member of a set.
    ///
    /// # Errors
    /// See [`ValueWriter::string`].
    pub fn element(&mut self, text: &[u8]) -> io::Result<()> {
        one(&mut self.left.elements)?;
        self.target.string(text)
    }

    /// A member of a sorted set. Redis writes them from the highest score to the lowest, the order
    /// in which it inserts fastest when it loads.
    ///
    /// # Errors
    /// See [`ValueWriter::string`].
    pub fn scored(&mut self, member: &[u8], score: f64) -> io::Result<()> {
        one(&mut self.left.scored)?;
        self.target.string(member)?;
        self.target.bytes(&score.to_le_bytes())
    }

    /// A field of a hash. It may expire only if that was announced.
    ///
    /// # Errors
    /// See [`ValueWriter::string`].
    pub fn field(&mut self, field: &[u8], value: &[u8], expires_ms: Option<u64>) -> io::Result<()> {
        one(&mut self.left.fields)?;
        match (self.earliest_ms, expires_ms) {
            (None, None) => {}
            (None, Some(_)) => return Err(miscounted()),
            (Some(_), None) => self.target.count(0)?,
            (Some(earliest), Some(moment)) => {
                let later = moment.checked_sub(earliest).ok_or_else(miscounted)?;
                self.target.count(later + 1)?;
            }
        }
        self.target.string(field)?;
        self.target.string(value)
    }

    /// A node of a stream, with this many entries to come: Redis puts up to a hundred of them and
    /// about four KiB into one, and walks over a whole node to find an entry. The node is in memory
    /// until its last entry was written.
    ///
    /// # Errors
    /// See [`ValueWriter::string`].
    pub fn node(&mut self, entries: u64) -> io::Result<()> {
        one(&mut self.left.nodes)?;
        match entries > 0 && self.left.entries == 0 {
            true => self.left.entries = entries,
            false => return Err(miscounted()),
        }
        self.node.begin(entries);
        Ok(())
    }

    /// An entry of the node. Ids have to rise over the whole stream.
    ///
    /// # Errors
    /// See [`ValueWriter::string`], or the node is longer than a gigabyte.
    pub fn entry(&mut self, id: StreamId, fields: &[(&[u8], &[u8])]) -> io::Result<()> {
        one(&mut self.left.entries)?;
        self.node.entry(id, fields);
        if self.left.entries == 0 {
            let (first, block) = self.node.finish()?;
            self.target.string(&first.to_bytes())?;
            self.target.string(&block)?;
            self.node.recycle(block);
        }
        Ok(())
    }

    /// What else the stream knows, after its nodes.
    ///
    /// # Errors
    /// See [`ValueWriter::string`].
    pub fn state(&mut self, state: &StreamState) -> io::Result<()> {
        one(&mut self.left.states)?;
        if (self.left.nodes, self.left.entries) != (0, 0) {
            return Err(miscounted());
        }
        self.target.count(state.len)?;
        self.id(state.last_id)?;
        if self.version >= Version::Ten {
            self.id(state.first_id)?;
            self.id(state.max_deleted_id)?;
            self.target.count(state.entries_added)?;
        }
        self.left.groups = state.groups;
        self.target.count(state.groups)
    }

    /// A group of the stream, with this many pending entries of all its consumers to come.
    ///
    /// # Errors
    /// See [`ValueWriter::string`].
    pub fn group(
        &mut self,
        name: &[u8],
        last_id: StreamId,
        entries_read: Option<u64>,
        pending: u64,
    ) -> io::Result<()> {
        self.expect_group_complete()?;
        one(&mut self.left.groups)?;
        self.target.string(name)?;
        self.id(last_id)?;
        if self.version >= Version::Ten {
            self.target.count(entries_read.unwrap_or(ENTRIES_READ_UNKNOWN))?;
        }
        (self.left.delivered, self.left.consumer_counts) = (pending, 1);
        self.target.count(pending)
    }

    /// A pending entry of the group, by rising id over all consumers.
    ///
    /// # Errors
    /// See [`ValueWriter::string`].
    pub fn delivered(&mut self, id: StreamId, at_ms: u64, times: u64) -> io::Result<()> {
        one(&mut self.left.delivered)?;
        self.target.bytes(&id.to_bytes())?;
        self.target.bytes(&at_ms.to_le_bytes())?;
        self.target.count(times)
    }

    /// How many consumers the group has.
    ///
    /// # Errors
    /// See [`ValueWriter::string`].
    pub fn consumers(&mut self, consumers: u64) -> io::Result<()> {
        one(&mut self.left.consumer_counts)?;
        if self.left.delivered != 0 {
            return Err(miscounted());
        }
        self.left.consumers = consumers;
        self.target.count(consumers)
    }

    /// A consumer, with this many pending entries of its own to come.
    ///
    /// # Errors
    /// See [`ValueWriter::string`].
    pub fn consumer(
        &mut self,
        name: &[u8],
        seen_at_ms: u64,
        active_at_ms: Option<u64>,
        pending: u64,
    ) -> io::Result<()> {
        one(&mut self.left.consumers)?;
        if self.left.owned != 0 {
            return Err(miscounted());
        }
        self.target.string(name)?;
        self.target.bytes(&seen_at_ms.to_le_bytes())?;
        if self.version >= Version::Eleven {
            let active = active_at_ms.map_or(-1, |moment| moment as i64);
            self.target.bytes(&active.to_le_bytes())?;
        }
        self.left.owned = pending;
        self.target.count(pending)
    }

    /// The id of a pending entry of the consumer, by rising id; one of those that
    /// [`ValueWriter::delivered`] wrote.
    ///
    /// # Errors
    /// See [`ValueWriter::string`].
    pub fn owned(&mut self, id: StreamId) -> io::Result<()> {
        one(&mut self.left.owned)?;
        self.target.bytes(&id.to_bytes())
    }

    /// Ends the value.
    ///
    /// # Errors
    /// Something that was announced is missing.
    pub fn end(self) -> io::Result<()> {
        if self.left == Left::default() { Ok(()) } else { Err(miscounted()) }
    }

    fn expect_group_complete(&self) -> io::Result<()> {
        let Left { states, delivered, consumer_counts, consumers, owned, .. } = self.left;
        match (states, delivered, consumer_counts, consumers, owned) {
            (0, 0, 0, 0, 0) => Ok(()),
            _ => Err(miscounted()),
        }
    }

    fn id(&mut self, id: StreamId) -> io::Result<()> {
        self.target.count(id.ms)?;
        self.target.count(id.sequence)
    }
}
