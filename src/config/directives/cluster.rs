//! Redis Cluster: this server is no member, but it can emulate a cluster of one.

use crate::config::directive::{Directive, at};
use crate::config::shape::Shape;
use crate::config::words::{INT, LONG};

const ALONE: &str = "cluster support is not there";

/// The rows.
pub static ROWS: &[Directive] = &[
    Directive::new(
        "cluster-enabled",
        Shape::YesNo,
        "no",
        "whether the server is part of a cluster",
    )
    .refused("respool is no part of a cluster: keys of other slots would be lost to its clients"),
    Directive::new(
        "cluster-emulation",
        Shape::YesNo,
        "no",
        "whether CLUSTER says that this server has all slots, for clients that need a cluster",
    )
    .at(at!(cluster_emulation)),
    Directive::new("cluster-config-file", Shape::Text, "nodes.conf", "file of the cluster's state")
        .without_effect(ALONE),
    Directive::new("cluster-port", Shape::Integer(0, 65535), "0", "port for the other servers")
        .without_effect(ALONE),
    Directive::new(
        "cluster-node-timeout",
        Shape::Integer(0, LONG),
        "15000",
        "milliseconds without a sign of life",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "cluster-replica-validity-factor",
        Shape::Integer(0, INT),
        "10",
        "age at which a replica stays one",
    )
    .alias("cluster-slave-validity-factor")
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "cluster-migration-barrier",
        Shape::Integer(0, INT),
        "1",
        "replicas that a master keeps",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "cluster-allow-replica-migration",
        Shape::YesNo,
        "yes",
        "whether replicas change masters",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "cluster-require-full-coverage",
        Shape::YesNo,
        "yes",
        "whether all slots must be served",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "cluster-replica-no-failover",
        Shape::YesNo,
        "no",
        "whether this replica stays one",
    )
    .alias("cluster-slave-no-failover")
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "cluster-allow-reads-when-down",
        Shape::YesNo,
        "no",
        "whether a broken cluster is read",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "cluster-allow-pubsubshard-when-down",
        Shape::YesNo,
        "yes",
        "whether its channels work",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "cluster-link-sendbuf-limit",
        Shape::Bytes(0, LONG),
        "0",
        "bytes waiting for another server",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "cluster-announce-ip",
        Shape::Text,
        "",
        "address for clients of an emulated cluster; by default the one that they have used",
    )
    .at(at!(cluster_announce_ip))
    .settable(),
    Directive::new(
        "cluster-announce-hostname",
        Shape::Checked(host_name),
        "",
        "name told to others",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new("cluster-announce-human-nodename", Shape::Text, "", "name for log lines")
        .settable()
        .without_effect(ALONE),
    Directive::new(
        "cluster-announce-port",
        Shape::Integer(0, 65535),
        "0",
        "port for clients of an emulated cluster; 0 is the one that they have used",
    )
    .at(at!(cluster_announce_port))
    .settable(),
    Directive::new(
        "cluster-announce-tls-port",
        Shape::Integer(0, 65535),
        "0",
        "TLS port told to others",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "cluster-announce-bus-port",
        Shape::Integer(0, 65535),
        "0",
        "bus port told to others",
    )
    .settable()
    .without_effect(ALONE),
    Directive::new(
        "cluster-preferred-endpoint-type",
        Shape::OneOf(&["ip", "hostname", "unknown-endpoint"]),
        "ip",
        "what clients are sent to",
    )
    .settable()
    .without_effect(ALONE),
];

/// Redis's rule for the name of a host.
fn host_name(name: &[u8]) -> Result<(), String> {
    if name.len() >= 256 {
        return Err("Hostnames must be less than 256 characters".to_owned());
    }
    match name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(byte)) {
        true => Ok(()),
        false => {
            Err("Hostnames may only contain alphanumeric characters, hyphens or dots".to_owned())
        }
    }
}
