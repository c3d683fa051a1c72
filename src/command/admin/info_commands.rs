//! The sections of INFO about commands: number, duration and errors of calls.

use crate::command::engine::table;
use crate::observe::calls::Figures;
use crate::shared::Services;
use std::fmt::Write;

/// One line for every command that was asked for.
pub fn commandstats(shared: &Services, out: &mut String) -> std::fmt::Result {
    for row in table::rows() {
        let figures = shared.calls.of(row.id);
        if figures != Figures::default() {
            let Figures { calls, duration_ns, rejected, failed } = figures;
            let (duration_us, name) = (duration_ns / 1_000, row.full_name());
            let each_us = duration_ns as f64 / 1e3 / calls.max(1) as f64;
            writeln!(
                out,
                "cmdstat_{name}:calls={calls},usec={duration_us},usec_per_call={each_us:.2},\
                 rejected_calls={rejected},failed_calls={failed}"
            )?;
        }
    }
    Ok(())
}

/// One line for every kind of error reply that was given.
pub fn errorstats(shared: &Services, out: &mut String) -> std::fmt::Result {
    shared
        .errors
        .list()
        .into_iter()
        .try_for_each(|(kind, count)| writeln!(out, "errorstat_{kind}:count={count}"))
}

/// One line for every command that was executed; nothing without `latency-tracking`.
pub fn latencystats(shared: &Services, out: &mut String) -> std::fmt::Result {
    let percentiles = {
        let config = shared.config();
        if !config.latency_tracking {
            return Ok(());
        }
        config.latency_tracking_info_percentiles.clone()
    };
    for row in table::rows() {
        let Some(durations) = shared.calls.durations(row.id) else { continue };
        write!(out, "latency_percentiles_usec_{}:", row.full_name())?;
        for (at, percentile) in percentiles.iter().enumerate() {
            let duration_us = durations.percentile_ns(*percentile) as f64 / 1e3;
            let comma = if at == 0 { "" } else { "," };
            write!(out, "{comma}p{percentile}={duration_us:.3}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
