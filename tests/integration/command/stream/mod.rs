//! Streams and their groups.

mod entries;
mod groups;
mod info;
mod log;
mod ranges;
mod read;
mod waiting;
