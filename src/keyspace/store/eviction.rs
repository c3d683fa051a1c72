//! Candidates for eviction in one database: the least recently or least frequently used entry,
//! or random ones.
//!
//! How the databases are compared with each other is in [`crate::keyspace::eviction`].

use crate::keyspace::bytes::Key;
use crate::keyspace::store::database::Database;
use crate::keyspace::store::entry::LastUse;
use crate::keyspace::store::segment::LruScope;
use crate::policy::{Limit, Policy};
use std::cmp::Reverse;

/// The entries that have to be kept in LRU order under this limit.
pub(crate) fn lru_scope_of(limit: Limit) -> LruScope {
    match limit.policy {
        _ if limit.bytes == 0 => LruScope::None,
        Policy::AllKeysLru => LruScope::All,
        Policy::VolatileLru => LruScope::Volatile,
        _ => LruScope::None,
    }
}

impl Database {
    /// Number of keys that `policy` may remove.
    pub(crate) fn evictable_len(&self, policy: Policy) -> usize {
        if policy.is_volatile() { self.volatile_len() } else { self.len() }
    }

    /// A lower bound of the candidates' last uses; `None` if there is no candidate.
    pub(crate) fn bound(&self) -> Option<LastUse> {
        let is_empty = match self.lru_scope() {
            LruScope::None => true,
            LruScope::All => self.len() == 0,
            LruScope::Volatile => self.volatile_len() == 0,
        };
        self.oldest_first.peek().filter(|_| !is_empty).map(|Reverse((bound, _))| *bound)
    }

    /// The oldest candidate of the segment with the least bound. The bound is exact afterwards. An
    /// entry that becomes a candidate later has a last use of at least `next`.
    pub(crate) fn settle(&mut self, next: LastUse) -> Option<(LastUse, Key)> {
        let mut first = self.oldest_first.peek_mut()?;
        let Reverse((bound, at)) = *first;
        let (oldest, moved) = self.segments[at as usize].oldest();
        self.moved += moved as u64;
        let used_at = oldest.map_or(next, |(_, used_at)| used_at);
        // Writing through `peek_mut` makes the heap sift, so an unchanged bound is not written.
        if used_at != bound {
            *first = Reverse((used_at, at));
        }
        oldest.map(|(key, used_at)| (used_at, key.clone()))
    }

    /// One of the least frequently used keys of a random segment (LFU), if it still exists and was
    /// not used since the segment was searched. Among equal counts the older use goes first.
    pub(crate) fn pick_rare(
        &mut self,
        (random, now): (u64, LastUse),
        is_volatile: bool,
        decay_minutes: u64,
        effort: &mut usize,
    ) -> Option<Key> {
        /// One search picks at most one candidate in so many: the others may be in frequent use.
        const SHARE: usize = 16;
        /// Keys that one search picks at most.
        const PICKED: usize = 16;
        if self.rare.is_empty() {
            let segment = &self.segments[self.occupied_segment(random, is_volatile)?];
            *effort += segment.len();
            let candidates =
                segment.iter().filter(|(_, entry)| !is_volatile || entry.is_volatile());
            let mut ranked: Vec<_> = candidates
                .map(|(key, entry)| {
                    (entry.frequency(now.unix_ms(), decay_minutes), entry.used_at, key)
                })
                .collect();
            let count = (ranked.len() / SHARE).clamp(1, PICKED);
            // Every use is at another moment, so keys are never compared.
            if count < ranked.len() {
                ranked.select_nth_unstable(count);
                ranked.truncate(count);
            }
            // The last one is taken first.
            ranked.sort_unstable_by(|a, b| b.cmp(a));
            self.rare =
                ranked.into_iter().map(|(_, used_at, key)| (used_at, key.clone())).collect();
        }
        let (used_at, key) = self.rare.pop()?;
        let entry = self.peek(&key)?;
        let is_candidate = !is_volatile || entry.is_volatile();
        (entry.used_at == used_at && is_candidate).then_some(key)
    }

    /// The first segment from a random one on that has candidates.
    fn occupied_segment(&self, random: u64, is_volatile: bool) -> Option<usize> {
        let (count, start) = (self.segments.len(), self.segment_at(random));
        let mut around = (start..count).chain(0..start);
        around.find(|at| self.segments[*at].candidates_len(is_volatile) > 0)
    }

    /// A key from a random segment, if that key still exists.
    pub(crate) fn pick(
        &mut self,
        random: u64,
        is_volatile: bool,
        effort: &mut usize,
    ) -> Option<Key> {
        /// Keys that one walk through a segment picks.
        const PICKED: u64 = 16;
        if self.picked.is_empty() {
            let segment = &self.segments[self.occupied_segment(random, is_volatile)?];
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
