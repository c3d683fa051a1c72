//! [`Keys`]: one database at one moment, as one client sees it.
//!
//! There are three kinds of lookups, because Redis counts them differently: *read* and *peek* count
//! a hit or a miss, *read* and *look* (before writing) record a use. Every method that changes the
//! data is called a mutator and calls `changed`, which counts the change and informs watchers.

use crate::keyspace::bytes::Key;
use crate::keyspace::databases::{Cause, Counters, Keyspace};
use crate::keyspace::events::{Event, Events};
use crate::keyspace::store::entry::Entry;
use crate::keyspace::store::frequency::{Frequency, NEW, Use};
use crate::keyspace::types::Encodings;
use crate::keyspace::value::{Stored, Value};
use crate::keyspace::value_type::WrongType;
use crate::limits;

/// One database at one moment, as one client sees it.
pub struct Keys<'a> {
    pub(crate) keyspace: &'a mut Keyspace,
    pub(crate) db: usize,
    pub(crate) now_ms: u64,
    pub(crate) quiet: bool,
}

/// The outcome of a closure on a value that [`Keys::replace`] has lent to it.
pub struct Changed<T, R> {
    /// A new value, unless the old one was changed in place or stays.
    replacement: Option<T>,
    /// Whether it counts as a change: for the log, for WATCH and for key events.
    is_change: bool,
    result: R,
}

impl<T, R> Changed<T, R> {
    /// The value is replaced by `new`.
    pub fn to(new: T, result: R) -> Changed<T, R> {
        Changed { replacement: Some(new), is_change: true, result }
    }

    /// The value was changed in place, or `replacement` has the same content. `is_change` decides
    /// whether that counts as a change.
    pub fn within(replacement: Option<T>, is_change: bool, result: R) -> Changed<T, R> {
        Changed { replacement, is_change, result }
    }
}

impl Keyspace {
    /// The view of database `db` at `now_ms`; with `quiet`, lookups record no use.
    pub fn keys(&mut self, db: usize, now_ms: u64, quiet: bool) -> Keys<'_> {
        Keys { keyspace: self, db, now_ms, quiet }
    }
}

impl Keys<'_> {
    /// Unix milliseconds of this moment.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Whether a log is being replayed: what has expired stays until the log removes it.
    pub fn is_replaying(&self) -> bool {
        self.keyspace.is_replaying
    }

    /// Up to where values have the names of small ones.
    pub fn encodings(&self) -> Encodings {
        self.keyspace.encodings
    }

    /// How uses are counted, if an LFU policy is selected.
    pub fn frequency(&self) -> Option<Frequency> {
        self.keyspace.limit.policy.is_lfu().then_some(self.keyspace.frequency)
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.keyspace.databases[self.db].len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value under `key` for a reading command: counts a hit or a miss, and records a use.
    ///
    /// # Errors The value is of another type.
    pub fn read<T: Stored>(&mut self, key: &[u8]) -> Result<Option<&T>, WrongType> {
        as_type(self.read_entry(key))
    }

    /// The value under `key` for a writing command: records a use and counts nothing.
    ///
    /// # Errors The value is of another type.
    pub fn look<T: Stored>(&mut self, key: &[u8]) -> Result<Option<&T>, WrongType> {
        as_type(self.look_entry(key))
    }

    /// [`Keys::read`] for a value of any type.
    pub fn read_entry(&mut self, key: &[u8]) -> Option<&Entry> {
        if self.quiet {
            return self.peek(key);
        }
        self.expire_if_due(key);
        let now = self.next_use();
        let Keyspace { databases, counters, events, .. } = &mut *self.keyspace;
        let found = databases[self.db].touch(key, now);
        count_lookup(counters, events, (self.db, key), found.is_some());
        found
    }

    /// The entry under `key` for a command that asks *about* it (EXISTS, TTL, TYPE): counts a hit
    /// or a miss, and records no use.
    pub fn peek(&mut self, key: &[u8]) -> Option<&Entry> {
        self.expire_if_due(key);
        let Keyspace { databases, counters, events, .. } = &mut *self.keyspace;
        let found = databases[self.db].peek(key);
        count_lookup(counters, events, (self.db, key), found.is_some());
        found
    }

    /// Bytes of memory that `key` and its value take; records no use.
    pub fn bytes_of(&mut self, key: &[u8]) -> Option<usize> {
        self.expire_if_due(key);
        self.keyspace.databases[self.db].bytes_of(key)
    }

    /// [`Keys::look`] for a value of any type.
    pub fn look_entry(&mut self, key: &[u8]) -> Option<&Entry> {
        self.expire_if_due(key);
        let now = self.next_use();
        self.keyspace.databases[self.db].touch(key, now)
    }

    /// Walks the keys from `cursor` on until about `count` were visited, and returns the cursor at
    /// which to continue: 0 at the end. Every key that exists throughout a walk is visited exactly
    /// once. Expired keys are left out.
    pub fn scan(&self, cursor: u64, count: usize, mut each: impl FnMut(&Key, &Entry)) -> u64 {
        self.keyspace.databases[self.db].scan(cursor, count, |key, entry| {
            if !entry.is_expired(self.now_ms) {
                each(key, entry);
            }
        })
    }

    /// A random key: the first one after a random position on the ring.
    ///
    /// Expired keys that it meets are removed. After a few of them it returns an expired one, as
    /// Redis does, because the lock must not be held for long.
    pub fn random(&mut self) -> Option<Key> {
        let mut picked = None;
        for _ in 0..limits::RANDOM_KEY_TRIES {
            let now = self.next_use();
            let anywhere = self.keyspace.hasher.hash_one(&now.at.0.to_ne_bytes());
            let (key, is_expired) = self.keyspace.databases[self.db]
                .first_from(anywhere, |key, entry| (key.clone(), entry.is_expired(self.now_ms)))?;
            if is_expired {
                self.keyspace.remove_unasked(self.db, &key, Cause::Expired);
            }
            picked = Some(key);
            if !is_expired {
                break;
            }
        }
        picked
    }

    /// *Mutator.* Stores `value` under `key`, replacing any old value, with a deadline or none.
    pub fn set(&mut self, key: &[u8], value: Value, expires_at_ms: Option<u64>, event: Event) {
        self.store(key, value, Some(expires_at_ms), event);
    }

    /// *Mutator.* Stores `value` and keeps the deadline.
    pub fn set_value(&mut self, key: &[u8], value: Value, event: Event) {
        self.store(key, value, None, event);
    }

    /// Stores with a new deadline, without one, or with the old one.
    fn store(
        &mut self,
        key: &[u8],
        value: Value,
        expires_at_ms: Option<Option<u64>>,
        event: Event,
    ) {
        self.expire_if_due(key);
        let now = self.next_use();
        let database = &mut self.keyspace.databases[self.db];
        database.note_type(&value);
        // The value goes into the existing entry or into a new one.
        let mut value = Some(value);
        let old = database.change(key, now, |entry| {
            entry.set_expires_at_ms(expires_at_ms.unwrap_or(entry.expires_at_ms()));
            value.take().map(|value| std::mem::replace(&mut entry.value, value))
        });
        if let Some(old) = old.flatten() {
            self.keyspace.discard(old);
        } else if let Some(value) = value {
            self.insert(key, Entry::new(value, expires_at_ms.flatten(), now.at.with_count(NEW)));
        }
        self.changed(key, event, 1);
    }

    /// *Mutator.* Lends the value under `key` to `change`, which changes it in place or returns
    /// another one; the deadline stays. If the key is missing, `change` gets `None`, and the value
    /// that it returns creates the key.
    ///
    /// This exists for strings that are changed in place (APPEND, SETBIT, …).
    ///
    /// # Errors
    /// The value is of another type; or those of `change`, which must not have changed anything
    /// then.
    pub fn replace<T: Stored, R, E: From<WrongType>>(
        &mut self,
        key: &[u8],
        event: Event,
        change: impl FnOnce(Option<&mut T>) -> Result<Changed<T, R>, E>,
    ) -> Result<R, E> {
        self.expire_if_due(key);
        let now = self.next_use();
        let database = &mut self.keyspace.databases[self.db];
        // The closure is called once: on the entry, or without one.
        let mut change = Some(change);
        let changed = database.change(key, now, |entry| {
            let (Some(value), Some(change)) = (T::of_mut(&mut entry.value), change.take()) else {
                return Err(E::from(WrongType));
            };
            let mut changed = change(Some(value))?;
            // The old value remains to be dropped.
            changed.replacement = changed.replacement.map(|new| std::mem::replace(value, new));
            Ok(changed)
        });
        let Changed { result, is_change, .. } = match (changed, change) {
            (Some(changed), _) => {
                let mut changed = changed?;
                if let Some(old) = changed.replacement.take() {
                    self.keyspace.discard(old.wrap());
                }
                changed
            }
            (None, Some(change)) => {
                let mut changed = change(None)?;
                if let Some(new) = changed.replacement.take() {
                    self.insert(key, Entry::new(new.wrap(), None, now.at.with_count(NEW)));
                }
                changed
            }
            (None, None) => return Err(WrongType.into()),
        };
        self.changed(key, event, usize::from(is_change));
        Ok(result)
    }

    /// *Mutator.* Lends the value under `key` to `change`, which changes it in place and returns
    /// the number of changes; the deadline stays. A missing key is created, unless the new value
    /// stays empty; a value that becomes empty is removed.
    ///
    /// # Errors
    /// The value is of another type; nothing has changed then.
    pub fn change<T: Stored, R>(
        &mut self,
        key: &[u8],
        event: Event,
        change: impl FnOnce(&mut T) -> (R, usize),
    ) -> Result<R, WrongType> {
        let (result, changes, is_empty) = self.lend(key, change)?;
        self.changed(key, event, changes);
        if is_empty && let Some(entry) = self.keyspace.databases[self.db].remove(key) {
            self.keyspace.discard(entry.value);
            self.keyspace.events.add(self.db, key, Event::DEL);
        }
        Ok(result)
    }

    /// Lends the value under `key`, or a new one, and returns the result, the number of changes,
    /// and whether a value that was there is empty now.
    pub(super) fn lend<T: Stored, R>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(&mut T) -> (R, usize),
    ) -> Result<(R, usize, bool), WrongType> {
        self.expire_if_due(key);
        let now = self.next_use();
        let database = &mut self.keyspace.databases[self.db];
        let mut change = Some(change);
        let changed = database.change(key, now, |entry| {
            let value = T::of_mut(&mut entry.value)?;
            let change = change.take()?;
            Some((change(value), value.is_empty()))
        });
        let ((result, changes), is_empty) = match (changed, change) {
            (Some(changed), _) => changed.ok_or(WrongType)?,
            (None, Some(change)) => {
                let mut value = T::default();
                let changed = change(&mut value);
                if !value.is_empty() {
                    self.insert(key, Entry::new(value.wrap(), None, now.at.with_count(NEW)));
                }
                (changed, false)
            }
            (None, None) => return Err(WrongType),
        };
        Ok((result, changes, is_empty))
    }

    /// Adds an entry under a missing key.
    fn insert(&mut self, key: &[u8], entry: Entry) {
        self.keyspace.databases[self.db].insert(key, entry);
        self.keyspace.events.add(self.db, key, Event::NEW);
    }

    /// *Mutator.* Sets or removes the deadline of `key`; false if there is no such key. A deadline
    /// in the past removes the key.
    pub fn set_deadline(&mut self, key: &[u8], expires_at_ms: Option<u64>) -> bool {
        let event = if expires_at_ms.is_some() { Event::EXPIRE } else { Event::PERSIST };
        self.expire_if_due(key);
        if !self.keyspace.is_replaying
            && expires_at_ms.is_some_and(|deadline| deadline <= self.now_ms)
        {
            return self.remove(key, Event::DEL);
        }
        let now = self.next_use();
        let database = &mut self.keyspace.databases[self.db];
        let set = database.change(key, now, |entry| entry.set_expires_at_ms(expires_at_ms));
        self.changed(key, event, usize::from(set.is_some()));
        set.is_some()
    }

    /// *Mutator.* Removes `key` and returns whether it existed.
    pub fn remove(&mut self, key: &[u8], event: Event) -> bool {
        let Some(entry) = self.take(key, event) else { return false };
        self.keyspace.discard(entry.value);
        true
    }

    /// *Mutator.* Removes `key` and returns its entry.
    pub fn take(&mut self, key: &[u8], event: Event) -> Option<Entry> {
        self.expire_if_due(key);
        let entry = self.keyspace.databases[self.db].remove(key)?;
        self.changed(key, event, 1);
        Some(entry)
    }

    /// Drops a value that was taken out: after the lock was released, if dropping takes long.
    pub fn discard(&mut self, value: Value) {
        self.keyspace.discard(value);
    }

    /// Has `words` logged in the place of the request that is being executed, because at another
    /// time, or for a plain Redis, that one would mean something else.
    pub fn log_as<Words: IntoIterator<Item = Key>>(&mut self, words: impl FnOnce() -> Words) {
        self.keyspace.propagation.replace_request(words);
    }

    /// Removes `key` if it is expired, and the fields of a hash that are. Costs nothing in a
    /// database without deadlines.
    pub(crate) fn expire_if_due(&mut self, key: &[u8]) {
        #[cfg(debug_assertions)]
        self.keyspace.touched.iter_mut().for_each(|touched| touched.push(Key::new(key)));
        let database = &self.keyspace.databases[self.db];
        if self.keyspace.is_replaying {
            return;
        }
        let now_ms = self.now_ms;
        if database.volatile_len() > 0
            && database.peek(key).is_some_and(|entry| entry.is_expired(now_ms))
        {
            self.keyspace.remove_unasked(self.db, key, Cause::Expired);
        } else if database.has_part_deadlines() {
            self.keyspace.expire_fields(self.db, key, now_ms, usize::MAX);
        }
    }

    /// Queues one more event about `key`, for a command whose change has several names.
    pub fn notify(&mut self, key: &[u8], event: Event) {
        self.keyspace.events.add(self.db, key, event);
    }

    /// The last step of every mutator: counts the change, informs watchers and queues the event.
    fn changed(&mut self, key: &[u8], event: Event, changes: usize) {
        if changes > 0 {
            self.keyspace.counters.changes += changes as u64;
            self.keyspace.watchers.changed(self.db, key);
            self.keyspace.waiters.changed(self.db, key);
            self.keyspace.invalidations.add(key, true);
            self.keyspace.events.add(self.db, key, event);
        }
    }

    fn next_use(&mut self) -> Use {
        let at = self.keyspace.last_use.next(self.now_ms);
        self.keyspace.last_use = at;
        match self.keyspace.limit.policy.is_lfu() {
            true => {
                let random = self.keyspace.hasher.hash_one(&at.0.to_ne_bytes());
                self.keyspace.frequency.use_at(at, random)
            }
            false => Use::uncounted(at),
        }
    }
}

fn as_type<T: Stored>(entry: Option<&Entry>) -> Result<Option<&T>, WrongType> {
    entry.map(|entry| T::of(&entry.value).ok_or(WrongType)).transpose()
}

/// Counts a lookup by a reading command.
fn count_lookup(
    counters: &mut Counters,
    events: &mut Events,
    (db, key): (usize, &[u8]),
    is_found: bool,
) {
    if is_found {
        counters.hits += 1;
    } else {
        counters.misses += 1;
        events.add(db, key, Event::KEY_MISS);
    }
}
