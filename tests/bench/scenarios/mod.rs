//! Everything that is measured and is not a throughput row: sizes, starts, storms, logs.
//!
//! A scenario is a function that measures *one* server; [`measure`] gives it a [`Trial`] (a fresh
//! server in a directory of its own, which is killed when the time is up) for respool and for
//! Redis in turn, and compares the medians.
//!
//! # Adding one
//!
//! 1. Write `fn name(trial: &mut Trial) -> Result<Vec<f64>, String>` in the file of its area
//!    below this folder. It does what it has to with `trial.server()` and returns one number for
//!    each of the scenario's figures, in their order. [`Server`](crate::server::Server) tells its
//!    resident size and CPU time, [`fill`](crate::fill) writes data, [`client`](crate::client)
//!    runs `redis-benchmark` under any load, `trial.restart()` stops and starts again in the same
//!    directory. Where `trial.quick` says so, do a fifth of the work or less.
//! 2. Add an entry to [`SCENARIOS`]: name, flags for each side (make them equivalent), figures
//!    with unit and bar, rounds.
//!
//! All of `make bench` has to fit into ten minutes, and rows take six of them.

mod execution;
mod log;
mod size;
mod trial;

use std::fmt::Write;
use std::time::Instant;

use crate::bar::{Bar, judged, median, ratio};
use crate::markdown::{decimals, table};
use crate::options::Options;
use crate::server::Program;
pub use trial::Trial;

/// One number that a scenario yields.
pub struct Figure {
    /// What it is, behind the scenario's name; empty if there is only this one.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What respool's has to be as a multiple of Redis's.
    pub bar: Option<Bar>,
}

/// One thing to measure.
pub struct Scenario {
    /// The name in the table.
    pub name: &'static str,
    /// Flags for respool's server.
    pub respool_flags: &'static [&'static str],
    /// Flags for Redis's that ask it for the same.
    pub redis_flags: &'static [&'static str],
    /// What `measure` returns.
    pub figures: &'static [Figure],
    /// How often it is done on each side; one for what does not vary.
    pub rounds: usize,
    /// The same with `--quick`; zero leaves the scenario out.
    pub rounds_quick: usize,
    /// Measures one server.
    pub measure: fn(&mut Trial) -> Result<Vec<f64>, String>,
}

/// All scenarios, in the order of the table.
pub static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "1 M keys of 16 B with values of 32 B",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[Figure { name: "resident", unit: "B/key", bar: Some(Bar::AtMost(1.0)) }],
        rounds: 3,
        rounds_quick: 1,
        measure: size::bytes_per_key,
    },
    Scenario {
        name: "idle connections",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[Figure { name: "resident", unit: "KiB/connection", bar: None }],
        rounds: 3,
        rounds_quick: 1,
        measure: size::kib_per_idle_connection,
    },
    Scenario {
        name: "start to first PONG",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[Figure { name: "", unit: "ms", bar: Some(Bar::AtMost(1.0)) }],
        rounds: 11,
        rounds_quick: 3,
        measure: size::start_ms,
    },
    Scenario {
        name: "idle server",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure { name: "resident", unit: "MiB", bar: Some(Bar::AtMost(1.0)) },
            Figure { name: "program file", unit: "MiB", bar: Some(Bar::AtMost(1.0)) },
        ],
        rounds: 3,
        rounds_quick: 1,
        measure: size::idle_server,
    },
    Scenario {
        name: "a GET as INFO counts it",
        respool_flags: &[],
        redis_flags: &[],
        figures: &[
            Figure { name: "c=50 P=1", unit: "µs", bar: None },
            Figure { name: "c=50 P=16", unit: "µs", bar: None },
        ],
        rounds: 3,
        rounds_quick: 1,
        measure: execution::us_per_get,
    },
    Scenario {
        name: "log, everysec",
        respool_flags: &["--appendonly", "yes", "--appendfsync", "everysec"],
        redis_flags: &["--appendonly", "yes", "--appendfsync", "everysec"],
        figures: &[
            Figure { name: "SET c=50 P=1", unit: "ops/s", bar: Some(Bar::AtLeast(1.0)) },
            Figure { name: "SET c=50 P=16", unit: "ops/s", bar: Some(Bar::AtLeast(1.0)) },
            Figure { name: "P=16 as a share of no log", unit: "×", bar: None },
        ],
        rounds: 3,
        rounds_quick: 1,
        measure: log::throughput,
    },
    Scenario {
        name: "log, always",
        respool_flags: &["--appendonly", "yes", "--appendfsync", "always"],
        redis_flags: &["--appendonly", "yes", "--appendfsync", "always"],
        figures: &[
            Figure { name: "SET c=50 P=1", unit: "ops/s", bar: Some(Bar::AtLeast(1.5)) },
            Figure { name: "SET c=50 P=16", unit: "ops/s", bar: Some(Bar::AtLeast(1.5)) },
            Figure { name: "P=16 as a share of no log", unit: "×", bar: None },
        ],
        rounds: 3,
        rounds_quick: 1,
        measure: log::throughput,
    },
    Scenario {
        name: "log of 2 M SETs, loaded",
        respool_flags: &["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"],
        redis_flags: &["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"],
        figures: &[Figure { name: "", unit: "ms", bar: Some(Bar::AtMost(0.33)) }],
        rounds: 1,
        rounds_quick: 1,
        measure: log::load_ms,
    },
    Scenario {
        name: "log of 1 M keys, rewritten",
        respool_flags: &["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"],
        redis_flags: &["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"],
        figures: &[Figure { name: "others' p99 grows by", unit: "ms", bar: None }],
        rounds: 1,
        rounds_quick: 1,
        measure: log::rewrite_p99_ms,
    },
];

/// What a scenario gave: for each side, each round's figures or the reason why there are none.
pub struct Outcome {
    scenario: &'static Scenario,
    sides: [Result<Vec<Vec<f64>>, String>; 2],
}

/// The names of the two sides.
const NAMES: [&str; 2] = ["respool", "Redis"];

/// Measures what was asked for. After `deadline` no further round is begun, but each scenario is
/// measured once.
pub fn measure(options: &Options, programs: [&Program; 2], deadline: Instant) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for scenario in SCENARIOS.iter().filter(|scenario| options.wants(scenario.name)) {
        let rounds = if options.quick { scenario.rounds_quick } else { scenario.rounds };
        if rounds == 0 {
            continue;
        }
        let mut sides = [Ok(Vec::new()), Ok(Vec::new())];
        for round in 0..rounds {
            if round > 0 && Instant::now() > deadline {
                eprintln!("no time for another round of {}", scenario.name);
                break;
            }
            for side in [round % 2, 1 - round % 2] {
                let Ok(figures) = &mut sides[side] else { continue };
                match trial::once(scenario, side, programs[side], options.quick) {
                    Ok(measured) => {
                        eprintln!(
                            "round {} {} {}: {measured:.2?}",
                            round + 1,
                            scenario.name,
                            NAMES[side]
                        );
                        figures.push(measured);
                    }
                    Err(message) => {
                        eprintln!("{} {}: {message}", scenario.name, NAMES[side]);
                        sides[side] = Err(message);
                    }
                }
            }
        }
        outcomes.push(Outcome { scenario, sides });
    }
    outcomes
}

impl Outcome {
    /// The medians of one figure on both sides.
    fn medians(&self, index: usize) -> [Option<f64>; 2] {
        self.sides.each_ref().map(|side| {
            let rounds = side.as_ref().ok()?;
            median(rounds.iter().map(|figures| figures[index]).collect())
        })
    }
}

/// What the scenario and one of its figures are called together.
fn label(scenario: &Scenario, figure: &Figure) -> String {
    match figure.name {
        "" => scenario.name.to_owned(),
        name => format!("{}: {name}", scenario.name),
    }
}

/// The Markdown table.
pub fn report(outcomes: &[Outcome]) -> String {
    let mut lines =
        vec![["scenario", "respool", "Redis", "unit", "ratio"].map(String::from).to_vec()];
    for outcome in outcomes {
        for (index, figure) in outcome.scenario.figures.iter().enumerate() {
            let [respool, redis] = outcome.medians(index);
            lines.push(vec![
                label(outcome.scenario, figure),
                decimals(respool, 2),
                decimals(redis, 2),
                figure.unit.to_owned(),
                judged(ratio(respool, redis), figure.bar),
            ]);
        }
    }
    table(&lines)
}

/// Every single measurement as lines of `round,name,server,figure,value`.
pub fn csv(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        for (name, side) in NAMES.iter().zip(&outcome.sides) {
            for (round, figures) in side.iter().flatten().enumerate() {
                for (figure, value) in outcome.scenario.figures.iter().zip(figures) {
                    let (round, label) = (round + 1, label(outcome.scenario, figure));
                    let _ = writeln!(text, "{round},{label},{name},{},{value:.3}", figure.unit);
                }
            }
        }
    }
    text
}

/// One line for each bar that was missed and each side that could not be measured.
pub fn missed_bars(outcomes: &[Outcome]) -> Vec<String> {
    let mut missed = Vec::new();
    for outcome in outcomes {
        for (name, side) in NAMES.iter().zip(&outcome.sides) {
            if let Err(message) = side {
                missed.push(format!("{}: {name}: {message}", outcome.scenario.name));
            }
        }
        for (index, figure) in outcome.scenario.figures.iter().enumerate() {
            let [respool, redis] = outcome.medians(index);
            if let (Some(ratio), Some(bar)) = (ratio(respool, redis), figure.bar)
                && !bar.is_met(ratio)
            {
                let label = label(outcome.scenario, figure);
                missed.push(format!("{label}: {ratio:.2} x, {}", bar.words()));
            }
        }
    }
    missed
}
