//! The register of connected clients, for CLIENT LIST, CLIENT KILL, time-outs and the orderly stop.
//!
//! Each worker updates its client's figures with plain atomic stores, without waiting. The
//! register's lock is held to add, remove or list, and never while a socket is closed: a kill only
//! marks a client and puts it on a list, and its socket is closed when no lock is held any more,
//! not even the keyspace's of an EXEC.

pub mod channels;
mod client;
pub mod courier;
pub mod end;
pub mod message;
pub mod monitors;
pub mod outbox;
pub mod output_limit;
pub mod pause;
pub mod tracking;
pub mod waiting;

pub use client::{Client, Names};

use crate::clock::Clock;
use crate::listener::Arrival;
use courier::{Courier, Mail};
use message::Message;
use output_limit::OutputLimits;
use parking_lot::Mutex;
use pause::Pause;
use std::collections::BTreeMap;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use waiting::WaitingRoom;

/// All connected clients, in order of arrival.
#[derive(Debug, Default)]
pub struct Clients {
    /// Whether their requests wait.
    pub pause: Pause,
    /// Requests that wait for a key.
    pub waiting: WaitingRoom,
    /// The list of outboxes to deliver.
    pub courier: Courier,
    /// The limits of outboxes.
    pub output_limits: OutputLimits,
    /// Steady seconds, as of the housekeeper's last round.
    now_seconds: AtomicU64,
    by_id: Mutex<BTreeMap<u64, Arc<Client>>>,
    last_id: AtomicU64,
    connected: AtomicUsize,
    /// Killed clients whose sockets are not closed yet.
    killed: Mutex<Vec<Arc<Client>>>,
    has_killed: AtomicBool,
}

impl Clients {
    /// Takes one of `max` slots, if one is free (admission control). [`Clients::leave`] returns it.
    pub fn admit(&self, max: usize) -> bool {
        self.connected
            .fetch_update(Relaxed, Relaxed, |count| (count < max).then_some(count + 1))
            .is_ok()
    }

    /// Returns the slot of an admitted client.
    pub fn leave(&self) {
        self.connected.fetch_sub(1, Relaxed);
    }

    /// Admitted clients.
    pub fn len(&self) -> usize {
        self.connected.load(Relaxed)
    }

    /// Whether there is no client.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Registers an admitted client.
    // Not inlined, to keep its variables off the stack of the worker for the whole connection.
    #[inline(never)]
    pub fn register(&self, arrival: Arrival, clock: &Clock) -> Arc<Client> {
        let id = self.last_id.fetch_add(1, Relaxed) + 1;
        let client = Arc::new(Client::new(id, Some(arrival), clock.steady_ms()));
        self.by_id.lock().insert(client.id, Arc::clone(&client));
        client
    }

    /// Removes a client.
    pub fn remove(&self, id: u64) {
        self.by_id.lock().remove(&id);
    }

    /// The connected client with a number, unless it was killed.
    pub fn find(&self, id: u64) -> Option<Arc<Client>> {
        self.by_id.lock().get(&id).filter(|client| !client.is_killed()).cloned()
    }

    /// All connected clients in order of arrival, except killed ones.
    pub fn list(&self) -> Vec<Arc<Client>> {
        self.by_id.lock().values().filter(|client| !client.is_killed()).cloned().collect()
    }

    /// Kills every connection that `chosen` accepts, and returns their number. The caller must call
    /// [`Clients::close_killed`] when no lock is held.
    pub fn kill_where(&self, chosen: impl Fn(&Client) -> bool) -> usize {
        let chosen: Vec<_> = self.list().into_iter().filter(|client| chosen(client)).collect();
        let count = chosen.len();
        chosen.iter().for_each(|client| client.kill());
        self.killed.lock().extend(chosen);
        self.has_killed.fetch_or(count > 0, Relaxed);
        count
    }

    /// Whether sockets of killed clients are still to be closed.
    pub fn has_killed(&self) -> bool {
        self.has_killed.load(Relaxed)
    }

    /// Closes the sockets of killed clients, which wakes their workers out of a read, a write or a
    /// pause. Costs nothing if there are none.
    pub fn close_killed(&self) {
        if self.has_killed.load(Relaxed) && self.has_killed.swap(false, Relaxed) {
            let killed = std::mem::take(&mut *self.killed.lock());
            for client in killed {
                client.shut_down(Shutdown::Both);
                client.outbox.wake();
            }
            self.pause.wake();
        }
    }

    /// Puts a message into a client's outbox, and the client into `mail` if its outbox has to be
    /// delivered.
    ///
    /// Must be called under the lock of the list in which the client was found; that lock comes
    /// after the keyspace's in the order of locks. So all clients of a list see one order of
    /// messages, and a client that has left the list gets no more of them. `mail` must be posted
    /// when no lock is held any more.
    pub fn put(&self, client: &Arc<Client>, message: &mut Message<'_>, mail: &mut Mail) {
        self.put_encoded(client, message.bytes(client.resp.load(Relaxed) == 3), mail);
    }

    /// The same for a message that is encoded already.
    pub fn put_encoded(&self, client: &Arc<Client>, message: &Arc<[u8]>, mail: &mut Mail) {
        let now_seconds = self.now_seconds.load(Relaxed);
        if client.outbox.put(message, &self.output_limits, now_seconds) {
            mail.add(client);
        }
    }

    /// Sets the time of the output limits without looking at any client.
    pub fn start_output_limits(&self, now_ms: u64) {
        self.now_seconds.store(now_ms / 1_000, Relaxed);
    }

    /// Updates the time of the output limits, and cuts off clients that have exceeded the soft
    /// limit for too long. `mail` must be posted.
    pub fn enforce_output_limits(&self, now_ms: u64, mail: &mut Mail) {
        let now_seconds = now_ms / 1_000;
        if self.now_seconds.swap(now_seconds, Relaxed) != now_seconds {
            let clients = self.list();
            let is_over =
                |client: &&Arc<Client>| client.outbox.look(&self.output_limits, now_seconds);
            clients.iter().filter(is_over).for_each(|client| mail.add(client));
        }
    }

    /// Stops reading from all clients: every worker finishes its requests and closes.
    pub fn stop_reading(&self) {
        for client in self.list() {
            client.shut_down(Shutdown::Read);
        }
    }
}
