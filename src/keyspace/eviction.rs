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
//! ([`Keyspace::foresee`]), so that a command hardly ever has to.
//!
//! # The other policies
//! *volatile-lru* is the same among keys with a deadline. *volatile-ttl* takes the first of the
//! deadline index. The random ones pick from a random segment, and a handful at a time, because
//! picking means to walk through its list.

use super::database::Database;
use super::segment::Candidates;
use super::{Age, Cause, Key, Keyspace};
use crate::limits::EVICTION_EFFORT;
use crate::policy::{Limit, Policy};
use std::cmp::Reverse;

/// Whether there is room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Yes: less than the limit is used.
    Enough,
    /// Not yet, but there are keys that can be removed.
    Later,
    /// No, and no key may be removed.
    None,
}

/// Which entries have to be kept in order of age.
pub(super) fn candidates_of(limit: Limit) -> Candidates {
    match limit.policy {
        _ if limit.bytes == 0 => Candidates::Nobody,
        Policy::AllKeysLru => Candidates::All,
        Policy::VolatileLru => Candidates::Volatile,
        _ => Candidates::Nobody,
    }
}

impl Keyspace {
    /// The limit in force.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// Puts a limit in force. Nothing is removed yet: that is [`Keyspace::make_room`]'s part.
    pub fn set_limit(&mut self, limit: Limit) {
        let candidates = candidates_of(limit);
        if candidates != candidates_of(self.limit) {
            self.databases.iter_mut().for_each(|database| database.set_candidates(candidates));
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
    pub fn make_room(&mut self, effort_max: usize) -> Room {
        let mut effort = 0;
        while self.is_over() {
            if self.evictable_len() == 0 {
                return Room::None;
            }
            if effort >= effort_max {
                return Room::Later;
            }
            if let Some((db, key)) = self.victim(&mut effort, effort_max) {
                self.remove_unasked(db, &key, Cause::Evicted);
                effort += EVICTION_EFFORT;
            }
        }
        Room::Enough
    }

    /// Finds the oldest key of all without removing it, so that whoever has to remove it knows;
    /// false if about `effort_max` entries were looked at in vain.
    pub fn foresee(&mut self, effort_max: usize) -> bool {
        let mut effort = 0;
        if candidates_of(self.limit) != Candidates::Nobody && self.evictable_len() > 0 {
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
        let mut best: Option<(Age, usize, Key)> = None;
        loop {
            let bounds = self.databases.iter().enumerate();
            let (bound, db) = bounds.filter_map(|(db, found)| Some((found.bound()?, db))).min()?;
            let is_found = best.as_ref().is_some_and(|(age, ..)| *age <= bound);
            if is_found || *effort >= effort_max {
                return best.map(|(_, db, key)| (db, key));
            }
            let database = &mut self.databases[db];
            let moved_before = database.moved;
            if let Some((age, key)) = database.settle(Age(self.age.0 + 1))
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
        self.age = Age(self.age.0 + 1);
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

impl Database {
    /// Number of keys that `policy` may remove.
    fn evictable_len(&self, policy: Policy) -> usize {
        if policy.is_volatile() { self.volatile_len() } else { self.len() }
    }

    /// An age that no candidate is older than; nothing if there is no candidate.
    fn bound(&self) -> Option<Age> {
        let is_empty = match self.candidates() {
            Candidates::Nobody => true,
            Candidates::All => self.len() == 0,
            Candidates::Volatile => self.volatile_len() == 0,
        };
        self.oldest_first.peek().filter(|_| !is_empty).map(|Reverse((bound, _))| *bound)
    }

    /// The oldest candidate of the segment with the least bound, which is correct from now on.
    /// Whatever becomes a candidate later is at least as young as `next`.
    fn settle(&mut self, next: Age) -> Option<(Age, Key)> {
        let mut first = self.oldest_first.peek_mut()?;
        let Reverse((bound, at)) = *first;
        let (oldest, moved) = self.segments[at as usize].oldest();
        self.moved += moved as u64;
        let age = oldest.map_or(next, |(_, age)| age);
        // Without a change the heap has nothing to do.
        if age != bound {
            *first = Reverse((age, at));
        }
        oldest.map(|(key, age)| (age, key.clone()))
    }

    /// A key from a random segment, if it is still there.
    fn pick(&mut self, random: u64, is_volatile: bool, effort: &mut usize) -> Option<Key> {
        /// Keys that are picked in one walk through a segment.
        const PICKED: u64 = 16;
        if self.picked.is_empty() {
            let count = self.segments.len();
            let start = self.segment_at(random);
            let mut around = (start..count).chain(0..start);
            let at = around.find(|at| self.segments[*at].candidates_len(is_volatile) > 0)?;
            let segment = &self.segments[at];
            *effort += segment.len();
            let len = segment.candidates_len(is_volatile) as u64;
            let (stride, offset) = ((len / PICKED).max(1), random % (len / PICKED).max(1));
            let candidates =
                segment.iter().filter(|(_, entry)| !is_volatile || entry.is_volatile());
            let picked = candidates.skip(offset as usize).step_by(stride as usize);
            self.picked = picked.map(|(key, _)| key.clone()).collect();
        }
        let key = self.picked.pop()?;
        let entry = self.peek(&key)?;
        (!is_volatile || entry.is_volatile()).then_some(key)
    }
}
