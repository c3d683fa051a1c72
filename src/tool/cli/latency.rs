//! `--latency` and `--latency-history`: how long a PING takes, in milliseconds.
//!
//! One PING every ten milliseconds waits for the server's threads and locks like any other client's
//! request. For humans one line is written over and over, without end; for scripts there is one
//! line after a second (or `-i`).

use super::client::{Client, Failure, print};
use super::options::{Mode, Style};
use super::stop::Stop;
use std::time::{Duration, Instant};

/// Time between two samples: a hundred a second are no load.
const PAUSE: Duration = Duration::from_millis(10);

/// What was measured.
#[derive(Default)]
struct Samples {
    min_ms: u128,
    max_ms: u128,
    sum_ms: u128,
    count: u128,
}

impl Samples {
    fn add(&mut self, took_ms: u128) {
        self.min_ms = if self.count == 0 { took_ms } else { self.min_ms.min(took_ms) };
        self.max_ms = self.max_ms.max(took_ms);
        self.sum_ms += took_ms;
        self.count += 1;
    }

    fn shown(&self, style: Style) -> String {
        let Samples { min_ms, max_ms, sum_ms, count } = *self;
        let mean = sum_ms as f64 / count.max(1) as f64;
        match style {
            // The beginning of the line, and erase it.
            Style::Standard => format!(
                "\x1b[0G\x1b[2Kmin: {min_ms}, max: {max_ms}, avg: {mean:.2} ({count} samples)"
            ),
            Style::Raw => format!("{min_ms} {max_ms} {mean:.2} {count}\n"),
            Style::Csv => format!("{min_ms},{max_ms},{mean:.2},{count}\n"),
            Style::Json | Style::QuotedJson => format!(
                "{{\"min\": {min_ms}, \"max\": {max_ms}, \"avg\": {mean:.2}, \"count\": {count}}}\n"
            ),
        }
    }
}

/// Measures.
pub fn run(client: &mut Client<'_>) -> Result<(), Stop> {
    let (style, has_history) = (client.format.style, client.options.mode == Mode::LatencyHistory);
    let period = match client.options.interval {
        Duration::ZERO if has_history => Duration::from_secs(15),
        Duration::ZERO => Duration::from_secs(1),
        interval => interval,
    };
    if !client.connect(true) {
        return Err(Stop::Said);
    }
    let (mut samples, mut start) = (Samples::default(), Instant::now());
    loop {
        let sent = Instant::now();
        match client.ask("PING") {
            Err(Failure::Lost(_)) => return Err(Stop::Message("\nI/O error".to_owned())),
            answer => answer?,
        };
        samples.add(sent.elapsed().as_millis());
        if style == Style::Standard {
            print(samples.shown(style).as_bytes())?;
        }
        let elapsed = start.elapsed();
        if elapsed > period && (has_history || style != Style::Standard) {
            let end = match style {
                Style::Standard => format!(" -- {:.2} seconds range\n", elapsed.as_secs_f64()),
                _ => samples.shown(style),
            };
            print(end.as_bytes())?;
            if !has_history {
                return Ok(());
            }
            (samples, start) = (Samples::default(), Instant::now());
        }
        std::thread::sleep(PAUSE);
    }
}
