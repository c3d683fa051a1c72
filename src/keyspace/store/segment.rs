//! A segment: the keys of one range of positions, a part of a database.
//!
//! # Who was not used for the longest time
//! The list of `lru` is in the order in which entries were *placed*: a new one, or one that is
//! promoted, goes to the front. A use leaves its [`LastUse`] in the entry and does not move it.
//! When eviction asks for the oldest candidate, the segment puts its list in order once, oldest
//! last,
//! and remembers the moment: `ordered_at`. From then on
//! - whoever was used later has an age beyond that moment;
//! - whoever was not stands in order of age, behind all that came since.
//!
//! So the last of the list is the oldest candidate, or it was used in the meantime and is promoted
//! out of the way. `unused` counts the candidates that are still as old as they were; when none is
//! left, the list is put in order anew. Sorting costs `n log n`, promoting is constant, and both
//! happen at most once for every use, insertion or eviction of an entry: that is the price of an
//! exact order for which lookups move nothing.
//!
//! Which entries are *candidates* depends on the policy: all of them, or those with a deadline.
//!
use crate::keyspace::store::footprint::NODE_BYTES;
use crate::keyspace::table_size::Table;
use crate::keyspace::{Entry, Key, LastUse, SharedHasher};
use lru::LruCache;
use std::num::NonZeroUsize;

/// Which entries eviction may choose from, by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LruScope {
    /// None: no order has to be kept.
    Nobody,
    /// Every entry.
    All,
    /// Those with a deadline.
    Volatile,
}

/// The keys of one range of positions.
pub struct Segment {
    entries: LruCache<Key, Entry, SharedHasher>,
    candidates: LruScope,
    /// No candidate that was used later is counted in `unused`; before all ages if nothing is.
    ordered_at: LastUse,
    /// LruScope that are as old as they were at `ordered_at`.
    unused: usize,
    /// Entries with a deadline.
    volatile_len: usize,
    table: Table,
    /// How many of the highest bits the positions in it have in common.
    pub depth: u32,
}

/// Before every age.
const NEVER: LastUse = LastUse(0);

impl Segment {
    /// An empty segment.
    pub fn new(hasher: SharedHasher, candidates: LruScope, depth: u32) -> Segment {
        Segment {
            entries: LruCache::unbounded_with_hasher(hasher),
            candidates,
            ordered_at: NEVER,
            unused: 0,
            volatile_len: 0,
            table: Table::default(),
            depth,
        }
    }

    /// An empty segment whose table has room for `keys` keys.
    fn roomy(hasher: SharedHasher, candidates: LruScope, depth: u32, keys: usize) -> Segment {
        let room = NonZeroUsize::new(keys).unwrap_or(NonZeroUsize::MIN);
        Segment {
            entries: LruCache::with_hasher(room, hasher.clone()),
            table: Table::of(room.get()),
            ..Segment::new(hasher, candidates, depth)
        }
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Number of entries that eviction may choose from, even where it does not go by age.
    pub fn candidates_len(&self, is_volatile: bool) -> usize {
        if is_volatile { self.volatile_len } else { self.len() }
    }

    /// Finds an entry.
    pub fn peek(&self, key: &[u8]) -> Option<&Entry> {
        self.entries.peek(key)
    }

    /// Looks at what a lookup of `key` needs, and, if that is not there, at what an insertion would
    /// write to: the entry that would come behind it.
    pub fn prefetch(&self, key: &[u8]) {
        let entry = self.entries.peek(key);
        let entry = entry.or_else(|| self.entries.peek_mru().map(|(_, entry)| entry));
        // Without somebody who asks for the result, the lookup would be optimised away.
        std::hint::black_box(entry.map(|entry| (entry.used_at, entry.value.prefetch_word())));
    }

    /// Finds an entry and marks it as used at `age`.
    pub fn touch(&mut self, key: &[u8], age: LastUse) -> Option<&Entry> {
        let entry = self.entries.peek_mut(key)?;
        if entry.used_at <= self.ordered_at && is_candidate(self.candidates, entry) {
            self.unused -= 1;
        }
        entry.used_at = age;
        Some(entry)
    }

    /// Lets `change` work on an entry and marks it as used at `age`.
    pub fn change<R>(
        &mut self,
        key: &[u8],
        age: LastUse,
        change: impl FnOnce(&mut Entry) -> R,
    ) -> Option<R> {
        let entry = self.entries.peek_mut(key)?;
        if entry.used_at <= self.ordered_at && is_candidate(self.candidates, entry) {
            self.unused -= 1;
        }
        self.volatile_len -= usize::from(entry.is_volatile());
        let result = change(entry);
        entry.used_at = age;
        self.volatile_len += usize::from(entry.is_volatile());
        Some(result)
    }

    /// Adds an entry under a key that is not there. It is younger than all others.
    pub fn insert(&mut self, key: Key, entry: Entry) {
        self.volatile_len += usize::from(entry.is_volatile());
        if self.len() == self.entries.cap().get() {
            // There are more than the table was made for.
            self.entries.resize(NonZeroUsize::MAX);
        }
        self.entries.put(key, entry);
        self.table.added(self.len());
    }

    /// Removes an entry.
    pub fn remove(&mut self, key: &[u8]) -> Option<(Key, Entry)> {
        let (key, entry) = self.entries.pop_entry(key)?;
        self.volatile_len -= usize::from(entry.is_volatile());
        self.unused -= usize::from(self.is_unused(&entry));
        self.table.removed();
        Some((key, entry))
    }

    /// The entries, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.entries.iter()
    }

    /// The same, to be marked.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Key, &mut Entry)> {
        self.entries.iter_mut()
    }

    /// Bytes of the segment beside the heap of its keys and values.
    pub fn bytes(&self) -> usize {
        Segment::BYTES + self.table_bytes() + self.len() * NODE_BYTES
    }

    /// Bytes of an empty segment: itself, its place in the directory and in the order of ages, and
    /// the two ends of the list, which `lru` allocates like entries.
    pub const BYTES: usize = size_of::<Segment>() + 4 + 16 + 2 * NODE_BYTES;

    /// Bytes of the hash table, whose elements are two pointers.
    pub fn table_bytes(&self) -> usize {
        self.table.bytes(2 * size_of::<usize>())
    }

    /// Fits the table if there were enough removals since this was last done, or if it is empty.
    /// Returns how many entries have got another place in it.
    pub fn fit_now_and_then(&mut self) -> usize {
        if self.table.is_worn() || self.len() == 0 { self.fit() } else { 0 }
    }

    /// Gives the table the size that the entries need. They themselves are not moved. Returns how
    /// many have got another place.
    pub fn fit(&mut self) -> usize {
        let moved = self.table.fit(self.len());
        if moved.is_some() {
            self.shrink();
        }
        moved.unwrap_or(0)
    }

    /// Has `lru` shrink its table, which it does when the limit is another one.
    fn shrink(&mut self) {
        self.entries.resize(NonZeroUsize::new(self.len()).unwrap_or(NonZeroUsize::MIN));
    }

    /// Moves the entries for which `is_high` holds to a new segment, and puts that one in order.
    /// The others stay where they are: half the nodes need not be made anew. The new one gets a
    /// table with room for `keys` keys, and the old one does not keep a larger one for nothing.
    pub fn split(
        &mut self,
        hasher: &SharedHasher,
        keys: usize,
        is_high: impl Fn(&[u8]) -> bool,
    ) -> Segment {
        self.depth += 1;
        let mut high = Segment::roomy(hasher.clone(), self.candidates, self.depth, keys);
        let mut moving = Vec::with_capacity(self.len());
        self.entries.retain(|key, entry| {
            let stays = !is_high(key);
            if !stays {
                moving.push((key.clone(), entry.take()));
            }
            stays
        });
        if self.table.buckets() > Table::of(keys).buckets() {
            self.shrink();
            self.table = Table::of(self.len());
        }
        for (_, entry) in &moving {
            self.volatile_len -= usize::from(entry.is_volatile());
            self.unused -= usize::from(self.is_unused(entry));
        }
        // The last of the list was the oldest of all that are in order.
        moving.reverse();
        let candidates = self.candidates;
        if candidates != LruScope::Nobody {
            // Most of them are in order already, which this way of sorting profits from.
            moving.sort_by_key(|(_, entry): &(Key, Entry)| rank(candidates, entry));
        }
        moving.into_iter().for_each(|(key, entry)| high.insert(key, entry));
        high.count_unused();
        high
    }

    /// Lets other entries be candidates.
    pub fn set_lru_scope(&mut self, candidates: LruScope) {
        self.candidates = candidates;
        (self.ordered_at, self.unused) = (NEVER, 0);
    }

    /// The oldest candidate, and how many entries were moved to find it.
    pub fn oldest(&mut self) -> (Option<(&Key, LastUse)>, usize) {
        let mut moved = 0;
        let is_empty = match self.candidates {
            LruScope::Nobody => true,
            LruScope::All => self.len() == 0,
            LruScope::Volatile => self.volatile_len == 0,
        };
        if is_empty {
            return (None, moved);
        }
        if self.unused == 0 {
            moved += self.order();
        }
        while let Some((key, entry)) = self.entries.peek_lru()
            && !self.is_unused(entry)
        {
            let key = key.clone();
            self.entries.promote(&key);
            moved += 1;
        }
        (self.entries.peek_lru().map(|(key, entry)| (key, entry.used_at)), moved)
    }

    /// The age of the oldest candidate, if the list has just been put in order, or one before it.
    pub fn first_age(&self) -> LastUse {
        let oldest = self.entries.peek_lru().filter(|(_, entry)| self.is_unused(entry));
        oldest.map_or(NEVER, |(_, entry)| entry.used_at)
    }

    /// The ages of all candidates.
    pub fn candidate_ages(&self) -> impl Iterator<Item = LastUse> {
        let candidates = self.iter().filter(|(_, entry)| is_candidate(self.candidates, entry));
        candidates.map(|(_, entry)| entry.used_at)
    }

    /// Puts the list in order and returns how many entries it has.
    fn order(&mut self) -> usize {
        let ranked = self.entries.iter().map(|(key, entry)| (rank(self.candidates, entry), key));
        let mut ranked: Vec<((bool, LastUse), Key)> =
            ranked.map(|(rank, key)| (rank, key.clone())).collect();
        ranked.sort_unstable_by_key(|(rank, _)| *rank);
        for (_, key) in &ranked {
            self.entries.promote(key);
        }
        self.count_unused();
        ranked.len()
    }

    /// Remembers that the list is in order now.
    fn count_unused(&mut self) {
        if self.candidates != LruScope::Nobody {
            let newest = self.entries.iter().map(|(_, entry)| entry.used_at).max();
            self.ordered_at = newest.unwrap_or(NEVER);
            self.unused = self.candidates_len(self.candidates == LruScope::Volatile);
        }
    }

    fn is_unused(&self, entry: &Entry) -> bool {
        entry.used_at <= self.ordered_at && is_candidate(self.candidates, entry)
    }

    /// Checks what this file's head promises.
    ///
    /// # Panics
    /// If a promise is broken.
    pub fn check_invariants(&self) {
        let volatile_len = self.iter().filter(|(_, entry)| entry.is_volatile()).count();
        assert_eq!(self.volatile_len, volatile_len, "entries with a deadline in a segment");
        assert!(self.table.places() >= self.len(), "the table of a segment");
        let unused: Vec<LastUse> = (self.entries.iter())
            .filter(|(_, entry)| self.is_unused(entry))
            .map(|(_, entry)| entry.used_at)
            .collect();
        assert_eq!(self.unused, unused.len(), "entries that were not used since the ordering");
        assert!(unused.is_sorted_by(|a, b| a > b), "they stand in order, the oldest last");
    }
}

fn is_candidate(candidates: LruScope, entry: &Entry) -> bool {
    candidates == LruScope::All || entry.is_volatile()
}

/// The place in the order: candidates by age, then all others.
fn rank(candidates: LruScope, entry: &Entry) -> (bool, LastUse) {
    (!is_candidate(candidates, entry), entry.used_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::Value;
    use crate::limits::SEGMENT_KEYS_MAX;

    /// Ensures that splitting keeps the order of use on both sides, and that a segment which gets
    /// all keys of a full one can hold more than it was made for.
    #[test]
    fn splitting_loses_nothing() {
        let hasher = SharedHasher::default();
        for high_from in [0, SEGMENT_KEYS_MAX as u64 / 2, SEGMENT_KEYS_MAX as u64] {
            let mut low = Segment::new(hasher.clone(), LruScope::All, 0);
            let entry = |age| Entry::new(Value::string(b"x"), Some(age), LastUse(age));
            let key = |age: u64| Key::number(age);
            for age in 1..=SEGMENT_KEYS_MAX as u64 {
                low.insert(key(age), entry(age));
            }
            low.oldest();
            low.touch(&key(1), LastUse(10_000));
            let is_high = |key: &[u8]| {
                let number =
                    std::str::from_utf8(key).ok().and_then(|text| text.parse::<u64>().ok());
                number.is_some_and(|number| number > high_from)
            };
            let mut high = low.split(&hasher, SEGMENT_KEYS_MAX, is_high);
            assert_eq!((low.depth, high.depth), (1, 1));
            assert_eq!(low.len() + high.len(), SEGMENT_KEYS_MAX);
            for half in [&mut low, &mut high] {
                half.check_invariants();
                let ages: Vec<LastUse> = half.candidate_ages().collect();
                assert_eq!(half.oldest().0.map(|(_, age)| age), ages.iter().min().copied());
                half.insert(key(20_000), entry(20_000));
                half.check_invariants();
                assert_eq!(half.len(), ages.len() + 1);
            }
        }
    }
}
