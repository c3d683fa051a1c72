//! One measurement: `redis-benchmark` run once against one server.
//!
//! One command per process, so that the server's CPU time before and after belongs to that
//! command alone. A run that hangs is killed and counts as failed: a server that stops answering
//! its 251st client is a finding, not a reason to wait for ever.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::process::Guarded;
use crate::rows::{KEYS, Row};
use crate::server::{Server, cpu_us_per_op};

/// A measurement takes seconds; after this it has failed.
const RUN_MAX: Duration = Duration::from_secs(30);

/// How often the run is looked at. Also how finely the end of a threaded run is seen.
const POLL: Duration = Duration::from_millis(5);

/// With `--threads`, `redis-benchmark` notices that it is done only when this timer of its own
/// fires (`SHOW_THROUGHPUT_INTERVAL` in its source).
const THREADED_TIMER: Duration = Duration::from_millis(250);

/// What one run told.
pub struct Sample {
    /// Operations per second.
    pub ops_per_s: f64,
    /// Median latency in milliseconds, in steps of 8 µs (as `redis-benchmark` counts).
    pub p50_ms: f64,
    /// 99th percentile of the latency, likewise.
    pub p99_ms: f64,
    /// Server CPU time per operation in microseconds: user and system, all threads.
    pub cpu_us_per_op: f64,
}

/// Runs `requests` requests of `row` against `server`.
pub fn measure(row: &Row, requests: u64, server: &Server) -> Result<Sample, String> {
    // A load generator without a server to talk to spins until its deadline.
    server.expect_pong()?;
    let ticks_before = server.cpu_ticks()?;
    let mut benchmark = Guarded::spawn(&mut command(row, requests, server))?;
    let (status, idle_tail) = wait(&mut benchmark, row, server)?;
    let ticks = server.cpu_ticks()? - ticks_before;

    let output = read_output(&mut benchmark);
    if !status.success() {
        return Err(format!("redis-benchmark failed ({status}): {}", last_line(&output)));
    }
    let reported = parse_csv(&output)?;
    let elapsed_s = requests as f64 / reported.ops_per_s - idle_tail.as_secs_f64();
    Ok(Sample {
        ops_per_s: requests as f64 / elapsed_s,
        p50_ms: reported.p50_ms,
        p99_ms: reported.p99_ms,
        cpu_us_per_op: cpu_us_per_op(ticks, requests),
    })
}

/// The command line of one run.
fn command(row: &Row, requests: u64, server: &Server) -> Command {
    let mut command = Command::new("redis-benchmark");
    command
        .args(["-h", "127.0.0.1", "-p", &server.port.to_string(), "--csv"])
        .args(["-t", &row.command.to_lowercase(), "-r", &KEYS.to_string()])
        .args(["-n", &requests.to_string(), "-c", &row.shape.clients.to_string()])
        .args(["-P", &row.shape.pipeline.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if row.shape.threads > 0 {
        command.args(["--threads", &row.shape.threads.to_string()]);
    }
    command
}

/// Waits for the end of a run, and tells for how long before it the server had nothing to do.
///
/// A threaded run always lasts a multiple of [`THREADED_TIMER`], so the throughput it reports is
/// rounded down, by up to a fifth in a run of a second, and most for whoever is faster. What is
/// too much is the time at the end in which no request was under way; the server shows it by
/// using no CPU. A run without threads ends with its last reply and has no such tail.
fn wait(
    benchmark: &mut Guarded,
    row: &Row,
    server: &Server,
) -> Result<(ExitStatus, Duration), String> {
    let deadline = Instant::now() + RUN_MAX;
    let threaded = row.shape.threads > 0;
    let mut ticks_seen = 0;
    let mut busy_at = Instant::now();
    while Instant::now() < deadline {
        if let Some(status) = benchmark.exit_status()? {
            let idle = if threaded { busy_at.elapsed() } else { Duration::ZERO };
            return Ok((status, idle.min(THREADED_TIMER)));
        }
        if threaded {
            let ticks = server.cpu_ticks()?;
            if ticks != ticks_seen {
                ticks_seen = ticks;
                busy_at = Instant::now();
            }
        }
        std::thread::sleep(POLL);
    }
    Err(format!("did not finish within {} s", RUN_MAX.as_secs()))
}

/// All that an ended run printed. Read only now, because it is a few lines: far less than a pipe
/// holds, and a run that prints without end blocks and meets its deadline.
fn read_output(benchmark: &mut Guarded) -> String {
    let mut bytes = Vec::new();
    let child = benchmark.child();
    if let Some(mut stdout) = child.stdout.take() {
        let _ = stdout.read_to_end(&mut bytes);
    }
    if let Some(mut stderr) = child.stderr.take() {
        let _ = stderr.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The three figures that we take from `redis-benchmark`'s table.
struct Reported {
    /// Its throughput.
    ops_per_s: f64,
    /// Its median latency.
    p50_ms: f64,
    /// Its 99th percentile.
    p99_ms: f64,
}

/// Reads the two lines of `--csv`: names and values, all in quotes. Columns are found by name,
/// because their number has grown from version to version.
fn parse_csv(output: &str) -> Result<Reported, String> {
    let unexpected = || format!("redis-benchmark printed '{}'", output.trim());
    let mut lines = output.lines().skip_while(|line| !line.starts_with("\"test\""));
    let names = unquote(lines.next().ok_or_else(unexpected)?);
    let values = unquote(lines.next().ok_or_else(unexpected)?);
    let column = |name: &str| -> Result<f64, String> {
        let index = names.iter().position(|n| *n == name).ok_or_else(unexpected)?;
        let value = values.get(index).ok_or_else(unexpected)?;
        value.parse().map_err(|_| unexpected())
    };
    Ok(Reported {
        ops_per_s: column("rps")?,
        p50_ms: column("p50_latency_ms")?,
        p99_ms: column("p99_latency_ms")?,
    })
}

/// The fields of one line; none of `redis-benchmark`'s holds a comma or a quote.
fn unquote(line: &str) -> Vec<&str> {
    line.split(',').map(|field| field.trim().trim_matches('"')).collect()
}

/// What a failed program said last, which is usually why.
fn last_line(output: &str) -> &str {
    output.trim().lines().last().unwrap_or("it printed nothing")
}
