//! Tests of the keyspace as a whole.

mod eviction_order;
mod field_deadlines;
mod growth;
mod key_events;
mod model;
