//! LATENCY: the moments when clients had to wait, and the usual duration of commands.

use crate::command::engine::help;
use crate::command::engine::table::{self, Row};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use crate::observe::calls::Durations;
use crate::observe::latency::{Event, Sample};
use std::fmt::Write;

/// The family.
pub const COMMANDS: &[&Command] = &[&LATENCY];

/// What the rows of the family have in common.
const FAMILY: Command = Command {
    flags: flag::ADMIN | flag::NOSCRIPT | flag::LOADING | flag::STALE,
    ..Command::of_group("server")
};

static LATENCY: Command = Command {
    flags: 0,
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Shows when clients had to wait",
    syntax: "subcommand",
    handler: Handler::Container(
        &[&DOCTOR, &GRAPH, &HELP, &HISTOGRAM, &HISTORY, &LATEST, &RESET],
        None,
    ),
    ..FAMILY.row("latency", -2, 0, "2.8.13")
};

static LATEST: Command = Command {
    summary: "Shows each event's last moment: Unix time, milliseconds then, and at most",
    example: "> LATENCY LATEST
              *0",
    handler: Handler::Plain(latest),
    ..FAMILY.row("latest", 2, 0, "2.8.13")
};

fn latest(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let events = context.shared.latency.events();
    reply.array(events.len());
    for (name, event) in events {
        // Every event has at least one sample.
        let Some(last) = event.samples.back() else { continue };
        reply.array(4);
        reply.bulk(name.as_bytes());
        reply.integer(last.unix_seconds as i64);
        reply.integer(last.duration_ms as i64);
        reply.integer(event.max_ms as i64);
    }
    Ok(())
}

static HISTORY: Command = Command {
    summary: "Shows one event's moments: Unix time and milliseconds",
    syntax: "event",
    example: "> LATENCY HISTORY command
              *0",
    handler: Handler::Plain(history),
    ..FAMILY.row("history", 3, 0, "2.8.13")
};

fn history(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let samples = find(context, args.at(2)).map(|event| event.samples).unwrap_or_default();
    reply.array(samples.len());
    for Sample { unix_seconds, duration_ms } in samples {
        reply.array(2);
        reply.integer(unix_seconds as i64);
        reply.integer(duration_ms as i64);
    }
    Ok(())
}

fn find(context: &Context<'_>, wanted: &[u8]) -> Option<Event> {
    let mut events = context.shared.latency.events().into_iter();
    events.find(|(name, _)| name.as_bytes() == wanted).map(|(_, event)| event)
}

static RESET: Command = Command {
    summary: "Drops the named events, or all, and returns how many there were",
    syntax: "[event [event ...]]",
    example: "> LATENCY RESET command
              :0",
    handler: Handler::Plain(reset),
    ..FAMILY.row("reset", -2, 0, "2.8.13")
};

fn reset(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let named = args.from(2);
    let is_named = |name: &str| named.iter().any(|wanted| wanted == name.as_bytes());
    let count = context.shared.latency.reset(|name| named.is_empty() || is_named(name));
    reply.count(count);
    Ok(())
}

static HISTOGRAM: Command = Command {
    complexity: Complexity::Other("O(N) with N commands"),
    summary: "Shows how many calls of the named commands, or of all, took how many microseconds",
    syntax: "[command [command ...]]",
    example: "> LATENCY HISTOGRAM nothing
              *0",
    handler: Handler::Plain(histogram),
    ..FAMILY.row("histogram", -2, 0, "7.0.0")
};

fn histogram(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let mut wanted: Vec<&Row> = Vec::new();
    for name in args.from(2).iter() {
        wanted.extend(table::rows_of(name));
    }
    if args.len() == 2 {
        wanted.extend(table::rows());
    }
    let is_tracking = context.shared.config().latency_tracking;
    let durations = |row: &'static Row| Some((row, context.shared.calls.durations(row.id)?));
    let found: Vec<(&Row, Durations)> =
        wanted.into_iter().filter(|_| is_tracking).filter_map(durations).collect();
    reply.map(found.len());
    for (row, durations) in found {
        reply.bulk(row.full_name().as_bytes());
        reply.map(2);
        reply.bulk(b"calls");
        reply.integer(durations.calls as i64);
        reply.bulk(b"histogram_usec");
        let doublings = durations.doublings();
        reply.map(doublings.len());
        for (power, calls) in doublings {
            // Redis names a bucket by the longest duration that it cannot distinguish from the
            // power.
            let longest_ns = (1_u64 << power) + (1 << (power - 7)) - 1;
            reply.integer((longest_ns / 1_000) as i64);
            reply.integer(calls as i64);
        }
    }
    Ok(())
}

static DOCTOR: Command = Command {
    summary: "Explains the slow moments in a text",
    example: "> LATENCY DOCTOR now
              -ERR wrong number of arguments for 'latency|doctor' command",
    handler: Handler::Plain(doctor),
    ..FAMILY.row("doctor", 2, 0, "2.8.13")
};

fn doctor(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let latency = &context.shared.latency;
    if !latency.is_on() {
        reply.verbatim(
            "Slow moments are not being remembered. CONFIG SET latency-monitor-threshold \
             <milliseconds> begins with it.\n",
        );
        return Ok(());
    }
    let mut text = String::new();
    for (name, event) in latency.events() {
        let count = event.samples.len().max(1) as u64;
        let sum_ms: u64 = event.samples.iter().map(|sample| sample.duration_ms).sum();
        let (mean_ms, max_ms) = (sum_ms / count, event.max_ms);
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{name}: {count} slow seconds, {mean_ms} ms on average, at most \
                                {max_ms} ms. {}",
            advice(name)
        );
    }
    if text.is_empty() {
        text.push_str("There were no slow moments since this was last reset.\n");
    }
    reply.verbatim(&text);
    Ok(())
}

fn advice(event: &str) -> &'static str {
    match event {
        "command" => {
            "SLOWLOG GET names the commands; use SCAN instead of KEYS, and smaller values."
        }
        "fast-command" => "These commands do little: look for a machine that is too busy.",
        _ => "",
    }
}

static GRAPH: Command = Command {
    summary: "Draws one event's moments, the latest at the right",
    syntax: "event",
    example: "> LATENCY GRAPH command
              -ERR No samples available for event 'command'",
    handler: Handler::Plain(graph),
    ..FAMILY.row("graph", 3, 0, "2.8.13")
};

fn graph(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    const ROWS: u64 = 4;
    const COLUMNS: usize = 80;
    let name = args.at(2);
    let nothing = CommandError::quoting("ERR No samples available for event '", name, "'");
    let event = find(context, name).ok_or(nothing)?;
    let skipped = event.samples.len().saturating_sub(COLUMNS);
    let shown: Vec<u64> = event.samples.iter().skip(skipped).map(|s| s.duration_ms).collect();
    let (max_ms, min_ms) =
        (shown.iter().max().copied().unwrap_or(0), shown.iter().min().copied().unwrap_or(0));
    let name = String::from_utf8_lossy(name);
    let mut text = format!("{name}: high {max_ms} ms, low {min_ms} ms, all {} ms\n", event.max_ms);
    for row in (0..ROWS).rev() {
        let sign = |duration_ms: &u64| match duration_ms * ROWS > max_ms * row {
            true => '#',
            false => ' ',
        };
        text.push_str(shown.iter().map(sign).collect::<String>().trim_end());
        text.push('\n');
    }
    reply.verbatim(&text);
    Ok(())
}

static HELP: Command = Command {
    example: "> LATENCY HELP now
              -ERR wrong number of arguments for 'latency|help' command",
    ..help::row("server", "2.8.13")
};
