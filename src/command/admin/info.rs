//! INFO: figures for operators and monitoring systems, under Redis's field names.
//!
//! No section asks the system for figures or visits every client, because the keyspace is locked:
//! figures of the kernel, and sums over all clients, are sampled by the housekeeper.

use crate::clients::channels::Kind;
use crate::clients::end::{EVICTED, NOT_READING};
use crate::command::admin::info_commands;
use crate::command::admin::persistence;
use crate::command::engine::{Args, Command, Context, Handler, Outcome, Reply, flag};
use crate::keyspace::Keyspace;
use crate::shared::{Services, Stats};
use crate::system::machine;
use crate::text::units::human;
use crate::text::version::REDIS_VERSION;
use std::fmt::Write;

/// The family.
pub const COMMANDS: &[&Command] = &[&INFO];

static INFO: Command = Command {
    group: "server",
    complexity: "O(N) with N commands",
    summary: "Returns the server's figures, all or by section",
    syntax: "[section [section ...]]",
    example: "> INFO nothing
              $0
              ",
    handler: Handler::Keyspace(info),
    ..Command::named("info", -1, flag::LOADING | flag::STALE | flag::DANGEROUS, "1.0.0")
};

/// The input of the sections.
struct Facts<'a> {
    shared: &'a Services,
    keyspace: &'a Keyspace,
    now_ms: u64,
}

impl Facts<'_> {
    /// How many names of a kind have subscribers.
    fn channels(&self, kind: Kind) -> u64 {
        self.shared.channels.len(kind) as u64
    }
}

type Section = fn(&Facts<'_>, &mut String) -> std::fmt::Result;

/// Every section with its title, in Redis's order, and whether it is shown by default.
const SECTIONS: [(&str, bool, Section); 13] = [
    ("Server", true, server),
    ("Clients", true, clients),
    ("Memory", true, memory),
    ("Persistence", true, |facts, out| persistence::info(facts.shared, out)),
    ("Stats", true, stats),
    ("Replication", true, replication),
    ("CPU", true, cpu),
    // respool has no modules.
    ("Modules", true, |_, _| Ok(())),
    ("Commandstats", false, |facts, out| info_commands::commandstats(facts.shared, out)),
    ("Errorstats", true, |facts, out| info_commands::errorstats(facts.shared, out)),
    ("Latencystats", false, |facts, out| info_commands::latencystats(facts.shared, out)),
    ("Cluster", true, |_, out| writeln!(out, "cluster_enabled:0")),
    ("Keyspace", true, keyspace),
];

fn info(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let facts = Facts { shared: context.shared, keyspace, now_ms: context.now_ms };
    let is_named = |names: &[&str]| {
        let is_one = |word: &[u8]| names.iter().any(|n| n.as_bytes().eq_ignore_ascii_case(word));
        args.from(1).iter().any(is_one)
    };
    let is_all = is_named(&["all", "everything"]);
    let is_default = args.len() == 1 || is_named(&["default"]);
    let is_wanted =
        |title: &str, is_common: bool| is_all || is_default && is_common || is_named(&[title]);
    let mut text = String::new();
    for (title, is_common, section) in SECTIONS {
        if !is_wanted(title, is_common) {
            continue;
        }
        if !text.is_empty() {
            text.push_str("\r\n");
        }
        let mut lines = String::new();
        // Writing into a String cannot fail.
        let _ = section(&facts, &mut lines);
        let _ = write!(text, "# {title}\r\n{}", lines.replace('\n', "\r\n"));
    }
    reply.verbatim(&text);
    Ok(())
}

fn server(facts: &Facts<'_>, out: &mut String) -> std::fmt::Result {
    let config = facts.shared.config();
    let clock = &facts.shared.clock;
    let uptime = (clock.steady_ms() - facts.shared.stats.started_at_ms) / 1_000;
    writeln!(out, "redis_version:{REDIS_VERSION}")?;
    writeln!(out, "respool_version:{}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "redis_mode:standalone")?;
    writeln!(out, "os:{} {}", std::env::consts::OS, std::env::consts::ARCH)?;
    writeln!(out, "arch_bits:{}", usize::BITS)?;
    writeln!(out, "multiplexing_api:threads")?;
    writeln!(out, "process_id:{}", std::process::id())?;
    writeln!(out, "tcp_port:{}", config.port)?;
    writeln!(out, "server_time_usec:{}", clock.unix_us())?;
    writeln!(out, "uptime_in_seconds:{uptime}")?;
    writeln!(out, "uptime_in_days:{}", uptime / 86_400)?;
    writeln!(out, "hz:{}", 1_000 / crate::limits::HOUSEKEEPER_ROUND_MS)
}

fn clients(facts: &Facts<'_>, out: &mut String) -> std::fmt::Result {
    let (clients, stats) = (&facts.shared.clients, &facts.shared.stats);
    writeln!(out, "connected_clients:{}", clients.len())?;
    writeln!(out, "cluster_connections:0")?;
    writeln!(out, "maxclients:{}", facts.shared.config().maxclients)?;
    let input = Stats::read(&stats.client_input_max_bytes);
    writeln!(out, "client_recent_max_input_buffer:{input}")?;
    let output = Stats::read(&stats.client_output_max_bytes);
    writeln!(out, "client_recent_max_output_buffer:{output}")?;
    let blocked = clients.pause.waiting() + clients.waiting.len();
    writeln!(out, "blocked_clients:{blocked}")?;
    writeln!(out, "tracking_clients:0")?;
    writeln!(out, "clients_in_timeout_table:0")
}

fn memory(facts: &Facts<'_>, out: &mut String) -> std::fmt::Result {
    let stats = &facts.shared.stats;
    let used = facts.keyspace.used_bytes() as u64;
    let resident = Stats::read(&stats.resident_bytes);
    let amounts = [
        ("used_memory", used),
        ("used_memory_rss", resident),
        ("used_memory_peak", Stats::read(&stats.used_peak_bytes).max(used)),
        ("total_system_memory", machine::memory().machine_bytes),
        ("maxmemory", facts.keyspace.limit().bytes as u64),
    ];
    for (name, bytes) in amounts {
        writeln!(out, "{name}:{bytes}\n{name}_human:{}", human(bytes))?;
    }
    writeln!(out, "maxmemory_policy:{}", facts.keyspace.limit().policy.name())?;
    writeln!(out, "used_memory_dataset:{used}")?;
    let ratio = resident as f64 / used.max(1) as f64;
    writeln!(out, "mem_fragmentation_ratio:{ratio:.2}")?;
    writeln!(out, "mem_fragmentation_bytes:{}", resident as i64 - used as i64)?;
    // Buffers are not part of used_memory, and never a reason to evict.
    writeln!(out, "mem_clients_normal:{}", Stats::read(&stats.client_held_bytes))?;
    writeln!(out, "mem_clients_slaves:0")?;
    writeln!(out, "mem_allocator:system")
}

fn stats(facts: &Facts<'_>, out: &mut String) -> std::fmt::Result {
    let stats = &facts.shared.stats;
    let counters = facts.keyspace.counters();
    let lines = [
        ("total_connections_received", Stats::read(&stats.connections)),
        ("total_commands_processed", facts.shared.calls.total()),
        ("instantaneous_ops_per_sec", Stats::read(&stats.commands_per_second)),
        ("total_net_input_bytes", Stats::read(&stats.input_bytes)),
        ("total_net_output_bytes", Stats::read(&stats.output_bytes)),
        ("rejected_connections", Stats::read(&stats.rejected_connections)),
        ("expired_keys", counters.expired),
        ("evicted_keys", counters.evicted),
        ("evicted_clients", Stats::read(&stats.ends[EVICTED])),
        ("keyspace_hits", counters.hits),
        ("keyspace_misses", counters.misses),
        ("pubsub_channels", facts.channels(Kind::Channel)),
        ("pubsub_patterns", facts.channels(Kind::Pattern)),
        ("pubsubshard_channels", facts.channels(Kind::Shard)),
        ("total_error_replies", facts.shared.errors.total()),
        ("client_output_buffer_limit_disconnections", Stats::read(&stats.ends[NOT_READING])),
    ];
    lines.iter().try_for_each(|(name, value)| writeln!(out, "{name}:{value}"))
}

fn replication(_: &Facts<'_>, out: &mut String) -> std::fmt::Result {
    writeln!(out, "role:master")?;
    writeln!(out, "connected_slaves:0")?;
    writeln!(out, "master_failover_state:no-failover")?;
    writeln!(out, "master_repl_offset:0")
}

fn cpu(facts: &Facts<'_>, out: &mut String) -> std::fmt::Result {
    let stats = &facts.shared.stats;
    let seconds = |figure| Stats::read(figure) as f64 / 1e6;
    writeln!(out, "used_cpu_sys:{:.6}", seconds(&stats.cpu_system_us))?;
    writeln!(out, "used_cpu_user:{:.6}", seconds(&stats.cpu_user_us))
}

fn keyspace(facts: &Facts<'_>, out: &mut String) -> std::fmt::Result {
    facts.keyspace.occupied(facts.now_ms).try_for_each(|(db, keys, expires, ttl)| {
        writeln!(out, "db{db}:keys={keys},expires={expires},avg_ttl={ttl}")
    })
}
