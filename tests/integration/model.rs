//! A trivial model of the keyspace: a map, a clock, and counters.

use respool::policy::Policy;
use std::collections::{HashMap, HashSet};

/// What a key holds in the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Text(Vec<u8>),
    /// In order of insertion.
    Fields(Vec<(Vec<u8>, Vec<u8>)>),
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub content: Content,
    pub deadline_ms: Option<u64>,
    pub used_at_ms: u64,
    /// Number of the last use.
    pub use_number: u64,
}

/// The model: a map, a clock, and counters.
#[derive(Default)]
pub struct Model {
    pub entries: HashMap<(usize, Vec<u8>), Entry>,
    pub now_ms: u64,
    pub hits: u64,
    pub misses: u64,
    pub expired: u64,
    pub evicted: u64,
    pub uses: u64,
}

impl Model {
    /// The entry, if it has not expired; if it has, it is removed.
    pub fn find(&mut self, db: usize, key: &[u8]) -> Option<&mut Entry> {
        let place = (db, key.to_vec());
        let deadline = self.entries.get(&place)?.deadline_ms;
        if deadline.is_some_and(|deadline| deadline <= self.now_ms) {
            self.entries.remove(&place);
            self.expired += 1;
        }
        self.entries.get_mut(&place)
    }

    /// The same, and it is used now.
    pub fn touch(&mut self, db: usize, key: &[u8]) -> Option<&mut Entry> {
        let (now_ms, use_number) = self.next_use();
        let entry = self.find(db, key)?;
        (entry.used_at_ms, entry.use_number) = (now_ms, use_number);
        Some(entry)
    }

    pub fn next_use(&mut self) -> (u64, u64) {
        self.uses += 1;
        (self.now_ms, self.uses)
    }

    pub fn count(&mut self, is_hit: bool) {
        *(if is_hit { &mut self.hits } else { &mut self.misses }) += 1;
    }

    pub fn insert(&mut self, db: usize, key: &[u8], content: Content, deadline_ms: Option<u64>) {
        // An expired predecessor counts as expired.
        self.find(db, key);
        let (used_at_ms, use_number) = self.next_use();
        let entry = Entry { content, deadline_ms, used_at_ms, use_number };
        self.entries.insert((db, key.to_vec()), entry);
    }

    pub fn sweep(&mut self, max: usize) -> usize {
        let is_due = |entry: &Entry| entry.deadline_ms.is_some_and(|at| at <= self.now_ms);
        // Databases one after the other, nearest deadlines first, equal ones in order of keys.
        let due = self.entries.iter().filter(|(_, entry)| is_due(entry));
        let mut due: Vec<_> =
            due.map(|((db, key), entry)| (*db, entry.deadline_ms, key.clone())).collect();
        due.sort();
        due.truncate(max);
        self.expired += due.len() as u64;
        for (db, _, key) in &due {
            self.entries.remove(&(*db, key.clone()));
        }
        due.len()
    }

    /// Removes `count` keys as the policy says; for the random and LFU ones `removed` says which.
    pub fn evict(&mut self, policy: Policy, count: usize, removed: &HashSet<(usize, Vec<u8>)>) {
        let is_any = |policy: Policy| policy.is_lfu() || policy.name().ends_with("random");
        let is_candidate = |entry: &Entry| !policy.is_volatile() || entry.deadline_ms.is_some();
        let candidates = self.entries.iter().filter(|(_, entry)| is_candidate(entry));
        let mut ranked: Vec<_> = candidates
            .map(|(place, entry)| match policy {
                Policy::VolatileTtl => (entry.deadline_ms, place.1.clone(), place.0),
                policy if is_any(policy) && !removed.contains(place) => {
                    (Some(1), place.1.clone(), place.0)
                }
                policy if is_any(policy) => (Some(0), place.1.clone(), place.0),
                _ => (Some(entry.use_number), place.1.clone(), place.0),
            })
            .collect();
        ranked.sort();
        assert!(count <= ranked.len(), "no more keys go than may go");
        for (_, key, db) in ranked.into_iter().take(count) {
            self.entries.remove(&(db, key));
        }
        self.evicted += count as u64;
    }

    /// Whether the key could hold a longer string.
    pub fn grow(&mut self, db: usize, key: &[u8], by: usize) -> bool {
        let Some(entry) = self.touch(db, key) else {
            self.insert(db, key, Content::Text(vec![b'g'; by]), None);
            return true;
        };
        let Content::Text(text) = &mut entry.content else { return false };
        text.extend(std::iter::repeat_n(b'g', by));
        true
    }

    /// Whether the field is new; nothing if the key holds no hash.
    pub fn set_field(&mut self, db: usize, key: &[u8], field: &[u8], value: &[u8]) -> Option<bool> {
        let Some(entry) = self.touch(db, key) else {
            let fields = Content::Fields(vec![(field.to_vec(), value.to_vec())]);
            self.insert(db, key, fields, None);
            return Some(true);
        };
        let Content::Fields(fields) = &mut entry.content else { return None };
        if let Some(found) = fields.iter_mut().find(|(name, _)| name == field) {
            found.1 = value.to_vec();
            return Some(false);
        }
        fields.push((field.to_vec(), value.to_vec()));
        fields.sort();
        Some(true)
    }

    pub fn remove_field(&mut self, db: usize, key: &[u8], field: &[u8]) -> Option<bool> {
        let Some(entry) = self.touch(db, key) else { return Some(false) };
        let Content::Fields(fields) = &mut entry.content else { return None };
        let len_before = fields.len();
        fields.retain(|(name, _)| name != field);
        let removed = fields.len() < len_before;
        if fields.is_empty() {
            self.entries.remove(&(db, key.to_vec()));
        }
        Some(removed)
    }
}
