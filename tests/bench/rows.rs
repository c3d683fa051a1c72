//! The throughput rows: what is sent, under which load, and how good is good enough.
//!
//! The loads are questions. One request at a time from 50 clients: what do a system call and a
//! thread switch cost? 16 and 64 at a time: what does a command cost? 500 clients: does a server
//! with a thread per client stand that? Large values: is anything copied that need not be?
//!
//! The bars are aims and not descriptions: they stay where they are when they are missed, and
//! the table says so.

use crate::bar::Bar;

/// Keys in the keyspace, and the range that random keys are drawn from: every GET is a hit.
pub const KEYS: usize = 100_000;

/// Latencies of respool as a multiple of Redis's, in any row.
pub const LATENCY_BAR: Bar = Bar::AtMost(1.0);

/// Throughput as a multiple of the null server's, the ceiling of a server with a thread per
/// client, where requests come one at a time and the system calls decide.
const NULL_BAR: Bar = Bar::AtLeast(0.95);

/// With `--quick`, a run is this many times smaller.
const QUICK_DIVISOR: u64 = 5;

/// A random key, in the words of `redis-benchmark`: twelve digits below [`KEYS`].
const KEY: &str = "key:__rand_int__";

const SET: &[&str] = &["SET", KEY, "xxx"];
const GET: &[&str] = &["GET", KEY];
const HSET: &[&str] = &["HSET", "hash:large", "field:__rand_int__", "xxx"];
const HGETALL: &[&str] = &["HGETALL", "hash:20"];
const INCR: &[&str] = &["INCR", "counter:__rand_int__"];
const MGET: &[&str] = &["MGET", KEY, KEY, KEY, KEY, KEY, KEY, KEY, KEY, KEY, KEY];
#[rustfmt::skip]
const MSET: &[&str] = &[
    "MSET", KEY, "xxx", KEY, "xxx", KEY, "xxx", KEY, "xxx", KEY, "xxx",
    KEY, "xxx", KEY, "xxx", KEY, "xxx", KEY, "xxx", KEY, "xxx",
];
const GET_64_KIB: &[&str] = &["GET", "value:65536"];
const GET_1_MIB: &[&str] = &["GET", "value:1048576"];

/// The keys of the large values, which end in their size in bytes.
pub const LARGE_VALUES: [(&str, usize); 2] =
    [("value:65536", 64 * 1024), ("value:1048576", 1024 * 1024)];

/// Fields of `hash:20`.
pub const HASH_FIELDS: usize = 20;

/// One shape of load.
#[derive(Clone, Copy)]
pub struct Load {
    /// Parallel connections.
    pub clients: u32,
    /// Requests that each client sends before it reads.
    pub pipeline: u32,
    /// Threads of `redis-benchmark`; 0 is its ordinary single-threaded way. From 64 requests per
    /// write on, one client thread would be the bottleneck and both servers would look alike.
    pub threads: u32,
}

const C50_P1: Load = Load { clients: 50, pipeline: 1, threads: 0 };
const C50_P16: Load = Load { clients: 50, pipeline: 16, threads: 0 };
const C50_P64: Load = Load { clients: 50, pipeline: 64, threads: 2 };
const C500_P1: Load = Load { clients: 500, pipeline: 1, threads: 0 };

/// The server's CPU time per operation as a multiple of Redis's, where requests are pipelined.
const CPU_BAR: Bar = Bar::AtMost(0.6);

/// One row of the table: a request under a load.
#[derive(Clone, Copy)]
pub struct Row {
    /// What the row is called, apart from its load.
    pub name: &'static str,
    /// The request, as arguments for `redis-benchmark`.
    pub request: &'static [&'static str],
    /// The load.
    pub load: Load,
    /// Requests in one measurement: one to three seconds on the machines we know.
    pub requests: u64,
    /// Throughput as a multiple of Redis's.
    pub ops_bar: Bar,
    /// CPU time per operation as a multiple of Redis's.
    pub cpu_bar: Option<Bar>,
    /// Whether the null server is measured too. It knows no request but GET and SET.
    pub with_null: bool,
    /// Throughput as a multiple of the null server's.
    pub null_bar: Option<Bar>,
}

impl Row {
    /// A row whose throughput must be at least `ops` times that of Redis.
    const fn new(
        name: &'static str,
        request: &'static [&'static str],
        load: Load,
        requests: u64,
        ops: f64,
    ) -> Row {
        let cpu_bar = if load.pipeline > 1 { Some(CPU_BAR) } else { None };
        let ops_bar = Bar::AtLeast(ops);
        let with_null = false;
        Row { name, request, load, requests, ops_bar, cpu_bar, with_null, null_bar: None }
    }

    /// The same, measured on the null server too.
    const fn with_null(mut self) -> Row {
        self.with_null = true;
        self.null_bar = if self.load.pipeline == 1 { Some(NULL_BAR) } else { None };
        self
    }

    /// The row's name in the table, in the words of `redis-benchmark`'s flags.
    pub fn label(&self) -> String {
        format!("{} c={} P={}", self.name, self.load.clients, self.load.pipeline)
    }

    /// The size of one measurement.
    pub fn requests(&self, quick: bool) -> u64 {
        if quick { self.requests / QUICK_DIVISOR } else { self.requests }
    }
}

/// All rows, in the order of the table.
pub static ROWS: [Row; 15] = [
    Row::new("SET", SET, C50_P1, 120_000, 1.0).with_null(),
    Row::new("GET", GET, C50_P1, 120_000, 1.0).with_null(),
    Row::new("SET", SET, C50_P16, 1_200_000, 1.6).with_null(),
    Row::new("GET", GET, C50_P16, 1_200_000, 1.6).with_null(),
    Row::new("SET", SET, C50_P64, 2_500_000, 2.2).with_null(),
    Row::new("GET", GET, C50_P64, 2_500_000, 2.2).with_null(),
    Row::new("SET", SET, C500_P1, 100_000, 0.95).with_null(),
    Row::new("GET", GET, C500_P1, 100_000, 0.95).with_null(),
    Row::new("HSET", HSET, C50_P16, 800_000, 1.5),
    Row::new("HGETALL of 20", HGETALL, C50_P16, 250_000, 1.5),
    Row::new("INCR", INCR, C50_P16, 1_200_000, 1.5),
    Row::new("MSET of 10", MSET, C50_P16, 200_000, 1.5),
    Row::new("MGET of 10", MGET, C50_P16, 250_000, 1.5),
    Row::new("GET of 64 KiB", GET_64_KIB, C50_P1, 30_000, 1.0),
    Row::new("GET of 1 MiB", GET_1_MIB, C50_P1, 2_500, 1.0),
];
