//! One connected client, as all threads see it.
//!
//! Its worker keeps the figures up to date with plain atomic stores; nobody waits for anybody.

use super::outbox::Outbox;
use crate::acl::users;
use crate::clock::Clock;
use crate::listener::{Address, Arrival};
use crate::system::differences;
use parking_lot::Mutex;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicI64, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed,
};

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
    /// Bytes of memory for them.
    pub queued_bytes: AtomicUsize,
    /// Keys watched.
    pub watched: AtomicUsize,
    /// Subscriptions of each kind, in the order of [`super::channels::KINDS`].
    pub subscriptions: [AtomicUsize; 3],
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
    /// Whether its request waits, for a key or for the end of a pause. A request for a key waits
    /// until its reply is in the outbox.
    pub is_waiting: AtomicBool,
    /// Whether it sees every command.
    pub is_monitor: AtomicBool,
    /// The bits of [`super::tracking::state`].
    pub tracking: AtomicU8,
    /// The client that gets its invalidations: 0 is itself; -1 if nothing is tracked.
    pub redirect: AtomicI64,
    is_killed: AtomicBool,
}

/// The names that a client gives itself.
#[derive(Debug, Clone)]
pub struct Names {
    /// AUTH: the name of its user.
    pub user: Box<[u8]>,
    /// CLIENT SETNAME.
    pub client: String,
    /// CLIENT SETINFO LIB-NAME.
    pub library: String,
    /// CLIENT SETINFO LIB-VER.
    pub library_version: String,
}

impl Default for Names {
    fn default() -> Names {
        let none = String::new;
        let user = Box::from(users::DEFAULT);
        Names { user, client: none(), library: none(), library_version: none() }
    }
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
        let is_gone = self.stream.as_ref().is_none_or(|stream| differences::has_hung_up(stream));
        self.is_killed.fetch_or(is_gone, Relaxed);
        is_gone
    }

    /// A client for replaying a log.
    pub fn without_connection(clock: &Clock) -> Client {
        Client::new(0, None, clock.steady_ms())
    }

    pub(super) fn new(id: u64, arrival: Option<Arrival>, now_ms: u64) -> Client {
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
            queued_bytes: AtomicUsize::new(0),
            watched: AtomicUsize::new(0),
            subscriptions: Default::default(),
            no_evict: AtomicBool::new(false),
            no_touch: AtomicBool::new(false),
            query_bytes: AtomicUsize::new(0),
            query_held_bytes: AtomicUsize::new(0),
            reply_held_bytes: AtomicUsize::new(0),
            outbox: Outbox::default(),
            names: Mutex::default(),
            is_waiting: AtomicBool::new(false),
            is_monitor: AtomicBool::new(false),
            tracking: AtomicU8::new(0),
            redirect: AtomicI64::new(-1),
            is_killed: AtomicBool::new(false),
        }
    }

    /// Marks this connection as killed. Its socket is shut down when no lock is held.
    pub fn kill(&self) {
        self.is_killed.store(true, Relaxed);
    }

    /// Whether it has subscribed to something.
    pub fn is_subscriber(&self) -> bool {
        self.subscriptions.iter().any(|count| count.load(Relaxed) > 0)
    }

    /// Bytes of memory for replies and messages to it.
    pub fn output_held_bytes(&self) -> usize {
        self.reply_held_bytes.load(Relaxed) + self.outbox.waiting().held_bytes
    }

    /// Bytes of memory for requests: for those in the read buffer, and those since MULTI.
    pub fn input_held_bytes(&self) -> usize {
        self.query_held_bytes.load(Relaxed) + self.queued_bytes.load(Relaxed)
    }

    /// Bytes of memory that it takes: for requests, replies and messages.
    pub fn held_bytes(&self) -> usize {
        self.input_held_bytes() + self.output_held_bytes()
    }

    /// CLIENT NO-TOUCH: whether its lookups leave the last use of keys alone.
    pub fn is_no_touch(&self) -> bool {
        self.no_touch.load(Relaxed)
    }

    /// Whether this connection was killed.
    pub fn is_killed(&self) -> bool {
        self.is_killed.load(Relaxed)
    }
}
