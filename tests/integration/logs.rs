//! Servers that log, for the tests of the log and of what commands write into it.

use crate::raw::Raw;
use crate::support::{TestServer, wait_until};
use std::path::Path;
use tempfile::TempDir;

/// A folder for a log.
pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

/// A server that logs into `dir`.
pub fn logging(dir: &Path) -> TestServer {
    TestServer::with(|config| {
        config.appendonly = true;
        config.dir = dir.to_path_buf();
    })
}

/// The first increment's path.
pub fn increment(dir: &Path) -> std::path::PathBuf {
    dir.join("appendonlydir/appendonly.aof.1.incr.aof")
}

/// A line of INFO persistence.
pub fn figure(client: &mut Raw, name: &str) -> String {
    let info = client.ask("INFO persistence");
    let found = info.split(' ').find_map(|line| line.strip_prefix(&format!("{name}:")));
    found.unwrap_or_else(|| panic!("{name} in {info}")).to_owned()
}

/// Rewrites and waits until that is done.
pub fn rewrite(client: &mut Raw) {
    let before = figure(client, "aof_rewrites");
    assert_eq!(client.ask("BGREWRITEAOF"), "+Background append only file rewriting started");
    wait_until("it is rewritten", || {
        figure(client, "aof_rewrites") != before && figure(client, "aof_rewrite_in_progress") == "0"
    });
}
