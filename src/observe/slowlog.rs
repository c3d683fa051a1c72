//! The slow log: the last commands that took longer than a threshold.
//!
//! The engine makes an entry and adds it here when no other lock is held. An entry keeps as much of
//! the arguments as Redis keeps: enough to recognise a request, while the cost of a log of huge
//! requests is bounded.

use crate::limits;
use parking_lot::Mutex;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};

/// The last slow commands, the latest first.
#[derive(Debug)]
pub struct Slowlog {
    /// `slowlog-log-slower-than`: microseconds; 0 logs everything, a negative number nothing.
    slower_than_us: AtomicI64,
    /// `slowlog-max-len`.
    entries_max: AtomicUsize,
    log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
    entries: VecDeque<(u64, Entry)>,
    next_id: u64,
}

/// One slow command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Unix seconds of its end.
    pub unix_seconds: u64,
    /// Microseconds.
    pub duration_us: u64,
    /// The request's arguments, shortened.
    pub arguments: Vec<Vec<u8>>,
    /// The client's address.
    pub peer: String,
    /// The client's name, or empty.
    pub name: String,
}

impl Default for Slowlog {
    /// A log that is off until it is configured.
    fn default() -> Slowlog {
        Slowlog {
            slower_than_us: AtomicI64::new(-1),
            entries_max: AtomicUsize::new(0),
            log: Mutex::default(),
        }
    }
}

impl Slowlog {
    /// Puts new settings in force. Entries beyond the new length are dropped at the next addition.
    pub fn configure(&self, slower_than_us: i64, entries_max: usize) {
        self.slower_than_us.store(slower_than_us, Relaxed);
        self.entries_max.store(entries_max, Relaxed);
    }

    /// Whether a command of this duration is logged.
    pub fn is_slow(&self, duration_us: u64) -> bool {
        let slower_than_us = self.slower_than_us.load(Relaxed);
        u64::try_from(slower_than_us).is_ok_and(|bound_us| duration_us >= bound_us)
    }

    /// Adds commands in the order of their execution.
    pub fn extend(&self, entries: Vec<Entry>) {
        let entries_max = self.entries_max.load(Relaxed);
        let mut log = self.log.lock();
        for entry in entries {
            let id = log.next_id;
            log.next_id += 1;
            log.entries.push_front((id, entry));
        }
        log.entries.truncate(entries_max);
    }

    /// The latest `count` entries with their numbers, the latest first.
    pub fn latest(&self, count: usize) -> Vec<(u64, Entry)> {
        self.log.lock().entries.iter().take(count).cloned().collect()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.log.lock().entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops all entries; numbers are never used again.
    pub fn clear(&self) {
        self.log.lock().entries.clear();
    }
}

/// The part of a request of `count` arguments that an entry keeps.
pub fn shortened<'a>(count: usize, arguments: impl Iterator<Item = Cow<'a, [u8]>>) -> Vec<Vec<u8>> {
    let is_cut = count > limits::SLOWLOG_ARGUMENTS_MAX;
    // The last slot says how many arguments are missing.
    let kept = if is_cut { limits::SLOWLOG_ARGUMENTS_MAX - 1 } else { count };
    let mut shown: Vec<Vec<u8>> = arguments.take(kept).map(|argument| cut(&argument)).collect();
    if is_cut {
        shown.push(format!("... ({} more arguments)", count - kept).into_bytes());
    }
    shown
}

fn cut(argument: &[u8]) -> Vec<u8> {
    match argument.split_at_checked(limits::SLOWLOG_ARGUMENT_BYTES_MAX) {
        Some((start, rest)) if !rest.is_empty() => {
            [start, format!("... ({} more bytes)", rest.len()).as_bytes()].concat()
        }
        _ => argument.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(duration_us: u64) -> Entry {
        let (peer, name) = (String::new(), String::new());
        Entry { unix_seconds: 0, duration_us, arguments: Vec::new(), peer, name }
    }

    /// Ensures that the log keeps the latest entries and never uses a number twice.
    #[test]
    fn the_latest_entries_are_kept() {
        let log = Slowlog::default();
        assert!(!log.is_slow(u64::MAX), "nothing is slow before it is configured");
        log.configure(10, 2);
        assert!(log.is_slow(10) && !log.is_slow(9));
        log.extend(vec![entry(1), entry(2), entry(3)]);
        let ids = |log: &Slowlog| log.latest(9).iter().map(|(id, _)| *id).collect::<Vec<_>>();
        assert_eq!(ids(&log), [2, 1]);
        log.clear();
        assert!(log.is_empty());
        log.extend(vec![entry(4)]);
        assert_eq!(ids(&log), [3]);
        log.configure(10, 0);
        log.extend(vec![entry(5)]);
        assert!(log.is_empty());
    }

    /// Ensures that arguments are shortened as in Redis, at the limit and beyond it.
    #[test]
    fn requests_are_shortened() {
        let show = |arguments: &[&[u8]]| {
            shortened(arguments.len(), arguments.iter().map(|argument| Cow::Borrowed(*argument)))
        };
        assert_eq!(show(&[&b"x"[..]; 32]), vec![b"x"; 32]);
        let cut = show(&[&b"x"[..]; 40]);
        assert_eq!((cut.len(), &cut[31][..]), (32, &b"... (9 more arguments)"[..]));
        assert_eq!(show(&[&[b'x'; 128]]), [[b'x'; 128]]);
        let expected = [&[b'x'; 128][..], b"... (2 more bytes)"].concat();
        assert_eq!(show(&[&[b'x'; 130]]), [expected]);
    }
}
