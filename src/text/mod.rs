//! Small helpers for text.

pub mod glob;
pub mod quoting;
pub mod units;
pub mod version;
