//! The server: listeners, the pool of workers, and the order of starting and stopping.
//!
//! # The pool
//! The acceptor hands each stream over a channel without any capacity: a *rendezvous*, which
//! succeeds at once if a worker is waiting and fails at once if none is. If none is, another worker
//! is started; if there are as many clients as there may be, the client is told so. Hence the
//! invariant: **a connected client is served at once or told no; it is never left hanging.**
//!
//! # Threads
//! All threads live in one [`std::thread::scope`], which cannot be left before every one of them
//! has ended: that is how "join every thread" is proved by the compiler.

use crate::clock::Clock;
use crate::config::Config;
use crate::open_files;
use crate::shared::{Shared, Stats};
use crate::{connection, housekeeper, limits, log};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, Scope};
use std::time::Duration;

/// A server that listens but does not serve yet.
pub struct Server {
    shared: Arc<Shared>,
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

/// Ends a running server from another thread.
#[derive(Clone)]
pub struct Stopper {
    shared: Arc<Shared>,
    addresses: Vec<SocketAddr>,
}

impl Stopper {
    /// Asks the server to come to an end; [`Server::run`] returns when it has.
    pub fn stop(&self) {
        self.shared.begin_stop();
        for address in &self.addresses {
            // Wakes the acceptor out of `accept`. If nobody listens any more, so much the better.
            let mut address = *address;
            if address.ip().is_unspecified() {
                address.set_ip(match address {
                    SocketAddr::V4(_) => [127, 0, 0, 1].into(),
                    SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
                });
            }
            let _ = TcpStream::connect_timeout(&address, Duration::from_millis(100));
        }
    }
}

impl Server {
    /// Binds every address; clients that connect from now on wait until [`Server::run`].
    ///
    /// # Errors
    /// One line that says which address cannot be had, and why.
    pub fn bind(config: Config, clock: Clock) -> Result<Server, String> {
        let mut config = with_enough_files(config);
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for mut address in config.addresses() {
            // The system has chosen a port once already: the other addresses get the same.
            address.set_port(config.port);
            let listener = listen(address, config.tcp_backlog)
                .and_then(|listener| Ok((listener.local_addr()?, listener)));
            let (bound, listener) =
                listener.map_err(|error| format!("cannot listen on {address}: {error}"))?;
            // Port 0 lets the system choose; from now on everybody is told what it chose.
            config.port = bound.port();
            addresses.push(bound);
            listeners.push(listener);
        }
        Ok(Server { shared: Arc::new(Shared::new(config, clock)), listeners, addresses })
    }

    /// Where the server listens, with the ports that were chosen.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The common state, for tests that look inside.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// What ends this server.
    pub fn stopper(&self) -> Stopper {
        Stopper { shared: Arc::clone(&self.shared), addresses: self.addresses.clone() }
    }

    /// Serves until [`Stopper::stop`], and returns when every thread has ended.
    ///
    /// # Errors
    /// A thread that the server cannot do without does not start.
    pub fn run(self) -> Result<(), String> {
        let stopper = self.stopper();
        let shared = &*self.shared;
        thread::scope(|scope| {
            // Start: first those who serve, then those who let clients in.
            let (stop_housekeeper, stopped) = bounded(0);
            named("housekeeper").spawn_scoped(scope, move || housekeeper::run(shared, &stopped))?;
            let pool = Pool::new(scope, shared);
            let mut acceptors = Vec::new();
            let mut started = Ok(());
            for listener in self.listeners {
                let pool = pool.clone();
                let acceptor = move || accept(shared, &listener, &pool);
                match named("acceptor").spawn_scoped(scope, acceptor) {
                    Ok(acceptor) => acceptors.push(acceptor),
                    Err(error) => {
                        started = Err(error);
                        stopper.stop();
                    }
                }
            }
            for address in &self.addresses {
                log::notice(&format!("Ready to accept connections on {address}"));
            }

            // Stop: in the opposite order. The acceptors end first and close their listeners…
            for acceptor in acceptors {
                let _ = acceptor.join();
            }
            // …clients are not listened to any more, and leave when their last reply is sent…
            drop(pool);
            shared.clients.stop_reading();
            if !wait_until(limits::STOP_GRACE_MS, || shared.clients.is_empty()) {
                let killed = shared.clients.kill_where(|_| true);
                shared.clients.close_killed();
                log::notice(&format!("Closed {killed} clients that did not read their replies"));
            }
            // …and the housekeeper goes last.
            drop(stop_housekeeper);
            started
        })
        .map_err(|error| format!("cannot start a thread: {error}"))
    }
}

/// Opens a listening socket with a backlog of our choice.
fn listen(address: SocketAddr, backlog: i32) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not have to wait for the old connections' last packets.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    Ok(socket.into())
}

/// Lowers `maxclients` to what the limit of open files allows, when that cannot be raised.
fn with_enough_files(mut config: Config) -> Config {
    let possible = open_files::allow(config.maxclients);
    if possible < config.maxclients {
        log::warning(&format!(
            "maxclients lowered from {} to {possible}: only {} files may be open (ulimit -n)",
            config.maxclients,
            possible as u64 + limits::RESERVED_FILES
        ));
        config.maxclients = possible;
    }
    config
}

/// The acceptor: lets clients in until the server stops.
fn accept(shared: &Shared, listener: &TcpListener, pool: &Pool<'_, '_>) {
    let mut is_failing = false;
    while !shared.is_stopping() {
        match listener.accept() {
            Ok(_) if shared.is_stopping() => return,
            Ok((stream, _)) => {
                is_failing = false;
                Stats::add(&shared.stats.connections, 1);
                keep_alive(&stream, shared.config().tcp_keepalive);
                pool.hand_over(stream);
            }
            // The client gave up while it waited; the next one has not.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionAborted | ErrorKind::Interrupted
                ) => {}
            Err(error) => {
                // No descriptors or no memory: clients wait in the backlog until some are free.
                if !is_failing {
                    log::warning(&format!("Accepting a client connection: {error}"));
                }
                is_failing = true;
                thread::sleep(Duration::from_millis(limits::ACCEPT_BACKOFF_MS));
            }
        }
    }
}

/// Has the kernel find out about clients that vanished without a word.
fn keep_alive(stream: &TcpStream, seconds: u64) {
    if seconds > 0 {
        // Redis's figures: the first probe after the silence, three more within it.
        let keep_alive = TcpKeepalive::new()
            .with_time(Duration::from_secs(seconds))
            .with_interval(Duration::from_secs((seconds / 3).max(1)))
            .with_retries(3);
        // Without it the connection works just as well.
        let _ = SockRef::from(stream).set_tcp_keepalive(&keep_alive);
    }
}

/// Workers, as many as there are clients, and some that wait for the next one.
struct Pool<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    shared: &'env Shared,
    /// The rendezvous. When the last sender is gone, workers that wait end.
    door: Sender<TcpStream>,
    waiting_room: Receiver<TcpStream>,
    workers: Arc<AtomicUsize>,
}

impl Clone for Pool<'_, '_> {
    fn clone(&self) -> Self {
        Pool {
            door: self.door.clone(),
            waiting_room: self.waiting_room.clone(),
            workers: Arc::clone(&self.workers),
            ..*self
        }
    }
}

impl<'scope, 'env> Pool<'scope, 'env> {
    fn new(scope: &'scope Scope<'scope, 'env>, shared: &'env Shared) -> Self {
        let (door, waiting_room) = bounded(0);
        Pool { scope, shared, door, waiting_room, workers: Arc::default() }
    }

    /// Gives the stream to a worker, or tells the client that there is no place.
    fn hand_over(&self, stream: TcpStream) {
        if !self.shared.clients.admit(self.shared.config().maxclients) {
            return self.refuse(stream, "ERR max number of clients reached");
        }
        let stream = match self.door.try_send(stream) {
            Ok(()) => return,
            Err(TrySendError::Full(stream) | TrySendError::Disconnected(stream)) => stream,
        };
        self.hand_to_new_worker(stream).unwrap_or_else(|stream| {
            self.shared.clients.leave();
            self.refuse(stream, "ERR max number of clients reached");
        });
    }

    /// Starts workers until one takes the stream. The first one usually does; but another acceptor
    /// may be quicker, and with all workers started one of them is still saying goodbye to its
    /// previous client.
    fn hand_to_new_worker(&self, mut stream: TcpStream) -> Result<(), TcpStream> {
        let wait = Duration::from_millis(limits::RENDEZVOUS_WAIT_MS);
        for _ in 0..limits::RENDEZVOUS_ATTEMPTS {
            if self.workers.load(Relaxed) < self.shared.config().maxclients
                && let Err(error) = self.start_worker()
            {
                log::warning(&format!("Cannot start a worker: {error}"));
                return Err(stream);
            }
            match self.door.send_timeout(stream, wait) {
                Ok(()) => return Ok(()),
                Err(refused) => stream = refused.into_inner(),
            }
        }
        Err(stream)
    }

    fn start_worker(&self) -> io::Result<()> {
        let (shared, waiting_room) = (self.shared, self.waiting_room.clone());
        let workers = Arc::clone(&self.workers);
        let number = workers.fetch_add(1, Relaxed);
        let builder = named(&format!("worker-{number}")).stack_size(limits::WORKER_STACK_BYTES);
        let worker = move || {
            work(shared, &waiting_room);
            workers.fetch_sub(1, Relaxed);
        };
        match builder.spawn_scoped(self.scope, worker) {
            Ok(_) => Ok(()),
            Err(error) => {
                self.workers.fetch_sub(1, Relaxed);
                Err(error)
            }
        }
    }

    /// Redis's refusal. The client may not have asked anything yet; it finds the answer there when
    /// it does.
    fn refuse(&self, mut stream: TcpStream, error: &str) {
        Stats::add(&self.shared.stats.rejected_connections, 1);
        log::verbose("Refused a client: all places are taken");
        // A fresh socket's buffer is empty, so nothing blocks; whatever fails, the client is gone.
        let _ = stream.set_nonblocking(true);
        let _ = stream.write_all(format!("-{error}\r\n").as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read(&mut [0; 1024]);
    }
}

/// A worker: one client after the other, until none has come for a while.
fn work(shared: &Shared, waiting_room: &Receiver<TcpStream>) {
    let patience = Duration::from_millis(limits::WORKER_IDLE_MS);
    loop {
        match waiting_room.recv_timeout(patience) {
            Ok(stream) => serve(shared, stream),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Serves one client. A bug in a handler costs this connection and nothing else.
fn serve(shared: &Shared, stream: TcpStream) {
    if let Ok(client) = shared.clients.register(stream, &shared.clock) {
        // Whoever came too late to be told by `stop_reading` is told here.
        if shared.is_stopping() {
            let _ = client.stream.shutdown(Shutdown::Read);
        }
        let served = catch_unwind(AssertUnwindSafe(|| connection::serve(shared, &client)));
        if served.is_err() {
            log::warning(&format!("This is a bug: client id={} was closed by a panic", client.id));
        }
        shared.clients.remove(client.id);
    }
    shared.clients.leave();
}

fn named(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_owned())
}

/// Waits up to `wait_ms` for something to become true, and says whether it did.
fn wait_until(wait_ms: u64, is_so: impl Fn() -> bool) -> bool {
    let step_ms = 5;
    (0..wait_ms / step_ms).any(|_| {
        if !is_so() {
            thread::sleep(Duration::from_millis(step_ms));
        }
        is_so()
    })
}
