//! `make bench-sweep`: how the cost grows with connections, pipeline depth, keys and cores.
//!
//! The rows answer whether respool is fast enough; a sweep shows where that begins and ends. Its
//! CSV, one line for each single measurement, is what `plot.py` draws.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use crate::bar::{judged, median, ratio};
use crate::client::{self, Sample};
use crate::fill;
use crate::machine;
use crate::markdown::{decimals, table, thousands};
use crate::options::Options;
use crate::rows::{KEYS, Load};
use crate::server::{self, Program, Server};

/// A pause between two measurements: five thousand clients take a while to say goodbye.
const SETTLE: Duration = Duration::from_millis(200);

/// What is sent everywhere: a hit on a random key.
const GET: &[&str] = &["GET", "key:__rand_int__"];

/// The value under every key.
const VALUE: &[u8] = b"a value of just thirty-two bytes";

const CONNECTIONS: [u32; 8] = [1, 10, 50, 200, 500, 1_000, 2_000, 5_000];
const DEPTHS: [u32; 5] = [1, 4, 16, 64, 256];
const KEY_COUNTS: [usize; 3] = [1_000, 1_000_000, 10_000_000];
const WORKER_CORES: [usize; 2] = [1, 2];

/// From this depth on one client thread would be the bottleneck, as in the rows.
const THREADED_DEPTH_MIN: u32 = 64;

/// The head of the table. The plain columns are respool's.
const HEAD: [&str; 12] = [
    "curve",
    "at",
    "respool ops/s",
    "Redis ops/s",
    "ratio",
    "of null",
    "p99 ms",
    "Redis p99",
    "CPU µs/op",
    "Redis CPU",
    "MiB",
    "Redis MiB",
];

/// One point of one curve.
struct Point {
    curve: &'static str,
    /// The value on the x axis: connections, keys and so on.
    at: usize,
    load: Load,
    requests: u64,
}

/// Points that are measured on the same servers.
struct Setup {
    keys: usize,
    /// How many cores the *server* is bound to; the load has them all.
    cores: Option<usize>,
    /// Whether the null server is measured too; it has no keys.
    with_null: bool,
    points: Vec<Point>,
}

/// One line of the CSV.
struct Measured {
    round: usize,
    sample: Sample,
    resident_mib: f64,
}

/// The curves, as servers to start and what to measure on them.
fn setups(quick: bool) -> Vec<Setup> {
    let load = |clients, pipeline| Load {
        clients,
        pipeline,
        threads: if pipeline >= THREADED_DEPTH_MIN { 2 } else { 0 },
    };
    // About a second each on the machines we know; a client alone waits most of the time.
    let requests = |clients: u32, pipeline: u32| match (clients, pipeline) {
        (1, _) => 25_000,
        // Connecting is part of the time, and must be a small part of it.
        (1_000.., _) => 100_000,
        (_, 1) => 80_000,
        (_, 4) => 300_000,
        (_, 16) => 1_000_000,
        _ => 3_000_000,
    };
    let point = |curve, at, clients, pipeline| Point {
        curve,
        at,
        load: load(clients, pipeline),
        requests: requests(clients, pipeline) / if quick { 10 } else { 1 },
    };
    let connections = CONNECTIONS.map(|count| point("connections", count as usize, count, 1));
    let depths = DEPTHS.map(|depth| point("pipeline", depth as usize, 50, depth));
    let points = connections.into_iter().chain(depths).collect();
    let mut setups = vec![Setup { keys: KEYS, cores: None, with_null: true, points }];
    for keys in KEY_COUNTS.into_iter().filter(|keys| !quick || *keys <= 1_000_000) {
        let points = vec![point("keys", keys, 50, 16)];
        setups.push(Setup { keys, cores: None, with_null: false, points });
    }
    for cores in WORKER_CORES {
        let points = vec![
            point("cores P=1", cores, 50, 1),
            point("cores P=16", cores, 50, 16),
            point("cores P=64", cores, 50, 64),
        ];
        setups.push(Setup { keys: KEYS, cores: Some(cores), with_null: false, points });
    }
    setups
}

/// Measures all curves, writes them to `file` and prints their medians.
pub fn run(
    options: &Options,
    programs: [&Program; 3],
    file: &Path,
    header: &str,
) -> Result<(), String> {
    let mut csv = format!(
        "# {header}\n\
         curve,at,server,round,ops_per_s,p50_ms,p99_ms,p999_ms,cpu_us_per_op,resident_mib\n",
    );
    let mut lines = vec![HEAD.map(String::from).to_vec()];
    for mut setup in setups(options.quick) {
        setup.points.retain(|point| options.wants(point.curve));
        if setup.points.is_empty() {
            continue;
        }
        let programs = if setup.with_null { &programs[..] } else { &programs[..2] };
        let measured = measure(&setup, programs, options.rounds)?;
        for (point, cells) in setup.points.iter().zip(&measured) {
            for (program, cell) in programs.iter().zip(cells) {
                write_csv(&mut csv, point, program.name, cell);
            }
            lines.push(medians(point, cells));
        }
        // After each setup, so that what was measured is not lost with what goes wrong later.
        std::fs::write(file, &csv).map_err(|e| format!("cannot write {}: {e}", file.display()))?;
    }
    println!("{header}");
    println!("GET of a random key, medians of {} rounds.\n", options.rounds);
    println!("{}", table(&lines));
    Ok(())
}

/// Starts the servers of a setup and measures its points in rounds: for each point, for each
/// server, its measurements.
fn measure(
    setup: &Setup,
    programs: &[&Program],
    rounds: usize,
) -> Result<Vec<Vec<Vec<Measured>>>, String> {
    let cores = setup.cores.map(machine::first_cores).transpose()?;
    let mut servers = Vec::new();
    let mut directories = Vec::new();
    for (index, program) in programs.iter().enumerate() {
        let directory = server::directory()?;
        let server = Server::start(program, &[], directory.path(), cores.as_deref())?;
        // The null server, which is the third if there is one, keeps nothing.
        if index < 2 {
            fill::strings(&server, setup.keys, VALUE)?;
            server.expect_keys(setup.keys)?;
        }
        servers.push(server);
        directories.push(directory);
    }
    let cell = || servers.iter().map(|_| Vec::new()).collect();
    let mut measured: Vec<Vec<Vec<Measured>>> = setup.points.iter().map(|_| cell()).collect();
    for round in 0..rounds {
        for (point_index, point) in setup.points.iter().enumerate() {
            for turn in 0..servers.len() {
                let index = (round + point_index + turn) % servers.len();
                let server = &servers[index];
                // A point that cannot be measured is missing; the others are still worth having.
                match once(point, setup.keys, server, round) {
                    Ok(one) => measured[point_index][index].push(one),
                    Err(e) => eprintln!("{} {} {}: {e}", point.curve, point.at, server.name),
                }
                std::thread::sleep(SETTLE);
            }
        }
    }
    Ok(measured)
}

/// Takes one measurement.
fn once(point: &Point, keys: usize, server: &Server, round: usize) -> Result<Measured, String> {
    let sample = client::measure(GET, point.load, point.requests, keys, server)?;
    let (curve, at, name, ops_per_s) = (point.curve, point.at, server.name, sample.ops_per_s);
    eprintln!("round {} {curve:<11} {at:>8} {name:<7} {ops_per_s:>9.0} ops/s", round + 1);
    let resident_mib = server.resident_bytes()? / (1024.0 * 1024.0);
    Ok(Measured { round, sample, resident_mib })
}

/// The lines of one point and one server.
fn write_csv(csv: &mut String, point: &Point, server: &str, cell: &[Measured]) {
    for Measured { round, sample: s, resident_mib } in cell {
        let _ = writeln!(
            csv,
            "{},{},{server},{},{:.0},{:.3},{:.3},{:.3},{:.3},{resident_mib:.1}",
            point.curve,
            point.at,
            round + 1,
            s.ops_per_s,
            s.p50_ms,
            s.p99_ms,
            s.p999_ms,
            s.cpu_us_per_op,
        );
    }
}

/// One line of the table.
fn medians(point: &Point, cells: &[Vec<Measured>]) -> Vec<String> {
    let figure = |server: usize, figure: fn(&Measured) -> f64| {
        median(cells.get(server)?.iter().map(figure).collect())
    };
    let ops = |server| figure(server, |m| m.sample.ops_per_s);
    let p99 = |server| decimals(figure(server, |m| m.sample.p99_ms), 2);
    let cpu = |server| decimals(figure(server, |m| m.sample.cpu_us_per_op), 2);
    let resident = |server| decimals(figure(server, |m| m.resident_mib), 1);
    vec![
        point.curve.to_owned(),
        point.at.to_string(),
        thousands(ops(0)),
        thousands(ops(1)),
        judged(ratio(ops(0), ops(1)), None),
        judged(ratio(ops(0), ops(2)), None),
        p99(0),
        p99(1),
        cpu(0),
        cpu(1),
        resident(0),
        resident(1),
    ]
}
