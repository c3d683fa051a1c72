//! Tests of snapshots.

mod crash;
mod save;
