//! The server: listeners, the pool of workers, and the order of starting and stopping.
//!
//! # The pool
//! The acceptor passes each stream through a channel of capacity zero: a *rendezvous*, which
//! succeeds at once if a worker is waiting and fails at once otherwise. If it fails, another worker
//! is started; if there are as many clients as permitted, the client gets an error (admission
//! control). Hence the invariant: **a connected client is served or refused at once; it is never
//! left hanging.**
//!
//! # Threads
//! All threads belong to one [`std::thread::scope`], which returns only when every one of them has
//! ended: the compiler proves that all threads are joined.

mod announcement;
mod preflight;

use crate::aof::{Directory, Disk};
use crate::background::{courier, housekeeper, loader, rewriter};
use crate::clients::end::BUG;
use crate::clock::Clock;
use crate::command::families;
use crate::config::Config;
use crate::listener::{Address, Arrival, Listener};
use crate::shared::{Shared, Stats};
use crate::supervision::Supervision;
use crate::{connection, limits, listener, log};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use socket2::{SockRef, TcpKeepalive};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::thread::{self, Scope};
use std::time::Duration;

/// Redis's text when the limit of clients is reached.
const FULL: &str = "ERR max number of clients reached";

/// Redis's text for a remote client while protected mode is on and no password is set.
const DENIED: &str = "DENIED Redis is running in protected mode because protected mode is enabled \
    and no password is set for the default user. In this mode connections are only accepted from \
    the loopback interface. If you want to connect from external computers to Redis you may adopt \
    one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET \
    protected-mode no' from the loopback interface by connecting to Redis from the same host the \
    server is running, however MAKE SURE Redis is not publicly accessible from internet if you do \
    so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable \
    the protected mode by editing the Redis configuration file, and setting the protected mode \
    option to 'no', and then restarting the server. 3) If you started the server manually just for \
    testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication \
    password for the default user. NOTE: You only need to do one of the above things in order for \
    the server to start accepting connections from the outside.";

/// A server that listens but does not serve yet.
pub struct Server {
    shared: Arc<Shared>,
    listeners: Vec<Arc<Listener>>,
    addresses: Vec<SocketAddr>,
    /// The log to replay and continue, if there is one.
    log: Option<Directory>,
    /// The snapshot to load, if there is one and no log.
    snapshot: Option<PathBuf>,
}

/// Ends a running server from another thread.
#[derive(Clone)]
pub struct Stopper {
    shared: Arc<Shared>,
    /// Weak references, so that an acceptor that ends closes its listener.
    listeners: Vec<Weak<Listener>>,
}

impl Stopper {
    /// Requests the stop of the server; [`Server::run`] returns when it has ended.
    pub fn stop(&self) {
        self.shared.begin_stop();
        self.listeners.iter().filter_map(Weak::upgrade).for_each(|listener| listener.wake());
    }
}

impl Server {
    /// Binds every address; clients that connect from now on wait until [`Server::run`].
    ///
    /// # Errors
    /// One line that names the address, or the file of the log, that is not available, and the
    /// reason.
    pub fn bind(config: Config, clock: Clock) -> Result<Server, String> {
        Server::bind_on(config, clock, Disk::default())
    }

    /// The same with files on a disk that may have faults.
    ///
    /// # Errors
    /// See [`Server::bind`].
    pub fn bind_on(config: Config, clock: Clock, disk: Disk) -> Result<Server, String> {
        families::install();
        let mut config = preflight::with_enough_files(config);
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for listener in listener::open(&mut config)? {
            if let Address::Tcp(bound) = listener.address() {
                addresses.push(bound);
            }
            listeners.push(Arc::new(listener));
        }
        let (log, snapshot) = preflight::find_data(&config, &disk)?;
        let shared = Arc::new(Shared::on(config, clock, disk));
        preflight::load_users(&shared)?;
        preflight::report(&shared, &addresses);
        if snapshot.is_some() {
            shared.begin_loading();
        }
        Ok(Server { shared, listeners, addresses, log, snapshot })
    }

    /// The TCP addresses, with the ports that the system chose.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The common state, for tests that look inside.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// A handle that stops this server.
    pub fn stopper(&self) -> Stopper {
        let listeners = self.listeners.iter().map(Arc::downgrade).collect();
        Stopper { shared: Arc::clone(&self.shared), listeners }
    }

    /// Serves until [`Stopper::stop`], and returns when every thread has ended.
    ///
    /// # Errors
    /// A necessary thread cannot be started.
    pub fn run(self) -> Result<(), String> {
        let stopper = self.stopper();
        let shared = &*self.shared;
        let supervision = Supervision::new(&shared.config());
        thread::scope(|scope| {
            // Start: first the threads that serve, then those that accept clients.
            let (stop_housekeeper, stopped) = bounded(0);
            let begin_stop = stopper.clone();
            let housekeeper = named("housekeeper")
                .spawn_scoped(scope, move || {
                    housekeeper::run(shared, &stopped, || begin_stop.stop());
                })
                .map_err(no_thread)?;
            courier::start(scope, shared).map_err(no_thread)?;
            let pool = Pool::new(scope, shared);
            let (mut acceptors, mut names) = (Vec::new(), Vec::new());
            let mut started = Ok(());
            for listener in self.listeners {
                let (pool, name) = (pool.clone(), listener.to_string());
                let acceptor = move || accept(shared, &listener, &pool);
                match named("acceptor").spawn_scoped(scope, acceptor) {
                    Ok(acceptor) => {
                        acceptors.push(acceptor);
                        names.push(name);
                    }
                    Err(error) => {
                        started = Err(no_thread(error));
                        stopper.stop();
                    }
                }
            }
            // Clients get `-LOADING` until the data is loaded.
            let log = self.log.filter(|_| started.is_ok());
            let snapshot = self.snapshot.filter(|_| started.is_ok());
            let log = loader::load(shared, log, snapshot);
            let log = log.unwrap_or_else(|error| {
                stopper.stop();
                started = Err(error);
                None
            });
            let (stop_rewriter, stopped) = bounded(0);
            let rewriter = named("rewriter")
                .spawn_scoped(scope, move || rewriter::run(shared, log, &stopped))
                .inspect_err(|_| stopper.stop())
                .map_err(no_thread);
            if !shared.is_stopping() {
                announcement::announce(&names, &supervision);
            }

            // Stop: in the opposite order. The acceptors end first and close their listeners…
            for acceptor in acceptors {
                let _ = acceptor.join();
            }
            supervision.stopping();
            // …clients are no longer read, and leave when their last reply is sent…
            drop(pool);
            end_clients(shared);
            shared.clients.courier.stop();
            // …and the housekeeper ends last and writes the log to its end. Until then no other
            // process may get the log's directory.
            drop(stop_rewriter);
            let log = rewriter.map(|rewriter| rewriter.join());
            drop(stop_housekeeper);
            let _ = housekeeper.join();
            started.and(log.map(|_| ()))
        })
    }
}

/// Has all clients leave when their last reply is sent, or after a while without that.
fn end_clients(shared: &Shared) {
    shared.clients.stop_reading();
    if !wait_until(limits::STOP_GRACE_MS, || shared.clients.is_empty()) {
        let killed = shared.clients.kill_where(|_| true);
        shared.clients.close_killed();
        log::notice(&format!("Closed {killed} clients that did not read their replies"));
    }
}

fn no_thread(error: io::Error) -> String {
    format!("cannot start a thread: {error}")
}

/// The acceptor: accepts clients until the server stops.
fn accept(shared: &Shared, listener: &Listener, pool: &Pool<'_, '_>) {
    let mut is_failing = false;
    while !shared.is_stopping() {
        match listener.accept() {
            // Woken by the stop, one way or the other.
            Ok(_) | Err(_) if shared.is_stopping() => return,
            Ok(arrival) => {
                is_failing = false;
                Stats::add(&shared.stats.connections, 1);
                let is_denied = !arrival.peer.is_local() && shared.denies_remote_clients();
                let tcp_keepalive = shared.config().tcp_keepalive;
                if is_denied {
                    pool.refuse(arrival.stream, DENIED);
                    continue;
                }
                keep_alive(&arrival.stream, tcp_keepalive);
                pool.pass_to_worker(arrival);
            }
            // The client gave up while it waited; others have not.
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

/// Makes the kernel detect clients that vanished without closing the connection.
fn keep_alive(stream: &TcpStream, seconds: u64) {
    if seconds > 0 {
        // Redis's figures: three probes, a third of the idle time apart. A vanished client is
        // closed after twice that time.
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
    rendezvous: Sender<Arrival>,
    arrivals: Receiver<Arrival>,
    workers: Arc<AtomicUsize>,
}

impl Clone for Pool<'_, '_> {
    fn clone(&self) -> Self {
        Pool {
            rendezvous: self.rendezvous.clone(),
            arrivals: self.arrivals.clone(),
            workers: Arc::clone(&self.workers),
            ..*self
        }
    }
}

impl<'scope, 'env> Pool<'scope, 'env> {
    fn new(scope: &'scope Scope<'scope, 'env>, shared: &'env Shared) -> Self {
        let (rendezvous, arrivals) = bounded(0);
        Pool { scope, shared, rendezvous, arrivals, workers: Arc::default() }
    }

    /// Passes the stream to a worker, or refuses the client.
    fn pass_to_worker(&self, arrival: Arrival) {
        if !self.shared.clients.admit(self.shared.config().maxclients) {
            return self.refuse(arrival.stream, FULL);
        }
        let arrival = match self.rendezvous.try_send(arrival) {
            Ok(()) => return,
            Err(TrySendError::Full(arrival) | TrySendError::Disconnected(arrival)) => arrival,
        };
        self.pass_to_new_worker(arrival).unwrap_or_else(|arrival| {
            self.shared.clients.leave();
            self.refuse(arrival.stream, FULL);
        });
    }

    /// Starts workers until one takes the stream. The first one usually does; but another acceptor
    /// may be faster, and when all workers are started one of them is about to return to the
    /// rendezvous.
    fn pass_to_new_worker(&self, mut arrival: Arrival) -> Result<(), Arrival> {
        let wait = Duration::from_millis(limits::RENDEZVOUS_WAIT_MS);
        for _ in 0..limits::RENDEZVOUS_ATTEMPTS {
            if self.workers.load(Relaxed) < self.shared.config().maxclients
                && let Err(error) = self.start_worker()
            {
                log::warning(&format!("Cannot start a worker: {error}"));
                return Err(arrival);
            }
            match self.rendezvous.send_timeout(arrival, wait) {
                Ok(()) => return Ok(()),
                Err(refused) => arrival = refused.into_inner(),
            }
        }
        Err(arrival)
    }

    fn start_worker(&self) -> io::Result<()> {
        let (shared, arrivals) = (self.shared, self.arrivals.clone());
        let workers = Arc::clone(&self.workers);
        let number = workers.fetch_add(1, Relaxed);
        let builder = named(&format!("worker-{number}")).stack_size(limits::WORKER_STACK_BYTES);
        let worker = move || {
            work(shared, &arrivals);
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

    /// Redis's refusal. The client may not have sent a request yet; it finds the reply when it has.
    fn refuse(&self, mut stream: TcpStream, error: &str) {
        Stats::add(&self.shared.stats.rejected_connections, 1);
        let (reason, _) = error.split_once('.').unwrap_or((error, ""));
        log::verbose(&format!("Refused a client: {reason}"));
        // The buffer of a fresh socket is empty, so nothing blocks; any failure means that the
        // client has left.
        let _ = stream.set_nonblocking(true);
        let _ = stream.write_all(format!("-{error}\r\n").as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read(&mut [0; 1024]);
    }
}

/// A worker: serves one client after the other, until none has arrived for a while.
fn work(shared: &Shared, arrivals: &Receiver<Arrival>) {
    let wait = Duration::from_millis(limits::WORKER_IDLE_MS);
    loop {
        match arrivals.recv_timeout(wait) {
            Ok(arrival) => serve(shared, arrival),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Serves one client. A bug in a handler costs this connection and nothing else.
fn serve(shared: &Shared, arrival: Arrival) {
    let client = shared.clients.register(arrival, &shared.clock);
    // A client that arrived too late for `stop_reading` is stopped here.
    if shared.is_stopping() {
        client.shut_down(Shutdown::Read);
    }
    let served = catch_unwind(AssertUnwindSafe(|| connection::serve(shared, &client)));
    if served.is_err() {
        Stats::add(&shared.stats.ends[BUG], 1);
        log::warning(&format!("This is a bug: client id={} was closed by a panic", client.id));
    }
    shared.clients.remove(client.id);
    shared.clients.leave();
}

fn named(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_owned())
}

/// Waits up to `wait_ms` until `is_so` holds, and returns whether it does.
fn wait_until(wait_ms: u64, is_so: impl Fn() -> bool) -> bool {
    let step_ms = 5;
    (0..wait_ms / step_ms).any(|_| {
        if !is_so() {
            thread::sleep(Duration::from_millis(step_ms));
        }
        is_so()
    })
}

#[cfg(test)]
mod waiting_tests;
