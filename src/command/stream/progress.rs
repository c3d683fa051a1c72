//! How far a group has read: the counter `entries-read`, and the lag behind the stream.
//!
//! A group counts what it reads, but a counter alone does not know of entries that were deleted
//! unread. Redis's rules say when it is certain all the same: from the ends of the stream, where
//! the number of every entry is known, and where no deletion lies ahead.

use crate::keyspace::types::stream::{Entries, Group, Id};

/// Whether an entry from `from` on may have been deleted.
fn has_tombstones(entries: &Entries, from: Id) -> bool {
    !entries.is_empty()
        && entries.max_deleted_id != Id::ZERO
        && entries.first_id() <= entries.max_deleted_id
        && from <= entries.max_deleted_id
}

/// The number of the entry with this id among all that were ever added, if that is certain.
pub(super) fn number_of(entries: &Entries, id: Id) -> Option<u64> {
    if entries.added == 0 {
        return Some(0);
    }
    if entries.is_empty() && id <= entries.last_id {
        return Some(entries.added);
    }
    if id >= entries.last_id {
        return (id == entries.last_id).then_some(entries.added);
    }
    let first = entries.first_id();
    let is_whole = entries.max_deleted_id == Id::ZERO || entries.max_deleted_id < first;
    match is_whole {
        true if id < first => Some(entries.added.saturating_sub(entries.len())),
        true if id == first => Some(entries.added.saturating_sub(entries.len()) + 1),
        _ => None,
    }
}

/// How many entries the group has not read, if that is certain. Counters that were set by hand may
/// make it negative.
pub(super) fn lag(entries: &Entries, group: &Group) -> Option<i64> {
    if entries.added == 0 {
        return Some(0);
    }
    let read = match group.entries_read {
        Some(read) if !has_tombstones(entries, group.last_id) => Some(read),
        _ => number_of(entries, group.last_id),
    };
    read.map(|read| entries.added.wrapping_sub(read) as i64)
}

/// Records that the group was given the entry `id`, the next one for it.
pub(super) fn advance(entries: &Entries, group: &mut Group, id: Id) {
    match group.entries_read {
        Some(read) if !has_tombstones(entries, id) => {
            group.entries_read = Some(read.saturating_add(1))
        }
        _ if entries.added > 0 => group.entries_read = number_of(entries, id),
        _ => {}
    }
    group.last_id = id;
}
