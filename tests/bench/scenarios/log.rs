//! What the append-only file costs, how fast it is loaded, and what a rewrite does to others.

use super::Trial;
use crate::client::{self, Sample};
use crate::fill;
use crate::rows::{KEYS, Load};
use crate::server::Server;
use std::time::{Duration, Instant};

/// A rewrite that takes longer has failed.
const REWRITE_MAX: Duration = Duration::from_secs(60);

fn set(server: &Server, pipeline: u32, requests: u64) -> Result<Sample, String> {
    let load = Load { clients: 50, pipeline, threads: 0 };
    client::measure(&["SET", "key:__rand_int__", "xxx"], load, requests, KEYS, server)
}

/// Operations per second without pipelining and with sixteen at a time; and the latter as a share
/// of what the same server does when it does not log.
pub fn throughput(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let divisor = if trial.quick { 5 } else { 1 };
    let server = trial.server();
    let single = set(server, 1, 100_000 / divisor)?;
    let logged = set(server, 16, 1_000_000 / divisor)?;
    server.ask("CONFIG SET appendonly no")?;
    let unlogged = set(server, 16, 1_000_000 / divisor)?;
    Ok(vec![single.ops_per_s, logged.ops_per_s, logged.ops_per_s / unlogged.ops_per_s])
}

/// Milliseconds from the start to the first PONG, with a log of two million SETs.
pub fn load_ms(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let keys = if trial.quick { 400_000 } else { 2_000_000 };
    fill::strings(trial.server(), keys, &[b'x'; 32])?;
    let started_in = trial.restart()?;
    let found = trial.server().ask("DBSIZE").map_err(|error| error.to_string())?;
    match found == format!(":{keys}") {
        true => Ok(vec![started_in.as_secs_f64() * 1_000.0]),
        false => Err(format!("{keys} keys were logged, DBSIZE says {found}")),
    }
}

/// Milliseconds that a rewrite of a million keys adds to the p99 of other clients' requests.
pub fn rewrite_p99_ms(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let (keys, requests) = if trial.quick { (200_000, 20_000) } else { (1_000_000, 100_000) };
    let server = trial.server();
    fill::strings(server, keys, &[b'x'; 32])?;
    let quiet = set(server, 1, requests)?;
    let deadline = Instant::now() + REWRITE_MAX;
    server.ask("BGREWRITEAOF").map_err(|error| error.to_string())?;
    let disturbed = set(server, 1, requests)?;
    while Instant::now() < deadline && is_rewriting(server)? {
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(vec![(disturbed.p99_ms - quiet.p99_ms).max(0.0)])
}

/// A second rewrite is refused while there is one.
fn is_rewriting(server: &Server) -> Result<bool, String> {
    let reply = server.ask("BGREWRITEAOF").map_err(|error| error.to_string())?;
    Ok(reply.starts_with('-') || reply.contains("scheduled"))
}
