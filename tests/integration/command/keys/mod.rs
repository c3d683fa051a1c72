//! Tests of keys of any type.

mod databases;
mod dump;
mod expire;
mod generic;
mod migrate;
mod object;
mod sort;
