//! The state of snapshots: whether one is being saved, how the last one ended, when one is due.
//!
//! All figures are atomics: INFO and the housekeeper read them while the saver works.

use crate::config::SavePoint;
use crate::limits;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering::Relaxed};

/// What a stop of the server does with the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum AtStop {
    /// It is saved if there are points of `save`.
    Default,
    /// It is not saved: SHUTDOWN NOSAVE.
    Nothing,
    /// It was saved by SHUTDOWN, and is saved again only if it has changed since.
    Rest,
}

/// Figures without a lock.
#[derive(Debug)]
pub struct Saving {
    /// A snapshot was ordered, or is being saved.
    is_claimed: AtomicBool,
    /// Whether the last one in the background failed.
    has_failed: AtomicBool,
    /// Unix seconds of the last success, or of the start.
    pub last_save_s: AtomicU64,
    /// Unix seconds of the last attempt.
    tried_at_s: AtomicU64,
    /// The keyspace's count of changes at the last snapshot, or when the data was loaded.
    pub saved_changes: AtomicU64,
    /// Steady milliseconds of the beginning of the one in progress.
    pub began_at_ms: AtomicU64,
    /// Seconds that the last one took; -1 if there was none.
    pub last_duration_s: AtomicI64,
    /// Snapshots that were saved since the start.
    pub saves: AtomicU64,
    /// Keys that the one in progress has written.
    pub keys_saved: AtomicU64,
    /// Keys that it will have written.
    pub keys_total: AtomicU64,
    /// [`AtStop`] as a number.
    at_stop: AtomicU8,
}

impl Saving {
    /// The state at the start.
    pub fn new(now_s: u64) -> Saving {
        Saving {
            is_claimed: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
            last_save_s: AtomicU64::new(now_s),
            tried_at_s: AtomicU64::new(0),
            saved_changes: AtomicU64::new(0),
            began_at_ms: AtomicU64::new(0),
            last_duration_s: AtomicI64::new(-1),
            saves: AtomicU64::new(0),
            keys_saved: AtomicU64::new(0),
            keys_total: AtomicU64::new(0),
            at_stop: AtomicU8::new(AtStop::Default as u8),
        }
    }

    /// Claims the right to order a snapshot; false if one is ordered or in progress.
    pub fn claim(&self, now_ms: u64) -> bool {
        let is_free = !self.is_claimed.swap(true, Relaxed);
        if is_free {
            self.began_at_ms.store(now_ms, Relaxed);
        }
        is_free
    }

    /// Whether one is ordered or in progress.
    pub fn is_claimed(&self) -> bool {
        self.is_claimed.load(Relaxed)
    }

    /// Whether the last one in the background failed.
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Relaxed)
    }

    /// One begins.
    pub fn begin(&self, now_ms: u64, now_s: u64) {
        self.is_claimed.store(true, Relaxed);
        self.began_at_ms.store(now_ms, Relaxed);
        self.tried_at_s.store(now_s, Relaxed);
        self.keys_saved.store(0, Relaxed);
        self.keys_total.store(0, Relaxed);
    }

    /// It has ended: with the count of changes at its moment, or in failure.
    pub fn end(&self, now_ms: u64, now_s: u64, changes: Option<u64>) {
        let duration_ms = now_ms.saturating_sub(self.began_at_ms.load(Relaxed));
        self.last_duration_s.store((duration_ms / 1_000) as i64, Relaxed);
        if let Some(changes) = changes {
            self.last_save_s.store(now_s, Relaxed);
            self.saved_changes.store(changes, Relaxed);
            self.saves.fetch_add(1, Relaxed);
        }
        self.has_failed.store(changes.is_none(), Relaxed);
        self.is_claimed.store(false, Relaxed);
    }

    /// The data was loaded and is as it was saved.
    pub fn loaded(&self, changes: u64, now_s: u64) {
        self.saved_changes.store(changes, Relaxed);
        self.last_save_s.store(now_s, Relaxed);
    }

    /// Changes since the last snapshot, of `changes` ever.
    pub fn unsaved(&self, changes: u64) -> u64 {
        changes.saturating_sub(self.saved_changes.load(Relaxed))
    }

    /// The point that asks for a snapshot now, if one does. After a failure there is a pause.
    pub fn due(&self, points: &[SavePoint], changes: u64, now_s: u64) -> Option<SavePoint> {
        let since = |moment: &AtomicU64| now_s.saturating_sub(moment.load(Relaxed));
        if self.has_failed() && since(&self.tried_at_s) <= limits::SNAPSHOT_RETRY_S {
            return None;
        }
        let (unsaved, seconds) = (self.unsaved(changes), since(&self.last_save_s));
        let is_due = |point: &&SavePoint| unsaved >= point.changes && seconds > point.seconds;
        points.iter().find(is_due).copied()
    }

    /// Decides what a stop does with the data.
    pub fn decide_at_stop(&self, decision: AtStop) {
        self.at_stop.store(decision as u8, Relaxed);
    }

    /// Whether a stop has to save.
    pub fn is_due_at_stop(&self, has_points: bool, changes: u64) -> bool {
        let decision = self.at_stop.load(Relaxed);
        let is_changed = self.has_failed() || self.unsaved(changes) > 0;
        decision == AtStop::Default as u8 && has_points
            || decision == AtStop::Rest as u8 && is_changed
    }
}
