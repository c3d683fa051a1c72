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
//!    [`Probe`](crate::probe::Probe) is another client that measures how long it waits.
//! 2. Add an entry to [`SCENARIOS`]: name, flags for each side (make them equivalent), figures
//!    with unit and bars, rounds.
//!
//! All of `make bench` has to end in a bounded time, and rows take six minutes of it: a scenario
//! that takes ten seconds on a server gets one round, and the table says so.

mod execution;
mod list;
mod log;
mod memory;
mod messages;
mod size;
mod trial;
mod values;
mod waiting;

use std::fmt::Write;
use std::time::Instant;

use crate::bar::{Bar, judged, median, ratio};
use crate::markdown::{decimals, table};
use crate::options::Options;
use crate::server::Program;
pub use list::SCENARIOS;
pub use trial::Trial;

/// One number that a scenario yields.
pub struct Figure {
    /// Its name after the scenario's name; empty if there is only one.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What respool's has to be as a multiple of Redis's.
    pub bar: Option<Bar>,
    /// What respool's has to be by itself.
    pub limit: Option<Bar>,
}

impl Figure {
    /// A figure that nothing is asked of.
    const fn new(name: &'static str, unit: &'static str) -> Figure {
        Figure { name, unit, bar: None, limit: None }
    }

    /// The same with a bar for the ratio.
    const fn bar(mut self, bar: Bar) -> Figure {
        self.bar = Some(bar);
        self
    }

    /// The same with a bar for respool's figure alone.
    const fn limit(mut self, limit: Bar) -> Figure {
        self.limit = Some(limit);
        self
    }
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
    /// The same with `--quick`; zero leaves the scenario out, unless it was asked for by name.
    pub rounds_quick: usize,
    /// Measures one server.
    pub measure: fn(&mut Trial) -> Result<Vec<f64>, String>,
}

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
        let rounds = if options.quick {
            scenario.rounds_quick.max(usize::from(!options.only.is_empty()))
        } else {
            scenario.rounds
        };
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

    /// How many measurements there are of the side that has fewer.
    fn rounds(&self) -> usize {
        self.sides.iter().map(|side| side.as_ref().map_or(0, Vec::len)).min().unwrap_or(0)
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
    let mut lines = vec![
        ["scenario", "rounds", "respool", "Redis", "unit", "ratio"].map(String::from).to_vec(),
    ];
    for outcome in outcomes {
        for (index, figure) in outcome.scenario.figures.iter().enumerate() {
            let [respool, redis] = outcome.medians(index);
            lines.push(vec![
                label(outcome.scenario, figure),
                outcome.rounds().to_string(),
                judged(respool, figure.limit),
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
            let judged = [(ratio(respool, redis), " x", figure.bar), (respool, "", figure.limit)];
            for (figure_or_ratio, unit, bar) in judged {
                if let (Some(value), Some(bar)) = (figure_or_ratio, bar)
                    && !bar.is_met(value)
                {
                    let label = label(outcome.scenario, figure);
                    missed.push(format!("{label}: {value:.2}{unit}, {}", bar.words()));
                }
            }
        }
    }
    missed
}
