//! A snapshot of one database: its entries as they were at one moment, while changes go on.
//!
//! Copying everything at once would stop the server, so the snapshot walks segment by segment. A
//! change to an entry that the walk has not reached yet first saves the *before-image*: the entry
//! as it was. Every entry has a *mark*, one bit, which says whether this snapshot is finished with
//! it: saving an entry sets the mark, and a new entry is created with the mark set. The next
//! snapshot reverses the meaning of the bit, so that nothing has to be reset.
//!
//! ```text
//!                          walk ▼
//! segments      │ A: 1 1 1 │ B: 0 1 0 │ C: 0 0 0 │     mark of this snapshot: 1
//! change in A   the mark is 1: nothing to do, the walk has saved it
//! change in C   the mark is 0: save the before-image, set the mark, change
//! new key in C  is created with mark 1: the snapshot does not contain it
//! walk at B     saves the entries with mark 0; the 1 was saved by a change before
//! ```
//!
//! A before-image shares long strings and containers with the entry, so the lock is held no longer
//! for a large value than for a small one; a change to a shared container copies it first
//! (copy-on-write). A database that SWAPDB exchanges keeps its number within the snapshot, and a
//! flushed one is kept aside until the walk has finished it.

use crate::keyspace::bytes::Key;
use crate::keyspace::store::database::Database;
use crate::keyspace::store::entry::Entry;
use crate::keyspace::store::position::next_range;
use crate::keyspace::value::Value;

/// One entry as it was at the beginning of the snapshot (a before-image).
#[derive(Debug)]
pub struct BeforeImage {
    /// The number of its database.
    pub db: usize,
    /// Its key.
    pub key: Key,
    /// Its value.
    pub value: Value,
    /// Unix milliseconds of its deadline, if it had one.
    pub expires_at_ms: Option<u64>,
}

/// Progress of a snapshot through one database.
#[derive(Debug, Default)]
pub struct Walk {
    /// The mark of entries that the snapshot is finished with, and of new ones.
    pub mark: bool,
    /// The position at which the walk continues; `None` if there is no walk.
    pub from: Option<u64>,
    /// The number that the database had when the snapshot began.
    pub(crate) db: usize,
    /// Before-images saved by changes.
    pub(crate) before_images: Vec<BeforeImage>,
    /// Bytes of these.
    pub(crate) before_image_bytes: usize,
}

impl Walk {
    /// Saves the before-image of an entry that is about to change, unless the snapshot is finished
    /// with it. Returns at once while there is no walk.
    pub fn keep(&mut self, key: &[u8], entry: &mut Entry) {
        if self.from.is_some() && entry.mark() != self.mark {
            entry.set_mark(self.mark);
            self.before_image_bytes += size_of::<BeforeImage>() + entry.value.heap_bytes();
            self.before_images.push(before_image(self.db, Key::new(key), entry));
        }
    }
}

pub(crate) fn before_image(db: usize, key: Key, entry: &Entry) -> BeforeImage {
    BeforeImage { db, key, value: entry.value.clone(), expires_at_ms: entry.expires_at_ms() }
}

/// The snapshot that is being taken, if there is one.
#[derive(Default)]
pub struct Snapshot {
    pub(crate) mark: bool,
    pub(crate) is_on: bool,
    /// Flushed databases that the walk has not finished.
    pub(crate) aside: Vec<Database>,
}

impl Database {
    /// Walks one segment and appends what the snapshot still needs of it to `snapshot`.
    pub(crate) fn walk_segment(&mut self, snapshot: &mut Vec<BeforeImage>) {
        let Some(from) = self.walk.from else { return };
        let at = self.segment_at(from);
        let segment = &mut self.segments[at];
        for (key, entry) in segment.iter_mut() {
            if entry.mark() != self.walk.mark {
                entry.set_mark(self.walk.mark);
                snapshot.push(before_image(self.walk.db, key.clone(), entry));
            }
        }
        // The first position of the next segment, if there is one.
        self.walk.from = next_range(from, segment.depth);
    }
}
