//! Tests of the set family.

mod changes;
mod members;
