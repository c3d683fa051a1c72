//! The sections of INFO about the process and its clients.

use crate::command::admin::info_facts::Facts;
use crate::config::Config;
use crate::config::Supervisor;
use crate::limits::HOUSEKEEPER_ROUND_MS;
use crate::shared::Stats;
use crate::text::version::REDIS_VERSION;
use std::fmt::{Result, Write};

/// Bits of Redis's clock of last uses, which counts seconds.
const LRU_CLOCK_BITS: u32 = 24;

/// What runs, since when, and where it listens.
pub(super) fn server(facts: &Facts<'_>, out: &mut String) -> Result {
    let config = facts.shared.config();
    let (clock, identity) = (&facts.shared.clock, &facts.shared.identity);
    let uptime = (clock.steady_ms() - facts.shared.stats.started_at_ms) / 1_000;
    writeln!(out, "redis_version:{REDIS_VERSION}")?;
    writeln!(out, "respool_version:{}", env!("CARGO_PKG_VERSION"))?;
    // No revision and no build of Redis, and no C compiler.
    writeln!(out, "redis_git_sha1:00000000")?;
    writeln!(out, "redis_git_dirty:0")?;
    writeln!(out, "redis_build_id:0000000000000000")?;
    let mode = if config.cluster_emulation { "cluster" } else { "standalone" };
    writeln!(out, "redis_mode:{mode}")?;
    writeln!(out, "os:{}", identity.system)?;
    writeln!(out, "arch_bits:{}", usize::BITS)?;
    writeln!(out, "monotonic_clock:POSIX clock_gettime")?;
    writeln!(out, "multiplexing_api:threads")?;
    writeln!(out, "atomicvar_api:rust-core")?;
    writeln!(out, "gcc_version:0.0.0")?;
    writeln!(out, "process_id:{}", std::process::id())?;
    writeln!(out, "process_supervised:{}", supervisor(config.supervised))?;
    writeln!(out, "run_id:{}", identity.run_id)?;
    writeln!(out, "tcp_port:{}", config.port)?;
    writeln!(out, "server_time_usec:{}", clock.unix_us())?;
    writeln!(out, "uptime_in_seconds:{uptime}")?;
    writeln!(out, "uptime_in_days:{}", uptime / 86_400)?;
    writeln!(out, "hz:{}", 1_000 / HOUSEKEEPER_ROUND_MS)?;
    writeln!(out, "configured_hz:{}", config.hz)?;
    let lru_clock = (facts.now_ms / 1_000) & ((1 << LRU_CLOCK_BITS) - 1);
    writeln!(out, "lru_clock:{lru_clock}")?;
    writeln!(out, "executable:{}", identity.executable.display())?;
    let file = config.file.as_deref().unwrap_or("".as_ref());
    writeln!(out, "config_file:{}", file.display())?;
    writeln!(out, "io_threads_active:0")?;
    listeners(&config, out)
}

/// The program that the server tells when it is ready.
fn supervisor(chosen: Supervisor) -> &'static str {
    match chosen {
        Supervisor::Systemd => "systemd",
        Supervisor::Upstart => "upstart",
        Supervisor::Auto if std::env::var_os("NOTIFY_SOCKET").is_some() => "systemd",
        Supervisor::Auto | Supervisor::No => "no",
    }
}

/// One line for TCP and one for the Unix socket, as far as they are served.
fn listeners(config: &Config, out: &mut String) -> Result {
    let mut number = 0;
    if config.port.number().is_some() {
        write!(out, "listener0:name=tcp")?;
        for address in &config.bind.0 {
            let optional = if address.is_optional { "-" } else { "" };
            write!(out, ",bind={optional}{}", address.host)?;
        }
        writeln!(out, ",port={}", config.port)?;
        number = 1;
    }
    if let Some(path) = &config.unixsocket {
        writeln!(out, "listener{number}:name=unix,bind={}", path.display())?;
    }
    Ok(())
}

/// How many clients there are, and what they wait for.
pub(super) fn clients(facts: &Facts<'_>, out: &mut String) -> Result {
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
    writeln!(out, "tracking_clients:{}", facts.shared.tracking.len())?;
    // A worker waits with a time-out of its own: there is no table of them.
    writeln!(out, "clients_in_timeout_table:0")?;
    writeln!(out, "total_blocking_keys:{}", facts.keyspace.waiting_keys)?;
    writeln!(out, "total_blocking_keys_on_nokey:0")
}
