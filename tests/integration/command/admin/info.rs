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

/// Ensures that every name that the usual templates of monitoring systems ask for has a value.
#[test]
fn monitoring_systems_find_their_names() {
    let server = TestServer::start();
    let info = fields(&server, "INFO everything");
    let names = "redis_version redis_git_sha1 redis_git_dirty redis_build_id redis_mode os \
        arch_bits multiplexing_api atomicvar_api gcc_version process_id run_id tcp_port \
        uptime_in_seconds uptime_in_days hz configured_hz lru_clock executable \
        connected_clients blocked_clients client_recent_max_input_buffer \
        client_recent_max_output_buffer tracking_clients clients_in_timeout_table used_memory \
        used_memory_rss used_memory_peak used_memory_peak_perc used_memory_overhead \
        used_memory_startup used_memory_dataset used_memory_dataset_perc allocator_allocated \
        allocator_active allocator_resident total_system_memory used_memory_lua \
        used_memory_scripts number_of_cached_scripts maxmemory maxmemory_policy \
        allocator_frag_ratio allocator_frag_bytes allocator_rss_ratio allocator_rss_bytes \
        rss_overhead_ratio rss_overhead_bytes mem_fragmentation_ratio mem_fragmentation_bytes \
        mem_not_counted_for_evict mem_replication_backlog mem_clients_slaves \
        mem_clients_normal mem_aof_buffer mem_allocator active_defrag_running \
        lazyfree_pending_objects loading rdb_bgsave_in_progress aof_enabled \
        aof_rewrite_in_progress aof_rewrite_scheduled aof_last_rewrite_time_sec \
        aof_current_rewrite_time_sec aof_last_bgrewrite_status aof_last_write_status \
        total_connections_received total_commands_processed instantaneous_ops_per_sec \
        total_net_input_bytes total_net_output_bytes instantaneous_input_kbps \
        instantaneous_output_kbps rejected_connections sync_full sync_partial_ok \
        sync_partial_err expired_keys expired_stale_perc expired_time_cap_reached_count \
        expire_cycle_cpu_milliseconds evicted_keys keyspace_hits keyspace_misses \
        pubsub_channels pubsub_patterns latest_fork_usec migrate_cached_sockets \
        slave_expires_tracked_keys active_defrag_hits active_defrag_misses \
        active_defrag_key_hits active_defrag_key_misses tracking_total_keys \
        tracking_total_items tracking_total_prefixes unexpected_error_replies \
        total_reads_processed total_writes_processed role connected_slaves master_replid \
        master_replid2 master_repl_offset second_repl_offset repl_backlog_active \
        repl_backlog_size repl_backlog_first_byte_offset repl_backlog_histlen used_cpu_sys \
        used_cpu_user used_cpu_sys_children used_cpu_user_children cluster_enabled";
    for name in names.split_whitespace() {
        assert!(info.get(name).is_some_and(|value| !value.is_empty()), "{name} in {info:#?}");
    }
    assert!(info.contains_key("config_file"));
}

/// Ensures that every start has a name of its own, which stays the same until the end.
#[test]
fn a_run_has_a_name() {
    let servers = [TestServer::start(), TestServer::start()];
    let name = |server| fields(server, "INFO server")["run_id"].clone();
    let names = servers.each_ref().map(name);
    assert_ne!(names[0], names[1]);
    for (server, run_id) in servers.iter().zip(&names) {
        assert_eq!(&name(server), run_id);
        assert_eq!(run_id.len(), 40);
        assert!(run_id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')), "{run_id}");
    }
}

/// Ensures that amounts of memory add up.
#[test]
fn amounts_of_memory_add_up() {
    let server = TestServer::start();
    let mut client = server.client();
    (0..100).for_each(|number| drop(client.ask(&format!("SET key:{number} value EX 100"))));
    client.ask("EVAL return 0");
    client.ask("SCRIPT LOAD return");
    let info = fields(&server, "INFO memory");
    let amount = |name: &str| info[name].parse::<u64>().expect("an amount");
    assert!(amount("used_memory_overhead") > 0);
    assert_eq!(
        amount("used_memory_overhead") + amount("used_memory_dataset"),
        amount("used_memory")
    );
    assert_eq!(amount("number_of_cached_scripts"), 1);
}
