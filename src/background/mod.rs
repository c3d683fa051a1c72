//! Threads without a client of their own.

pub mod client_memory;
pub mod courier;
pub mod housekeeper;
pub mod loader;
pub mod memory_watch;
pub mod reload;
pub mod rewriter;
pub mod saver;
pub mod snapshot_loader;
