//! What the table was measured on, without which a figure means nothing, and what it takes.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::process;

/// The lines above the table: versions, date, processor, cores, and how busy the machine was.
pub fn header(respool_version: &str, redis_version: &str) -> String {
    let cores = std::thread::available_parallelism().map_or(0, |cores| cores.get());
    let (date, cpu, load) = (date(), cpu_model(), load());
    // A server with more threads gets more of a busy machine: the ratios would flatter respool. The
    // load includes a compilation just before the start, which alone is no reason to doubt.
    let is_busy = load.parse::<f64>().is_ok_and(|load| load > cores as f64);
    let doubt = if is_busy { " (busy: these figures are to be doubted)" } else { "" };
    format!(
        "{respool_version} and Redis {redis_version}, {date}, {cpu}, {cores} cores, \
         load before the start {load}{doubt}."
    )
}

/// Sees to it that servers and load share `cores` cores, by beginning again under `taskset` if
/// there are more. What a process may use, its children may use.
pub fn confine(cores: usize) -> Result<(), String> {
    let list = first_cores(cores)?;
    if allowed_cores()?.len() == cores {
        return Ok(());
    }
    let program = std::env::current_exe().map_err(|e| format!("who am I? {e}"))?;
    let error = Command::new("taskset")
        .args(["-c", &list])
        .arg(program)
        .args(std::env::args_os().skip(1))
        .exec();
    Err(format!("cannot run taskset: {error}"))
}

/// The first so many cores that this process may use, as `taskset -c` wants them.
pub fn first_cores(count: usize) -> Result<String, String> {
    let allowed = allowed_cores()?;
    let first = allowed
        .get(..count)
        .ok_or(format!("{count} cores asked for, {} there (--cores)", allowed.len()))?;
    Ok(first.join(","))
}

/// The cores that this process may use.
fn allowed_cores() -> Result<Vec<String>, String> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .map(|list| list_of_cores(list.trim()))
        .ok_or("/proc does not tell which cores there are".into())
}

/// The elements of a list such as `0-3,8`.
fn list_of_cores(list: &str) -> Vec<String> {
    let range = |text: &str| -> Option<std::ops::RangeInclusive<usize>> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().map(|core| core.to_string()).collect()
}

/// Lets this process, and so its children, have as many open files as it may: the widest load
/// has 5 000 clients, and a process often gets 1 024 files.
pub fn raise_open_files() -> Result<(), String> {
    rlimit::increase_nofile_limit(u64::MAX)
        .map(drop)
        .map_err(|e| format!("cannot raise the limit of open files: {e}"))
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

/// Load average of the last minute.
fn load() -> String {
    let loadavg = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    loadavg.split_whitespace().next().unwrap_or("unknown").into()
}
