//! Eviction: which key has to go when the memory limit is reached.
//!
//! # The least recently used key, exactly
//! Every segment finds its own oldest entry (see `segment.rs`). A database keeps its segments
//! in a heap by that age; but uses do not update the heap, and so what stands there is a lower
//! bound: ages only grow. Whoever wants the oldest entry of all takes the least bound, asks that
//! segment, and puts it back under its true age. When the least bound is no longer below the oldest
//! age found, that entry is the oldest of all. The databases' heaps are compared with each other,
//! so that a database may be emptied or change its number without anything being looked for.
//!
//! How many segments have to be asked depends on how much was read since the last eviction, so the
//! effort is limited. If it is used up, the oldest entry found *so far* goes: in the worst case the
//! oldest of a few hundred instead of the oldest of all. The housekeeper asks ahead of time
//! ([`Keyspace::find_next_victim`]), so that a command hardly ever has to.
//!
//! # The other policies
//! *volatile-lru* is the same among keys with a deadline. *volatile-ttl* takes the first of the
//! deadline index. The random ones pick from a random segment, and a handful at a time, because
//! picking means to walk through its list.

use crate::keyspace::bytes::Key;
use crate::keyspace::databases::{Cause, Keyspace};
use crate::keyspace::store::database::Database;
use crate::keyspace::store::entry::LastUse;
use crate::keyspace::store::eviction::lru_scope_of;
use crate::keyspace::store::segment::LruScope;
use crate::limits::EVICTION_EFFORT;
use crate::policy::{Limit, Policy};

/// Whether there is room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eviction {
    /// Yes: less than the limit is used.
    Enough,
    /// Not yet, but there are keys that can be removed.
    Later,
    /// No, and no key may be removed.
    Impossible,
}

impl Keyspace {
    /// The limit in force.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// Puts a limit in force. Nothing is removed yet: that is [`Keyspace::evict`]'s part.
    pub fn set_limit(&mut self, limit: Limit) {
        let candidates = lru_scope_of(limit);
        if candidates != lru_scope_of(self.limit) {
            self.databases.iter_mut().for_each(|database| database.set_lru_scope(candidates));
        }
        self.limit = limit;
    }

    /// Lets the data take less than the limit, because the process as a whole takes too much.
    pub fn allow(&mut self, bytes: usize) {
        self.allowed_bytes = bytes;
    }

    /// Whether more memory is used than there may be.
    pub fn is_over(&self) -> bool {
        let allowed_bytes = self.limit.bytes.min(self.allowed_bytes);
        self.limit.bytes != 0 && self.used_bytes() > allowed_bytes && !self.is_replaying
    }

    /// Removes keys until no more memory is used than there may be, or about `effort_max` entries
    /// were looked at.
    pub fn evict(&mut self, effort_max: usize) -> Eviction {
        let mut effort = 0;
        while self.is_over() {
            if self.evictable_len() == 0 {
                return Eviction::Impossible;
            }
            if effort >= effort_max {
                return Eviction::Later;
            }
            if let Some((db, key)) = self.victim(&mut effort, effort_max) {
                self.remove_unasked(db, &key, Cause::Evicted);
                effort += EVICTION_EFFORT;
            }
        }
        Eviction::Enough
    }

    /// Finds the oldest key of all without removing it, so that whoever has to remove it knows;
    /// false if about `effort_max` entries were looked at in vain.
    pub fn find_next_victim(&mut self, effort_max: usize) -> bool {
        let mut effort = 0;
        if lru_scope_of(self.limit) != LruScope::Nobody && self.evictable_len() > 0 {
            self.oldest(&mut effort, effort_max);
        }
        effort < effort_max
    }

    /// Number of keys that may be removed.
    fn evictable_len(&self) -> usize {
        let policy = self.limit.policy;
        let evictable = |database: &Database| database.evictable_len(policy);
        if policy == Policy::NoEviction { 0 } else { self.databases.iter().map(evictable).sum() }
    }

    /// The key that has to go next; nothing if it was not found with so much effort.
    fn victim(&mut self, effort: &mut usize, effort_max: usize) -> Option<(usize, Key)> {
        match self.limit.policy {
            Policy::NoEviction => None,
            Policy::AllKeysLru | Policy::VolatileLru => self.oldest(effort, effort_max),
            Policy::VolatileTtl => self.nearest_deadline(),
            Policy::AllKeysRandom | Policy::VolatileRandom => self.random(effort),
        }
    }

    /// The oldest candidate of all databases, or the oldest one found with so much effort.
    fn oldest(&mut self, effort: &mut usize, effort_max: usize) -> Option<(usize, Key)> {
        let mut best: Option<(LastUse, usize, Key)> = None;
        loop {
            let bounds = self.databases.iter().enumerate();
            let (bound, db) = bounds.filter_map(|(db, found)| Some((found.bound()?, db))).min()?;
            let is_found = best.as_ref().is_some_and(|(age, ..)| *age <= bound);
            if is_found || *effort >= effort_max {
                return best.map(|(_, db, key)| (db, key));
            }
            let database = &mut self.databases[db];
            let moved_before = database.moved;
            if let Some((age, key)) = database.settle(LastUse(self.age.0 + 1))
                && best.as_ref().is_none_or(|(best, ..)| age < *best)
            {
                best = Some((age, db, key));
            }
            *effort += 1 + (database.moved - moved_before) as usize;
        }
    }

    fn nearest_deadline(&self) -> Option<(usize, Key)> {
        let firsts = self.databases.iter().enumerate();
        let firsts = firsts.filter_map(|(db, database)| Some((database.first_deadline()?, db)));
        firsts.min().map(|((_, key), db)| (db, key.clone()))
    }

    /// A key of any database, each according to its number of keys.
    fn random(&mut self, effort: &mut usize) -> Option<(usize, Key)> {
        let policy = self.limit.policy;
        *effort += 1;
        // An age is used once only, and so was never hashed before.
        self.age = LastUse(self.age.0 + 1);
        let random = self.hasher.hash_one(&self.age.0.to_ne_bytes());
        let mut at = (random as usize).checked_rem(self.evictable_len())?;
        for (db, database) in self.databases.iter_mut().enumerate() {
            let len = database.evictable_len(policy);
            if at < len {
                return database.pick(random, policy.is_volatile(), effort).map(|key| (db, key));
            }
            at -= len;
        }
        None
    }
}
