//! Tests of keys of any type.

mod databases;
mod dump;
mod expire;
mod generic;
mod object;
mod sort;
