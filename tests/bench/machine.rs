//! What the table was measured on: without it a figure means nothing.

use std::fs;
use std::process::Command;

use crate::process;

/// The lines above the table: versions, date, processor, cores, and how busy the machine was.
pub fn header(respool_version: &str, redis_version: &str) -> String {
    let cores = std::thread::available_parallelism().map_or(0, |cores| cores.get());
    format!(
        "{respool_version} beside Redis {redis_version}, {}, {}, {cores} cores, \
         load before the start {}.",
        date(),
        cpu_model(),
        load()
    )
}

/// The version of the installed Redis, from a line such as `Redis server v=7.0.15 sha=…`.
pub fn redis_version() -> Result<String, String> {
    let line = process::output(Command::new("redis-server").arg("--version"))?;
    line.split_whitespace()
        .find_map(|word| word.strip_prefix("v="))
        .map(str::to_string)
        .ok_or(format!("redis-server --version answers '{}'", line.trim()))
}

/// Fails with the install hint before any server is started if the load generator is missing.
pub fn require_redis_benchmark() -> Result<(), String> {
    process::output(Command::new("redis-benchmark").arg("--version")).map(drop)
}

/// Today, in UTC. By `date`, because std knows seconds but no calendar.
fn date() -> String {
    process::output(Command::new("date").args(["-u", "+%Y-%m-%d"]))
        .map_or("date unknown".into(), |text| text.trim().into())
}

/// The processor as the kernel calls it. ARM kernels give no name; the architecture must do.
fn cpu_model() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or(std::env::consts::ARCH.into(), |(_, name)| name.trim().into())
}

/// Load average of the last minute. Near the number of cores, somebody else was busy too, and
/// the figures are to be doubted.
fn load() -> String {
    let loadavg = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    loadavg.split_whitespace().next().unwrap_or("unknown").into()
}
