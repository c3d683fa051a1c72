//! Consumer groups: what was delivered to whom, and not acknowledged yet.
//!
//! A pending entry stands in the group's list, which has everything about it, and in the list of
//! its consumer, which has its id only: reading the history of one consumer must not pass over what
//! others have. Both lists are ordered by id. The entry itself may have been deleted meanwhile.
//!
//! # Invariants
//! Each pending entry of the group is in the list of exactly one consumer, which exists. No two
//! consumers have the same number, those that were removed included.

use super::id::Id;
use crate::keyspace::bytes::Key;
use crate::keyspace::types::paged_map::PagedMap;

/// Pairs in a page of pending entries: some five kilobytes, which a change may have to copy.
const PENDING_PER_PAGE: usize = 128;

/// Consumers in a page.
const CONSUMERS_PER_PAGE: usize = 16;

/// A consumer's number within its group.
pub type ConsumerNumber = u64;

/// A pending entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// When it was delivered last, in Unix milliseconds.
    pub delivered_at_ms: u64,
    /// How often it was delivered.
    pub deliveries: u64,
    /// To whom.
    pub consumer: ConsumerNumber,
}

/// A consumer.
#[derive(Debug, Clone)]
pub struct Consumer {
    /// Its name.
    pub name: Key,
    /// When it asked for something last, in Unix milliseconds.
    pub seen_at_ms: u64,
    /// When it got something last.
    pub active_at_ms: Option<u64>,
    pending: PagedMap<Id, (), PENDING_PER_PAGE>,
}

/// A consumer group.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The last entry that was delivered.
    pub last_id: Id,
    /// How many entries of the stream were read up to there, if that is known.
    pub entries_read: Option<u64>,
    pending: PagedMap<Id, Pending, PENDING_PER_PAGE>,
    by_name: PagedMap<Key, ConsumerNumber, CONSUMERS_PER_PAGE>,
    consumers: PagedMap<ConsumerNumber, Consumer, CONSUMERS_PER_PAGE>,
    next_number: ConsumerNumber,
    /// Bytes that the consumers refer to.
    consumer_bytes: usize,
}

impl Consumer {
    /// Number of its pending entries.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The ids of its pending entries, from one on.
    pub fn pending_from(&self, from: Id) -> impl Iterator<Item = Id> {
        self.pending.iter_from(&from).map(|(id, ())| *id)
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        2 * self.name.heap_bytes() + self.pending.heap_bytes()
    }
}

impl Group {
    /// A group that has read up to `last_id`.
    pub fn new(last_id: Id, entries_read: Option<u64>) -> Group {
        Group { last_id, entries_read, ..Group::default() }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.pending.heap_bytes()
            + self.by_name.heap_bytes()
            + self.consumers.heap_bytes()
            + self.consumer_bytes
    }

    /// Number of pending entries.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The pending entry with this id.
    pub fn pending(&self, id: Id) -> Option<&Pending> {
        self.pending.get(&id)
    }

    /// The pending entries by rising ids, from one on.
    pub fn pending_from(&self, from: Id) -> impl Iterator<Item = (Id, &Pending)> {
        self.pending.iter_from(&from).map(|(id, pending)| (*id, pending))
    }

    /// The first and the last id of all pending entries.
    pub fn pending_ends(&self) -> Option<(Id, Id)> {
        Some((*self.pending.first()?.0, *self.pending.last()?.0))
    }

    /// Number of consumers.
    pub fn consumers_len(&self) -> usize {
        self.consumers.len()
    }

    /// The consumers in the order of their names.
    pub fn consumers(&self) -> impl Iterator<Item = &Consumer> {
        self.by_name.iter().filter_map(|(_, number)| self.consumers.get(number))
    }

    /// The number of the consumer with this name.
    pub fn consumer_number(&self, name: &[u8]) -> Option<ConsumerNumber> {
        self.by_name.get(name).copied()
    }

    /// The consumer with this number.
    pub fn consumer(&self, number: ConsumerNumber) -> Option<&Consumer> {
        self.consumers.get(&number)
    }

    /// The name of the consumer with this number.
    pub fn name_of(&self, number: ConsumerNumber) -> &[u8] {
        self.consumers.get(&number).map_or(b"", |consumer| &consumer.name)
    }

    /// Adds a consumer, unless there is one of this name: its number, and whether it is new.
    pub fn add_consumer(&mut self, name: &[u8], now_ms: u64) -> (ConsumerNumber, bool) {
        if let Some(number) = self.consumer_number(name) {
            return (number, false);
        }
        let (number, name) = (self.next_number, Key::new(name));
        self.next_number += 1;
        self.by_name.insert(name.clone(), number);
        let pending = PagedMap::default();
        let consumer = Consumer { name, seen_at_ms: now_ms, active_at_ms: None, pending };
        self.consumer_bytes += consumer.heap_bytes();
        self.consumers.insert(number, consumer);
        (number, true)
    }

    /// Removes a consumer with its pending entries, and returns how many those were.
    pub fn remove_consumer(&mut self, name: &[u8]) -> Option<usize> {
        let number = self.by_name.remove(name)?;
        let consumer = self.consumers.remove(&number)?;
        self.consumer_bytes -= consumer.heap_bytes();
        for (id, ()) in consumer.pending.iter() {
            self.pending.remove(id);
        }
        Some(consumer.pending.len())
    }

    /// Changes a consumer, and brings the account in step.
    fn change(&mut self, number: ConsumerNumber, change: impl FnOnce(&mut Consumer)) {
        if let Some(consumer) = self.consumers.get_mut(&number) {
            self.consumer_bytes -= consumer.heap_bytes();
            change(consumer);
            self.consumer_bytes += consumer.heap_bytes();
        }
    }

    /// Records that a consumer has asked for something.
    pub fn see(&mut self, number: ConsumerNumber, now_ms: u64) {
        self.change(number, |consumer| consumer.seen_at_ms = now_ms);
    }

    /// Records that a consumer has got something.
    pub fn activate(&mut self, number: ConsumerNumber, now_ms: u64) {
        self.change(number, |consumer| consumer.active_at_ms = Some(now_ms));
    }

    /// Sets the two moments of a consumer.
    pub fn set_moments(&mut self, number: ConsumerNumber, seen: u64, active: Option<u64>) {
        self.change(number, |consumer| {
            (consumer.seen_at_ms, consumer.active_at_ms) = (seen, active);
        });
    }

    /// Makes an entry pending, or gives it to another consumer.
    pub fn assign(&mut self, id: Id, pending: Pending) {
        let before = match self.pending.get_mut(&id) {
            Some(there) => Some(std::mem::replace(there, pending).consumer),
            None => {
                self.pending.insert(id, pending);
                None
            }
        };
        if before == Some(pending.consumer) {
            return;
        }
        if let Some(before) = before {
            self.change(before, |consumer| _ = consumer.pending.remove(&id));
        }
        self.change(pending.consumer, |consumer| _ = consumer.pending.insert(id, ()));
    }

    /// Ends that an entry is pending, and says whether it was.
    pub fn acknowledge(&mut self, id: Id) -> bool {
        let Some(pending) = self.pending.remove(&id) else { return false };
        self.change(pending.consumer, |consumer| _ = consumer.pending.remove(&id));
        true
    }

    /// Checks the invariants.
    ///
    /// # Panics
    /// If one does not hold.
    pub fn check_invariants(&self) {
        self.pending.check_invariants();
        self.by_name.check_invariants();
        self.consumers.check_invariants();
        assert_eq!(self.by_name.len(), self.consumers.len());
        let mut owned = 0;
        for (name, number) in self.by_name.iter() {
            let consumer = self.consumers.get(number).expect("a consumer of this number");
            assert_eq!((name, *number < self.next_number), (&consumer.name, true));
            consumer.pending.check_invariants();
            owned += consumer.pending.len();
            for (id, ()) in consumer.pending.iter() {
                let pending = self.pending.get(id).expect("a pending entry of the group");
                assert_eq!(pending.consumer, *number);
            }
        }
        assert_eq!(owned, self.pending.len());
        let bytes = self.consumers.iter().map(|(_, consumer)| consumer.heap_bytes());
        assert_eq!(bytes.sum::<usize>(), self.consumer_bytes);
    }
}
