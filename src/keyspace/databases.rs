//! All databases and what they share: accounts, counters, watched keys.
//!
//! Expired entries do not exist for commands: a lookup that meets one removes it. The housekeeper
//! removes the others with [`Keyspace::sweep`]. Values that are costly to drop are moved to
//! [`Keyspace::garbage`], which the lock's holder empties after releasing the lock.

#[cfg(debug_assertions)]
use crate::keyspace::bytes::Key;
use crate::keyspace::events::{Event, Events};
use crate::keyspace::invalidations::Invalidations;
use crate::keyspace::propagation::Propagation;
use crate::keyspace::store::database::Database;
use crate::keyspace::store::entry::LastUse;
use crate::keyspace::store::eviction::lru_scope_of;
use crate::keyspace::store::footprint::{Account, DEADLINE_BYTES, NODE_BYTES};
use crate::keyspace::store::frequency::Frequency;
use crate::keyspace::store::hasher::SharedHasher;
use crate::keyspace::store::snapshot::Snapshot;
use crate::keyspace::types::Encodings;
use crate::keyspace::value::Value;
use crate::keyspace::waiters::Waiters;
use crate::keyspace::watch::{Watch, Watchers};
use crate::limits;
use crate::policy::Limit;

/// What INFO counts about keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Lookups by reading commands that found their key.
    pub hits: u64,
    /// Those that did not.
    pub misses: u64,
    /// Lookups by reading commands that did not find their key.
    pub expired: u64,
    /// Keys removed because the memory limit was reached.
    pub evicted: u64,
    /// Changes to the data, ever. A command that leaves the data as it was is not counted.
    pub changes: u64,
}

/// Something to be dropped after the lock was released.
#[allow(dead_code, reason = "its only purpose is to be dropped")]
pub enum Garbage {
    /// A replaced or removed value.
    Value(Value),
    /// A flushed database.
    Database(Box<Database>),
}

/// The reason why a key is removed although no command asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its deadline has passed.
    Expired,
    /// The memory limit was reached.
    Evicted,
    /// All fields of its hash have expired.
    Emptied,
}

impl Cause {
    fn event(self) -> Event {
        match self {
            Cause::Expired => Event::EXPIRED,
            Cause::Evicted => Event::EVICTED,
            Cause::Emptied => Event::DEL,
        }
    }
}

/// All databases.
pub struct Keyspace {
    pub(crate) databases: Vec<Database>,
    pub(crate) hasher: SharedHasher,
    pub(crate) last_use: LastUse,
    pub(crate) counters: Counters,
    pub(crate) watchers: Watchers,
    /// Clients that wait for keys.
    pub waiters: Waiters,
    /// The sum of all databases.
    account: Account,
    pub(crate) limit: Limit,
    /// The bytes that the data may take if that is less than the limit.
    pub(crate) allowed_bytes: usize,
    /// Set while a log is replayed.
    pub(crate) is_replaying: bool,
    pub(crate) snapshot: Snapshot,
    /// How uses are counted under an LFU policy.
    pub frequency: Frequency,
    /// Up to where values have the names of small ones.
    pub encodings: Encodings,
    /// What happened to keys, to be taken at the end of a hold of the lock.
    pub events: Events,
    /// Keys that are out of date in the caches of clients, to be taken likewise.
    pub invalidations: Invalidations,
    /// Keys that were looked up, while a debug build checks that a command declares its keys.
    #[cfg(debug_assertions)]
    pub touched: Option<Vec<Key>>,
    /// Additions and replacements for the log, taken after every command.
    pub propagation: Propagation,
    /// Taken and dropped after the lock was released.
    pub garbage: Vec<Garbage>,
}

impl Keyspace {
    /// So many empty databases, without a limit.
    pub fn new(databases: usize) -> Keyspace {
        let (hasher, account) = (SharedHasher::default(), Account::default());
        let empty = || Database::new(hasher.clone(), lru_scope_of(Limit::NONE), &account);
        Keyspace {
            databases: (0..databases).map(|_| empty()).collect(),
            hasher,
            last_use: LastUse(0),
            counters: Counters::default(),
            watchers: Watchers::default(),
            waiters: Waiters::default(),
            account,
            limit: Limit::NONE,
            allowed_bytes: usize::MAX,
            is_replaying: false,
            snapshot: Snapshot::default(),
            frequency: Frequency::default(),
            encodings: Encodings::default(),
            events: Events::default(),
            invalidations: Invalidations::default(),
            #[cfg(debug_assertions)]
            touched: None,
            propagation: Propagation::default(),
            garbage: Vec::new(),
        }
    }

    /// Prefetch: loads what a lookup of `key` needs into the processor's caches; changes nothing.
    pub fn prefetch(&self, db: usize, key: &[u8]) {
        self.databases[db].prefetch(key);
    }

    /// Whether a key is there; looking is no use of it.
    pub fn has_key(&self, db: usize, key: &[u8]) -> bool {
        self.databases[db].peek(key).is_some()
    }

    /// Number of keys in all databases.
    pub fn len(&self) -> usize {
        self.databases.iter().map(Database::len).sum()
    }

    /// Whether there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of keys in database `db`.
    pub fn len_of(&self, db: usize) -> usize {
        self.databases[db].len()
    }

    /// Grows database `db` ahead of `keys` new keys, or of as many as the memory limit allows.
    pub fn reserve(&mut self, db: usize, keys: usize) {
        let room_bytes = match self.limit.bytes {
            0 => usize::MAX,
            limit_bytes => limit_bytes.saturating_sub(self.used_bytes()),
        };
        let database = &mut self.databases[db];
        database.reserve(database.len() + keys.min(room_bytes / NODE_BYTES));
    }

    /// Shrinks the tables whose reservation was not used.
    pub fn fit(&mut self) {
        self.databases.iter_mut().for_each(Database::fit);
    }

    /// The counters.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Counts a change of something that belongs to the data and is no key: a function.
    pub fn count_change(&mut self) {
        self.counters.changes += 1;
    }

    /// Resets the counters that are only statistics.
    pub fn reset_counters(&mut self) {
        self.counters = Counters { changes: self.counters.changes, ..Counters::default() };
    }

    /// Bytes that keys, values and their tables take.
    pub fn used_bytes(&self) -> usize {
        self.account.total()
    }

    /// The part of [`Keyspace::used_bytes`] that serves to find entries: their nodes, and the index
    /// of deadlines. Small values are within the nodes, and the tables are not counted.
    pub fn overhead_bytes(&self) -> usize {
        let of_database = |database: &Database| {
            database.len() * NODE_BYTES + database.volatile_len() * DEADLINE_BYTES
        };
        self.databases.iter().map(of_database).sum()
    }

    /// For every database that is not empty: its number, keys, keys with a deadline, average TTL.
    pub fn occupied(&self, now_ms: u64) -> impl Iterator<Item = (usize, usize, usize, u64)> {
        self.databases.iter().enumerate().filter(|(_, database)| database.len() > 0).map(
            move |(db, database)| {
                let ttl = database.average_ttl_ms(now_ms);
                (db, database.len(), database.volatile_len(), ttl)
            },
        )
    }

    /// Whether a snapshot may come to a stream: true if there has been one since a database was
    /// emptied.
    pub fn may_have_streams(&self) -> bool {
        self.databases.iter().any(|database| database.has_had_streams)
    }

    /// Empties one database; its entries are dropped as garbage.
    pub fn flush(&mut self, db: usize) {
        let database = &self.databases[db];
        self.watchers.flushed(db, |key| database.peek(key).is_some());
        self.waiters.all_changed(db);
        self.invalidations.add_all();
        let empty = Database::new(self.hasher.clone(), lru_scope_of(self.limit), &self.account);
        let mut full = std::mem::replace(&mut self.databases[db], empty);
        self.databases[db].walk = self.new_walk();
        full.close_account();
        self.counters.changes += full.len() as u64;
        self.put_aside(full);
    }

    /// *Mutator.* Exchanges the content of two databases, and informs the watchers of all keys in
    /// either.
    pub fn swap(&mut self, first: usize, second: usize, now_ms: u64) {
        if first == second {
            return;
        }
        for (db, other) in [(first, second), (second, first)] {
            let (leaving, coming) = (&self.databases[db], &self.databases[other]);
            // A missing key that an expired one replaces stays missing: no change.
            let is_there = |key: &[u8]| leaving.peek(key).is_some();
            let comes = |key: &[u8]| coming.peek(key).is_some_and(|new| !new.is_expired(now_ms));
            self.watchers.flushed(db, |key| is_there(key) || comes(key));
        }
        self.counters.changes += 1;
        self.databases.swap(first, second);
        self.invalidations.add_all();
        [first, second].into_iter().for_each(|db| self.waiters.all_changed(db));
    }

    /// Removes up to `keys_max` expired keys and fields of hashes, and returns how many; 0 if there
    /// is none. It removes fewer if that moves many other entries.
    pub fn sweep(&mut self, now_ms: u64, keys_max: usize) -> usize {
        let mut removed = 0;
        let moved_before = self.moved();
        for db in 0..self.databases.len() {
            while removed < keys_max && self.moved() - moved_before < limits::SWEEP_MOVES_MAX {
                let due =
                    self.databases[db].due(now_ms, limits::PREFETCH_KEYS.min(keys_max - removed));
                if due.is_empty() {
                    break;
                }
                // Prefetch: the cache misses of several removals overlap.
                due.iter().for_each(|key| self.prefetch(db, key));
                due.iter().for_each(|key| self.remove_unasked(db, key, Cause::Expired));
                removed += due.len();
            }
        }
        removed + self.sweep_fields(now_ms, keys_max - removed)
    }

    /// Watches `key` for `watch`.
    pub fn watch(&mut self, watch: &mut Watch, db: usize, key: &[u8], now_ms: u64) {
        // An expired key does not exist: its removal is not a change.
        self.keys(db, now_ms, true).expire_if_due(key);
        self.watchers.add(watch, db, key);
    }

    /// Ends all watching of `watch`, and returns whether one of its keys has changed or expired.
    pub fn end_watch(&mut self, watch: &mut Watch, now_ms: u64) -> bool {
        for (db, key) in watch.keys() {
            self.keys(*db, now_ms, true).expire_if_due(key);
        }
        let has_changed = watch.has_changed();
        self.watchers.remove(watch);
        has_changed
    }

    /// Begins or ends the replay of a log. Meanwhile no key expires or is evicted: the log contains
    /// the removals.
    pub fn set_replaying(&mut self, is_replaying: bool) {
        self.is_replaying = is_replaying;
    }

    /// Checks that indexes, accounts and data agree.
    ///
    /// # Panics If they do not.
    pub fn check_invariants(&self) {
        self.databases.iter().for_each(Database::check_invariants);
        let used_bytes: usize = self.databases.iter().map(Database::used_bytes).sum();
        assert_eq!(self.used_bytes(), used_bytes, "the sum of all databases");
    }

    /// Removes a key although no command asked for it: every expiry and eviction passes here.
    pub(crate) fn remove_unasked(&mut self, db: usize, key: &[u8], cause: Cause) {
        let Some(entry) = self.databases[db].remove(key) else { return };
        match cause {
            Cause::Expired => self.counters.expired += 1,
            Cause::Evicted => self.counters.evicted += 1,
            Cause::Emptied => {}
        }
        self.watchers.changed(db, key);
        self.waiters.changed(db, key);
        self.invalidations.add(key, false);
        self.events.add(db, key, cause.event());
        self.propagation.add_removal(db, key, Vec::new());
        self.discard(entry.value);
    }

    /// Entries that were ever moved, in all databases.
    fn moved(&self) -> u64 {
        self.databases.iter().map(|database| database.moved).sum()
    }

    pub(crate) fn discard(&mut self, value: Value) {
        if value.is_heavy() {
            self.garbage.push(Garbage::Value(value));
        }
    }
}
