//! Side by side with the originals: Debian's `redis-server`, and `redis-cli` and `redis-benchmark`
//! as clients of ours. `make compat` runs these tests; they need the packages `redis-server` and
//! `redis-tools`.

mod clients;
mod commands;
mod connection;
mod differential;
mod history;
mod random;
mod rare;
mod replies;
mod servers;
mod walks;
mod words;
