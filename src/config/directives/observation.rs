//! What the server remembers about its own work.

use crate::config::directive::{Directive, at};
use crate::config::notations::PERCENTILES;
use crate::config::shape::Shape;
use crate::config::words::LONG;

/// The rows.
pub static ROWS: &[Directive] = &[
    Directive::new(
        "slowlog-log-slower-than",
        Shape::Integer(-1, LONG),
        "10000",
        "microseconds from which on the slow log takes a command; 0 is all, -1 is none",
    )
    .at(at!(slowlog_log_slower_than))
    .settable(),
    Directive::new("slowlog-max-len", Shape::Integer(0, LONG), "128", "commands it keeps")
        .at(at!(slowlog_max_len))
        .settable(),
    Directive::new(
        "latency-monitor-threshold",
        Shape::Integer(0, LONG),
        "0",
        "milliseconds from which on LATENCY takes an event; 0 is none",
    )
    .at(at!(latency_monitor_threshold))
    .settable(),
    Directive::new(
        "latency-tracking",
        Shape::YesNo,
        "yes",
        "whether INFO and LATENCY show how long commands take",
    )
    .at(at!(latency_tracking))
    .settable(),
    Directive::new(
        "latency-tracking-info-percentiles",
        Shape::Own(&PERCENTILES),
        "50 99 99.9",
        "which percentiles INFO shows",
    )
    .settable()
    .without_effect("INFO shows the percentiles 50, 99 and 99.9"),
    Directive::new(
        "trace",
        Shape::YesNo,
        "no",
        "whether the log has a line for each batch of requests (a directive of respool's own)",
    )
    .at(at!(trace))
    .settable(),
    Directive::new(
        "trace-clients",
        Shape::Text,
        "",
        "the clients that are traced, by name or number; none is all (of respool's own)",
    )
    .at(at!(trace_clients))
    .settable(),
];
