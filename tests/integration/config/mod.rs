//! Tests of the directives, from the command line to CONFIG REWRITE.

mod config_list;
mod drop_in;
mod file;
mod real;
mod rewrite;
mod users;
