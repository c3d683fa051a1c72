//! One measurement: `redis-benchmark` run once against one server.
//!
//! One command per process, so that the server's CPU time before and after belongs to that
//! command alone. A run that hangs is killed and counts as failed: a server that stops answering
//! its 251st client is a finding, not a reason to wait for ever.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::process::Guarded;
use crate::rows::Load;
use crate::server::Server;

/// A measurement takes seconds; after this it has failed.
const RUN_MAX: Duration = Duration::from_secs(30);

/// How often the run is looked at. Also how finely the end of a threaded run is seen.
const POLL: Duration = Duration::from_millis(5);

/// With `--threads`, `redis-benchmark` notices that it is done only when this timer of its own
/// fires (`SHOW_THROUGHPUT_INTERVAL` in its source).
const THREADED_TIMER: Duration = Duration::from_millis(250);

/// More than any server answers before the load is no longer wanted.
const BACKGROUND_REQUESTS: u64 = 1_000_000_000;

/// What one run told. Latencies are those of a whole pipeline, in steps of 8 µs, as
/// `redis-benchmark` counts.
pub struct Sample {
    /// Operations per second.
    pub ops_per_s: f64,
    /// Median latency in milliseconds.
    pub p50_ms: f64,
    /// 99th percentile of the latency in milliseconds.
    pub p99_ms: f64,
    /// The latency in milliseconds that all but a thousandth of the replies kept to.
    pub p999_ms: f64,
    /// Server CPU time per operation in microseconds: user and system, all threads.
    pub cpu_us_per_op: f64,
    /// How much of its time the load generator needed for itself: at 1, all of its threads were
    /// busy without a pause, and a faster server would not have been given more to do.
    pub client_busy: f64,
}

/// Sends `requests` times `request` to `server`. `keys` is the range of `__rand_int__`.
pub fn measure(
    request: &[&str],
    load: Load,
    requests: u64,
    keys: usize,
    server: &Server,
) -> Result<Sample, String> {
    // A load generator without a server to talk to spins until its deadline.
    server.expect_pong()?;
    let cpu_before_s = server.cpu_s()?;
    let mut benchmark = Guarded::spawn(&mut command(request, load, requests, keys, server))?;
    let Ended { status, idle_tail, client_cpu_s } = wait(&mut benchmark, load, server)?;
    let cpu_s = server.cpu_s()? - cpu_before_s;

    let output = read_output(&mut benchmark);
    if !status.success() {
        return Err(format!("redis-benchmark failed ({status}): {}", last_line(&output)));
    }
    let reported = parse(&output)?;
    let elapsed_s = requests as f64 / reported.ops_per_s - idle_tail.as_secs_f64();
    Ok(Sample {
        ops_per_s: requests as f64 / elapsed_s,
        p50_ms: reported.p50_ms,
        p99_ms: reported.p99_ms,
        p999_ms: reported.p999_ms,
        cpu_us_per_op: cpu_s * 1e6 / requests as f64,
        client_busy: client_cpu_s / elapsed_s / f64::from(load.threads.max(1)),
    })
}

/// Sends `request` until the child that is returned is dropped: company for what is measured.
pub fn background(
    request: &[&str],
    load: Load,
    keys: usize,
    server: &Server,
) -> Result<Guarded, String> {
    let mut command = command(request, load, BACKGROUND_REQUESTS, keys, server);
    // Its progress output is not read, and a full pipe would stop it.
    Guarded::spawn(command.stdout(Stdio::null()).stderr(Stdio::null()))
}

/// The command line of one run.
fn command(request: &[&str], load: Load, requests: u64, keys: usize, server: &Server) -> Command {
    let mut command = Command::new("redis-benchmark");
    command
        .args(["-h", "127.0.0.1", "-p", &server.port.to_string(), "-r", &keys.to_string()])
        .args(["-n", &requests.to_string(), "-c", &load.clients.to_string()])
        .args(["-P", &load.pipeline.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if load.threads > 0 {
        command.args(["--threads", &load.threads.to_string()]);
    }
    command.args(request);
    command
}

/// How a run ended.
struct Ended {
    status: ExitStatus,
    /// For how long before it the server had nothing to do.
    idle_tail: Duration,
    /// CPU seconds that the load generator has used.
    client_cpu_s: f64,
}

/// Waits for the end of a run, and returns for how long before it the server was idle.
///
/// A threaded run always lasts a multiple of [`THREADED_TIMER`], so the throughput it reports is
/// rounded down, by up to a fifth in a run of a second, and most for the faster server. The excess
/// is the time at the end without a request in flight; the server shows it by using no CPU. A run
/// without threads ends with its last reply and has no such tail.
fn wait(benchmark: &mut Guarded, load: Load, server: &Server) -> Result<Ended, String> {
    let deadline = Instant::now() + RUN_MAX;
    let threaded = load.threads > 0;
    let mut cpu_seen_s = 0.0;
    let mut busy_at = Instant::now();
    while Instant::now() < deadline {
        // After the exit status nothing else can be read of a process.
        let client_cpu_s = benchmark.cpu_s()?;
        if let Some(status) = benchmark.exit_status()? {
            let idle = if threaded { busy_at.elapsed() } else { Duration::ZERO };
            return Ok(Ended { status, idle_tail: idle.min(THREADED_TIMER), client_cpu_s });
        }
        if threaded {
            let cpu_s = server.cpu_s()?;
            if cpu_s != cpu_seen_s {
                cpu_seen_s = cpu_s;
                busy_at = Instant::now();
            }
        }
        std::thread::sleep(POLL);
    }
    Err(format!("did not finish within {} s", RUN_MAX.as_secs()))
}

/// All that an ended run printed. Read only now, because it is a few kilobytes: far less than a
/// pipe holds, and a run that prints without end blocks and meets its deadline.
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

/// The four figures that we take from what `redis-benchmark` prints.
struct Reported {
    ops_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
}

/// Reads the text form: the CSV form says nothing beyond the 99th percentile.
fn parse(output: &str) -> Result<Reported, String> {
    let read = || {
        let (_, rate) = output.split_once("throughput summary: ")?;
        let (_, summary) = output.split_once("latency summary (msec):")?;
        let mut lines = summary.lines().skip(1);
        let names = lines.next()?.split_whitespace();
        let values = lines.next()?.split_whitespace();
        let column = |name: &str| -> Option<f64> {
            let (_, value) = names.clone().zip(values.clone()).find(|(other, _)| *other == name)?;
            value.parse().ok()
        };
        Some(Reported {
            ops_per_s: rate.split_whitespace().next()?.parse().ok()?,
            p50_ms: column("p50")?,
            p99_ms: column("p99")?,
            p999_ms: latency_of_all_but_a_thousandth(output)?,
        })
    };
    read().ok_or_else(|| format!("redis-benchmark printed '{}'", last_line(output)))
}

/// Searches the distribution, whose lines read `99.902% <= 8.047 milliseconds (cumulative count
/// 19984)`, for the first latency that 99.9 % of the replies kept to.
///
/// The lines stand where the rest is halved, so this is the 99.902nd percentile unless an earlier
/// line covers as many.
fn latency_of_all_but_a_thousandth(output: &str) -> Option<f64> {
    let (_, distribution) = output.split_once("Latency by percentile distribution:")?;
    let (distribution, _) = distribution.split_once("Cumulative distribution")?;
    let steps: Vec<(f64, f64)> = distribution.lines().filter_map(distribution_step).collect();
    let (_, total) = steps.last()?;
    let (latency_ms, _) = steps.iter().find(|(_, count)| *count >= total * 0.999)?;
    Some(*latency_ms)
}

/// Latency in milliseconds and cumulative count of one line of the distribution.
fn distribution_step(line: &str) -> Option<(f64, f64)> {
    let (_, rest) = line.split_once("% <= ")?;
    let (latency_ms, rest) = rest.split_once(" milliseconds (cumulative count ")?;
    Some((latency_ms.parse().ok()?, rest.strip_suffix(')')?.parse().ok()?))
}

/// What a failed program said last, which is usually why.
fn last_line(output: &str) -> &str {
    output.trim().lines().last().unwrap_or("it printed nothing")
}
