//! Fields of hashes that expire.
//!
//! As with keys, a command does not see what has expired: the first lookup of a hash removes all
//! its fields whose deadlines have passed, and HLEN never counts one (Redis does, until it removes
//! it). So all reading commands are the same for hashes with and without deadlines. The housekeeper
//! removes the others, a few at a time. If no field is left, the key is removed as a whole, at no
//! cost under the lock: that is the most usual case in which very many fields expire at once. If
//! only a part of very many fields expires at once, a command on that hash which is faster than the
//! housekeeper pays for their removal, about a microsecond for each.
//!
//! The removals are logged as HDEL in front of whatever depends on them; no field expires while a
//! log is replayed.

use crate::keyspace::databases::{Cause, Keyspace};
use crate::keyspace::events::Event;
use crate::keyspace::types::Hash;
use crate::keyspace::value::Stored;
use crate::limits;

/// Fields of a hash have expired.
const EXPIRED: Event = Event::hash("hexpired");

impl Keyspace {
    /// Removes up to `fields_max` fields of the hash under `key` whose deadlines have passed, or
    /// the key if no field is left, and returns how many; 0 if there is none.
    pub(crate) fn expire_fields(
        &mut self,
        db: usize,
        key: &[u8],
        now_ms: u64,
        fields_max: usize,
    ) -> usize {
        let database = &mut self.databases[db];
        let hash = database.peek(key).and_then(|entry| Hash::of(&entry.value));
        let due = hash.map_or(0, |hash| hash.due_len(now_ms));
        if due == 0 {
            return 0;
        }
        self.events.add(db, key, EXPIRED);
        if hash.is_some_and(|hash| hash.len() == due) {
            self.remove_unasked(db, key, Cause::Emptied);
            return due.min(fields_max);
        }
        let take = |hash: &mut Hash| hash.take_due(now_ms, fields_max);
        let fields =
            database.change_by(key, None, |entry| Hash::of_mut(&mut entry.value).map(take));
        let fields = fields.flatten().unwrap_or_default();
        let removed = fields.len();
        self.watchers.changed(db, key);
        self.invalidations.add(key, false);
        self.propagation.add_removal(db, key, fields);
        removed
    }

    /// Removes up to `fields_max` expired fields, and returns how many; 0 if there is none.
    pub(crate) fn sweep_fields(&mut self, now_ms: u64, fields_max: usize) -> usize {
        let mut removed = 0;
        for db in 0..self.databases.len() {
            while removed < fields_max {
                let keys = limits::PREFETCH_KEYS.min(fields_max - removed);
                let due = self.databases[db].due_parts(now_ms, keys);
                if due.is_empty() {
                    break;
                }
                for key in due {
                    removed += self.expire_fields(db, &key, now_ms, (fields_max - removed).max(1));
                }
            }
        }
        removed
    }
}
