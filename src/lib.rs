//! respool
pub mod clock;
pub mod error;
pub mod keyspace;
pub mod limits;
pub mod log;
pub mod resp;
