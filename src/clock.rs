//! Time, as an argument.
//!
//! Two clocks, as the operating system has them: the *wall* clock in Unix milliseconds, used for
//! deadlines because a client may give one (`EXPIREAT`), and a *steady* one in nanoseconds, used
//! for durations. The protocol and the keyspace never read a clock; the lock's holder reads it once
//! and passes the number on. Tests use a [`Clock::manual`] and move it by hand, so that none of
//! them waits for a deadline.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A source of both times; clones of a manual clock move together.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clocks.
    System {
        /// The zero of the steady clock.
        start: Instant,
    },
    /// A clock that stands still until [`Clock::advance_ms`] moves it.
    Manual {
        /// Unix microseconds; both times are read from it.
        now_us: Arc<AtomicU64>,
    },
}

impl Clock {
    /// The machine's clocks, the steady one starting now.
    pub fn system() -> Clock {
        Clock::System { start: Instant::now() }
    }

    /// A clock standing at `unix_ms` milliseconds.
    pub fn manual(unix_ms: u64) -> Clock {
        Clock::Manual { now_us: Arc::new(AtomicU64::new(unix_ms * 1_000)) }
    }

    /// Moves a manual clock forward by `ms` milliseconds; the machine's clock cannot be moved.
    pub fn advance_ms(&self, ms: u64) {
        if let Clock::Manual { now_us } = self {
            now_us.fetch_add(ms * 1_000, Ordering::SeqCst);
        }
    }

    /// Unix time in microseconds. A wall clock before 1970 counts as 0.
    pub fn unix_us(&self) -> u64 {
        match self {
            Clock::System { .. } => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as u64)
            }
            Clock::Manual { now_us } => now_us.load(Ordering::SeqCst),
        }
    }

    /// Unix time in milliseconds.
    pub fn unix_ms(&self) -> u64 {
        self.unix_us() / 1_000
    }

    /// Nanoseconds that never run backwards, from an arbitrary start.
    pub fn steady_ns(&self) -> u64 {
        match self {
            Clock::System { start } => start.elapsed().as_nanos() as u64,
            Clock::Manual { now_us } => now_us.load(Ordering::SeqCst) * 1_000,
        }
    }

    /// Microseconds of the same clock.
    pub fn steady_us(&self) -> u64 {
        self.steady_ns() / 1_000
    }

    /// For how long to wait really if `ms` milliseconds are left: a clock that is moved by hand has
    /// to be looked at now and then.
    pub fn real_wait_ms(&self, ms: u64) -> u64 {
        match self {
            Clock::System { .. } => ms,
            Clock::Manual { .. } => ms.min(5),
        }
    }

    /// Milliseconds of the same clock.
    pub fn steady_ms(&self) -> u64 {
        self.steady_us() / 1_000
    }
}

/// Splits Unix seconds into a UTC date and time: year, month, day, hour, minute, second.
///
/// The calendar arithmetic is Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>).
pub fn utc_date_time(unix_seconds: u64) -> (u64, u64, u64, u64, u64, u64) {
    let (days, seconds) = (unix_seconds / 86_400, unix_seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day, seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that the calendar is right where calendars go wrong.
    #[test]
    fn dates_around_leap_days_and_year_ends() {
        assert_eq!(utc_date_time(0), (1970, 1, 1, 0, 0, 0));
        assert_eq!(utc_date_time(951_782_399), (2000, 2, 28, 23, 59, 59));
        assert_eq!(utc_date_time(951_782_400), (2000, 2, 29, 0, 0, 0));
        assert_eq!(utc_date_time(1_798_761_599), (2026, 12, 31, 23, 59, 59));
    }

    /// Ensures that clones of a manual clock move together.
    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = Clock::manual(5_000);
        let other = clock.clone();
        clock.advance_ms(250);
        assert_eq!(other.unix_ms(), 5_250);
        assert_eq!(other.steady_ms(), 5_250);
    }
}
