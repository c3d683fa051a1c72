//! Where clients come in.

use crate::config::directive::{Directive, at};
use crate::config::notations::{BIND, PORT};
use crate::config::shape::Shape;
use crate::config::words::INT;

/// The rows.
pub static ROWS: &[Directive] = &[
    Directive::new(
        "port",
        Shape::Own(&PORT),
        "6379",
        "TCP port to listen on; 0 is none, 'any' lets the system choose",
    ),
    Directive::new(
        "bind",
        Shape::Own(&BIND),
        "127.0.0.1",
        "addresses or names to listen on; * is all of IPv4, -::* all of IPv6 if there is any",
    ),
    Directive::new("unixsocket", Shape::Text, "", "path of a Unix socket to listen on as well")
        .at(at!(unixsocket)),
    Directive::new(
        "unixsocketperm",
        Shape::Mode,
        "0",
        "who may connect to it, in chmod's octal notation; 0 leaves that to the file mode mask",
    )
    .at(at!(unixsocketperm)),
    Directive::new(
        "protected-mode",
        Shape::YesNo,
        "yes",
        "whether clients on other machines are denied as long as no password is set",
    )
    .at(at!(protected_mode))
    .settable(),
    Directive::new(
        "tcp-backlog",
        Shape::Integer(0, INT),
        "511",
        "connections that may wait to be accepted; the kernel has a limit of its own",
    )
    .at(at!(tcp_backlog)),
    Directive::new(
        "timeout",
        Shape::Integer(0, INT),
        "0",
        "seconds of silence after which a client is closed; 0 is never",
    )
    .at(at!(timeout))
    .settable(),
    Directive::new(
        "tcp-keepalive",
        Shape::Integer(0, INT),
        "300",
        "seconds of silence after which the kernel probes whether a client is there; 0 is never",
    )
    .at(at!(tcp_keepalive))
    .settable(),
    Directive::new("bind-source-addr", Shape::Text, "", "address of outgoing connections")
        .settable()
        .without_effect("there are no outgoing connections"),
    Directive::new("socket-mark-id", Shape::Integer(0, u32::MAX as i64), "0", "mark of sockets")
        .without_effect("sockets are not marked"),
];
