//! CLIENT PAUSE: a time in which requests wait.
//!
//! A worker whose request has to wait does so on a condition variable, with no other lock held and
//! its earlier replies sent. It is woken when the pause ends or changes, when its client is killed
//! and when the server stops. Now and then it checks whether its client is still connected, because
//! a client that gives up and connects again would take another worker each time. The housekeeper
//! ends a pause that is over, too, because a manual clock wakes no thread.

use crate::clock::Clock;
use crate::limits;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// Whether requests wait at the moment, and for how long.
#[derive(Debug, Default)]
pub struct Pause {
    /// A copy of whether there is a pause, readable without the lock.
    is_active: AtomicBool,
    /// A copy of whether it is for all requests.
    is_for_all: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
    waiting: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// Steady milliseconds.
    ends_at_ms: u64,
    is_active: bool,
    is_for_all: bool,
}

impl Pause {
    /// Whether a request has to wait.
    pub fn concerns(&self, is_write: bool) -> bool {
        self.is_active.load(Relaxed) && (is_write || self.is_for_all.load(Relaxed))
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Relaxed)
    }

    /// Begins a pause, or makes the one that there is longer and stricter, never the opposite.
    pub fn begin(&self, ends_at_ms: u64, is_for_all: bool) {
        let mut state = self.state.lock();
        if !state.is_active {
            *state = State { is_active: true, ..State::default() };
        }
        state.ends_at_ms = state.ends_at_ms.max(ends_at_ms);
        state.is_for_all |= is_for_all;
        self.copy(&state);
    }

    /// Ends the pause, if there is one.
    pub fn end(&self) {
        self.end_if_due(u64::MAX);
    }

    /// Ends the pause if its time is over. Costs nothing without one.
    pub fn end_if_due(&self, now_ms: u64) {
        if !self.is_active.load(Relaxed) {
            return;
        }
        let mut state = self.state.lock();
        if state.ends_at_ms <= now_ms {
            state.is_active = false;
            self.copy(&state);
            drop(state);
            self.changed.notify_all();
        }
    }

    /// Makes all waiting requests check whether they still have to wait.
    pub fn wake(&self) {
        if self.waiting() > 0 {
            // A thread that is about to wait holds the lock until it does, and so does not miss
            // this.
            drop(self.state.lock());
            self.changed.notify_all();
        }
    }

    /// Waits until a request may proceed, or until `is_over` or `is_gone` returns true. `is_gone`
    /// is called rarely and with no lock held: it may make system calls.
    pub fn wait(
        &self,
        clock: &Clock,
        is_write: bool,
        is_over: impl Fn() -> bool,
        is_gone: impl Fn() -> bool,
    ) {
        self.waiting.fetch_add(1, Relaxed);
        let mut state = self.state.lock();
        while state.is_active && (is_write || state.is_for_all) && !is_over() {
            let now_ms = clock.steady_ms();
            if state.ends_at_ms <= now_ms {
                drop(state);
                self.end_if_due(now_ms);
                break;
            }
            let wait_ms = (state.ends_at_ms - now_ms).min(limits::PAUSE_LOOK_MS);
            let woken = self.changed.wait_for(&mut state, Duration::from_millis(wait_ms));
            if woken.timed_out() && MutexGuard::unlocked(&mut state, &is_gone) {
                break;
            }
        }
        self.waiting.fetch_sub(1, Relaxed);
    }

    fn copy(&self, state: &State) {
        self.is_active.store(state.is_active, Relaxed);
        self.is_for_all.store(state.is_for_all, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a pause becomes longer and stricter, but never shorter or laxer.
    #[test]
    fn the_stricter_pause_prevails() {
        let pause = Pause::default();
        assert!(!pause.concerns(true));
        pause.begin(100, false);
        assert!(pause.concerns(true) && !pause.concerns(false));
        pause.begin(50, true);
        pause.begin(70, false);
        assert!(pause.concerns(false));
        pause.end_if_due(99);
        assert!(pause.concerns(false));
        pause.end_if_due(100);
        assert!(!pause.concerns(true));
        pause.begin(150, false);
        assert!(!pause.concerns(false), "a new pause starts fresh");
    }

    /// Ensures that a waiting request proceeds when the pause ends, and when waiting makes no
    /// sense.
    #[test]
    fn waiting_ends() {
        let (pause, clock) = (Pause::default(), Clock::manual(0));
        pause.begin(60_000, true);
        std::thread::scope(|scope| {
            scope.spawn(|| pause.wait(&clock, false, || false, || false));
            while pause.waiting() == 0 {
                std::thread::yield_now();
            }
            pause.end();
        });
        pause.begin(60_000, true);
        pause.wait(&clock, false, || true, || false);
        pause.wait(&clock, false, || false, || true);
        clock.advance_ms(60_000);
        pause.wait(&clock, false, || false, || false);
        assert!(!pause.concerns(true) && pause.waiting() == 0);
    }
}
