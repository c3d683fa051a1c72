//! Python's client library and a web framework's cache over it, with respool and with the original:
//! the scripts in `python/` must succeed with both.
//!
//! The libraries come from PyPI at the versions that `python/requirements.txt` gives. They are
//! installed once into a folder below `target`, and again when that file changes.

use crate::servers::Server;
use crate::tools::run;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

const REQUIREMENTS: &str = include_str!("python/requirements.txt");

/// Long enough to fetch the libraries over a slow line.
const PATIENCE: Duration = Duration::from_secs(300);

/// The folder of the scripts.
fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat/python")
}

/// A Python interpreter that has the libraries.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
        let python = folder.join("bin/python");
        let installed = folder.join("installed.txt");
        if fs::read_to_string(&installed).is_ok_and(|found| found == REQUIREMENTS) {
            return python;
        }
        let mut create = Command::new("python3");
        run(create.args(["-m", "venv", "--clear"]).arg(&folder), b"", PATIENCE);
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        run(install.arg(scripts().join("requirements.txt")), b"", PATIENCE);
        fs::write(&installed, REQUIREMENTS).expect("the folder was just made");
        python
    })
}

/// Runs a script against servers and expects it to have checked something.
fn check(script: &str, servers: &[&Server]) {
    let mut command = Command::new(python());
    command.arg(scripts().join(script)).arg("127.0.0.1");
    command.args(servers.iter().map(|server| server.address.port().to_string()));
    let output = run(&mut command, b"", PATIENCE);
    let checks = output.trim().strip_suffix(" checks").and_then(|text| text.parse::<u32>().ok());
    assert!(checks.is_some_and(|checks| checks > 10), "{script}: {output}");
}

/// Ensures that redis-py is served like by Redis, in RESP2 and RESP3.
#[test]
fn redis_py_does_what_applications_do() {
    check("library.py", &[&Server::respool()]);
    check("library.py", &[&Server::redis()]);
}

/// Ensures that redis-py's client for clusters takes an emulated cluster for one.
#[test]
fn a_client_for_clusters_is_served() {
    let flags = ["--port", "any", "--cluster-emulation", "yes"];
    check("cluster.py", &[&Server::respool_with(&flags)]);
}

/// Ensures that Django's cache is served like by Redis.
#[test]
fn djangos_cache_does_what_applications_do() {
    check("cache.py", &[&Server::respool()]);
    check("cache.py", &[&Server::redis()]);
}

/// Ensures that locks, rate limiters and queues of jobs, which send scripts, are served like by
/// Redis.
#[test]
fn libraries_with_scripts_do_what_applications_do() {
    check("jobs.py", &[&Server::respool()]);
    check("jobs.py", &[&Server::redis()]);
}

/// Ensures that the command table says of each command what Redis's says.
#[test]
fn the_command_table_is_as_redis_tells_it() {
    check("table.py", &[&Server::respool(), &Server::redis()]);
}
