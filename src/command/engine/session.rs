//! The state of a connection between two requests.
//!
//! The worker owns it; what other threads may see is copied into the [`Client`] of the register.

use crate::acl::User;
use crate::aof::{Aof, Unwritten};
use crate::clients::Client;
use crate::clients::channels::Subscriptions;
use crate::clients::outbox::Fence;
use crate::clients::output_limit::OutputClass;
use crate::clients::tracking::Tracked;
use crate::command::engine::queue::Transaction;
use crate::keyspace::{Keyspace, Watch};
use crate::observe::trace::Trace;
use crate::resp::Reply;
use crate::shared::functions::Loaded;
use crate::shared::scripts::Memo;
use crate::shared::{Aftermath, Services, Shared};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// The replies that a client wants (CLIENT REPLY).
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

/// Reasons why other threads may put messages into a client's outbox at any time.
pub mod reach {
    /// MONITOR.
    pub const MONITOR: u8 = 1 << 0;
    /// Subscribed to a channel or a pattern.
    pub const CHANNELS: u8 = 1 << 1;
    /// Keys are tracked for it, or another client's invalidations are redirected to it.
    pub const TRACKING: u8 = 1 << 2;
    /// A command waits for a key.
    pub const WAITING: u8 = 1 << 3;
}

/// One connection's state.
pub struct Session {
    /// The part that other threads see.
    pub client: Arc<Client>,
    /// The user, whose rules may change at any time.
    pub user: Arc<User>,
    /// Whether commands are served.
    pub is_authenticated: bool,
    /// Which replies are sent.
    pub reply_mode: ReplyMode,
    /// The connection must be closed when the replies so far are sent.
    pub is_closing: bool,
    /// The requests since MULTI, if there was one.
    pub transaction: Option<Transaction>,
    /// The watched keys.
    pub watch: Watch,
    /// Work for the time when no lock is held.
    pub aftermath: Aftermath,
    /// The requests that are executed are those of a transaction.
    pub is_in_exec: bool,
    /// They are those of a script.
    pub is_in_script: bool,
    /// The scripts that it has sent last.
    pub scripts: Memo,
    /// The library of functions that it has sent last.
    pub library: Option<Loaded>,
    /// The last request waits for a key.
    pub blocked: Option<Blocked>,
    /// The next request waits for the end of a pause; the value says whether it is a write.
    pub has_to_wait: Option<bool>,
    /// The part of the log that must be safe before the next reply leaves.
    pub rests_on: RestsOn,
    /// What the client has subscribed to, if anything.
    pub subscriptions: Option<Box<Subscriptions>>,
    /// The keys that are tracked for the client, if any are.
    pub tracking: Option<Box<Tracked>>,
    /// The request that is executed was answered with confirmations of subscriptions: any number of
    /// them, and sent to a client that wants no replies as well.
    pub has_confirmed: bool,
    /// The steps of the present batch, if it is traced.
    pub trace: Option<Box<Trace>>,
    /// The bytes that it has logged, as far as they are not in its trace yet.
    pub traced_bytes: u64,
    /// The [`reach`] bits.
    reach: u8,
    /// Whether the outbox is open.
    has_outbox: bool,
    is_speaking: bool,
    db: usize,
    no_touch: bool,
}

/// A request that waits for a key.
#[derive(Debug, Clone, Copy)]
pub struct Blocked {
    /// Steady milliseconds at which its time is over, if ever.
    pub deadline_ms: Option<u64>,
}

/// The changes on which the unsent replies rest: everything that was logged before them, both the
/// client's own changes and those that it has seen.
#[derive(Debug, Clone, Copy, Default)]
pub struct RestsOn {
    /// The end of these changes as an offset in the log; 0 if there are none.
    pub offset: u64,
    /// Whether changes of this client may be among them.
    pub has_written: bool,
}

impl RestsOn {
    /// Records that the replies rest on everything that has been logged by now.
    pub fn advance(&mut self, aof: &Aof) {
        if aof.is_on() {
            self.offset = aof.end();
        }
    }
}

impl Session {
    /// The state of a new connection, whose user is `default`.
    pub fn new(client: Arc<Client>, default: &Arc<User>) -> Session {
        Session {
            client,
            is_authenticated: default.is_open(),
            user: Arc::clone(default),
            reply_mode: ReplyMode::default(),
            is_closing: false,
            transaction: None,
            trace: None,
            traced_bytes: 0,
            watch: Watch::default(),
            aftermath: Aftermath::default(),
            is_in_exec: false,
            is_in_script: false,
            scripts: Memo::default(),
            library: None,
            blocked: None,
            has_to_wait: None,
            rests_on: RestsOn::default(),
            subscriptions: None,
            tracking: None,
            has_confirmed: false,
            reach: 0,
            has_outbox: false,
            is_speaking: false,
            db: 0,
            no_touch: false,
        }
    }

    /// AUTH: replaces the user. `is_authenticated` must be set, too.
    pub fn become_user(&mut self, user: &Arc<User>) {
        self.client.names.lock().user = user.name.clone();
        self.user = Arc::clone(user);
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

    /// Publishes the numbers of queued requests and their bytes, and of watched keys.
    pub fn publish_queue(&self) {
        let transaction = self.transaction.as_ref();
        let queued = transaction.map_or(-1, |transaction| transaction.len() as i64);
        self.client.queued.store(queued, Relaxed);
        let bytes = transaction.map_or(0, Transaction::bytes);
        self.client.queued_bytes.store(bytes, Relaxed);
        self.client.watched.store(self.watch.len(), Relaxed);
    }

    /// Ends a transaction without executing it, and all watching.
    pub fn forget_transaction(&mut self, keyspace: &mut Keyspace, now_ms: u64) {
        self.transaction = None;
        keyspace.end_watch(&mut self.watch, now_ms);
        self.publish_queue();
    }

    /// Waits until the log holds the changes that the replies rest on, or returns the fence at
    /// which they have to wait for the disk.
    ///
    /// # Errors
    /// The changes cannot be written. A client that has only read gets its replies all the same,
    /// because they promise nothing; one that has written gets no reply at all: whether its changes
    /// survive is not known yet.
    pub fn await_log(&mut self, aof: &Aof, has_replies: bool) -> Result<Option<Fence>, Unwritten> {
        let RestsOn { offset, has_written } = std::mem::take(&mut self.rests_on);
        if offset == 0 {
            return Ok(None);
        }
        if has_replies && aof.has_to_sync(offset) {
            return Ok(Some(Fence { offset, has_written }));
        }
        match aof.wait(offset) {
            Err(Unwritten) if has_written => Err(Unwritten),
            _ => Ok(None),
        }
    }

    /// Ends all watching, when the connection ends.
    pub fn unwatch(&mut self, shared: &Shared) {
        if !self.watch.is_empty() {
            shared.with_keyspace(|hold| {
                let now_ms = hold.now_ms;
                hold.end_watch(&mut self.watch, now_ms);
            });
        }
    }

    /// Makes the client *reachable* for one of the reasons in [`reach`]: from now on other threads
    /// may put messages into its outbox. Must be called before the client is added to any list.
    /// Messages follow the replies of the batch that is being executed.
    pub fn reach(&mut self, reason: u8) {
        self.reach |= reason;
        self.begin_to_speak();
    }

    /// Removes a reason to be reachable. Must be called after the client was removed from the list.
    /// Earlier messages are in `reply` afterwards, before anything that is written next; unless
    /// that is a part of EXEC's reply, which has to stay in one piece.
    pub fn unreach(&mut self, reason: u8, reply: &mut Reply) {
        if self.reach & reason != 0 {
            self.reach &= !reason;
            if !self.is_in_exec {
                self.client.outbox.take_later(reply);
            }
        }
    }

    /// Ends the reason that a request waits.
    pub fn end_wait(&mut self) {
        self.reach &= !reach::WAITING;
    }

    /// Whether a request that cannot be served must not wait: in a transaction or a script.
    pub fn denies_blocking(&self) -> bool {
        self.is_in_exec || self.is_in_script
    }

    /// Whether the client is reachable for a reason.
    pub fn is_reached(&self, reason: u8) -> bool {
        self.reach & reason != 0
    }

    /// Whether replies go through the outbox.
    pub fn has_outbox(&self) -> bool {
        self.has_outbox
    }

    /// Whether messages of other threads wait for the end of the worker's batch.
    pub fn is_speaking(&self) -> bool {
        self.is_speaking
    }

    /// Opens the outbox if it is not open, and makes messages of other threads wait.
    pub fn begin_to_speak(&mut self) {
        if !self.is_speaking {
            (self.has_outbox, self.is_speaking) = (true, true);
            self.client.outbox.begin();
        }
    }

    /// Queues `replies` after `fence`, followed by the messages that have waited. Returns whether
    /// the outbox has to be delivered.
    #[must_use]
    pub fn end_to_speak(&mut self, replies: Option<Box<Reply>>, fence: Option<Fence>) -> bool {
        self.is_speaking = false;
        self.client.outbox.end(replies, fence)
    }

    /// Closes the outbox if it is empty and there is no other reason to keep it open.
    pub fn close_outbox_if_idle(&mut self) {
        if self.reach == 0 && self.has_outbox {
            self.has_outbox = !self.client.outbox.close_if_empty();
        }
    }

    /// MONITOR.
    pub fn start_monitoring(&mut self, services: &Services) {
        if !self.is_reached(reach::MONITOR) {
            self.reach(reach::MONITOR);
            self.client.outbox.set_class(OutputClass::Monitor);
            self.client.is_monitor.store(true, Relaxed);
            services.monitors.join(&self.client);
        }
    }

    /// Ends MONITOR, if it is in force.
    pub fn stop_monitoring(&mut self, services: &Services, reply: &mut Reply) {
        if self.is_reached(reach::MONITOR) {
            services.monitors.leave(self.client.id);
            self.unreach(reach::MONITOR, reply);
            self.client.outbox.set_class(OutputClass::Normal);
            self.client.is_monitor.store(false, Relaxed);
        }
    }

    /// Whether lookups do not record a use.
    pub fn no_touch(&self) -> bool {
        self.no_touch
    }

    /// CLIENT NO-TOUCH.
    pub fn set_no_touch(&mut self, no_touch: bool) {
        self.no_touch = no_touch;
        self.client.no_touch.store(no_touch, Relaxed);
    }
}
