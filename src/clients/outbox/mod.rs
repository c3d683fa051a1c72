//! The outbox of a client: everything that waits to be sent to it.
//!
//! A worker reads from its client. Messages of other threads for that client go into its outbox,
//! and so do the client's own replies that it does not accept at once. The thread that has put
//! something in announces the client to the courier, which sends it; see
//! [`crate::clients::courier`].
//!
//! # Two speakers, one at a time
//! ```text
//!            begin                     end
//! owner   ─────┤ executes, replies ├─────┤ replies ─► queue, then `later` ─► queue
//! others       put ─► later                put ─► queue ─► courier
//! ```
//! While the owner speaks (from the first request of a batch until all its replies are queued or
//! sent), messages of other threads wait in `later`. So a message never interrupts a reply, nor
//! precedes a reply that it must follow: the confirmation of SUBSCRIBE comes before the first
//! message, and the value of a GET before the invalidation of its key.
//!
//! # Invariants
//! - At most one thread sends to a client at any moment (`is_being_sent`, or the owner of a closed
//!   outbox). It holds no lock meanwhile, and it never waits for the client.
//! - An outbox that is not open accepts nothing: its owner sends by itself, without this lock.
//! - Nothing after a [`Fence`] leaves before the log is safe there. That is group commit for
//!   replies: the worker reads again while one sync serves many clients.
//! - Memory is bounded by [`OutputLimits`]; a client that exceeds them is cut off.

mod delivery;
mod item;

pub use delivery::Delivery;
pub use item::{Fence, send_now};

use crate::clients::output_limit::{OutputClass, OutputLimits};
use crate::limits;
use crate::resp::Reply;
use item::Item;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// Whether the log is safe up to an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// The log is safe.
    Safe,
    /// Not yet.
    Pending,
    /// It will not become safe: the disk fails.
    Lost,
}

/// The reason why a client is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// So many bytes waited, more than its limit.
    Limit(usize),
    /// Its changes cannot be logged.
    Unlogged,
    /// The connection is broken.
    Broken,
    /// Clients take too much memory.
    Evicted,
}

/// Figures for CLIENT LIST.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Bytes that wait.
    pub bytes: usize,
    /// Messages and pieces of replies that wait.
    pub items: usize,
    /// Bytes of memory for them.
    pub held_bytes: usize,
}

/// Messages and replies that wait to be sent to one client.
#[derive(Debug, Default)]
pub struct Outbox {
    state: Mutex<State>,
    /// Bytes were sent, or the client was cut off.
    progress: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Items to send, the oldest first.
    queue: VecDeque<Item>,
    /// Messages of other threads while the owner speaks.
    later: VecDeque<Item>,
    /// Bytes of the first message of the queue that were sent already.
    front_sent: usize,
    /// Bytes of all items, including those being sent.
    bytes: usize,
    /// Bytes of messages among them.
    message_bytes: usize,
    /// Bytes sent from this outbox since the beginning.
    sent: u64,
    is_open: bool,
    is_owner_speaking: bool,
    /// Whether a thread is sending; its items have been taken out of the queue.
    is_being_sent: bool,
    /// Whether the client was announced to the courier, or waits there for its socket.
    is_announced: bool,
    class: OutputClass,
    /// Since when more than the soft limit waits, in steady seconds, and that limit.
    over_soft: Option<(u64, u64)>,
    cut: Option<Cut>,
    /// Whether the closing of a client that was cut off has been requested.
    is_cut_announced: bool,
}

impl State {
    fn cut(&mut self, cut: Cut) {
        self.cut.get_or_insert(cut);
        (self.queue, self.later) = (VecDeque::new(), VecDeque::new());
        (self.bytes, self.message_bytes, self.front_sent) = (0, 0, 0);
    }

    /// Queues replies, in one item with those before them if possible: many small ones must not
    /// take many times their length.
    fn queue_replies(&mut self, replies: Option<Box<Reply>>, fence: Option<Fence>) {
        if let Some(fence) = fence {
            let has_many = self.queue.len() >= limits::FENCES_MAX;
            match self.queue.iter_mut().rev().nth(1) {
                // A few fences wait one by one, each for its sync; further ones wait together.
                Some(Item::Fence(last)) if has_many => {
                    last.offset = last.offset.max(fence.offset);
                    last.has_written |= fence.has_written;
                }
                _ => self.queue.push_back(Item::Fence(fence)),
            }
        }
        match (self.queue.back_mut(), replies) {
            (_, None) => {}
            (Some(Item::Replies(last)), Some(replies))
                if last.len() < limits::OUTPUT_FLUSH_BYTES =>
            {
                last.append(*replies);
            }
            (_, Some(replies)) => self.queue.push_back(Item::Replies(replies)),
        }
    }

    /// Whether delivery has to be requested.
    fn announce(&mut self) -> bool {
        if self.cut.is_some() {
            // Even if the courier waits for its socket, which may stay full for ever.
            return !std::mem::replace(&mut self.is_cut_announced, true);
        }
        let is_free = !self.is_owner_speaking && !self.is_being_sent && !self.is_announced;
        let has_to = is_free && !self.queue.is_empty();
        self.is_announced |= has_to;
        has_to
    }

    /// Cuts the client off if more waits for it than `limits` allow.
    fn enforce(&mut self, limits: &OutputLimits, now_seconds: u64) {
        let limit = limits.of(self.class);
        let is_over = |max: u64| max > 0 && self.bytes as u64 > max;
        let is_over_soft = is_over(limit.soft_bytes);
        let since = self.over_soft.filter(|_| is_over_soft).map_or(now_seconds, |(since, _)| since);
        let is_slow = is_over_soft
            && limit.soft_seconds > 0
            && now_seconds.saturating_sub(since) >= limit.soft_seconds;
        let is_flooded = self.message_bytes > OutputLimits::message_bytes_max(self.class);
        self.over_soft = is_over_soft.then_some((since, limit.soft_bytes));
        if is_over(limit.hard_bytes) || is_slow || is_flooded {
            self.cut(Cut::Limit(self.bytes));
        }
    }
}

impl Outbox {
    /// Opens the outbox: from now on other threads may put messages in, and the owner sends through
    /// it, too. The owner speaks until [`Outbox::end`]. Only the client's own worker may call it.
    pub fn begin(&self) {
        let mut state = self.state.lock();
        (state.is_open, state.is_owner_speaking) = (true, true);
    }

    /// The owner has finished: `replies` are queued after `fence`, followed by the messages of
    /// other threads. Returns whether the outbox has to be delivered.
    #[must_use]
    pub fn end(&self, replies: Option<Box<Reply>>, fence: Option<Fence>) -> bool {
        let mut state = self.state.lock();
        if state.cut.is_none() {
            state.bytes += replies.as_ref().map_or(0, |replies| replies.len());
            state.queue_replies(replies, fence);
            let mut later = std::mem::take(&mut state.later);
            state.queue.append(&mut later);
        }
        state.is_owner_speaking = false;
        state.announce()
    }

    /// Closes the outbox if it is empty, so that the owner can send by itself again. The owner must
    /// have been removed from all lists by which other threads find it.
    pub fn close_if_empty(&self) -> bool {
        let mut state = self.state.lock();
        let is_idle = state.bytes == 0 && state.queue.is_empty() && state.later.is_empty();
        if is_idle && !state.is_being_sent && state.cut.is_none() {
            state.is_open = false;
        }
        !state.is_open
    }

    /// The connection has ended: nothing is sent or accepted any more.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.cut(Cut::Broken);
        state.is_open = false;
        self.progress.notify_all();
    }

    /// Puts a message in, unless the outbox is not open, and returns whether the outbox has to be
    /// delivered. The owner's own thread may do so as well while it speaks.
    #[must_use]
    pub fn put(&self, message: &Arc<[u8]>, limits: &OutputLimits, now_seconds: u64) -> bool {
        let mut state = self.state.lock();
        if !state.is_open || state.cut.is_some() {
            return false;
        }
        state.bytes += message.len();
        state.message_bytes += message.len();
        let State { is_owner_speaking, later, queue, .. } = &mut *state;
        let queue = if *is_owner_speaking { later } else { queue };
        if !queue.back_mut().is_some_and(|last| last.join(message)) {
            queue.push_back(Item::Message(Arc::clone(message)));
        }
        state.enforce(limits, now_seconds);
        state.announce()
    }

    /// Puts replies in on behalf of the owner, which waits for them: after `fence`, and before
    /// later messages. `is_waiting` is cleared when they are in. Returns whether the outbox has to
    /// be delivered.
    #[must_use]
    pub fn put_replies(
        &self,
        replies: Reply,
        fence: Option<Fence>,
        is_waiting: &AtomicBool,
    ) -> bool {
        let mut state = self.state.lock();
        is_waiting.store(false, Relaxed);
        if !state.is_open || state.cut.is_some() {
            return false;
        }
        state.bytes += replies.len();
        let items = fence.map(Item::Fence).into_iter().chain([Item::Replies(Box::new(replies))]);
        if state.is_owner_speaking { &mut state.later } else { &mut state.queue }.extend(items);
        // The owner may wait here for it, if it cannot listen to its client.
        self.progress.notify_all();
        state.announce()
    }

    /// Moves messages that arrived while the owner spoke into `reply`, before its next words. For a
    /// command after which no more of them may come.
    pub fn take_later(&self, reply: &mut Reply) {
        let mut state = self.state.lock();
        for item in std::mem::take(&mut state.later) {
            state.bytes -= item.len();
            match item {
                Item::Message(bytes) => {
                    state.message_bytes -= bytes.len();
                    reply.message(&bytes);
                }
                Item::Messages(bytes) => {
                    state.message_bytes -= bytes.len();
                    reply.message(&bytes);
                }
                // Other threads put no replies in while the owner speaks.
                Item::Replies(replies) => reply.message(&replies.to_bytes()),
                Item::Fence(_) => {}
            }
        }
    }

    /// Sets the class of the limit.
    pub fn set_class(&self, class: OutputClass) {
        self.state.lock().class = class;
    }

    /// The class of the limit.
    pub fn class(&self) -> OutputClass {
        self.state.lock().class
    }

    /// Cuts the client off. Its connection has to be closed.
    pub fn cut_off(&self, cut: Cut) {
        self.state.lock().cut(cut);
        self.progress.notify_all();
    }

    /// The reason why the client was cut off, if it was.
    pub fn cut(&self) -> Option<Cut> {
        self.state.lock().cut
    }

    /// Cuts the client off if it has exceeded its soft limit for too long, and returns whether the
    /// outbox has to be delivered for that.
    #[must_use]
    pub fn look(&self, limits: &OutputLimits, now_seconds: u64) -> bool {
        let mut state = self.state.lock();
        if state.bytes == 0 || state.cut.is_some() {
            return false;
        }
        state.enforce(limits, now_seconds);
        state.cut.is_some() && state.announce()
    }

    /// The present content in figures.
    pub fn waiting(&self) -> Waiting {
        let state = self.state.lock();
        let items = state.queue.len() + state.later.len();
        let held: usize = state.queue.iter().chain(&state.later).map(Item::held_bytes).sum();
        let slots = state.queue.capacity() + state.later.capacity();
        Waiting { bytes: state.bytes, items, held_bytes: held + slots * size_of::<Item>() }
    }

    /// Waits until at most `bytes` wait; false if that does not happen: the client was cut off,
    /// `is_over` returns true, or the client has not read a byte for `patience_ms`. Only for the
    /// client's own worker, when it does not speak.
    pub fn wait_for_room(
        &self,
        bytes: usize,
        patience_ms: u64,
        is_over: impl Fn() -> bool,
    ) -> bool {
        let mut state = self.state.lock();
        let mut sent = state.sent;
        while state.bytes > bytes || bytes == 0 && !state.queue.is_empty() {
            if state.cut.is_some() || is_over() {
                return false;
            }
            let patience = Duration::from_millis(patience_ms);
            let waited = self.progress.wait_for(&mut state, patience);
            if waited.timed_out() && state.sent == sent {
                return false;
            }
            sent = state.sent;
        }
        state.cut.is_none()
    }

    /// Waits until `is_over` says that the wait is over, or for `wait_ms`. Only for the client's
    /// own worker, while its request waits.
    pub fn wait_for_reply(&self, wait_ms: u64, is_over: impl Fn() -> bool) {
        let mut state = self.state.lock();
        if !is_over() {
            self.progress.wait_for(&mut state, Duration::from_millis(wait_ms));
        }
    }

    /// Makes the owner check whether it still has to wait.
    pub fn wake(&self) {
        drop(self.state.lock());
        self.progress.notify_all();
    }
}

#[cfg(test)]
mod tests;
