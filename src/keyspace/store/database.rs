//! One database: entries by key, with an exact order of use (LRU), growing without a long pause.
//!
//! The `lru` map keeps entries in a hash table, and a full hash table doubles: with five million
//! keys, every client waits for half a second. So a database consists of many small maps, its
//! *segments*. Every key has a *position*, a number of 64 bits derived from its hash; a segment
//! holds the keys of one contiguous range of positions, and a segment with too many keys is split
//! at the middle of its range (extendible hashing: Fagin et al., 1979; `growth.rs` has a drawing).
//! The longest pause that growth can cause is one split.
//!
//! ```text
//! positions  0 ────────────────────────────────────────────── 2⁶⁴
//! directory  │   0   │   1   │   2   │   3   │   (depth 2: by the two highest bits)
//! segments   │      A        │   B   │   C   │   (A has depth 1, B and C have depth 2)
//! ```
//!
//! The exact order of use is stored in the entries: every use writes its [`LastUse`] there, in a
//! cache line that the lookup has loaded anyway. The textbook LRU moves an entry to the front of a
//! list at every use, which touches three neighbours somewhere in memory, under the lock; lookups
//! took 28 % of the server's samples that way and take 18 % now (SET of 100 000 random keys,
//! `perf record`, 2026-11-21). `segment.rs` explains how a segment finds its oldest entry all the
//! same, and `keyspace/eviction.rs` how eviction finds the oldest entry of all.
//!
//! Invariants: a key is in the segment that the directory gives for its position; 2^(depth - d)
//! neighbouring directory slots refer to a segment of depth d; the deadline index holds exactly the
//! entries with a deadline.

use crate::keyspace::bytes::Key;
use crate::keyspace::store::entry::{Entry, LastUse};
use crate::keyspace::store::footprint::{Account, DEADLINE_BYTES, NODE_BYTES};
use crate::keyspace::store::frequency::Use;
use crate::keyspace::store::hasher::SharedHasher;
use crate::keyspace::store::position::{highest_bits, position};
use crate::keyspace::store::segment::{LruScope, Segment};
use crate::keyspace::store::snapshot::Walk;
use crate::keyspace::types::Stream;
use crate::keyspace::value::{Stored, Value};
use crate::limits::SEGMENT_KEYS_MAX;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// The entries of one database.
pub struct Database {
    /// Number of a segment for every value of the `depth` highest bits of a position.
    pub(crate) directory: Vec<u32>,
    pub(crate) depth: u32,
    pub(crate) segments: Vec<Segment>,
    /// Every segment with the last use of its oldest candidate, or with a lower bound of it.
    pub(crate) oldest_first: BinaryHeap<Reverse<(LastUse, u32)>>,
    /// Keys picked for eviction, of which each is removed in turn.
    pub(crate) picked: Vec<Key>,
    /// Keys found for LFU eviction, the rarest last, with the uses that they were judged by.
    pub(crate) rare: Vec<(LastUse, Key)>,
    /// Entries with a deadline, the nearest first.
    deadlines: BTreeSet<(u64, Key)>,
    /// Entries with a value whose parts expire by themselves, by the first of these deadlines.
    part_deadlines: BTreeSet<(u64, Key)>,
    len: usize,
    lru_scope: LruScope,
    pub(crate) account: Account,
    /// Entries that were ever moved by splitting, fitting and ordering: a measure of the work done,
    /// without a clock.
    pub(crate) moved: u64,
    /// Progress of a snapshot through this database.
    pub(crate) walk: Walk,
    /// Whether it has ever had a stream since it was empty: its snapshot has a later version then.
    pub(crate) has_had_streams: bool,
    pub(crate) hasher: SharedHasher,
}

impl Database {
    /// An empty database, whose account is a part of `total`.
    pub fn new(hasher: SharedHasher, lru_scope: LruScope, total: &Account) -> Database {
        let mut account = total.share();
        account.spend(Segment::BYTES);
        Database {
            directory: vec![0],
            depth: 0,
            segments: vec![Segment::new(hasher.clone(), lru_scope, 0)],
            oldest_first: BinaryHeap::from([Reverse((LastUse(0), 0))]),
            picked: Vec::new(),
            rare: Vec::new(),
            deadlines: BTreeSet::new(),
            part_deadlines: BTreeSet::new(),
            len: 0,
            lru_scope,
            account,
            moved: 0,
            walk: Walk::default(),
            has_had_streams: false,
            hasher,
        }
    }

    /// Number of keys, including expired ones that were not removed yet.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Number of keys with a deadline.
    pub fn volatile_len(&self) -> usize {
        self.deadlines.len()
    }

    /// Whether there are values whose parts expire by themselves.
    pub fn has_part_deadlines(&self) -> bool {
        !self.part_deadlines.is_empty()
    }

    /// Finds `key` and records a use.
    pub fn touch(&mut self, key: &[u8], by: Use) -> Option<&Entry> {
        let at = self.segment_of(key);
        self.segments[at].touch(key, by)
    }

    /// Finds an entry without recording a use.
    pub fn peek(&self, key: &[u8]) -> Option<&Entry> {
        self.segments[self.segment_of(key)].peek(key)
    }

    /// Prefetch: loads what a lookup or an insertion of `key` needs into the processor's caches.
    pub fn prefetch(&self, key: &[u8]) {
        self.segments[self.segment_of(key)].prefetch(key);
    }

    /// Bytes of an entry with its key, its value, its element of the deadline index and its share
    /// of the table.
    pub fn bytes_of(&self, key: &[u8]) -> Option<usize> {
        let segment = &self.segments[self.segment_of(key)];
        let entry = segment.peek(key)?;
        let table_bytes = segment.table_bytes() / segment.len();
        let deadlines = [entry.expires_at_ms(), entry.value.next_deadline_ms()];
        let deadline_bytes = DEADLINE_BYTES * deadlines.into_iter().flatten().count();
        let text_bytes = Key::new(key).heap_bytes() + entry.value.heap_bytes();
        Some(NODE_BYTES + table_bytes + text_bytes + deadline_bytes)
    }

    /// Applies `change` to the entry under `key`, records a use, and keeps the accounts correct.
    pub fn change<R>(
        &mut self,
        key: &[u8],
        by: Use,
        change: impl FnOnce(&mut Entry) -> R,
    ) -> Option<R> {
        self.change_by(key, Some(by), change)
    }

    /// [`Database::change`] of a value, or without a use, for changes that no command asked for.
    /// Without a use the deadline must stay.
    pub fn change_by<R>(
        &mut self,
        key: &[u8],
        by: Option<Use>,
        change: impl FnOnce(&mut Entry) -> R,
    ) -> Option<R> {
        let at = self.segment_of(key);
        let (account, walk) = (&mut self.account, &mut self.walk);
        let change = |entry: &mut Entry| {
            walk.keep(key, entry);
            let (bytes_before, before) = (entry.value.heap_bytes(), deadlines_of(entry));
            let result = change(entry);
            account.spend(entry.value.heap_bytes());
            account.save(bytes_before);
            (result, before, deadlines_of(entry))
        };
        let segment = &mut self.segments[at];
        let (result, before, after) = match by {
            Some(by) => segment.change(key, by, change),
            None => segment.alter(key, change),
        }?;
        if before != after {
            let key = Key::new(key);
            self.drop_deadlines(before, &key);
            self.add_deadlines(after, &key);
        }
        Some(result)
    }

    /// Adds an entry under a missing key; its last use must be later than that of all others.
    pub fn insert(&mut self, key: &[u8], mut entry: Entry) {
        let key = Key::new(key);
        self.note_type(&entry.value);
        entry.set_mark(self.walk.mark);
        let position = self.position(&key);
        while self.segments[self.segment_at(position)].len() >= SEGMENT_KEYS_MAX
            && self.split(position, SEGMENT_KEYS_MAX / 2)
        {}
        let at = self.segment_at(position);
        self.account.spend(key.heap_bytes() + entry.value.heap_bytes());
        self.add_deadlines(deadlines_of(&entry), &key);
        self.len += 1;
        let segment = &mut self.segments[at];
        let bytes_before = segment.bytes();
        segment.insert(key, entry);
        self.account.spend(segment.bytes() - bytes_before);
    }

    /// Remembers that there is a stream. To be called with each value that enters an entry.
    pub fn note_type(&mut self, value: &Value) {
        self.has_had_streams |= Stream::of(value).is_some();
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
        self.drop_deadlines(deadlines_of(&entry), &key);
        Some(entry)
    }

    /// Replaces the set of candidates for eviction.
    pub fn set_lru_scope(&mut self, lru_scope: LruScope) {
        self.lru_scope = lru_scope;
        (self.picked, self.rare) = (Vec::new(), Vec::new());
        self.segments.iter_mut().for_each(|segment| segment.set_lru_scope(lru_scope));
        // The last use of the oldest candidates is unknown now, so every segment gets the least
        // bound.
        let numbers = 0..self.segments.len() as u32;
        self.oldest_first = numbers.map(|number| Reverse((LastUse(0), number))).collect();
    }

    /// The candidates for LRU eviction.
    pub fn lru_scope(&self) -> LruScope {
        self.lru_scope
    }

    /// Number of the segment at a position.
    pub fn segment_at(&self, position: u64) -> usize {
        self.directory[self.slot(position)] as usize
    }

    /// Bytes of entries, keys, values, tables and index.
    pub fn used_bytes(&self) -> usize {
        self.account.own()
    }

    /// Removes this database from the sum: it was flushed and waits to be dropped.
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

    /// Up to `count` keys with parts whose deadlines have passed, the nearest first.
    pub fn due_parts(&self, now_ms: u64, count: usize) -> Vec<Key> {
        let due = self.part_deadlines.iter().take_while(|(deadline, _)| *deadline <= now_ms);
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
    /// visited, and returns the cursor at which to continue: 0 at the end.
    ///
    /// The position of a key never changes, whatever is added, removed or split in between. So a
    /// walk from 0 to 0 visits every key that exists throughout, and visits it exactly once.
    pub fn scan(&self, cursor: u64, count: usize, mut each: impl FnMut(&Key, &Entry)) -> u64 {
        let mut from = cursor;
        let mut seen = 0;
        while from <= CURSOR_MAX {
            let segment = &self.segments[self.segment_at(from << CURSOR_SHIFT)];
            let mut found: Vec<(u64, &Key, &Entry)> = segment
                .iter()
                .map(|(key, entry)| (self.position(key) >> CURSOR_SHIFT, key, entry))
                .filter(|(cursor_of_key, ..)| *cursor_of_key >= from)
                .collect();
            found.sort_unstable_by_key(|(cursor_of_key, ..)| *cursor_of_key);
            let mut previous = None;
            for (cursor_of_key, key, entry) in found {
                // Keys with the same cursor must be returned by the same call.
                if seen >= count && previous != Some(cursor_of_key) {
                    return cursor_of_key;
                }
                each(key, entry);
                seen += 1;
                previous = Some(cursor_of_key);
            }
            // Continue at the first cursor of the next segment.
            from = (from | (CURSOR_MAX >> segment.depth)) + 1;
            if seen >= count {
                break;
            }
        }
        if from > CURSOR_MAX { 0 } else { from }
    }

    /// The result of `look` for the first entry from the cursor of `position` on, around the ring.
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

    /// The position of a key. It begins with the middle of the hash, because the table inside a
    /// segment distinguishes its keys by the highest and the lowest bits.
    fn position(&self, key: &[u8]) -> u64 {
        position(&self.hasher, key)
    }

    /// The segment to which a key belongs.
    fn segment_of(&self, key: &[u8]) -> usize {
        self.segment_at(self.position(key))
    }

    /// The directory slot of a position.
    pub(crate) fn slot(&self, position: u64) -> usize {
        highest_bits(position, self.depth)
    }

    fn add_deadlines(&mut self, deadlines: [Option<u64>; 2], key: &Key) {
        let indexes = [&mut self.deadlines, &mut self.part_deadlines];
        for (index, deadline) in indexes.into_iter().zip(deadlines) {
            if let Some(deadline) = deadline {
                self.account.spend(DEADLINE_BYTES);
                index.insert((deadline, key.clone()));
            }
        }
    }

    fn drop_deadlines(&mut self, deadlines: [Option<u64>; 2], key: &Key) {
        let indexes = [&mut self.deadlines, &mut self.part_deadlines];
        for (index, deadline) in indexes.into_iter().zip(deadlines) {
            if let Some(deadline) = deadline {
                self.account.save(DEADLINE_BYTES);
                index.remove(&(deadline, key.clone()));
            }
        }
    }

    /// Checks the invariants in the head of this file.
    ///
    /// # Panics If one is violated.
    pub fn check_invariants(&self) {
        assert_eq!(self.directory.len(), 1 << self.depth, "slots of the directory");
        let (mut len, mut bytes) = (0, 0);
        let (mut deadlines, mut part_deadlines) = (BTreeSet::new(), BTreeSet::new());
        let mut uses = BTreeSet::new();
        for (at, segment) in self.segments.iter().enumerate() {
            let slots = self.directory.iter().filter(|slot| **slot as usize == at).count();
            assert_eq!(slots, 1 << (self.depth - segment.depth), "slots of a segment");
            segment.check_invariants();
            bytes += segment.bytes();
            for (key, entry) in segment.iter() {
                assert_eq!(self.segment_of(key), at, "the segment of {key:?}");
                assert!(uses.insert(entry.used_at), "two uses at one moment: {key:?}");
                len += 1;
                bytes += key.heap_bytes() + entry.value.heap_bytes();
                let [own, of_part] = deadlines_of(entry);
                deadlines.extend(own.map(|deadline| (deadline, key.clone())));
                part_deadlines.extend(of_part.map(|deadline| (deadline, key.clone())));
                entry.value.check_invariants();
            }
        }
        assert_eq!(self.len, len, "number of keys");
        assert_eq!(self.deadlines, deadlines, "deadline index");
        assert_eq!(self.part_deadlines, part_deadlines, "index of the deadlines of parts");
        let indexed = deadlines.len() + part_deadlines.len();
        assert_eq!(self.account.own(), bytes + indexed * DEADLINE_BYTES, "bytes");
        self.check_order();
    }

    /// Checks that every segment is listed once, with a lower bound of its candidates' last uses.
    fn check_order(&self) {
        let mut listed: Vec<u32> = self.oldest_first.iter().map(|at| at.0.1).collect();
        listed.sort_unstable();
        assert!(listed.into_iter().eq(0..self.segments.len() as u32), "segments by last use");
        for Reverse((bound, at)) in &self.oldest_first {
            let mut uses = self.segments[*at as usize].candidate_uses();
            assert!(uses.all(|used_at| used_at >= *bound), "the oldest of segment {at}");
        }
    }
}

/// The deadline of an entry, and the first one of the parts of its value.
fn deadlines_of(entry: &Entry) -> [Option<u64>; 2] {
    [entry.expires_at_ms(), entry.value.next_deadline_ms()]
}

/// Cursors are the highest 48 bits of a position: some clients keep them in a double.
const CURSOR_SHIFT: u32 = 16;
/// The last cursor.
const CURSOR_MAX: u64 = u64::MAX >> CURSOR_SHIFT;
