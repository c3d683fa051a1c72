//! Storage of entries: databases of segments, in order of use, and the memory that they take.

pub(crate) mod database;
pub mod entry;
pub mod eviction;
pub mod footprint;
pub mod frequency;
pub(crate) mod growth;
pub mod hasher;
pub(crate) mod position;
pub(crate) mod segment;
pub mod snapshot;
