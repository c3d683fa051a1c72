//! Tests of the string family.

mod bits;
mod counter;
mod get_set;
mod lcs;
