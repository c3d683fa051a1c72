//! Tests of the Lua engine.

mod data;
mod engine;
mod hostile;
mod mutations;
