//! Client-side caching: which clients have which keys in their caches, and the invalidations.
//!
//! By default the server remembers the keys that a tracking client reads in a table, and sends one
//! invalidation when such a key changes; the entry is removed with it. In broadcast mode nothing is
//! remembered: the client gets the changed keys that begin with one of its prefixes.
//!
//! # Order
//! Keys are remembered and invalidated while the keyspace is locked, and an invalidation is put
//! into outboxes under the lock of the registry. A tracking client is reachable, so messages wait
//! there until the replies of its batch are queued: no invalidation overtakes the reply that it
//! concerns.
//!
//! # Bounds
//! The table has up to `tracking-table-max-keys` keys; a random one is invalidated to make room. An
//! entry of a client that has left stays until then, as in Redis: client numbers are never reused.
//!
//! # Left out
//! Invalidations are redirected to a client in RESP3 only while it is reachable for a reason of its
//! own: it tracks keys or has subscribed to a channel.

use crate::clients::courier::Mail;
use crate::clients::message::Message;
use crate::clients::{Client, Clients};
use crate::keyspace::Key;
use crate::keyspace::invalidations::{Invalid, Invalidations};
use crate::limits;
use crate::resp::Reply;
use indexmap::IndexMap;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Weak};

/// The bits of [`Client::tracking`].
pub mod state {
    /// Its keys are tracked.
    pub const ON: u8 = 1 << 0;
    /// In broadcast mode.
    pub const BCAST: u8 = 1 << 1;
    /// The client that should get its invalidations has left.
    pub const BROKEN: u8 = 1 << 2;
}

/// A beginning of keys.
pub type Prefix = Box<[u8]>;

/// Which of the keys that a client reads are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// All of them.
    #[default]
    All,
    /// Those of a command after CLIENT CACHING YES.
    OptIn,
    /// All but those of a command after CLIENT CACHING NO.
    OptOut,
}

/// The settings of CLIENT TRACKING.
#[derive(Debug, Clone, Default)]
pub struct Tracked {
    /// Changes of all keys with one of the prefixes are sent; none are remembered.
    pub is_bcast: bool,
    /// The client's own changes are not sent to it.
    pub is_noloop: bool,
    /// Which keys are remembered.
    pub choice: Choice,
    /// CLIENT CACHING was called, so the next command is an exception.
    pub is_exception: bool,
    /// The client that gets the invalidations instead.
    pub redirect: Option<Redirect>,
    /// The prefixes of broadcast mode.
    pub prefixes: BTreeSet<Prefix>,
}

impl Tracked {
    /// Whether the keys that are read now are remembered.
    pub fn remembers(&self) -> bool {
        !self.is_bcast && (self.choice == Choice::OptIn) == self.is_exception
    }
}

/// A client whose keys are tracked.
#[derive(Debug, Clone)]
pub struct Tracker {
    /// The client.
    pub client: Arc<Client>,
    /// Keys are not remembered; changes are sent to all.
    pub is_bcast: bool,
    /// The client's own changes are not sent to it.
    pub is_noloop: bool,
    /// The client that gets the invalidations instead.
    pub redirect: Option<Redirect>,
}

/// The client that gets the invalidations of another one: its number, and a reference that does not
/// keep its socket open when it leaves.
pub type Redirect = (u64, Weak<Client>);

impl Tracker {
    /// Whether it is informed of changes by `writer`.
    fn hears(&self, writer: Option<u64>) -> bool {
        !self.is_noloop || writer != Some(self.client.id)
    }

    /// Puts an invalidation into the outbox of the client that is to get it.
    fn put(&self, clients: &Clients, message: &mut Message<'_>, mail: &mut Mail) {
        let is_resp3 = |client: &Client| client.resp.load(Relaxed) == 3;
        let Some((id, target)) = &self.redirect else {
            // In RESP2 nothing tells a message from a reply.
            if is_resp3(&self.client) {
                clients.put(&self.client, message, mail);
            }
            return;
        };
        let is_there = |target: &Arc<Client>| !target.is_killed() && target.outbox.cut().is_none();
        let Some(target) = target.upgrade().filter(is_there) else {
            self.client.tracking.fetch_or(state::BROKEN, Relaxed);
            if is_resp3(&self.client) {
                let encode = |reply: &mut Reply| {
                    reply.push(2);
                    reply.bulk(b"tracking-redir-broken");
                    reply.integer(*id as i64);
                };
                clients.put(&self.client, &mut Message::new(&encode), mail);
            }
            return;
        };
        if is_resp3(&target) || target.is_subscriber() {
            clients.put(&target, message, mail);
        }
    }
}

/// An invalidation of one key, or of all.
fn write(reply: &mut Reply, key: Option<&[u8]>) {
    if reply.is_resp3() {
        reply.push(2);
        reply.bulk(b"invalidate");
    } else {
        reply.push(3);
        reply.bulk(b"message");
        reply.bulk(b"__redis__:invalidate");
    }
    match key {
        Some(key) => {
            reply.array(1);
            reply.bulk(key);
        }
        None => reply.null(),
    }
}

#[derive(Debug, Default)]
struct Registry {
    trackers: HashMap<u64, Tracker, ahash::RandomState>,
    /// Clients that have read a key, by their numbers.
    keys: IndexMap<Key, BTreeSet<u64>, ahash::RandomState>,
    /// The sum of the clients of all keys.
    items: usize,
    /// Clients in broadcast mode.
    prefixes: HashMap<Prefix, BTreeSet<u64>, ahash::RandomState>,
    /// How many prefixes have a length: a key is looked up once for each length.
    lengths: BTreeMap<usize, usize>,
}

impl Registry {
    /// Informs the clients that have `key` in their caches, except a `writer` that does not want to
    /// hear of its own changes.
    fn invalidate(&mut self, clients: &Clients, key: &[u8], writer: Option<u64>, mail: &mut Mail) {
        self.forget(clients, key, writer, mail);
        let encode = |reply: &mut Reply| write(reply, Some(key));
        let mut message = Message::new(&encode);
        for len in self.lengths.keys().take_while(|len| **len <= key.len()) {
            let listeners = self.prefixes.get(&key[..*len]).into_iter().flatten();
            let listeners = listeners.filter_map(|id| self.trackers.get(id));
            let listeners = listeners.filter(|tracker| tracker.is_bcast && tracker.hears(writer));
            listeners.for_each(|tracker| tracker.put(clients, &mut message, mail));
        }
    }

    /// Removes `key` from the table, and informs those who have read it.
    fn forget(&mut self, clients: &Clients, key: &[u8], writer: Option<u64>, mail: &mut Mail) {
        let Some(readers) = self.keys.swap_remove(key) else { return };
        self.items -= readers.len();
        let encode = |reply: &mut Reply| write(reply, Some(key));
        let mut message = Message::new(&encode);
        let readers = readers.iter().filter_map(|id| self.trackers.get(id));
        let readers = readers.filter(|tracker| !tracker.is_bcast && tracker.hears(writer));
        readers.for_each(|tracker| tracker.put(clients, &mut message, mail));
    }

    fn invalidate_all(&mut self, clients: &Clients, mail: &mut Mail) {
        let encode = |reply: &mut Reply| write(reply, None);
        let mut message = Message::new(&encode);
        self.trackers.values().for_each(|tracker| tracker.put(clients, &mut message, mail));
        (self.keys, self.items) = (IndexMap::default(), 0);
    }
}

/// Figures for INFO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Keys that are remembered.
    pub keys: usize,
    /// Clients that have read them.
    pub items: usize,
    /// Prefixes in broadcast mode.
    pub prefixes: usize,
}

/// Who has which keys in its cache.
#[derive(Debug, Default)]
pub struct Tracking {
    registry: Mutex<Registry>,
    /// How many clients there are: can be read without the lock.
    count: AtomicUsize,
}

impl Tracking {
    /// Tracks the keys of a client, whose outbox is open; a second time replaces its settings. The
    /// keyspace must be locked, and has to queue invalidations from now on.
    pub fn join<'p>(&self, tracker: Tracker, prefixes: impl Iterator<Item = &'p Prefix>) {
        let mut registry = self.registry.lock();
        let id = tracker.client.id;
        for prefix in prefixes {
            let registry = &mut *registry;
            let listeners = registry.prefixes.entry(prefix.clone()).or_insert_with(|| {
                *registry.lengths.entry(prefix.len()).or_default() += 1;
                BTreeSet::new()
            });
            listeners.insert(id);
        }
        registry.trackers.insert(id, tracker);
        self.count.store(registry.trackers.len(), Relaxed);
    }

    /// Removes a client: it gets nothing more.
    pub fn leave<'p>(&self, id: u64, prefixes: impl Iterator<Item = &'p Prefix>) {
        let mut registry = self.registry.lock();
        for prefix in prefixes {
            let Some(listeners) = registry.prefixes.get_mut(prefix) else { continue };
            listeners.remove(&id);
            if listeners.is_empty() {
                registry.prefixes.remove(prefix);
                let count = registry.lengths.entry(prefix.len()).or_default();
                *count -= 1;
                if *count == 0 {
                    registry.lengths.remove(&prefix.len());
                }
            }
        }
        registry.trackers.remove(&id);
        if registry.trackers.is_empty() {
            (registry.keys, registry.items) = (IndexMap::default(), 0);
        }
        self.count.store(registry.trackers.len(), Relaxed);
    }

    /// Remembers that a client has read `keys`, and makes room if there are more than `keys_max`
    /// then; 0 is no limit. The keyspace must be locked.
    pub fn remember<'k>(
        &self,
        clients: &Clients,
        id: u64,
        keys: impl Iterator<Item = &'k [u8]>,
        keys_max: u64,
        mail: &mut Mail,
    ) {
        let mut registry = self.registry.lock();
        let mut effort = limits::TRACKING_EVICTION_EFFORT;
        for key in keys {
            let readers = registry.keys.entry(Key::new(key)).or_default();
            let is_new = readers.insert(id);
            registry.items += usize::from(is_new);
            effort += 1;
        }
        // After the limit was lowered, the commands that follow share the work.
        while keys_max > 0 && registry.keys.len() as u64 > keys_max && effort > 0 {
            let at = fastrand::usize(..registry.keys.len());
            let Some((key, _)) = registry.keys.get_index(at) else { return };
            let key = key.clone();
            registry.forget(clients, &key, None, mail);
            effort -= 1;
        }
    }

    /// Sends what is out of date because of a change by client `writer`, or without a client. The
    /// keyspace must be locked.
    pub fn publish(
        &self,
        clients: &Clients,
        invalidations: &mut Invalidations,
        writer: Option<u64>,
        mail: &mut Mail,
    ) {
        let queue = invalidations.take();
        if self.is_empty() {
            // Clients leave without the lock of the keyspace, so the queue ends here.
            return invalidations.want(false);
        }
        let mut registry = self.registry.lock();
        for invalid in queue {
            match invalid {
                Invalid::Key { key, is_asked } => {
                    registry.invalidate(clients, &key, writer.filter(|_| is_asked), mail);
                }
                Invalid::All => registry.invalidate_all(clients, mail),
            }
        }
    }

    /// Returns when no invalidation is being put into an outbox that began before the call. For a
    /// client that is about to stop being a subscriber: in RESP2 it gets none from then on.
    pub fn settle(&self) {
        if !self.is_empty() {
            drop(self.registry.lock());
        }
    }

    /// How many clients there are.
    pub fn len(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// Whether nothing is tracked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The present figures.
    pub fn figures(&self) -> Figures {
        let registry = self.registry.lock();
        let Registry { keys, items, prefixes, .. } = &*registry;
        Figures { keys: keys.len(), items: *items, prefixes: prefixes.len() }
    }
}
