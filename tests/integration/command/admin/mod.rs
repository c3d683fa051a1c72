//! Tests of commands for operators.

mod acl;
mod cluster;
mod config;
mod debug;
mod info;
mod introspection;
mod latency;
mod server;
mod shutdown;
mod slowlog;
mod statistics;
mod topology;
