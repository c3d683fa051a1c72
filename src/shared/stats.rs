//! Figures that need no lock, for INFO.

use crate::clients::end::END_KINDS;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counted since the start unless stated otherwise.
#[derive(Debug, Default)]
pub struct Stats {
    /// Steady milliseconds of the start.
    pub started_at_ms: u64,
    /// Connections accepted.
    pub connections: AtomicU64,
    /// Connections refused because of the limit of clients.
    pub rejected_connections: AtomicU64,
    /// Bytes of the log that is being loaded.
    pub loading_total_bytes: AtomicU64,
    /// Bytes of it that have been replayed.
    pub loading_loaded_bytes: AtomicU64,
    /// Unix milliseconds at which that began.
    pub loading_started_at_ms: AtomicU64,
    /// Keys of the snapshot that was loaded last.
    pub snapshot_keys_loaded: AtomicU64,
    /// Keys that were left out of it, because they had expired.
    pub snapshot_keys_expired: AtomicU64,
    /// Reads that brought bytes of requests.
    pub reads: AtomicU64,
    /// Writes that took bytes of replies.
    pub writes: AtomicU64,
    /// Bytes of requests.
    pub input_bytes: AtomicU64,
    /// Bytes of replies.
    pub output_bytes: AtomicU64,
    /// Connections that have ended, for each of [`END_KINDS`].
    pub ends: [AtomicU64; END_KINDS.len()],
    /// Commands per second, over the housekeeper's last rounds.
    pub commands_per_second: AtomicU64,
    /// Bytes of requests per second, over the same rounds.
    pub input_bytes_per_second: AtomicU64,
    /// Bytes of replies per second, over the same rounds.
    pub output_bytes_per_second: AtomicU64,
    /// Bytes that all clients held for requests and replies at the housekeeper's last sample.
    pub client_held_bytes: AtomicU64,
    /// Most bytes that one client held for requests at the housekeeper's last sample.
    pub client_input_max_bytes: AtomicU64,
    /// Most bytes that one client held for replies at the housekeeper's last sample.
    pub client_output_max_bytes: AtomicU64,
    /// Resident bytes of the process at the housekeeper's last sample.
    pub resident_bytes: AtomicU64,
    /// Most bytes that keys and values took at any sample of the housekeeper.
    pub used_peak_bytes: AtomicU64,
    /// CPU microseconds spent in the kernel at the housekeeper's last sample.
    pub cpu_system_us: AtomicU64,
    /// CPU microseconds spent in user mode at the housekeeper's last sample.
    pub cpu_user_us: AtomicU64,
}

impl Stats {
    /// Counts `amount` more of something.
    pub fn add(counter: &AtomicU64, amount: usize) {
        counter.fetch_add(amount as u64, Relaxed);
    }

    /// Resets the counters; measured figures stay.
    pub fn reset(&self) {
        let counters = [
            &self.connections,
            &self.rejected_connections,
            &self.reads,
            &self.writes,
            &self.input_bytes,
            &self.output_bytes,
        ];
        counters.into_iter().chain(&self.ends).for_each(|counter| counter.store(0, Relaxed));
    }

    /// Reads a figure.
    pub fn read(figure: &AtomicU64) -> u64 {
        figure.load(Relaxed)
    }
}
