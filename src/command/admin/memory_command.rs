//! MEMORY: the use of memory, by key and in all.
//!
//! Figures of features that respool does not have (replicas, scripts) are left out of MEMORY STATS
//! instead of reported as zero; the figures that tools read are all included, under Redis's names.

use crate::command::engine::arguments::Cursor;
use crate::command::engine::help;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, KeyArguments, Keys, Keyspace,
    Outcome,
};
use crate::command::engine::{Reply, flag};
use crate::shared::Stats;

/// The family.
pub const COMMANDS: &[&Command] = &[&MEMORY];

/// What the rows of the family have in common.
const FAMILY: Command = Command {
    complexity: Complexity::Other("O(N) with N databases"),
    ..Command::of_group("server")
};

static MEMORY: Command = Command {
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Describes the use of memory",
    syntax: "subcommand",
    handler: Handler::Container(&[&DOCTOR, &HELP, &MALLOC_STATS, &PURGE, &STATS, &USAGE], None),
    ..FAMILY.row("memory", -2, 0, "4.0.0")
};

/// Bytes in use, by purpose.
struct Figures {
    dataset: u64,
    peak: u64,
    resident: u64,
    clients: u64,
    keys: u64,
}

impl Figures {
    fn gather(context: &Context<'_>, keyspace: &Keyspace) -> Figures {
        let stats = &context.shared.stats;
        let dataset = keyspace.used_bytes() as u64;
        Figures {
            dataset,
            peak: Stats::read(&stats.used_peak_bytes).max(dataset),
            resident: Stats::read(&stats.resident_bytes),
            clients: Stats::read(&stats.client_held_bytes),
            keys: keyspace.occupied(context.now_ms).map(|(_, keys, ..)| keys as u64).sum(),
        }
    }

    /// Resident bytes for every byte of the data.
    fn fragmentation(&self) -> f64 {
        self.resident as f64 / self.dataset.max(1) as f64
    }
}

static DOCTOR: Command = Command {
    summary: "Explains in a text whether something about the memory needs attention",
    example: "> MEMORY DOCTOR now
              -ERR wrong number of arguments for 'memory|doctor' command",
    handler: Handler::Keyspace(doctor),
    ..FAMILY.row("doctor", 2, 0, "4.0.0")
};

fn doctor(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    _: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    /// Bytes of data below which shares and ratios mean nothing.
    const DATASET_BYTES_MIN: u64 = 5 * 1024 * 1024;
    /// Mean buffer bytes of a client from which on MEMORY DOCTOR mentions them.
    const CLIENT_BYTES_MAX: u64 = 200 * 1024;
    let figures = Figures::gather(context, keyspace);
    let clients = context.shared.clients.len() as u64;
    let mut findings = String::new();
    if figures.peak > figures.dataset + figures.dataset / 2 {
        findings.push_str(
            "* Peak: there was at least half as much data again as there is now. Memory that was \
             given back to the allocator may still belong to the process.\n",
        );
    }
    if figures.fragmentation() > 1.4 {
        findings.push_str(
            "* Fragmentation: the process is more than 1.4 times as large as its data. After \
             many removals that is to be expected; otherwise look at the clients' buffers.\n",
        );
    }
    if figures.clients > CLIENT_BYTES_MAX * clients.max(1) {
        findings.push_str(
            "* Clients: their buffers take more than 200 KiB each. See `omem` in CLIENT LIST for \
             one that does not read its replies.\n",
        );
    }
    reply.verbatim(&match findings.as_str() {
        _ if figures.dataset < DATASET_BYTES_MIN => {
            "There is too little data to say anything about.\n".to_owned()
        }
        "" => "Nothing about the memory needs attention.\n".to_owned(),
        _ => format!("Something about the memory needs attention:\n\n{findings}"),
    });
    Ok(())
}

static HELP: Command = Command {
    example: "> MEMORY HELP now
              -ERR wrong number of arguments for 'memory|help' command",
    ..help::row("server", "4.0.0")
};

static MALLOC_STATS: Command = Command {
    complexity: Complexity::Constant,
    summary: "Shows the allocator's own figures, which this one does not provide",
    example: "> MEMORY MALLOC-STATS
              $45
              Stats not supported for the current allocator",
    handler: Handler::Plain(malloc_stats),
    ..FAMILY.row("malloc-stats", 2, 0, "4.0.0")
};

fn malloc_stats(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.bulk(b"Stats not supported for the current allocator");
    Ok(())
}

static PURGE: Command = Command {
    complexity: Complexity::Constant,
    summary: "Asks the allocator to give memory back, which this one does by itself",
    example: "> MEMORY PURGE
              +OK",
    handler: Handler::Plain(purge),
    ..FAMILY.row("purge", 2, 0, "4.0.0")
};

fn purge(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.ok();
    Ok(())
}

static STATS: Command = Command {
    summary: "Returns the use of memory, in bytes and shares",
    example: "> MEMORY STATS now
              -ERR wrong number of arguments for 'memory|stats' command",
    handler: Handler::Keyspace(stats),
    ..FAMILY.row("stats", 2, 0, "4.0.0")
};

fn stats(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    _: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let figures = Figures::gather(context, keyspace);
    let total = figures.dataset + figures.clients;
    let counts = [
        ("peak.allocated", figures.peak),
        ("total.allocated", total),
        ("clients.normal", figures.clients),
        ("overhead.total", figures.clients),
        ("keys.count", figures.keys),
        ("keys.bytes-per-key", figures.dataset.checked_div(figures.keys).unwrap_or(0)),
        ("dataset.bytes", figures.dataset),
        ("allocator.resident", figures.resident),
        ("fragmentation.bytes", figures.resident.saturating_sub(figures.dataset)),
    ];
    let percentage = |part: u64, whole: u64| part as f64 * 100.0 / whole.max(1) as f64;
    let shares = [
        ("dataset.percentage", percentage(figures.dataset, total)),
        ("peak.percentage", percentage(figures.dataset, figures.peak)),
        ("fragmentation", figures.fragmentation()),
    ];
    reply.map(counts.len() + shares.len());
    for (name, count) in counts {
        reply.bulk(name.as_bytes());
        reply.integer(count as i64);
    }
    for (name, share) in shares {
        reply.bulk(name.as_bytes());
        reply.double(share);
    }
    Ok(())
}

static USAGE: Command = Command {
    flags: flag::READONLY,
    keys: KeyArguments::new(2, 2, 1).used(&["RO"]),
    complexity: Complexity::Other("O(1), however many samples are asked for: the figure is exact"),
    summary: "Returns the bytes of memory that a key takes, including its value",
    syntax: "key [SAMPLES count]",
    example: "> MEMORY USAGE nobody SAMPLES 0
              $-1
              > MEMORY USAGE nobody SAMPLES
              -ERR syntax error",
    handler: Handler::Keys(usage),
    ..FAMILY.row("usage", -3, 0, "4.0.0")
};

fn usage(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let mut words = Cursor::at(args, 3);
    while !words.is_done() {
        // The figure is exact, whatever the number of samples.
        let Some(0..) = words.integer_of("SAMPLES")? else { return Err(CommandError::SYNTAX) };
    }
    match keys.bytes_of(args.at(2)) {
        Some(bytes) => reply.count(bytes),
        None => reply.null(),
    }
    Ok(())
}
