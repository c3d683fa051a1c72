//! Values in pieces: the events of the reader, and the trait of their receiver.
//!
//! A value is passed on element by element and never as a whole, because a set of ten million
//! members exists twice otherwise: once for the reader and once for the keyspace. An element that
//! lay in the read buffer is borrowed from it; a long one, which had to be gathered, is passed
//! on as the owner of its bytes, so that it can become the value without being copied.
//!
//! The order is the file's. For a stream: its entries by rising id, then [`Piece::Stream`], then
//! each group, followed by its consumers, each followed by its pending entries by rising id.
//!
//! The reader verifies the structure before it passes anything on, except for what only the whole
//! value can show: that a member is there twice. It asks the recipient, who has the members in a
//! table anyway: [`Refusal::Duplicate`]. What was built of a value before an error is the
//! recipient's to throw away.

use super::listpack::Elements;
use super::packed::{Packed, Walk};
use std::borrow::Cow;

/// Bytes that are borrowed if they are short and owned if they had to be gathered.
pub type Text<'a> = Cow<'a, [u8]>;

/// A type of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A string.
    String,
    /// A list.
    List,
    /// A set.
    Set,
    /// A sorted set.
    SortedSet,
    /// A hash.
    Hash,
    /// A stream.
    Stream,
}

impl Kind {
    /// What the command TYPE calls it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::List => "list",
            Kind::Set => "set",
            Kind::SortedSet => "zset",
            Kind::Hash => "hash",
            Kind::Stream => "stream",
        }
    }
}

/// The id of a stream's entry. The order is the stream's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Unix milliseconds.
    pub ms: u64,
    /// Counts the entries of the same millisecond.
    pub sequence: u64,
}

impl StreamId {
    /// The id in the sixteen bytes in which it stands in a file: big-endian, to sort as bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.ms) << 64 | u128::from(self.sequence)).to_be_bytes()
    }

    /// The id that sixteen bytes say.
    pub fn from_bytes(bytes: [u8; 16]) -> StreamId {
        let both = u128::from_be_bytes(bytes);
        StreamId { ms: (both >> 64) as u64, sequence: both as u64 }
    }
}

/// The fields of a stream's entry, in its order, decoded as they are asked for: a block of a
/// gigabyte can hold half a billion fields.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    len: usize,
    /// The names, if they stand in front of the node and not each before its value.
    names: Option<Elements<'a>>,
    values: Elements<'a>,
}

impl<'a> Fields<'a> {
    /// Fields of a block that was verified.
    pub(super) fn new(len: usize, names: Option<Elements<'a>>, values: Elements<'a>) -> Fields<'a> {
        Fields { len, names, values }
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none, which Redis never writes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Names and values by turns.
    pub fn words(&self) -> Words<'a> {
        Words { left: 2 * self.len, fields: self.clone(), is_value: false }
    }

    /// Names and values; [`Packed::bytes`] has the bytes.
    pub fn iter(&self) -> impl Iterator<Item = (Packed<'a>, Packed<'a>)> + use<'a> {
        let Fields { len, mut names, mut values } = self.clone();
        (0..len).map_while(move |_| {
            let name = names.as_mut().unwrap_or(&mut values).step();
            // The walk that verified the block has been here.
            Some((name.ok()??, values.step().ok()??))
        })
    }
}

/// The names and values of an entry by turns.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    left: usize,
    fields: Fields<'a>,
    is_value: bool,
}

impl<'a> Iterator for Words<'a> {
    type Item = Packed<'a>;

    fn next(&mut self) -> Option<Packed<'a>> {
        self.left = self.left.checked_sub(1)?;
        let is_value = self.is_value;
        self.is_value = !is_value;
        let elements = match &mut self.fields.names {
            Some(names) if !is_value => names,
            _ => &mut self.fields.values,
        };
        // The walk that verified the block has been here.
        elements.step().ok()?
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Words<'_> {}

/// What a stream knows apart from its entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StreamState {
    /// Number of entries.
    pub len: u64,
    /// The id of the last entry that was ever added.
    pub last_id: StreamId,
    /// The id of the first entry that is there; zero if there is none.
    pub first_id: StreamId,
    /// The highest id that was deleted; zero if none was, or if the file is too old to say.
    pub max_deleted_id: StreamId,
    /// Entries ever added; the entries that are there if the file is too old to say.
    pub entries_added: u64,
    /// Groups that follow.
    pub groups: u64,
}

/// A part of a value.
#[derive(Debug)]
pub enum Piece<'a> {
    /// The whole string.
    String(Text<'a>),
    /// The next element of a list, from the left.
    Element(Text<'a>),
    /// A member of a set.
    Member(Text<'a>),
    /// A member of a sorted set. The score is a number; infinities and −0.0 are numbers.
    Scored(Text<'a>, f64),
    /// A field of a hash.
    Field {
        /// Its name.
        field: Text<'a>,
        /// Its value.
        value: Text<'a>,
        /// When the field expires, in Unix milliseconds. It may have passed.
        expires_at_ms: Option<u64>,
    },
    /// A node of a stream begins, or what is left of one: there may be no entries in it.
    Node,
    /// An entry of a stream. Its id is higher than the one before.
    Entry {
        /// Its id.
        id: StreamId,
        /// Its fields.
        fields: Fields<'a>,
    },
    /// All entries were passed on; this is what else the stream knows.
    Stream(StreamState),
    /// A consumer group of the stream.
    Group {
        /// Its name.
        name: Text<'a>,
        /// The last entry that was delivered.
        last_id: StreamId,
        /// Entries ever read; none if that cannot be known.
        entries_read: Option<u64>,
    },
    /// A consumer of the group before.
    Consumer {
        /// Its name.
        name: Text<'a>,
        /// When it tried to read last, in Unix milliseconds.
        seen_at_ms: u64,
        /// When it got something last, in Unix milliseconds; none if it never did.
        active_at_ms: Option<u64>,
    },
    /// An entry that the consumer before got and did not acknowledge. Its id is higher than the
    /// one before; the entry itself may have been deleted.
    Pending {
        /// The entry's id.
        id: StreamId,
        /// When it was delivered last, in Unix milliseconds.
        delivered_at_ms: u64,
        /// How often it was delivered.
        deliveries: u64,
    },
}

/// Why a recipient does not take a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The value has this member, field, group, or consumer already: the input is damaged.
    Duplicate,
    /// The recipient does not want to go on, for a reason of its own.
    Stop(Cow<'static, str>),
}

/// A recipient of a value's pieces.
pub trait Sink {
    /// A value begins. The number of elements is the file's word, not to be trusted with memory;
    /// it is zero for a stream, whose number of entries stands after them.
    fn begin(&mut self, kind: Kind, announced: u64) {
        let _ = (kind, announced);
    }

    /// The value's next piece.
    ///
    /// # Errors
    /// The piece cannot be taken; the reader stops and says where.
    fn take(&mut self, piece: Piece<'_>) -> Result<(), Refusal>;
}

/// A recipient that throws everything away: the reader verifies what it skips.
#[derive(Debug, Default, Clone, Copy)]
pub struct Nowhere;

impl Sink for Nowhere {
    fn take(&mut self, _: Piece<'_>) -> Result<(), Refusal> {
        Ok(())
    }
}
