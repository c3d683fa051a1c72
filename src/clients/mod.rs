//! The register of connected clients, for CLIENT LIST, CLIENT KILL, time-outs and the orderly stop.
//!
//! Each worker updates its client's figures with plain atomic stores, without waiting. The
//! register's lock is held to add, remove or list, and never while a socket is closed: a kill only
//! marks a client and puts it on a list, and its socket is closed when no lock is held any more,
//! not even the keyspace's of an EXEC.

pub mod courier;
pub mod end;
pub mod message;
pub mod monitors;
pub mod outbox;
pub mod output_limit;
pub mod pause;

use crate::clients::courier::{Courier, Mail};
use crate::clients::message::Message;
use crate::clients::outbox::Outbox;
use crate::clients::output_limit::OutputLimits;
use crate::clients::pause::Pause;
use crate::clock::Clock;
use crate::listener::{Address, Arrival};
use parking_lot::Mutex;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use std::collections::BTreeMap;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The part of a client that other threads see.
#[derive(Debug)]
pub struct Client {
    /// Unique and rising.
    pub id: u64,
    /// The client's end.
    pub peer: Address,
    /// The server's end.
    pub local: Address,
    /// The connection, shared with the worker that serves it; `None` for a client without a
    /// connection.
    pub stream: Option<Arc<TcpStream>>,
    /// Steady milliseconds of the beginning.
    pub connected_at_ms: u64,
    /// Steady milliseconds of the last request.
    pub active_at_ms: AtomicU64,
    /// The selected database.
    pub db: AtomicUsize,
    /// RESP version: 2 or 3.
    pub resp: AtomicU64,
    /// The last command: its index in the command table plus one; 0 is none yet.
    pub command: AtomicUsize,
    /// Requests queued since MULTI; -1 without one.
    pub queued: AtomicI64,
    /// Keys watched.
    pub watched: AtomicUsize,
    /// CLIENT NO-EVICT.
    pub no_evict: AtomicBool,
    /// CLIENT NO-TOUCH.
    pub no_touch: AtomicBool,
    /// Bytes of requests that wait in the read buffer.
    pub query_bytes: AtomicUsize,
    /// Bytes of memory for requests.
    pub query_held_bytes: AtomicUsize,
    /// Bytes of memory for replies that are being written.
    pub reply_held_bytes: AtomicUsize,
    /// Messages and replies that wait to be sent.
    pub outbox: Outbox,
    /// Names, which change rarely.
    pub names: Mutex<Names>,
    /// Whether its request waits for the end of a pause.
    pub is_waiting: AtomicBool,
    /// Whether it sees every command.
    pub is_monitor: AtomicBool,
    is_killed: AtomicBool,
}

/// The names that a client gives itself.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// CLIENT SETNAME.
    pub client: String,
    /// CLIENT SETINFO LIB-NAME.
    pub library: String,
    /// CLIENT SETINFO LIB-VER.
    pub library_version: String,
}

impl Client {
    /// Descriptor number, which CLIENT LIST shows.
    pub fn descriptor(&self) -> i32 {
        self.stream.as_ref().map_or(-1, |stream| stream.as_raw_fd())
    }

    /// Closes one direction or both. Has no effect if the connection has ended already.
    pub fn shut_down(&self, how: Shutdown) {
        if let Some(stream) = &self.stream {
            let _ = stream.shutdown(how);
        }
    }

    /// Checks whether the client has hung up, without waiting; it counts as killed then. Only its
    /// own worker may ask, and only while it does not read.
    pub fn is_gone(&self) -> bool {
        let look = |stream: &Arc<TcpStream>| {
            let mut byte = [0; 1];
            recv(stream, &mut byte[..], RecvFlags::PEEK | RecvFlags::DONTWAIT).map(|(_, len)| len)
        };
        let is_gone = match self.stream.as_ref().map(look) {
            Some(Err(error)) => !matches!(error, Errno::AGAIN | Errno::INTR),
            Some(Ok(bytes)) => bytes == 0,
            None => true,
        };
        self.is_killed.fetch_or(is_gone, Relaxed);
        is_gone
    }

    /// A client for replaying a log.
    pub fn without_connection(clock: &Clock) -> Client {
        Client::new(0, None, clock.steady_ms())
    }

    fn new(id: u64, arrival: Option<Arrival>, now_ms: u64) -> Client {
        let nowhere = || Address::Tcp(SocketAddr::from(([0, 0, 0, 0], 0)));
        let (peer, local, stream) = match arrival {
            Some(Arrival { peer, local, stream }) => (peer, local, Some(Arc::new(stream))),
            None => (nowhere(), nowhere(), None),
        };
        Client {
            id,
            peer,
            local,
            stream,
            connected_at_ms: now_ms,
            active_at_ms: AtomicU64::new(now_ms),
            db: AtomicUsize::new(0),
            resp: AtomicU64::new(2),
            command: AtomicUsize::new(0),
            queued: AtomicI64::new(-1),
            watched: AtomicUsize::new(0),
            no_evict: AtomicBool::new(false),
            no_touch: AtomicBool::new(false),
            query_bytes: AtomicUsize::new(0),
            query_held_bytes: AtomicUsize::new(0),
            reply_held_bytes: AtomicUsize::new(0),
            outbox: Outbox::default(),
            names: Mutex::default(),
            is_waiting: AtomicBool::new(false),
            is_monitor: AtomicBool::new(false),
            is_killed: AtomicBool::new(false),
        }
    }

    /// Marks this connection as killed. Its socket is shut down when no lock is held.
    pub fn kill(&self) {
        self.is_killed.store(true, Relaxed);
    }

    /// Bytes of memory for replies and messages to it.
    pub fn output_held_bytes(&self) -> usize {
        self.reply_held_bytes.load(Relaxed) + self.outbox.waiting().held_bytes
    }

    /// Whether this connection was killed.
    pub fn is_killed(&self) -> bool {
        self.is_killed.load(Relaxed)
    }
}

/// All connected clients, in order of arrival.
#[derive(Debug, Default)]
pub struct Clients {
    /// Whether their requests wait.
    pub pause: Pause,
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
