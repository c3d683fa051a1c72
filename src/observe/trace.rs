//! The trace: one line per batch that shows what became of the bytes of one `read`.
//!
//! ```text
//! trace 12.345678 worker-3 id=7 read 74 B · parse 2 requests 0.9 µs · wait 3.1 µs
//!     · hold 1.1 µs: GET hit, SET · log 41 B @10482 6.0 µs · write 9 B 5.2 µs
//! ```
//! (In one line.) The number in front is the moment, in seconds of the steady clock, at which
//! `read` returned. The steps follow each other without a gap, so their moments are the sums of
//! durations: `wait` lasts from the end of the step before it to the moment when the lock was
//! taken, `hold` to the moment before the lock is released.
//!
//! A trace is for lectures and pictures: it names commands, and never shows a key or a value. It
//! costs about as much as a request itself. Switched off it costs one relaxed load per `read`, and
//! a comparison of a pointer with null at each step: 2 of 2 305 instructions a GET at sixteen a
//! batch (callgrind, without and with these checks, 2026-11-28); the CPU time is the same.
//!
//! A batch that executes many requests has many steps; both are bounded, and dots stand for the
//! rest.

use crate::limits;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether batches are traced.
#[derive(Debug, Default)]
pub struct Tracing(AtomicBool);

impl Tracing {
    /// Switches it on or off, for all batches that begin from now on.
    pub fn configure(&self, is_on: bool) {
        self.0.store(is_on, Relaxed);
    }

    /// Whether batches are traced, of some clients at least.
    pub fn is_on(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// Whether a client is among the chosen ones: their names or numbers, separated by spaces. An
/// empty list stands for all clients.
pub fn is_chosen(chosen: &[u8], id: u64, name: &[u8]) -> bool {
    let number = id.to_string();
    let mut words = chosen.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).peekable();
    words.peek().is_none() || words.any(|word| word == number.as_bytes() || word == name)
}

/// What is counted under the lock, to see what a command has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lookups {
    /// Lookups that found their key.
    pub hits: u64,
    /// Lookups that did not.
    pub misses: u64,
}

/// The trace of one batch. Times are steady nanoseconds.
#[derive(Debug)]
pub struct Trace {
    began_ns: u64,
    /// The end of the last step.
    since_ns: u64,
    steps: String,
    step_count: usize,
    /// The commands of the present step, each with the number of its repetitions.
    commands: Vec<(String, usize)>,
    lookups: Lookups,
    /// The end of the log when the lock was taken; `None` while it is not held.
    log_end: Option<u64>,
}

impl Trace {
    /// The trace of a batch of `bytes` that were read at `now_ns`.
    pub fn new(now_ns: u64, bytes: usize) -> Trace {
        Trace {
            began_ns: now_ns,
            since_ns: now_ns,
            steps: format!("read {bytes} B"),
            step_count: 0,
            commands: Vec::new(),
            lookups: Lookups::default(),
            log_end: None,
        }
    }

    /// Adds a step that has just ended.
    fn step(&mut self, now_ns: u64, what: std::fmt::Arguments<'_>) {
        let lasted_ns = now_ns.saturating_sub(self.since_ns);
        self.since_ns = now_ns;
        self.step_count += 1;
        let _ = match self.step_count.cmp(&limits::TRACE_STEPS_MAX) {
            std::cmp::Ordering::Less => {
                write!(self.steps, " · {what} {}.{} µs", lasted_ns / 1_000, lasted_ns % 1_000 / 100)
            }
            std::cmp::Ordering::Equal => write!(self.steps, " · …"),
            std::cmp::Ordering::Greater => Ok(()),
        };
    }

    /// Requests have been parsed.
    pub fn parsed(&mut self, now_ns: u64, requests: usize) {
        let plural = if requests == 1 { "" } else { "s" };
        self.step(now_ns, format_args!("parse {requests} request{plural}"));
    }

    /// The lock has been taken.
    pub fn locked(&mut self, now_ns: u64, lookups: Lookups, log_end: u64) {
        self.unlocked(now_ns);
        self.step(now_ns, format_args!("wait"));
        self.lookups = lookups;
        self.log_end = Some(log_end);
    }

    /// A command has been executed; `lookups` are the present counts if the lock is held.
    pub fn called(&mut self, name: &str, lookups: Option<Lookups>) {
        let mut name = name.replace('|', " ").to_uppercase();
        if let Some(lookups) = lookups {
            if lookups.misses > self.lookups.misses {
                name.push_str(" miss");
            } else if lookups.hits > self.lookups.hits {
                name.push_str(" hit");
            }
            self.lookups = lookups;
        }
        let is_full = self.commands.len() == limits::TRACE_COMMANDS_MAX;
        match self.commands.last_mut() {
            Some((last, count)) if *last == name => *count += 1,
            Some(last) if is_full => *last = ("…".to_owned(), 1),
            _ => self.commands.push((name, 1)),
        }
    }

    /// The lock is about to be released, or execution without it has ended.
    pub fn unlocked(&mut self, now_ns: u64) {
        if self.commands.is_empty() && self.log_end.is_none() {
            return;
        }
        let what = if self.log_end.is_some() { "hold" } else { "run" };
        self.step(now_ns, format_args!("{what}"));
        let mut between = ": ";
        for (name, count) in std::mem::take(&mut self.commands) {
            if self.step_count < limits::TRACE_STEPS_MAX {
                let _ = write!(self.steps, "{between}{name}");
                if count > 1 {
                    let _ = write!(self.steps, " ×{count}");
                }
                between = ", ";
            }
        }
    }

    /// The lock has been released, and the changes of this batch end at `log_end` of the log.
    /// Returns the number of their bytes.
    pub fn released(&mut self, log_end: u64) -> u64 {
        self.log_end.take().map_or(0, |before| log_end.saturating_sub(before))
    }

    /// The log is as safe as the policy promises, up to `offset`.
    pub fn logged(&mut self, now_ns: u64, bytes: u64, offset: u64) {
        self.step(now_ns, format_args!("log {bytes} B @{offset}"));
    }

    /// Replies were sent, or put into the outbox.
    pub fn sent(&mut self, now_ns: u64, what: &str, bytes: usize) {
        self.step(now_ns, format_args!("{what} {bytes} B"));
    }

    /// The line.
    pub fn line(&self, worker: &str, id: u64) -> String {
        let (seconds, rest_ns) = (self.began_ns / 1_000_000_000, self.began_ns % 1_000_000_000);
        format!("trace {seconds}.{:06} {worker} id={id} {}", rest_ns / 1_000, self.steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a line shows the steps in order, with their durations, and equal commands once.
    #[test]
    fn a_line_shows_every_step() {
        let mut trace = Trace::new(12_345_678_900, 74);
        trace.parsed(12_345_679_800, 3);
        trace.locked(12_345_682_900, Lookups { hits: 5, misses: 5 }, 100);
        trace.called("get", Some(Lookups { hits: 6, misses: 5 }));
        trace.called("get", Some(Lookups { hits: 7, misses: 5 }));
        trace.called("config|get", Some(Lookups { hits: 7, misses: 6 }));
        trace.unlocked(12_345_684_000);
        assert_eq!(trace.released(141), 41);
        trace.logged(12_345_690_000, 41, 141);
        trace.sent(12_345_695_200, "write", 9);
        assert_eq!(
            trace.line("worker-3", 7),
            "trace 12.345678 worker-3 id=7 read 74 B · parse 3 requests 0.9 µs · wait 3.1 µs · \
             hold 1.1 µs: GET hit ×2, CONFIG GET miss · log 41 B @141 6.0 µs · write 9 B 5.2 µs"
        );
    }

    /// Ensures that a line is bounded, however many steps and commands a batch has.
    #[test]
    fn a_line_is_bounded() {
        let mut trace = Trace::new(0, 1);
        for step in 0..1_000 {
            trace.locked(step, Lookups::default(), 0);
            for command in 0..100 {
                trace.called(&format!("command{command}"), None);
            }
            trace.unlocked(step);
            trace.released(0);
        }
        let line = trace.line("worker-0", 1);
        assert!(line.len() < 8_000, "{}", line.len());
        assert!(line.ends_with(" · …"), "{line}");
    }

    /// Ensures that clients are chosen by name or number, and all of them by an empty list.
    #[test]
    fn clients_are_chosen() {
        assert!(is_chosen(b"", 7, b""));
        assert!(is_chosen(b"  ", 7, b""));
        assert!(is_chosen(b"slow 7", 7, b""));
        assert!(is_chosen(b"slow 7", 8, b"slow"));
        assert!(!is_chosen(b"slow 7", 77, b"slower"));
        assert!(!is_chosen(b"slow", 1, b""));
    }
}
