//! INFO: sections, and figures that are true.

use crate::support::TestServer;
use respool::config::memory::MaxMemory;
use respool::policy::Policy;
use std::collections::BTreeMap;

/// The text of an INFO reply in RESP2.
fn text(server: &TestServer, request: &str) -> String {
    let mut client = server.client();
    client.say(request);
    let reply = String::from_utf8(client.reply()).expect("text");
    let (head, body) = reply.split_once("\r\n").expect("a bulk string");
    let body = body.strip_suffix("\r\n").expect("a bulk string's end");
    assert_eq!(head, format!("${}", body.len()), "a bulk string in RESP2");
    body.to_owned()
}

/// The fields of an INFO reply.
fn fields(server: &TestServer, request: &str) -> BTreeMap<String, String> {
    let text = text(server, request);
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pair = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("a field: {line}"));
        (name.to_owned(), value.to_owned())
    };
    lines.map(pair).collect()
}

fn titles(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("# ")).collect()
}

/// Ensures that INFO has the sections that tools read, each line ended as they split it.
#[test]
fn sections_are_titled_and_separated() {
    let server = TestServer::start();
    let info = text(&server, "INFO");
    let found = titles(&info);
    let common = [
        "Server",
        "Clients",
        "Memory",
        "Persistence",
        "Stats",
        "Replication",
        "CPU",
        "Modules",
        "Errorstats",
        "Cluster",
        "Keyspace",
    ];
    assert_eq!(found, common);
    for title in common {
        assert!(
            info.starts_with(&format!("# {title}\r\n"))
                || info.contains(&format!("\r\n\r\n# {title}\r\n")),
            "an empty line before {title}"
        );
    }
    assert_eq!(titles(&text(&server, "INFO default")), common);
    assert_eq!(info.matches('\n').count(), info.matches("\r\n").count());
    assert!(info.ends_with("\r\n"));
    for all in ["INFO all", "info EVERYTHING", "INFO default commandstats latencystats"] {
        let info = text(&server, all);
        let mut expected = common.to_vec();
        expected.insert(8, "Commandstats");
        expected.insert(10, "Latencystats");
        assert_eq!(titles(&info), expected, "{all}");
    }
}

/// Ensures that sections can be asked for one by one and together, in any case.
#[test]
fn sections_can_be_chosen() {
    let server = TestServer::start();
    assert_eq!(titles(&text(&server, "INFO cpu")), ["CPU"]);
    assert_eq!(
        titles(&text(&server, "INFO Clients REPLICATION clients")),
        ["Clients", "Replication"]
    );
    assert_eq!(text(&server, "INFO nonsense"), "");
    assert_eq!(titles(&text(&server, "INFO nonsense keyspace")), ["Keyspace"]);
}

/// Ensures that INFO is verbatim text in RESP3.
#[test]
fn info_is_verbatim_in_resp3() {
    let server = TestServer::start();
    let mut client = server.client3();
    client.say("INFO server");
    let reply = String::from_utf8(client.reply()).expect("text");
    assert!(reply.starts_with('=') && reply.contains("\r\ntxt:# Server\r\n"), "{reply}");
}

/// Ensures that clients find the fields they decide by.
#[test]
fn fields_that_clients_decide_by() {
    let server = TestServer::with(|config| {
        config.maxclients = 77;
        config.maxmemory = MaxMemory::Bytes(64 << 20);
        config.maxmemory_policy = Policy::VolatileTtl;
    });
    let info = fields(&server, "INFO");
    for (name, value) in [
        ("redis_version", "7.2.0"),
        ("respool_version", env!("CARGO_PKG_VERSION")),
        ("redis_mode", "standalone"),
        ("loading", "0"),
        ("role", "master"),
        ("connected_slaves", "0"),
        ("connected_clients", "1"),
        ("maxclients", "77"),
        ("maxmemory", "67108864"),
        ("maxmemory_human", "64.00M"),
        ("maxmemory_policy", "volatile-ttl"),
        ("process_id", &std::process::id().to_string()),
        ("tcp_port", &server.address.port().to_string()),
    ] {
        assert_eq!(info.get(name).map(String::as_str), Some(value), "{name}");
    }
    for name in [
        "used_memory",
        "used_memory_human",
        "used_memory_rss",
        "used_memory_peak",
        "total_system_memory",
        "mem_fragmentation_ratio",
        "mem_clients_normal",
        "mem_allocator",
        "used_cpu_sys",
        "used_cpu_user",
    ] {
        assert!(info.contains_key(name), "{name} in {info:#?}");
    }
}

/// Ensures that the keyspace section counts keys and deadlines of each database that has keys.
#[test]
fn the_keyspace_section_counts() {
    let server = TestServer::start();
    let mut client = server.client();
    assert!(fields(&server, "INFO keyspace").is_empty());
    for request in ["MSET a 1 b 2", "PEXPIRE a 500", "SELECT 9", "HSET h f v"] {
        client.ask(request);
    }
    let info = fields(&server, "INFO keyspace");
    assert_eq!(info.len(), 2);
    assert_eq!(info["db0"], "keys=2,expires=1,avg_ttl=500");
    assert_eq!(info["db9"], "keys=1,expires=0,avg_ttl=0");
}

/// Ensures that hits, misses, expirations, errors and connections are counted.
#[test]
fn the_stats_section_counts() {
    let server = TestServer::start();
    let mut client = server.client();
    for request in [
        "SET k v PX 100",
        "GET k",
        "GET k",
        "EXISTS k nothing",
        "MGET k nothing",
        "HGET nothing f",
        "NONSENSE",
        "INCR k",
    ] {
        client.ask(request);
    }
    server.clock.advance_ms(100);
    client.ask("GET k");
    let info = fields(&server, "INFO stats");
    for (name, value) in [
        ("keyspace_hits", "4"),
        ("keyspace_misses", "4"),
        ("expired_keys", "1"),
        ("evicted_keys", "0"),
        ("total_error_replies", "2"),
        ("total_connections_received", "2"),
        ("rejected_connections", "0"),
    ] {
        assert_eq!(info[name], value, "{name}");
    }
    let commands: u64 = info["total_commands_processed"].parse().expect("a number");
    assert_eq!(commands, 8, "what was refused is not counted, and INFO not before it is over");
    assert_ne!(info["total_net_input_bytes"], "0");
    assert_ne!(info["total_net_output_bytes"], "0");
}

/// Ensures that used memory grows with the data and comes back to what it was without it.
#[test]
fn used_memory_follows_the_data() {
    let server = TestServer::start();
    let used = || -> u64 { fields(&server, "INFO memory")["used_memory"].parse().expect("bytes") };
    let mut client = server.client();
    // The smallest table stays.
    client.ask("MSET a 1 b 2");
    client.ask("DEL a b");
    let before = used();
    client.request(&[b"SET", b"k", &[b'x'; 100_000]]);
    assert_eq!(client.reply(), b"+OK\r\n");
    assert!(used() >= before + 100_000);
    assert!(fields(&server, "INFO memory")["used_memory_human"].ends_with('K'));
    client.ask("EXPIRE k 100");
    client.ask("HSET h a b");
    client.ask("DEL k h");
    assert_eq!(used(), before);
}

/// Ensures that the uptime follows the clock.
#[test]
fn uptime_follows_the_clock() {
    let server = TestServer::start();
    server.clock.advance_ms(90_061_000);
    let info = fields(&server, "INFO server");
    assert_eq!(info["uptime_in_seconds"], "90061");
    assert_eq!(info["uptime_in_days"], "1");
}
