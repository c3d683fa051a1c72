//! Watches the real size of the process and reacts when it nears the container's limit.
//!
//! The accounts contain the data, but neither what the allocator loses between it (fragmentation)
//! nor buffers and stacks. A container is killed for the sum. So when the resident size nears the
//! memory's end, the data may use less than `maxmemory` for a while.
//!
//! Freed memory rarely leaves the process; it is used again. Therefore the size is expected to
//! *stop growing* after an eviction and not to fall, and only further growth leads to a further
//! step. A quarter of the limit is left to the data in any case: if that does not help, the data is
//! not the cause.

use crate::limits;

/// The state that the housekeeper keeps between two checks.
#[derive(Debug)]
pub struct MemoryWatch {
    /// Resident bytes that should not be exceeded; 0 if the memory's size is unknown.
    ceiling_bytes: u64,
    /// Resident bytes at the last step.
    answered_bytes: u64,
    /// The bytes that the data may use, if less than its limit.
    allowed_bytes: Option<u64>,
}

/// Bytes to evict for every byte by which the process has grown.
const STEP_FACTOR: u64 = 4;

/// The result of a check.
#[derive(Debug, PartialEq, Eq)]
pub enum Advice {
    /// Nothing has changed.
    GoOn,
    /// The data may use only so many bytes.
    Allow(u64),
    /// The data may use so many bytes again.
    Raise(u64),
    /// The data may use its whole limit again.
    Restore,
}

impl MemoryWatch {
    /// A watch over a process that may use `memory_bytes`.
    pub fn new(memory_bytes: u64) -> MemoryWatch {
        let ceiling_bytes = memory_bytes / 100 * limits::RESIDENT_PERCENT_MAX;
        MemoryWatch { ceiling_bytes, answered_bytes: 0, allowed_bytes: None }
    }

    /// Whether a process of this size should be checked often.
    pub fn is_near(&self, resident_bytes: u64) -> bool {
        self.ceiling_bytes != 0 && resident_bytes > self.ceiling_bytes / 8 * 7
    }

    /// Checks the process's size, the bytes that the data uses, and the data's limit.
    pub fn look(&mut self, resident_bytes: u64, used_bytes: u64, limit_bytes: u64) -> Advice {
        let ceiling = self.ceiling_bytes;
        if ceiling == 0 || limit_bytes == 0 {
            return Advice::GoOn;
        }
        // A further reaction needs so much more growth; recovery needs four times as much below the
        // ceiling.
        let step_bytes = ceiling / 128;
        if resident_bytes > ceiling.max(self.answered_bytes + step_bytes) {
            let growth_bytes = resident_bytes - ceiling.max(self.answered_bytes);
            let allowed = self.allowed_bytes.unwrap_or(limit_bytes).min(used_bytes);
            let allowed = allowed.saturating_sub(STEP_FACTOR * growth_bytes).max(limit_bytes / 4);
            self.answered_bytes = resident_bytes;
            self.allowed_bytes = Some(allowed);
            return Advice::Allow(allowed);
        }
        match self.allowed_bytes {
            Some(allowed) if resident_bytes + 4 * step_bytes < ceiling => {
                // In small steps, or the process would be as large as before at once.
                let allowed = allowed + limit_bytes / 128;
                self.answered_bytes = 0;
                self.allowed_bytes = Some(allowed).filter(|allowed| *allowed < limit_bytes);
                self.allowed_bytes.map_or(Advice::Restore, Advice::Raise)
            }
            _ => Advice::GoOn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that growth beyond the ceiling leads to steps, that a constant size does not, and
    /// that the data gets its limit back when the process has shrunk.
    #[test]
    fn growth_is_answered_and_standing_still_is_not() {
        let mut watch = MemoryWatch::new(12_800);
        let ceiling = 11_520;
        assert_eq!(watch.look(ceiling, 9_000, 10_000), Advice::GoOn);
        assert_eq!(watch.look(ceiling + 200, 9_000, 10_000), Advice::Allow(8_200));
        assert_eq!(watch.look(ceiling + 200, 8_200, 10_000), Advice::GoOn);
        assert_eq!(watch.look(ceiling + 300, 8_200, 10_000), Advice::Allow(7_800));
        assert_eq!(watch.look(ceiling - 10, 7_800, 10_000), Advice::GoOn);
        for raised in (7_878..10_000).step_by(78) {
            assert_eq!(watch.look(ceiling / 2, 7_800, 10_000), Advice::Raise(raised));
        }
        assert_eq!(watch.look(ceiling / 2, 7_800, 10_000), Advice::Restore);
        assert_eq!(watch.look(ceiling / 2, 7_800, 10_000), Advice::GoOn);
    }

    /// Ensures that a quarter of the limit is always left, and that nothing happens without a
    /// limit.
    #[test]
    fn a_quarter_of_the_limit_is_safe() {
        let mut watch = MemoryWatch::new(12_800);
        assert_eq!(watch.look(1_000_000, 9_000, 10_000), Advice::Allow(2_500));
        assert_eq!(watch.look(2_000_000, 9_000, 0), Advice::GoOn);
        assert_eq!(MemoryWatch::new(0).look(1_000_000, 9_000, 10_000), Advice::GoOn);
    }
}
