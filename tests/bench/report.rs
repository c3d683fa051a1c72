//! From single measurements to medians, the table and the verdict.
//!
//! Medians, not means: one round that met a busy neighbour should not decide. The ratio is that
//! of the two medians beside it, so that a reader can check it.

use std::fmt::Write;

use crate::client::Sample;
use crate::rows::{P99_RATIO_MAX, Row};

/// The names of the two sides, in the order of the servers.
const NAMES: [&str; 2] = ["respool", "Redis"];

/// The head of the table. The plain columns are respool's.
const HEAD: [&str; 11] = [
    "row",
    "respool ops/s",
    "Redis ops/s",
    "ratio",
    "p50 ms",
    "Redis p50",
    "p99 ms",
    "Redis p99",
    "CPU µs/op",
    "Redis CPU",
    "CPU ratio",
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
        let mut values: Vec<f64> = self.samples.iter().map(|(_, s)| figure(s)).collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        match values.len() {
            0 => None,
            count if count % 2 == 1 => Some(values[middle]),
            _ => Some((values[middle - 1] + values[middle]) / 2.0),
        }
    }
}

/// All measurements.
pub struct Results {
    /// The rows, in the order of the table.
    rows: Vec<Row>,
    /// For each row, respool's cell and then Redis's.
    cells: Vec<[Cell; 2]>,
}

impl Results {
    /// Nothing measured yet.
    pub fn new(rows: Vec<Row>) -> Results {
        let cells = rows.iter().map(|_| Default::default()).collect();
        Results { rows, cells }
    }

    /// Keeps one measurement, or the reason why there is none.
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
            let ops = medians(cells, |s| s.ops_per_s);
            let p50 = medians(cells, |s| s.p50_ms);
            let p99 = medians(cells, |s| s.p99_ms);
            let cpu = medians(cells, |s| s.cpu_us_per_op);
            lines.push(vec![
                row.label(),
                thousands(ops[0]),
                thousands(ops[1]),
                decimals(ratio(ops), 2),
                decimals(p50[0], 2),
                decimals(p50[1], 2),
                decimals(p99[0], 2),
                decimals(p99[1], 2),
                decimals(cpu[0], 2),
                decimals(cpu[1], 2),
                decimals(ratio(cpu), 2),
            ]);
        }
        markdown(&lines)
    }

    /// Every single measurement, for whoever doubts a median.
    pub fn csv(&self) -> String {
        let mut text = String::from("round,row,server,ops_per_s,p50_ms,p99_ms,cpu_us_per_op\n");
        for (row, cells) in self.rows.iter().zip(&self.cells) {
            for (name, cell) in NAMES.iter().zip(cells) {
                for (round, s) in &cell.samples {
                    let (ops, cpu) = (s.ops_per_s, s.cpu_us_per_op);
                    let _ = writeln!(
                        text,
                        "{},{},{name},{ops:.0},{},{},{cpu:.3}",
                        round + 1,
                        row.label(),
                        s.p50_ms,
                        s.p99_ms
                    );
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
            for (name, cell) in NAMES.iter().zip(cells) {
                if let Some(failure) = &cell.failure {
                    missed.push(format!("{label}: {name}: {failure}"));
                }
            }
            // Where a side failed there is no ratio, and the failure itself is listed above.
            let ops = ratio(medians(cells, |s| s.ops_per_s));
            if let (Some(ops), Some(bar)) = (ops, row.shape.ops_ratio_min)
                && ops < bar
            {
                missed.push(format!("{label}: throughput {ops:.2} x Redis, at least {bar} asked"));
            }
            let p99 = ratio(medians(cells, |s| s.p99_ms));
            if let Some(p99) = p99.filter(|p99| *p99 > P99_RATIO_MAX) {
                let bar = P99_RATIO_MAX;
                missed.push(format!("{label}: p99 {p99:.2} x Redis, at most {bar} asked"));
            }
        }
        missed
    }
}

/// The medians of one figure on both sides.
fn medians(cells: &[Cell; 2], figure: impl Fn(&Sample) -> f64) -> [Option<f64>; 2] {
    [cells[0].median(&figure), cells[1].median(&figure)]
}

/// How many times Redis's figure respool's is.
fn ratio([respool, redis]: [Option<f64>; 2]) -> Option<f64> {
    Some(respool? / redis?)
}

/// A figure as thousands, as nobody should believe the digits behind them.
fn thousands(figure: Option<f64>) -> String {
    figure.map_or("failed".into(), |figure| format!("{:.0} k", figure / 1_000.0))
}

/// A figure with so many decimals, or a dash.
fn decimals(figure: Option<f64>, count: usize) -> String {
    figure.map_or("–".into(), |figure| format!("{figure:.count$}"))
}

/// Lays out a table whose first line is its head: the first column to the left, figures to the
/// right, padded so that it can be read in a terminal too.
fn markdown(lines: &[Vec<String>]) -> String {
    let columns = lines[0].len();
    let width = |column: usize| lines.iter().map(|l| l[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (column, field) in line.iter().enumerate() {
            let width = widths[column];
            let _ = match column {
                0 => write!(text, "| {field:<width$} |"),
                _ => write!(text, " {field:>width$} |"),
            };
        }
        text.push('\n');
        if index == 0 {
            for (column, width) in widths.iter().enumerate() {
                let _ = match column {
                    0 => write!(text, "|{:-<1$}|", "", width + 2),
                    _ => write!(text, "{:->1$}:|", "", width + 1),
                };
            }
            text.push('\n');
        }
    }
    text
}
