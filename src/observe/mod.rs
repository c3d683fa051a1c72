//! What the server remembers about its own work, for those who run it.
//!
//! | file | remembers | shown by |
//! |---|---|---|
//! | `calls.rs` | how often each command was called, and how long it took | INFO, LATENCY |
//! | `errors.rs` | error replies by their first word | INFO |
//! | `slowlog.rs` | the last commands that took long | SLOWLOG |
//! | `latency.rs` | the worst moments of each kind of event | LATENCY |
//!
//! Counters are plain atomics that nobody waits for. The rest is behind small locks of its own,
//! which come last in the order of locks, are held for a few moves in memory, and are taken only
//! when something out of the ordinary happens or somebody asks. Commands are known here by the
//! number of their row only; times are arguments.

pub mod calls;
pub mod errors;
pub mod latency;
pub mod slowlog;

pub use calls::Calls;
pub use errors::Errors;
pub use latency::Latency;
pub use slowlog::Slowlog;
