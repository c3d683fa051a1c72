//! The process: its folder, its supervisor, and its log.

use crate::config::directive::{Directive, at};
use crate::config::notations::{DIR, HZ, OOM_SCORES};
use crate::config::shape::Shape;
use crate::config::words::INT;

const CPUS: &str = "threads run where the kernel puts them";
const STOPS: &[&str] = &["default", "save", "nosave", "now", "force"];

/// The rows.
pub static ROWS: &[Directive] = &[
    Directive::new(
        "dir",
        Shape::Own(&DIR),
        ".",
        "folder for what the server writes, and what relative paths are relative to",
    )
    .protected(),
    Directive::new(
        "logfile",
        Shape::Text,
        "",
        "file that log lines are added to, opened for each; without one, standard error",
    )
    .at(at!(logfile)),
    Directive::new(
        "loglevel",
        Shape::OneOf(&["debug", "verbose", "notice", "warning", "nothing"]),
        "notice",
        "least important log lines to show: debug, verbose, notice, warning or nothing",
    )
    .at(at!(loglevel))
    .settable(),
    Directive::new(
        "pidfile",
        Shape::Text,
        "",
        "file with the number of the process, removed at the end",
    )
    .at(at!(pidfile)),
    Directive::new(
        "supervised",
        Shape::OneOf(&["upstart", "systemd", "auto", "no"]),
        "no",
        "the supervisor to notify of readiness: systemd, or auto if NOTIFY_SOCKET is set",
    )
    .at(at!(supervised)),
    Directive::new("daemonize", Shape::YesNo, "no", "whether to go into the background")
        .at(at!(daemonize))
        .without_effect("the server stays in the foreground, as containers and units want it"),
    Directive::new("hz", Shape::Own(&HZ), "10", "rounds of background work in a second")
        .settable()
        .without_effect("the housekeeper makes ten rounds a second"),
    Directive::new("dynamic-hz", Shape::YesNo, "yes", "whether hz follows the number of clients")
        .settable()
        .without_effect("the housekeeper makes ten rounds a second"),
    Directive::new("syslog-enabled", Shape::YesNo, "no", "whether log lines go to syslog").refused(
        "respool does not speak to syslog: log lines go to standard error or to 'logfile'",
    ),
    Directive::new("syslog-ident", Shape::Text, "redis", "name in syslog")
        .without_effect("log lines do not go to syslog"),
    Directive::new(
        "syslog-facility",
        Shape::OneOf(&[
            "user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
        ]),
        "local0",
        "facility in syslog",
    )
    .without_effect("log lines do not go to syslog"),
    Directive::new("crash-log-enabled", Shape::YesNo, "yes", "whether a crash is reported")
        .settable()
        .without_effect("a bug closes one connection and is one line in the log"),
    Directive::new("crash-memcheck-enabled", Shape::YesNo, "yes", "memory test after a crash")
        .settable()
        .without_effect("a bug closes one connection and is one line in the log"),
    Directive::new("always-show-logo", Shape::YesNo, "no", "whether a picture is logged")
        .without_effect("there is no logo"),
    Directive::new("set-proc-title", Shape::YesNo, "yes", "whether the process's name tells more")
        .without_effect("the process's name stays what it was started as"),
    Directive::new(
        "proc-title-template",
        Shape::Checked(title),
        "{title} {listen-addr} {server-mode}",
        "what the process's name tells",
    )
    .settable()
    .without_effect("the process's name stays what it was started as"),
    Directive::new("io-threads", Shape::Integer(1, 128), "1", "threads that read and write")
        .without_effect("every client has a thread of its own"),
    Directive::new("io-threads-do-reads", Shape::YesNo, "no", "whether those threads read")
        .without_effect("every client has a thread of its own"),
    Directive::new("server_cpulist", Shape::Text, "", "cores of the main thread")
        .without_effect(CPUS),
    Directive::new("bio_cpulist", Shape::Text, "", "cores of background threads")
        .without_effect(CPUS),
    Directive::new("aof_rewrite_cpulist", Shape::Text, "", "cores of the log's rewrite")
        .without_effect(CPUS),
    Directive::new("bgsave_cpulist", Shape::Text, "", "cores of snapshots").without_effect(CPUS),
    Directive::new(
        "oom-score-adj",
        Shape::OneOf(&["no", "yes", "relative", "absolute"]),
        "no",
        "whether the kernel is advised which process to kill first",
    )
    .settable()
    .without_effect("there is one process; the container or the unit sets its score"),
    Directive::new("oom-score-adj-values", Shape::Own(&OOM_SCORES), "0 200 800", "those scores")
        .settable()
        .without_effect("there is one process; the container or the unit sets its score"),
    Directive::new("disable-thp", Shape::YesNo, "yes", "whether huge pages are turned off")
        .without_effect("no process is forked, so huge pages do no harm"),
    Directive::new("ignore-warnings", Shape::Text, "", "faulty kernels to start on")
        .settable()
        .without_effect("the fault of those kernels concerns snapshots by fork"),
    Directive::new("locale-collate", Shape::Text, "", "alphabet of SORT ALPHA")
        .settable()
        .without_effect("texts are compared byte by byte"),
    Directive::new("shutdown-on-sigterm", Shape::SomeOf(STOPS), "default", "how SIGTERM stops")
        .settable()
        .without_effect("a signal stops in good order, with the log synced"),
    Directive::new("shutdown-on-sigint", Shape::SomeOf(STOPS), "default", "how SIGINT stops")
        .settable()
        .without_effect("a signal stops in good order, with the log synced"),
    Directive::new(
        "shutdown-timeout",
        Shape::Integer(0, INT),
        "10",
        "seconds to wait for replicas",
    )
    .settable()
    .without_effect("there are no replicas to wait for"),
    Directive::new("jemalloc-bg-thread", Shape::YesNo, "yes", "whether jemalloc has a thread")
        .settable()
        .without_effect("the allocator is the C library's"),
];

/// Redis's rule for the template: variables in braces, each of a known name, and something to show
/// besides those that may be empty.
fn title(template: &[u8]) -> Result<(), String> {
    const MAY_BE_EMPTY: [&[u8]; 2] = [b"title", b"server-mode"];
    const OTHERS: [&[u8]; 5] =
        [b"listen-addr", b"port", b"tls-port", b"unixsocket", b"config-file"];
    let mut parts = template.split(|byte| *byte == b'{');
    let mut shows_something = parts.next().is_some_and(|text| !text.is_empty());
    for part in parts {
        let name = part.split(|byte| *byte == b'}').next().unwrap_or(b"");
        let is_known = MAY_BE_EMPTY.contains(&name) || OTHERS.contains(&name);
        if name.len() == part.len() || !is_known {
            shows_something = false;
            break;
        }
        shows_something |= OTHERS.contains(&name) || part.len() > name.len() + 1;
    }
    match shows_something {
        true => Ok(()),
        false => Err("template format is invalid or contains unknown variables".to_owned()),
    }
}
