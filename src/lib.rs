//! respool
pub mod clients;
pub mod clock;
pub mod command;
pub mod config;
pub mod connection;
pub mod error;
pub mod glob;
pub mod housekeeper;
pub mod keyspace;
pub mod limits;
pub mod log;
pub mod resp;
pub mod server;
pub mod shared;
