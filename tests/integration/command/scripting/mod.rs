//! Scripts and functions.

mod ahead;
mod eval;
mod functions;
mod libraries;
