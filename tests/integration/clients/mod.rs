//! Tests of what is sent to clients, and what holds for all of them.

mod monitor;
mod output;
mod pause;
mod tracking;
