//! One database: entries by key, in exact order of use, growing without a pause.
//!
//! The `lru` map keeps entries in a hash table, and a hash table that is full doubles: with five
//! million keys that is half a second during which everybody waits. So a database is made of many
//! small maps, its *segments*. Every key has a *position*, a number of 64 bits derived from its
//! hash; a segment holds the keys of one contiguous range of positions, and when it has too many
//! it is split at the middle of its range (extendible hashing: Fagin et al., 1979). The longest
//! pause that growing can cause is one split.
//!
//! ```text
//! positions  0 ────────────────────────────────────────────── 2⁶⁴
//! directory  │   0   │   1   │   2   │   3   │   (depth 2: by the two highest bits)
//! segments   │      A        │   B   │   C   │   (A has depth 1, B and C have depth 2)
//! ```
//!
//! The exact order of use is in the entries: every use leaves its [`LastUse`] there, in a cache
//! line that the lookup has loaded anyway. Moving an entry to the front of `lru`'s list at every
//! use would touch three neighbours somewhere in memory, under the lock; lookups took 28 % of the
//! server's samples that way and take 18 % now (SET of 100 000 random keys, `perf record`,
//! 2026-11-21). How a segment finds its oldest entry all the same is told in
//! `segment.rs`, and how eviction finds the oldest of all in `keyspace/eviction.rs`.
//!
//! Invariants: a key lies in the segment that the directory names for its
//! position; a segment of depth d is named by 2^(depth - d) neighbouring directory slots; the
//! deadline index holds exactly the entries with a deadline.

use crate::keyspace::bytes::Key;
use crate::keyspace::store::entry::{Entry, LastUse};
use crate::keyspace::store::footprint::{Account, DEADLINE_BYTES, NODE_BYTES};
use crate::keyspace::store::hasher::SharedHasher;
use crate::keyspace::store::position::{highest_bits, position};
use crate::keyspace::store::segment::{LruScope, Segment};
use crate::keyspace::store::snapshot::Walk;
use crate::limits::SEGMENT_KEYS_MAX;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// The entries of one database.
pub struct Database {
    /// Number of a segment for every value of the `depth` highest bits of a position.
    pub(crate) directory: Vec<u32>,
    pub(crate) depth: u32,
    pub(crate) segments: Vec<Segment>,
    /// Every segment by the age of its oldest candidate, or by an age that is not younger.
    pub(crate) oldest_first: BinaryHeap<Reverse<(LastUse, u32)>>,
    /// Keys picked at random that eviction has not come to yet.
    pub(crate) picked: Vec<Key>,
    /// Entries with a deadline, the nearest first.
    deadlines: BTreeSet<(u64, Key)>,
    len: usize,
    candidates: LruScope,
    pub(crate) account: Account,
    /// Entries that were moved, ever, by splitting, fitting and ordering: what tells how long
    /// something took without a clock.
    pub(crate) moved: u64,
    /// How far an image of the data is.
    pub(crate) walk: Walk,
    pub(crate) hasher: SharedHasher,
}

impl Database {
    /// An empty database, whose account is a part of `total`.
    pub fn new(hasher: SharedHasher, candidates: LruScope, total: &Account) -> Database {
        let mut account = total.share();
        account.spend(Segment::BYTES);
        Database {
            directory: vec![0],
            depth: 0,
            segments: vec![Segment::new(hasher.clone(), candidates, 0)],
            oldest_first: BinaryHeap::from([Reverse((LastUse(0), 0))]),
            picked: Vec::new(),
            deadlines: BTreeSet::new(),
            len: 0,
            candidates,
            account,
            moved: 0,
            walk: Walk::default(),
            hasher,
        }
    }

    /// Number of keys, those included whose deadline has passed but that were not removed yet.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Number of keys with a deadline.
    pub fn volatile_len(&self) -> usize {
        self.deadlines.len()
    }

    /// Finds `key` and marks it as used at `age`.
    pub fn touch(&mut self, key: &[u8], age: LastUse) -> Option<&Entry> {
        let at = self.segment_of(key);
        self.segments[at].touch(key, age)
    }

    /// Looks at an entry without making it younger.
    pub fn peek(&self, key: &[u8]) -> Option<&Entry> {
        self.segments[self.segment_of(key)].peek(key)
    }

    /// Brings what a lookup or an insertion of `key` needs into the processor's caches.
    pub fn prefetch(&self, key: &[u8]) {
        self.segments[self.segment_of(key)].prefetch(key);
    }

    /// Bytes of an entry with its key, its value, its place in the index of deadlines and its share
    /// of the table.
    pub fn bytes_of(&self, key: &[u8]) -> Option<usize> {
        let segment = &self.segments[self.segment_of(key)];
        let entry = segment.peek(key)?;
        let table_bytes = segment.table_bytes() / segment.len();
        let deadline_bytes = if entry.expires_at_ms().is_some() { DEADLINE_BYTES } else { 0 };
        let text_bytes = Key::new(key).heap_bytes() + entry.value.heap_bytes();
        Some(NODE_BYTES + table_bytes + text_bytes + deadline_bytes)
    }

    /// Lets `change` work on the entry under `key`, marks it as used, and keeps the accounts.
    pub fn change<R>(
        &mut self,
        key: &[u8],
        age: LastUse,
        change: impl FnOnce(&mut Entry) -> R,
    ) -> Option<R> {
        let at = self.segment_of(key);
        let (account, walk) = (&mut self.account, &mut self.walk);
        let (result, deadline_before, deadline) = self.segments[at].change(key, age, |entry| {
            walk.keep(key, entry);
            let (bytes_before, deadline_before) = (entry.value.heap_bytes(), entry.expires_at_ms());
            let result = change(entry);
            account.spend(entry.value.heap_bytes());
            account.save(bytes_before);
            (result, deadline_before, entry.expires_at_ms())
        })?;
        if deadline != deadline_before {
            let key = Key::new(key);
            self.drop_deadline(deadline_before, &key);
            self.add_deadline(deadline, key);
        }
        Some(result)
    }

    /// Adds an entry under a key that is not there; it must be younger than all others.
    pub fn insert(&mut self, key: &[u8], mut entry: Entry) {
        let key = Key::new(key);
        entry.set_mark(self.walk.mark);
        let position = self.position(&key);
        while self.segments[self.segment_at(position)].len() >= SEGMENT_KEYS_MAX
            && self.split(position, SEGMENT_KEYS_MAX / 2)
        {}
        let at = self.segment_at(position);
        self.account.spend(key.heap_bytes() + entry.value.heap_bytes());
        self.add_deadline(entry.expires_at_ms(), key.clone());
        self.len += 1;
        let segment = &mut self.segments[at];
        let bytes_before = segment.bytes();
        segment.insert(key, entry);
        self.account.spend(segment.bytes() - bytes_before);
    }

    /// Removes `key` and returns what it held.
    pub fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        let at = self.segment_of(key);
        let segment = &mut self.segments[at];
        let bytes_before = segment.bytes();
        let (key, mut entry) = segment.remove(key)?;
        self.walk.keep(&key, &mut entry);
        self.moved += segment.fit_now_and_then() as u64;
        self.account.save(bytes_before - segment.bytes());
        self.account.save(key.heap_bytes() + entry.value.heap_bytes());
        self.len -= 1;
        self.drop_deadline(entry.expires_at_ms(), &key);
        Some(entry)
    }

    /// Lets other entries be candidates for eviction.
    pub fn set_lru_scope(&mut self, candidates: LruScope) {
        self.candidates = candidates;
        self.picked = Vec::new();
        self.segments.iter_mut().for_each(|segment| segment.set_lru_scope(candidates));
        // How old the oldest candidates are is not known any more.
        let numbers = 0..self.segments.len() as u32;
        self.oldest_first = numbers.map(|number| Reverse((LastUse(0), number))).collect();
    }

    /// Which entries are candidates for eviction by age.
    pub fn candidates(&self) -> LruScope {
        self.candidates
    }

    /// Number of the segment at a position.
    pub fn segment_at(&self, position: u64) -> usize {
        self.directory[self.slot(position)] as usize
    }

    /// Bytes of entries, keys, values, tables and index.
    pub fn used_bytes(&self) -> usize {
        self.account.own()
    }

    /// Nothing of this database counts any more: it was flushed and waits to be dropped.
    pub fn close_account(&mut self) {
        self.account.close();
    }

    /// The entry of the nearest deadline.
    pub fn first_deadline(&self) -> Option<&(u64, Key)> {
        self.deadlines.first()
    }

    /// Up to `count` keys whose deadlines have passed, the nearest first.
    pub fn due(&self, now_ms: u64, count: usize) -> Vec<Key> {
        let due = self.deadlines.iter().take_while(|(deadline, _)| *deadline <= now_ms);
        due.take(count).map(|(_, key)| key.clone()).collect()
    }

    /// The deadlines' mean distance from `now_ms` in milliseconds, estimated from both ends:
    /// INFO's `avg_ttl`.
    pub fn average_ttl_ms(&self, now_ms: u64) -> u64 {
        match (self.deadlines.first(), self.deadlines.last()) {
            (Some((first, _)), Some((last, _))) => (first / 2 + last / 2).saturating_sub(now_ms),
            _ => 0,
        }
    }

    /// Walks the keys in the order of their positions, from `cursor` on, until `count` keys were
    /// seen, and returns where to go on: 0 at the end.
    ///
    /// A key's position never changes, whatever is added, removed or split in between. So a walk
    /// from 0 to 0 sees every key that stayed throughout, and sees it exactly once.
    pub fn scan(&self, cursor: u64, count: usize, mut each: impl FnMut(&Key, &Entry)) -> u64 {
        let mut from = cursor;
        let mut seen = 0;
        while from <= CURSOR_MAX {
            let segment = &self.segments[self.segment_at(from << CURSOR_SHIFT)];
            let mut places: Vec<(u64, &Key, &Entry)> = segment
                .iter()
                .map(|(key, entry)| (self.position(key) >> CURSOR_SHIFT, key, entry))
                .filter(|(place, ..)| *place >= from)
                .collect();
            places.sort_unstable_by_key(|(place, ..)| *place);
            let mut previous = None;
            for (place, key, entry) in places {
                // Keys that share a cursor must not be torn apart.
                if seen >= count && previous != Some(place) {
                    return place;
                }
                each(key, entry);
                seen += 1;
                previous = Some(place);
            }
            // On to the first cursor of the next segment.
            from = (from | (CURSOR_MAX >> segment.depth)) + 1;
            if seen >= count {
                break;
            }
        }
        if from > CURSOR_MAX { 0 } else { from }
    }

    /// What `look` sees in the first entry from the cursor of `position` on, around the ring.
    pub fn first_from<R>(&self, position: u64, look: impl Fn(&Key, &Entry) -> R) -> Option<R> {
        for mut cursor in [position >> CURSOR_SHIFT, 0] {
            loop {
                let mut seen = None;
                cursor = self.scan(cursor, 1, |key, entry| {
                    seen.get_or_insert_with(|| look(key, entry));
                });
                if seen.is_some() {
                    return seen;
                }
                if cursor == 0 {
                    break;
                }
            }
        }
        None
    }

    /// Where a key belongs. The middle of the hash comes first, because the table inside a segment
    /// tells its keys apart by the highest and the lowest bits.
    fn position(&self, key: &[u8]) -> u64 {
        position(&self.hasher, key)
    }

    /// The segment in which a key belongs, if it is there.
    fn segment_of(&self, key: &[u8]) -> usize {
        self.segment_at(self.position(key))
    }

    /// The directory slot of a position.
    pub(crate) fn slot(&self, position: u64) -> usize {
        highest_bits(position, self.depth)
    }

    fn add_deadline(&mut self, deadline: Option<u64>, key: Key) {
        if let Some(deadline) = deadline {
            self.account.spend(DEADLINE_BYTES);
            self.deadlines.insert((deadline, key));
        }
    }

    fn drop_deadline(&mut self, deadline: Option<u64>, key: &Key) {
        if let Some(deadline) = deadline {
            self.account.save(DEADLINE_BYTES);
            self.deadlines.remove(&(deadline, key.clone()));
        }
    }

    /// Checks everything this file's head promises.
    ///
    /// # Panics
    /// If a promise is broken.
    pub fn check_invariants(&self) {
        assert_eq!(self.directory.len(), 1 << self.depth, "slots of the directory");
        let (mut len, mut bytes, mut deadlines) = (0, 0, BTreeSet::new());
        let mut ages = BTreeSet::new();
        for (at, segment) in self.segments.iter().enumerate() {
            let slots = self.directory.iter().filter(|slot| **slot as usize == at).count();
            assert_eq!(slots, 1 << (self.depth - segment.depth), "slots of a segment");
            segment.check_invariants();
            bytes += segment.bytes();
            for (key, entry) in segment.iter() {
                assert_eq!(self.segment_of(key), at, "the segment of {key:?}");
                assert!(ages.insert(entry.used_at), "two uses at one moment: {key:?}");
                len += 1;
                bytes += key.heap_bytes() + entry.value.heap_bytes();
                deadlines.extend(entry.expires_at_ms().map(|deadline| (deadline, key.clone())));
                entry.value.check_invariants();
            }
        }
        assert_eq!(self.len, len, "number of keys");
        assert_eq!(self.deadlines, deadlines, "deadline index");
        assert_eq!(self.account.own(), bytes + deadlines.len() * DEADLINE_BYTES, "bytes");
        self.check_order();
    }

    /// Checks that every segment is listed once, under an age that no candidate of it is below.
    fn check_order(&self) {
        let mut listed: Vec<u32> = self.oldest_first.iter().map(|at| at.0.1).collect();
        listed.sort_unstable();
        assert!(listed.into_iter().eq(0..self.segments.len() as u32), "segments by age");
        for Reverse((bound, at)) in &self.oldest_first {
            let mut ages = self.segments[*at as usize].candidate_ages();
            assert!(ages.all(|age| age >= *bound), "the oldest of segment {at}");
        }
    }
}

/// Cursors are the highest 48 bits of a position: some clients keep them in a double.
const CURSOR_SHIFT: u32 = 16;
/// The last cursor.
const CURSOR_MAX: u64 = u64::MAX >> CURSOR_SHIFT;
