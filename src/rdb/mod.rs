//! RDB, the snapshot format of Redis: read in every version, written in the oldest form.
//!
//! ```text
//! REDIS0010                              a word and a version
//!   fa name value …                      information: which server wrote it, and when
//!   f5 code …                            function libraries
//!   fe db  fb keys expiring              a database, and how large it is
//!     [fc moment] [f8 idle] [f9 used]    what the next key has
//!     encoding key value                 one byte, a string, and what the encoding says
//!     …
//! ff crc64                               the end, and a sum of all bytes before
//!
//!   read                                    write
//!   ────                                    ─────
//!   bytes ─► source ─► read ──► events      walk of the keyspace
//!                       │                        │
//!                       ▼ value, stream          ▼ write, value_writer, node
//!                     pieces ─► a sink         target ─► bytes
//! ```
//!
//! The module knows bytes and [pieces of values](piece): no keyspace, no commands, no threads, no
//! files. A loader implements [`piece::Sink`]; a saver calls [`write::Writer`]. A
//! [`payload`] of DUMP is the same value in another wrapping.
//!
//! # The forms of values
//!
//! Redis writes small values as it keeps them, in one *packed block*, and its ways to pack changed:
//! [`zipmap`] (2.4), [`ziplist`] (2.6 to 6.2) and [`intset`], [`listpack`] (7.0). All are read.
//! Written are counts and strings alone, which every server reads and packs again by its own rule;
//! streams have no such form. Strings are compressed by [`lzf`].
//!
//! # Invariants
//!
//! - Every length is hostile. Memory is given for bytes that arrived, never for an announcement.
//! - A packed block is verified as a whole before its first element is passed on.
//! - An error names the byte, and nothing can be read after it.
//! - The end is reported only when the check sum is right.
//!
//! # Where to begin
//!
//! [`read::Reader`] → `source.rs` → `value.rs` → [`ziplist`]; then [`write::Writer`].

pub mod check;
pub mod crc64;
pub mod error;
pub mod format;
pub mod intset;
pub mod listpack;
pub mod lzf;
pub mod model;
pub mod module;
mod node;
pub mod packed;
pub mod payload;
pub mod piece;
pub mod read;
mod source;
mod stream;
mod target;
#[cfg(test)]
mod tests;
mod value;
pub mod value_writer;
pub mod write;
pub mod ziplist;
pub mod zipmap;
