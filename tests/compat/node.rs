//! Node's client library and what is built on it, with respool and with the original: the script in
//! `node/` must succeed with both.
//!
//! The libraries come from npm at the versions that `node/package.json` gives. They are installed
//! once into a folder below `target`, and again when that file changes. Without Node there is
//! nothing to test.

use crate::servers::Server;
use crate::tools::run;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const PACKAGE: &str = include_str!("node/package.json");
const SCRIPT: &str = include_str!("node/libraries.cjs");

/// Long enough to fetch the libraries over a slow line.
const PATIENCE: Duration = Duration::from_secs(300);

fn has_node() -> bool {
    let found = |name: &str| Command::new(name).arg("--version").stdout(Stdio::null()).status();
    ["node", "npm"].into_iter().all(|name| found(name).is_ok_and(|status| status.success()))
}

/// A folder with the libraries and the script.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node");
    let installed = folder.join("installed.json");
    if fs::read_to_string(&installed).is_ok_and(|found| found == PACKAGE) {
        return folder;
    }
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("package.json"), PACKAGE).expect("a file");
    let mut install = Command::new("npm");
    install.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    run(install.current_dir(&folder), b"", PATIENCE);
    fs::write(&installed, PACKAGE).expect("a file");
    folder
}

/// Ensures that ioredis and the libraries over it are served like by Redis.
#[test]
fn nodes_libraries_do_what_applications_do() {
    if !has_node() {
        return eprintln!("Node's libraries are not tested: there is no node, or no npm");
    }
    let folder = folder();
    let script = folder.join("libraries.cjs");
    fs::write(&script, SCRIPT).expect("a file");
    for server in [Server::respool(), Server::redis()] {
        let mut command = Command::new("node");
        command.arg(&script).arg("127.0.0.1").arg(server.address.port().to_string());
        let output = run(command.current_dir(&folder), b"", PATIENCE);
        let checks = output.trim().strip_suffix(" checks").and_then(|it| it.parse::<u32>().ok());
        assert!(checks.is_some_and(|checks| checks > 10), "{output}");
    }
}
