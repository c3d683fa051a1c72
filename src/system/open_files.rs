//! The limit of open files: every client is one.

use crate::limits;
use crate::log;

/// Raises the limit to the need of `maxclients` clients, as far as the system permits, and returns
/// the number of clients for which it suffices: at most `maxclients`, at least one.
pub fn allow(maxclients: usize) -> usize {
    let wanted = maxclients as u64 + limits::RESERVED_FILES;
    let granted = rlimit::increase_nofile_limit(wanted).unwrap_or_else(|error| {
        log::warning(&format!("The limit of open files cannot be raised: {error}"));
        wanted
    });
    let possible = granted.saturating_sub(limits::RESERVED_FILES).max(1);
    maxclients.min(possible as usize)
}
