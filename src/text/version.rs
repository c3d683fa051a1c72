//! The version that respool reports to clients.

/// The Redis version whose behaviour clients may expect; INFO shows respool's own version, too.
pub const REDIS_VERSION: &str = "7.2.0";
