//! `respool check-aof`: explains a log, and cuts it at the damage.

use crate::aof::check;
use argh::FromArgs;
use std::path::Path;

/// explains an append-only file: its directory, its manifest, or one file of it
#[derive(FromArgs)]
struct CheckAof {
    /// cut the file at the damage; what is cut off is kept next to it
    #[argh(switch)]
    fix: bool,

    /// the directory, the manifest or the file
    #[argh(positional)]
    path: String,
}

/// Runs the tool.
pub fn run(arguments: &[String]) -> Result<String, String> {
    let wanted: CheckAof = match super::flags("check-aof", arguments) {
        Ok(wanted) => wanted,
        Err(outcome) => return outcome,
    };
    check::check(Path::new(&wanted.path), wanted.fix)
}
