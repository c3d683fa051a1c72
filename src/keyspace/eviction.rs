//! Eviction: the choice of the key to remove when the memory limit is reached.
//!
//! # The least recently used key, exactly (LRU)
//! Every segment finds its own oldest entry (see `segment.rs`). A database keeps its segments in a
//! heap by the last use of that entry; but uses do not update the heap, so the heap holds lower
//! bounds: a last use only grows. To find the oldest entry of all, eviction takes the least bound,
//! asks that segment, and puts it back with its exact value. When the least bound is not below
//! the oldest entry found, that entry is the oldest of all. The heaps of the databases are compared
//! with each other, so a database may be emptied or swapped without any update.
//!
//! How many segments have to be asked depends on how many reads there were since the last eviction,
//! so the effort is limited. When it is used up, the oldest entry found *so far* is removed: in the
//! worst case the oldest of a few hundred instead of the oldest of all. The housekeeper asks ahead
//! of time ([`Keyspace::find_next_victim`]), so that a command hardly ever has to.
//!
//! # The other policies
//! *volatile-lru* is the same among keys with a deadline. *volatile-ttl* takes the first element of
//! the deadline index. The LFU policies take the keys with the lowest counts of a random segment,
//! at most a sixteenth of them: hundreds of candidates for each choice, where Redis compares a
//! handful. The random policies take keys from a random segment, several at a time,
//! because picking one means to walk through the segment's list.

use crate::keyspace::bytes::Key;
use crate::keyspace::databases::{Cause, Keyspace};
use crate::keyspace::store::database::Database;
use crate::keyspace::store::entry::LastUse;
use crate::keyspace::store::eviction::lru_scope_of;
use crate::keyspace::store::segment::LruScope;
use crate::limits::EVICTION_EFFORT;
use crate::policy::{Limit, Policy};

/// The result of an eviction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eviction {
    /// Less memory is used than the limit allows.
    Enough,
    /// The limit is still exceeded, but there are more keys to remove.
    Later,
    /// The limit is exceeded, and no key may be removed.
    Impossible,
}

impl Keyspace {
    /// The limit in force.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// Puts a limit in force. [`Keyspace::evict`] removes the keys, not this.
    pub fn set_limit(&mut self, limit: Limit) {
        let lru_scope = lru_scope_of(limit);
        if lru_scope != lru_scope_of(self.limit) {
            self.databases.iter_mut().for_each(|database| database.set_lru_scope(lru_scope));
        }
        self.limit = limit;
    }

    /// Restricts the data to less than the limit, because the process as a whole takes too much.
    pub fn allow(&mut self, bytes: usize) {
        self.allowed_bytes = bytes;
    }

    /// Whether more memory is used than the limit allows.
    pub fn is_over_limit(&self) -> bool {
        let allowed_bytes = self.limit.bytes.min(self.allowed_bytes);
        self.limit.bytes != 0 && self.used_bytes() > allowed_bytes && !self.is_replaying
    }

    /// Removes keys until the limit is respected, or until about `effort_max` entries were
    /// examined.
    pub fn evict(&mut self, effort_max: usize) -> Eviction {
        let mut effort = 0;
        while self.is_over_limit() {
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

    /// Finds the next victim, the oldest key of all, without removing it, so that a command finds
    /// it at once; false if `effort_max` was used up before.
    pub fn find_next_victim(&mut self, effort_max: usize) -> bool {
        let mut effort = 0;
        if lru_scope_of(self.limit) != LruScope::None && self.evictable_len() > 0 {
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

    /// The key to remove next; `None` if the effort did not suffice.
    fn victim(&mut self, effort: &mut usize, effort_max: usize) -> Option<(usize, Key)> {
        match self.limit.policy {
            Policy::NoEviction => None,
            Policy::AllKeysLru | Policy::VolatileLru => self.oldest(effort, effort_max),
            Policy::VolatileTtl => self.nearest_deadline(),
            Policy::AllKeysLfu
            | Policy::VolatileLfu
            | Policy::AllKeysRandom
            | Policy::VolatileRandom => self.random(effort),
        }
    }

    /// The oldest candidate of all databases, or the oldest one found within the effort.
    fn oldest(&mut self, effort: &mut usize, effort_max: usize) -> Option<(usize, Key)> {
        let mut best: Option<(LastUse, usize, Key)> = None;
        loop {
            let bounds = self.databases.iter().enumerate();
            let (bound, db) = bounds.filter_map(|(db, found)| Some((found.bound()?, db))).min()?;
            let is_found = best.as_ref().is_some_and(|(used_at, ..)| *used_at <= bound);
            if is_found || *effort >= effort_max {
                return best.map(|(_, db, key)| (db, key));
            }
            let database = &mut self.databases[db];
            let moved_before = database.moved;
            if let Some((used_at, key)) = database.settle(self.last_use.next(0))
                && best.as_ref().is_none_or(|(best, ..)| used_at < *best)
            {
                best = Some((used_at, db, key));
            }
            *effort += 1 + (database.moved - moved_before) as usize;
        }
    }

    fn nearest_deadline(&self) -> Option<(usize, Key)> {
        let firsts = self.databases.iter().enumerate();
        let firsts = firsts.filter_map(|(db, database)| Some((database.first_deadline()?, db)));
        firsts.min().map(|((_, key), db)| (db, key.clone()))
    }

    /// A random or rare key of any database, which is chosen in proportion to the databases'
    /// numbers of keys.
    fn random(&mut self, effort: &mut usize) -> Option<(usize, Key)> {
        let policy = self.limit.policy;
        *effort += 1;
        // Every value is used once only, and so was never hashed before.
        self.last_use = self.last_use.next(0);
        let random = self.hasher.hash_one(&self.last_use.0.to_ne_bytes());
        let mut at = (random as usize).checked_rem(self.evictable_len())?;
        for (db, database) in self.databases.iter_mut().enumerate() {
            let len = database.evictable_len(policy);
            if at < len {
                let (is_volatile, decay) = (policy.is_volatile(), self.frequency.decay_minutes);
                let key = match policy.is_lfu() {
                    true => database.pick_rare((random, self.last_use), is_volatile, decay, effort),
                    false => database.pick(random, is_volatile, effort),
                };
                return key.map(|key| (db, key));
            }
            at -= len;
        }
        None
    }
}
