//! The tests that need nothing but Rust: servers inside the test process or the real binary, real
//! sockets on ports that the system chooses, and clocks that are moved by hand.
//!
//! Read `support` first. A test of a command is a session: see [`support::check`].
//! The files here are the tools of the tests; the folders are laid out as `src` is.

mod aof;
mod clients;
mod command;
mod config;
mod connection;
mod house;
mod keyspace;
mod listener;
mod logs;
mod model;
mod process;
mod raw;
mod rdb;
mod script;
mod server;
mod snapshot;
mod support;
mod tool;
