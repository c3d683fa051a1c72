//! Streams: a log of entries, each with an id and fields, and groups of consumers that read it.
//!
//! | file | job |
//! |---|---|
//! | [`id`] | ids of entries |
//! | `chunk`, `coding` | a hundred entries in one allocation |
//! | [`entries`] | all chunks: append, trim, delete, ranges |
//! | [`group`] | groups, consumers, pending entries |
//! | `listpack` | where Redis would end a node |
//! | `radix` | how many nodes Redis's tree of chunks has |
//! | `value_type` | the stream as a type of value |
//!
//! Everything that may be long is in counted pages (see
//! [`paged_map`](crate::keyspace::types::paged_map)), so a snapshot costs the first change
//! afterwards one page or one chunk, and never the stream.
//!
//! Other than a list, a stream without entries exists: it knows its last id, and has groups.

mod chunk;
mod coding;
pub mod entries;
pub mod group;
pub mod id;
mod listpack;
mod radix;
mod value_type;

pub use chunk::{Entry, Fields};
pub use entries::{Entries, Trim};
pub use group::{Consumer, ConsumerNumber, Group, Pending};
pub use id::Id;

use crate::keyspace::allocation::allocated;
use crate::keyspace::bytes::Key;
use crate::keyspace::types::element::Element;
use crate::keyspace::types::encoding::StreamNodes;
use crate::keyspace::types::paged_map::PagedMap;
use std::sync::Arc;

/// Groups in a page.
const GROUPS_PER_PAGE: usize = 16;

/// A stream. One that is made by default is not there yet: see [`Stream::create`].
#[derive(Debug, Clone, Default)]
pub struct Stream {
    body: Option<Box<Body>>,
}

#[derive(Debug, Clone, Default)]
struct Body {
    entries: Entries,
    groups: PagedMap<Key, Arc<Group>, GROUPS_PER_PAGE>,
    /// Bytes of the groups and of long names.
    group_bytes: usize,
}

/// What a stream that is not there is read as.
static NOTHING: Entries = Entries::NONE;

impl Stream {
    /// A stream without entries.
    pub fn new() -> Stream {
        let mut stream = Stream::default();
        stream.create();
        stream
    }

    /// Makes a stream without entries of one that is not there; leaves others alone.
    pub fn create(&mut self) {
        self.body.get_or_insert_default();
    }

    /// A stream of what was removed of another one, to be dropped when the lock is released.
    pub fn of_remains(entries: Entries) -> Stream {
        Stream { body: Some(Box::new(Body { entries, ..Body::default() })) }
    }

    /// Whether it was created.
    pub fn exists(&self) -> bool {
        self.body.is_some()
    }

    /// The entries.
    pub fn entries(&self) -> &Entries {
        self.body.as_ref().map_or(&NOTHING, |body| &body.entries)
    }

    /// The entries, to be changed.
    pub fn entries_mut(&mut self) -> &mut Entries {
        &mut self.body.get_or_insert_default().entries
    }

    /// Appends an entry: see [`Entries::append`].
    pub fn append<'a>(
        &mut self,
        id: Id,
        words: impl ExactSizeIterator<Item = Element<'a>> + Clone,
        sizes: StreamNodes,
    ) {
        self.entries_mut().append(id, words, sizes);
    }

    /// Number of groups.
    pub fn groups_len(&self) -> usize {
        self.body.as_ref().map_or(0, |body| body.groups.len())
    }

    /// The groups in the order of their names.
    pub fn groups(&self) -> impl Iterator<Item = (&Key, &Group)> {
        let groups = self.body.iter().flat_map(|body| body.groups.iter());
        groups.map(|(name, group)| (name, &**group))
    }

    /// The group with this name.
    pub fn group(&self, name: &[u8]) -> Option<&Group> {
        self.body.as_ref()?.groups.get(name).map(|group| &**group)
    }

    /// Adds a group, unless there is one of this name, and says whether there was none.
    pub fn add_group(&mut self, name: &[u8], group: Group) -> bool {
        let body = self.body.get_or_insert_default();
        let is_new = body.groups.get(name).is_none();
        if is_new {
            let name = Key::new(name);
            body.group_bytes += bytes_of_group(&name, &group);
            body.groups.insert(name, Arc::new(group));
        }
        is_new
    }

    /// Removes a group, and returns it in a stream, to be dropped when the lock is released.
    pub fn remove_group(&mut self, name: &[u8]) -> Option<Stream> {
        let body = self.body.as_mut()?;
        let group = body.groups.remove(name)?;
        let name = Key::new(name);
        let bytes = bytes_of_group(&name, &group);
        body.group_bytes -= bytes;
        let mut remains = Body { group_bytes: bytes, ..Body::default() };
        remains.groups.insert(name, group);
        Some(Stream { body: Some(Box::new(remains)) })
    }

    /// Lends a group to be changed, with the entries to be read.
    pub fn change_group<R>(
        &mut self,
        name: &[u8],
        change: impl FnOnce(&mut Group, &Entries) -> R,
    ) -> Option<R> {
        let Body { entries, groups, group_bytes } = &mut **self.body.as_mut()?;
        let group = Arc::make_mut(groups.get_mut(name)?);
        *group_bytes -= group.heap_bytes();
        let result = change(group, entries);
        *group_bytes += group.heap_bytes();
        Some(result)
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.body.as_ref().map_or(0, |body| {
            allocated(size_of::<Body>())
                + body.entries.heap_bytes()
                + body.groups.heap_bytes()
                + body.group_bytes
        })
    }

    /// Nodes of the tree in which Redis would find the chunks.
    pub fn radix_nodes(&self) -> usize {
        radix::nodes(self.entries().chunk_ids())
    }

    /// Checks the invariants.
    ///
    /// # Panics
    /// If one does not hold.
    pub fn check_invariants(&self) {
        let Some(body) = &self.body else { return };
        body.entries.check_invariants();
        body.groups.check_invariants();
        let mut bytes = 0;
        for (name, group) in body.groups.iter() {
            group.check_invariants();
            bytes += bytes_of_group(name, group);
        }
        assert_eq!(bytes, body.group_bytes, "the bytes of the groups");
    }
}

/// Bytes of a group, of its count of references, and of its name.
fn bytes_of_group(name: &Key, group: &Group) -> usize {
    allocated(2 * size_of::<usize>() + size_of::<Group>()) + group.heap_bytes() + name.heap_bytes()
}

#[cfg(test)]
mod tests;
