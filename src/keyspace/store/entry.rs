//! One entry of a database: a value, its deadline, and when it was last used.

use crate::keyspace::value::Value;

/// When an entry was last used: milliseconds in the upper 44 bits, a count within the
/// millisecond in the lower 20, so that a single number is both a time and an exact order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastUse(pub(crate) u64);

impl LastUse {
    const COUNT_BITS: u32 = 20;

    /// Unix milliseconds of the use.
    pub fn unix_ms(self) -> u64 {
        self.0 >> LastUse::COUNT_BITS
    }

    /// The age of the next use: later than `self` even if the clock stood still or ran backwards.
    pub(crate) fn next(self, now_ms: u64) -> LastUse {
        LastUse((self.0 + 1).max(now_ms << LastUse::COUNT_BITS))
    }
}

/// One entry of a database.
#[derive(Debug)]
pub struct Entry {
    /// What the key holds.
    pub value: Value,
    /// Unix milliseconds from which on the key does not exist any more, 0 is never; and in the
    /// highest bit the mark of `snapshot.rs`. One word keeps the entry within its allocator size
    /// class.
    deadline_and_mark: u64,
    /// When it was last used: see [`LastUse`].
    pub(crate) used_at: LastUse,
}

impl Entry {
    const MARK: u64 = 1 << 63;

    /// An entry that is used at `age`.
    pub(crate) fn new(value: Value, expires_at_ms: Option<u64>, age: LastUse) -> Entry {
        let mut entry = Entry { value, deadline_and_mark: 0, used_at: age };
        entry.set_expires_at_ms(expires_at_ms);
        entry
    }

    /// Takes all that there is, and leaves an empty string.
    pub(crate) fn take(&mut self) -> Entry {
        let empty = Entry::new(Value::string(b""), None, LastUse(0));
        std::mem::replace(self, empty)
    }

    /// Unix milliseconds of the deadline, if there is one.
    pub fn expires_at_ms(&self) -> Option<u64> {
        let deadline = self.deadline_and_mark & !Entry::MARK;
        (deadline != 0).then_some(deadline)
    }

    /// Sets the deadline; one that is beyond all time is as good as the last moment.
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

    /// See [`super::store::snapshot`].
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
}
