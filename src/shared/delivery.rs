//! Sending the content of outboxes.
//!
//! The courier sends most of it. A thread with a message for a single client sends it itself: that
//! avoids waking another thread, and takes 20 µs from one client to another instead of 35.
//!
//! Other ways were measured (`make bench`, thousands of deliveries per second, four publishers on
//! two busy cores; Redis 7.0 had 400 and 55 at the same time):
//!
//! | way | 100 subscribers, P=1 | 1 subscriber, P=1 |
//! |---|---|---|
//! | as it is | 2 860 | 59 |
//! | the courier sends everything | 3 350 | 38 (by the ratio to Redis) |
//! | a publisher sends to up to 100 clients itself | 81–970 | 42 |
//! | a publisher sends to one client unless it did so in the last 100 µs | 3 080 | 45 |
//!
//! A publisher that sends to many sends each message by itself, while the courier finds several
//! messages in each outbox and sends them with one system call.

use crate::aof::Unwritten;
use crate::clients::Client;
use crate::clients::courier::Mail;
use crate::clients::outbox::{Delivery, Fence, Safety};
use crate::resp::Reply;
use crate::shared::{Services, Stats};
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

impl Services {
    /// Delivers the outboxes of the clients in `mail`. No lock may be held.
    pub fn post(&self, mail: &mut Mail) {
        if mail.is_empty() {
            return;
        }
        let clients = mail.take();
        match &clients[..] {
            [client] => self.deliver_or_announce(client),
            _ => self.clients.courier.announce(clients),
        }
    }

    /// Sends as much as possible at once, and leaves the rest to the courier.
    pub fn deliver_or_announce(&self, client: &Arc<Client>) {
        if matches!(self.deliver(client), Delivery::Full | Delivery::More) {
            self.clients.courier.announce([Arc::clone(client)]);
        }
    }

    /// Sends as much as possible at once. The caller is responsible for the rest.
    pub fn deliver(&self, client: &Client) -> Delivery {
        let Some(stream) = client.stream.as_deref() else { return Delivery::Done };
        let progress = |bytes| {
            Stats::add(&self.stats.writes, 1);
            Stats::add(&self.stats.output_bytes, bytes);
            client.active_at_ms.store(self.clock.steady_ms(), Relaxed);
        };
        let delivery = client.outbox.deliver(stream, |offset| self.safety(offset), progress);
        if let Delivery::CutOff(_) = delivery {
            // Its worker finds out the reason.
            client.kill();
            client.shut_down(Shutdown::Both);
        }
        delivery
    }

    /// Puts the replies to requests that have waited into their clients' outboxes, after a fence if
    /// the log has to be synced first.
    #[inline(never)]
    pub fn reply_to_waiters(&self, served: &mut Vec<(Arc<Client>, Reply)>, mail: &mut Mail) {
        let offset = self.aof.end();
        let has_to_sync = self.aof.is_on() && self.aof.has_to_sync(offset);
        let fence = has_to_sync.then_some(Fence { offset, has_written: true });
        for (client, reply) in served.drain(..) {
            if client.outbox.put_replies(reply, fence, &client.is_waiting) {
                mail.add(&client);
            }
            if has_to_sync {
                self.clients.courier.add_fenced(offset, client);
            }
        }
        if has_to_sync {
            self.aof.request_sync();
        }
    }

    fn safety(&self, offset: u64) -> Safety {
        match self.aof.is_safe_or_lost(offset) {
            Ok(true) => Safety::Safe,
            Ok(false) => Safety::Pending,
            Err(Unwritten) => Safety::Lost,
        }
    }

    /// Writes and syncs the log, and sends the replies that waited for that.
    pub fn sync_log(&self) {
        self.aof.sync();
        self.deliver_fenced(false);
    }

    /// Writes and syncs the rest of the log, and stops logging.
    pub fn finish_log(&self) {
        self.aof.finish();
        self.deliver_fenced(true);
    }

    fn deliver_fenced(&self, is_last: bool) {
        for waiting in self.clients.waiting.take_synced(self.aof.synced()) {
            let mut reply = waiting.empty_reply();
            reply.array(2);
            reply.integer(1);
            reply.integer(0);
            let client = &waiting.client;
            if waiting.is_silent {
                waiting.end_without_reply();
            } else if client.outbox.put_replies(reply, None, &client.is_waiting) {
                self.deliver_or_announce(client);
            }
        }
        let is_pending = |offset| self.safety(offset) == Safety::Pending;
        let clients = self.clients.courier.take_fenced(is_pending);
        match &clients[..] {
            // The courier sends while this thread syncs what has been written meanwhile.
            [_, _, ..] if !is_last => self.clients.courier.announce(clients),
            _ => clients.iter().for_each(|client| self.deliver_or_announce(client)),
        }
    }
}
