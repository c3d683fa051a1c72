//! The keyspace: databases (sixteen by default) of entries with an exact order of use (LRU).
//!
//! A plain structure behind `&mut self`: no locks, no clock, no sockets, no protocol. The holder of
//! the lock (see [`crate::shared`]) passes the time in. A command works through [`Keys`], the view
//! of one database at one moment; every change goes through one of its few *mutators*, which keep
//! the deadline index, the accounts and the counters consistent.
//!
//! Expired entries do not exist for commands: a lookup that meets one removes it. The housekeeper
//! removes the others with [`Keyspace::sweep`]. Values that are costly to drop are moved to
//! [`Keyspace::garbage`], which the lock's holder empties after releasing the lock.
//!
//! # Layers
//!
//! | module | job |
//! |---|---|
//! | `aside` | changes of which nobody is informed |
//! | [`keys`], `eviction`, `field_expiry`, `snapshot`, [`figures`] | one database at one moment, as handlers see it; work on all
//! databases |
//! | [`databases`] | all databases, and what they share |
//! | [`store`] | entries in order of use, in segments |
//! | [`value`] | what a key can hold: the list of all types |
//! | [`string`], [`types`] | the types |
//! | [`value_type`] | what has to be known about a type |
//! | [`watch`], [`waiters`], [`events`], [`invalidations`], `propagation` | informing others about changes |
//! | [`bytes`] | strings that are short in place and long by reference |
//! | [`table_size`] | the size of a hash table |
//! | [`allocation`] | the size of an allocation |

pub mod allocation;
mod aside;
pub mod bytes;
pub mod databases;
pub mod events;
pub mod eviction;
mod field_expiry;
pub mod figures;
pub mod invalidations;
pub mod keys;
mod propagation;
pub mod snapshot;
pub mod store;
pub mod string;
pub mod table_size;
pub mod types;
pub mod value;
pub mod value_type;
pub mod waiters;
pub mod watch;

pub use bytes::{Key, Text};
pub use databases::{Counters, Garbage, Keyspace};
pub use events::Event;
pub use eviction::Eviction;
pub use figures::Figures;
pub use keys::{Changed, Keys};
pub use propagation::{Propagation, Removal};
pub use store::entry::{Entry, LastUse};
pub use store::frequency::Frequency;
pub use store::hasher::SharedHasher;
pub use types::{Encodings, Hash, List, Set, SortedSet, Stream};
pub use value::Value;
pub use value_type::{ValueType, WrongType};
pub use watch::Watch;
