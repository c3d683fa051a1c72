//! Tests of the families of commands.

mod admin;
mod connection;
mod errors;
mod geo;
mod hash;
mod hyperloglog;
mod keys;
mod known_faults;
mod list;
mod pubsub;
mod scripting;
mod set;
mod sorted_set;
mod stream;
mod string;
mod transaction;
pub mod waiting;
