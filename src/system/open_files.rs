//! The limit of open files: every client is one.

use crate::limits;
use crate::log;

/// Raises the limit to what `maxclients` clients need, as far as the system grants it, and returns
/// how many clients there may be then: at most as many as asked for, at least one.
pub fn allow(maxclients: usize) -> usize {
    let wanted = maxclients as u64 + limits::RESERVED_FILES;
    let granted = rlimit::increase_nofile_limit(wanted).unwrap_or_else(|error| {
        log::warning(&format!("The limit of open files cannot be raised: {error}"));
        wanted
    });
    let possible = granted.saturating_sub(limits::RESERVED_FILES).max(1);
    maxclients.min(possible as usize)
}
