//! What the server remembers about one connection between two requests.
//!
//! The worker owns it; what others may see is copied into the [`Client`] of the register.

use crate::aof::Aof;
use crate::clients::Client;
use crate::command::engine::queue::Transaction;
use crate::keyspace::{Keyspace, Watch};
use crate::log;
use crate::observe::Monitor;
use crate::observe::monitors::Line;
use crate::observe::slowlog::Entry;
use crate::shared::Shared;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Which replies a client wants (CLIENT REPLY).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReplyMode {
    /// All of them.
    #[default]
    On,
    /// None.
    Off,
    /// None for the command that is being executed (SKIP itself) and for the next one.
    SkipNext,
    /// None for the command that is being executed.
    Skip,
}

/// What others will want to know about the requests that are being executed. It is gathered while
/// the keyspace may be locked, and handed over when it is not.
#[derive(Debug, Default)]
pub struct Notes {
    /// Those that were slow.
    pub slow: Vec<Entry>,
    /// All of them, if somebody monitors.
    pub monitored: Vec<Line>,
}

/// One connection's state.
#[derive(Debug)]
pub struct Session {
    /// What others see.
    pub client: Arc<Client>,
    /// Whether commands are served.
    pub is_authenticated: bool,
    /// Which replies are sent.
    pub reply_mode: ReplyMode,
    /// The connection is to be closed when the replies so far are sent.
    pub is_closing: bool,
    /// What was queued since MULTI, if there was one.
    pub transaction: Option<Transaction>,
    /// What WATCH watches.
    pub watch: Watch,
    /// What is to be told to others.
    pub notes: Notes,
    /// Where the lines come from that MONITOR asked for.
    pub monitor: Option<Monitor>,
    /// The requests that are executed are those of a transaction.
    pub is_in_exec: bool,
    /// The next request waits for the end of a pause; the value tells whether it is a write.
    pub has_to_wait: Option<bool>,
    /// How far the log must have been written before the next reply leaves.
    pub log_place: LogPlace,
    db: usize,
    no_touch: bool,
}

/// What the replies that were not sent yet rest on: everything that was logged before them, one's
/// own changes and those that one has seen.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogPlace {
    /// The place in the log behind it; 0 if they rest on nothing.
    pub place: u64,
    /// Whether this client may have made changes that are among it.
    pub has_written: bool,
}

impl LogPlace {
    /// Remembers that the replies rest on everything that has been logged by now.
    pub fn reach(&mut self, aof: &Aof) {
        if aof.is_on() {
            self.place = aof.end();
        }
    }
}

impl Session {
    /// A connection's state at its beginning.
    pub fn new(client: Arc<Client>, is_authenticated: bool) -> Session {
        Session {
            client,
            is_authenticated,
            reply_mode: ReplyMode::default(),
            is_closing: false,
            transaction: None,
            watch: Watch::default(),
            notes: Notes::default(),
            monitor: None,
            is_in_exec: false,
            has_to_wait: None,
            log_place: LogPlace::default(),
            db: 0,
            no_touch: false,
        }
    }

    /// The selected database.
    pub fn db(&self) -> usize {
        self.db
    }

    /// Selects a database.
    pub fn select(&mut self, db: usize) {
        self.db = db;
        self.client.db.store(db, Relaxed);
    }

    /// Shows others how many requests are queued and keys watched.
    pub fn publish_queue(&self) {
        let queued = self.transaction.as_ref().map_or(-1, |transaction| transaction.len() as i64);
        self.client.queued.store(queued, Relaxed);
        self.client.watched.store(self.watch.len(), Relaxed);
    }

    /// Ends a transaction without executing it, and all watching.
    pub fn forget_transaction(&mut self, keyspace: &mut Keyspace, now_ms: u64) {
        self.transaction = None;
        keyspace.end_watch(&mut self.watch, now_ms);
        self.publish_queue();
    }

    /// Waits until the log holds what the replies rest on.
    ///
    /// # Errors
    /// It cannot be written. Who has only read gets its replies all the same, as they promise
    /// nothing; who has written gets no answer at all: whether it survives, nobody knows yet.
    pub fn await_log(&mut self, aof: &Aof) -> io::Result<()> {
        let LogPlace { place, has_written } = std::mem::take(&mut self.log_place);
        if place == 0 || aof.wait(place).is_ok() || !has_written {
            return Ok(());
        }
        Err(self.unanswered())
    }

    /// The end of a client whose changes could not be logged.
    pub fn unanswered(&self) -> io::Error {
        let (id, peer) = (self.client.id, &self.client.peer);
        log::warning(&format!(
            "Client id={id} addr={peer} closed without an answer: its changes cannot be logged"
        ));
        io::ErrorKind::StorageFull.into()
    }

    /// Ends all watching, when the connection ends.
    pub fn unwatch(&mut self, shared: &Shared) {
        if !self.watch.is_empty() {
            let mut keyspace = shared.lock_keyspace();
            let now_ms = keyspace.now_ms;
            keyspace.end_watch(&mut self.watch, now_ms);
        }
    }

    /// Hands over what was noted. No lock may be held.
    pub fn publish_notes(&mut self, shared: &Shared) {
        if !self.notes.slow.is_empty() {
            shared.slowlog.extend(std::mem::take(&mut self.notes.slow));
        }
        if !self.notes.monitored.is_empty() {
            shared.monitors.publish(&std::mem::take(&mut self.notes.monitored));
        }
    }

    /// MONITOR.
    pub fn start_monitoring(&mut self, shared: &Shared) {
        self.monitor.get_or_insert_with(|| shared.monitors.join());
        self.client.is_monitor.store(true, Relaxed);
    }

    /// Ends MONITOR, if it is in force.
    pub fn stop_monitoring(&mut self, shared: &Shared) {
        if let Some(monitor) = self.monitor.take() {
            shared.monitors.leave(&monitor);
            self.client.is_monitor.store(false, Relaxed);
        }
    }

    /// Whether lookups leave the age of keys alone.
    pub fn no_touch(&self) -> bool {
        self.no_touch
    }

    /// CLIENT NO-TOUCH.
    pub fn set_no_touch(&mut self, no_touch: bool) {
        self.no_touch = no_touch;
        self.client.no_touch.store(no_touch, Relaxed);
    }
}
