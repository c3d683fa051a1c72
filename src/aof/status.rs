//! Figures of the log and its rewrites: for INFO, and to decide when to rewrite.

use crate::limits;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

/// Figures without a lock.
#[derive(Debug)]
pub struct Status {
    /// Bytes of all files of the log.
    pub bytes: AtomicU64,
    /// Bytes of its base: the measure of growth, also after a restart.
    pub base_bytes: AtomicU64,
    /// A rewrite was requested and has not begun.
    pub is_scheduled: AtomicBool,
    /// A rewrite is in progress.
    pub is_rewriting: AtomicBool,
    /// Steady milliseconds of its beginning.
    pub rewrite_began_at_ms: AtomicU64,
    /// Entries that it has written.
    pub rewritten_entries: AtomicU64,
    /// Bytes that it has written.
    pub rewritten_bytes: AtomicU64,
    /// Entries at its beginning.
    pub entries_to_rewrite: AtomicU64,
    /// Rewrites that were begun since the start.
    pub rewrites: AtomicU64,
    /// Failed rewrites since the last successful one.
    pub failures: AtomicU64,
    /// Seconds that the last one took; -1 if there was none.
    pub last_rewrite_s: AtomicI64,
    /// Steady milliseconds before which no automatic rewrite begins.
    retry_at_ms: AtomicU64,
    /// The present files cannot be trusted until a rewrite has succeeded.
    pub is_unfounded: AtomicBool,
    /// The log in the folder was loaded or begun by this process, which therefore may replace it.
    pub is_own: AtomicBool,
}

impl Default for Status {
    fn default() -> Status {
        Status {
            bytes: AtomicU64::new(0),
            base_bytes: AtomicU64::new(0),
            is_scheduled: AtomicBool::new(false),
            is_rewriting: AtomicBool::new(false),
            rewrite_began_at_ms: AtomicU64::new(0),
            rewritten_entries: AtomicU64::new(0),
            rewritten_bytes: AtomicU64::new(0),
            entries_to_rewrite: AtomicU64::new(0),
            rewrites: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            last_rewrite_s: AtomicI64::new(-1),
            retry_at_ms: AtomicU64::new(0),
            is_unfounded: AtomicBool::new(false),
            is_own: AtomicBool::new(false),
        }
    }
}

impl Status {
    /// Whether the log has grown enough, in percent of its base, for an automatic rewrite.
    pub fn has_grown(&self, percentage: u64, bytes_min: u64) -> bool {
        let (bytes, base_bytes) = (self.bytes.load(Relaxed), self.base_bytes.load(Relaxed));
        let growth = u128::from(bytes.saturating_sub(base_bytes)) * 100;
        percentage > 0
            && bytes >= bytes_min
            && growth >= u128::from(percentage) * u128::from(base_bytes.max(1))
    }

    /// Whether an automatic rewrite may begin: none is in progress, and the last failure is long
    /// ago.
    pub fn may_rewrite(&self, now_ms: u64) -> bool {
        !self.is_rewriting.load(Relaxed)
            && !self.is_scheduled.load(Relaxed)
            && now_ms >= self.retry_at_ms.load(Relaxed)
    }

    /// A rewrite begins.
    pub fn begin(&self, now_ms: u64) {
        self.is_scheduled.store(false, Relaxed);
        self.is_rewriting.store(true, Relaxed);
        self.rewrite_began_at_ms.store(now_ms, Relaxed);
        self.rewritten_entries.store(0, Relaxed);
        self.rewritten_bytes.store(0, Relaxed);
        self.rewrites.fetch_add(1, Relaxed);
    }

    /// The rewrite has ended. Each failure makes the next pause longer (exponential back-off).
    pub fn end(&self, now_ms: u64, has_succeeded: bool) {
        let duration_ms = now_ms - self.rewrite_began_at_ms.load(Relaxed);
        self.last_rewrite_s.store((duration_ms / 1_000) as i64, Relaxed);
        if has_succeeded {
            self.failures.store(0, Relaxed);
            self.retry_at_ms.store(0, Relaxed);
        } else {
            let failures = self.failures.fetch_add(1, Relaxed);
            let backoff_ms = limits::AOF_REWRITE_BACKOFF_MS << failures.min(20);
            let backoff_ms = backoff_ms.min(limits::AOF_REWRITE_BACKOFF_MS_MAX);
            self.retry_at_ms.store(now_ms + backoff_ms, Relaxed);
        }
        self.is_rewriting.store(false, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that growth is measured by the base, and small logs are left alone.
    #[test]
    fn growth_decides() {
        let status = Status::default();
        for (bytes, base_bytes, percentage, has_grown) in [
            (999, 0, 100, false),
            (1_000, 0, 100, true),
            (1_999, 1_000, 100, false),
            (2_000, 1_000, 100, true),
            (1_500, 1_000, 50, true),
            (9_000, 1_000, 0, false),
        ] {
            status.bytes.store(bytes, Relaxed);
            status.base_bytes.store(base_bytes, Relaxed);
            let found = status.has_grown(percentage, 1_000);
            assert_eq!(found, has_grown, "{bytes} of {base_bytes}, {percentage} %");
        }
    }

    /// Ensures that failures are followed by ever longer pauses, and success by none.
    #[test]
    fn failures_back_off() {
        let status = Status::default();
        for (wait_ms, now_ms) in [(1_000, 0), (2_000, 10_000), (4_000, 20_000)] {
            status.begin(now_ms);
            assert!(!status.may_rewrite(now_ms), "one at a time");
            status.end(now_ms, false);
            assert!(!status.may_rewrite(now_ms + wait_ms - 1));
            assert!(status.may_rewrite(now_ms + wait_ms));
        }
        status.begin(30_000);
        status.end(30_000, true);
        assert!(status.may_rewrite(30_000));
    }
}
