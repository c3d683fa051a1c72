//! The reader of values: every encoding of every type but streams, which are `stream.rs`.
//!
//! A packed block is verified as a whole before its first element is passed on, and its number
//! of elements has to suit the type: pairs for a hash. What has a count in front is passed on as
//! it is read; a count that promises more than there is ends at the end of the input.

use super::error::{Error, Problem, Result};
use super::format::Encoding;
use super::packed::{Packed, Walk, score};
use super::piece::{Kind, Piece, Refusal, Sink};
use super::source::Source;
use super::{intset, listpack, module, stream, ziplist, zipmap};
use itoa::Buffer;
use std::borrow::Cow;
use std::io::Read;

/// The moments in milliseconds that a field of a hash may expire at, as in Redis: 48 bits.
const FIELD_EXPIRES_MS_MAX: u64 = (1 << 48) - 1;

/// What the kinds of a node of a list are called.
const NODE_PLAIN: u64 = 1;
const NODE_PACKED: u64 = 2;

/// Reads a value; returns how many elements it has. Redis never writes an empty list, set, sorted
/// set or hash, and passes over the key of one that it reads.
pub(super) fn read<R: Read>(
    source: &mut Source<R>,
    encoding: Encoding,
    kept: &mut Vec<u8>,
    sink: &mut dyn Sink,
) -> Result<u64> {
    let Some(kind) = encoding.kind() else {
        return Err(module::refuse(source, encoding));
    };
    let values = Values { source, kept, sink, kind };
    match encoding {
        Encoding::String => values.string(),
        Encoding::List => values.singles(false),
        Encoding::Set => values.singles(true),
        Encoding::SortedSet { is_binary } => values.scored(is_binary),
        Encoding::Hash => values.hash(),
        Encoding::ExpiringHash { is_relative } => values.expiring_hash(is_relative),
        Encoding::ValkeyExpiringHash => values.valkey_hash(),
        Encoding::Quicklist | Encoding::Quicklist2 => {
            values.quicklist(encoding == Encoding::Quicklist2)
        }
        Encoding::Stream(version) => {
            values.sink.begin(Kind::Stream, 0);
            stream::read(values.source, version, values.kept, values.sink)
        }
        Encoding::ListpackExpiringHash { has_earliest: true } => {
            values.source.array::<8>()?;
            values.packed(encoding)
        }
        _ => values.packed(encoding),
    }
}

/// The result of handing a piece over, as an error at an offset.
pub(super) fn handed(offset: u64, outcome: std::result::Result<(), Refusal>) -> Result<()> {
    outcome.map_err(|refusal| match refusal {
        Refusal::Duplicate => Error { offset, problem: Problem::Damage("an element twice".into()) },
        Refusal::Stop(why) => Error { offset, problem: Problem::Refused(why) },
    })
}

struct Values<'v, R> {
    source: &'v mut Source<R>,
    /// Holds a short string while the next one is read.
    kept: &'v mut Vec<u8>,
    sink: &'v mut dyn Sink,
    kind: Kind,
}

impl<R: Read> Values<'_, R> {
    fn string(self) -> Result<u64> {
        let offset = self.source.offset();
        self.sink.begin(self.kind, 1);
        let text = self.source.string()?;
        handed(offset, self.sink.take(Piece::String(text)))?;
        Ok(1)
    }

    fn begin(&mut self) -> Result<u64> {
        let count = self.source.count()?;
        self.sink.begin(self.kind, count);
        Ok(count)
    }

    fn singles(mut self, is_set: bool) -> Result<u64> {
        let count = self.begin()?;
        for _ in 0..count {
            let offset = self.source.offset();
            let text = self.source.string()?;
            let piece = if is_set { Piece::Member(text) } else { Piece::Element(text) };
            handed(offset, self.sink.take(piece))?;
        }
        Ok(count)
    }

    fn scored(mut self, is_binary: bool) -> Result<u64> {
        let count = self.begin()?;
        for _ in 0..count {
            let offset = self.source.offset();
            let member = self.source.kept_string(self.kept)?;
            let score = match is_binary {
                true => f64::from_le_bytes(self.source.array()?),
                false => text_score(self.source)?,
            };
            if score.is_nan() {
                return Err(self.source.damage(offset, "a score that is not a number"));
            }
            handed(offset, self.sink.take(Piece::Scored(member, score)))?;
        }
        Ok(count)
    }

    fn hash(mut self) -> Result<u64> {
        let count = self.begin()?;
        for _ in 0..count {
            self.field(None)?;
        }
        Ok(count)
    }

    /// Reads a field and its value.
    fn field(&mut self, expires_at_ms: Option<u64>) -> Result<()> {
        let offset = self.source.offset();
        let field = self.source.kept_string(self.kept)?;
        let value = self.source.string()?;
        handed(offset, self.sink.take(Piece::Field { field, value, expires_at_ms }))
    }

    fn expiring_hash(mut self, is_relative: bool) -> Result<u64> {
        let earliest = match is_relative {
            true => u64::from_le_bytes(self.source.array()?),
            false => 0,
        };
        let count = self.begin()?;
        for _ in 0..count {
            let offset = self.source.offset();
            let expires_at_ms = match (self.source.count()?, is_relative) {
                (0, _) => None,
                (moment, false) => Some(moment),
                // Counted from the earliest, with one added because zero means never.
                (later, true) => Some(earliest.saturating_add(later - 1)),
            };
            if expires_at_ms.is_some_and(|moment| moment > FIELD_EXPIRES_MS_MAX) {
                return Err(self.source.damage(offset, "a field that expires too late"));
            }
            self.field(expires_at_ms)?;
        }
        Ok(count)
    }

    fn valkey_hash(mut self) -> Result<u64> {
        let (count, mut behind) = (self.begin()?, Vec::new());
        for _ in 0..count {
            let offset = self.source.offset();
            let field = self.source.kept_string(self.kept)?;
            let value = self.source.kept_string(&mut behind)?;
            // A negative moment means never.
            let expires_at_ms = u64::try_from(i64::from_le_bytes(self.source.array()?)).ok();
            handed(offset, self.sink.take(Piece::Field { field, value, expires_at_ms }))?;
        }
        Ok(count)
    }

    fn quicklist(self, has_kinds: bool) -> Result<u64> {
        let nodes = self.source.count()?;
        // Elements are in the nodes; how many is not said in front.
        self.sink.begin(self.kind, nodes);
        let mut found = 0;
        for _ in 0..nodes {
            let offset = self.source.offset();
            let kind = if has_kinds { self.source.count()? } else { NODE_PACKED };
            let node = self.source.string()?;
            found += match kind {
                NODE_PLAIN => {
                    handed(offset, self.sink.take(Piece::Element(node)))?;
                    1
                }
                NODE_PACKED => elements(offset, &node, !has_kinds, Packing::List, self.sink)?,
                _ => return Err(self.source.damage(offset, "a list's node of an unknown kind")),
            };
        }
        Ok(found)
    }

    /// A value in one packed block.
    fn packed(self, encoding: Encoding) -> Result<u64> {
        let offset = self.source.offset();
        let block = self.source.string()?;
        let (is_ziplist, packing) = match encoding {
            Encoding::ZipmapHash => return zipmap_hash(offset, &block, self.sink),
            Encoding::IntsetSet => return intset_set(offset, &block, self.sink),
            Encoding::ZiplistList => (true, Packing::List),
            Encoding::ZiplistHash => (true, Packing::Hash),
            Encoding::ZiplistSortedSet => (true, Packing::SortedSet),
            Encoding::ListpackHash => (false, Packing::Hash),
            Encoding::ListpackSet => (false, Packing::Set),
            Encoding::ListpackSortedSet => (false, Packing::SortedSet),
            Encoding::ListpackExpiringHash { .. } => (false, Packing::ExpiringHash),
            // All others have branches of their own in `read`.
            _ => return Err(damage(offset, "a value of an unknown encoding")),
        };
        let elements_len = match is_ziplist {
            true => ziplist::count(&block),
            false => listpack::count(&block),
        };
        let len = elements_len.map_err(|what| damage(offset, what))? / packing.elements();
        self.sink.begin(self.kind, len as u64);
        elements(offset, &block, is_ziplist, packing, self.sink)
    }
}

fn damage(offset: u64, what: &'static str) -> Error {
    Error { offset, problem: Problem::Damage(what.into()) }
}

/// A score as a text with its length in front, of which three values are no lengths.
fn text_score<R: Read>(source: &mut Source<R>) -> Result<f64> {
    let offset = source.offset();
    let mut text = [0; 252];
    let len = match source.byte()? {
        255 => return Ok(f64::NEG_INFINITY),
        254 => return Ok(f64::INFINITY),
        253 => return Ok(f64::NAN),
        len => usize::from(len),
    };
    for byte in &mut text[..len] {
        *byte = source.byte()?;
    }
    score(&text[..len]).ok_or_else(|| source.damage(offset, "a score that is not a number"))
}

/// What the elements of a block make up.
#[derive(Clone, Copy)]
enum Packing {
    List,
    Set,
    Hash,
    SortedSet,
    /// A field, its value, and when it expires; zero is never.
    ExpiringHash,
}

impl Packing {
    /// Elements of a block that make one of the value.
    fn elements(self) -> usize {
        match self {
            Packing::List | Packing::Set => 1,
            Packing::Hash | Packing::SortedSet => 2,
            Packing::ExpiringHash => 3,
        }
    }
}

/// Hands over the elements of a block; returns how many.
fn elements(
    offset: u64,
    block: &[u8],
    is_ziplist: bool,
    packing: Packing,
    sink: &mut dyn Sink,
) -> Result<u64> {
    let wrong = |what| damage(offset, what);
    match is_ziplist {
        true => {
            let len = ziplist::count(block).map_err(wrong)?;
            let walk = ziplist::Elements::new(block).map_err(wrong)?;
            pass_on(offset, walk, len, packing, sink)
        }
        false => {
            let len = listpack::count(block).map_err(wrong)?;
            let walk = listpack::Elements::new(block).map_err(wrong)?;
            pass_on(offset, walk, len, packing, sink)
        }
    }
}

fn pass_on<'a>(
    offset: u64,
    mut walk: impl Walk<'a>,
    len: usize,
    packing: Packing,
    sink: &mut dyn Sink,
) -> Result<u64> {
    let wrong = |what| damage(offset, what);
    if !len.is_multiple_of(packing.elements()) {
        return Err(wrong("a packed block with half a pair"));
    }
    let (mut first, mut second) = (Buffer::new(), Buffer::new());
    let count = len / packing.elements();
    for _ in 0..count {
        let element = walk.expect().map_err(wrong)?;
        let text = Cow::Borrowed(element.bytes(&mut first));
        let piece = match packing {
            Packing::List => Piece::Element(text),
            Packing::Set => Piece::Member(text),
            Packing::SortedSet => {
                let score = walk.expect().map_err(wrong)?.score();
                Piece::Scored(text, score.ok_or_else(|| wrong("a score that is not a number"))?)
            }
            Packing::Hash | Packing::ExpiringHash => {
                let value = walk.expect().map_err(wrong)?;
                let expires_at_ms = match packing {
                    Packing::ExpiringHash => field_expiry(walk.integer()).map_err(wrong)?,
                    _ => None,
                };
                let value = Cow::Borrowed(value.bytes(&mut second));
                Piece::Field { field: text, value, expires_at_ms }
            }
        };
        handed(offset, sink.take(piece))?;
    }
    Ok(count as u64)
}

fn field_expiry(
    moment: std::result::Result<i64, &'static str>,
) -> std::result::Result<Option<u64>, &'static str> {
    match u64::try_from(moment?) {
        Ok(0) => Ok(None),
        Ok(moment @ ..=FIELD_EXPIRES_MS_MAX) => Ok(Some(moment)),
        _ => Err("a field that expires too late"),
    }
}

fn zipmap_hash(offset: u64, block: &[u8], sink: &mut dyn Sink) -> Result<u64> {
    let wrong = |what| damage(offset, what);
    let len = zipmap::count(block).map_err(wrong)? as u64;
    sink.begin(Kind::Hash, len);
    let mut pairs = zipmap::Pairs::new(block);
    while let Some((field, value)) = pairs.step().map_err(wrong)? {
        let (field, value) = (Cow::Borrowed(field), Cow::Borrowed(value));
        handed(offset, sink.take(Piece::Field { field, value, expires_at_ms: None }))?;
    }
    Ok(len)
}

fn intset_set(offset: u64, block: &[u8], sink: &mut dyn Sink) -> Result<u64> {
    let integers = intset::integers(block).map_err(|what| damage(offset, what))?;
    let len = integers.len() as u64;
    sink.begin(Kind::Set, len);
    let mut digits = Buffer::new();
    for number in integers {
        let text = Cow::Borrowed(Packed::Integer(number).bytes(&mut digits));
        handed(offset, sink.take(Piece::Member(text)))?;
    }
    Ok(len)
}
