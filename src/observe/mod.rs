//! What the server records about its own work, for its operators.
//!
//! | file | records | shown by |
//! |---|---|---|
//! | `command_id.rs` | nothing: it says which command a figure is about | |
//! | `calls.rs` | how often each command was called, and how long it took | INFO, LATENCY |
//! | `errors.rs` | error replies by their first word | INFO |
//! | `slowlog.rs` | the last commands that took long | SLOWLOG |
//! | `latency.rs` | the worst moments of each kind of event | LATENCY |
//! | `trace.rs` | the steps of a batch | the log, with `trace yes` |
//!
//! Counters are plain atomics without locks. The rest is behind small locks, which come last in the
//! order of locks, are held for a few moves in memory, and are taken only when something unusual
//! happens or a client asks. This module knows a command by its [`CommandId`] only; times
//! are arguments.

pub mod calls;
mod command_id;
pub mod errors;
pub mod latency;
pub mod slowlog;
pub mod trace;

pub use calls::Calls;
pub use command_id::CommandId;
pub use errors::Errors;
pub use latency::Latency;
pub use slowlog::Slowlog;
pub use trace::Tracing;
