//! `respool check-rdb`: explains a snapshot in Redis's format.
//!
//! Damage is explained and never repaired: a snapshot has no torn end that could be spared, since
//! it gets its name only when it is complete.

use crate::rdb::check::check;
use argh::FromArgs;
use std::fs::File;

/// explains an RDB file: its version, keys, types and bytes, or where it is damaged
#[derive(FromArgs)]
struct CheckRdb {
    /// the file
    #[argh(positional)]
    path: String,
}

/// Runs the tool.
pub fn run(arguments: &[String]) -> Result<String, String> {
    let CheckRdb { path } = match super::flags("check-rdb", arguments) {
        Ok(wanted) => wanted,
        Err(outcome) => return outcome,
    };
    let file = File::open(&path).map_err(|error| format!("{path}: {error}"))?;
    match check(file) {
        (report, None) => Ok(format!("{path}: {report}")),
        (report, Some(error)) => Err(format!("{path}: {}", report.explain(&error))),
    }
}
