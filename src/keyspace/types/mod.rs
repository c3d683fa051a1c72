//! The types of values: everything that is known about a type is in its own file or folder.
//!
//! They are plain structures, without keys, locks, clocks or commands. A small value is one
//! [`packed`] block, which takes little more than the bytes it holds; a large one is made of
//! counted chunks, so that a snapshot can hold it and the first change afterwards copies one chunk
//! and never the value.

pub mod chunked;
pub mod element;
pub mod encoding;
pub mod form;
pub mod hash;
pub mod list;
pub mod packed;
pub mod paged_map;
pub mod score;
pub mod segments;
pub mod set;
pub mod sorted_set;
pub mod stream;

pub use element::Element;
pub use encoding::{Encoding, Encodings, Listpack, SetNames, StreamNodes};
pub use hash::Hash;
pub use list::List;
pub use packed::{Block, Item, Packed, TwoWay};
pub use segments::Segments;
pub use set::Set;
pub use sorted_set::SortedSet;
pub use stream::Stream;
