//! The append-only file from a client's view: BGREWRITEAOF, and its section of INFO.

use crate::command::engine::{Args, Command, CommandError, Context, Handler, Outcome, Reply, flag};
use crate::shared::{Services, Stats};
use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

/// The family.
pub const COMMANDS: &[&Command] = &[&BGREWRITEAOF];

static BGREWRITEAOF: Command = Command {
    group: "server",
    complexity: "O(N) with N keys, one segment at a time, while clients are served",
    summary: "Rewrites the append-only file: the present data replaces the history of changes",
    example: "> BGREWRITEAOF
              -ERR The append-only file is off: CONFIG SET appendonly yes begins one",
    handler: Handler::Plain(bgrewriteaof),
    ..Command::named("bgrewriteaof", 1, flag::ADMIN | flag::NOSCRIPT, "1.0.0")
};

fn bgrewriteaof(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let aof = &context.shared.aof;
    if !aof.is_on() {
        return Err(CommandError::new(
            "ERR The append-only file is off: CONFIG SET appendonly yes begins one",
        ));
    }
    if !aof.order_rewrite() {
        return Err(CommandError::new(
            "ERR Background append only file rewriting already in progress",
        ));
    }
    reply.simple("Background append only file rewriting started");
    Ok(())
}

/// INFO's section.
pub(crate) fn info(shared: &Services, out: &mut String) -> std::fmt::Result {
    let (aof, status) = (&shared.aof, &shared.aof.status);
    let is_rewriting = status.is_rewriting.load(Relaxed);
    let rewriting_s = match is_rewriting {
        true => (shared.clock.steady_ms() - Stats::read(&status.rewrite_began_at_ms)) / 1_000,
        false => 0,
    };
    let ok = |is_ok: bool| if is_ok { "ok" } else { "err" };
    writeln!(out, "loading:{}", u8::from(shared.is_loading()))?;
    writeln!(out, "async_loading:0")?;
    writeln!(out, "rdb_bgsave_in_progress:0")?;
    let (loaded, expired) =
        (&shared.stats.snapshot_keys_loaded, &shared.stats.snapshot_keys_expired);
    writeln!(out, "rdb_last_load_keys_expired:{}", Stats::read(expired))?;
    writeln!(out, "rdb_last_load_keys_loaded:{}", Stats::read(loaded))?;
    writeln!(out, "aof_enabled:{}", u8::from(aof.is_on()))?;
    writeln!(out, "aof_rewrite_in_progress:{}", u8::from(is_rewriting))?;
    let is_scheduled = status.is_scheduled.load(Relaxed);
    writeln!(out, "aof_rewrite_scheduled:{}", u8::from(is_scheduled))?;
    writeln!(out, "aof_last_rewrite_time_sec:{}", status.last_rewrite_s.load(Relaxed))?;
    let current_s = if is_rewriting { rewriting_s as i64 } else { -1 };
    writeln!(out, "aof_current_rewrite_time_sec:{current_s}")?;
    let failures = Stats::read(&status.failures);
    writeln!(out, "aof_last_bgrewrite_status:{}", ok(failures == 0))?;
    writeln!(out, "aof_rewrites:{}", Stats::read(&status.rewrites))?;
    writeln!(out, "aof_rewrites_consecutive_failures:{failures}")?;
    writeln!(out, "aof_last_write_status:{}", ok(aof.refusal().is_none()))?;
    if is_rewriting {
        let total = Stats::read(&status.entries_to_rewrite);
        writeln!(out, "current_save_keys_processed:{}", Stats::read(&status.rewritten_entries))?;
        writeln!(out, "current_save_keys_total:{total}")?;
        writeln!(out, "aof_rewritten_bytes:{}", Stats::read(&status.rewritten_bytes))?;
    }
    if aof.is_on() {
        writeln!(out, "aof_current_size:{}", Stats::read(&status.bytes))?;
        writeln!(out, "aof_base_size:{}", Stats::read(&status.base_bytes))?;
        writeln!(out, "aof_pending_rewrite:0")?;
        writeln!(out, "aof_buffer_length:{}", aof.queued_bytes())?;
        writeln!(out, "aof_pending_bio_fsync:{}", u8::from(aof.has_unsynced()))?;
        writeln!(out, "aof_delayed_fsync:0")?;
    }
    if shared.is_loading() {
        let stats = &shared.stats;
        let (loaded, total) =
            (Stats::read(&stats.loading_loaded_bytes), Stats::read(&stats.loading_total_bytes));
        let started_at_s = Stats::read(&stats.loading_started_at_ms) / 1_000;
        let elapsed_s = (shared.clock.unix_ms() / 1_000).saturating_sub(started_at_s);
        let left_s = elapsed_s * total.saturating_sub(loaded) / loaded.max(1);
        writeln!(out, "loading_start_time:{started_at_s}")?;
        writeln!(out, "loading_total_bytes:{total}")?;
        writeln!(out, "loading_loaded_bytes:{loaded}")?;
        let percent = loaded as f64 * 100.0 / total.max(1) as f64;
        writeln!(out, "loading_loaded_perc:{percent:.2}")?;
        writeln!(out, "loading_eta_seconds:{left_s}")?;
    }
    Ok(())
}
