//! Tests of the keyspace as a whole.

mod eviction_order;
mod growth;
mod key_events;
mod model;
