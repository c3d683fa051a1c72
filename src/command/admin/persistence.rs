//! What survives a restart, from a client's view: BGREWRITEAOF, SAVE, BGSAVE, LASTSAVE, and the
//! section of INFO.

use crate::aof::Order;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use crate::keyspace::Figures;
use crate::shared::{Services, Shared, Stats};
use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

/// The family.
pub const COMMANDS: &[&Command] = &[&BGREWRITEAOF, &SAVE, &BGSAVE, &LASTSAVE];

static BGREWRITEAOF: Command = Command {
    group: "server",
    complexity: Complexity::Other(
        "O(N) with N keys, one segment at a time, while clients are served",
    ),
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
    reply.simple(match context.shared.saving.is_claimed() {
        true => "Background append only file rewriting scheduled",
        false => "Background append only file rewriting started",
    });
    Ok(())
}

const SAVING: CommandError = CommandError::new("ERR Background save already in progress");

static SAVE: Command = Command {
    group: "server",
    complexity: Complexity::Other(
        "O(N) with N keys, one segment at a time, while other clients are served",
    ),
    summary: "Saves a snapshot of all data, and replies when it is on the disk",
    example: "> SAVE NOW
              -ERR wrong number of arguments for 'save' command",
    handler: Handler::Server(save),
    ..Command::named("save", 1, flag::ADMIN | flag::NOSCRIPT | flag::NO_MULTI, "1.0.0")
};

fn save(shared: &Shared, _: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    if !shared.saving.claim(shared.clock.steady_ms()) {
        return Err(SAVING);
    }
    // Redis says no more, either; the reason is in the server's log.
    shared.save_claimed().map_err(|_| CommandError::new("ERR"))?;
    reply.ok();
    Ok(())
}

static BGSAVE: Command = Command {
    group: "server",
    complexity: Complexity::Other(
        "O(N) with N keys, one segment at a time, while clients are served",
    ),
    summary: "Saves a snapshot of all data in the background",
    syntax: "[SCHEDULE]",
    example: "> BGSAVE NOW
              -ERR syntax error",
    handler: Handler::Plain(bgsave),
    ..Command::named("bgsave", -1, flag::ADMIN | flag::NOSCRIPT, "1.0.0")
};

fn bgsave(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let is_patient = match args.get(1) {
        None => false,
        Some(word) if args.len() == 2 && word.eq_ignore_ascii_case(b"schedule") => true,
        Some(_) => return Err(CommandError::SYNTAX),
    };
    let (shared, is_in_exec) = (context.shared, context.session.is_in_exec);
    let status = &shared.aof.status;
    let is_rewriting = status.is_rewriting.load(Relaxed) || status.is_scheduled.load(Relaxed);
    if shared.saving.is_claimed() {
        return Err(SAVING);
    }
    if is_rewriting && !is_patient && !is_in_exec {
        return Err(CommandError::new(
            "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE \
             SCHEDULE in order to schedule a BGSAVE whenever possible.",
        ));
    }
    if !shared.saving.claim(shared.clock.steady_ms()) {
        return Err(SAVING);
    }
    shared.aof.rewriter.order(Order::Save(None));
    reply.simple(match is_rewriting || is_in_exec {
        true => "Background saving scheduled",
        false => "Background saving started",
    });
    Ok(())
}

static LASTSAVE: Command = Command {
    categories: &["admin"],
    group: "server",
    summary: "Returns the Unix time of the last snapshot, or of the start",
    example: "> LASTSAVE NOW
              -ERR wrong number of arguments for 'lastsave' command",
    handler: Handler::Plain(lastsave),
    ..Command::named(
        "lastsave",
        1,
        flag::LOADING | flag::STALE | flag::FAST | flag::DANGEROUS,
        "1.0.0",
    )
};

fn lastsave(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.integer(Stats::read(&context.shared.saving.last_save_s) as i64);
    Ok(())
}

/// The lines about snapshots.
fn snapshots(shared: &Services, keyspace: &Figures, out: &mut String) -> std::fmt::Result {
    let saving = &shared.saving;
    let is_saving = saving.is_claimed();
    let unsaved = saving.unsaved(keyspace.counters.changes);
    writeln!(out, "rdb_changes_since_last_save:{unsaved}")?;
    writeln!(out, "rdb_bgsave_in_progress:{}", u8::from(is_saving))?;
    writeln!(out, "rdb_last_save_time:{}", Stats::read(&saving.last_save_s))?;
    let status = if saving.has_failed() { "err" } else { "ok" };
    writeln!(out, "rdb_last_bgsave_status:{status}")?;
    writeln!(out, "rdb_last_bgsave_time_sec:{}", saving.last_duration_s.load(Relaxed))?;
    let elapsed_ms = shared.clock.steady_ms().saturating_sub(Stats::read(&saving.began_at_ms));
    let current_s = if is_saving { (elapsed_ms / 1_000) as i64 } else { -1 };
    writeln!(out, "rdb_current_bgsave_time_sec:{current_s}")?;
    writeln!(out, "rdb_saves:{}", Stats::read(&saving.saves))?;
    // Nothing is copied by the kernel: changed values are kept until they are written.
    writeln!(out, "rdb_last_cow_size:0")?;
    let (loaded, expired) =
        (&shared.stats.snapshot_keys_loaded, &shared.stats.snapshot_keys_expired);
    writeln!(out, "rdb_last_load_keys_expired:{}", Stats::read(expired))?;
    writeln!(out, "rdb_last_load_keys_loaded:{}", Stats::read(loaded))
}

/// The lines about a snapshot or a rewrite in progress.
fn progress(shared: &Services, out: &mut String) -> std::fmt::Result {
    let (saving, status) = (&shared.saving, &shared.aof.status);
    let (done, total) = match status.is_rewriting.load(Relaxed) {
        true => (&status.rewritten_entries, &status.entries_to_rewrite),
        false if saving.is_claimed() => (&saving.keys_saved, &saving.keys_total),
        false => return Ok(()),
    };
    writeln!(out, "current_save_keys_processed:{}", Stats::read(done))?;
    writeln!(out, "current_save_keys_total:{}", Stats::read(total))
}

/// INFO's section.
pub(crate) fn info(shared: &Services, keyspace: &Figures, out: &mut String) -> std::fmt::Result {
    let (aof, status) = (&shared.aof, &shared.aof.status);
    let is_rewriting = status.is_rewriting.load(Relaxed);
    let rewriting_s = match is_rewriting {
        true => (shared.clock.steady_ms() - Stats::read(&status.rewrite_began_at_ms)) / 1_000,
        false => 0,
    };
    let ok = |is_ok: bool| if is_ok { "ok" } else { "err" };
    writeln!(out, "loading:{}", u8::from(shared.is_loading()))?;
    writeln!(out, "async_loading:0")?;
    snapshots(shared, keyspace, out)?;
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
    progress(shared, out)?;
    if is_rewriting {
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
    if shared.is_loading() { loading(shared, out) } else { Ok(()) }
}

/// The lines about loading in progress.
fn loading(shared: &Services, out: &mut String) -> std::fmt::Result {
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
    writeln!(out, "loading_eta_seconds:{left_s}")
}
