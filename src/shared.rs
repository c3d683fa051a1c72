//! What all threads share, and the one home of the keyspace lock.
//!
//! The keyspace is behind one mutex. It is taken for a batch of requests and never across a system
//! call; [`Hold`] sees to both: the time is read when the lock has been taken, and what is costly
//! to drop is dropped when it has been let go.

use crate::aof::{Aof, Disk, Order, Pending};
use crate::clients::Clients;
use crate::clock::Clock;
use crate::config::{Config, change::Refusal, failed};
use crate::keyspace::{Eviction, Garbage, Keyspace};
use crate::observe::{Calls, Errors, Latency, Monitors, Slowlog};
use crate::system::open_files;
use crate::{limits, log};
use crossbeam_channel::bounded;
use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The server's common state. The order of its locks is in the crate's head.
pub struct Shared {
    /// The time.
    pub clock: Clock,
    /// Who is connected.
    pub clients: Clients,
    /// Figures for INFO.
    pub stats: Stats,
    /// How often commands were called.
    pub calls: Calls,
    /// Error replies.
    pub errors: Errors,
    /// Slow commands.
    pub slowlog: Slowlog,
    /// Slow moments.
    pub latency: Latency,
    /// Who sees every command.
    pub monitors: Monitors,
    /// The log of changes.
    pub aof: Aof,
    keyspace: Mutex<Guarded>,
    config: RwLock<Config>,
    /// Held while a new configuration is put in force, so that two do not mix.
    reconfiguring: Mutex<()>,
    is_stopping: AtomicBool,
    is_asked_to_stop: AtomicBool,
    is_loading: AtomicBool,
}

/// What the keyspace lock guards: the data, and what of its changes the log has not got yet.
struct Guarded {
    keyspace: Keyspace,
    log: Pending,
}

/// Figures that nobody needs a lock for; counted since the start unless said otherwise.
#[derive(Debug, Default)]
pub struct Stats {
    /// Steady milliseconds of the start.
    pub started_at_ms: u64,
    /// Connections accepted.
    pub connections: AtomicU64,
    /// Connections refused for want of a place.
    pub rejected_connections: AtomicU64,
    /// Bytes of the log that is being loaded.
    pub loading_total_bytes: AtomicU64,
    /// Bytes of it that have been replayed.
    pub loading_loaded_bytes: AtomicU64,
    /// Unix milliseconds at which that began.
    pub loading_started_at_ms: AtomicU64,
    /// Bytes of requests.
    pub input_bytes: AtomicU64,
    /// Bytes of replies.
    pub output_bytes: AtomicU64,
    /// Clients dropped because they did not read their replies.
    pub output_limit_disconnections: AtomicU64,
    /// Commands per second, over the housekeeper's last rounds.
    pub commands_per_second: AtomicU64,
    /// Bytes that all clients held for requests and replies when the housekeeper last looked.
    pub client_held_bytes: AtomicU64,
    /// Most bytes that one client held for requests when the housekeeper last looked.
    pub client_input_max_bytes: AtomicU64,
    /// Most bytes that one client held for replies when the housekeeper last looked.
    pub client_output_max_bytes: AtomicU64,
    /// Resident bytes of the process when the housekeeper last looked.
    pub resident_bytes: AtomicU64,
    /// Most bytes that keys and values took when the housekeeper looked.
    pub used_peak_bytes: AtomicU64,
    /// CPU microseconds spent in the kernel when the housekeeper last looked.
    pub cpu_system_us: AtomicU64,
    /// CPU microseconds spent in our own code when the housekeeper last looked.
    pub cpu_user_us: AtomicU64,
}

impl Stats {
    /// Counts `amount` more of something.
    pub fn add(counter: &AtomicU64, amount: usize) {
        counter.fetch_add(amount as u64, Relaxed);
    }

    /// Begins to count anew; what is measured stays.
    pub fn reset(&self) {
        let counters = [
            &self.connections,
            &self.rejected_connections,
            &self.input_bytes,
            &self.output_bytes,
            &self.output_limit_disconnections,
        ];
        counters.iter().for_each(|counter| counter.store(0, Relaxed));
    }

    /// Reads a figure.
    pub fn read(figure: &AtomicU64) -> u64 {
        figure.load(Relaxed)
    }
}

impl Shared {
    /// A server's state before its first client.
    pub fn new(config: Config, clock: Clock) -> Shared {
        Shared::on(config, clock, Disk::default())
    }

    /// The same with files on a disk that may have faults.
    pub fn on(config: Config, clock: Clock, disk: Disk) -> Shared {
        let keyspace = Keyspace::new(config.databases);
        let shared = Shared {
            keyspace: Mutex::new(Guarded { keyspace, log: Pending::default() }),
            aof: Aof::new(disk),
            clients: Clients::default(),
            stats: Stats { started_at_ms: clock.steady_ms(), ..Stats::default() },
            calls: Calls::default(),
            errors: Errors::default(),
            slowlog: Slowlog::default(),
            latency: Latency::default(),
            monitors: Monitors::default(),
            is_stopping: AtomicBool::new(false),
            is_asked_to_stop: AtomicBool::new(false),
            is_loading: AtomicBool::new(config.appendonly),
            config: RwLock::new(config),
            reconfiguring: Mutex::new(()),
            clock,
        };
        let config = shared.config().clone();
        shared.hand_out(&config);
        shared
    }

    /// What the user chose. Not to be kept while waiting for anything.
    pub fn config(&self) -> RwLockReadGuard<'_, Config> {
        self.config.read()
    }

    /// Replaces the configuration by what `change` makes of it, wholly or not at all.
    ///
    /// # Errors
    /// That of `change`, or why the new configuration cannot be put in force.
    pub fn reconfigure(
        &self,
        change: impl FnOnce(&Config) -> Result<Config, Refusal>,
    ) -> Result<(), Refusal> {
        let _one_at_a_time = self.reconfiguring.lock();
        let old = self.config().clone();
        let new = change(&old)?;
        let outcome = self.apply(&new);
        // What was applied before something failed is applied again as it was.
        let valid = if outcome.is_ok() { new } else { self.apply(&old).map(|()| old)? };
        *self.config.write() = valid;
        outcome
    }

    /// Does something with the configuration during which it does not change; that may take its
    /// time.
    pub fn with_settled_config<T>(&self, act: impl FnOnce(&Config) -> T) -> T {
        let _one_at_a_time = self.reconfiguring.lock();
        let config = self.config().clone();
        act(&config)
    }

    /// Hands the settings that somebody keeps a copy of to their owners. All others are read from
    /// [`Shared::config`] when they are needed.
    fn apply(&self, config: &Config) -> Result<(), Refusal> {
        let possible = open_files::allow(config.maxclients);
        if possible < config.maxclients {
            let reason = format!(
                "The operating system is not able to handle the specified number of clients, \
                 try with {possible}"
            );
            return Err(failed("maxclients", &reason));
        }
        self.hand_out(config);
        self.turn_log(config.appendonly).map_err(|reason| failed("appendonly", &reason))
    }

    /// Turns the log on or off, if it is not as it should be already.
    fn turn_log(&self, on: bool) -> Result<(), String> {
        if on == self.config().appendonly {
            return Ok(());
        }
        let (answer, answered) = bounded(1);
        self.aof.rewriter.order(if on { Order::TurnOn(answer) } else { Order::TurnOff(answer) });
        loop {
            match answered.recv_timeout(Duration::from_millis(limits::HOUSEKEEPER_ROUND_MS)) {
                Ok(outcome) => return outcome,
                Err(_) if self.is_stopping() => return Err("the server stops".to_owned()),
                // A rewrite that is under way is finished first.
                Err(_) => {}
            }
        }
    }

    /// The part of [`Shared::apply`] that cannot fail.
    fn hand_out(&self, config: &Config) {
        log::set_level(config.loglevel);
        self.lock_keyspace().set_limit(config.limit());
        self.aof.set_policy(config.appendfsync);
        self.slowlog.configure(config.slowlog_log_slower_than, config.slowlog_max_len);
        self.latency.configure(config.latency_monitor_threshold);
    }

    /// Takes the keyspace lock, then reads the time.
    pub fn lock_keyspace(&self) -> Hold<'_> {
        let guard = self.keyspace.lock();
        Hold {
            now_ms: self.clock.unix_ms(),
            since_ns: self.clock.steady_ns(),
            aof: &self.aof,
            guard: Some(guard),
        }
    }

    /// Removes what has to go for want of memory, in several short holds of the lock. What is left
    /// after that is the housekeeper's business.
    pub fn evict(&self) -> Eviction {
        for _ in 0..limits::EVICTION_HOLDS_MAX {
            let room = self.lock_keyspace().evict(limits::EVICTION_EFFORT_MAX);
            if room != Eviction::Later {
                return room;
            }
            // Those who wait for the lock go first.
            std::thread::yield_now();
        }
        Eviction::Later
    }

    /// Asks whoever can stop the server to do so: SHUTDOWN.
    pub fn ask_to_stop(&self) {
        self.is_asked_to_stop.store(true, Relaxed);
    }

    /// Whether somebody asked for a stop since this was last asked.
    pub fn was_asked_to_stop(&self) -> bool {
        self.is_asked_to_stop.load(Relaxed) && self.is_asked_to_stop.swap(false, Relaxed)
    }

    /// Tells every thread to come to an end.
    pub fn begin_stop(&self) {
        self.is_stopping.store(true, Relaxed);
        self.clients.pause.end();
    }

    /// Whether the server is coming to an end.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Relaxed)
    }

    /// Whether the log is still being replayed.
    pub fn is_loading(&self) -> bool {
        self.is_loading.load(Relaxed)
    }

    /// Begins to serve: everything has been loaded.
    pub fn end_loading(&self) {
        self.is_loading.store(false, Relaxed);
    }
}

/// The keyspace, for as long as this lives.
pub struct Hold<'a> {
    /// Unix milliseconds at the beginning.
    pub now_ms: u64,
    /// Steady nanoseconds at the beginning.
    pub since_ns: u64,
    aof: &'a Aof,
    /// Always there until the drop.
    guard: Option<MutexGuard<'a, Guarded>>,
}

impl Hold<'_> {
    /// The keyspace, and the log of its changes.
    pub fn split(&mut self) -> (&mut Keyspace, &mut Pending) {
        let guarded: &mut Guarded = self.guard.as_mut().expect("the guard is taken by drop only");
        (&mut guarded.keyspace, &mut guarded.log)
    }
}

impl Deref for Hold<'_> {
    type Target = Keyspace;

    fn deref(&self) -> &Keyspace {
        &self.guard.as_ref().expect("the guard is taken by drop only").keyspace
    }
}

impl DerefMut for Hold<'_> {
    fn deref_mut(&mut self) -> &mut Keyspace {
        self.split().0
    }
}

/// Hands the log what it has to know, lets go of the lock, and drops the garbage afterwards.
impl Drop for Hold<'_> {
    fn drop(&mut self) {
        let aof = self.aof;
        let (keyspace, log) = self.split();
        log.removals(&mut keyspace.propagation);
        if !log.is_empty() {
            aof.append(log.finished());
        }
        let has_kept = keyspace.has_snapshot()
            && keyspace.before_image_bytes() > limits::BEFORE_IMAGE_BYTES_MAX;
        let kept = has_kept.then(|| keyspace.take_before_images());
        if has_kept {
            aof.rewriter.announce_before_images();
        }
        let garbage: Vec<Garbage> = std::mem::take(&mut keyspace.garbage);
        drop(self.guard.take());
        drop(garbage);
        kept.into_iter().for_each(|kept| aof.rewriter.hand_over(kept));
    }
}
