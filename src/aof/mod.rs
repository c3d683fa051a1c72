//! The append-only file: every change to the data, as requests that lead to it again.
//!
//! # What is promised
//! Before a reply leaves, the changes behind it are in the kernel (`everysec`, `no`) or on the disk
//! (`always`). So the death of the process loses nothing that was acknowledged; the loss of power
//! loses nothing with `always`, the last interval (about a second) with `everysec`, and what the
//! kernel had not written by itself with `no`. That assumes a disk that keeps what fsync reported
//! as written.
//!
//! # Files
//! Redis 7's layout (`appendonlydir`, a manifest, a base and increments) in plain requests: either
//! server starts on the other's directory, if Redis was told `aof-use-rdb-preamble no`.
//!
//! # The way of a change
//! ```text
//! gate ──► Pending ──► Aof::append ──► queue ──► Aof::wait ──► file ──► Aof::sync
//!       (keyspace lock held)                  (no lock held)       (housekeeper)
//! ```
//! With `always` the replies wait in the client's outbox until the housekeeper has synced.
//!
//! | file | job |
//! |---|---|
//! | `records.rs` | requests in the log's form |
//! | `commit.rs` | the queue, and writing and syncing for all who wait |
//! | `refusal.rs` | what becomes of it all when the disk fails |
//! | `directory.rs`, `manifest.rs` | which files there are |
//! | `rewrite.rs`, `mailbox.rs`, `status.rs` | making the log short again |
//! | `units.rs`, `load.rs` | reading the files again, on a thread of its own |
//! | `check.rs` | explaining a log without a server |
//! | `disk.rs`, `faults.rs` | operations on files, and how tests make them fail |
//!
//! This module never imports `command`: what replays it is a [`load::Target`].

pub mod check;
pub mod commit;
pub mod directory;
pub mod disk;
pub mod faults;
pub mod format;
pub mod load;
mod lock;
pub mod mailbox;
pub mod manifest;
pub mod names;
mod opening;
pub mod records;
mod refusal;
pub mod rewrite;
pub mod status;
pub mod survey;
pub mod torn;
pub mod units;

pub use commit::{Aof, Unwritten};
pub use directory::Directory;
pub use disk::Disk;
pub use mailbox::Order;
pub use names::Names;
pub use records::{Pending, Records};
pub use rewrite::Rewrite;
