//! The tests that need nothing but Rust: servers inside the test process or the real binary, real
//! sockets on ports that the system chooses, and clocks that are moved by hand.
//!
//! Read `support` first. A test of a command is a session: see [`support::check`].

mod aof_always;
mod aof_faults;
mod aof_log;
mod aof_recovery;
mod aof_rewrite;
mod bits;
mod check_aof;
mod check_rdb;
mod client;
mod client_library;
mod client_output;
mod config;
mod config_file;
mod connection;
mod container;
mod counter;
mod databases;
mod eviction_order;
mod examples;
mod expire;
mod fairness;
mod generic;
mod hash;
mod hash_walk;
mod info;
mod introspection;
mod keyspace_growth;
mod keyspace_model;
mod latency;
mod layers;
mod lcs;
mod lifecycle;
mod listener;
mod memory_limit;
mod model;
mod monitor;
mod object;
mod pause;
mod ping;
mod pipelines;
mod process;
mod protocol;
mod raw;
mod rdb_files;
mod readme;
mod server;
mod shutdown;
mod slowlog;
mod standalone;
mod statistics;
mod string;
mod support;
mod tidy;
