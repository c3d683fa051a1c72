//! The housekeeper: one thread for periodic work that no client asks for.
//!
//! In every round it removes expired keys, evicts, watches the process's size, syncs the log,
//! starts a rewrite or a snapshot that is due, closes idle clients and ends a pause that is over.
//! In between it syncs for waiting replies and sends them (group commit). It samples the figures
//! that INFO shows, so that no command asks the system.

use crate::aof::Order;
use crate::background::client_memory;
use crate::background::memory_watch::{Advice, MemoryWatch};
use crate::clients::courier::Mail;
use crate::command::engine::waiting;
use crate::config::{Fsync, SavePoint};
use crate::keyspace::Eviction;
use crate::keyspace::Figures;
use crate::limits;
use crate::log;
use crate::policy::Policy;
use crate::shared::{Aftermath, Shared, Stats};
use crate::system::{differences, machine};
use crate::text::units::human;
use crossbeam_channel::{Receiver, select};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// Rounds over which commands per second are averaged, and between two samples of the process's CPU
/// time, for which the kernel sums over all threads: not free when there are ten thousand.
const ROUNDS_PER_SAMPLE: u64 = 10;

/// Works until the other end of `stop` is dropped; then the log is written to its end. A client's
/// SHUTDOWN is noticed here, and `begin_stop` called: the client's own worker may be busy for a
/// while with replies that the client does not read.
pub fn run(shared: &Shared, stop: &Receiver<()>, begin_stop: impl Fn()) {
    let mut rounds = 0_u64;
    let mut last = Sample { steady_us: shared.clock.steady_us(), ..Sample::default() };
    let mut watch = MemoryWatch::new(machine::memory().bytes);
    // INFO has figures from the start.
    watch_memory(shared, &mut watch);
    sample_process(&shared.stats);
    let mut synced_at_ms = shared.clock.steady_ms();
    let mut next_round = Instant::now();
    loop {
        let round_ms = match shared.aof.is_on() {
            true => shared.config().appendfsync_interval_ms.min(limits::HOUSEKEEPER_ROUND_MS),
            false => limits::HOUSEKEEPER_ROUND_MS,
        };
        let is_near = watch.is_near(Stats::read(&shared.stats.resident_bytes));
        let round_ms = if is_near { round_ms.min(limits::MEMORY_WATCH_MS) } else { round_ms };
        next_round = next_round.max(Instant::now()) + Duration::from_millis(round_ms);
        if wait_until(next_round, shared, stop).is_err() {
            break;
        }
        if shared.was_asked_to_stop() {
            begin_stop();
        }
        sweep(shared);
        watch_memory(shared, &mut watch);
        evict(shared);
        synced_at_ms = keep_log(shared, synced_at_ms);
        save_if_due(shared);
        close_silent_clients(shared);
        limit_outboxes(shared);
        client_memory::evict(shared);
        shared.clients.pause.end_if_due(shared.clock.steady_ms());
        rounds += 1;
        if rounds.is_multiple_of(ROUNDS_PER_SAMPLE) {
            sample_process(&shared.stats);
            client_memory::sample(shared);
            last = sample_rates(shared, &last);
        }
    }
    shared.with_keyspace(|hold| hold.propagation.turn(false));
    shared.finish_log();
}

/// The server stops.
struct Stopped;

/// Waits for the next round, and meanwhile syncs the log whenever replies wait for it, and sends
/// these replies.
fn wait_until(next_round: Instant, shared: &Shared, stop: &Receiver<()>) -> Result<(), Stopped> {
    loop {
        let wait = next_round.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            return Ok(());
        }
        select! {
            recv(stop) -> _ => return Err(Stopped),
            recv(shared.aof.bell_rings) -> _ => shared.sync_log(),
            default(wait) => return Ok(()),
        }
    }
}

/// Starts a rewrite of the log if it has grown too much, or if its present files cannot be trusted.
fn rewrite_if_due(shared: &Shared, now_ms: u64) {
    let status = &shared.aof.status;
    if !status.may_rewrite(now_ms) {
        return;
    }
    let (percentage, bytes_min) = {
        let config = shared.config();
        (config.auto_aof_rewrite_percentage, config.auto_aof_rewrite_min_size)
    };
    if status.has_grown(percentage, bytes_min)
        || status.is_unfounded.load(Relaxed)
        || shared.aof.is_distrusted()
    {
        shared.aof.order_rewrite();
    }
}

/// Orders a snapshot if a point of `save` asks for it, and neither a snapshot nor a rewrite is in
/// progress.
fn save_if_due(shared: &Shared) {
    let status = &shared.aof.status;
    let is_rewriting = status.is_rewriting.load(Relaxed) || status.is_scheduled.load(Relaxed);
    if is_rewriting || shared.saving.is_claimed() || shared.is_loading() {
        return;
    }
    if shared.config().save.is_empty() {
        return;
    }
    let Some(changes) = shared.with_free_keyspace(|hold| hold.counters().changes) else { return };
    let now_s = shared.clock.unix_ms() / 1_000;
    let due = shared.saving.due(&shared.config().save, changes, now_s);
    if let Some(point) = due
        && shared.saving.claim(shared.clock.steady_ms())
    {
        let SavePoint { seconds, changes } = point;
        log::notice(&format!("{changes} changes in {seconds} seconds. Saving..."));
        shared.aof.rewriter.order(Order::Save(None));
    }
}

/// Writes and syncs records without waiting replies, retries what has failed, and returns when the
/// log was last synced.
fn keep_log(shared: &Shared, synced_at_ms: u64) -> u64 {
    if !shared.aof.is_on() {
        return synced_at_ms;
    }
    shared.aof.keep_up();
    let (policy, interval_ms) = {
        let config = shared.config();
        (config.appendfsync, config.appendfsync_interval_ms)
    };
    let now_ms = shared.clock.steady_ms();
    rewrite_if_due(shared, now_ms);
    let is_due = match policy {
        Fsync::Always => true,
        Fsync::Everysec => now_ms - synced_at_ms >= interval_ms,
        Fsync::No => false,
    };
    if !is_due {
        return synced_at_ms;
    }
    if shared.aof.has_unsynced() {
        shared.sync_log();
    }
    now_ms
}

/// Removes all expired keys, a few at a time, so that no client waits long for the lock.
pub fn sweep(shared: &Shared) {
    // During replay, the log itself contains the removals of expired keys.
    while !shared.is_loading() && shared.is_sweeping() {
        let mut after = Aftermath::default();
        let swept = shared.with_free_keyspace(|hold| {
            let now_ms = hold.now_ms;
            let removed = hold.sweep(now_ms, limits::SWEEP_KEYS_MAX);
            // Clients that wait for a group of a stream learn that it is gone.
            if hold.waiters.has_ready() {
                waiting::serve(shared, hold, &mut after);
            }
            (removed, hold.used_bytes() as u64)
        });
        if !after.served.is_empty() {
            shared.reply_to_waiters(&mut after.served, &mut after.mail);
            shared.post(&mut after.mail);
        }
        // While a script runs no key expires, and the log must be synced all the same.
        let Some((removed, used_bytes)) = swept else { return };
        shared.stats.used_peak_bytes.fetch_max(used_bytes, Relaxed);
        if removed == 0 || shared.is_stopping() {
            return;
        }
        let_others_go_first(shared);
    }
}

/// Between two steps of long work: lets waiting threads take the keyspace lock, syncs for waiting
/// replies, and writes the records that the steps have logged.
fn let_others_go_first(shared: &Shared) {
    let aof = &shared.aof;
    if aof.bell_rings.try_recv().is_ok() {
        shared.sync_log();
    } else if aof.queued_bytes() > limits::AOF_BUFFER_KEPT_BYTES as u64 {
        aof.keep_up();
    }
    std::thread::yield_now();
}

/// Restricts the data to less memory when the process as a whole nears the end of it.
fn watch_memory(shared: &Shared, watch: &mut MemoryWatch) {
    let Some(resident_bytes) = machine::resident_bytes() else { return };
    shared.stats.resident_bytes.store(resident_bytes, Relaxed);
    let figures = shared.with_free_keyspace(|hold| Figures::of(hold, hold.now_ms));
    let Some(figures) = figures else { return };
    let (used_bytes, limit) = (figures.used_bytes as u64, figures.limit);
    *shared.figures.lock() = figures;
    // Without eviction there is nothing to decide.
    if limit.policy == Policy::NoEviction {
        return;
    }
    match watch.look(resident_bytes, used_bytes, limit.bytes as u64) {
        Advice::GoOn => {}
        Advice::Allow(bytes) => {
            shared.with_keyspace(|hold| hold.allow(bytes as usize));
            let memory = machine::memory();
            log::warning(&format!(
                "The process takes {} of {} {}: evicting keys until the data takes {}",
                human(resident_bytes),
                memory.whose,
                human(memory.bytes),
                human(bytes)
            ));
        }
        Advice::Raise(bytes) => shared.with_keyspace(|hold| hold.allow(bytes as usize)),
        Advice::Restore => {
            shared.with_keyspace(|hold| hold.allow(usize::MAX));
            log::notice("There is memory again: the data may take all of maxmemory");
        }
    }
}

/// Cuts off clients that have exceeded their soft output limit for too long.
fn limit_outboxes(shared: &Shared) {
    let mut mail = Mail::default();
    shared.clients.enforce_output_limits(shared.clock.steady_ms(), &mut mail);
    shared.post(&mut mail);
}

/// Removes keys that commands did not remove within their limit of effort, and finds the next
/// victim, so that commands need not search for it.
fn evict(shared: &Shared) {
    // During replay nothing is evicted, and the order of use changes all the time.
    if shared.is_loading() || shared.scripts.is_running() {
        return;
    }
    while shared.evict() == Eviction::Later && !shared.is_stopping() {
        let_others_go_first(shared);
    }
    for _ in 0..limits::FORESIGHT_HOLDS_MAX {
        if shared.with_keyspace(|hold| hold.find_next_victim(limits::EVICTION_EFFORT_MAX)) {
            return;
        }
        std::thread::yield_now();
    }
}

/// Closes connections that have been idle for `timeout` seconds, except those that wait for the
/// server: a monitor, a subscriber, or a request during a pause.
fn close_silent_clients(shared: &Shared) {
    let timeout_ms = shared.config().timeout.saturating_mul(1_000);
    if timeout_ms == 0 {
        return;
    }
    let now_ms = shared.clock.steady_ms();
    let closed = shared.clients.kill_where(|client| {
        let listens = client.is_monitor.load(Relaxed) || client.is_subscriber();
        let waits = listens || client.is_waiting.load(Relaxed);
        !waits && now_ms.saturating_sub(client.active_at_ms.load(Relaxed)) > timeout_ms
    });
    shared.clients.close_killed();
    if closed > 0 {
        log::verbose(&format!("Closed {closed} idle clients"));
    }
}

/// Counters at one moment, from which the next sample derives what happens in a second.
#[derive(Default)]
struct Sample {
    steady_us: u64,
    commands: u64,
    input_bytes: u64,
    output_bytes: u64,
}

fn sample_rates(shared: &Shared, last: &Sample) -> Sample {
    let stats = &shared.stats;
    let now = Sample {
        steady_us: shared.clock.steady_us(),
        commands: shared.calls.total(),
        input_bytes: Stats::read(&stats.input_bytes),
        output_bytes: Stats::read(&stats.output_bytes),
    };
    let elapsed_us = (now.steady_us - last.steady_us).max(1);
    // After CONFIG RESETSTAT a counter may be lower than before.
    let rate = |now: u64, last: u64| {
        let per_second = u128::from(now.saturating_sub(last)) * 1_000_000 / u128::from(elapsed_us);
        per_second as u64
    };
    stats.commands_per_second.store(rate(now.commands, last.commands), Relaxed);
    stats.input_bytes_per_second.store(rate(now.input_bytes, last.input_bytes), Relaxed);
    stats.output_bytes_per_second.store(rate(now.output_bytes, last.output_bytes), Relaxed);
    now
}

/// Reads the process's CPU time from the kernel. On a system without `/proc` it counts as time in
/// user mode.
fn sample_process(stats: &Stats) {
    if let Some(used_us) = differences::cpu_us() {
        stats.cpu_user_us.store(used_us, Relaxed);
    }
    if let Ok(stat) = std::fs::read_to_string("/proc/self/stat") {
        // The second field, the program's name in parentheses, may contain any characters. Times
        // are in ticks, of which Linux has reported a hundred per second to programs since 2.4.
        let after_name = stat.rsplit(')').next().unwrap_or("");
        let field = |index: usize| {
            after_name.split_whitespace().nth(index).and_then(|text| text.parse::<u64>().ok())
        };
        stats.cpu_user_us.store(field(11).unwrap_or(0) * 10_000, Relaxed);
        stats.cpu_system_us.store(field(12).unwrap_or(0) * 10_000, Relaxed);
    }
}
