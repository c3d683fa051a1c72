//! The versions that respool tells its clients.

/// The Redis version whose behaviour clients may expect; our own stands beside it in INFO.
pub const REDIS_VERSION: &str = "7.2.0";
