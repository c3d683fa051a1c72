//! Differences between the replies to scripts that are meant, each with its reason.

use crate::connection::{RawReply, Request};

/// Whether a difference is meant.
pub fn is_meant(_request: &Request, _redis: &RawReply, _respool: &RawReply) -> bool {
    false
}
