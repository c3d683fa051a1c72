//! Loading: the log is replayed into the keyspace, and then continued.
//!
//! Clients are connected meanwhile. INFO shows them how far it is; most of what they ask is
//! answered with `-LOADING`. So the keyspace lock is let go now and then.

use crate::aof::Directory;
use crate::aof::load::{self, Target};
use crate::command::replay::Replay;
use crate::limits;
use crate::log;
use crate::resp::Args;
use crate::shared::{Access, Shared};
use std::sync::atomic::Ordering::Relaxed;

/// Replays the log of `directory`, begins to continue it, and hands the directory back.
///
/// # Errors
/// One line that says what is wrong with the log, or that it cannot be continued.
pub fn run(shared: &Shared, mut directory: Directory) -> Result<Directory, String> {
    let start_us = shared.clock.steady_us();
    let bytes = directory.sizes().1;
    shared.stats.loading_total_bytes.store(bytes, Relaxed);
    shared.stats.loading_started_at_ms.store(shared.clock.unix_ms(), Relaxed);
    let mut loader = Loader {
        shared,
        replay: Replay::new(shared),
        access: None,
        requests: 0,
        told_at_us: start_us,
    };
    // A key that has expired goes where the log says so: a later request may rest on it.
    shared.access().set_replaying(true);
    let may_cut = shared.config().aof_load_truncated;
    let loaded = load::load(&directory, may_cut, &mut loader);
    let requests = loader.requests;
    drop(loader);
    loaded?;
    let file = directory
        .last_increment()
        .map_err(|error| format!("the append-only file cannot be continued: {error}"))?;
    shared.aof.begin(file, directory.sizes());
    let mut access = shared.access();
    // Both at one moment: what expires or is evicted from now on is logged.
    access.journal.turn(true);
    access.set_replaying(false);
    drop(access);
    shared.end_loading();
    let seconds = (shared.clock.steady_us() - start_us) as f64 / 1e6;
    log::notice(&format!(
        "DB loaded from append only file: {seconds:.3} seconds, {bytes} bytes, {requests} requests"
    ));
    Ok(directory)
}

/// Executes what the log says.
struct Loader<'a> {
    shared: &'a Shared,
    replay: Replay<'a>,
    access: Option<Access<'a>>,
    requests: usize,
    /// Steady microseconds of the last line about the progress.
    told_at_us: u64,
}

impl Target for Loader<'_> {
    fn replay(&mut self, args: Args<'_>) -> Result<(), String> {
        self.requests += 1;
        if self.requests.is_multiple_of(limits::BATCH_REQUESTS_MAX) {
            // Whoever waits for the lock gets it.
            self.access = None;
            if self.shared.is_stopping() {
                return Err("stopped before it was loaded".to_owned());
            }
        }
        let access = self.access.get_or_insert_with(|| self.shared.access());
        self.replay.execute(access, args)
    }

    fn progress(&mut self, bytes: u64) {
        let stats = &self.shared.stats;
        stats.loading_loaded_bytes.store(bytes, Relaxed);
        let now_us = self.shared.clock.steady_us();
        if now_us - self.told_at_us >= limits::LOADING_TOLD_EVERY_US {
            self.access = None;
            self.told_at_us = now_us;
            let total = stats.loading_total_bytes.load(Relaxed).max(1);
            let percent = bytes * 100 / total;
            log::notice(&format!("Loading the append-only file: {percent} % of {total} bytes"));
        }
    }
}
