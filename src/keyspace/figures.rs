//! What INFO shows of the keyspace, as a copy: it can be shown while the keyspace is locked.

use crate::keyspace::{Counters, Keyspace};
use crate::policy::Limit;

/// Figures of one moment.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// See [`Keyspace::used_bytes`].
    pub used_bytes: usize,
    /// See [`Keyspace::overhead_bytes`].
    pub overhead_bytes: usize,
    /// The limit of memory in force.
    pub limit: Limit,
    /// The counters.
    pub counters: Counters,
    /// Keys for which clients wait.
    pub waiting_keys: usize,
    /// See [`Keyspace::occupied`].
    pub occupied: Vec<(usize, usize, usize, u64)>,
}

impl Figures {
    /// The figures of this moment.
    pub fn of(keyspace: &Keyspace, now_ms: u64) -> Figures {
        Figures {
            used_bytes: keyspace.used_bytes(),
            overhead_bytes: keyspace.overhead_bytes(),
            limit: keyspace.limit(),
            counters: keyspace.counters(),
            waiting_keys: keyspace.waiters.keys_len(),
            occupied: keyspace.occupied(now_ms).collect(),
        }
    }
}
