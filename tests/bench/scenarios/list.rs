//! All scenarios, in the order of the table: what is measured, how often, how good is good enough.

use super::{Figure, Scenario, execution, log, memory, messages, size, values, waiting};
use crate::bar::Bar;

/// A limit that a million keys of sixteen bytes more than fill.
const AT_THE_LIMIT: &[&str] = &["--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"];

/// A limit that half a million keys of sixteen bytes with values of 32 fit into.
const HALF_A_MILLION: &[&str] = &["--maxmemory", "80mb", "--maxmemory-policy", "allkeys-lru"];

/// A limit that a ninth of the trace's items fit into.
const A_FEW_ITEMS: &[&str] = &["--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru"];

/// A limit that not quite five million keys of sixteen bytes with values of 32 fit into.
const FIVE_MILLION: &[&str] = &["--maxmemory", "640mb", "--maxmemory-policy", "allkeys-lru"];

/// A log that is synced once in a second.
#[rustfmt::skip]
const EVERYSEC: &[&str] = &[
    "--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0",
];

/// A log that is synced before a reply is sent.
#[rustfmt::skip]
const ALWAYS: &[&str] = &[
    "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0",
];

/// All scenarios, in the order of the table.
pub static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "1 M keys of 16 B with values of 32 B",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[Figure::new("resident", "B/key").bar(Bar::AtMost(1.0))],
        rounds: 3,
        rounds_quick: 1,
        measure: size::bytes_per_key,
    },
    Scenario {
        name: "idle connections",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[Figure::new("resident", "KiB/connection")],
        rounds: 3,
        rounds_quick: 1,
        measure: size::kib_per_idle_connection,
    },
    Scenario {
        name: "start to first PONG",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[Figure::new("", "ms").bar(Bar::AtMost(1.0))],
        rounds: 11,
        rounds_quick: 3,
        measure: size::start_ms,
    },
    Scenario {
        name: "idle server",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure::new("resident", "MiB").bar(Bar::AtMost(1.0)),
            Figure::new("program file", "MiB").bar(Bar::AtMost(1.0)),
        ],
        rounds: 3,
        rounds_quick: 1,
        measure: size::idle_server,
    },
    Scenario {
        name: "a GET as INFO counts it",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[Figure::new("c=50 P=1", "µs"), Figure::new("c=50 P=16", "µs")],
        rounds: 3,
        rounds_quick: 1,
        measure: execution::us_per_get,
    },
    Scenario {
        name: "1 M keys expire at once",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure::new("until freed", "s").limit(Bar::AtMost(1.0)),
            Figure::new("another client's p99", "ms").limit(Bar::AtMost(2.0)),
            Figure::new("another client's longest wait", "ms"),
        ],
        rounds: 1,
        rounds_quick: 0,
        measure: memory::expiry_storm,
    },
    Scenario {
        name: "SET of a new key at maxmemory",
        respool_flags: AT_THE_LIMIT,
        redis_flags: AT_THE_LIMIT,
        figures: &[
            Figure::new("c=50 P=1", "k ops/s").bar(Bar::AtLeast(1.0)),
            Figure::new("c=50 P=16", "k ops/s").bar(Bar::AtLeast(1.0)),
        ],
        rounds: 3,
        rounds_quick: 0,
        measure: memory::kops_at_the_limit,
    },
    Scenario {
        name: "8 M new keys at maxmemory 80 MB",
        respool_flags: HALF_A_MILLION,
        redis_flags: HALF_A_MILLION,
        figures: &[Figure::new("resident", "MiB").bar(Bar::AtMost(1.0))],
        rounds: 1,
        rounds_quick: 0,
        measure: memory::resident_mib_at_the_limit,
    },
    Scenario {
        name: "Zipf trace at maxmemory 8 MB",
        respool_flags: A_FEW_ITEMS,
        redis_flags: A_FEW_ITEMS,
        figures: &[Figure::new("hits", "%").bar(Bar::AtLeast(1.0))],
        rounds: 1,
        rounds_quick: 0,
        measure: memory::hit_percent,
    },
    Scenario {
        name: "5 M keys written at maxmemory 640 MB",
        respool_flags: FIVE_MILLION,
        redis_flags: FIVE_MILLION,
        figures: &[
            Figure::new("another client's longest wait", "ms").limit(Bar::AtMost(5.0)),
            Figure::new("keys held in the end", "M"),
        ],
        rounds: 1,
        rounds_quick: 0,
        measure: memory::longest_pause_ms_growing,
    },
    Scenario {
        name: "SET with appendfsync everysec",
        respool_flags: EVERYSEC,
        redis_flags: EVERYSEC,
        figures: &[
            Figure::new("c=50 P=1", "k ops/s").bar(Bar::AtLeast(1.0)),
            Figure::new("c=50 P=1, lost against no log", "%"),
            Figure::new("c=50 P=16", "k ops/s").bar(Bar::AtLeast(1.0)),
            Figure::new("c=50 P=16, lost against no log", "%").limit(Bar::AtMost(15.0)),
        ],
        rounds: 3,
        rounds_quick: 1,
        measure: log::kops_and_loss_percent,
    },
    Scenario {
        name: "SET with appendfsync always",
        respool_flags: ALWAYS,
        redis_flags: ALWAYS,
        figures: &[
            Figure::new("c=50 P=1", "k ops/s").bar(Bar::AtLeast(1.5)),
            Figure::new("c=50 P=16", "k ops/s").bar(Bar::AtLeast(1.5)),
        ],
        rounds: 3,
        rounds_quick: 1,
        measure: log::kops_always,
    },
    Scenario {
        name: "start on a log of 2 M SETs, 150 MB",
        respool_flags: EVERYSEC,
        redis_flags: EVERYSEC,
        figures: &[Figure::new("to first PONG", "s").bar(Bar::AtMost(0.33))],
        rounds: 3,
        rounds_quick: 0,
        measure: log::load_s,
    },
    Scenario {
        name: "log of 1 M keys, SET c=50 P=1",
        respool_flags: EVERYSEC,
        redis_flags: EVERYSEC,
        figures: &[
            Figure::new("another client's p99", "ms"),
            Figure::new("the same during a rewrite", "ms"),
            Figure::new("added by the rewrite", "ms").limit(Bar::AtMost(2.0)),
            Figure::new("rewrite takes", "s"),
        ],
        rounds: 1,
        rounds_quick: 0,
        measure: log::rewrite_p99_ms,
    },
    Scenario {
        name: "deliveries",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure::new("1 subscriber, P=1", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("10 subscribers, P=1", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("100 subscribers, P=1", "k/s").bar(Bar::AtLeast(2.0)),
            Figure::new("1000 subscribers, P=1", "k/s").bar(Bar::AtLeast(2.0)),
            Figure::new("1 subscriber, P=16", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("10 subscribers, P=16", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("100 subscribers, P=16", "k/s").bar(Bar::AtLeast(2.0)),
            Figure::new("1000 subscribers, P=16", "k/s").bar(Bar::AtLeast(2.0)),
        ],
        rounds: 2,
        rounds_quick: 1,
        measure: messages::deliveries,
    },
    Scenario {
        name: "from PUBLISH to the last subscriber",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure::new("1 subscriber, p50", "µs").bar(Bar::AtMost(1.2)),
            Figure::new("1 subscriber, p99", "µs").bar(Bar::AtMost(1.2)),
            Figure::new("10 subscribers, p50", "µs").bar(Bar::AtMost(1.2)),
            Figure::new("10 subscribers, p99", "µs").bar(Bar::AtMost(1.2)),
        ],
        rounds: 2,
        rounds_quick: 1,
        measure: messages::way_us,
    },
    Scenario {
        name: "5000 subscribers to one channel",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure::new("until all have a message, p50", "ms"),
            Figure::new("another client's p99", "ms").limit(Bar::AtMost(2.0)),
        ],
        rounds: 1,
        rounds_quick: 0,
        measure: messages::crowd,
    },
    Scenario {
        name: "MONITOR, SET c=50 P=16",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure::new("CPU per SET alone", "µs"),
            Figure::new("with a monitor", "µs"),
            Figure::new("added by it", "µs").bar(Bar::AtMost(1.0)),
        ],
        rounds: 2,
        rounds_quick: 0,
        measure: messages::monitor_us,
    },
    Scenario {
        name: "BLPOP hand-off",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure::new("1 pair, p50", "µs").bar(Bar::AtMost(1.0)),
            Figure::new("1 pair, p99", "µs").bar(Bar::AtMost(1.0)),
            Figure::new("20 pairs, p50", "µs").bar(Bar::AtMost(1.0)),
            Figure::new("20 pairs, p99", "µs").bar(Bar::AtMost(1.0)),
        ],
        rounds: 3,
        rounds_quick: 1,
        measure: waiting::hand_off_us,
    },
    Scenario {
        name: "redis-benchmark's list, c=50 P=16",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure::new("LPUSH", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("RPUSH", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("LPOP", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("RPOP", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("SADD", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("HSET", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("SPOP", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("ZADD", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("ZPOPMIN", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("LRANGE_100", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("LRANGE_300", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("LRANGE_500", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("LRANGE_600", "k/s").bar(Bar::AtLeast(1.0)),
            Figure::new("MSET of 10", "k/s").bar(Bar::AtLeast(1.0)),
        ],
        rounds: 2,
        rounds_quick: 1,
        measure: values::kops_default_list,
    },
    Scenario {
        name: "sorted set of 1 M members, c=50 P=16",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure::new("ZADD", "k/s").bar(Bar::AtLeast(1.3)),
            Figure::new("ZRANK", "k/s").bar(Bar::AtLeast(1.3)),
            Figure::new("ZRANGE in the middle", "k/s").bar(Bar::AtLeast(1.3)),
            Figure::new("ZPOPMIN", "k/s").bar(Bar::AtLeast(1.3)),
        ],
        rounds: 1,
        rounds_quick: 0,
        measure: values::kops_sorted_set,
    },
    Scenario {
        name: "values of 1 M elements changed during a rewrite",
        respool_flags: EVERYSEC,
        redis_flags: EVERYSEC,
        figures: &[
            Figure::new("another client's longest wait", "ms").limit(Bar::AtMost(2.0)),
            Figure::new("changes", "k"),
        ],
        rounds: 1,
        rounds_quick: 0,
        measure: values::rewrite_wait_ms,
    },
    Scenario {
        name: "start on a log of all types, 1.2 M requests",
        respool_flags: EVERYSEC,
        redis_flags: EVERYSEC,
        figures: &[Figure::new("to first PONG", "s").bar(Bar::AtMost(0.6))],
        rounds: 1,
        rounds_quick: 0,
        measure: values::load_mixed_s,
    },
    Scenario {
        name: "values of 10 elements",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure::new("hash", "B/value").bar(Bar::AtMost(1.1)),
            Figure::new("list", "B/value").bar(Bar::AtMost(1.1)),
            Figure::new("set of words", "B/value").bar(Bar::AtMost(1.1)),
            Figure::new("set of integers", "B/value").bar(Bar::AtMost(1.1)),
            Figure::new("sorted set", "B/value").bar(Bar::AtMost(1.1)),
        ],
        rounds: 1,
        rounds_quick: 1,
        measure: values::bytes_of_small_values,
    },
    Scenario {
        name: "operations on 1 M elements",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure::new("SINTERCARD", "ms").bar(Bar::AtMost(1.0)),
            Figure::new("SINTERSTORE", "ms").bar(Bar::AtMost(1.0)),
            Figure::new("SUNIONSTORE", "ms").bar(Bar::AtMost(1.0)),
            Figure::new("SDIFFSTORE", "ms").bar(Bar::AtMost(1.0)),
            Figure::new("ZUNIONSTORE", "ms").bar(Bar::AtMost(1.0)),
            Figure::new("ZINTERSTORE", "ms").bar(Bar::AtMost(1.0)),
            Figure::new("SORT", "ms").bar(Bar::AtMost(1.0)),
            Figure::new("LREM of nothing", "ms").bar(Bar::AtMost(1.0)),
            Figure::new("LPOS of nothing", "ms").bar(Bar::AtMost(1.0)),
        ],
        rounds: 1,
        rounds_quick: 0,
        measure: values::ms_of_large_operations,
    },
];
