//! What the server does when the memory limit is reached: Redis's `maxmemory-policy`.
//!
//! The names are Redis's.

/// The choice of keys to remove when memory runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// None: commands that may need more memory are refused.
    NoEviction,
    /// The least recently used one (LRU).
    #[default]
    AllKeysLru,
    /// The least recently used one among those with a deadline.
    VolatileLru,
    /// One of the least frequently used ones (LFU).
    AllKeysLfu,
    /// The same among those with a deadline.
    VolatileLfu,
    /// The one whose deadline is the nearest.
    VolatileTtl,
    /// Any.
    AllKeysRandom,
    /// Any of those with a deadline.
    VolatileRandom,
}

impl Policy {
    /// All of them, under their names.
    pub const NAMES: [(&str, Policy); 8] = [
        ("volatile-lru", Policy::VolatileLru),
        ("volatile-lfu", Policy::VolatileLfu),
        ("volatile-random", Policy::VolatileRandom),
        ("volatile-ttl", Policy::VolatileTtl),
        ("allkeys-lru", Policy::AllKeysLru),
        ("allkeys-lfu", Policy::AllKeysLfu),
        ("allkeys-random", Policy::AllKeysRandom),
        ("noeviction", Policy::NoEviction),
    ];

    /// Redis's name.
    pub fn name(self) -> &'static str {
        Policy::NAMES.iter().find(|(_, policy)| *policy == self).map_or("", |(name, _)| name)
    }

    /// The policy called `name`, in any case.
    pub fn from_name(name: &str) -> Option<Policy> {
        let found = Policy::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, policy)| *policy)
    }

    /// Whether only keys with a deadline may be removed.
    pub fn is_volatile(self) -> bool {
        matches!(
            self,
            Policy::VolatileLru
                | Policy::VolatileLfu
                | Policy::VolatileTtl
                | Policy::VolatileRandom
        )
    }

    /// Whether uses have to be counted.
    pub fn is_lfu(self) -> bool {
        matches!(self, Policy::AllKeysLfu | Policy::VolatileLfu)
    }
}

/// How much memory the data may take, and what happens beyond that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limit {
    /// Bytes; 0 is no limit.
    pub bytes: usize,
    /// The choice of keys to remove when they are used up.
    pub policy: Policy,
}

impl Limit {
    /// No limit at all.
    pub const NONE: Limit = Limit { bytes: 0, policy: Policy::NoEviction };
}
