//! What is measured, and how good is good enough.
//!
//! The four shapes of load are four questions. One request at a time from 50 clients: what do a
//! system call and a thread switch cost? 16 and 64 requests at a time: what does a command cost?
//! 500 clients: does a server with a thread per client stand that at all?

/// Keys in the keyspace, and the range that random keys are drawn from: every GET is a hit.
pub const KEYS: usize = 100_000;

/// The p99 of respool may be this many times that of Redis, in any row.
pub const P99_RATIO_MAX: f64 = 1.5;

/// One shape of load.
pub struct Shape {
    /// Parallel connections.
    pub clients: u32,
    /// Requests that each client sends before it reads.
    pub pipeline: u32,
    /// Threads of `redis-benchmark`; 0 is its ordinary single-threaded way. From 64 requests per
    /// write on, one client thread would be the bottleneck and both servers would look alike.
    pub threads: u32,
    /// Requests in one measurement: two to five seconds on the machines we know.
    pub requests: u64,
    /// The same for `--quick`: about half a second.
    pub requests_quick: u64,
    /// Throughput of respool must be this many times that of Redis; `None`: it must finish.
    pub ops_ratio_min: Option<f64>,
}

/// The shapes, in the order of the table.
pub static SHAPES: [Shape; 4] = [
    Shape {
        clients: 50,
        pipeline: 1,
        threads: 0,
        requests: 300_000,
        requests_quick: 40_000,
        ops_ratio_min: Some(0.9),
    },
    Shape {
        clients: 50,
        pipeline: 16,
        threads: 0,
        requests: 2_000_000,
        requests_quick: 400_000,
        ops_ratio_min: Some(1.3),
    },
    Shape {
        clients: 50,
        pipeline: 64,
        threads: 2,
        requests: 5_000_000,
        requests_quick: 800_000,
        ops_ratio_min: Some(1.8),
    },
    Shape {
        clients: 500,
        pipeline: 1,
        threads: 0,
        requests: 200_000,
        requests_quick: 40_000,
        ops_ratio_min: None,
    },
];

/// One row of the table: a command under a shape of load.
pub struct Row {
    /// The command, spelled as `redis-benchmark` prints it.
    pub command: &'static str,
    /// The load.
    pub shape: &'static Shape,
}

impl Row {
    /// The row's name in the table, in the words of `redis-benchmark`'s flags.
    pub fn label(&self) -> String {
        format!("{} c={} P={}", self.command, self.shape.clients, self.shape.pipeline)
    }
}

/// All rows, in the order of the table.
pub fn all() -> Vec<Row> {
    let commands = ["SET", "GET"];
    SHAPES.iter().flat_map(|shape| commands.map(|command| Row { command, shape })).collect()
}
