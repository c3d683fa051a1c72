//! Comparison with the originals: Debian's `redis-server`; `redis-cli`, `redis-benchmark` and
//! Python's libraries as clients of respool; and the operators' usual additions, a proxy and a
//! metrics exporter. `make compat` runs these tests and names the packages that they need.

mod acl;
mod blocking;
mod cli;
mod clients;
mod commands;
mod config;
mod connection;
mod course;
mod crash;
mod differential;
mod exporter;
mod history;
mod hostile;
mod info;
mod interchange;
mod key_events;
mod migration;
mod node;
mod proxy;
mod python;
mod random;
// The client of all tests that look at bytes.
mod rare;
#[allow(dead_code, reason = "each suite needs another part of it")]
#[path = "../integration/raw.rs"]
mod raw;
mod rdb;
mod replies;
mod restarts;
mod scripts;
mod servers;
mod snapshot;
mod streams;
mod tools;
mod walks;
mod words;
