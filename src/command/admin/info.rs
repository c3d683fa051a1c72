//! INFO: figures for operators and monitoring systems, under Redis's field names.
//!
//! No section asks the system for figures or visits every client, because the keyspace is locked:
//! figures of the kernel, and sums over all clients, are sampled by the housekeeper.
//!
//! All of Redis's fields are here, in its order, because monitoring systems take a missing one for
//! a fault. What this server does not have (replicas, child processes, modules, defragmentation) is
//! shown as Redis shows it when it is not used.

use crate::command::admin::info_facts::Facts;
use crate::command::admin::{info_commands, info_memory, info_process, info_stats, persistence};
use crate::command::engine::{Args, Command, Complexity, Context, Handler, Outcome, Reply, flag};
use crate::keyspace::{Figures, Keyspace};
use crate::shared::Stats;
use std::fmt::Write;

/// The family.
pub const COMMANDS: &[&Command] = &[&INFO];

static INFO: Command = Command {
    group: "server",
    complexity: Complexity::Other("O(N) with N commands"),
    summary: "Returns the server's figures, all or by section",
    syntax: "[section [section ...]]",
    example: "> INFO nothing
              $0
              ",
    handler: Handler::Keyspace(info),
    while_busy: Some(info_while_busy),
    ..Command::named("info", -1, flag::LOADING | flag::STALE | flag::DANGEROUS, "1.0.0")
};

type Section = fn(&Facts<'_>, &mut String) -> std::fmt::Result;

/// Every section with its title, in Redis's order, and whether it is shown by default.
const SECTIONS: [(&str, bool, Section); 13] = [
    ("Server", true, info_process::server),
    ("Clients", true, info_process::clients),
    ("Memory", true, info_memory::memory),
    ("Persistence", true, |facts, out| persistence::info(facts.shared, facts.keyspace, out)),
    ("Stats", true, info_stats::stats),
    ("Replication", true, replication),
    ("CPU", true, cpu),
    // respool has no modules.
    ("Modules", true, |_, _| Ok(())),
    ("Commandstats", false, |facts, out| info_commands::commandstats(facts.shared, out)),
    ("Errorstats", true, |facts, out| info_commands::errorstats(facts.shared, out)),
    ("Latencystats", false, |facts, out| info_commands::latencystats(facts.shared, out)),
    ("Cluster", true, |facts, out| {
        let is_emulated = facts.shared.config().cluster_emulation;
        writeln!(out, "cluster_enabled:{}", u8::from(is_emulated))
    }),
    ("Keyspace", true, keyspace),
];

fn info(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    show(context, &Figures::of(keyspace, context.now_ms), args, reply);
    Ok(())
}

/// The figures of the keyspace are those of a moment before a script began to hold it.
fn info_while_busy(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let figures = context.shared.figures.lock().clone();
    show(context, &figures, args, reply);
    Ok(())
}

fn show(context: &Context<'_>, keyspace: &Figures, args: Args<'_>, reply: &mut Reply) {
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
}

/// A master without replicas, and without the backlog that is kept for them.
fn replication(facts: &Facts<'_>, out: &mut String) -> std::fmt::Result {
    writeln!(out, "role:master")?;
    writeln!(out, "connected_slaves:0")?;
    writeln!(out, "master_failover_state:no-failover")?;
    writeln!(out, "master_replid:{}", facts.shared.identity.replication_id)?;
    writeln!(out, "master_replid2:{}", "0".repeat(40))?;
    writeln!(out, "master_repl_offset:0")?;
    writeln!(out, "second_repl_offset:-1")?;
    writeln!(out, "repl_backlog_active:0")?;
    writeln!(out, "repl_backlog_size:0")?;
    writeln!(out, "repl_backlog_first_byte_offset:0")?;
    writeln!(out, "repl_backlog_histlen:0")
}

fn cpu(facts: &Facts<'_>, out: &mut String) -> std::fmt::Result {
    let stats = &facts.shared.stats;
    let seconds = |figure| Stats::read(figure) as f64 / 1e6;
    writeln!(out, "used_cpu_sys:{:.6}", seconds(&stats.cpu_system_us))?;
    writeln!(out, "used_cpu_user:{:.6}", seconds(&stats.cpu_user_us))?;
    // There are no child processes, and the main thread waits for signals.
    for name in ["sys_children", "user_children", "sys_main_thread", "user_main_thread"] {
        writeln!(out, "used_cpu_{name}:0.000000")?;
    }
    Ok(())
}

fn keyspace(facts: &Facts<'_>, out: &mut String) -> std::fmt::Result {
    facts.keyspace.occupied.iter().try_for_each(|(db, keys, expires, ttl)| {
        writeln!(out, "db{db}:keys={keys},expires={expires},avg_ttl={ttl}")
    })
}
