//! Key events: what happened to a key, under the names that `notify-keyspace-events` knows.
//!
//! Every mutator names the event of its change. Events of a wanted class are queued, in the order
//! of execution, until the holder of the keyspace lock takes them; while no class is wanted,
//! nothing is queued.

use crate::keyspace::bytes::Key;

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The name that subscribers see.
    pub name: &'static str,
    /// One of the classes in [`class`].
    pub class: u32,
}

/// The classes of events, one bit each, with the letter of the directive.
pub mod class {
    /// `K`: published under the key's name.
    pub const KEYSPACE: u32 = 1 << 0;
    /// `E`: published under the event's name.
    pub const KEYEVENT: u32 = 1 << 1;
    /// `g`: commands about keys of any type.
    pub const GENERIC: u32 = 1 << 2;
    /// `$`.
    pub const STRING: u32 = 1 << 3;
    /// `l`.
    pub const LIST: u32 = 1 << 4;
    /// `s`.
    pub const SET: u32 = 1 << 5;
    /// `h`.
    pub const HASH: u32 = 1 << 6;
    /// `z`.
    pub const SORTED_SET: u32 = 1 << 7;
    /// `x`: a deadline has passed.
    pub const EXPIRED: u32 = 1 << 8;
    /// `e`: removed because memory is short.
    pub const EVICTED: u32 = 1 << 9;
    /// `t`.
    pub const STREAM: u32 = 1 << 10;
    /// `m`: a reading command found nothing; not part of `A`.
    pub const KEY_MISS: u32 = 1 << 11;
    /// `d`: modules, of which there are none.
    pub const MODULE: u32 = 1 << 12;
    /// `n`: a key was created; not part of `A`.
    pub const NEW: u32 = 1 << 13;
}

impl Event {
    /// An event of a class.
    pub const fn new(name: &'static str, class: u32) -> Event {
        Event { name, class }
    }

    /// An event of a command on strings.
    pub const fn string(name: &'static str) -> Event {
        Event::new(name, class::STRING)
    }

    /// An event of a command on hashes.
    pub const fn hash(name: &'static str) -> Event {
        Event::new(name, class::HASH)
    }

    /// An event of a command on lists.
    pub const fn list(name: &'static str) -> Event {
        Event::new(name, class::LIST)
    }

    /// An event of a command on sets.
    pub const fn set(name: &'static str) -> Event {
        Event::new(name, class::SET)
    }

    /// An event of a command on sorted sets.
    pub const fn sorted_set(name: &'static str) -> Event {
        Event::new(name, class::SORTED_SET)
    }

    /// An event of a command on streams.
    pub const fn stream(name: &'static str) -> Event {
        Event::new(name, class::STREAM)
    }

    /// An event of a command on keys of any type.
    pub const fn generic(name: &'static str) -> Event {
        Event::new(name, class::GENERIC)
    }

    /// Nothing to be published: the command queues its events itself, in Redis's order.
    pub const NONE: Event = Event::new("", 0);
    /// A string was stored.
    pub const SET: Event = Event::string("set");
    /// A key was removed.
    pub const DEL: Event = Event::generic("del");
    /// A deadline was set.
    pub const EXPIRE: Event = Event::generic("expire");
    /// A deadline was taken away.
    pub const PERSIST: Event = Event::generic("persist");
    /// A key lost its name.
    pub const RENAME_FROM: Event = Event::generic("rename_from");
    /// A key got the name of another one.
    pub const RENAME_TO: Event = Event::generic("rename_to");
    /// A key left its database.
    pub const MOVE_FROM: Event = Event::generic("move_from");
    /// A key came from another database.
    pub const MOVE_TO: Event = Event::generic("move_to");
    /// A key was made as a copy.
    pub const COPY_TO: Event = Event::generic("copy_to");
    /// A deadline has passed.
    pub const EXPIRED: Event = Event::new("expired", class::EXPIRED);
    /// A key was removed because memory is short.
    pub const EVICTED: Event = Event::new("evicted", class::EVICTED);
    /// A reading command found nothing.
    pub const KEY_MISS: Event = Event::new("keymiss", class::KEY_MISS);
    /// A key was created.
    pub const NEW: Event = Event::new("new", class::NEW);
}

/// An event of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// The database.
    pub db: usize,
    /// The key.
    pub key: Key,
    /// What happened to it.
    pub event: Event,
}

/// Events that were not taken yet.
#[derive(Debug, Default)]
pub struct Events {
    /// Wanted classes.
    wanted: u32,
    queue: Vec<Happened>,
}

impl Events {
    /// From now on events of these classes are queued.
    pub fn want(&mut self, classes: u32) {
        self.wanted = classes;
    }

    /// Which classes are queued.
    pub fn wanted(&self) -> u32 {
        self.wanted
    }

    /// Queues an event, if it is wanted.
    pub fn add(&mut self, db: usize, key: &[u8], event: Event) {
        if self.wanted & event.class != 0 {
            self.queue.push(Happened { db, key: Key::new(key), event });
        }
    }

    /// Whether something happened.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Takes what happened, in the order of execution.
    pub fn take(&mut self) -> Vec<Happened> {
        std::mem::take(&mut self.queue)
    }
}
