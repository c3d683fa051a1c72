//! Debian's prometheus-redis-exporter: the metrics that dashboards and alarms are built on.

use crate::servers::{Guarded, PATIENCE, Server, free_address, is_up};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};

/// Starts an exporter that asks this server, and returns where it is scraped.
fn exporter(server: &Server) -> (SocketAddr, Guarded) {
    for _ in 0..5 {
        let address = free_address();
        let mut command = Command::new("prometheus-redis-exporter");
        command.args(["--redis.addr", &format!("redis://{}", server.address)]);
        command.args(["--web.listen-address", &address.to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut child = Guarded(child.expect("prometheus-redis-exporter, from its package"));
        if is_up(&mut child.0, address) {
            return (address, child);
        }
    }
    panic!("prometheus-redis-exporter did not start");
}

/// Every metric by its name, labels included.
fn scrape(address: SocketAddr) -> BTreeMap<String, f64> {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").expect("it reads");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let lines = text.lines().filter(|line| line.starts_with("redis_"));
    let metric = |line: &str| {
        let (name, value) = line.rsplit_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    lines.filter_map(metric).collect()
}

/// Sends inline requests and returns the replies.
fn send(server: &Server, requests: &str) -> String {
    let mut stream = TcpStream::connect(server.address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
    stream.write_all(format!("{requests}QUIT\r\n").as_bytes()).expect("it reads");
    let mut replies = String::new();
    stream.read_to_string(&mut replies).expect("replies");
    replies
}

/// Ensures that the exporter finds the server up, and the essentials at their true values: memory,
/// clients, commands by name, keys, evictions, expiries, the append-only file's state.
#[test]
fn the_exporter_finds_the_essentials() {
    let flags = ["--port", "any", "--maxmemory", "1mb", "--maxmemory-policy", "allkeys-lru"];
    let server = Server::respool_with(&flags);
    let (address, _exporter) = exporter(&server);
    let value = "x".repeat(1_000);
    send(&server, "SET brief v PX 1\r\n");
    while send(&server, "EXISTS brief\r\n").starts_with(":1") {}
    let mut requests = String::from("GET nothing\r\nINCR n\r\nSET n x NONSENSE\r\n");
    (0..3_000).for_each(|at| requests.push_str(&format!("SET key:{at} {value}\r\n")));
    requests.push_str("GET key:2999\r\nSET lasting v EX 1000\r\nGET brief\r\n");
    send(&server, &requests);

    // The process's size is looked at now and then, and first a moment after the start.
    let mut metrics = scrape(address);
    while metrics.get("redis_memory_used_rss_bytes") == Some(&0.0) {
        metrics = scrape(address);
    }
    let metric = |name: &str| {
        let found = metrics.get(name).copied();
        found.unwrap_or_else(|| panic!("{name} is not in {metrics:#?}"))
    };
    for (name, expected) in [
        ("redis_up", 1.0),
        ("redis_exporter_last_scrape_error{err=\"\"}", 0.0),
        ("redis_memory_max_bytes", 1_048_576.0),
        ("redis_config_maxmemory", 1_048_576.0),
        ("redis_config_maxclients", 10_000.0),
        ("redis_commands_total{cmd=\"get\"}", 3.0),
        ("redis_commands_total{cmd=\"incr\"}", 1.0),
        ("redis_commands_failed_calls_total{cmd=\"set\"}", 1.0),
        ("redis_expired_keys_total", 1.0),
        ("redis_db_keys_expiring{db=\"db0\"}", 1.0),
        ("redis_aof_enabled", 0.0),
    ] {
        assert_eq!(metric(name), expected, "{name}");
    }
    for name in [
        "redis_connected_clients",
        "redis_memory_used_bytes",
        "redis_memory_used_rss_bytes",
        "redis_db_keys{db=\"db0\"}",
        "redis_evicted_keys_total",
        "redis_keyspace_hits_total",
        "redis_keyspace_misses_total",
        "redis_net_input_bytes_total",
        "redis_net_output_bytes_total",
        "redis_commands_duration_seconds_total{cmd=\"set\"}",
        "redis_start_time_seconds",
    ] {
        assert!(metric(name) > 0.0, "{name}");
    }
    let evicted = metric("redis_evicted_keys_total");
    let kept = metric("redis_db_keys{db=\"db0\"}");
    assert!(evicted + kept >= 3_000.0 && evicted + kept <= 3_003.0, "{evicted} and {kept}");
}
