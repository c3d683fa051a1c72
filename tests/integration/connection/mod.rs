//! Tests of bytes on the wire.

mod library;
mod pipelines;
mod protocol;
mod tracing;
