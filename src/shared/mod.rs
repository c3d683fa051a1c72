//! Everything that threads share: services without the keyspace, and the keyspace lock.
//!
//! A handler of a command without keys gets [`Services`] and nothing else. So it cannot lock the
//! keyspace, which the transaction that executes it may hold already.
//!
//! The keyspace is protected by one mutex. It is taken for a batch of requests and never held
//! across a system call; [`Hold`] is the time in between, with a visible end.
//!
//! ```text
//! worker-0   parse, prefetch ─► │ lock: execute a batch │ ─► write to the log, send replies
//! worker-1        parse, wait ──────────────────────────► │ lock: execute a batch │ ─► …
//! keyspace                      │ hold of worker-0      │ │ hold of worker-1      │
//! ```

mod aftermath;
mod delivery;
pub mod functions;
mod hold;
mod key_events;
pub mod saving;
pub mod scripts;
mod services;
mod stats;

pub use aftermath::Aftermath;
pub use hold::Hold;
pub use services::Services;
pub use stats::Stats;

use crate::aof::{Disk, Order};
use crate::clock::Clock;
use crate::config::{Config, change::Refusal, failed};
use crate::keyspace::types::{Encodings, Listpack, SetNames, StreamNodes};
use crate::keyspace::{Eviction, Frequency, Keyspace};
use crate::limits;
use crate::log;
use crate::system::open_files;
use crossbeam_channel::{Receiver, Sender, bounded};
use hold::Guarded;
use parking_lot::Mutex;
use std::ops::Deref;
use std::time::Duration;

/// The server's common state. The order of its locks is in the crate's head.
pub struct Shared {
    services: Services,
    keyspace: Mutex<Guarded>,
    /// Held while a new configuration is put in force, so that two changes do not mix.
    reconfiguring: Mutex<()>,
}

impl Deref for Shared {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

impl Shared {
    /// A server's state before its first client.
    pub fn new(config: Config, clock: Clock) -> Shared {
        Shared::on(config, clock, Disk::default())
    }

    /// The same with files on a disk that may have faults.
    pub fn on(config: Config, clock: Clock, disk: Disk) -> Shared {
        let keyspace = Mutex::new(Guarded::new(Keyspace::new(config.databases)));
        let services = Services::new(config, clock, disk);
        let shared = Shared { services, keyspace, reconfiguring: Mutex::new(()) };
        let config = shared.config().clone();
        shared.hand_out(&config);
        shared
    }

    /// Replaces the configuration by the result of `change`, wholly or not at all.
    ///
    /// # Errors
    /// That of `change`, or the reason why the new configuration cannot be put in force.
    pub fn reconfigure(
        &self,
        change: impl FnOnce(&Config) -> Result<Config, Refusal>,
    ) -> Result<(), Refusal> {
        let _one_at_a_time = self.reconfiguring.lock();
        let old = self.config().clone();
        let new = change(&old)?;
        let outcome = self.apply(&new);
        // The settings that were applied before the failure are restored.
        if outcome.is_ok() && new.requirepass != old.requirepass {
            self.acl.set_default_password(&new.requirepass);
        }
        let valid = if outcome.is_ok() { new } else { self.apply(&old).map(|()| old)? };
        self.replace_config(valid);
        outcome
    }

    /// Calls `act` while the configuration cannot change; `act` may take its time.
    pub fn with_settled_config<T>(&self, act: impl FnOnce(&Config) -> T) -> T {
        let _one_at_a_time = self.reconfiguring.lock();
        let config = self.config().clone();
        act(&config)
    }

    /// Gives settings to the modules that keep a copy. All others are read from
    /// [`Services::config`] when they are needed.
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

    /// Turns the log on or off, unless it is already so.
    fn turn_log(&self, on: bool) -> Result<(), String> {
        if on == self.config().appendonly {
            return Ok(());
        }
        self.order(if on { Order::TurnOn } else { Order::TurnOff })
    }

    /// Gives an order to the rewriter, and waits for its answer. No lock may be held.
    ///
    /// # Errors
    /// That of the answer.
    pub fn order(
        &self,
        order: impl FnOnce(Sender<Result<(), String>>) -> Order,
    ) -> Result<(), String> {
        let (answer, answered) = bounded(1);
        self.aof.rewriter.order(order(answer));
        self.outcome(&answered)
    }

    /// Saves a snapshot that was claimed ([`saving::Saving::claim`]), and waits for it. No lock may
    /// be held.
    ///
    /// # Errors
    /// The reason of the failure, which is in the log, too.
    pub fn save_claimed(&self) -> Result<(), String> {
        self.order(|answer| Order::Save(Some(answer)))
    }

    /// The same behind a snapshot that is in progress.
    ///
    /// # Errors
    /// See [`Shared::save_claimed`].
    pub fn save_when_free(&self) -> Result<(), String> {
        while !self.saving.claim(self.clock.steady_ms()) {
            if self.is_stopping() {
                return Err("the server stops".to_owned());
            }
            std::thread::sleep(Duration::from_millis(limits::HOUSEKEEPER_ROUND_MS));
        }
        self.save_claimed()
    }

    /// Waits for the rewriter's answer.
    fn outcome(&self, answered: &Receiver<Result<(), String>>) -> Result<(), String> {
        loop {
            match answered.recv_timeout(Duration::from_millis(limits::HOUSEKEEPER_ROUND_MS)) {
                Ok(outcome) => return outcome,
                Err(_) if self.is_stopping() => return Err("the server stops".to_owned()),
                // A rewrite in progress is finished first.
                Err(_) => {}
            }
        }
    }

    /// The part of [`Shared::apply`] that cannot fail.
    fn hand_out(&self, config: &Config) {
        log::set_level(config.loglevel);
        self.with_keyspace(|hold| {
            hold.set_limit(config.limit());
            hold.events.want(key_events::wanted(config.notify_keyspace_events));
            hold.encodings = encodings(config);
            hold.frequency = Frequency {
                log_factor: config.lfu_log_factor,
                decay_minutes: config.lfu_decay_time,
            };
        });
        self.clients.output_limits.set(&config.client_output_buffer_limit);
        self.aof.set_policy(config.appendfsync);
        self.acl.set_channels_default(config.acl_pubsub_default_all);
        self.acl.log.configure(usize::try_from(config.acllog_max_len).unwrap_or(usize::MAX));
        self.slowlog.configure(config.slowlog_log_slower_than, config.slowlog_max_len);
        self.latency.configure(config.latency_monitor_threshold);
        self.tracing.configure(config.trace);
    }

    /// Takes the keyspace lock, then reads the time. [`Hold::finish`] or [`Hold::release`] ends it.
    pub fn lock_keyspace(&self) -> Hold<'_> {
        Hold::begin(self.keyspace.lock(), &self.services)
    }

    /// The same, unless a script holds the lock and does so for too long: then nothing.
    pub fn lock_keyspace_unless_busy(&self) -> Option<Hold<'_>> {
        self.lock_keyspace_unless(|| {
            let threshold_ms = self.config().busy_reply_threshold;
            self.scripts.is_busy(self.clock.steady_ns(), threshold_ms)
        })
    }

    /// [`Shared::with_keyspace`], unless a script is running.
    pub fn with_free_keyspace<R>(&self, work: impl FnOnce(&mut Hold<'_>) -> R) -> Option<R> {
        let hold = self.lock_keyspace_unless(|| true)?;
        Some(Shared::finish(hold, work))
    }

    /// Locks the keyspace, or returns nothing if a script holds the lock and `gives_up`.
    fn lock_keyspace_unless(&self, gives_up: impl Fn() -> bool) -> Option<Hold<'_>> {
        let wait = Duration::from_millis(limits::SCRIPT_LOOK_EVERY_MS);
        loop {
            if let Some(guard) = self.keyspace.try_lock_for(wait) {
                return Some(Hold::begin(guard, &self.services));
            }
            if self.scripts.is_running() && gives_up() {
                return None;
            }
        }
    }

    /// Calls `work` with the keyspace under the lock, on behalf of no client.
    pub fn with_keyspace<R>(&self, work: impl FnOnce(&mut Hold<'_>) -> R) -> R {
        Shared::finish(self.lock_keyspace(), work)
    }

    fn finish<'a, R>(mut hold: Hold<'a>, work: impl FnOnce(&mut Hold<'a>) -> R) -> R {
        let result = work(&mut hold);
        hold.release();
        result
    }

    /// Evicts keys because memory is short, in several short holds of the lock. The housekeeper
    /// does the rest.
    pub fn evict(&self) -> Eviction {
        for _ in 0..limits::EVICTION_HOLDS_MAX {
            let outcome = self.with_keyspace(|hold| hold.evict(limits::EVICTION_EFFORT_MAX));
            if outcome != Eviction::Later {
                return outcome;
            }
            // Threads that wait for the lock go first.
            std::thread::yield_now();
        }
        Eviction::Later
    }
}

/// Up to where values have the names of small ones.
fn encodings(config: &Config) -> Encodings {
    let size = |setting: u64| usize::try_from(setting).unwrap_or(usize::MAX);
    let listpack =
        |entries, bytes| Listpack { entries_max: size(entries), text_bytes_max: size(bytes) };
    Encodings {
        hash: listpack(config.hash_max_listpack_entries, config.hash_max_listpack_value),
        set: SetNames {
            intset_entries_max: size(config.set_max_intset_entries),
            listpack: listpack(config.set_max_listpack_entries, config.set_max_listpack_value),
        },
        list_listpack_size: i32::try_from(config.list_max_listpack_size).unwrap_or(i32::MAX),
        sorted_set: listpack(config.zset_max_listpack_entries, config.zset_max_listpack_value),
        hyperloglog_sparse_bytes_max: size(config.hll_sparse_max_bytes),
        stream: StreamNodes {
            bytes_max: config.stream_node_max_bytes,
            entries_max: config.stream_node_max_entries,
        },
    }
}
