//! Tests of the hash family.

mod deadlines;
mod deadlines_elsewhere;
mod fields;
mod walk;
