//! Configurations as people have them, for Redis: what is in force afterwards, and what is said.

use crate::config::drop_in::{OnSocket, folder, value};
use std::fs;

/// One start of the server.
struct Case {
    /// Where such a configuration is met.
    what: &'static str,
    /// The text of its file; none is written if it is empty.
    file: &'static str,
    /// The words of its command line.
    words: &'static [&'static str],
    /// The password to give first.
    password: &'static str,
    /// What CONFIG GET has to show.
    in_force: &'static [(&'static str, &'static str)],
    /// Directives that have to be named in the one line of those without effect.
    named: &'static [&'static str],
}

/// A case without anything.
const PLAIN: Case =
    Case { what: "", file: "", words: &[], password: "", in_force: &[], named: &[] };

/// Start lines of compose files.
const COMPOSE: &[Case] = &[
    Case {
        what: "compose: snapshots and few log lines",
        words: &["--save", "60", "1", "--loglevel", "warning"],
        in_force: &[("save", "60 1"), ("loglevel", "warning")],
        ..PLAIN
    },
    Case {
        what: "compose: a password",
        words: &["--requirepass", "hunter2"],
        password: "hunter2",
        in_force: &[("requirepass", "hunter2")],
        ..PLAIN
    },
    Case {
        what: "compose: a cache that keeps nothing",
        words: &[
            "--maxmemory",
            "256mb",
            "--maxmemory-policy",
            "allkeys-lru",
            "--save",
            "",
            "--appendonly",
            "no",
        ],
        in_force: &[
            ("maxmemory", "268435456"),
            ("maxmemory-policy", "allkeys-lru"),
            ("save", ""),
            ("appendonly", "no"),
        ],
        ..PLAIN
    },
    Case {
        what: "compose: a queue that must not lose or evict",
        words: &["--appendonly yes", "--maxmemory-policy noeviction", "--appendfsync always"],
        in_force: &[
            ("appendonly", "yes"),
            ("maxmemory-policy", "noeviction"),
            ("appendfsync", "always"),
        ],
        ..PLAIN
    },
    Case {
        what: "compose: open to the other containers",
        words: &["--bind", "0.0.0.0", "--protected-mode", "no", "--tcp-keepalive", "60"],
        in_force: &[("bind", "0.0.0.0"), ("protected-mode", "no"), ("tcp-keepalive", "60")],
        ..PLAIN
    },
    Case {
        what: "compose: tuned without need",
        words: &["--io-threads", "4", "--io-threads-do-reads", "yes", "--activedefrag", "yes"],
        in_force: &[("io-threads", "4"), ("activedefrag", "yes")],
        named: &["io-threads", "io-threads-do-reads", "activedefrag"],
        ..PLAIN
    },
    Case {
        what: "compose: many databases and clients",
        words: &["--databases", "32", "--maxclients", "500", "--timeout", "300"],
        in_force: &[("databases", "32"), ("maxclients", "500"), ("timeout", "300")],
        ..PLAIN
    },
    Case {
        what: "compose: sessions that want to hear of expiry",
        words: &["--notify-keyspace-events", "Ex", "--lazyfree-lazy-eviction", "yes"],
        in_force: &[("notify-keyspace-events", "xE"), ("lazyfree-lazy-eviction", "yes")],
        named: &["lazyfree-lazy-eviction"],
        ..PLAIN
    },
];

/// Values that charts render into files.
const CHARTS: &[Case] = &[
    Case {
        what: "chart: commands that could destroy are taken away",
        file: "# User-supplied common configuration:\nappendonly yes\nsave \"\"\n\
               rename-command FLUSHDB \"\"\nrename-command FLUSHALL \"\"\n",
        in_force: &[("appendonly", "yes"), ("save", "")],
        ..PLAIN
    },
    Case {
        what: "chart: a primary with room for replicas",
        file: "dir .\nport 6379\nreplica-announce-port 6379\nreplica-announce-ip cache-0.cache\n\
               repl-diskless-sync yes\nmin-replicas-to-write 0\nrepl-backlog-size 64mb\n\
               masterauth secret\nrequirepass secret\n",
        password: "secret",
        in_force: &[("repl-backlog-size", "67108864"), ("masterauth", "secret")],
        named: &["replica-announce-ip", "repl-backlog-size", "masterauth"],
        ..PLAIN
    },
    Case {
        what: "chart: limits for slow readers",
        file: "client-output-buffer-limit normal 0 0 0\n\
               client-output-buffer-limit slave 512mb 256mb 60\n\
               client-output-buffer-limit pubsub 64mb 16mb 90\nmaxmemory 0\n",
        in_force: &[
            (
                "client-output-buffer-limit",
                "normal 0 0 0 slave 536870912 268435456 60 pubsub 67108864 16777216 90",
            ),
            ("maxmemory", "0"),
        ],
        ..PLAIN
    },
    Case {
        what: "chart: TLS turned off in every detail",
        file: "tls-port 0\ntls-replication no\ntls-cluster no\ntls-auth-clients yes\n\
               cluster-enabled no\nsupervised no\ndaemonize no\n",
        in_force: &[("tls-port", "0"), ("cluster-enabled", "no")],
        ..PLAIN
    },
    Case {
        what: "operator: a file and a second one of the user's",
        file: "maxmemory 1gb\nmaxmemory-samples 10\ninclude user/*.conf\n\
               hash-max-ziplist-entries 128\nslave-read-only no\n",
        in_force: &[
            ("maxmemory", "1073741824"),
            ("hash-max-listpack-entries", "128"),
            ("hash-max-ziplist-entries", "128"),
            ("replica-read-only", "no"),
        ],
        named: &["maxmemory-samples", "replica-read-only"],
        ..PLAIN
    },
];

/// What distributions install and guides advise.
const HOSTS: &[Case] = &[
    Case {
        what: "Debian-like: in the background, with three points to save",
        file: "bind 127.0.0.1 ::1\nprotected-mode yes\ntcp-backlog 511\ndaemonize yes\n\
               supervised auto\npidfile redis.pid\nloglevel notice\nlogfile \"\"\n\
               save 900 1\nsave 300 10\nsave 60 10000\nstop-writes-on-bgsave-error yes\n\
               rdbcompression yes\ndbfilename dump.rdb\nlua-time-limit 5000\nhz 10\n\
               aof-rewrite-incremental-fsync yes\nlist-max-ziplist-size -2\n",
        in_force: &[
            ("save", "900 1 300 10 60 10000"),
            ("busy-reply-threshold", "5000"),
            ("bind", "127.0.0.1 ::1"),
        ],
        named: &["daemonize"],
        ..PLAIN
    },
    Case {
        what: "RPM-like: its own folders, long values",
        file: "dir ./\nunixsocketperm 700\nalways-show-logo yes\nlatency-monitor-threshold 100\n\
               slowlog-log-slower-than 5000\nslowlog-max-len 1024\nproto-max-bulk-len 512mb\n\
               client-query-buffer-limit 1gb\nstream-node-max-bytes 4096\n",
        in_force: &[
            ("unixsocketperm", "700"),
            ("slowlog-max-len", "1024"),
            ("slowlog-log-slower-than", "5000"),
            ("latency-monitor-threshold", "100"),
            ("proto-max-bulk-len", "536870912"),
        ],
        named: &["always-show-logo"],
        ..PLAIN
    },
    Case {
        what: "old: a file of version 3, with CRLF line ends",
        file: "timeout 30\r\ntcp-keepalive 0\r\nlist-max-ziplist-entries 512\r\n\
               list-max-ziplist-value 64\r\nslave-serve-stale-data yes\r\n\
               zset-max-ziplist-value 32\r\n",
        in_force: &[("timeout", "30"), ("tcp-keepalive", "0"), ("zset-max-listpack-value", "32")],
        ..PLAIN
    },
    Case {
        what: "hardening guide: names nobody guesses, and nothing for strangers",
        file: "bind 127.0.0.1\nprotected-mode yes\nrename-command DEBUG \"\"\n\
               rename-command SHUTDOWN stop-9f86d081884c7d659a2feaa0c55ad015\n\
               rename-command KEYS \"\"\nenable-debug-command no\nenable-module-command no\n\
               requirepass \"a long \\\"pass\\\" phrase\"\nacllog-max-len 64\n",
        password: "a long \\\"pass\\\" phrase",
        in_force: &[("requirepass", "a long \"pass\" phrase"), ("acllog-max-len", "64")],
        ..PLAIN
    },
    Case {
        what: "latency guide: nothing that could wait for the disk",
        file: "save \"\"\nappendonly no\nno-appendfsync-on-rewrite yes\nhz 100\ndynamic-hz yes\n\
               disable-thp yes\nlazyfree-lazy-expire yes\nlazyfree-lazy-server-del yes\n\
               lazyfree-lazy-user-del yes\nreplica-lazy-flush yes\noom-score-adj relative\n",
        in_force: &[("hz", "100"), ("no-appendfsync-on-rewrite", "yes")],
        named: &["hz", "oom-score-adj", "no-appendfsync-on-rewrite"],
        ..PLAIN
    },
    Case {
        what: "memory guide: small forms, and shares of what there is",
        file: "maxmemory 50%\nmaxmemory-clients 5%\nhash-max-listpack-entries 1024\n\
               hash-max-listpack-value 1kb\nset-max-intset-entries 1024\n\
               set-max-listpack-entries 256\nactive-expire-effort 5\n",
        in_force: &[
            ("maxmemory-clients", "5%"),
            ("hash-max-listpack-value", "1024"),
            ("set-max-listpack-entries", "256"),
        ],
        named: &["active-expire-effort"],
        ..PLAIN
    },
    Case {
        what: "monitoring guide: percentiles and times",
        file: "latency-tracking yes\nlatency-tracking-info-percentiles 50 95 99.9\n\
               slowlog-log-slower-than -1\nauto-aof-rewrite-percentage 50\n\
               auto-aof-rewrite-min-size 128mb\n",
        in_force: &[
            ("latency-tracking-info-percentiles", "50 95 99.9"),
            ("slowlog-log-slower-than", "-1"),
            ("auto-aof-rewrite-min-size", "134217728"),
        ],
        ..PLAIN
    },
];

fn start(case: &Case) {
    let folder = folder();
    if !case.file.is_empty() {
        fs::write(folder.path().join("redis.conf"), case.file).expect("a write");
    }
    let mut server = OnSocket::with(folder, case.words);
    let mut client = server.client();
    if !case.password.is_empty() {
        assert_eq!(client.ask(&format!("AUTH \"{}\"", case.password)), "+OK", "{}", case.what);
    }
    for (name, expected) in case.in_force {
        assert_eq!(value(&mut client, name), *expected, "{}: {name}", case.what);
    }
    let log = server.log();
    let line = log.lines().find(|line| line.contains("Accepted without effect")).unwrap_or("");
    for name in case.named {
        assert!(line.contains(&format!(" {name} (")), "{}: {name} in '{line}'", case.what);
    }
}

/// Ensures that start lines of compose files mean what they mean for Redis.
#[test]
fn compose_lines() {
    COMPOSE.iter().for_each(start);
}

/// Ensures that files which charts and operators render mean what they mean for Redis.
#[test]
fn charts() {
    CHARTS.iter().for_each(start);
}

/// Ensures that files of distributions and guides mean what they mean for Redis.
#[test]
fn hosts() {
    HOSTS.iter().for_each(start);
}

/// Ensures that what would be a false promise or a hole is refused, with the reason, all at once.
#[test]
fn what_cannot_be_kept_is_refused() {
    let folder = folder();
    let refused = [
        ("tls-port 6380", "does not encrypt"),
        ("cluster-enabled yes", "no part of a cluster"),
        ("replicaof db 6379", "does not replicate"),
        ("slaveof db 6379", "does not replicate"),
        ("min-slaves-to-write 1", "could ever confirm a write"),
        ("loadmodule /usr/lib/redis/bloom.so", "no modules"),
        ("search.timeout 500", "no modules"),
        ("sentinel monitor m 127.0.0.1 6379 2", "no Sentinel"),
        ("maxmemory-policy nonsense", "one of the following"),
    ];
    let text: String = refused.iter().map(|(line, _)| format!("{line}\n")).collect();
    let path = folder.path().join("redis.conf");
    fs::write(&path, text).expect("a write");
    let mut command = std::process::Command::new(crate::process::PROGRAM);
    let output = command.arg(&path).output().expect("the program");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    for (at, (line, reason)) in refused.iter().enumerate() {
        let place = format!("{}, line {}\n>>> '{line}'\n", path.display(), at + 1);
        let reason_at = told.split(&place).nth(1).unwrap_or_else(|| panic!("{line} in {told}"));
        assert!(reason_at.lines().next().is_some_and(|told| told.contains(reason)), "{told}");
    }
    assert!(fs::read_dir(folder.path()).expect("a folder").count() == 1, "nothing was begun");
}

/// Ensures that the file which Debian installs starts the server, if it is installed here.
#[test]
fn debian_s_file() {
    let Ok(text) = fs::read_to_string("/etc/redis/redis.conf") else {
        eprintln!("skipped, because Debian's redis-server is not installed here");
        return;
    };
    let folder = folder();
    let own = ["dir ", "logfile ", "pidfile ", "port "];
    let lines = text.lines().filter(|line| !own.iter().any(|name| line.starts_with(name)));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    let text = text + "logfile redis.log\npidfile redis.pid\n";
    fs::write(folder.path().join("redis.conf"), text).expect("a write");
    let mut server = OnSocket::with(folder, &[]);
    let mut client = server.client();
    for (name, expected) in [("bind", "127.0.0.1 -::1"), ("appendfsync", "everysec")] {
        assert_eq!(value(&mut client, name), expected, "{name}");
    }
    let log = fs::read_to_string(server.path().join("redis.log")).expect("a log");
    let ignored: Vec<&str> =
        log.lines().filter(|line| line.contains("Accepted without effect")).collect();
    assert_eq!(ignored.len(), 1, "{log}");
    assert!(ignored[0].contains("daemonize (the server stays in the foreground"), "{log}");
}
