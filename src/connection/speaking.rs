//! Sending replies.
//!
//! A worker sends an ordinary client's replies itself, with one system call. If the client does not
//! accept all of them at once, or if they have to wait for the disk, or if other threads may have
//! messages for the client, they go through its outbox; see [`crate::clients::outbox`].

use super::Connection;
use crate::aof::Unwritten;
use crate::clients::end::End;
use crate::clients::outbox::{Fence, send_now};
use crate::limits;
use crate::shared::Stats;
use std::sync::Arc;

impl Connection<'_> {
    /// Makes messages of other threads wait during the execution of requests. If too much waits for
    /// the client already, waits until it reads.
    pub(super) fn begin_to_speak(&mut self) -> Result<(), End> {
        if self.session.has_outbox() && !self.session.is_speaking() {
            self.wait_for_room(limits::OUTPUT_BYTES_MAX, limits::OUTPUT_STALL_MS)?;
            self.session.begin_to_speak();
        }
        Ok(())
    }

    /// Sends the replies so far, and the new content of other clients' outboxes, when the log is as
    /// safe as the policy promises.
    pub(super) fn speak(&mut self) -> Result<(), End> {
        let shared = self.shared;
        let rests_on = self.session.rests_on.offset;
        let fence = self.session.await_log(&shared.aof, !self.reply.is_empty());
        let fence = fence.map_err(|Unwritten| End::Unlogged)?;
        shared.post(&mut self.session.aftermath.mail);
        if self.session.trace.is_some() {
            self.trace_logged(rests_on);
        }
        if !self.session.has_outbox() && fence.is_none() {
            let sent = send_now(self.stream, &mut self.reply);
            let sent = sent.map_err(|error| End::Broken(error.into()))?;
            Stats::add(&shared.stats.writes, 1);
            Stats::add(&shared.stats.output_bytes, sent);
            if self.reply.is_empty() {
                if self.session.trace.is_some() {
                    self.end_trace("write", sent);
                }
                return Ok(());
            }
        }
        let bytes = self.reply.len();
        self.speak_through_outbox(fence);
        if self.session.trace.is_some() {
            self.end_trace("outbox", bytes);
        }
        Ok(())
    }

    /// Puts the replies into the outbox, and sends as much as possible at once.
    // Not inlined, to keep its variables off the stack of workers that wait for their clients.
    #[inline(never)]
    fn speak_through_outbox(&mut self, fence: Option<Fence>) {
        let (shared, client) = (self.shared, Arc::clone(&self.session.client));
        self.session.begin_to_speak();
        let replies = (!self.reply.is_empty()).then(|| Box::new(self.reply.take()));
        let has_work = self.session.end_to_speak(replies, fence);
        if let Some(fence) = fence {
            shared.clients.courier.add_fenced(fence.offset, Arc::clone(&client));
            shared.aof.request_sync();
        } else if has_work {
            shared.deliver_or_announce(&client);
        }
        self.session.close_outbox_if_idle();
    }

    /// Waits until at most `bytes` wait for the client.
    pub(super) fn wait_for_room(&self, bytes: usize, patience_ms: u64) -> Result<(), End> {
        let client = &self.session.client;
        if client.outbox.wait_for_room(bytes, patience_ms, || client.is_killed()) {
            return Ok(());
        }
        match client.is_killed() || client.outbox.cut().is_some() {
            true => Err(self.reason_of_death()),
            false => Err(End::NotReading(client.outbox.waiting().bytes)),
        }
    }
}
