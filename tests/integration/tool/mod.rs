//! Tests of the tools of the binary: `check-aof`, `check-rdb`, `cli`, `ping`.

pub mod check_aof;
mod check_rdb;
mod cli;
mod cli_format;
mod cli_prompt;
mod ping;
