//! What a user may choose: on the command line, and later with CONFIG SET.
//!
//! Flags carry the names of Redis's directives. One struct is parser, help text and value;
//! [`directives`] has a row for each of its fields as CONFIG GET shows and CONFIG SET changes it,
//! and `values.rs` reads the notations that both have in common.

mod bind;
pub mod directives;
pub mod memory;
mod sources;
mod values;

pub use bind::{Bind, BindAddress};
pub use directives::DIRECTIVES;
pub use values::Fsync;

use crate::limits;
use crate::log::Level;
use crate::policy::{Limit, Policy};
use crate::system::machine;
use argh::FromArgs;
use memory::MaxMemory;

/// respool, a small blocking Redis-compatible cache server
#[derive(FromArgs, Debug, Clone)]
pub struct Config {
    /// TCP port to listen on; 0 lets the system choose (default 6379)
    #[argh(option, default = "6379", arg_name = "port")]
    pub port: u16,

    /// addresses to listen on, parted by spaces; * is all of IPv4, -::* all of IPv6 if there is any
    /// (default 127.0.0.1)
    #[argh(option, default = "Bind::default()", arg_name = "addresses")]
    pub bind: Bind,

    /// path of a Unix socket to listen on as well (default none)
    #[argh(option, arg_name = "path")]
    pub unixsocket: Option<String>,

    /// who may connect to the Unix socket, in chmod's octal notation, such as 770 (default: the
    /// process's file mode mask decides)
    #[argh(option, from_str_fn(values::mode), arg_name = "mode")]
    pub unixsocketperm: Option<u32>,

    /// whether clients on other machines are denied as long as no password is set (default yes)
    #[argh(option, default = "true", from_str_fn(values::yes_or_no), arg_name = "yes|no")]
    pub protected_mode: bool,

    /// connections that may wait to be accepted (default 511)
    #[argh(option, default = "511", arg_name = "connections")]
    pub tcp_backlog: i32,

    /// clients served at the same time, a thread for each (default 10000)
    #[argh(option, default = "10_000", arg_name = "clients")]
    pub maxclients: usize,

    /// seconds of silence after which a client is closed; 0 is never (default 0)
    #[argh(option, default = "0", arg_name = "seconds")]
    pub timeout: u64,

    /// seconds of silence after which the kernel probes whether a client is still there; 0 is
    /// never (default 300)
    #[argh(option, default = "300", arg_name = "seconds")]
    pub tcp_keepalive: u64,

    /// number of databases for SELECT, 1 to 1024 (default 16)
    #[argh(option, default = "16", arg_name = "databases")]
    pub databases: usize,

    /// memory for the data: bytes as in 100mb, or per cent of the container's or machine's memory
    /// as in 75%; 0 is no limit (default 80%)
    #[argh(
        option,
        default = "MaxMemory::Percent(80)",
        from_str_fn(memory::max_memory),
        arg_name = "amount"
    )]
    pub maxmemory: MaxMemory,

    /// what happens when it is used up: noeviction, allkeys-lru, volatile-lru, volatile-ttl,
    /// allkeys-random or volatile-random (default allkeys-lru)
    #[argh(
        option,
        default = "Policy::AllKeysLru",
        from_str_fn(memory::policy),
        arg_name = "policy"
    )]
    pub maxmemory_policy: Policy,

    /// password that clients must give with AUTH; empty is none (default none)
    #[argh(option, default = "String::new()", arg_name = "password")]
    pub requirepass: String,

    /// file with the password on its first line (default none)
    #[argh(option, arg_name = "path")]
    pub requirepass_file: Option<String>,

    /// file that log lines are added to; it may be renamed at any time (default: standard error)
    #[argh(option, default = "String::new()", arg_name = "path")]
    pub logfile: String,

    /// least important log lines to show: debug, verbose, notice or warning (default notice)
    #[argh(option, default = "Level::Notice", from_str_fn(values::level), arg_name = "level")]
    pub loglevel: Level,

    /// microseconds from which on the slow log takes a command; 0 is all, -1 is none (default
    /// 10000)
    #[argh(option, default = "10_000", arg_name = "microseconds")]
    pub slowlog_log_slower_than: i64,

    /// commands that the slow log keeps (default 128)
    #[argh(option, default = "128", arg_name = "commands")]
    pub slowlog_max_len: usize,

    /// milliseconds from which on LATENCY takes an event; 0 is none (default 0)
    #[argh(option, default = "0", arg_name = "milliseconds")]
    pub latency_monitor_threshold: u64,

    /// whether INFO and LATENCY show how long commands take: yes or no (default yes)
    #[argh(option, default = "true", from_str_fn(values::yes_or_no), arg_name = "yes|no")]
    pub latency_tracking: bool,

    /// whether the DEBUG command is served: yes or no (default no)
    #[argh(option, default = "false", from_str_fn(values::yes_or_no), arg_name = "yes|no")]
    pub enable_debug_command: bool,

    /// folder for what the server writes; the log goes into a folder appendonlydir in it (default
    /// the current one)
    #[argh(option, default = "String::from(\".\")", arg_name = "folder")]
    pub dir: String,

    /// whether changes are logged, so that the data survives a restart: yes or no (default no)
    #[argh(option, default = "false", from_str_fn(values::yes_or_no), arg_name = "yes|no")]
    pub appendonly: bool,

    /// when the log is synced to the disk: always, everysec or no (default everysec)
    #[argh(option, default = "Fsync::Everysec", from_str_fn(values::fsync), arg_name = "when")]
    pub appendfsync: Fsync,

    /// milliseconds between two syncs of everysec (default 1000)
    #[argh(option, default = "1_000", arg_name = "ms")]
    pub appendfsync_interval_ms: u64,

    /// growth in percent of the size after the last rewrite at which the log is rewritten; 0 is
    /// never (default 100)
    #[argh(option, default = "100", arg_name = "percent")]
    pub auto_aof_rewrite_percentage: u64,

    /// size below which the log is not rewritten by itself, like 64mb (default 64mb)
    #[argh(option, default = "64 << 20", from_str_fn(values::bytes), arg_name = "size")]
    pub auto_aof_rewrite_min_size: u64,

    /// whether a torn end of the log is cut off at the start: yes or no (default yes)
    #[argh(option, default = "true", from_str_fn(values::yes_or_no), arg_name = "yes|no")]
    pub aof_load_truncated: bool,

    /// print the version and exit
    #[argh(switch)]
    pub version: bool,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Invocation {
    /// Run a server.
    Serve(Box<Config>),
    /// Print this help and exit successfully.
    Help(String),
    /// Print the version and exit successfully.
    Version,
}

/// Reads a command line, the program's name excluded.
///
/// # Errors
/// One line that says what is wrong.
pub fn from_command_line(arguments: &[String]) -> Result<Invocation, String> {
    let arguments = sources::settled(arguments)?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let config = match Config::from_args(&["respool"], &arguments) {
        Ok(config) => config,
        Err(exit) if exit.status.is_ok() => return Ok(Invocation::Help(exit.output)),
        Err(exit) => return Err(one_line(&exit.output)),
    };
    if config.version {
        return Ok(Invocation::Version);
    }
    config.with_password_read()?.checked().map(|config| Invocation::Serve(Box::new(config)))
}

/// An error of several lines as one.
pub fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}

/// Reads a password from the first line of a file: what a command line says is seen by everybody
/// who may list processes.
///
/// # Errors
/// The file cannot be read, or its first line is empty, which would be no password at all.
pub fn read_password(path: &str) -> Result<String, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read the password from {path}: {error}"))?;
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(password.to_owned()),
        _ => Err(format!("cannot read the password from {path}: its first line is empty")),
    }
}

impl Config {
    /// What a command line without a word means.
    pub fn with_defaults() -> Config {
        let Ok(config) = Config::from_args(&["respool"], &[]) else {
            unreachable!("every option has a default")
        };
        config
    }

    /// Whether only clients on this machine are let in.
    pub fn denies_strangers(&self) -> bool {
        self.protected_mode && self.requirepass.is_empty()
    }

    fn with_password_read(mut self) -> Result<Config, String> {
        if let Some(path) = &self.requirepass_file {
            if !self.requirepass.is_empty() {
                return Err("--requirepass and --requirepass-file exclude each other".to_owned());
            }
            self.requirepass = read_password(path)?;
        }
        Ok(self)
    }

    /// The limit that the data has to keep.
    pub fn limit(&self) -> Limit {
        let bytes = self.maxmemory.bytes(machine::memory());
        Limit { bytes: usize::try_from(bytes).unwrap_or(usize::MAX), policy: self.maxmemory_policy }
    }

    fn checked(self) -> Result<Config, String> {
        let bounds = [
            ("databases", self.databases, 1, limits::DATABASES_MAX),
            ("maxclients", self.maxclients, 1, limits::CLIENTS_MAX),
            ("tcp-backlog", usize::try_from(self.tcp_backlog).unwrap_or(0), 1, 65_535),
            (
                "appendfsync-interval-ms",
                self.appendfsync_interval_ms as usize,
                1,
                limits::FSYNC_INTERVAL_MS_MAX,
            ),
        ];
        for (name, value, min, max) in bounds {
            if !(min..=max).contains(&value) {
                return Err(format!("--{name} must be between {min} and {max}"));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Invocation, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        from_command_line(&words)
    }

    /// Ensures that a bad command line is answered with one line that names the flag.
    #[test]
    fn mistakes_are_one_line() {
        for line in ["--port x", "--nonsense", "--databases 0", "--bind nowhere", "--loglevel loud"]
        {
            let message = read(line).expect_err(line);
            assert_eq!(message.lines().count(), 1, "{message}");
            assert!(message.contains(line.split(' ').next().unwrap_or(line)), "{message}");
        }
    }

    /// Ensures that every flag is explained in the help and shown by CONFIG GET.
    #[test]
    fn flags_directives_and_help_agree() {
        let Ok(Invocation::Help(help)) = read("--help") else { panic!("no help") };
        let flags = help.lines().filter_map(|line| line.trim().strip_prefix("--"));
        for flag in flags.filter_map(|line| line.split_whitespace().next()) {
            let flag = flag.trim_end_matches(',');
            if !["version", "help"].contains(&flag) {
                assert!(DIRECTIVES.iter().any(|d| d.name == flag), "CONFIG GET {flag}");
            }
        }
        assert!(help.contains("--tcp-keepalive"), "{help}");
    }

    /// Ensures that the README's table of flags is complete.
    #[test]
    fn the_readme_names_every_flag() {
        let Ok(Invocation::Help(help)) = read("--help") else { panic!("no help") };
        let readme = include_str!("../../README.md");
        for line in help.lines().filter_map(|line| line.trim().strip_prefix("--")) {
            let flag = line.split([' ', ',']).next().unwrap_or(line);
            let is_told = readme.contains(&format!("`--{flag} <"));
            assert!(is_told || ["version", "help"].contains(&flag), "--{flag}");
        }
    }

    fn serve(line: &str) -> Config {
        match read(line) {
            Ok(Invocation::Serve(config)) => *config,
            other => panic!("{line}: {other:?}"),
        }
    }

    /// Ensures that a flag given twice counts as it was given last.
    #[test]
    fn the_last_one_counts() {
        assert_eq!(serve("--port 7 --timeout 3 --port 8").port, 8);
        let config = serve("--bind ::1 --port 7 --bind 127.0.0.1");
        assert_eq!(config.bind, Bind::default());
    }

    /// Ensures that addresses are understood as in Redis.
    #[test]
    fn bind_is_a_list() {
        let bind: Bind = "127.0.0.1 -::1 *   -::*".parse().expect("a good list");
        assert_eq!(bind.to_string(), "127.0.0.1 -::1 0.0.0.0 -::");
        assert!(!bind.0[0].is_optional && bind.0[1].is_optional);
        for bad in ["", " ", "nowhere", "--1", "127.0.0.1,::1"] {
            assert!(bad.parse::<Bind>().is_err(), "{bad}");
        }
    }
}
