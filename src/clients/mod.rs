//! The register of connected clients: who is there, for CLIENT LIST, CLIENT KILL, timeouts and the
//! orderly stop.
//!
//! Each worker keeps its client's figures up to date with plain atomic stores; nobody waits for
//! anybody. The register's lock is held to add, remove or list, and never while a socket is
//! closed: killing only marks a client and puts it on a list, and its socket is closed when no lock
//! is held any more, not even the keyspace's of an EXEC.

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

/// What others may know about a client.
#[derive(Debug)]
pub struct Client {
    /// Unique and rising.
    pub id: u64,
    /// The client's end.
    pub peer: Address,
    /// Our end.
    pub local: Address,
    /// The connection, shared with the worker that serves it; none if nobody is at the other end.
    pub stream: Option<Arc<TcpStream>>,
    /// Steady milliseconds of the beginning.
    pub connected_at_ms: u64,
    /// Steady milliseconds of the last request.
    pub active_at_ms: AtomicU64,
    /// The database it works in.
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
    /// What waits to be sent to it.
    pub outbox: Outbox,
    /// Names, which change rarely.
    pub names: Mutex<Names>,
    /// Whether its request waits for the end of a pause.
    pub is_waiting: AtomicBool,
    /// Whether it sees every command.
    pub is_monitor: AtomicBool,
    is_killed: AtomicBool,
}

/// What a client calls itself.
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

    /// Ends one direction or both. The connection may be gone already; then there is nothing to
    /// end.
    pub fn shut_down(&self, how: Shutdown) {
        if let Some(stream) = &self.stream {
            let _ = stream.shutdown(how);
        }
    }

    /// Looks whether the client has hung up, without waiting. Who has counts as killed from now on.
    /// Only its own worker may ask, and only one that does not listen.
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

    /// The client in whose name a log is replayed.
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

    /// Decides that this connection ends. Its socket is shut down when no lock is held.
    pub fn kill(&self) {
        self.is_killed.store(true, Relaxed);
    }

    /// Bytes of memory for replies and messages to it.
    pub fn output_held_bytes(&self) -> usize {
        self.reply_held_bytes.load(Relaxed) + self.outbox.waiting().held_bytes
    }

    /// Whether someone has decided that this connection ends.
    pub fn is_killed(&self) -> bool {
        self.is_killed.load(Relaxed)
    }
}

/// All connected clients, in order of arrival.
#[derive(Debug, Default)]
pub struct Clients {
    /// Whether their requests wait.
    pub pause: Pause,
    /// Who sends what others have put into outboxes.
    pub courier: Courier,
    /// How much may wait in an outbox.
    pub output_limits: OutputLimits,
    /// Steady seconds, as of the housekeeper's last round.
    now_seconds: AtomicU64,
    by_id: Mutex<BTreeMap<u64, Arc<Client>>>,
    last_id: AtomicU64,
    connected: AtomicUsize,
    /// Clients that were killed and whose sockets are still to be closed.
    killed: Mutex<Vec<Arc<Client>>>,
    has_killed: AtomicBool,
}

impl Clients {
    /// Takes one of `max` places, if one is free. [`Clients::leave`] gives it back.
    pub fn admit(&self, max: usize) -> bool {
        self.connected
            .fetch_update(Relaxed, Relaxed, |count| (count < max).then_some(count + 1))
            .is_ok()
    }

    /// Gives the place of an admitted client back.
    pub fn leave(&self) {
        self.connected.fetch_sub(1, Relaxed);
    }

    /// Admitted clients.
    pub fn len(&self) -> usize {
        self.connected.load(Relaxed)
    }

    /// Whether nobody is connected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Registers an admitted client.
    // What it needs while it works is not to stay on the stack of the worker that it works for.
    #[inline(never)]
    pub fn register(&self, arrival: Arrival, clock: &Clock) -> Arc<Client> {
        let id = self.last_id.fetch_add(1, Relaxed) + 1;
        let client = Arc::new(Client::new(id, Some(arrival), clock.steady_ms()));
        self.by_id.lock().insert(client.id, Arc::clone(&client));
        client
    }

    /// Forgets a client.
    pub fn remove(&self, id: u64) {
        self.by_id.lock().remove(&id);
    }

    /// Everyone who is connected now, in order of arrival. Who was killed is as good as gone.
    pub fn list(&self) -> Vec<Arc<Client>> {
        self.by_id.lock().values().filter(|client| !client.is_killed()).cloned().collect()
    }

    /// Decides that every connection that `chosen` chooses ends, and returns how many there were.
    /// Whoever calls it sees to it that [`Clients::close_killed`] follows when no lock is held.
    pub fn kill_where(&self, chosen: impl Fn(&Client) -> bool) -> usize {
        let chosen: Vec<_> = self.list().into_iter().filter(|client| chosen(client)).collect();
        let count = chosen.len();
        chosen.iter().for_each(|client| client.kill());
        self.killed.lock().extend(chosen);
        self.has_killed.fetch_or(count > 0, Relaxed);
        count
    }

    /// Closes the sockets of those who were killed, which wakes their workers out of a read or a
    /// write, or out of a pause. Costs nothing if there are none.
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
    /// delivered for that.
    ///
    /// To be called under the lock of the list in which the client was found, which has to be
    /// ordered after the keyspace's: so all clients of a list see one order of messages, and a
    /// client that has left the list gets nothing more. `mail` has to be posted when no lock is
    /// held any more.
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

    /// Tells the clients what time it is, and cuts those off for which too much has waited for too
    /// long. `mail` has to be posted.
    pub fn enforce_output_limits(&self, now_ms: u64, mail: &mut Mail) {
        let now_seconds = now_ms / 1_000;
        if self.now_seconds.swap(now_seconds, Relaxed) != now_seconds {
            let clients = self.list();
            let is_over =
                |client: &&Arc<Client>| client.outbox.look(&self.output_limits, now_seconds);
            clients.iter().filter(is_over).for_each(|client| mail.add(client));
        }
    }

    /// Tells every worker that nothing more will be read: it finishes what it has and closes.
    pub fn stop_reading(&self) {
        for client in self.list() {
            client.shut_down(Shutdown::Read);
        }
    }
}
