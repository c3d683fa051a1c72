//! Sending the content of an outbox, as far as possible at once.

use super::item::{Item, advance, send_items};
use super::{Cut, Outbox, Safety, State};
use crate::limits;
use parking_lot::MutexGuard;
use rustix::io::Errno;
use std::collections::VecDeque;
use std::net::TcpStream;

/// The result of an attempt to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Everything was sent, or another thread sends the rest.
    Done,
    /// The socket is full: the courier has to wait for it.
    Full,
    /// The rest waits until the log is safe.
    Fenced,
    /// There is more, but other clients may have waited long enough.
    More,
    /// The client has to be closed.
    CutOff(Cut),
}

impl Outbox {
    /// Sends as much as possible at once, with no lock held; `safety` returns the state of the log
    /// at an offset. `progress` gets the number of bytes sent.
    pub fn deliver(
        &self,
        stream: &TcpStream,
        safety: impl Fn(u64) -> Safety,
        mut progress: impl FnMut(usize),
    ) -> Delivery {
        let mut state = self.state.lock();
        state.is_announced = false;
        for _ in 0..limits::DELIVERY_ROUNDS_MAX {
            if let Some(cut) = state.cut {
                return Delivery::CutOff(cut);
            }
            if state.is_owner_speaking || state.is_being_sent {
                return Delivery::Done;
            }
            let fence = match Self::pass_fences(&mut state, &safety) {
                Some(Safety::Lost) => {
                    state.cut(Cut::Unlogged);
                    continue;
                }
                fence => fence,
            };
            let mut items = Self::take_front(&mut state);
            if items.is_empty() {
                return if fence.is_some() { Delivery::Fenced } else { Delivery::Done };
            }
            let front_sent = std::mem::take(&mut state.front_sent);
            state.is_being_sent = true;
            let sent = MutexGuard::unlocked(&mut state, || {
                let sent = send_items(stream, &items, front_sent);
                if let Ok(bytes) = sent {
                    progress(bytes);
                }
                sent
            });
            state.is_being_sent = false;
            let bytes = match sent {
                Ok(bytes) => bytes,
                Err(Errno::AGAIN | Errno::INTR) => 0,
                Err(_) => {
                    state.cut(Cut::Broken);
                    continue;
                }
            };
            let (front_sent, gone) = advance(&mut items, front_sent, bytes);
            if state.cut.is_none() {
                items.append(&mut state.queue);
                (state.queue, state.front_sent) = (items, front_sent);
                state.bytes -= bytes;
                state.message_bytes -= gone;
                state.sent += bytes as u64;
                let waiting = state.bytes as u64;
                state.over_soft = state.over_soft.filter(|(_, soft_bytes)| waiting > *soft_bytes);
            }
            self.progress.notify_all();
            if sent == Err(Errno::AGAIN) && state.cut.is_none() {
                // An owner that speaks requests delivery when it has finished.
                state.is_announced = !state.is_owner_speaking;
                return if state.is_announced { Delivery::Full } else { Delivery::Done };
            }
        }
        match state.announce() {
            true => Delivery::More,
            false => Delivery::Done,
        }
    }

    /// Removes the fences at the front that are safe or lost, and returns the state of the next
    /// one.
    fn pass_fences(state: &mut State, safety: &impl Fn(u64) -> Safety) -> Option<Safety> {
        while let Some(Item::Fence(fence)) = state.queue.front() {
            match safety(fence.offset) {
                Safety::Safe => {}
                Safety::Lost if !fence.has_written => {}
                other => return Some(other),
            }
            state.queue.pop_front();
        }
        None
    }

    /// Takes everything before the next fence.
    fn take_front(state: &mut State) -> VecDeque<Item> {
        let fence = state.queue.iter().position(|item| matches!(item, Item::Fence(_)));
        match fence {
            None => std::mem::take(&mut state.queue),
            Some(at) => {
                let rest = state.queue.split_off(at);
                std::mem::replace(&mut state.queue, rest)
            }
        }
    }
}
