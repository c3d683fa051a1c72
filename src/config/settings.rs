//! The settings that code reads, each in the type that its reader needs.
//!
//! The meaning, bounds and default of a directive are in its row in `directives/`. A field whose
//! directive has no effect yet is reserved for the code that will give it one.

use super::bind::{Bind, Port};
use super::choices::{Allowed, Fsync, Supervisor};
use super::events::Events;
use super::memory::MaxMemory;

use super::output_limits::OutputLimits;
use super::save::SavePoint;
use super::value::Value;
use crate::log::Level;
use crate::policy::{Limit, Policy};
use crate::system::machine;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The user's settings. The name of a field is that of its directive.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "each field is explained by the row of its directive")]
pub struct Config {
    // network
    pub port: Port,
    pub bind: Bind,
    pub unixsocket: Option<PathBuf>,
    /// 0 leaves the mode to the process's file mode mask.
    pub unixsocketperm: u32,
    pub protected_mode: bool,
    pub tcp_backlog: i32,
    pub tcp_keepalive: u64,
    pub timeout: u64,
    // process
    pub dir: PathBuf,
    pub logfile: Option<PathBuf>,
    pub loglevel: Level,
    pub pidfile: Option<PathBuf>,
    pub supervised: Supervisor,
    pub daemonize: bool,
    pub oom_score_adj_values: [i64; 3],
    pub hz: i64,
    // clients
    pub maxclients: usize,
    pub client_output_buffer_limit: OutputLimits,
    pub client_query_buffer_limit: u64,
    pub proto_max_bulk_len: u64,
    pub maxmemory_clients: MaxMemory,
    pub tracking_table_max_keys: u64,
    pub notify_keyspace_events: Events,
    pub busy_reply_threshold: u64,
    // security
    pub requirepass: Vec<u8>,
    pub requirepass_file: Option<PathBuf>,
    pub aclfile: Option<PathBuf>,
    pub acllog_max_len: u64,
    /// Whether a new user may use all channels (`allchannels`) or none.
    pub acl_pubsub_default_all: bool,
    pub enable_debug_command: Allowed,
    pub enable_module_command: Allowed,
    pub enable_protected_configs: Allowed,
    /// The words of each `user` line, the name first.
    pub users: Vec<Vec<Vec<u8>>>,
    /// Commands that were renamed or removed by `rename-command`: the old name and the new one.
    pub renamed_commands: Vec<(Vec<u8>, Vec<u8>)>,
    // memory
    pub databases: usize,
    pub maxmemory: MaxMemory,
    pub maxmemory_policy: Policy,
    pub lfu_log_factor: u64,
    pub lfu_decay_time: u64,
    pub hash_max_listpack_entries: u64,
    pub hash_max_listpack_value: u64,
    pub list_max_listpack_size: i64,
    pub list_compress_depth: u64,
    pub set_max_intset_entries: u64,
    pub set_max_listpack_entries: u64,
    pub set_max_listpack_value: u64,
    pub zset_max_listpack_entries: u64,
    pub zset_max_listpack_value: u64,
    pub hll_sparse_max_bytes: u64,
    pub stream_node_max_bytes: u64,
    pub stream_node_max_entries: u64,
    // cluster
    pub cluster_emulation: bool,
    pub cluster_announce_ip: Vec<u8>,
    pub cluster_announce_port: u64,
    // observation
    pub slowlog_log_slower_than: i64,
    pub slowlog_max_len: usize,
    pub latency_monitor_threshold: u64,
    pub latency_tracking: bool,
    pub latency_tracking_info_percentiles: Vec<f64>,
    pub trace: bool,
    /// Names and numbers of the clients to trace, separated by spaces; empty is all.
    pub trace_clients: Vec<u8>,
    // persistence
    pub appendonly: bool,
    pub appendfsync: Fsync,
    pub appendfsync_interval_ms: u64,
    pub auto_aof_rewrite_percentage: u64,
    pub auto_aof_rewrite_min_size: u64,
    pub aof_load_truncated: bool,
    pub appendfilename: Vec<u8>,
    pub appenddirname: Vec<u8>,
    pub aof_use_rdb_preamble: bool,
    pub save: Vec<SavePoint>,
    pub dbfilename: Vec<u8>,
    pub rdbcompression: bool,
    pub rdbchecksum: bool,
    pub stop_writes_on_bgsave_error: bool,

    /// The configuration file, as an absolute path.
    pub file: Option<PathBuf>,
    /// Values of directives without a field, by name.
    pub(super) stored: BTreeMap<&'static str, Value>,
}

impl Config {
    /// The memory limit of the data.
    pub fn limit(&self) -> Limit {
        let bytes = self.maxmemory.bytes(machine::memory());
        Limit { bytes: usize::try_from(bytes).unwrap_or(usize::MAX), policy: self.maxmemory_policy }
    }

    /// A path relative to `dir`.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.dir.join(path)
    }

    /// `dir` as an absolute path.
    pub fn absolute_dir(&self) -> PathBuf {
        std::path::absolute(&self.dir).unwrap_or_else(|_| self.dir.clone())
    }
}
