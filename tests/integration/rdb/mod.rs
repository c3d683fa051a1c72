//! Tests of RDB files.

mod files;
mod load;
