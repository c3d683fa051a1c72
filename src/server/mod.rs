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

mod preflight;

use crate::aof::{Directory, Disk, Names, survey};
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
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::thread::{self, Scope};
use std::time::Duration;

/// Redis's words when every place is taken.
const FULL: &str = "ERR max number of clients reached";

/// Redis's words to a client from elsewhere while protected mode is on and no password is set.
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
    /// The log to be replayed and continued, if there is to be one.
    log: Option<Directory>,
}

/// Ends a running server from another thread.
#[derive(Clone)]
pub struct Stopper {
    shared: Arc<Shared>,
    /// Weak, so that an acceptor that ends closes its listener.
    listeners: Vec<Weak<Listener>>,
}

impl Stopper {
    /// Asks the server to come to an end; [`Server::run`] returns when it has.
    pub fn stop(&self) {
        self.shared.begin_stop();
        self.listeners.iter().filter_map(Weak::upgrade).for_each(|listener| listener.wake());
    }
}

impl Server {
    /// Binds every address; clients that connect from now on wait until [`Server::run`].
    ///
    /// # Errors
    /// One line that says which address, or which file of the log, cannot be had, and why.
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
        let names = Names::of(&config)?;
        let log = match config.appendonly {
            true => Some(Directory::open(disk.clone(), &config.dir, names)?),
            false => {
                survey::warn_of_unread(&config.dir, &names);
                None
            }
        };
        preflight::tell(&config, &addresses);
        Ok(Server { shared: Arc::new(Shared::on(config, clock, disk)), listeners, addresses, log })
    }

    /// Where the server listens for TCP, with the ports that were chosen.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The common state, for tests that look inside.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// What ends this server.
    pub fn stopper(&self) -> Stopper {
        let listeners = self.listeners.iter().map(Arc::downgrade).collect();
        Stopper { shared: Arc::clone(&self.shared), listeners }
    }

    /// Serves until [`Stopper::stop`], and returns when every thread has ended.
    ///
    /// # Errors
    /// A thread that the server cannot do without does not start.
    pub fn run(self) -> Result<(), String> {
        let stopper = self.stopper();
        let shared = &*self.shared;
        let supervision = Supervision::new(&shared.config());
        thread::scope(|scope| {
            // Start: first those who serve, then those who let clients in.
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
            // Clients are told that their data is being loaded, until it is.
            let log = self.log.filter(|_| started.is_ok());
            let log = log.map_or(Ok(None), |log| loader::run(shared, log));
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
                announce(&names, &supervision);
            }

            // Stop: in the opposite order. The acceptors end first and close their listeners…
            for acceptor in acceptors {
                let _ = acceptor.join();
            }
            supervision.stopping();
            // …clients are not listened to any more, and leave when their last reply is sent…
            drop(pool);
            end_clients(shared);
            shared.clients.courier.stop();
            // …and the housekeeper goes last, who writes the log to its end. Nobody else may have
            // its directory before that.
            drop(stop_rewriter);
            let log = rewriter.map(|rewriter| rewriter.join());
            drop(stop_housekeeper);
            let _ = housekeeper.join();
            started.and(log.map(|_| ()))
        })
    }
}

/// Says that clients are served, to the operator and to a supervisor.
fn announce(listeners: &[String], supervision: &Supervision) {
    for name in listeners {
        log::notice(&format!("Ready to accept connections on {name}"));
    }
    supervision.ready();
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

/// The acceptor: lets clients in until the server stops.
fn accept(shared: &Shared, listener: &Listener, pool: &Pool<'_, '_>) {
    let mut is_failing = false;
    while !shared.is_stopping() {
        match listener.accept() {
            // Woken by the stop, one way or the other.
            Ok(_) | Err(_) if shared.is_stopping() => return,
            Ok(arrival) => {
                is_failing = false;
                Stats::add(&shared.stats.connections, 1);
                let (is_denied, tcp_keepalive) = {
                    let config = shared.config();
                    (config.denies_strangers() && !arrival.peer.is_local(), config.tcp_keepalive)
                };
                if is_denied {
                    pool.refuse(arrival.stream, DENIED);
                    continue;
                }
                keep_alive(&arrival.stream, tcp_keepalive);
                pool.hand_over(arrival);
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
        // Redis's figures: three probes, a third of the silence apart. Who vanished is gone after
        // twice that silence.
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
    door: Sender<Arrival>,
    waiting_room: Receiver<Arrival>,
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
    fn hand_over(&self, arrival: Arrival) {
        if !self.shared.clients.admit(self.shared.config().maxclients) {
            return self.refuse(arrival.stream, FULL);
        }
        let arrival = match self.door.try_send(arrival) {
            Ok(()) => return,
            Err(TrySendError::Full(arrival) | TrySendError::Disconnected(arrival)) => arrival,
        };
        self.hand_to_new_worker(arrival).unwrap_or_else(|arrival| {
            self.shared.clients.leave();
            self.refuse(arrival.stream, FULL);
        });
    }

    /// Starts workers until one takes the stream. The first one usually does; but another acceptor
    /// may be quicker, and with all workers started one of them is on its way back to the door.
    fn hand_to_new_worker(&self, mut arrival: Arrival) -> Result<(), Arrival> {
        let wait = Duration::from_millis(limits::RENDEZVOUS_WAIT_MS);
        for _ in 0..limits::RENDEZVOUS_ATTEMPTS {
            if self.workers.load(Relaxed) < self.shared.config().maxclients
                && let Err(error) = self.start_worker()
            {
                log::warning(&format!("Cannot start a worker: {error}"));
                return Err(arrival);
            }
            match self.door.send_timeout(arrival, wait) {
                Ok(()) => return Ok(()),
                Err(refused) => arrival = refused.into_inner(),
            }
        }
        Err(arrival)
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
        let (reason, _) = error.split_once('.').unwrap_or((error, ""));
        log::verbose(&format!("Refused a client: {reason}"));
        // A fresh socket's buffer is empty, so nothing blocks; whatever fails, the client is gone.
        let _ = stream.set_nonblocking(true);
        let _ = stream.write_all(format!("-{error}\r\n").as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read(&mut [0; 1024]);
    }
}

/// A worker: one client after the other, until none has come for a while.
fn work(shared: &Shared, waiting_room: &Receiver<Arrival>) {
    let patience = Duration::from_millis(limits::WORKER_IDLE_MS);
    loop {
        match waiting_room.recv_timeout(patience) {
            Ok(arrival) => serve(shared, arrival),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Serves one client. A bug in a handler costs this connection and nothing else.
fn serve(shared: &Shared, arrival: Arrival) {
    let client = shared.clients.register(arrival, &shared.clock);
    // Whoever came too late to be told by `stop_reading` is told here.
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
