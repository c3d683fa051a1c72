//! The reader of streams: nodes of entries, then what the stream knows, then its groups.
//!
//! A node is an id and a listpack. Its first elements are the *master entry*, whose fields most of
//! the node's entries share and do not repeat:
//!
//! ```text
//! entries deleted fields name … name 0           the master entry
//! flags ms sequence [fields] [name] value … len  an entry; the id relative to the node's
//! ```
//!
//! Deleted entries stay in their nodes and are marked. A group's pending entries stand in front of
//! its consumers, which then name their own: the table that joins both is the one place where this
//! reader keeps a part of a value, as much memory as the part takes in the file.

use super::error::{Error, Problem, Result};
use super::listpack::{self, Elements};
use super::packed::Walk;
use super::piece::{Fields, Piece, Sink, StreamId, StreamState};
use super::source::Source;
use super::value::handed;
use std::io::Read;

/// Marks of an entry: it is deleted; its fields are the master entry's.
const IS_DELETED: i64 = 1;
const HAS_MASTER_FIELDS: i64 = 2;

/// What a group's count of entries read is when it cannot be known.
const ENTRIES_READ_UNKNOWN: u64 = u64::MAX;

/// Reads a stream as its `version` says; returns how many entries it has.
pub(super) fn read<R: Read>(
    source: &mut Source<R>,
    version: u8,
    kept: &mut Vec<u8>,
    sink: &mut dyn Sink,
) -> Result<u64> {
    let mut reader = Streams { source, sink, version, last: None, first: None, len: 0 };
    let nodes = reader.source.count()?;
    for _ in 0..nodes {
        reader.node()?;
    }
    let state = reader.state()?;
    for _ in 0..state.groups {
        reader.group(kept, &state)?;
    }
    if version >= 4 {
        reader.skip_producers()?;
    }
    Ok(state.len)
}

struct Streams<'s, R> {
    source: &'s mut Source<R>,
    sink: &'s mut dyn Sink,
    version: u8,
    /// The id of the last entry that was read, a deleted one too.
    last: Option<StreamId>,
    /// The id of the first entry that is not deleted.
    first: Option<StreamId>,
    /// Entries that are not deleted.
    len: u64,
}

/// An entry that a group has delivered, with the index of its consumer once that is known.
struct Delivered {
    id: StreamId,
    at_ms: u64,
    times: u64,
    is_owned: bool,
}

impl<R: Read> Streams<'_, R> {
    fn id(&mut self) -> Result<StreamId> {
        Ok(StreamId { ms: self.source.count()?, sequence: self.source.count()? })
    }

    fn raw_id(&mut self) -> Result<StreamId> {
        self.source.array().map(StreamId::from_bytes)
    }

    /// A moment; a negative one is none.
    fn moment(&mut self) -> Result<Option<u64>> {
        Ok(u64::try_from(i64::from_le_bytes(self.source.array()?)).ok())
    }

    fn node(&mut self) -> Result<()> {
        let offset = self.source.offset();
        let damage = |what: &'static str| Error { offset, problem: Problem::Damage(what.into()) };
        let key: [u8; 16] = match self.source.string()?.as_ref().try_into() {
            Ok(key) => key,
            Err(_) => return Err(damage("a stream's node without an id")),
        };
        let block = self.source.string()?;
        listpack::count(&block).map_err(damage)?;
        let mut node = Node::begin(&block, StreamId::from_bytes(key)).map_err(damage)?;
        handed(offset, self.sink.take(Piece::Node))?;
        while let Some(entry) = node.next().map_err(damage)? {
            if self.last.is_some_and(|last| entry.id <= last) {
                return Err(damage("a stream's entries are out of order"));
            }
            self.last = Some(entry.id);
            if entry.is_deleted {
                continue;
            }
            self.first.get_or_insert(entry.id);
            self.len += 1;
            let piece = Piece::Entry { id: entry.id, fields: entry.fields };
            handed(offset, self.sink.take(piece))?;
        }
        Ok(())
    }

    /// Reads what the stream knows, and holds it against what was found.
    fn state(&mut self) -> Result<StreamState> {
        let offset = self.source.offset();
        let len = self.source.count()?;
        let last_id = self.id()?;
        let mut state = StreamState { len, last_id, entries_added: len, ..Default::default() };
        // What was found is certain, whatever the file says further down.
        state.first_id = self.first.unwrap_or_default();
        if self.version >= 2 {
            self.id()?;
            state.max_deleted_id = self.id()?;
            state.entries_added = self.source.count()?;
        }
        if len != self.len {
            return Err(self.source.damage(offset, "a stream has not as many entries as it says"));
        }
        if self.last.is_some_and(|last| last > last_id) {
            return Err(self.source.damage(offset, "a stream's last id is not its last"));
        }
        state.groups = self.source.count()?;
        handed(offset, self.sink.take(Piece::Stream(state)))?;
        Ok(state)
    }

    fn group(&mut self, kept: &mut Vec<u8>, state: &StreamState) -> Result<()> {
        let offset = self.source.offset();
        let name = self.source.kept_string(kept)?;
        let last_id = StreamId { ms: self.source.count()?, sequence: self.source.count()? };
        let entries_read = match self.version {
            // Redis 7 estimates in this case; what was read of a stream without deletions up to
            // its end is certain.
            1 if last_id == state.last_id => Some(state.entries_added),
            1 => None,
            _ => Some(self.source.count()?).filter(|&read| read != ENTRIES_READ_UNKNOWN),
        };
        handed(offset, self.sink.take(Piece::Group { name, last_id, entries_read }))?;
        let mut delivered = self.delivered()?;
        for _ in 0..self.source.count()? {
            self.consumer(kept, &mut delivered)?;
        }
        match delivered.iter().all(|entry| entry.is_owned) {
            true => Ok(()),
            false => Err(self.source.damage(offset, "a pending entry without a consumer")),
        }
    }

    /// The pending entries of a group, by rising id.
    fn delivered(&mut self) -> Result<Vec<Delivered>> {
        let offset = self.source.offset();
        let mut delivered: Vec<Delivered> = Vec::new();
        for _ in 0..self.source.count()? {
            let (id, at_ms) = (self.raw_id()?, self.moment()?.unwrap_or(0));
            delivered.push(Delivered { id, at_ms, times: self.source.count()?, is_owned: false });
        }
        // The order of the file is the order of the ids, unless something else wrote it.
        delivered.sort_unstable_by_key(|entry| entry.id);
        match delivered.is_sorted_by(|a, b| a.id < b.id) {
            true => Ok(delivered),
            false => Err(self.source.damage(offset, "a pending entry twice")),
        }
    }

    fn consumer(&mut self, kept: &mut Vec<u8>, delivered: &mut [Delivered]) -> Result<()> {
        let offset = self.source.offset();
        let name = self.source.kept_string(kept)?;
        let seen = u64::try_from(i64::from_le_bytes(self.source.array()?)).unwrap_or(0);
        let active_at_ms = match self.version {
            ..=2 => Some(seen),
            _ => u64::try_from(i64::from_le_bytes(self.source.array()?)).ok(),
        };
        let piece = Piece::Consumer { name, seen_at_ms: seen, active_at_ms };
        handed(offset, self.sink.take(piece))?;
        let mut last = None;
        for _ in 0..self.source.count()? {
            let offset = self.source.offset();
            let id = self.raw_id()?;
            let at = delivered.binary_search_by_key(&id, |entry| entry.id);
            let entry = at.ok().map(|at| &mut delivered[at]);
            let Some(entry) = entry.filter(|entry| !entry.is_owned && last < Some(id)) else {
                let what = "a consumer's pending entry that is not its group's, or out of order";
                return Err(self.source.damage(offset, what));
            };
            (entry.is_owned, last) = (true, Some(id));
            let (delivered_at_ms, deliveries) = (entry.at_ms, entry.times);
            handed(offset, self.sink.take(Piece::Pending { id, delivered_at_ms, deliveries }))?;
        }
        Ok(())
    }

    /// Skips the ids by which Redis 8.4 knows producers that send an entry twice.
    fn skip_producers(&mut self) -> Result<()> {
        self.source.count()?;
        self.source.count()?;
        for _ in 0..self.source.count()? {
            self.source.string()?;
            for _ in 0..self.source.count()? {
                self.source.string()?;
                self.id()?;
            }
        }
        self.source.count()?;
        self.source.count()?;
        Ok(())
    }
}

/// A walk over the entries of a node, whose block is verified.
struct Node<'a> {
    elements: Elements<'a>,
    id: StreamId,
    /// Entries and deleted entries that are left.
    live: u64,
    deleted: u64,
    /// Where the names of the master entry's fields begin, and how many they are.
    master: Elements<'a>,
    master_len: usize,
}

struct NodeEntry<'a> {
    id: StreamId,
    is_deleted: bool,
    fields: Fields<'a>,
}

impl<'a> Node<'a> {
    fn begin(block: &'a [u8], id: StreamId) -> std::result::Result<Node<'a>, &'static str> {
        const WRONG: &str = "a stream's node with a wrong master entry";
        let mut elements = Elements::new(block)?;
        let live = u64::try_from(elements.integer()?).map_err(|_| WRONG)?;
        let deleted = u64::try_from(elements.integer()?).map_err(|_| WRONG)?;
        let master_len = usize::try_from(elements.integer()?).map_err(|_| WRONG)?;
        let master = elements.clone();
        for _ in 0..master_len {
            elements.expect()?;
        }
        match elements.integer()? {
            0 => Ok(Node { elements, id, live, deleted, master, master_len }),
            _ => Err(WRONG),
        }
    }

    fn next(&mut self) -> std::result::Result<Option<NodeEntry<'a>>, &'static str> {
        const WRONG: &str = "a stream's entry with wrong figures";
        let elements = &mut self.elements;
        let Some(flags) = elements.step()? else {
            let is_complete = self.live == 0 && self.deleted == 0;
            return if is_complete { Ok(None) } else { Err("a stream's node ends early") };
        };
        let flags = flags.integer().filter(|flags| matches!(flags, 0..=3)).ok_or(WRONG)?;
        let is_deleted = flags & IS_DELETED != 0;
        let has_master_fields = flags & HAS_MASTER_FIELDS != 0;
        let left = if is_deleted { &mut self.deleted } else { &mut self.live };
        *left = left.checked_sub(1).ok_or("a stream's node has more entries than it says")?;
        let ms = self.id.ms.wrapping_add_signed(elements.integer()?);
        let sequence = self.id.sequence.wrapping_add_signed(elements.integer()?);
        let len = match has_master_fields {
            true => self.master_len,
            false => usize::try_from(elements.integer()?).map_err(|_| WRONG)?,
        };
        let names = has_master_fields.then(|| self.master.clone());
        let fields = Fields::new(len, names, elements.clone());
        let (per_field, others) = if has_master_fields { (1, 3) } else { (2, 4) };
        for _ in 0..len {
            for _ in 0..per_field {
                elements.expect()?;
            }
        }
        // The last element counts those of this entry in front of it, for walking back.
        match usize::try_from(elements.integer()?) {
            Ok(found) if found == len * per_field + others => {}
            _ => return Err(WRONG),
        }
        Ok(Some(NodeEntry { id: StreamId { ms, sequence }, is_deleted, fields }))
    }
}
