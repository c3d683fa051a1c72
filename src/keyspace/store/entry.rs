//! One entry of a database: a value, its deadline, and when it was last used.
//!
//! One word holds deadline and snapshot mark, which keeps the entry in its allocator size class:
//!
//! ```text
//! bit   63       62 ────────────────────────────────── 0
//!      ┌──────┬─────────────────────────────────────────┐
//!      │ mark │ deadline in Unix milliseconds, 0 = none │
//!      └──────┴─────────────────────────────────────────┘
//! ```

use crate::keyspace::store::frequency;
use crate::keyspace::value::Value;

/// When and how often an entry was used. A single number is both a time and an exact order; no two
/// uses have the same time and number, so the count below them does not disturb the order.
///
/// ```text
/// bit   63 ──────────────────── 20 19 ───────────────────── 8 7 ──────────── 0
///      ┌──────────────────────────┬───────────────────────────┬───────────────┐
///      │ Unix milliseconds        │ number in the millisecond │ count of uses │
///      └──────────────────────────┴───────────────────────────┴───────────────┘
/// ```
///
/// The count is the logarithmic one of the LFU policies: see [`super::frequency`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastUse(pub(crate) u64);

impl LastUse {
    const BELOW_TIME_BITS: u32 = 20;
    const COUNT_BITS: u32 = 8;
    const COUNT: u64 = (1 << LastUse::COUNT_BITS) - 1;

    /// Unix milliseconds of the use.
    pub fn unix_ms(self) -> u64 {
        self.0 >> LastUse::BELOW_TIME_BITS
    }

    /// The next use: later than `self` even if the clock stands still or runs backwards.
    pub(crate) fn next(self, now_ms: u64) -> LastUse {
        let after = (self.0 | LastUse::COUNT) + 1;
        LastUse(after.max(now_ms << LastUse::BELOW_TIME_BITS))
    }

    /// The count of uses.
    pub(crate) fn count(self) -> u8 {
        (self.0 & LastUse::COUNT) as u8
    }

    /// The same use with another count.
    pub(crate) fn with_count(self, count: u8) -> LastUse {
        LastUse(self.0 & !LastUse::COUNT | u64::from(count))
    }
}

/// One entry of a database.
#[derive(Debug)]
pub struct Entry {
    /// What the key holds.
    pub value: Value,
    /// The deadline, and in the highest bit the snapshot mark: see the head of this file.
    deadline_and_mark: u64,
    /// The last use: see [`LastUse`].
    pub(crate) used_at: LastUse,
}

impl Entry {
    const MARK: u64 = 1 << 63;

    /// An entry whose last use is `used_at`.
    pub(crate) fn new(value: Value, expires_at_ms: Option<u64>, used_at: LastUse) -> Entry {
        let mut entry = Entry { value, deadline_and_mark: 0, used_at };
        entry.set_expires_at_ms(expires_at_ms);
        entry
    }

    /// Takes the whole content and leaves an empty string.
    pub(crate) fn take(&mut self) -> Entry {
        let empty = Entry::new(Value::string(b""), None, LastUse(0));
        std::mem::replace(self, empty)
    }

    /// Unix milliseconds of the deadline, if there is one.
    pub fn expires_at_ms(&self) -> Option<u64> {
        let deadline = self.deadline_and_mark & !Entry::MARK;
        (deadline != 0).then_some(deadline)
    }

    /// Sets the deadline, at most the last moment that 63 bits can express.
    pub(crate) fn set_expires_at_ms(&mut self, expires_at_ms: Option<u64>) {
        let deadline = expires_at_ms.unwrap_or(0).min(!Entry::MARK);
        self.deadline_and_mark = self.deadline_and_mark & Entry::MARK | deadline;
    }

    /// Whether there is a deadline.
    pub fn is_volatile(&self) -> bool {
        self.deadline_and_mark & !Entry::MARK != 0
    }

    /// Whether the deadline has been reached at `now_ms`.
    pub fn is_expired(&self, now_ms: u64) -> bool {
        let deadline = self.deadline_and_mark & !Entry::MARK;
        deadline != 0 && deadline <= now_ms
    }

    /// The snapshot mark: see [`super::store::snapshot`].
    pub(crate) fn mark(&self) -> bool {
        self.deadline_and_mark & Entry::MARK != 0
    }

    pub(crate) fn set_mark(&mut self, mark: bool) {
        self.deadline_and_mark =
            self.deadline_and_mark & !Entry::MARK | if mark { Entry::MARK } else { 0 };
    }

    /// Milliseconds since the last use.
    pub fn idle_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.used_at.unix_ms())
    }

    /// The count of uses at `now_ms`, as OBJECT FREQ shows it.
    pub fn frequency(&self, now_ms: u64, decay_minutes: u64) -> u8 {
        frequency::decayed(self.used_at, now_ms, decay_minutes)
    }
}
