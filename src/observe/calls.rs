//! Number and duration of each command's calls.
//!
//! Three additions per *streak* of equal commands (see `command/engine/meter.rs`), each to an
//! atomic counter of that command alone: no lock, and no cache line that all cores write to. A
//! command that was never called has no histogram, which keeps an idle server small.
//!
//! A histogram has four buckets for every doubling of time, so a percentile read from it is at most
//! a quarter too large.

use super::CommandId;
use crate::limits;
use std::array;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The first bucket contains everything shorter than 2 to this power, in nanoseconds.
const SHORTEST_POWER: u32 = 7;

/// The last bucket contains everything from 2 to this power on, in nanoseconds (17 seconds).
const LONGEST_POWER: u32 = 34;

/// Buckets for every doubling, as a power of two.
const PARTS_POWER: u32 = 2;

const BUCKETS: usize = 1 + (((LONGEST_POWER - SHORTEST_POWER) << PARTS_POWER) as usize);

/// One command's durations.
type Histogram = [AtomicU64; BUCKETS];

/// Figures of all commands, by their [`CommandId`].
#[derive(Debug)]
pub struct Calls {
    rows: Box<[Row]>,
}

/// A cache line of its own, so that cores that execute different commands do not invalidate each
/// other's (false sharing).
#[derive(Debug, Default)]
#[repr(align(64))]
struct Row {
    calls: AtomicU64,
    duration_ns: AtomicU64,
    rejected: AtomicU64,
    failed: AtomicU64,
    histogram: OnceLock<Box<Histogram>>,
}

/// One command's figures at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Number of executions.
    pub calls: u64,
    /// Nanoseconds of all executions together.
    pub duration_ns: u64,
    /// Requests that were refused before execution.
    pub rejected: u64,
    /// Executions that ended with an error.
    pub failed: u64,
}

impl Default for Calls {
    fn default() -> Calls {
        Calls { rows: (0..limits::COMMANDS_MAX).map(|_| Row::default()).collect() }
    }
}

impl Calls {
    /// Counts `calls` executions of a command that took `duration_ns` together; each is counted
    /// with the same duration.
    pub fn add(&self, id: CommandId, calls: u64, duration_ns: u64) {
        let row = &self.rows[id.index()];
        row.calls.fetch_add(calls, Relaxed);
        row.duration_ns.fetch_add(duration_ns, Relaxed);
        let histogram = row.histogram.get_or_init(|| Box::new(array::from_fn(|_| 0.into())));
        histogram[bucket(duration_ns / calls.max(1))].fetch_add(calls, Relaxed);
    }

    /// Counts a request that was refused before it was executed.
    pub fn add_rejected(&self, id: CommandId) {
        self.rows[id.index()].rejected.fetch_add(1, Relaxed);
    }

    /// Counts an execution that ended with an error; [`Calls::add`] counts it as well.
    pub fn add_failed(&self, id: CommandId) {
        self.rows[id.index()].failed.fetch_add(1, Relaxed);
    }

    /// The figures of one command.
    pub fn of(&self, id: CommandId) -> Figures {
        let row = &self.rows[id.index()];
        Figures {
            calls: row.calls.load(Relaxed),
            duration_ns: row.duration_ns.load(Relaxed),
            rejected: row.rejected.load(Relaxed),
            failed: row.failed.load(Relaxed),
        }
    }

    /// Executions of all commands.
    pub fn total(&self) -> u64 {
        self.rows.iter().map(|row| row.calls.load(Relaxed)).sum()
    }

    /// The distribution of one command's durations, if it was ever called.
    pub fn durations(&self, id: CommandId) -> Option<Durations> {
        let counters = self.rows[id.index()].histogram.get()?;
        let buckets: Vec<u64> = counters.iter().map(|counter| counter.load(Relaxed)).collect();
        let calls: u64 = buckets.iter().sum();
        (calls > 0).then_some(Durations { buckets, calls })
    }

    /// Resets all counters.
    pub fn reset(&self) {
        for row in &self.rows {
            [&row.calls, &row.duration_ns, &row.rejected, &row.failed]
                .iter()
                .for_each(|figure| figure.store(0, Relaxed));
            let histogram = row.histogram.get().into_iter().flat_map(|buckets| buckets.iter());
            histogram.for_each(|bucket| bucket.store(0, Relaxed));
        }
    }
}

/// The distribution of one command's durations.
#[derive(Debug)]
pub struct Durations {
    buckets: Vec<u64>,
    /// Executions in all buckets.
    pub calls: u64,
}

impl Durations {
    /// A duration in nanoseconds that `percent` of the executions did not exceed.
    pub fn percentile_ns(&self, percent: f64) -> u64 {
        let wanted = (self.calls as f64 * percent / 100.0).ceil().max(1.0) as u64;
        let mut counted = 0;
        let place = self.buckets.iter().position(|count| {
            counted += count;
            counted >= wanted
        });
        longest_ns(place.unwrap_or(BUCKETS - 1))
    }

    /// The cumulative distribution, from about a microsecond on: for every power of two nanoseconds
    /// within which there were executions, the power and the number of executions up to it.
    pub fn doublings(&self) -> Vec<(u32, u64)> {
        const FIRST_POWER: u32 = 10;
        let mut found: Vec<(u32, u64)> = Vec::new();
        for power in FIRST_POWER..=LONGEST_POWER + 1 {
            let end = bucket(1 << power);
            let end = if power > LONGEST_POWER { BUCKETS } else { end };
            let counted = self.buckets[..end].iter().sum();
            if counted > found.last().map_or(0, |(_, before)| *before) {
                found.push((power, counted));
            }
        }
        found
    }
}

/// The bucket of a duration.
fn bucket(duration_ns: u64) -> usize {
    let power = duration_ns.max(1).ilog2();
    if power < SHORTEST_POWER {
        return 0;
    }
    let part = (duration_ns >> (power - PARTS_POWER)) & ((1 << PARTS_POWER) - 1);
    let place = 1 + ((u64::from(power - SHORTEST_POWER) << PARTS_POWER) + part) as usize;
    place.min(BUCKETS - 1)
}

/// The longest duration in a bucket, in nanoseconds.
fn longest_ns(bucket: usize) -> u64 {
    let (power, part) = (bucket >> PARTS_POWER, bucket & ((1 << PARTS_POWER) - 1));
    let start = ((1 << PARTS_POWER) + part as u64) << power;
    (start << (SHORTEST_POWER - PARTS_POWER)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that the buckets follow each other without a gap, up to the last.
    #[test]
    fn buckets_touch_each_other() {
        for place in 0..BUCKETS - 1 {
            assert_eq!(bucket(longest_ns(place)), place);
            assert_eq!(bucket(longest_ns(place) + 1), place + 1);
        }
        assert_eq!(bucket(0), 0);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    /// Ensures that a percentile is at least the exact one and at most a quarter more.
    #[test]
    fn percentiles_are_nearly_true() {
        let calls = Calls::default();
        (1..=1_000).for_each(|at| calls.add(CommandId::at(3), 1, at * 1_000));
        let durations = calls.durations(CommandId::at(3)).expect("it was called");
        for (percent, exact) in [(50.0, 500_000), (99.0, 990_000), (99.9, 999_000)] {
            let read = durations.percentile_ns(percent);
            assert!((exact..=exact * 5 / 4).contains(&read), "{percent}: {read}");
        }
        assert_eq!(calls.of(CommandId::at(3)).calls, 1_000);
        assert_eq!(calls.of(CommandId::at(3)).duration_ns, 500_500_000);
        assert!(calls.durations(CommandId::at(4)).is_none());
    }

    /// Ensures that a streak is counted as calls of equal duration, and that a reset clears it.
    #[test]
    fn streaks_are_shared_out_evenly() {
        let calls = Calls::default();
        calls.add(CommandId::at(0), 16, 16 * 300);
        calls.add(CommandId::at(0), 1, 3_000_000);
        let durations = calls.durations(CommandId::at(0)).expect("it was called");
        assert_eq!(durations.doublings(), [(10, 16), (22, 17)]);
        assert_eq!(calls.total(), 17);
        calls.reset();
        assert_eq!(calls.of(CommandId::at(0)), Figures::default());
        assert!(calls.durations(CommandId::at(0)).is_none());
    }
}
