//! The append-only file (a write-ahead log): every change to the data, as requests that repeat it.
//!
//! # Promises
//! Before a reply leaves, the changes that it rests on are in the kernel (`everysec`, `no`) or on
//! the disk (`always`). So a crash of the process loses nothing that was acknowledged; a power
//! failure loses nothing with `always`, the last interval (about a second) with `everysec`, and
//! with `no` all that the kernel had not written by itself. That assumes a disk that keeps what
//! fsync reported as written.
//!
//! # Files
//! Redis 7's layout: `appendonlydir` with a manifest, a base, and increments of plain requests. The
//! base is a snapshot or consists of requests, too (`aof-use-rdb-preamble`); both are read whatever
//! the setting is, so either server starts on the other's folder. The single file of an older Redis
//! is taken over as the base.
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
//! | `commit.rs` | the queue, and group commit: one write and one sync for all that wait |
//! | `refusal.rs` | errors of the disk: when writes are refused, when the log is trusted again |
//! | `names.rs`, `manifest.rs`, `directory.rs` | which files there are |
//! | `opening.rs`, `survey.rs`, `lock.rs` | what is checked, refused or taken over at the start |
//! | `rewrite.rs`, `base.rs`, `mailbox.rs`, `status.rs` | rewriting the log, so that it is short again |
//! | `format.rs`, `units.rs`, `load.rs` | replaying the files; parsing has a thread of its own |
//! | `torn.rs` | which damage is a torn end, and how it is cut off |
//! | `check.rs` | explaining a log without a server |
//! | `disk.rs`, `faults.rs` | operations on files, and how tests make them fail |
//!
//! This module never imports `command`: a [`load::Target`] executes the requests.

pub mod base;
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

pub use base::Form;
pub use commit::{Aof, Unwritten};
pub use directory::Directory;
pub use disk::Disk;
pub use mailbox::{Order, Reload};
pub use names::Names;
pub use records::{Pending, Records};
pub use rewrite::Rewrite;
