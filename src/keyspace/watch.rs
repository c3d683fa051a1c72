//! Watched keys (WATCH), and whether they have changed since.
//!
//! Every watching client has one flag; the watched keys refer to the flags of their watchers. A
//! mutator raises them. While no key is watched, that costs the mutator one comparison.

use super::bytes::Key;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// One client's watched keys.
#[derive(Debug, Default)]
pub struct Watch {
    /// Raised when one of the keys changes.
    has_changed: Arc<AtomicBool>,
    keys: Vec<(usize, Key)>,
}

impl Watch {
    /// Number of watched keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nothing is watched.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The watched keys with their databases.
    pub(crate) fn keys(&self) -> &[(usize, Key)] {
        &self.keys
    }

    /// Whether one of the keys has changed.
    pub(crate) fn has_changed(&self) -> bool {
        self.has_changed.load(Relaxed)
    }
}

/// All watched keys.
#[derive(Debug, Default)]
pub struct Watchers {
    by_key: HashMap<(usize, Key), Vec<Arc<AtomicBool>>, ahash::RandomState>,
}

impl Watchers {
    /// Adds a key to those that `watch` watches.
    pub fn add(&mut self, watch: &mut Watch, db: usize, key: &[u8]) {
        let watched = (db, Key::new(key));
        let flags = self.by_key.entry(watched.clone()).or_default();
        if !flags.iter().any(|flag| Arc::ptr_eq(flag, &watch.has_changed)) {
            flags.push(Arc::clone(&watch.has_changed));
            watch.keys.push(watched);
        }
    }

    /// Ends what `watch` watches and lowers its flag.
    pub fn remove(&mut self, watch: &mut Watch) {
        for watched in std::mem::take(&mut watch.keys) {
            if let Entry::Occupied(mut entry) = self.by_key.entry(watched) {
                entry.get_mut().retain(|flag| !Arc::ptr_eq(flag, &watch.has_changed));
                if entry.get().is_empty() {
                    entry.remove();
                }
            }
        }
        watch.has_changed.store(false, Relaxed);
    }

    /// Raises the flags of the watchers of `key`.
    pub fn changed(&self, db: usize, key: &[u8]) {
        if self.by_key.is_empty() {
            return;
        }
        for flag in self.by_key.get(&(db, Key::new(key))).into_iter().flatten() {
            flag.store(true, Relaxed);
        }
    }

    /// Raises the flags of the watchers of all keys in database `db` for which `exists` holds.
    pub fn flushed(&self, db: usize, exists: impl Fn(&[u8]) -> bool) {
        for ((at, key), flags) in &self.by_key {
            if *at == db && exists(key) {
                flags.iter().for_each(|flag| flag.store(true, Relaxed));
            }
        }
    }
}
