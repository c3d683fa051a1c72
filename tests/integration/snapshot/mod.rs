//! Tests of snapshots.

mod save;
