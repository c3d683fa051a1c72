//! A hold of the keyspace lock, with a visible end.
//!
//! ```text
//! lock_keyspace ─► execute … ─► finish                        ─► settle            ─► post
//!                               changes to the log's queue       before-images        messages
//!                               key events                       slow-log entries
//!                               replies to served waiters        lines for MONITOR
//!                               (unlock)                         killed clients
//!                                                                garbage
//! ```
//! [`Hold::finish`] does what needs the lock and releases it; the rest is left in an [`Aftermath`],
//! because it may take long, wait, or need other locks. Nothing happens in a destructor.

use crate::aof::{Pending, Records};
use crate::keyspace::Keyspace;
use crate::limits;
use crate::shared::{Aftermath, Services};
use parking_lot::MutexGuard;
use std::ops::{Deref, DerefMut};

/// The data that the keyspace lock protects, and the changes that are not in the log's queue yet.
pub(super) struct Guarded {
    keyspace: Keyspace,
    log: Pending,
}

impl Guarded {
    pub(super) fn new(keyspace: Keyspace) -> Guarded {
        Guarded { keyspace, log: Pending::default() }
    }

    /// Whether something remains to be done when the lock is released.
    #[cfg(debug_assertions)]
    fn has_aftermath(&self) -> bool {
        !self.log.is_empty()
            || self.keyspace.propagation.has_removals()
            || !self.keyspace.events.is_empty()
            || !self.keyspace.invalidations.is_empty()
            || !self.keyspace.garbage.is_empty()
    }
}

/// The keyspace, while it is locked.
pub struct Hold<'a> {
    /// Unix milliseconds at the beginning.
    pub now_ms: u64,
    /// Steady nanoseconds at the beginning.
    pub since_ns: u64,
    services: &'a Services,
    /// `Some` until the end.
    guard: Option<MutexGuard<'a, Guarded>>,
}

impl<'a> Hold<'a> {
    pub(super) fn begin(guard: MutexGuard<'a, Guarded>, services: &'a Services) -> Hold<'a> {
        Hold {
            now_ms: services.clock.unix_ms(),
            since_ns: services.clock.steady_ns(),
            services,
            guard: Some(guard),
        }
    }

    /// The keyspace, and the log of its changes.
    pub fn split(&mut self) -> (&mut Keyspace, &mut Pending) {
        let guarded: &mut Guarded = self.guard.as_mut().expect("the guard is taken at the end");
        (&mut guarded.keyspace, &mut guarded.log)
    }

    /// Does everything that must be done under the lock, in this order, and releases it. The rest
    /// is added to `after`.
    #[inline(never)]
    pub fn finish(mut self, after: &mut Aftermath) {
        let services = self.services;
        let aof = &services.aof;
        let (keyspace, log) = self.split();
        // 1. Changes for the log, in the order of execution.
        log.removals(&mut keyspace.propagation);
        if !log.is_empty() {
            publish_changes(services, log.finished());
            after.log_end = aof.end();
        }
        // 2. Before-images for a snapshot that is being taken.
        if keyspace.has_snapshot() && keyspace.before_image_bytes() > limits::BEFORE_IMAGE_BYTES_MAX
        {
            aof.rewriter.announce_before_images();
            after.before_images.push(keyspace.take_before_images());
        }
        // 3. Messages about keys, unless the commands have sent theirs already.
        if !keyspace.events.is_empty() {
            let (channels, clients) = (&services.channels, &services.clients);
            channels.publish_events(clients, &mut keyspace.events, &mut after.mail);
        }
        if !keyspace.invalidations.is_empty() {
            let (tracking, invalid) = (&services.tracking, &mut keyspace.invalidations);
            tracking.publish(&services.clients, invalid, None, &mut after.mail);
        }
        // 4. Replies to clients that waited for a key, now that what they rest on is logged.
        if !after.served.is_empty() {
            services.reply_to_waiters(&mut after.served, &mut after.mail);
        }
        // 5. Garbage.
        after.garbage.append(&mut keyspace.garbage);
        drop(self.guard.take());
    }

    /// Ends a hold that served no client: [`Hold::finish`], and the aftermath at once.
    pub fn release(self) {
        let services = self.services;
        let mut after = Aftermath::default();
        self.finish(&mut after);
        after.settle(services);
        services.post(&mut after.mail);
    }
}

impl Deref for Hold<'_> {
    type Target = Keyspace;

    fn deref(&self) -> &Keyspace {
        &self.guard.as_ref().expect("the guard is taken at the end").keyspace
    }
}

impl DerefMut for Hold<'_> {
    fn deref_mut(&mut self) -> &mut Keyspace {
        self.split().0
    }
}

/// Gives the changes of a hold to those who follow the stream of changes, in the order of
/// execution: all changes pass here, as the requests that repeat them. Today the log is the only
/// subscriber. A replica would be the second one, behind a snapshot that
/// [`crate::snapshot::stream`] writes to its socket: its changes begin where the snapshot ends,
/// because both are decided under the keyspace lock. [`crate::keyspace::Propagation::is_on`] says
/// whether there is a subscriber at all.
fn publish_changes(services: &Services, changes: &mut Records) {
    services.aof.append(changes);
}

/// The destructor of a hold only releases the lock. A hold that changed something must be finished;
/// after a panic the next hold does that, because everything that remains is in the keyspace.
#[cfg(debug_assertions)]
impl Drop for Hold<'_> {
    fn drop(&mut self) {
        let is_left = self.guard.as_ref().is_some_and(|guard| guard.has_aftermath());
        assert!(!is_left || std::thread::panicking(), "a hold has to be finished");
    }
}
