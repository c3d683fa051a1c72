//! A session's part in publish and subscribe: what it has subscribed to, and how it leaves.
//!
//! It stands in the engine because SUBSCRIBE, RESET and the end of a connection all need it.

use crate::clients::channels::{KINDS, Kind, Name};
use crate::clients::output_limit::OutputClass;
use crate::command::engine::session::{Session, reach};
use crate::command::engine::table::Row;
use crate::command::engine::{CommandError, Outcome, flag};
use crate::resp::Reply;
use crate::shared::Services;
use std::sync::atomic::Ordering::Relaxed;

impl Session {
    /// Subscribes to a name, unless the client has done so already. It is reachable from now on;
    /// what is published for it leaves behind the replies of the batch that is being executed, so
    /// the confirmation comes first.
    pub fn subscribe(&mut self, services: &Services, kind: Kind, name: &[u8]) {
        self.reach(reach::CHANNELS);
        let subscriptions = self.subscriptions.get_or_insert_default();
        if subscriptions.is_empty() {
            self.client.outbox.set_class(OutputClass::Pubsub);
        }
        if !subscriptions.of(kind).contains(name) {
            let name = services.channels.join(kind, name, &self.client);
            subscriptions.of_mut(kind).insert(name);
            self.show_subscriptions(kind);
        }
    }

    /// Ends a subscription, if there is one. Messages that were published before stand in `reply`
    /// afterwards, in front of the confirmation that is written next. Within EXEC they have to
    /// wait for the end of its reply.
    pub fn unsubscribe(&mut self, services: &Services, kind: Kind, name: &[u8], reply: &mut Reply) {
        let Some(subscriptions) = &mut self.subscriptions else { return };
        // The last one takes the removed one's place: nothing else moves.
        if !subscriptions.of_mut(kind).swap_remove(name) {
            return;
        }
        let is_last = subscriptions.is_empty();
        services.channels.leave(kind, name, self.client.id);
        self.show_subscriptions(kind);
        if is_last {
            self.subscriptions = None;
            services.tracking.settle();
            self.unreach(reach::CHANNELS, reply);
            let is_monitor = self.is_reached(reach::MONITOR);
            let class = if is_monitor { OutputClass::Monitor } else { OutputClass::Normal };
            self.client.outbox.set_class(class);
        } else if !self.is_in_exec {
            self.client.outbox.take_later(reply);
        }
    }

    /// Ends all subscriptions without a word: RESET, and the end of the connection.
    pub fn unsubscribe_all(&mut self, services: &Services, reply: &mut Reply) {
        for kind in KINDS {
            for name in self.subscribed(kind) {
                self.unsubscribe(services, kind, &name, reply);
            }
        }
    }

    /// What it has subscribed to, in the order of the subscriptions.
    pub fn subscribed(&self, kind: Kind) -> Vec<Name> {
        let subscriptions = self.subscriptions.as_ref();
        subscriptions.map_or(Vec::new(), |all| all.of(kind).iter().cloned().collect())
    }

    /// How many subscriptions of one kind it has.
    pub fn subscription_count(&self, kind: Kind) -> usize {
        self.subscriptions.as_ref().map_or(0, |all| all.of(kind).len())
    }

    /// Whether the client gets messages in RESP2: then it cannot tell a reply from a message, and
    /// may only change its subscriptions.
    pub fn is_in_subscribed_mode(&self) -> bool {
        self.is_reached(reach::CHANNELS) && self.client.resp.load(Relaxed) == 2
    }

    /// Refuses a command that the client cannot use as long as replies and messages look alike.
    ///
    /// # Errors
    /// In Redis's words.
    pub(crate) fn admit_while_subscribed(&self, row: &Row) -> Outcome {
        if !self.is_in_subscribed_mode() || row.command.has(flag::WHEN_SUBSCRIBED) {
            return Ok(());
        }
        let context = "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are \
                       allowed in this context";
        Err(CommandError::quoting("ERR Can't execute '", row.full_name().as_bytes(), context))
    }

    fn show_subscriptions(&self, kind: Kind) {
        self.client.subscriptions[kind as usize].store(self.subscription_count(kind), Relaxed);
    }
}
