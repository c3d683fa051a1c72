//! The directives: one row each, which CONFIG GET shows and CONFIG SET changes.
//!
//! Changing is all or nothing: [`Config::changed`] makes a new configuration out of the old one,
//! and whoever asked for it puts it in force as a whole or drops it. Nothing that names a file or
//! a folder can be changed: a password for the data must not become a pen for the disk.

use super::values::{bytes, fsync, integer, level, shown, yes_or_no};
use super::{Config, limits, memory};

/// One directive.
pub struct Directive {
    /// Redis's name.
    pub name: &'static str,
    /// Its value, in Redis's notation.
    pub value: fn(&Config) -> String,
    /// Whether and how it is changed.
    pub change: Change,
}

/// What CONFIG SET may do with a directive.
pub enum Change {
    /// Nothing; it is in force from the start to the end.
    Immutable,
    /// Nothing; it could be used to write where one must not.
    Protected,
    /// Change it to what this makes of the text.
    To(fn(&mut Config, &str) -> Result<(), String>),
}

use Change::{Immutable, Protected, To};

/// Every directive. Those without a flag say truthfully what cannot be chosen.
pub static DIRECTIVES: &[Directive] = &[
    row("port", |config| config.port.to_string(), Immutable),
    row("bind", |config| config.bind.to_string(), Immutable),
    row("unixsocket", |config| config.unixsocket.clone().unwrap_or_default(), Immutable),
    row("unixsocketperm", |config| format!("{:o}", config.unixsocketperm.unwrap_or(0)), Immutable),
    row("protected-mode", |config| shown(config.protected_mode), To(set_protected_mode)),
    row("tcp-backlog", |config| config.tcp_backlog.to_string(), Immutable),
    row("maxclients", |config| config.maxclients.to_string(), To(set_maxclients)),
    row("timeout", |config| config.timeout.to_string(), To(set_timeout)),
    row("tcp-keepalive", |config| config.tcp_keepalive.to_string(), To(set_tcp_keepalive)),
    row("databases", |config| config.databases.to_string(), Immutable),
    row("requirepass", |config| config.requirepass.clone(), To(set_requirepass)),
    row(
        "requirepass-file",
        |config| config.requirepass_file.clone().unwrap_or_default(),
        Protected,
    ),
    row("logfile", |config| config.logfile.clone(), Immutable),
    row("loglevel", |config| config.loglevel.name().to_owned(), To(set_loglevel)),
    row("enable-debug-command", |config| shown(config.enable_debug_command), Immutable),
    row(
        "slowlog-log-slower-than",
        |config| config.slowlog_log_slower_than.to_string(),
        To(set_slowlog_log_slower_than),
    ),
    row("slowlog-max-len", |config| config.slowlog_max_len.to_string(), To(set_slowlog_max_len)),
    row(
        "latency-monitor-threshold",
        |config| config.latency_monitor_threshold.to_string(),
        To(set_latency_monitor_threshold),
    ),
    row("latency-tracking", |config| shown(config.latency_tracking), To(set_latency_tracking)),
    row("save", |_| String::new(), Immutable),
    row("dir", dir, Protected),
    row("appendonly", |config| shown(config.appendonly), To(set_appendonly)),
    row("appendfsync", |config| config.appendfsync.name().to_owned(), To(set_appendfsync)),
    row("appendfsync-interval-ms", interval, To(set_interval)),
    row("appendfilename", |_| "appendonly.aof".to_owned(), Immutable),
    row("appenddirname", |_| "appendonlydir".to_owned(), Immutable),
    row("auto-aof-rewrite-percentage", rewrite_percentage, To(set_rewrite_percentage)),
    row("auto-aof-rewrite-min-size", rewrite_min_size, To(set_rewrite_min_size)),
    row("aof-load-truncated", |config| shown(config.aof_load_truncated), To(set_load_truncated)),
    row("aof-use-rdb-preamble", |_| "no".to_owned(), Immutable),
    row("maxmemory", |config| config.limit().bytes.to_string(), To(set_maxmemory)),
    row(
        "maxmemory-policy",
        |config| config.maxmemory_policy.name().to_owned(),
        To(set_maxmemory_policy),
    ),
    row("proto-max-bulk-len", |_| limits::BULK_BYTES_MAX.to_string(), Immutable),
];

const fn row(name: &'static str, value: fn(&Config) -> String, change: Change) -> Directive {
    Directive { name, value, change }
}

impl Config {
    /// This configuration with the directives of `pairs`, names and values, changed.
    ///
    /// # Errors
    /// The whole text of CONFIG SET's error, about the first thing that is wrong.
    pub fn changed(&self, pairs: &[(&str, &str)]) -> Result<Config, String> {
        let mut steps = Vec::new();
        for (at, (name, value)) in pairs.iter().enumerate() {
            let known = DIRECTIVES.iter().find(|row| row.name.eq_ignore_ascii_case(name));
            let Some(directive) = known else {
                return Err(format!(
                    "ERR Unknown option or number of arguments for CONFIG SET - '{name}'"
                ));
            };
            let is_repeated =
                pairs[..at].iter().any(|(before, _)| before.eq_ignore_ascii_case(name));
            match directive.change {
                Immutable => return Err(failed(name, "can't set immutable config")),
                Protected => return Err(failed(name, "can't set protected config")),
                To(_) if is_repeated => return Err(failed(name, "duplicate parameter")),
                To(change) => steps.push((name, value, change)),
            }
        }
        let mut config = self.clone();
        for (name, value, change) in steps {
            change(&mut config, value).map_err(|reason| failed(name, &reason))?;
        }
        Ok(config)
    }
}

/// The text of CONFIG SET's error.
pub fn failed(directive: &str, reason: &str) -> String {
    format!("ERR CONFIG SET failed (possibly related to argument '{directive}') - {reason}")
}

fn set_protected_mode(config: &mut Config, text: &str) -> Result<(), String> {
    config.protected_mode = yes_or_no(text)?;
    Ok(())
}

fn set_maxclients(config: &mut Config, text: &str) -> Result<(), String> {
    config.maxclients = integer(text, 1..=limits::CLIENTS_MAX as i64)? as usize;
    Ok(())
}

fn set_timeout(config: &mut Config, text: &str) -> Result<(), String> {
    config.timeout = integer(text, 0..=i64::from(i32::MAX))? as u64;
    Ok(())
}

fn set_tcp_keepalive(config: &mut Config, text: &str) -> Result<(), String> {
    config.tcp_keepalive = integer(text, 0..=i64::from(i32::MAX))? as u64;
    Ok(())
}

fn set_maxmemory(config: &mut Config, text: &str) -> Result<(), String> {
    config.maxmemory = memory::max_memory(text)?;
    Ok(())
}

fn set_maxmemory_policy(config: &mut Config, text: &str) -> Result<(), String> {
    config.maxmemory_policy = memory::policy(text)?;
    Ok(())
}

fn set_requirepass(config: &mut Config, text: &str) -> Result<(), String> {
    config.requirepass = text.to_owned();
    Ok(())
}

fn set_loglevel(config: &mut Config, text: &str) -> Result<(), String> {
    config.loglevel = level(text)?;
    Ok(())
}

fn set_slowlog_log_slower_than(config: &mut Config, text: &str) -> Result<(), String> {
    config.slowlog_log_slower_than = integer(text, -1..=i64::MAX)?;
    Ok(())
}

fn set_slowlog_max_len(config: &mut Config, text: &str) -> Result<(), String> {
    config.slowlog_max_len = integer(text, 0..=i64::MAX)? as usize;
    Ok(())
}

fn set_latency_monitor_threshold(config: &mut Config, text: &str) -> Result<(), String> {
    config.latency_monitor_threshold = integer(text, 0..=i64::MAX)? as u64;
    Ok(())
}

fn set_latency_tracking(config: &mut Config, text: &str) -> Result<(), String> {
    config.latency_tracking = yes_or_no(text)?;
    Ok(())
}

/// The whole path, as Redis shows it.
fn dir(config: &Config) -> String {
    let path = std::path::absolute(&config.dir);
    path.map_or_else(|_| config.dir.clone(), |path| path.to_string_lossy().into_owned())
}

fn interval(config: &Config) -> String {
    config.appendfsync_interval_ms.to_string()
}

fn rewrite_percentage(config: &Config) -> String {
    config.auto_aof_rewrite_percentage.to_string()
}

fn rewrite_min_size(config: &Config) -> String {
    config.auto_aof_rewrite_min_size.to_string()
}

fn set_appendonly(config: &mut Config, text: &str) -> Result<(), String> {
    config.appendonly = yes_or_no(text)?;
    Ok(())
}

fn set_appendfsync(config: &mut Config, text: &str) -> Result<(), String> {
    config.appendfsync = fsync(text)?;
    Ok(())
}

fn set_interval(config: &mut Config, text: &str) -> Result<(), String> {
    config.appendfsync_interval_ms =
        integer(text, 1..=limits::FSYNC_INTERVAL_MS_MAX as i64)? as u64;
    Ok(())
}

fn set_rewrite_percentage(config: &mut Config, text: &str) -> Result<(), String> {
    config.auto_aof_rewrite_percentage = integer(text, 0..=i64::from(i32::MAX))? as u64;
    Ok(())
}

fn set_rewrite_min_size(config: &mut Config, text: &str) -> Result<(), String> {
    config.auto_aof_rewrite_min_size = bytes(text)?;
    Ok(())
}

fn set_load_truncated(config: &mut Config, text: &str) -> Result<(), String> {
    config.aof_load_truncated = yes_or_no(text)?;
    Ok(())
}
