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
//! The exact order of use is in the entries: every use leaves its [`Age`] there, in a cache line
//! that the lookup has fetched anyway. The list of `lru` is in the order of insertion. Moving an
//! entry to its front at every use would touch three neighbours somewhere in memory, under the
//! lock; lookups took 28 % of the server's samples that way and take 18 % now (SET of 100 000
//! random keys, `perf record`, 2026-11-21).
//!
//! Invariants: a key lies in the segment that the directory names for its
//! position; a segment of depth d is named by 2^(depth - d) neighbouring directory slots; the
//! deadline index holds exactly the entries with a deadline.

use super::bytes::Key;
use super::value::{ENTRY_BYTES, Entry};
use super::{Age, SharedHasher};
use crate::limits::SEGMENT_KEYS_MAX;
use lru::LruCache;
use std::collections::BTreeSet;

/// Bytes that a deadline takes in the index: the pair, and the slack of a B-tree's nodes.
pub const DEADLINE_BYTES: usize = (size_of::<(u64, Key)>() * 3).div_ceil(2);

/// The entries of one database.
pub struct Database {
    /// Number of a segment for every value of the `depth` highest bits of a position.
    directory: Vec<u32>,
    depth: u32,
    segments: Vec<Segment>,
    /// Entries with a deadline, the nearest first.
    deadlines: BTreeSet<(u64, Key)>,
    len: usize,
    /// Bytes of entries, keys, values and index.
    used_bytes: usize,
    hasher: SharedHasher,
}

/// The keys of one range of positions.
struct Segment {
    entries: LruCache<Key, Entry, SharedHasher>,
    /// How many of the highest bits the positions in it have in common.
    depth: u32,
}

impl Database {
    /// An empty database.
    pub fn new(hasher: SharedHasher) -> Database {
        let segment =
            Segment { entries: LruCache::unbounded_with_hasher(hasher.clone()), depth: 0 };
        Database {
            directory: vec![0],
            depth: 0,
            segments: vec![segment],
            deadlines: BTreeSet::new(),
            len: 0,
            used_bytes: 0,
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

    /// Bytes of entries, keys, values and index.
    pub fn used_bytes(&self) -> usize {
        self.used_bytes
    }

    /// Finds `key` and marks it as used at `age`.
    pub fn touch(&mut self, key: &[u8], age: Age) -> Option<&Entry> {
        let at = self.segment_of(key);
        let entry = self.segments[at].entries.peek_mut(key)?;
        entry.used_at = age;
        Some(entry)
    }

    /// Looks at an entry without making it younger.
    pub fn peek(&self, key: &[u8]) -> Option<&Entry> {
        self.segments[self.segment_of(key)].entries.peek(key)
    }

    /// Bytes of an entry with its key, its value and its place in the index of deadlines.
    pub fn bytes_of(&self, key: &[u8]) -> Option<usize> {
        let entry = self.peek(key)?;
        let deadline_bytes = if entry.expires_at_ms().is_some() { DEADLINE_BYTES } else { 0 };
        Some(ENTRY_BYTES + Key::new(key).heap_bytes() + entry.value.heap_bytes() + deadline_bytes)
    }

    /// Lets `change` work on the entry under `key`, marks it as used, and keeps the accounts.
    pub fn change<R>(
        &mut self,
        key: &[u8],
        age: Age,
        change: impl FnOnce(&mut Entry) -> R,
    ) -> Option<R> {
        let at = self.segment_of(key);
        let entry = self.segments[at].entries.peek_mut(key)?;
        let (bytes_before, deadline_before) = (entry.value.heap_bytes(), entry.expires_at_ms());
        let result = change(entry);
        entry.used_at = age;
        self.used_bytes += entry.value.heap_bytes();
        self.used_bytes -= bytes_before;
        let deadline = entry.expires_at_ms();
        if deadline != deadline_before {
            let key = Key::new(key);
            self.drop_deadline(deadline_before, &key);
            self.add_deadline(deadline, key);
        }
        Some(result)
    }

    /// Adds an entry under a key that is not there.
    pub fn insert(&mut self, key: &[u8], entry: Entry) {
        let key = Key::new(key);
        let mut at = self.segment_of(&key);
        while self.segments[at].entries.len() >= SEGMENT_KEYS_MAX && self.split(at) {
            at = self.segment_of(&key);
        }
        self.used_bytes += ENTRY_BYTES + key.heap_bytes() + entry.value.heap_bytes();
        self.add_deadline(entry.expires_at_ms(), key.clone());
        self.len += 1;
        self.segments[at].entries.put(key, entry);
    }

    /// Removes `key` and returns what it held.
    pub fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        let at = self.segment_of(key);
        let (key, entry) = self.segments[at].entries.pop_entry(key)?;
        self.len -= 1;
        self.used_bytes -= ENTRY_BYTES + key.heap_bytes() + entry.value.heap_bytes();
        self.drop_deadline(entry.expires_at_ms(), &key);
        if self.segments[at].entries.is_empty() {
            // A hash table never shrinks by itself.
            self.segments[at].entries = LruCache::unbounded_with_hasher(self.hasher.clone());
        }
        Some(entry)
    }

    /// The key whose deadline is the nearest, if it has passed.
    pub fn first_due(&self, now_ms: u64) -> Option<Key> {
        let (deadline, key) = self.deadlines.first()?;
        (*deadline <= now_ms).then(|| key.clone())
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
            let segment = &self.segments[self.directory[self.slot(from << CURSOR_SHIFT)] as usize];
            let mut places: Vec<(u64, &Key, &Entry)> = segment
                .entries
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
        self.hasher.hash_one(key).rotate_left(32)
    }

    fn segment_of(&self, key: &[u8]) -> usize {
        self.directory[self.slot(self.position(key))] as usize
    }

    /// The directory slot of a position.
    fn slot(&self, position: u64) -> usize {
        highest_bits(position, self.depth)
    }

    /// Splits a segment in two; false if its keys agree in more bits than is worth telling apart.
    fn split(&mut self, at: usize) -> bool {
        /// A directory of 2²⁴ slots serves thirteen billion keys.
        const DEPTH_MAX: u32 = 24;
        let depth = self.segments[at].depth + 1;
        if depth > DEPTH_MAX {
            return false;
        }
        if depth > self.depth {
            self.directory = self.directory.iter().flat_map(|slot| [*slot, *slot]).collect();
            self.depth = depth;
        }
        let empty = || LruCache::unbounded_with_hasher(self.hasher.clone());
        let (mut low, mut high) = (empty(), empty());
        let mut old = std::mem::replace(&mut self.segments[at].entries, empty());
        // From the oldest to the newest: each half inherits the order.
        while let Some((key, entry)) = old.pop_lru() {
            let is_high = highest_bits(self.position(&key), depth) & 1 == 1;
            if is_high {
                high.put(key, entry)
            } else {
                low.put(key, entry)
            };
        }
        let new = self.segments.len() as u32;
        let mut slots = self.directory.iter_mut().filter(|slot| **slot == at as u32);
        let half = 1_usize << (self.depth - depth);
        slots.by_ref().nth(half - 1);
        slots.for_each(|slot| *slot = new);
        self.segments[at] = Segment { entries: low, depth };
        self.segments.push(Segment { entries: high, depth });
        true
    }

    fn add_deadline(&mut self, deadline: Option<u64>, key: Key) {
        if let Some(deadline) = deadline {
            self.used_bytes += DEADLINE_BYTES;
            self.deadlines.insert((deadline, key));
        }
    }

    fn drop_deadline(&mut self, deadline: Option<u64>, key: &Key) {
        if let Some(deadline) = deadline {
            self.used_bytes -= DEADLINE_BYTES;
            self.deadlines.remove(&(deadline, key.clone()));
        }
    }

    /// Checks everything this file's head promises.
    ///
    /// # Panics
    /// If a promise is broken.
    pub fn check_invariants(&self) {
        assert_eq!(self.directory.len(), 1 << self.depth, "slots of the directory");
        let (mut len, mut used_bytes, mut deadlines) = (0, 0, BTreeSet::new());
        let mut ages = BTreeSet::new();
        for (at, segment) in self.segments.iter().enumerate() {
            let slots = self.directory.iter().filter(|slot| **slot as usize == at).count();
            assert_eq!(slots, 1 << (self.depth - segment.depth), "slots of a segment");
            for (key, entry) in &segment.entries {
                assert_eq!(self.segment_of(key), at, "the segment of {key:?}");
                assert!(ages.insert(entry.used_at), "two uses at one moment: {key:?}");
                len += 1;
                used_bytes += ENTRY_BYTES + key.heap_bytes() + entry.value.heap_bytes();
                deadlines.extend(entry.expires_at_ms().map(|deadline| (deadline, key.clone())));
                if let super::Value::Hash(fields) = &entry.value {
                    assert!(!fields.is_empty(), "an empty hash under {key:?}");
                    fields.check_invariants();
                }
            }
        }
        assert_eq!(self.len, len, "number of keys");
        assert_eq!(self.deadlines, deadlines, "deadline index");
        assert_eq!(self.used_bytes, used_bytes + deadlines.len() * DEADLINE_BYTES, "bytes");
    }
}

/// Cursors are the highest 48 bits of a position: some clients keep them in a double.
const CURSOR_SHIFT: u32 = 16;
/// The last cursor.
const CURSOR_MAX: u64 = u64::MAX >> CURSOR_SHIFT;

/// The `count` highest bits of `position`, as an index.
fn highest_bits(position: u64, count: u32) -> usize {
    // A shift by 64 is not defined; no bits are no information.
    position.checked_shr(64 - count).unwrap_or(0) as usize
}
