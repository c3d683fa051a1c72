//! Replication, which is not implemented: one server, one copy.

use crate::config::directive::Directive;
use crate::config::notations::REPLICAOF;
use crate::config::shape::Shape;
use crate::config::words::{INT, LONG};

const ALONE: &str = "respool does not replicate";

/// The rows.
pub static ROWS: &[Directive] = &[
    Directive::new("replicaof", Shape::Own(&REPLICAOF), "", "server to follow: none")
        .alias("slaveof")
        .refused(ALONE),
    Directive::new("masteruser", Shape::Text, "", "name for the master")
        .settable()
        .without_effect(ALONE),
    Directive::new("masterauth", Shape::Text, "", "password for the master")
        .settable()
        .secret()
        .without_effect(ALONE),
    Directive::new(
        "replica-serve-stale-data",
        Shape::YesNo,
        "yes",
        "whether a replica serves while it waits",
    )
    .alias("slave-serve-stale-data")
    .settable()
    .without_effect(ALONE),
    Directive::new("replica-read-only", Shape::YesNo, "yes", "whether a replica refuses writes")
        .alias("slave-read-only")
        .settable()
        .without_effect(ALONE),
    Directive::new("replica-priority", Shape::Integer(0, INT), "100", "rank for Sentinel")
        .alias("slave-priority")
        .settable()
        .without_effect(ALONE),
    Directive::new("replica-announced", Shape::YesNo, "yes", "whether Sentinel lists this replica")
        .settable()
        .without_effect(ALONE),
    Directive::new("replica-announce-ip", Shape::Text, "", "address told to the master")
        .alias("slave-announce-ip")
        .settable()
        .without_effect(ALONE),
    Directive::new(
        "replica-announce-port",
        Shape::Integer(0, 65535),
        "0",
        "port told to the master",
    )
    .alias("slave-announce-port")
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "replica-lazy-flush",
        Shape::YesNo,
        "no",
        "whether a replica frees old data later",
    )
    .alias("slave-lazy-flush")
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "replica-ignore-maxmemory",
        Shape::YesNo,
        "yes",
        "whether a replica leaves eviction to its master",
    )
    .alias("slave-ignore-maxmemory")
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "replica-ignore-disk-write-errors",
        Shape::YesNo,
        "no",
        "whether a replica goes on with a full disk",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "repl-diskless-sync",
        Shape::YesNo,
        "yes",
        "whether a snapshot is sent without a file",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "repl-diskless-sync-delay",
        Shape::Integer(0, INT),
        "5",
        "seconds to wait for more replicas",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "repl-diskless-sync-max-replicas",
        Shape::Integer(0, INT),
        "0",
        "replicas not to wait longer for",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "repl-diskless-load",
        Shape::OneOf(&["disabled", "on-empty-db", "swapdb"]),
        "disabled",
        "whether it is loaded without a file",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new("repl-disable-tcp-nodelay", Shape::YesNo, "no", "whether packets are gathered")
        .settable()
        .without_effect(ALONE),
    Directive::new(
        "repl-ping-replica-period",
        Shape::Integer(1, INT),
        "10",
        "seconds between two pings",
    )
    .alias("repl-ping-slave-period")
    .settable()
    .without_effect(ALONE),
    Directive::new("repl-timeout", Shape::Integer(1, INT), "60", "seconds without a sign of life")
        .settable()
        .without_effect(ALONE),
    Directive::new("repl-backlog-size", Shape::Bytes(1, LONG), "1mb", "bytes kept for replicas")
        .settable()
        .without_effect(ALONE),
    Directive::new("repl-backlog-ttl", Shape::Integer(0, LONG), "3600", "seconds they are kept")
        .settable()
        .without_effect(ALONE),
    Directive::new(
        "min-replicas-max-lag",
        Shape::Integer(0, INT),
        "10",
        "seconds a replica may lag",
    )
    .alias("min-slaves-max-lag")
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "propagation-error-behavior",
        Shape::OneOf(&["ignore", "panic", "panic-on-replicas"]),
        "ignore",
        "what follows if a replica differs",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "min-replicas-to-write",
        Shape::Integer(0, INT),
        "0",
        "replicas below which writes are refused",
    )
    .alias("min-slaves-to-write")
    .settable()
    .refused("respool does not replicate, so no replica could ever confirm a write"),
];
