//! Tests of the hash family.

mod fields;
mod walk;
