//! Clients whose request waits for a key: what has to be known to serve them.
//!
//! The order in which they wait for each key is kept by [`crate::keyspace::waiters`], under the
//! keyspace lock; here is what each of them asked for. The client that makes a key ready serves
//! them in their absence: it puts the reply into their outboxes.

use super::client::Client;
use crate::observe::CommandId;
use crate::resp::{Args, Reply, Span};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A request that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The client.
    pub client: Arc<Client>,
    /// The command, if it waits for a key.
    pub id: Option<CommandId>,
    /// The database it works in.
    pub db: usize,
    /// Whether the client speaks RESP3.
    pub is_resp3: bool,
    /// Whether the client wants no reply to this request.
    pub is_silent: bool,
    /// What is answered when the time is over.
    pub give_up: fn(&mut Reply),
    buffer: Arc<[u8]>,
    spans: Arc<[Span]>,
}

impl Waiting {
    /// A request with these words.
    pub fn new<'w>(
        client: &Arc<Client>,
        (id, db): (Option<CommandId>, usize),
        is_silent: bool,
        give_up: fn(&mut Reply),
        words: impl Iterator<Item = &'w [u8]>,
    ) -> Waiting {
        let (buffer, spans) = pack(words);
        Waiting {
            client: Arc::clone(client),
            id,
            db,
            is_resp3: client.resp.load(Relaxed) == 3,
            is_silent,
            give_up,
            buffer: buffer.into(),
            spans: spans.into(),
        }
    }

    /// Its words.
    pub fn args(&self) -> Args<'_> {
        Args::new(&self.buffer, &self.spans)
    }

    /// Lets the worker go on, whose client gets no reply.
    pub fn end_without_reply(&self) {
        self.client.is_waiting.store(false, Relaxed);
        self.client.outbox.wake();
    }

    /// An empty reply in the client's version of the protocol.
    pub fn empty_reply(&self) -> Reply {
        let mut reply = Reply::default();
        reply.set_resp3(self.is_resp3);
        reply
    }
}

/// Words in one buffer, and the span of each.
pub fn pack<'w>(words: impl Iterator<Item = &'w [u8]>) -> (Vec<u8>, Vec<Span>) {
    let (mut buffer, mut spans) = (Vec::new(), Vec::new());
    for word in words {
        spans.push(Span { start: buffer.len() as u32, len: word.len() as u32 });
        buffer.extend_from_slice(word);
    }
    (buffer, spans)
}

/// All requests that wait, by the number of their client: each has one at most.
#[derive(Debug, Default)]
pub struct WaitingRoom {
    by_client: Mutex<HashMap<u64, Waiting>>,
    /// Clients that wait until the log is synced up to an offset (WAITAOF).
    for_sync: Mutex<Vec<(u64, u64)>>,
    count: AtomicUsize,
}

impl WaitingRoom {
    /// How many requests wait.
    pub fn len(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a request.
    pub fn add(&self, waiting: Waiting) {
        waiting.client.is_waiting.store(true, Relaxed);
        let mut by_client = self.by_client.lock();
        by_client.insert(waiting.client.id, waiting);
        self.count.store(by_client.len(), Relaxed);
    }

    /// Lets a client wait until the log is synced up to `offset`. It was added already.
    pub fn await_sync(&self, offset: u64, id: u64) {
        self.for_sync.lock().push((offset, id));
    }

    /// Takes the requests out that have waited until the log is synced up to `offset`.
    pub fn take_synced(&self, offset: u64) -> Vec<Waiting> {
        let mut for_sync = self.for_sync.lock();
        let synced = for_sync.extract_if(.., |(wanted, _)| *wanted <= offset);
        let ids: Vec<u64> = synced.map(|(_, id)| id).collect();
        drop(for_sync);
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// A copy of what a client asked for; the copy is cheap.
    pub fn get(&self, id: u64) -> Option<Waiting> {
        self.by_client.lock().get(&id).cloned()
    }

    /// Takes a request out, which is served, or has waited for long enough. Its worker goes on
    /// waiting until the reply is in the outbox ([`super::outbox::Outbox::put_replies`]), or the
    /// caller says that none will come ([`Waiting::end_without_reply`]): if it went on at once, it
    /// might close the outbox before the reply arrives there.
    pub fn remove(&self, id: u64) -> Option<Waiting> {
        let mut by_client = self.by_client.lock();
        let waiting = by_client.remove(&id)?;
        self.for_sync.lock().retain(|(_, other)| *other != id);
        self.count.store(by_client.len(), Relaxed);
        Some(waiting)
    }
}
