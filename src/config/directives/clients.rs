//! What clients may take.

use crate::config::directive::{Directive, at};
use crate::config::notations::EVENTS;
use crate::config::notations::OUTPUT_LIMITS;
use crate::config::shape::Shape;
use crate::config::words::LONG;

const MEGABYTE: i64 = 1 << 20;

/// The rows.
pub static ROWS: &[Directive] = &[
    Directive::new(
        "maxclients",
        Shape::Integer(1, u32::MAX as i64),
        "10000",
        "clients served at the same time, a thread for each",
    )
    .at(at!(maxclients))
    .settable(),
    Directive::new(
        "client-output-buffer-limit",
        Shape::Own(&OUTPUT_LIMITS),
        "normal 0 0 0 replica 256mb 64mb 60 pubsub 32mb 8mb 60",
        "bytes that may wait to be sent to a client: class, hard limit, soft limit, seconds",
    )
    .settable(),
    Directive::new(
        "client-query-buffer-limit",
        Shape::Bytes(MEGABYTE, LONG),
        "1gb",
        "bytes of one request",
    )
    .at(at!(client_query_buffer_limit))
    .settable()
    .without_effect("a request has up to 1 GB"),
    Directive::new(
        "proto-max-bulk-len",
        Shape::Bytes(MEGABYTE, LONG),
        "512mb",
        "bytes of one argument or value",
    )
    .at(at!(proto_max_bulk_len))
    .settable()
    .without_effect("an argument has up to 512 MB"),
    Directive::new(
        "maxmemory-clients",
        Shape::BytesOrPercent,
        "0",
        "bytes, or per cent of maxmemory, that all clients may hold; 0 is no limit",
    )
    .at(at!(maxmemory_clients))
    .settable(),
    Directive::new(
        "tracking-table-max-keys",
        Shape::Integer(0, LONG),
        "1000000",
        "keys that are remembered for clients that cache",
    )
    .at(at!(tracking_table_max_keys))
    .settable(),
    Directive::new(
        "notify-keyspace-events",
        Shape::Own(&EVENTS),
        "",
        "which changes of keys are published: a letter for each class, K and E for the channels",
    )
    .settable(),
    Directive::new(
        "busy-reply-threshold",
        Shape::Integer(0, LONG),
        "5000",
        "milliseconds of a script after which other clients get BUSY",
    )
    .alias("lua-time-limit")
    .at(at!(busy_reply_threshold))
    .settable(),
];
