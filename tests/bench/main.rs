//! `make bench`: respool and Debian's Redis side by side, as Markdown tables.
//!
//! A figure from yesterday, or from another machine, says little: the same build differs by a
//! third from hour to hour on a shared machine. So both servers run at the same time on the same
//! cores, take turns row by row and round by round, and what counts is the ratio of the medians.
//!
//! There are two kinds of measurement:
//!
//! - throughput **rows** ([`rows`]): a request under a load, sent by `redis-benchmark`, which
//!   neither side wrote for the other. What it cannot measure, the server CPU of an operation, is
//!   read from `/proc`; hence Linux only. Some rows have a third server for comparison, which does
//!   nothing but read and write ([`null`]): the ceiling of a thread per client.
//! - **scenarios** ([`scenarios`]): a function that measures one fresh server and yields figures
//!   of any kind. Adding one takes that function and an entry in a list; that file says how.
//!
//! With `--sweep` it measures curves instead ([`sweep`]), which `plot.py` draws.
//!
//! The route: [`rows`] says what is measured and how good is good enough, [`server`] starts a
//! server, [`fill`] puts data into it, [`client`] takes one measurement, [`report`] makes the
//! table. [`process`] holds the rule that no child outlives the benchmark, [`machine`] names what
//! it ran on and confines it to two cores.

mod bar;
mod client;
mod fill;
mod machine;
mod markdown;
mod null;
mod options;
mod probe;
mod process;
mod report;
mod rows;
mod scenarios;
mod server;
mod sweep;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use options::{Options, USAGE};
use report::{NULL, Results};
use rows::{KEYS, ROWS, Row};
use server::{Program, Server};

/// No further round of rows is begun that would carry them beyond this. A slow machine gets
/// fewer rounds, and the table says how many.
const ROWS_MAX: Duration = Duration::from_secs(6 * 60);

/// The same limit for `--quick`.
const QUICK_ROWS_MAX: Duration = Duration::from_secs(40);

/// No second round of a scenario is begun after this, counted from the start.
const RUN_MAX: Duration = Duration::from_secs(9 * 60);

/// The same limit for `--quick`.
const QUICK_RUN_MAX: Duration = Duration::from_secs(50);

/// A pause between two measurements, so that the one server's goodbye to several hundred
/// clients does not fall into the other's time.
const SETTLE: Duration = Duration::from_millis(50);

/// Returns from here and not by `exit`, because only a return runs the guards that kill children.
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|argument| argument == null::FLAG).is_some() {
        return match null::serve(arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => fail(&message),
        };
    }
    let options = match Options::parse(arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => return fail(&message),
    };
    match run(&options) {
        Ok(missed) if missed.is_empty() || !options.check => ExitCode::SUCCESS,
        Ok(_) => fail("a bar is missed"),
        Err(message) => fail(&message),
    }
}

/// Says in one line what went wrong.
fn fail(message: &str) -> ExitCode {
    eprintln!("versus: {message}");
    ExitCode::FAILURE
}

/// Measures and prints; returns the bars that were missed.
fn run(options: &Options) -> Result<Vec<String>, String> {
    if options.list {
        ROWS.iter().for_each(|row| println!("{}", row.label()));
        scenarios::SCENARIOS.iter().for_each(|scenario| println!("{}", scenario.name));
        return Ok(Vec::new());
    }
    machine::confine(options.cores)?;
    machine::raise_open_files()?;
    machine::require_redis_benchmark()?;
    let started = Instant::now();
    let (respool, version) = respool(options)?;
    let redis = Program::redis()?;
    // Now, because the load before the start is in it.
    let header = machine::header(&version, &machine::redis_version()?);

    let null = Program::null()?;
    if let Some(file) = &options.sweep {
        sweep::run(options, [&respool, &redis, &null], file, &header)?;
        return Ok(Vec::new());
    }

    let (results, rounds) = measure_rows(options, [&respool, &redis, &null])?;
    let scenarios_max = if options.quick { QUICK_RUN_MAX } else { RUN_MAX };
    let outcomes = scenarios::measure(options, [&respool, &redis], started + scenarios_max);

    if let Some(path) = &options.csv {
        let text = format!(
            "round,name,server,figure,value\n{}{}",
            results.csv(),
            scenarios::csv(&outcomes)
        );
        std::fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    }
    println!("{header}");
    if !results.rows.is_empty() {
        println!("Medians of {rounds} rounds, {KEYS} keys drawn at random, 3-byte values.");
        println!("In parentheses what is asked for; ✗ marks what is missed.\n");
        println!("{}", results.table());
    }
    if !outcomes.is_empty() {
        println!("{}", scenarios::report(&outcomes));
    }
    let mut missed = results.missed_bars();
    missed.extend(scenarios::missed_bars(&outcomes));
    for bar in &missed {
        println!("MISSED {bar}");
    }
    println!("{} bars missed, {} s in all.", missed.len(), started.elapsed().as_secs());
    Ok(missed)
}

/// The server that plays respool's part, and what to call it.
fn respool(options: &Options) -> Result<(Program, String), String> {
    match &options.respool {
        None => {
            let version = format!("respool {}", env!("CARGO_PKG_VERSION"));
            Ok((Program::respool(env!("CARGO_BIN_EXE_respool").into()), version))
        }
        Some(path) => {
            // Made absolute, because the servers start in a directory of their own.
            let path = path.canonicalize().map_err(|e| format!("{}: {e}", path.display()))?;
            let version = format!("{} (in place of respool)", path.display());
            Ok((Program::respool(path), version))
        }
    }
}

/// Measures the rows that were asked for, and tells how many rounds there was time for.
fn measure_rows(options: &Options, programs: [&Program; 3]) -> Result<(Results, usize), String> {
    let wanted: Vec<Row> = ROWS.iter().filter(|row| options.wants(&row.label())).copied().collect();
    let mut results = Results::new(wanted);
    if results.rows.is_empty() {
        return Ok((results, 0));
    }
    let directories = [server::directory()?, server::directory()?, server::directory()?];
    let mut servers = Vec::new();
    for (program, directory) in programs.iter().zip(&directories) {
        servers.push(Server::start(program, &[], directory.path(), None)?);
    }
    let filled = &servers[..NULL];
    filled.iter().try_for_each(fill::rows)?;
    let rounds = measure_rounds(options, &servers, &mut results);
    filled.iter().try_for_each(fill::expect_rows)?;
    Ok((results, rounds))
}

/// Takes every measurement of every round and returns the number of rounds there was time for.
///
/// Each row runs on its servers back to back, in an order that changes from row to row and from
/// round to round, so that no server always inherits another's warm caches.
fn measure_rounds(options: &Options, servers: &[Server], results: &mut Results) -> usize {
    let started = Instant::now();
    let rows_max = if options.quick { QUICK_ROWS_MAX } else { ROWS_MAX };
    for round in 0..options.rounds {
        if round > 0 && started.elapsed() + started.elapsed() / round as u32 > rows_max {
            eprintln!("no time for another round: stopping after {round}");
            return round;
        }
        for (row_index, row) in results.rows.clone().iter().enumerate() {
            let count = if row.with_null { servers.len() } else { NULL };
            for turn in 0..count {
                let server_index = (round + row_index + turn) % count;
                if results.has_failed(row_index, server_index) {
                    continue;
                }
                let server = &servers[server_index];
                let requests = row.requests(options.quick);
                let sample = client::measure(row.request, row.load, requests, KEYS, server);
                let outcome = match &sample {
                    Ok(sample) => format!("{:>9.0} ops/s", sample.ops_per_s),
                    Err(message) => message.clone(),
                };
                eprintln!("round {} {:<23} {:<7} {outcome}", round + 1, row.label(), server.name);
                results.add(round, row_index, server_index, sample);
                std::thread::sleep(SETTLE);
            }
        }
    }
    options.rounds
}
