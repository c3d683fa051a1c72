//! Requests that wait: for a key, or for the end of a pause.
//!
//! A worker whose request waits for a key goes back to listening, with the time that is left as
//! the read timeout. The client that makes the key ready serves it in its absence; what the worker
//! hears next is the next request, the end of the stream, or nothing until the time is over. If the
//! client has said more already (it pipelines), its worker cannot listen, since it must not read
//! on: it waits on a condition variable, and looks now and then whether the client is there.

use super::{Connection, is_timeout};
use crate::clients::end::End;
use crate::clients::waiting::Waiting;
use crate::command::engine::session::Blocked;
use crate::command::engine::waiting;
use crate::limits;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// What a worker hears while its client's request waits.
enum Heard {
    Nothing,
    /// The client has said more.
    More,
    End,
}

impl Connection<'_> {
    /// Waits until somebody has served the request, or its time is over; `has_more` says whether
    /// the client has said more already.
    #[inline(never)]
    pub(super) fn wait_until_served(
        &mut self,
        blocked: Blocked,
        mut has_more: bool,
    ) -> Result<(), End> {
        self.speak()?;
        let client = Arc::clone(&self.session.client);
        while client.is_waiting.load(Relaxed) {
            let now_ms = self.shared.clock.steady_ms();
            let left_ms = blocked.deadline_ms.map(|deadline_ms| deadline_ms.saturating_sub(now_ms));
            if left_ms == Some(0) {
                if let Some(waiting) = self.forget_wait() {
                    if !waiting.is_silent {
                        (waiting.give_up)(&mut self.reply);
                    }
                    break;
                }
                // Another thread has served it just now, and is about to put the reply in.
                client.outbox.wait_for_reply(1, || !client.is_waiting.load(Relaxed));
                continue;
            }
            let wait_ms = left_ms.map(|ms| self.shared.clock.real_wait_ms(ms));
            match self.listen_while_waiting(wait_ms, has_more)? {
                Heard::Nothing => {}
                Heard::More => has_more = true,
                Heard::End => {
                    self.check_end()?;
                    return Err(End::HungUp);
                }
            }
        }
        self.session.end_wait();
        self.mark_active();
        self.check_end()
    }

    /// Ends the wait of the client's request, if it still waits.
    pub(super) fn forget_wait(&mut self) -> Option<Waiting> {
        let (shared, client) = (self.shared, &self.session.client);
        if !client.is_waiting.load(Relaxed) {
            return None;
        }
        let waiting = shared.with_keyspace(|hold| waiting::end(shared, hold, client));
        if waiting.is_some() {
            client.is_waiting.store(false, Relaxed);
        }
        waiting
    }

    /// Listens to a client whose request waits, without reading.
    fn listen_while_waiting(&mut self, wait_ms: Option<u64>, has_more: bool) -> io::Result<Heard> {
        let client = Arc::clone(&self.session.client);
        if has_more {
            let wait_ms = wait_ms.unwrap_or(u64::MAX).min(limits::PAUSE_LOOK_MS);
            let is_over = || !client.is_waiting.load(Relaxed) || client.is_killed();
            client.outbox.wait_for_reply(wait_ms, is_over);
            let is_gone = client.is_killed() || !is_over() && client.is_gone();
            return Ok(if is_gone { Heard::End } else { Heard::Nothing });
        }
        self.wait_at_most(wait_ms.unwrap_or(0))?;
        match self.stream.peek(&mut [0]) {
            Ok(0) => Ok(Heard::End),
            Ok(_) => Ok(Heard::More),
            Err(error) if is_timeout(&error) => Ok(Heard::Nothing),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Heard::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Whether the client has said more than the first `executed` requests of the batch.
    pub(super) fn has_more(&self, executed: usize) -> bool {
        let taken = match self.assembler.is_complete() {
            true => 0,
            false => self.batch.bytes_of(executed),
        };
        executed < self.batch.len() || self.input.buffer().len() > taken
    }

    /// Waits for the end of a pause, replies so far sent. A client that hangs up meanwhile counts
    /// as killed.
    #[inline(never)]
    pub(super) fn wait_for_pause(&mut self, is_write: bool) -> Result<(), End> {
        self.speak()?;
        let client = &self.session.client;
        client.is_waiting.store(true, Relaxed);
        let is_over = || client.is_killed() || self.shared.is_stopping();
        let pause = &self.shared.clients.pause;
        pause.wait(&self.shared.clock, is_write, is_over, || client.is_gone());
        self.mark_active();
        client.is_waiting.store(false, Relaxed);
        self.check_end()
    }
}
