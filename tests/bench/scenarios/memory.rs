//! A cache at its limit, and keys whose time is up.

use std::io::{BufRead, BufReader, Write};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Trial;
use crate::client;
use crate::fill;
use crate::probe::Probe;
use crate::rows::Load;
use crate::server::Server;

/// Keys of the storm, and of what fills a server up to its limit before it is measured.
const KEYS: usize = 1_000_000;

/// A storm that has not passed by then will not.
const STORM_MAX: Duration = Duration::from_secs(30);

/// How often it is looked whether the keys are gone.
const POLL: Duration = Duration::from_millis(10);

/// Keys at the limit are drawn from so many that nearly each is new and costs another its place.
const KEYS_DRAWN: usize = 100_000_000;

/// Keys that come and go: what a table suffers from that shows after thousands in each segment.
const KEYS_PASSING: usize = 8_000_000;

const SETS: u64 = 60_000;
const SETS_PIPELINED: u64 = 600_000;

/// Keys that the growing server is given: more than either holds below its limit.
const KEYS_GROWN: usize = 5_000_000;

/// Items of the trace, the number of times that one is wanted, and how many are asked for in one
/// go. The first half of the trace warms the cache and is not counted.
const ITEMS: usize = 500_000;
const ACCESSES: usize = 1_500_000;
const ACCESSES_QUICK: usize = 300_000;
const BATCH: usize = 100;

/// The exponent of the trace: the item of rank r is wanted in proportion to 1 / r^0.99, as the
/// Yahoo Cloud Serving Benchmark draws its keys.
const EXPONENT: f64 = 0.99;

/// Both servers see the trace that this gives.
const SEED: u64 = 7;

/// Seconds from the moment at which all keys expire until the last is gone, and what another
/// client waits meanwhile: the 99th percentile and the longest.
pub fn expiry_storm(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    let moment = write_keys_that_expire_at_once(server)?;
    let sleep_until = |moment: SystemTime| {
        thread::sleep(moment.duration_since(SystemTime::now()).unwrap_or_default());
    };
    // Only just before: calm moments in front of the storm would make its percentile look better.
    sleep_until(moment - POLL);
    let probe = Probe::start(server)?;
    sleep_until(moment);
    let began = Instant::now();
    while server.ask("DBSIZE")? != ":1" {
        if began.elapsed() > STORM_MAX {
            return Err(format!("keys are left {} s after all expired", STORM_MAX.as_secs()));
        }
        thread::sleep(POLL);
    }
    let freed_in = began.elapsed();
    let waits = probe.finish()?;
    Ok(vec![freed_in.as_secs_f64(), waits.p99_ms, waits.longest_ms])
}

/// Writes the keys of the storm and returns the moment of their deadline.
///
/// That must be after the writing, and not long after. A fifth of the keys gives an estimate for
/// all; if the machine becomes slower than that, the deadlines are written again.
fn write_keys_that_expire_at_once(server: &Server) -> Result<SystemTime, String> {
    let began = Instant::now();
    fill::strings(server, KEYS / 5, &[b'x'; 32])?;
    let all_take = began.elapsed() * 5;
    for factor in [2, 5, 10] {
        let moment = SystemTime::now() + all_take * factor + Duration::from_secs(1);
        let since_epoch = moment.duration_since(UNIX_EPOCH).map_err(|e| e.to_string())?;
        let moment_ms = since_epoch.as_millis().to_string();
        fill::send(server, KEYS, |index, to| {
            let key = format!("key:{index:012}");
            let value = [b'x'; 32];
            fill::request(to, &[b"SET", key.as_bytes(), &value, b"PXAT", moment_ms.as_bytes()]);
        })?;
        if SystemTime::now() + Duration::from_millis(100) < moment {
            server.expect_keys(KEYS)?;
            return Ok(moment);
        }
    }
    Err("keys expired before all were written".into())
}

/// Thousands of SETs a second on a server that has to evict a key for nearly each, without
/// pipelining and with sixteen at a time.
pub fn kops_at_the_limit(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    fill::strings(server, KEYS, &[b'x'; 32])?;
    let mut figures = Vec::new();
    let value = "x".repeat(32);
    for (pipeline, requests) in [(1, SETS), (16, SETS_PIPELINED)] {
        let load = Load { clients: 50, pipeline, threads: 0 };
        let requests = if trial.quick { requests / 5 } else { requests };
        let evicted = evicted_keys(server)?;
        let set = ["SET", "key:__rand_int__", value.as_str()];
        let sample = client::measure(&set, load, requests, KEYS_DRAWN, server)?;
        if evicted_keys(server)? - evicted < requests as f64 / 2.0 {
            return Err("fewer than half of the SETs cost another key its place".into());
        }
        figures.push(sample.ops_per_s / 1e3);
    }
    Ok(figures)
}

/// Resident MiB when many times as many keys as fit have come and gone.
pub fn resident_mib_at_the_limit(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    fill::strings(server, KEYS_PASSING, &[b'x'; 32])?;
    Ok(vec![server.resident_bytes()? / 1024.0 / 1024.0])
}

/// The number of keys evicted since the start.
fn evicted_keys(server: &Server) -> Result<f64, String> {
    server.info_number("stats", "evicted_keys")
}

/// The longest that another client waits while keys are written up to the limit and beyond, and
/// millions of keys that are held in the end.
pub fn longest_pause_ms_growing(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    let probe = Probe::start(server)?;
    fill::strings(server, KEYS_GROWN, &[b'x'; 32])?;
    let waits = probe.finish()?;
    let reply = server.ask("DBSIZE")?;
    let held: Option<f64> = reply.strip_prefix(':').and_then(|count| count.parse().ok());
    let held = held.ok_or_else(|| format!("DBSIZE says '{reply}'"))?;
    Ok(vec![waits.longest_ms, held / 1e6])
}

/// Per cent of hits of an application that asks the cache for an item and, if it is not there,
/// gets it elsewhere and sets it.
pub fn hit_percent(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let accesses = if trial.quick { ACCESSES_QUICK } else { ACCESSES };
    let explain = |e: std::io::Error| format!("the application failed: {e}");
    let server = trial.server();
    let mut stream = server.connect().map_err(explain)?;
    let mut replies = BufReader::new(stream.try_clone().map_err(explain)?);
    let mut draw = zipf();
    let (mut requests, mut line) = (Vec::new(), String::new());
    let mut hits = 0;
    for batch in 0..accesses / BATCH {
        let items: Vec<String> = (0..BATCH).map(|_| format!("item:{:011}", draw())).collect();
        requests.clear();
        items.iter().for_each(|item| fill::request(&mut requests, &[b"GET", item.as_bytes()]));
        stream.write_all(&requests).map_err(explain)?;
        requests.clear();
        let mut misses = 0;
        for item in &items {
            line.clear();
            replies.read_line(&mut line).map_err(explain)?;
            match line.trim_end() {
                "$-1" => {
                    misses += 1;
                    fill::request(&mut requests, &[b"SET", item.as_bytes(), &[b'x'; 32]]);
                }
                "$32" => drop(replies.read_line(&mut line).map_err(explain)?),
                other => return Err(format!("GET was answered '{other}'")),
            }
        }
        stream.write_all(&requests).map_err(explain)?;
        for _ in 0..misses {
            line.clear();
            replies.read_line(&mut line).map_err(explain)?;
            if line != "+OK\r\n" {
                return Err(format!("SET was answered '{}'", line.trim_end()));
            }
        }
        if batch * BATCH >= accesses / 2 {
            hits += BATCH - misses;
        }
    }
    if evicted_keys(server)? == 0.0 {
        return Err("everything fitted in, so that the order of eviction did not matter".into());
    }
    Ok(vec![hits as f64 / (accesses / 2) as f64 * 100.0])
}

/// A generator of ranks from a Zipf distribution, by a search in its running sum.
fn zipf() -> impl FnMut() -> usize {
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut total = 0.0;
    let running: Vec<f64> = (1..=ITEMS)
        .map(|rank| {
            total += (rank as f64).powf(-EXPONENT);
            total
        })
        .collect();
    move || {
        let drawn = random.f64() * total;
        running.partition_point(|sum| *sum <= drawn)
    }
}
