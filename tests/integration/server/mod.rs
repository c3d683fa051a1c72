//! Tests of the process: start, listeners, limits, stop.

mod container;
mod fairness;
mod lifecycle;
mod listener;
mod memory_limit;
