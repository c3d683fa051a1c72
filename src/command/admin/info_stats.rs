//! The section of INFO about what has happened since the start, or since CONFIG RESETSTAT.

use crate::acl::Refused;
use crate::clients::channels::Kind;
use crate::clients::end::{END_KINDS, EVICTED, NOT_READING};
use crate::command::admin::info_facts::Facts;
use crate::shared::Stats;
use std::fmt::{Result, Write};

/// Names of what this server does not do, under which Redis shows zero while it does not, either.
fn zeros(out: &mut String, names: &[&str]) -> Result {
    names.iter().try_for_each(|name| writeln!(out, "{name}:0"))
}

/// Counters, and rates that the housekeeper derives from them.
pub(super) fn stats(facts: &Facts<'_>, out: &mut String) -> Result {
    traffic(facts, out)?;
    keys(facts, out)?;
    zeros(
        out,
        &[
            "latest_fork_usec",
            "total_forks",
            "migrate_cached_sockets",
            "slave_expires_tracked_keys",
            "active_defrag_hits",
            "active_defrag_misses",
            "active_defrag_key_hits",
            "active_defrag_key_misses",
            "total_active_defrag_time",
            "current_active_defrag_time",
        ],
    )?;
    let tracked = facts.shared.tracking.figures();
    writeln!(out, "tracking_total_keys:{}", tracked.keys)?;
    writeln!(out, "tracking_total_items:{}", tracked.items)?;
    writeln!(out, "tracking_total_prefixes:{}", tracked.prefixes)?;
    zeros(out, &["unexpected_error_replies"])?;
    replies(facts, out)
}

/// Connections, commands and bytes.
fn traffic(facts: &Facts<'_>, out: &mut String) -> Result {
    let stats = &facts.shared.stats;
    let kilobytes = |rate| Stats::read(rate) as f64 / 1024.0;
    let (input, output) =
        (kilobytes(&stats.input_bytes_per_second), kilobytes(&stats.output_bytes_per_second));
    writeln!(out, "total_connections_received:{}", Stats::read(&stats.connections))?;
    writeln!(out, "total_commands_processed:{}", facts.shared.calls.total())?;
    writeln!(out, "instantaneous_ops_per_sec:{}", Stats::read(&stats.commands_per_second))?;
    writeln!(out, "total_net_input_bytes:{}", Stats::read(&stats.input_bytes))?;
    writeln!(out, "total_net_output_bytes:{}", Stats::read(&stats.output_bytes))?;
    zeros(out, &["total_net_repl_input_bytes", "total_net_repl_output_bytes"])?;
    writeln!(out, "instantaneous_input_kbps:{input:.2}")?;
    writeln!(out, "instantaneous_output_kbps:{output:.2}")?;
    writeln!(out, "instantaneous_input_repl_kbps:0.00")?;
    writeln!(out, "instantaneous_output_repl_kbps:0.00")?;
    writeln!(out, "rejected_connections:{}", Stats::read(&stats.rejected_connections))?;
    zeros(out, &["sync_full", "sync_partial_ok", "sync_partial_err"])
}

/// What has happened to keys, and what is subscribed to.
fn keys(facts: &Facts<'_>, out: &mut String) -> Result {
    let (stats, counters) = (&facts.shared.stats, facts.keyspace.counters);
    let channels = |kind| facts.shared.channels.len(kind);
    writeln!(out, "expired_keys:{}", counters.expired)?;
    // An index of deadlines finds every expired key at once: none is stale, and no cycle is cut.
    writeln!(out, "expired_stale_perc:0.00")?;
    zeros(out, &["expired_time_cap_reached_count", "expire_cycle_cpu_milliseconds"])?;
    writeln!(out, "evicted_keys:{}", counters.evicted)?;
    writeln!(out, "evicted_clients:{}", Stats::read(&stats.ends[EVICTED]))?;
    zeros(out, &["total_eviction_exceeded_time", "current_eviction_exceeded_time"])?;
    writeln!(out, "keyspace_hits:{}", counters.hits)?;
    writeln!(out, "keyspace_misses:{}", counters.misses)?;
    writeln!(out, "pubsub_channels:{}", channels(Kind::Channel))?;
    writeln!(out, "pubsub_patterns:{}", channels(Kind::Pattern))?;
    writeln!(out, "pubsubshard_channels:{}", channels(Kind::Shard))
}

/// Error replies, system calls, and clients that had to leave or were refused.
fn replies(facts: &Facts<'_>, out: &mut String) -> Result {
    let (stats, errors) = (&facts.shared.stats, &facts.shared.errors);
    writeln!(out, "total_error_replies:{}", errors.total())?;
    zeros(out, &["dump_payload_sanitizations"])?;
    writeln!(out, "total_reads_processed:{}", Stats::read(&stats.reads))?;
    writeln!(out, "total_writes_processed:{}", Stats::read(&stats.writes))?;
    zeros(out, &["io_threaded_reads_processed", "io_threaded_writes_processed"])?;
    // A request that is too large is an error of protocol, and counted with these.
    zeros(out, &["client_query_buffer_limit_disconnections"])?;
    let cut_off = Stats::read(&stats.ends[NOT_READING]);
    writeln!(out, "client_output_buffer_limit_disconnections:{cut_off}")?;
    zeros(
        out,
        &[
            "reply_buffer_shrinks",
            "reply_buffer_expands",
            // A worker serves one client: there is no event loop.
            "eventloop_cycles",
            "eventloop_duration_sum",
            "eventloop_duration_cmd_sum",
            "instantaneous_eventloop_cycles_per_sec",
            "instantaneous_eventloop_duration_usec",
        ],
    )?;
    for (name, refused) in [
        ("auth", Refused::Auth),
        ("cmd", Refused::Command),
        ("key", Refused::Key),
        ("channel", Refused::Channel),
    ] {
        writeln!(out, "acl_access_denied_{name}:{}", facts.shared.acl.log.count(refused))?;
    }
    // Redis has no such field. It comes last, and as one line, like that of a listener.
    let ends = END_KINDS.iter().zip(&stats.ends);
    let ends = ends.map(|(kind, count)| format!("{kind}={}", Stats::read(count)));
    writeln!(out, "connection_ends:{}", ends.collect::<Vec<_>>().join(","))
}
