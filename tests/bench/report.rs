//! What the rows gave: from single measurements to the table and the verdict.
//!
//! A ratio is that of the two medians next to it, so that a reader can check it.

use std::fmt::Write;

use crate::bar::{Bar, judged, median, ratio};
use crate::client::Sample;
use crate::markdown::{decimals, table, thousands};
use crate::rows::{LATENCY_BAR, Row};

/// The servers' places in a row's cells.
pub const RESPOOL: usize = 0;
const REDIS: usize = 1;
/// See [`RESPOOL`].
pub const NULL: usize = 2;

/// The head of the table. The plain columns are respool's.
const HEAD: [&str; 16] = [
    "row",
    "respool ops/s",
    "Redis ops/s",
    "ratio",
    "of null",
    "p50 ms",
    "Redis p50",
    "p99 ms",
    "Redis p99",
    "p99.9 ms",
    "Redis p99.9",
    "CPU µs/op",
    "Redis CPU",
    "CPU ratio",
    "client busy",
    "Redis's",
];

/// What one server did in one row.
#[derive(Default)]
struct Cell {
    /// The measurements, each with the round it was taken in.
    samples: Vec<(usize, Sample)>,
    /// Why the row could not be measured; once set, it is not tried again.
    failure: Option<String>,
}

impl Cell {
    /// The median of one figure, if the row was measured in every round.
    fn median(&self, figure: impl Fn(&Sample) -> f64) -> Option<f64> {
        if self.failure.is_some() {
            return None;
        }
        median(self.samples.iter().map(|(_, sample)| figure(sample)).collect())
    }
}

/// The ratios of one row that there are bars for.
struct Ratios {
    ops: Option<f64>,
    of_null: Option<f64>,
    p99: Option<f64>,
    p999: Option<f64>,
    cpu: Option<f64>,
}

impl Ratios {
    fn of(cells: &[Cell; 3]) -> Ratios {
        let between = |other: usize, figure: fn(&Sample) -> f64| {
            ratio(cells[RESPOOL].median(figure), cells[other].median(figure))
        };
        Ratios {
            ops: between(REDIS, |s| s.ops_per_s),
            of_null: between(NULL, |s| s.ops_per_s),
            p99: between(REDIS, |s| s.p99_ms),
            p999: between(REDIS, |s| s.p999_ms),
            cpu: between(REDIS, |s| s.cpu_us_per_op),
        }
    }
}

/// All measurements of rows.
pub struct Results {
    /// The rows, in the order of the table.
    pub rows: Vec<Row>,
    /// For each row, a cell for each server.
    cells: Vec<[Cell; 3]>,
}

impl Results {
    /// Nothing measured yet.
    pub fn new(rows: Vec<Row>) -> Results {
        let cells = rows.iter().map(|_| Default::default()).collect();
        Results { rows, cells }
    }

    /// Keeps one measurement, or the reason for its absence.
    pub fn add(
        &mut self,
        round: usize,
        row_index: usize,
        server_index: usize,
        sample: Result<Sample, String>,
    ) {
        let cell = &mut self.cells[row_index][server_index];
        match sample {
            Ok(sample) => cell.samples.push((round, sample)),
            Err(message) => cell.failure = Some(message),
        }
    }

    /// Whether this row failed on this server before: a hang costs a minute, and one is enough.
    pub fn has_failed(&self, row_index: usize, server_index: usize) -> bool {
        self.cells[row_index][server_index].failure.is_some()
    }

    /// The Markdown table.
    pub fn table(&self) -> String {
        let mut lines = vec![HEAD.map(String::from).to_vec()];
        for (row, cells) in self.rows.iter().zip(&self.cells) {
            let ratios = Ratios::of(cells);
            let [respool, redis] = [&cells[RESPOOL], &cells[REDIS]];
            lines.push(vec![
                row.label(),
                thousands(respool.median(|s| s.ops_per_s)),
                thousands(redis.median(|s| s.ops_per_s)),
                judged(ratios.ops, Some(row.ops_bar)),
                judged(ratios.of_null, row.null_bar),
                decimals(respool.median(|s| s.p50_ms), 2),
                decimals(redis.median(|s| s.p50_ms), 2),
                latency(respool.median(|s| s.p99_ms), ratios.p99),
                decimals(redis.median(|s| s.p99_ms), 2),
                latency(respool.median(|s| s.p999_ms), ratios.p999),
                decimals(redis.median(|s| s.p999_ms), 2),
                decimals(respool.median(|s| s.cpu_us_per_op), 2),
                decimals(redis.median(|s| s.cpu_us_per_op), 2),
                judged(ratios.cpu, row.cpu_bar),
                percent(respool.median(|s| s.client_busy)),
                percent(redis.median(|s| s.client_busy)),
            ]);
        }
        table(&lines)
    }

    /// Every single measurement as lines of `round,name,server,figure,value`.
    pub fn csv(&self) -> String {
        let mut text = String::new();
        for (row, cells) in self.rows.iter().zip(&self.cells) {
            for (name, cell) in ["respool", "Redis", "null"].iter().zip(cells) {
                for (round, s) in &cell.samples {
                    for (figure, value) in [
                        ("ops_per_s", s.ops_per_s),
                        ("p50_ms", s.p50_ms),
                        ("p99_ms", s.p99_ms),
                        ("p999_ms", s.p999_ms),
                        ("cpu_us_per_op", s.cpu_us_per_op),
                        ("client_busy", s.client_busy),
                    ] {
                        let (round, label) = (round + 1, row.label());
                        let _ = writeln!(text, "{round},{label},{name},{figure},{value:.3}");
                    }
                }
            }
        }
        text
    }

    /// One line for each bar that was missed.
    pub fn missed_bars(&self) -> Vec<String> {
        let mut missed = Vec::new();
        for (row, cells) in self.rows.iter().zip(&self.cells) {
            let label = row.label();
            for (name, cell) in ["respool", "Redis", "null"].iter().zip(cells) {
                if let Some(failure) = &cell.failure {
                    missed.push(format!("{label}: {name}: {failure}"));
                }
            }
            // Where a side failed there is no ratio, and the failure itself is listed above.
            let ratios = Ratios::of(cells);
            for (what, ratio, bar) in [
                ("throughput", ratios.ops, Some(row.ops_bar)),
                ("throughput relative to the null server", ratios.of_null, row.null_bar),
                ("p99", ratios.p99, Some(LATENCY_BAR)),
                ("p99.9", ratios.p999, Some(LATENCY_BAR)),
                ("CPU time per operation", ratios.cpu, row.cpu_bar),
            ] {
                missed.extend(miss(&label, what, ratio, bar));
            }
        }
        missed
    }
}

/// The line about a missed bar.
fn miss(label: &str, what: &str, ratio: Option<f64>, bar: Option<Bar>) -> Option<String> {
    let (ratio, bar) = (ratio?, bar?);
    (!bar.is_met(ratio)).then(|| format!("{label}: {what} {ratio:.2} x, {}", bar.words()))
}

/// A latency, with a cross if it is above Redis's.
fn latency(figure_ms: Option<f64>, ratio: Option<f64>) -> String {
    let is_met = ratio.is_none_or(|ratio| LATENCY_BAR.is_met(ratio));
    format!("{}{}", decimals(figure_ms, 2), if is_met { "" } else { " ✗" })
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| decimals(None, 0), |share| format!("{:.0} %", share * 100.0))
}
