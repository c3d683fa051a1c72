//! The append-only file: what it costs to write, to load and to rewrite.
//!
//! Its rewriting by itself is off in all of these: it would begin at another moment on each side.

use std::fs::File;
use std::io::{BufWriter, Error, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::Trial;
use crate::client;
use crate::fill;
use crate::probe::Probe;
use crate::rows::{KEYS, Load};
use crate::server::Server;

const SET: &[&str] = &["SET", "key:__rand_int__", "xxx"];
const SETS: u64 = 60_000;
const SETS_PIPELINED: u64 = 600_000;

/// SETs in the file that is loaded, each with a key of its own.
const SETS_LOADED: usize = 2_000_000;

/// Keys in the file that is rewritten.
const KEYS_REWRITTEN: usize = 1_000_000;

/// How long the probe waits with no rewrite going on.
const QUIET: Duration = Duration::from_secs(2);

/// A rewrite that has not ended by then has failed.
const REWRITE_MAX: Duration = Duration::from_secs(40);

/// How often the server is asked whether it has.
const POLL: Duration = Duration::from_millis(10);

/// Thousands of SETs a second, first without pipelining, then with sixteen at a time: each with
/// the log, and how many per cent are lost against the same server without.
pub fn kops_and_loss_percent(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    fill::strings(server, KEYS, b"xxx")?;
    // The first run on a server is slower than the second, and would all be on the log's side.
    kops(server, 16, trial.quick)?;
    let logged = [kops(server, 1, trial.quick)?, kops(server, 16, trial.quick)?];
    let reply = server.ask("CONFIG SET appendonly no")?;
    if reply != "+OK" {
        return Err(format!("the log cannot be turned off: '{reply}'"));
    }
    let bare = [kops(server, 1, trial.quick)?, kops(server, 16, trial.quick)?];
    let loss = |index: usize| (1.0 - logged[index] / bare[index]) * 100.0;
    Ok(vec![logged[0], loss(0), logged[1], loss(1)])
}

/// Thousands of SETs a second from 50 clients that wait for the disk, without pipelining and with
/// sixteen at a time.
pub fn kops_always(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    fill::strings(server, KEYS, b"xxx")?;
    Ok(vec![kops(server, 1, trial.quick)?, kops(server, 16, trial.quick)?])
}

/// Thousands of SETs a second, `pipeline` at a time.
fn kops(server: &Server, pipeline: u32, quick: bool) -> Result<f64, String> {
    let requests = if pipeline == 1 { SETS } else { SETS_PIPELINED };
    let requests = if quick { requests / 5 } else { requests };
    let load = Load { clients: 50, pipeline, threads: 0 };
    Ok(client::measure(SET, load, requests, KEYS, server)?.ops_per_s / 1e3)
}

/// Seconds from the birth of a process to its first PONG, with a file to load in between. Both
/// servers are given the same bytes, which neither of them wrote.
pub fn load_s(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let started_in = trial.restart_on(|directory| {
        write_log(directory).map_err(|e| format!("cannot write a log: {e}"))
    })?;
    trial.server().expect_keys(SETS_LOADED)?;
    Ok(vec![started_in.as_secs_f64()])
}

/// Puts a log of [`SETS_LOADED`] SETs in the place of whatever log there is: Redis's layout since
/// 7.0, a manifest and a single file in the protocol's own form.
fn write_log(directory: &Path) -> Result<(), Error> {
    let folder = directory.join("appendonlydir");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir(&folder)?;
    let name = "appendonly.aof.1.incr.aof";
    std::fs::write(folder.join("appendonly.aof.manifest"), format!("file {name} seq 1 type i\n"))?;
    let mut file = BufWriter::new(File::create(folder.join(name))?);
    let mut record = Vec::new();
    fill::request(&mut record, &[b"SELECT", b"0"]);
    for index in 0..SETS_LOADED {
        let key = format!("key:{index:012}");
        fill::request(&mut record, &[b"SET", key.as_bytes(), &[b'x'; 32]]);
        file.write_all(&record)?;
        record.clear();
    }
    // What the kernel has still to write would be written while a server loads.
    file.into_inner()?.sync_all()
}

/// What another client waits at most, but for one request in a hundred, while 50 clients write:
/// with no rewrite, during one, and the difference. Then how many seconds the rewrite takes.
pub fn rewrite_p99_ms(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    fill::strings(server, KEYS_REWRITTEN, &[b'x'; 32])?;
    let load = Load { clients: 50, pipeline: 1, threads: 0 };
    // What was just written reaches the disk first; a calm that is none would flatter the rewrite.
    thread::sleep(QUIET);
    let _load = client::background(SET, load, KEYS_REWRITTEN, server)?;

    let probe = Probe::start(server)?;
    thread::sleep(QUIET);
    let quiet = probe.finish()?;

    let probe = Probe::start(server)?;
    let began = Instant::now();
    let reply = server.ask("BGREWRITEAOF")?;
    if !reply.starts_with('+') {
        return Err(format!("no rewrite was begun: '{reply}'"));
    }
    while server.info_number("persistence", "aof_rewrite_in_progress")? != 0.0
        || server.info_number("persistence", "aof_rewrite_scheduled")? != 0.0
    {
        if began.elapsed() > REWRITE_MAX {
            return Err(format!("a rewrite took more than {} s", REWRITE_MAX.as_secs()));
        }
        thread::sleep(POLL);
    }
    let took = began.elapsed();
    let busy = probe.finish()?;
    let added_ms = busy.p99_ms - quiet.p99_ms;
    Ok(vec![quiet.p99_ms, busy.p99_ms, added_ms, took.as_secs_f64()])
}
