//! Tests of commands about the connection.

mod client;
mod hello;
