//! The section of INFO about memory.
//!
//! `used_memory` is what keys, values and their tables take; buffers of clients are not part of it,
//! and never a reason to evict. The system's allocator does not say how much it has handed out, so
//! its figures are derived as Redis derives them with such an allocator: everything resident is
//! active, and what is used is allocated.

use crate::command::admin::info_facts::Facts;
use crate::shared::Stats;
use crate::system::machine;
use crate::text::units::human;
use std::fmt::{Result, Write};

/// A line with an amount in bytes, and one for people.
fn amount(out: &mut String, name: &str, bytes: u64) -> Result {
    writeln!(out, "{name}:{bytes}\n{name}_human:{}", human(bytes))
}

/// What the data takes, what the process takes, and what is allowed.
pub(super) fn memory(facts: &Facts<'_>, out: &mut String) -> Result {
    let stats = &facts.shared.stats;
    let used = facts.keyspace.used_bytes as u64;
    let resident = Stats::read(&stats.resident_bytes);
    let peak = Stats::read(&stats.used_peak_bytes).max(used);
    let overhead = (facts.keyspace.overhead_bytes as u64).min(used);
    let percent = |part: u64, whole: u64| part as f64 * 100.0 / whole.max(1) as f64;
    amount(out, "used_memory", used)?;
    amount(out, "used_memory_rss", resident)?;
    amount(out, "used_memory_peak", peak)?;
    writeln!(out, "used_memory_peak_perc:{:.2}%", percent(used, peak))?;
    writeln!(out, "used_memory_overhead:{overhead}")?;
    // What the program takes without data is not part of used_memory.
    writeln!(out, "used_memory_startup:0")?;
    writeln!(out, "used_memory_dataset:{}", used - overhead)?;
    writeln!(out, "used_memory_dataset_perc:{:.2}%", percent(used - overhead, used))?;
    writeln!(out, "allocator_allocated:{used}")?;
    writeln!(out, "allocator_active:{resident}")?;
    writeln!(out, "allocator_resident:{resident}")?;
    amount(out, "total_system_memory", machine::memory().machine_bytes)?;
    scripts(facts, out)?;
    amount(out, "maxmemory", facts.keyspace.limit.bytes as u64)?;
    writeln!(out, "maxmemory_policy:{}", facts.keyspace.limit.policy.name())?;
    let ratio = resident as f64 / used.max(1) as f64;
    let unused = resident as i64 - used as i64;
    writeln!(out, "allocator_frag_ratio:{ratio:.2}")?;
    writeln!(out, "allocator_frag_bytes:{unused}")?;
    writeln!(out, "allocator_rss_ratio:1.00\nallocator_rss_bytes:0")?;
    writeln!(out, "rss_overhead_ratio:1.00\nrss_overhead_bytes:0")?;
    writeln!(out, "mem_fragmentation_ratio:{ratio:.2}")?;
    writeln!(out, "mem_fragmentation_bytes:{unused}")?;
    writeln!(out, "mem_not_counted_for_evict:0")?;
    writeln!(out, "mem_replication_backlog:0")?;
    writeln!(out, "mem_total_replication_buffers:0")?;
    writeln!(out, "mem_clients_slaves:0")?;
    writeln!(out, "mem_clients_normal:{}", Stats::read(&stats.client_held_bytes))?;
    writeln!(out, "mem_cluster_links:0")?;
    writeln!(out, "mem_aof_buffer:{}", facts.shared.aof.queued_bytes())?;
    writeln!(out, "mem_allocator:libc")?;
    // A table grows by a segment at a time, and never rehashes as a whole.
    writeln!(out, "mem_overhead_db_hashtable_rehashing:0")?;
    writeln!(out, "active_defrag_running:0")?;
    // Large values are dropped by the worker that removed them, before its next request.
    writeln!(out, "lazyfree_pending_objects:0")?;
    writeln!(out, "lazyfreed_objects:0")
}

/// An interpreter lives as long as one script runs, and the keyspace is locked meanwhile: INFO
/// never sees one. What scripts and libraries take is their text and their compiled form.
fn scripts(facts: &Facts<'_>, out: &mut String) -> Result {
    let (scripts, libraries) = (&facts.shared.scripts, facts.shared.functions.current());
    let (scripts_bytes, libraries_bytes) = (scripts.bytes(), libraries.bytes());
    writeln!(out, "used_memory_lua:0")?;
    writeln!(out, "used_memory_vm_eval:0")?;
    writeln!(out, "used_memory_lua_human:{}", human(0))?;
    writeln!(out, "used_memory_scripts_eval:{scripts_bytes}")?;
    writeln!(out, "number_of_cached_scripts:{}", scripts.len())?;
    writeln!(out, "number_of_functions:{}", libraries.functions_len())?;
    writeln!(out, "number_of_libraries:{}", libraries.len())?;
    writeln!(out, "used_memory_vm_functions:0")?;
    amount(out, "used_memory_vm_total", 0)?;
    writeln!(out, "used_memory_functions:{libraries_bytes}")?;
    amount(out, "used_memory_scripts", (scripts_bytes + libraries_bytes) as u64)
}
