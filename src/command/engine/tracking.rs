//! A session's part in client-side caching: its settings, and the keys that it reads.
//!
//! It stands in the engine because every reading command, CLIENT TRACKING, RESET and the end of a
//! connection all need it.

use crate::clients::tracking::{Tracked, Tracker, state};
use crate::command::engine::session::{Session, reach};
use crate::command::engine::table;
use crate::command::engine::{Args, Command, CommandId, Context, flag};
use crate::resp::Reply;
use crate::shared::Services;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

impl Session {
    /// Tracks keys for the client from now on, or changes how. The keyspace must be locked.
    pub fn track(&mut self, services: &Services, tracked: Tracked) {
        self.reach(reach::TRACKING);
        let tracker = Tracker {
            client: Arc::clone(&self.client),
            is_bcast: tracked.is_bcast,
            is_noloop: tracked.is_noloop,
            redirect: tracked.redirect.clone(),
        };
        let bcast = if tracked.is_bcast { state::BCAST } else { 0 };
        self.client.tracking.store(state::ON | bcast, Relaxed);
        let redirect = tracked.redirect.as_ref().map_or(0, |(id, _)| *id as i64);
        self.client.redirect.store(redirect, Relaxed);
        services.tracking.join(tracker, tracked.prefixes.iter());
        self.tracking = Some(Box::new(tracked));
    }

    /// Tracks no keys any more. Invalidations that were sent before stand in `reply` afterwards.
    pub fn stop_tracking(&mut self, services: &Services, reply: &mut Reply) {
        if let Some(tracked) = self.tracking.take() {
            services.tracking.leave(self.client.id, tracked.prefixes.iter());
            self.client.tracking.store(0, Relaxed);
            self.client.redirect.store(-1, Relaxed);
            self.unreach(reach::TRACKING, reply);
        }
    }

    /// Ends the exception that CLIENT CACHING has made for one command, or for one transaction: a
    /// command was executed.
    pub(crate) fn end_choice(&mut self, id: CommandId) {
        if let Some(tracked) = self.tracking.as_mut().filter(|_| self.transaction.is_none()) {
            let keeps = |container| table::command(container).has(flag::KEEPS_CACHING);
            tracked.is_exception &= table::row(id).container.is_some_and(keeps);
        }
    }
}

/// Remembers the keys of a reading command if they are tracked. The keyspace must be locked.
pub(crate) fn remember(context: &mut Context<'_>, command: &Command, args: Args<'_>) {
    let session = &mut *context.session;
    if session.tracking.as_ref().is_some_and(|tracked| tracked.remembers()) {
        let services = context.shared;
        let keys_max = services.config().tracking_table_max_keys;
        let keys = command.keys.of(args).map(|at| args.at(at));
        let (id, mail) = (session.client.id, &mut session.aftermath.mail);
        services.tracking.remember(&services.clients, id, keys, keys_max, mail);
    }
}
