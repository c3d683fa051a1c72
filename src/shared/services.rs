//! Everything that threads share, apart from the keyspace.

use crate::acl::Acl;
use crate::aof::{Aof, Disk};
use crate::clients::Clients;
use crate::clients::channels::Channels;
use crate::clients::monitors::Monitors;
use crate::clients::tracking::Tracking;
use crate::clock::Clock;
use crate::config::Config;
use crate::keyspace::Figures;
use crate::observe::{Calls, Errors, Latency, Slowlog, Tracing};
use crate::shared::Stats;
use crate::shared::functions::Functions;
use crate::shared::saving::Saving;
use crate::shared::scripts::Scripts;
use crate::system::identity::Identity;
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The services of the server: everything that threads share and that is not the keyspace.
pub struct Services {
    /// The time.
    pub clock: Clock,
    /// The name of this run, and of its program.
    pub identity: Identity,
    /// Users and what they may do.
    pub acl: Acl,
    /// The connected clients.
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
    /// Whether batches are traced.
    pub tracing: Tracing,
    /// The clients that see every command.
    pub monitors: Monitors,
    /// Scripts that clients have sent.
    pub scripts: Scripts,
    /// Figures of the keyspace, from the housekeeper's last round.
    pub figures: Mutex<Figures>,
    /// Libraries of functions.
    pub functions: Functions,
    /// Who has subscribed to which channels.
    pub channels: Channels,
    /// Who has which keys in its cache.
    pub tracking: Tracking,
    /// The log of changes.
    pub aof: Aof,
    /// Snapshots.
    pub saving: Saving,
    config: RwLock<Config>,
    is_stopping: AtomicBool,
    is_asked_to_stop: AtomicBool,
    is_loading: AtomicBool,
    is_not_sweeping: AtomicBool,
}

impl Services {
    /// The services of a server before its first client, with files on `disk`.
    pub fn new(config: Config, clock: Clock, disk: Disk) -> Services {
        let clients = Clients::default();
        clients.start_output_limits(clock.steady_ms());
        Services {
            aof: Aof::new(disk),
            acl: users(&config),
            identity: Identity::new(),
            saving: Saving::new(clock.unix_ms() / 1_000),
            clients,
            stats: Stats { started_at_ms: clock.steady_ms(), ..Stats::default() },
            calls: Calls::default(),
            errors: Errors::default(),
            slowlog: Slowlog::default(),
            latency: Latency::default(),
            tracing: Tracing::default(),
            monitors: Monitors::default(),
            channels: Channels::default(),
            tracking: Tracking::default(),
            scripts: Scripts::default(),
            figures: Mutex::default(),
            functions: Functions::default(),
            is_stopping: AtomicBool::new(false),
            is_not_sweeping: AtomicBool::new(false),
            is_asked_to_stop: AtomicBool::new(false),
            is_loading: AtomicBool::new(config.appendonly),
            config: RwLock::new(config),
            clock,
        }
    }

    /// Whether only clients on this machine are let in: until there is a password.
    pub fn denies_remote_clients(&self) -> bool {
        self.config().protected_mode && self.acl.default_user().rules().has_no_password
    }

    /// The present configuration. The guard must not be kept during any wait.
    pub fn config(&self) -> RwLockReadGuard<'_, Config> {
        self.config.read()
    }

    /// Replaces the configuration, which has been put in force.
    pub(super) fn replace_config(&self, config: Config) {
        *self.config.write() = config;
    }

    /// Requests a stop of the server: SHUTDOWN.
    pub fn ask_to_stop(&self) {
        self.is_asked_to_stop.store(true, Relaxed);
    }

    /// Whether a stop was requested since the last call.
    pub fn was_asked_to_stop(&self) -> bool {
        self.is_asked_to_stop.load(Relaxed) && self.is_asked_to_stop.swap(false, Relaxed)
    }

    /// Makes every thread end.
    pub fn begin_stop(&self) {
        self.is_stopping.store(true, Relaxed);
        self.clients.pause.end();
    }

    /// Whether the server is stopping.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Relaxed)
    }

    /// Whether the log is still being replayed, or a snapshot loaded.
    pub fn is_loading(&self) -> bool {
        self.is_loading.load(Relaxed)
    }

    /// Postpones serving until a snapshot has been loaded.
    pub fn begin_loading(&self) {
        self.is_loading.store(true, Relaxed);
    }

    /// DEBUG SET-ACTIVE-EXPIRE: whether expired keys are removed although nobody uses them.
    pub fn set_sweeping(&self, is_on: bool) {
        self.is_not_sweeping.store(!is_on, Relaxed);
    }

    /// Whether they are.
    pub fn is_sweeping(&self) -> bool {
        !self.is_not_sweeping.load(Relaxed)
    }

    /// Begins to serve: everything has been loaded.
    pub fn end_loading(&self) {
        self.is_loading.store(false, Relaxed);
    }
}

/// The users of a configuration, whose lines have been checked when it was read.
fn users(config: &Config) -> Acl {
    let acl = Acl::new(&config.requirepass, config.acl_pubsub_default_all);
    for words in &config.users {
        let known = acl.set_configured(words);
        debug_assert!(known.is_ok(), "the line was checked: {known:?}");
    }
    acl
}
