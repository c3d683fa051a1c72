//! The worst moments: for each kind of event, its longest duration in each second.
//!
//! An event is anything that can make clients wait. Only commands are reported so far, as `command`
//! and `fast-command`: other causes show in their durations. Events below the operator's threshold,
//! which is off by default, are not examined.

use crate::limits;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The worst moments of every event.
#[derive(Debug, Default)]
pub struct Latency {
    /// `latency-monitor-threshold`: milliseconds; 0 is off.
    threshold_ms: AtomicU64,
    events: Mutex<BTreeMap<&'static str, Event>>,
}

/// One kind of event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Its samples, one for each second, the earliest first.
    pub samples: VecDeque<Sample>,
    /// The longest duration since the last reset, in milliseconds.
    pub max_ms: u64,
}

/// The longest duration within one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Unix seconds.
    pub unix_seconds: u64,
    /// Milliseconds.
    pub duration_ms: u64,
}

impl Latency {
    /// Puts a new threshold in force; 0 is off.
    pub fn configure(&self, threshold_ms: u64) {
        self.threshold_ms.store(threshold_ms, Relaxed);
    }

    /// Whether events are measured.
    pub fn is_on(&self) -> bool {
        self.threshold_ms.load(Relaxed) > 0
    }

    /// Whether an event of this duration is recorded.
    pub fn is_slow(&self, duration_us: u64) -> bool {
        let threshold_ms = self.threshold_ms.load(Relaxed);
        threshold_ms > 0 && duration_us / 1_000 >= threshold_ms
    }

    /// Reports an event with its duration. Costs next to nothing below the threshold.
    pub fn add(&self, event: &'static str, unix_seconds: u64, duration_us: u64) {
        if !self.is_slow(duration_us) {
            return;
        }
        let duration_ms = duration_us / 1_000;
        let mut events = self.events.lock();
        let event = events.entry(event).or_default();
        event.max_ms = event.max_ms.max(duration_ms);
        match event.samples.back_mut() {
            Some(last) if last.unix_seconds == unix_seconds => {
                last.duration_ms = last.duration_ms.max(duration_ms);
            }
            _ => {
                if event.samples.len() == limits::LATENCY_SAMPLES_MAX {
                    event.samples.pop_front();
                }
                event.samples.push_back(Sample { unix_seconds, duration_ms });
            }
        }
    }

    /// All events with their names, in alphabetical order.
    pub fn events(&self) -> Vec<(&'static str, Event)> {
        self.events.lock().iter().map(|(name, event)| (*name, event.clone())).collect()
    }

    /// Removes the events that `chosen` accepts, and returns their number.
    pub fn reset(&self, chosen: impl Fn(&str) -> bool) -> usize {
        let mut events = self.events.lock();
        let before = events.len();
        events.retain(|name, _| !chosen(name));
        before - events.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a second has one sample, its worst, and that the oldest seconds are dropped.
    #[test]
    fn a_second_is_as_bad_as_its_worst_moment() {
        let latency = Latency::default();
        latency.add("command", 1, u64::MAX);
        assert!(latency.events().is_empty(), "off at first");
        latency.configure(10);
        for (second, duration_us) in [(1, 9_999), (1, 10_000), (1, 30_000), (1, 20_000)] {
            latency.add("command", second, duration_us);
        }
        let events = latency.events();
        assert_eq!(events[0].1.samples, [Sample { unix_seconds: 1, duration_ms: 30 }]);
        let seconds_max = limits::LATENCY_SAMPLES_MAX as u64;
        (0..=seconds_max).for_each(|second| latency.add("command", 2 + second, 10_000));
        let (name, event) = latency.events().remove(0);
        assert_eq!((name, event.max_ms), ("command", 30));
        assert_eq!(event.samples.len(), limits::LATENCY_SAMPLES_MAX);
        assert_eq!(event.samples[0].unix_seconds, 3);
        assert_eq!(latency.reset(|name| name == "other"), 0);
        assert_eq!(latency.reset(|_| true), 1);
    }
}
