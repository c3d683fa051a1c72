//! Values as pieces of an RDB file or payload, and back.
//!
//! [`crate::keyspace`] and [`crate::rdb`] do not know each other. Here a value is written element
//! by element ([`encode`]), and built from the pieces that a reader passes on ([`decode`]); a whole
//! snapshot is a [`stream`].
//! Locks, files and threads are the caller's.

pub mod decode;
mod decode_stream;
pub mod encode;
pub mod stream;
