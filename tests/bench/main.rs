//! `make bench`: respool and Debian's Redis side by side, one Markdown table.
//!
//! A figure from yesterday, or from another machine, says little: the same build differs by a
//! third from hour to hour on a shared machine. So both servers run at the same time on the same
//! cores, take turns row by row and round by round, and what counts is the ratio of the medians.
//!
//! The load comes from `redis-benchmark`, which neither side wrote for the other. What it cannot
//! tell, the price of an operation in server CPU, is read from `/proc`; hence Linux only.
//!
//! The route: [`rows`] says what is measured and how good is good enough, [`server`] starts the
//! two servers, [`client`] takes one measurement, [`report`] makes the table. [`process`] holds
//! the rule that no child outlives the benchmark, [`machine`] names what it ran on.

mod client;
mod machine;
mod process;
mod report;
mod rows;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use client::Sample;
use report::Results;
use rows::Row;
use server::Server;

/// What `--help` prints.
const USAGE: &str = "\
versus: respool beside Debian's redis-server, measured by redis-benchmark

  --quick          fewer rounds and smaller runs: under a minute, rougher figures
  --rounds N       rounds per row (default 5, with --quick 3)
  --check          exit with 1 if a bar is missed
  --csv FILE       write every single measurement to FILE
  --respool PATH   measure this server in place of the one just built";

/// No further round is begun that would carry the whole run beyond this. A slow machine gets
/// fewer rounds, and the table says how many.
const RUN_MAX: Duration = Duration::from_secs(9 * 60);

/// The same limit for `--quick`.
const QUICK_RUN_MAX: Duration = Duration::from_secs(50);

/// A pause between two measurements, so that the one server's goodbye to several hundred
/// clients does not fall into the other's time.
const SETTLE: Duration = Duration::from_millis(50);

/// The command line, parsed.
struct Options {
    /// Small runs, few rounds.
    quick: bool,
    /// Rounds per row.
    rounds: usize,
    /// Whether a missed bar is a failure.
    check: bool,
    /// Where the single measurements go.
    csv: Option<PathBuf>,
    /// A server in place of the one just built: an older build, or Redis itself to see the noise.
    respool: Option<PathBuf>,
}

/// Returns from here and not by `exit`, because only a return runs the guards that kill children.
fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => return fail(&message),
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) if options.check => fail("a bar is missed"),
        Ok(false) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}

/// Says in one line what went wrong.
fn fail(message: &str) -> ExitCode {
    eprintln!("versus: {message}");
    ExitCode::FAILURE
}

/// Reads the command line; `None` means that help was asked for.
///
/// By hand, because the benchmark uses std only: what measures should not share code with what
/// is measured.
fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options { quick: false, rounds: 0, check: false, csv: None, respool: None };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--quick" => options.quick = true,
            "--check" => options.check = true,
            "--rounds" => {
                let text = value()?;
                options.rounds = match text.parse() {
                    Ok(rounds) if rounds > 0 => rounds,
                    _ => return Err(format!("--rounds must be a positive number, not '{text}'")),
                };
            }
            "--csv" => options.csv = Some(value()?.into()),
            "--respool" => options.respool = Some(value()?.into()),
            "--help" | "-h" => return Ok(None),
            // `cargo bench` hands this to every benchmark, as libtest would need it.
            "--bench" => {}
            _ => return Err(format!("unknown argument '{argument}' (--help lists them)")),
        }
    }
    if options.rounds == 0 {
        options.rounds = if options.quick { 3 } else { 5 };
    }
    Ok(Some(options))
}

/// Starts both servers, measures, prints; tells whether every bar was met.
fn run(options: &Options) -> Result<bool, String> {
    let redis_version = machine::redis_version()?;
    machine::require_redis_benchmark()?;
    let (program, respool_version) = match &options.respool {
        None => {
            let version = format!("respool {}", env!("CARGO_PKG_VERSION"));
            (PathBuf::from(env!("CARGO_BIN_EXE_respool")), version)
        }
        Some(path) => {
            // Made absolute, because the servers start in a directory of their own.
            let program = path.canonicalize().map_err(|e| format!("{}: {e}", path.display()))?;
            (program, format!("{} (in place of respool)", path.display()))
        }
    };
    let header = machine::header(&respool_version, &redis_version);

    let servers = [Server::start_respool(&program)?, Server::start_redis()?];
    for server in &servers {
        server.prefill()?;
    }
    let mut results = Results::new(rows::all());
    let rounds = measure_rounds(options, &servers, &mut results);
    let mut missed = results.missed_bars();
    // Whoever lost keys on the way was not doing the same work as the other.
    missed.extend(servers.iter().filter_map(|server| server.expect_all_keys().err()));

    if let Some(path) = &options.csv {
        std::fs::write(path, results.csv())
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    }
    println!("{header}");
    println!("Medians of {rounds} rounds, {} keys drawn at random, 3-byte values.\n", rows::KEYS);
    println!("{}", results.table());
    for bar in &missed {
        println!("MISSED {bar}");
    }
    if missed.is_empty() {
        println!("All bars met.");
    }
    Ok(missed.is_empty())
}

/// Takes every measurement of every round and returns the number of rounds there was time for.
///
/// Each row runs on both servers back to back, and who goes first changes from row to row and
/// from round to round: neither always inherits the other's warm caches or the machine's mood.
fn measure_rounds(options: &Options, servers: &[Server; 2], results: &mut Results) -> usize {
    let started = Instant::now();
    let run_max = if options.quick { QUICK_RUN_MAX } else { RUN_MAX };
    for round in 0..options.rounds {
        if round > 0 && started.elapsed() + started.elapsed() / round as u32 > run_max {
            eprintln!("no time for another round: stopping after {round}");
            return round;
        }
        for (row_index, row) in rows::all().iter().enumerate() {
            let first = (round + row_index) % 2;
            for server_index in [first, 1 - first] {
                if results.has_failed(row_index, server_index) {
                    continue;
                }
                let sample = measure(options, row, &servers[server_index]);
                progress(round, row, &servers[server_index], &sample);
                results.add(round, row_index, server_index, sample);
                std::thread::sleep(SETTLE);
            }
        }
    }
    options.rounds
}

/// Takes one measurement in the size that was asked for.
fn measure(options: &Options, row: &Row, server: &Server) -> Result<Sample, String> {
    let shape = row.shape;
    let requests = if options.quick { shape.requests_quick } else { shape.requests };
    client::measure(row, requests, server)
}

/// Shows on stderr that something is going on; stdout is for the table alone.
fn progress(round: usize, row: &Row, server: &Server, sample: &Result<Sample, String>) {
    let outcome = match sample {
        Ok(sample) => format!("{:>9.0} ops/s", sample.ops_per_s),
        Err(message) => message.clone(),
    };
    eprintln!("round {} {:<14} {:<7} {outcome}", round + 1, row.label(), server.name);
}
