//! Errors of the disk: when writes are refused, and when the log is trusted again.
//!
//! # When writing fails
//! Records that could not be written stay queued, and the write is tried again. Until it succeeds,
//! clients that wait for these records get no reply at all (their connections are closed: the
//! changes may or may not survive), and no new write is admitted ([`Aof::refusal`]). Since space is
//! reserved before it is needed, a full disk is noticed *before* that, while the last bytes can
//! still be written. The queue is bounded by the batches in progress when the failure was noticed;
//! keys that expire or are evicted meanwhile queue a DEL each, which is shorter than the entry that
//! it frees.
//!
//! # When fsync fails
//! The kernel may have dropped the bytes that it could not write, and reports that only once. So
//! the file is never trusted again: writes are refused until a rewrite has replaced it.

use super::commit::{Aof, State};
use super::disk::reason;
use crate::log;
use parking_lot::MutexGuard;
use std::io;
use std::sync::atomic::Ordering::Relaxed;

impl Aof {
    /// The reason why writes are refused at present: the text of Redis's error.
    pub fn refusal(&self) -> Option<String> {
        if !self.is_refusing.load(Relaxed) {
            return None;
        }
        let state = self.state.lock();
        let reason = state.refusal.as_ref()?;
        Some(format!("MISCONF Errors writing to the AOF file: {reason}"))
    }

    /// Whether a rewrite must succeed before the log can be trusted again.
    pub fn is_distrusted(&self) -> bool {
        self.is_refusing.load(Relaxed) && self.state.lock().is_distrusted
    }

    /// A rewrite has succeeded: all faulty files before it are history. If the present file has
    /// failed meanwhile, it is not trusted either.
    pub fn trust(&self, base_bytes: u64) {
        let mut state = self.state.lock();
        let Some((last, history)) = state.queue.make_contiguous().split_last_mut() else { return };
        history.iter_mut().for_each(|portion| portion.is_history = true);
        let bytes = last.file.len();
        if !last.file.is_broken() {
            (state.is_distrusted, state.is_stuck, state.refusal) = (false, false, None);
            self.is_refusing.store(false, Relaxed);
        }
        self.status.is_unfounded.store(false, Relaxed);
        self.status.base_bytes.store(base_bytes, Relaxed);
        self.status.bytes.store(base_bytes + bytes, Relaxed);
    }

    /// Records whether writes can be admitted, and logs a change of that.
    pub(super) fn record_write(&self, state: &mut MutexGuard<'_, State>, outcome: io::Result<()>) {
        if state.is_distrusted {
            return;
        }
        let before = std::mem::replace(&mut state.refusal, outcome.as_ref().err().map(reason));
        self.is_refusing.store(outcome.is_err(), Relaxed);
        match (before, outcome) {
            (None, Err(error)) => MutexGuard::unlocked(state, || {
                log::warning(&format!(
                    "Writing to the append-only file fails, writes are refused: {error}"
                ));
            }),
            (Some(_), Ok(())) => MutexGuard::unlocked(state, || {
                log::notice("The append-only file can be written again");
            }),
            _ => {}
        }
    }

    /// Marks the file as not trusted if it could not be synced.
    pub(super) fn record_sync(&self, state: &mut MutexGuard<'_, State>, outcome: &io::Result<()>) {
        let (Err(error), true) = (outcome, self.is_on()) else { return };
        state.refusal = Some(reason(error));
        state.is_distrusted = true;
        self.is_refusing.store(true, Relaxed);
        MutexGuard::unlocked(state, || {
            log::warning(&format!(
                "Syncing the append-only file failed, writes are refused until it is rewritten: \
                 {error}"
            ));
        });
    }
}
