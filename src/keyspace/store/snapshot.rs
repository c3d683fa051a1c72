//! An image of the data as it was at one moment, taken while the data goes on changing.
//!
//! Copying everything at once would stop the server; so the image is taken segment by segment, and
//! whoever is about to change, remove or flush an entry that the walk has not come to yet hands it
//! over first, as it was. Every entry has a *mark*, one bit, which tells whether this image holds
//! it already or never will: an entry is marked when it is handed over, and new ones are born
//! marked. The next image reverses the meaning of the bit, so that nothing has to be reset.
//!
//! What is handed over shares its long strings and its fields with the entry; so the lock is held
//! no longer for a large value than for a small one. Who changes a hash while it is shared copies
//! it, once. Databases that are exchanged keep the number that they had; one that is flushed is
//! kept aside until the walk has been through it.

use crate::keyspace::bytes::Key;
use crate::keyspace::store::database::Database;
use crate::keyspace::store::entry::Entry;
use crate::keyspace::store::position::next_range;
use crate::keyspace::value::Value;

/// One entry as it was.
#[derive(Debug)]
pub struct BeforeImage {
    /// The number of its database.
    pub db: usize,
    /// Its name.
    pub key: Key,
    /// What it held.
    pub value: Value,
    /// Unix milliseconds of its deadline, if it had one.
    pub expires_at_ms: Option<u64>,
}

/// How far the walk through one database is.
#[derive(Debug, Default)]
pub struct Walk {
    /// The mark of entries that are dealt with, and of those that are born.
    pub mark: bool,
    /// The position from which on entries have not been seen; `None` if the walk is over.
    pub from: Option<u64>,
    /// The number that the database had when the image was begun.
    pub(crate) db: usize,
    /// What was handed over by those who changed it.
    pub(crate) kept: Vec<BeforeImage>,
    /// Bytes of that.
    pub(crate) before_image_bytes: usize,
}

impl Walk {
    /// Hands an entry over that is about to be changed, unless that has been done. Returns at once
    /// while there is no walk.
    pub fn keep(&mut self, key: &[u8], entry: &mut Entry) {
        if self.from.is_some() && entry.mark() != self.mark {
            entry.set_mark(self.mark);
            self.before_image_bytes += size_of::<BeforeImage>() + entry.value.heap_bytes();
            self.kept.push(kept(self.db, Key::new(key), entry));
        }
    }
}

pub(crate) fn kept(db: usize, key: Key, entry: &Entry) -> BeforeImage {
    BeforeImage { db, key, value: entry.value.clone(), expires_at_ms: entry.expires_at_ms() }
}

/// The image that is being taken, if one is.
#[derive(Default)]
pub struct Snapshot {
    pub(crate) mark: bool,
    pub(crate) is_on: bool,
    /// Flushed databases that the walk has not been through.
    pub(crate) aside: Vec<Database>,
}

impl Database {
    /// Walks on through one segment, and appends what it holds to `image`.
    pub(crate) fn walk_segment(&mut self, image: &mut Vec<BeforeImage>) {
        let Some(from) = self.walk.from else { return };
        let at = self.segment_at(from);
        let segment = &mut self.segments[at];
        for (key, entry) in segment.iter_mut() {
            if entry.mark() != self.walk.mark {
                entry.set_mark(self.walk.mark);
                image.push(kept(self.walk.db, key.clone(), entry));
            }
        }
        // To the first position of the next segment, if there is one.
        self.walk.from = next_range(from, segment.depth);
    }
}
