//! The clients that see every command (MONITOR).
//! Lines are put into their outboxes after the commands were executed, under the lock of this list
//! only; the courier sends them. A monitor that does not read is cut off at the limit of its
//! outbox.
//!
//! Lines of one client are in order. Those of two clients may be swapped by a few microseconds,
//! because they are queued after the commands were executed; each contains its time.

use crate::clients::Clients;
use crate::clients::client::Client;
use crate::clients::courier::Mail;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A line for monitors, in the form of a reply; all of them share it.
pub type Line = Arc<[u8]>;

/// All monitors.
#[derive(Debug, Default)]
pub struct Monitors {
    count: AtomicUsize,
    clients: Mutex<Vec<Arc<Client>>>,
}

impl Monitors {
    /// Whether there is no monitor. Checked for every command.
    pub fn is_empty(&self) -> bool {
        self.count.load(Relaxed) == 0
    }

    /// Adds a client, whose outbox is open.
    pub fn join(&self, client: &Arc<Client>) {
        let mut clients = self.clients.lock();
        clients.push(Arc::clone(client));
        self.count.store(clients.len(), Relaxed);
    }

    /// Removes a client, which gets no more lines from now on.
    pub fn leave(&self, id: u64) {
        let mut clients = self.clients.lock();
        clients.retain(|client| client.id != id);
        self.count.store(clients.len(), Relaxed);
    }

    /// Puts lines into the outboxes of all monitors. `mail` has to be posted.
    pub fn publish(&self, register: &Clients, lines: &[Line], mail: &mut Mail) {
        let clients = self.clients.lock();
        for client in clients.iter() {
            lines.iter().for_each(|line| register.put_encoded(client, line, mail));
        }
    }
}
