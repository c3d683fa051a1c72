//! Numbers that Rust does not have.

pub mod extended;
pub mod slot;
