//! Tests of what is sent to clients, and what holds for all of them.

mod messages;
mod monitor;
mod output;
mod pause;
mod tracking;
