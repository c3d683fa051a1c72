//! Tests of the append-only file.

mod always;
mod faults;
mod files;
mod fixtures;
mod log;
mod recovery;
mod rewrite;
mod takeover;
