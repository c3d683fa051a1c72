//! [`Keys`]: one database at one moment, as one client sees it.
//!
//! Lookups come in three kinds, because Redis counts and ages them differently: to *read*, to
//! *peek*, and to *look* before writing. Whatever changes the data is called a mutator and passes
//! `changed`, the private method that counts it and tells those who watch.

use crate::error::CommandError;
use crate::keyspace::bytes::{Key, Text};
use crate::keyspace::databases::{Cause, Keyspace};
use crate::keyspace::hash::FieldMap;
use crate::keyspace::store::entry::{Entry, LastUse};
use crate::keyspace::value::Value;
use crate::limits;
use std::sync::Arc;

/// One database at one moment, as one client sees it.
pub struct Keys<'a> {
    pub(crate) keyspace: &'a mut Keyspace,
    pub(crate) db: usize,
    pub(crate) now_ms: u64,
    pub(crate) quiet: bool,
}

/// What [`Keys::change_string`] is told about the change.
pub struct Changed<R> {
    /// A new string, unless the one that was there was changed in place or stays.
    replacement: Option<Text>,
    /// Whether those who watch the key are told.
    is_change: bool,
    result: R,
}

impl<R> Changed<R> {
    /// `text` replaces the string.
    pub fn to(text: Text, result: R) -> Changed<R> {
        Changed { replacement: Some(text), is_change: true, result }
    }

    /// The string was changed in place, or lies in another one with the same bytes; to those who
    /// watch it that `is_change` or is none.
    pub fn within(replacement: Option<Text>, is_change: bool, result: R) -> Changed<R> {
        Changed { replacement, is_change, result }
    }
}

impl Keyspace {
    /// The view of database `db` at `now_ms`; with `quiet`, lookups do not make keys younger.
    pub fn keys(&mut self, db: usize, now_ms: u64, quiet: bool) -> Keys<'_> {
        Keys { keyspace: self, db, now_ms, quiet }
    }
}

impl Keys<'_> {
    /// Unix milliseconds of this moment.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.keyspace.databases[self.db].len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks `key` up for a reading command: counts a hit or a miss and makes it the newest.
    pub fn read(&mut self, key: &[u8]) -> Option<&Entry> {
        if self.quiet {
            return self.peek(key);
        }
        self.expire_if_due(key);
        let age = self.next_use();
        let found = self.keyspace.databases[self.db].touch(key, age);
        let counters = &mut self.keyspace.counters;
        *(if found.is_some() { &mut counters.hits } else { &mut counters.misses }) += 1;
        found
    }

    /// Looks `key` up for a command that asks *about* it (EXISTS, TTL, TYPE): counts, but does not
    /// make it younger.
    pub fn peek(&mut self, key: &[u8]) -> Option<&Entry> {
        self.expire_if_due(key);
        let found = self.keyspace.databases[self.db].peek(key);
        let counters = &mut self.keyspace.counters;
        *(if found.is_some() { &mut counters.hits } else { &mut counters.misses }) += 1;
        found
    }

    /// Bytes of memory that `key` and what it holds take; looking is no use of the key.
    pub fn bytes_of(&mut self, key: &[u8]) -> Option<usize> {
        self.expire_if_due(key);
        self.keyspace.databases[self.db].bytes_of(key)
    }

    /// Looks `key` up for a writing command: makes it the newest and counts nothing.
    pub fn look(&mut self, key: &[u8]) -> Option<&Entry> {
        self.expire_if_due(key);
        let age = self.next_use();
        self.keyspace.databases[self.db].touch(key, age)
    }

    /// [`Keys::read`] for a command that wants a string.
    ///
    /// # Errors
    /// [`CommandError::WRONG_TYPE`].
    pub fn read_string(&mut self, key: &[u8]) -> Result<Option<&Text>, CommandError> {
        as_string(self.read(key))
    }

    /// [`Keys::read`] for a command that wants a hash.
    ///
    /// # Errors
    /// [`CommandError::WRONG_TYPE`].
    pub fn read_hash(&mut self, key: &[u8]) -> Result<Option<&FieldMap>, CommandError> {
        as_hash(self.read(key))
    }

    /// [`Keys::look`] for a command that wants a string.
    ///
    /// # Errors
    /// [`CommandError::WRONG_TYPE`].
    pub fn look_string(&mut self, key: &[u8]) -> Result<Option<&Text>, CommandError> {
        as_string(self.look(key))
    }

    /// [`Keys::look`] for a command that wants a hash.
    ///
    /// # Errors
    /// [`CommandError::WRONG_TYPE`].
    pub fn look_hash(&mut self, key: &[u8]) -> Result<Option<&FieldMap>, CommandError> {
        as_hash(self.look(key))
    }

    /// Walks the keys from `cursor` on until about `count` were seen, and returns where to go on:
    /// 0 at the end. Every key that stays throughout a walk is seen exactly once. Keys whose
    /// deadline has passed are not shown.
    pub fn scan(&self, cursor: u64, count: usize, mut each: impl FnMut(&Key, &Entry)) -> u64 {
        self.keyspace.databases[self.db].scan(cursor, count, |key, entry| {
            if !entry.is_expired(self.now_ms) {
                each(key, entry);
            }
        })
    }

    /// A key from anywhere: the first one behind a random place on the ring of positions.
    ///
    /// Expired keys that it meets are removed; after a few of them it picks one that is expired,
    /// which Redis does as well, rather than to hold the lock for long.
    pub fn random(&mut self) -> Option<Key> {
        let mut picked = None;
        for _ in 0..limits::RANDOM_KEY_TRIES {
            let age = self.next_use();
            let anywhere = self.keyspace.hasher.hash_one(&age.0.to_ne_bytes());
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

    /// *Mutator.* Stores `value` under `key`, whatever was there before, with a deadline or none.
    pub fn set(&mut self, key: &[u8], value: Value, expires_at_ms: Option<u64>) {
        self.store(key, value, Some(expires_at_ms));
    }

    /// *Mutator.* Stores `value` under `key` and leaves the deadline as it is.
    pub fn set_value(&mut self, key: &[u8], value: Value) {
        self.store(key, value, None);
    }

    /// Stores with a new deadline or none, or with the one that is there already.
    fn store(&mut self, key: &[u8], value: Value, expires_at_ms: Option<Option<u64>>) {
        self.expire_if_due(key);
        self.changed(key, 1);
        let age = self.next_use();
        let database = &mut self.keyspace.databases[self.db];
        // The value goes into the entry that is there, or into a new one.
        let mut value = Some(value);
        let old = database.change(key, age, |entry| {
            entry.set_expires_at_ms(expires_at_ms.unwrap_or(entry.expires_at_ms()));
            value.take().map(|value| std::mem::replace(&mut entry.value, value))
        });
        if let Some(old) = old.flatten() {
            self.keyspace.discard(old);
        } else if let Some(value) = value {
            database.insert(key, Entry::new(value, expires_at_ms.flatten(), age));
        }
    }

    /// *Mutator.* Lets `change` work on the string under `key`, in place if it can, and leaves the
    /// deadline as it is. A missing key, which `change` sees as `None`, is created if `change` has
    /// a string for it.
    ///
    /// # Errors
    /// [`CommandError::WRONG_TYPE`], and those of `change`, which has changed nothing then.
    pub fn change_string<R>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(Option<&mut Text>) -> Result<Changed<R>, CommandError>,
    ) -> Result<R, CommandError> {
        self.expire_if_due(key);
        let age = self.next_use();
        let database = &mut self.keyspace.databases[self.db];
        // The closure is called once: on the entry, or without one.
        let mut change = Some(change);
        let changed = database.change(key, age, |entry| match (&mut entry.value, change.take()) {
            (Value::String(text), Some(change)) => {
                let mut changed = change(Some(text))?;
                let new = changed.replacement.take();
                changed.replacement = new.map(|new| std::mem::replace(text, new));
                Ok(changed)
            }
            _ => Err(CommandError::WRONG_TYPE),
        });
        let Changed { result, is_change, .. } = match (changed, change) {
            (Some(changed), _) => {
                let mut changed = changed?;
                // What was replaced.
                if let Some(old) = changed.replacement.take() {
                    self.keyspace.discard(Value::String(old));
                }
                changed
            }
            (None, Some(change)) => {
                let mut changed = change(None)?;
                if let Some(new) = changed.replacement.take() {
                    let entry = Entry::new(Value::String(new), None, age);
                    database.insert(key, entry);
                }
                changed
            }
            (None, None) => return Err(CommandError::WRONG_TYPE),
        };
        self.changed(key, usize::from(is_change));
        Ok(result)
    }

    /// *Mutator.* Lets `change` work on the hash under `key`, which is created if it is missing and
    /// removed if it ends up empty. `change` says how many fields it changed.
    ///
    /// # Errors
    /// [`CommandError::WRONG_TYPE`]; nothing has changed then.
    pub fn change_hash<R>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(&mut FieldMap) -> (R, usize),
    ) -> Result<R, CommandError> {
        if self.look_hash(key)?.is_none() {
            let mut fields = FieldMap::new();
            let (result, changes) = change(&mut fields);
            if !fields.is_empty() {
                self.set(key, Value::Hash(Arc::new(fields)), None);
                self.changed(key, changes.saturating_sub(1));
            }
            return Ok(result);
        }
        let age = self.next_use();
        let database = &mut self.keyspace.databases[self.db];
        let changed = database.change(key, age, |entry| match &mut entry.value {
            Value::Hash(fields) => {
                let fields = Arc::make_mut(fields);
                Some((change(fields), fields.is_empty()))
            }
            Value::String(_) => None,
        });
        let Some(((result, changes), is_empty)) = changed.flatten() else {
            return Err(CommandError::WRONG_TYPE);
        };
        self.changed(key, changes);
        if is_empty {
            self.keyspace.databases[self.db].remove(key);
        }
        Ok(result)
    }

    /// *Mutator.* Gives `key` a deadline or takes it away; false if there is no such key. A
    /// deadline in the past removes the key.
    pub fn set_deadline(&mut self, key: &[u8], expires_at_ms: Option<u64>) -> bool {
        self.expire_if_due(key);
        if !self.keyspace.is_replaying
            && expires_at_ms.is_some_and(|deadline| deadline <= self.now_ms)
        {
            return self.remove(key);
        }
        let age = self.next_use();
        let database = &mut self.keyspace.databases[self.db];
        let set = database.change(key, age, |entry| entry.set_expires_at_ms(expires_at_ms));
        self.changed(key, usize::from(set.is_some()));
        set.is_some()
    }

    /// *Mutator.* Removes `key` and says whether it was there.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        let Some(entry) = self.take(key) else { return false };
        self.keyspace.discard(entry.value);
        true
    }

    /// *Mutator.* Removes `key` and hands out what it held.
    pub fn take(&mut self, key: &[u8]) -> Option<Entry> {
        self.expire_if_due(key);
        let entry = self.keyspace.databases[self.db].remove(key)?;
        self.changed(key, 1);
        Some(entry)
    }

    /// Has `words` logged in the place of the request that is being executed, because at another
    /// time, or for a plain Redis, that one would mean something else.
    pub fn log_as<const WORDS: usize>(&mut self, words: impl FnOnce() -> [Key; WORDS]) {
        self.keyspace.propagation.replace_request(words);
    }

    /// Removes `key` if its deadline has passed. Where nothing has a deadline it costs nothing.
    pub(crate) fn expire_if_due(&mut self, key: &[u8]) {
        let database = &self.keyspace.databases[self.db];
        if database.volatile_len() > 0
            && !self.keyspace.is_replaying
            && database.peek(key).is_some_and(|entry| entry.is_expired(self.now_ms))
        {
            self.keyspace.remove_unasked(self.db, key, Cause::Expired);
        }
    }

    /// Every mutator passes here: counts, and tells those who watch the key.
    fn changed(&mut self, key: &[u8], changes: usize) {
        if changes > 0 {
            self.keyspace.counters.changes += changes as u64;
            self.keyspace.watchers.changed(self.db, key);
        }
    }

    fn next_use(&mut self) -> LastUse {
        self.keyspace.age = self.keyspace.age.next(self.now_ms);
        self.keyspace.age
    }
}

fn as_string(entry: Option<&Entry>) -> Result<Option<&Text>, CommandError> {
    match entry.map(|entry| &entry.value) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Hash(_)) => Err(CommandError::WRONG_TYPE),
    }
}

fn as_hash(entry: Option<&Entry>) -> Result<Option<&FieldMap>, CommandError> {
    match entry.map(|entry| &entry.value) {
        None => Ok(None),
        Some(Value::Hash(fields)) => Ok(Some(fields)),
        Some(Value::String(_)) => Err(CommandError::WRONG_TYPE),
    }
}
