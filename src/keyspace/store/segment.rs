//! A segment: the keys of one range of positions, a part of a database.
//!
//! # Finding the least recently used entry (LRU)
//! The list of `lru` is in the order in which entries were *inserted or promoted*, not in the order
//! of use: a use only writes its [`LastUse`] into the entry. When eviction asks for the oldest
//! candidate, the segment sorts its list once, oldest last, and remembers the moment:
//! `ordered_at`. From then on
//! - an entry that is used has a last use later than that moment;
//! - an entry that is not used stays in order, after all newer ones.
//!
//! So the last entry of the list is either the oldest candidate, or it was used in the meantime and
//! is promoted to the front. `unused` counts the candidates that were not used since; when none is
//! left, the list is sorted again.
//!
//! ```text
//! sorted at 7      front  d7  c5  b3  a1  back   unused = 4   oldest: a
//! a, c are used    front  d7  c9  b3  a8  back   unused = 2
//! oldest?          front  a8  d7  c9  b3  back   a is promoted, b is the answer
//! b goes, d is used, oldest?                     unused = 0: sort again: d10 c9 a8
//! ```
//!
//! Sorting costs `n log n`, promoting is constant, and both happen at most once for every use,
//! insertion or eviction of an entry: the price of an exact order for which lookups move nothing.
//! Moving each used entry to the front instead would be simpler, but costs a GET at 16 a batch 7 %
//! more CPU time with 100 000 keys, and 15 % with a million (medians of seven interleaved runs of
//! redis-benchmark, two busy cores, 2026-11-28): it writes to both neighbours, which are anywhere
//! in memory.
//!
//! The *candidates* depend on the policy: all entries, or those with a deadline.
use crate::keyspace::store::footprint::NODE_BYTES;
use crate::keyspace::store::frequency::Use;
use crate::keyspace::table_size::Table;
use crate::keyspace::{Entry, Key, LastUse, SharedHasher};
use lru::LruCache;
use std::num::NonZeroUsize;

/// The entries among which LRU eviction chooses (the candidates).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LruScope {
    /// None: no order has to be kept.
    None,
    /// Every entry.
    All,
    /// Entries with a deadline.
    Volatile,
}

/// The keys of one range of positions.
pub struct Segment {
    entries: LruCache<Key, Entry, SharedHasher>,
    lru_scope: LruScope,
    /// Candidates used later than this are not counted in `unused`; zero if nothing is in order.
    ordered_at: LastUse,
    /// Candidates that were not used since `ordered_at`.
    unused: usize,
    /// Entries with a deadline.
    volatile_len: usize,
    table: Table,
    /// Number of highest bits that all positions in the segment share.
    pub depth: u32,
}

/// Before every use.
const NEVER: LastUse = LastUse(0);

impl Segment {
    /// An empty segment.
    pub fn new(hasher: SharedHasher, lru_scope: LruScope, depth: u32) -> Segment {
        Segment {
            entries: LruCache::unbounded_with_hasher(hasher),
            lru_scope,
            ordered_at: NEVER,
            unused: 0,
            volatile_len: 0,
            table: Table::default(),
            depth,
        }
    }

    /// An empty segment whose table has capacity for `keys` keys.
    fn roomy(hasher: SharedHasher, lru_scope: LruScope, depth: u32, keys: usize) -> Segment {
        let room = NonZeroUsize::new(keys).unwrap_or(NonZeroUsize::MIN);
        Segment {
            entries: LruCache::with_hasher(room, hasher.clone()),
            table: Table::of(room.get()),
            ..Segment::new(hasher, lru_scope, depth)
        }
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Number of entries that eviction may choose from, under any policy.
    pub fn candidates_len(&self, is_volatile: bool) -> usize {
        if is_volatile { self.volatile_len } else { self.len() }
    }

    /// Finds an entry.
    pub fn peek(&self, key: &[u8]) -> Option<&Entry> {
        self.entries.peek(key)
    }

    /// Reads what a lookup of `key` needs, and, if the key is missing, what an insertion would
    /// write to: the entry that would come second in the list.
    pub fn prefetch(&self, key: &[u8]) {
        let entry = self.entries.peek(key);
        let entry = entry.or_else(|| self.entries.peek_mru().map(|(_, entry)| entry));
        // Without a use of the result, the compiler would remove the lookup.
        std::hint::black_box(entry.map(|entry| (entry.used_at, entry.value.prefetch_word())));
    }

    /// Finds an entry and records a use.
    pub fn touch(&mut self, key: &[u8], by: Use) -> Option<&Entry> {
        let entry = self.entries.peek_mut(key)?;
        if entry.used_at <= self.ordered_at && is_candidate(self.lru_scope, entry) {
            self.unused -= 1;
        }
        entry.used_at = by.after(entry.used_at);
        Some(entry)
    }

    /// Applies `change` to an entry and records a use.
    pub fn change<R>(
        &mut self,
        key: &[u8],
        by: Use,
        change: impl FnOnce(&mut Entry) -> R,
    ) -> Option<R> {
        let entry = self.entries.peek_mut(key)?;
        if entry.used_at <= self.ordered_at && is_candidate(self.lru_scope, entry) {
            self.unused -= 1;
        }
        self.volatile_len -= usize::from(entry.is_volatile());
        let result = change(entry);
        entry.used_at = by.after(entry.used_at);
        self.volatile_len += usize::from(entry.is_volatile());
        Some(result)
    }

    /// Applies `change` to an entry, which is no use of it. The deadline must stay.
    pub fn alter<R>(&mut self, key: &[u8], change: impl FnOnce(&mut Entry) -> R) -> Option<R> {
        self.entries.peek_mut(key).map(change)
    }

    /// Adds an entry under a missing key. Its last use is later than that of all others.
    pub fn insert(&mut self, key: Key, entry: Entry) {
        self.volatile_len += usize::from(entry.is_volatile());
        if self.len() == self.entries.cap().get() {
            // The table has reached the capacity that it was made for.
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

    /// The entries, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.entries.iter()
    }

    /// The entries with mutable access, for snapshot marks.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Key, &mut Entry)> {
        self.entries.iter_mut()
    }

    /// Bytes of the segment, without the heap memory of its keys and values.
    pub fn bytes(&self) -> usize {
        Segment::BYTES + self.table_bytes() + self.len() * NODE_BYTES
    }

    /// Bytes of an empty segment: itself, its slot in the directory, its element of the heap of
    /// segments, and the two ends of the list, which `lru` allocates like entries.
    pub const BYTES: usize = size_of::<Segment>() + 4 + 16 + 2 * NODE_BYTES;

    /// Bytes of the hash table, whose elements are two pointers.
    pub fn table_bytes(&self) -> usize {
        self.table.bytes(2 * size_of::<usize>())
    }

    /// Fits the table if there were enough removals since the last fitting, or if it is empty.
    /// Returns how many entries were moved within it.
    pub fn fit_now_and_then(&mut self) -> usize {
        if self.table.is_worn() || self.len() == 0 { self.fit() } else { 0 }
    }

    /// Gives the table the size that the entries need. The entries themselves are not moved, only
    /// their pointers. Returns how many.
    pub fn fit(&mut self) -> usize {
        let moved = self.table.fit(self.len());
        if moved.is_some() {
            self.shrink();
        }
        moved.unwrap_or(0)
    }

    /// Makes `lru` shrink its table, which a change of its capacity does.
    fn shrink(&mut self) {
        self.entries.resize(NonZeroUsize::new(self.len()).unwrap_or(NonZeroUsize::MIN));
    }

    /// Moves the entries for which `is_high` holds to a new segment, and sorts that one. The others
    /// stay where they are, so half of the nodes need not be allocated again. The new segment gets
    /// a table with capacity for `keys` keys, and a larger table of the old one is shrunk.
    pub fn split(
        &mut self,
        hasher: &SharedHasher,
        keys: usize,
        is_high: impl Fn(&[u8]) -> bool,
    ) -> Segment {
        self.depth += 1;
        let mut high = Segment::roomy(hasher.clone(), self.lru_scope, self.depth, keys);
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
        // The last entry of the list was the oldest of all that are in order.
        moving.reverse();
        let lru_scope = self.lru_scope;
        if lru_scope != LruScope::None {
            // Most entries are in order already, and a stable sort is fast on sorted runs.
            moving.sort_by_key(|(_, entry): &(Key, Entry)| rank(lru_scope, entry));
        }
        moving.into_iter().for_each(|(key, entry)| high.insert(key, entry));
        high.count_unused();
        high
    }

    /// Replaces the set of candidates.
    pub fn set_lru_scope(&mut self, lru_scope: LruScope) {
        self.lru_scope = lru_scope;
        (self.ordered_at, self.unused) = (NEVER, 0);
    }

    /// The oldest candidate, and how many entries were moved to find it.
    pub fn oldest(&mut self) -> (Option<(&Key, LastUse)>, usize) {
        let mut moved = 0;
        let is_empty = match self.lru_scope {
            LruScope::None => true,
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

    /// The last use of the oldest candidate if the list has just been sorted, otherwise a lower
    /// bound.
    pub fn first_use(&self) -> LastUse {
        let oldest = self.entries.peek_lru().filter(|(_, entry)| self.is_unused(entry));
        oldest.map_or(NEVER, |(_, entry)| entry.used_at)
    }

    /// The last uses of all candidates.
    pub fn candidate_uses(&self) -> impl Iterator<Item = LastUse> {
        let candidates = self.iter().filter(|(_, entry)| is_candidate(self.lru_scope, entry));
        candidates.map(|(_, entry)| entry.used_at)
    }

    /// Sorts the list and returns its length.
    fn order(&mut self) -> usize {
        let ranked = self.entries.iter().map(|(key, entry)| (rank(self.lru_scope, entry), key));
        let mut ranked: Vec<((bool, LastUse), Key)> =
            ranked.map(|(rank, key)| (rank, key.clone())).collect();
        ranked.sort_unstable_by_key(|(rank, _)| *rank);
        for (_, key) in &ranked {
            self.entries.promote(key);
        }
        self.count_unused();
        ranked.len()
    }

    /// Records that the list is in order now.
    fn count_unused(&mut self) {
        if self.lru_scope != LruScope::None {
            let newest = self.entries.iter().map(|(_, entry)| entry.used_at).max();
            self.ordered_at = newest.unwrap_or(NEVER);
            self.unused = self.candidates_len(self.lru_scope == LruScope::Volatile);
        }
    }

    fn is_unused(&self, entry: &Entry) -> bool {
        entry.used_at <= self.ordered_at && is_candidate(self.lru_scope, entry)
    }

    /// Checks the invariants in the head of this file.
    ///
    /// # Panics If one is violated.
    pub fn check_invariants(&self) {
        let volatile_len = self.iter().filter(|(_, entry)| entry.is_volatile()).count();
        assert_eq!(self.volatile_len, volatile_len, "entries with a deadline in a segment");
        assert!(self.table.capacity() >= self.len(), "the table of a segment");
        let unused: Vec<LastUse> = (self.entries.iter())
            .filter(|(_, entry)| self.is_unused(entry))
            .map(|(_, entry)| entry.used_at)
            .collect();
        assert_eq!(self.unused, unused.len(), "entries that were not used since the ordering");
        assert!(unused.is_sorted_by(|a, b| a > b), "in order of last use, the oldest last");
    }
}

fn is_candidate(lru_scope: LruScope, entry: &Entry) -> bool {
    lru_scope == LruScope::All || entry.is_volatile()
}

/// The sort key: candidates by last use, then all others.
fn rank(lru_scope: LruScope, entry: &Entry) -> (bool, LastUse) {
    (!is_candidate(lru_scope, entry), entry.used_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::Value;
    use crate::limits::SEGMENT_KEYS_MAX;

    /// Ensures that splitting keeps the order of use on both sides, and that a segment that gets
    /// all keys of a full one can hold more keys than its table was made for.
    #[test]
    fn splitting_loses_nothing() {
        let hasher = SharedHasher::default();
        for high_from in [0, SEGMENT_KEYS_MAX as u64 / 2, SEGMENT_KEYS_MAX as u64] {
            let mut low = Segment::new(hasher.clone(), LruScope::All, 0);
            let use_at = |age: u64| LastUse(age << 8);
            let entry = |age| Entry::new(Value::string(b"x"), Some(age), use_at(age));
            let key = |age: u64| Key::number(age);
            for age in 1..=SEGMENT_KEYS_MAX as u64 {
                low.insert(key(age), entry(age));
            }
            low.oldest();
            low.touch(&key(1), Use::uncounted(use_at(10_000)));
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
                let ages: Vec<LastUse> = half.candidate_uses().collect();
                assert_eq!(half.oldest().0.map(|(_, age)| age), ages.iter().min().copied());
                half.insert(key(20_000), entry(20_000));
                half.check_invariants();
                assert_eq!(half.len(), ages.len() + 1);
            }
        }
    }
}
