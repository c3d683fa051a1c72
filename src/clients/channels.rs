//! Channels: which clients have subscribed to what, and the way of a message to all of them.
//!
//! There are three kinds of subscriptions: to a channel, to a pattern of channels, and to a shard
//! channel. The registry maps each name to its subscribers, and each client's own session remembers
//! its [`Subscriptions`]; so a client leaves at the cost of what it has subscribed to, however many
//! channels and clients there are.
//!
//! # Order
//! A message is put into the outboxes of all its subscribers under the lock of the registry: all of
//! them see the messages of a channel in one order, and a client that has left gets no more.
//! Nothing is sent there, so no publisher waits for any subscriber, and a subscriber that does not
//! read is cut off at the limit of its outbox.
//!
//! Key events take the same way, on channels that are named after the key and after the event.

use crate::clients::courier::Mail;
use crate::clients::message::Message;
use crate::clients::{Client, Clients};
use crate::keyspace::events::{Events, Happened, class};
use crate::resp::Reply;
use crate::text::glob;
use indexmap::IndexSet;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The name of a channel, or a pattern; the registry and all subscribers share it.
pub type Name = Arc<[u8]>;

/// The kinds of subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// SUBSCRIBE.
    Channel,
    /// PSUBSCRIBE.
    Pattern,
    /// SSUBSCRIBE.
    Shard,
}

/// All kinds.
pub const KINDS: [Kind; 3] = [Kind::Channel, Kind::Pattern, Kind::Shard];

/// What one client has subscribed to, in the order of its subscriptions.
#[derive(Debug, Default)]
pub struct Subscriptions([IndexSet<Name, ahash::RandomState>; 3]);

impl Subscriptions {
    /// Those of one kind.
    pub fn of(&self, kind: Kind) -> &IndexSet<Name, ahash::RandomState> {
        &self.0[kind as usize]
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, kind: Kind) -> &mut IndexSet<Name, ahash::RandomState> {
        &mut self.0[kind as usize]
    }

    /// Whether there are none of any kind.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(IndexSet::is_empty)
    }
}

/// The subscribers of one name. Most names have one only, which needs no table of its own.
#[derive(Debug)]
enum Subscribers {
    One(Arc<Client>),
    /// By their numbers: a client is removed without looking at the others.
    Many(BTreeMap<u64, Arc<Client>>),
}

impl Subscribers {
    fn add(&mut self, client: &Arc<Client>) {
        match self {
            Subscribers::One(first) => {
                let both = [&*first, client].map(|client| (client.id, Arc::clone(client)));
                *self = Subscribers::Many(BTreeMap::from(both));
            }
            Subscribers::Many(clients) => {
                clients.insert(client.id, Arc::clone(client));
            }
        }
    }

    /// Removes a client, and says whether nobody is left.
    fn remove(&mut self, id: u64) -> bool {
        match self {
            Subscribers::One(client) => client.id == id,
            Subscribers::Many(clients) => {
                clients.remove(&id);
                clients.is_empty()
            }
        }
    }

    fn clients(&self) -> Vec<Arc<Client>> {
        match self {
            Subscribers::One(client) => vec![Arc::clone(client)],
            Subscribers::Many(clients) => clients.values().cloned().collect(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Subscribers::One(_) => 1,
            Subscribers::Many(clients) => clients.len(),
        }
    }

    /// Puts a message into the outbox of each, and returns how many there are.
    fn put(&self, clients: &Clients, message: &mut Message<'_>, mail: &mut Mail) -> usize {
        match self {
            Subscribers::One(client) => clients.put(client, message, mail),
            Subscribers::Many(several) => {
                several.values().for_each(|client| clients.put(client, message, mail));
            }
        }
        self.len()
    }
}

type Exact = HashMap<Name, Subscribers, ahash::RandomState>;

#[derive(Debug, Default)]
struct Registry {
    channels: Exact,
    shards: Exact,
    /// Sorted, so that a client which fits several patterns gets a message in one order.
    patterns: BTreeMap<Name, Subscribers>,
}

impl Registry {
    fn exact(&self, kind: Kind) -> &Exact {
        if kind == Kind::Shard { &self.shards } else { &self.channels }
    }

    fn find(&self, kind: Kind, name: &[u8]) -> Option<(&Name, &Subscribers)> {
        match kind {
            Kind::Pattern => self.patterns.get_key_value(name),
            exact => self.exact(exact).get_key_value(name),
        }
    }

    fn find_mut(&mut self, kind: Kind, name: &[u8]) -> Option<&mut Subscribers> {
        match kind {
            Kind::Channel => self.channels.get_mut(name),
            Kind::Pattern => self.patterns.get_mut(name),
            Kind::Shard => self.shards.get_mut(name),
        }
    }

    fn insert(&mut self, kind: Kind, name: Name, first: Subscribers) {
        match kind {
            Kind::Channel => drop(self.channels.insert(name, first)),
            Kind::Pattern => drop(self.patterns.insert(name, first)),
            Kind::Shard => drop(self.shards.insert(name, first)),
        }
    }

    fn remove(&mut self, kind: Kind, name: &[u8]) {
        match kind {
            Kind::Channel => drop(self.channels.remove(name)),
            Kind::Pattern => drop(self.patterns.remove(name)),
            Kind::Shard => drop(self.shards.remove(name)),
        }
    }

    fn len(&self, kind: Kind) -> usize {
        match kind {
            Kind::Pattern => self.patterns.len(),
            exact => self.exact(exact).len(),
        }
    }

    /// A message on a channel, for those who named the channel and then for those whose pattern
    /// fits. A client that did both gets it twice.
    fn publish(&self, clients: &Clients, channel: &[u8], text: &[u8], mail: &mut Mail) -> usize {
        let mut receivers = 0;
        if let Some(subscribers) = self.channels.get(channel) {
            let encode = |reply: &mut Reply| write(reply, &[b"message", channel, text]);
            receivers += subscribers.put(clients, &mut Message::new(&encode), mail);
        }
        for (pattern, subscribers) in &self.patterns {
            if glob::matches(pattern, channel) {
                let encode =
                    |reply: &mut Reply| write(reply, &[b"pmessage", pattern, channel, text]);
                receivers += subscribers.put(clients, &mut Message::new(&encode), mail);
            }
        }
        receivers
    }
}

/// A push of a few words.
fn write(reply: &mut Reply, words: &[&[u8]]) {
    reply.push(words.len());
    words.iter().for_each(|word| reply.bulk(word));
}

/// All channels with subscribers.
#[derive(Debug, Default)]
pub struct Channels {
    registry: Mutex<Registry>,
    /// How many names of each kind there are: can be read without the lock.
    counts: [AtomicUsize; 3],
}

impl Channels {
    /// Adds a client, whose outbox is open, to the subscribers of a name. Returns the name as the
    /// registry has it. The client must not be one of them already.
    pub fn join(&self, kind: Kind, name: &[u8], client: &Arc<Client>) -> Name {
        let mut registry = self.registry.lock();
        let known = registry.find(kind, name).map(|(name, _)| Arc::clone(name));
        if let Some(subscribers) = registry.find_mut(kind, name) {
            subscribers.add(client);
        }
        known.unwrap_or_else(|| {
            let name = Name::from(name);
            registry.insert(kind, Arc::clone(&name), Subscribers::One(Arc::clone(client)));
            self.counts[kind as usize].store(registry.len(kind), Relaxed);
            name
        })
    }

    /// Removes a client from the subscribers of a name: it gets nothing more for that name.
    pub fn leave(&self, kind: Kind, name: &[u8], id: u64) {
        let mut registry = self.registry.lock();
        if registry.find_mut(kind, name).is_some_and(|subscribers| subscribers.remove(id)) {
            registry.remove(kind, name);
            self.counts[kind as usize].store(registry.len(kind), Relaxed);
        }
    }

    /// Puts a message on a channel, and returns how many receive it. `mail` has to be posted.
    pub fn publish(
        &self,
        clients: &Clients,
        channel: &[u8],
        text: &[u8],
        mail: &mut Mail,
    ) -> usize {
        self.registry.lock().publish(clients, channel, text, mail)
    }

    /// The same for a shard channel; patterns do not apply.
    pub fn publish_to_shard(
        &self,
        clients: &Clients,
        channel: &[u8],
        text: &[u8],
        mail: &mut Mail,
    ) -> usize {
        let encode = |reply: &mut Reply| write(reply, &[b"smessage", channel, text]);
        let registry = self.registry.lock();
        let subscribers = registry.shards.get(channel);
        subscribers.map_or(0, |found| found.put(clients, &mut Message::new(&encode), mail))
    }

    /// Publishes what happened to keys. To be called while the keyspace is locked, so that the
    /// order of messages is that of execution. Costs nothing worth mentioning if nobody listens.
    pub fn publish_events(&self, clients: &Clients, events: &mut Events, mail: &mut Mail) {
        let (wanted, happened) = (events.wanted(), events.take());
        if self.len(Kind::Channel) == 0 && self.len(Kind::Pattern) == 0 {
            return;
        }
        let registry = self.registry.lock();
        for Happened { db, key, event } in &happened {
            let name = event.name.as_bytes();
            if wanted & class::KEYSPACE != 0 {
                let channel = [format!("__keyspace@{db}__:").as_bytes(), key].concat();
                registry.publish(clients, &channel, name, mail);
            }
            if wanted & class::KEYEVENT != 0 {
                let channel = [format!("__keyevent@{db}__:").as_bytes(), name].concat();
                registry.publish(clients, &channel, key, mail);
            }
        }
    }

    /// How many names of a kind have subscribers.
    pub fn len(&self, kind: Kind) -> usize {
        self.counts[kind as usize].load(Relaxed)
    }

    /// Whether nobody has subscribed to anything.
    pub fn is_empty(&self) -> bool {
        KINDS.iter().all(|kind| self.len(*kind) == 0)
    }

    /// How many have subscribed to a name.
    pub fn subscribers(&self, kind: Kind, name: &[u8]) -> usize {
        self.registry.lock().find(kind, name).map_or(0, |(_, subscribers)| subscribers.len())
    }

    /// The clients that have subscribed to a name which `is_meant`, each once or several times.
    pub fn subscribers_of(&self, is_meant: impl Fn(Kind, &[u8]) -> bool) -> Vec<Arc<Client>> {
        let registry = self.registry.lock();
        let exact = |kind: Kind| registry.exact(kind).iter().map(move |entry| (kind, entry));
        let patterns = registry.patterns.iter().map(|entry| (Kind::Pattern, entry));
        let all = exact(Kind::Channel).chain(exact(Kind::Shard)).chain(patterns);
        let meant = all.filter(|(kind, (name, _))| is_meant(*kind, name));
        meant.flat_map(|(_, (_, subscribers))| subscribers.clients()).collect()
    }

    /// The names of a kind that have subscribers. Only references are copied under the lock:
    /// the caller looks for a pattern among them afterwards.
    pub fn names(&self, kind: Kind) -> Vec<Name> {
        let registry = self.registry.lock();
        match kind {
            Kind::Pattern => registry.patterns.keys().cloned().collect(),
            exact => registry.exact(exact).keys().cloned().collect(),
        }
    }
}
