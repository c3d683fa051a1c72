//! What distinguishes this run of the program from others, asked of the system once: INFO shows it
//! with the keyspace locked, when no system call may be made.

use super::random;
use std::path::PathBuf;

/// The identity of a run.
#[derive(Debug)]
pub struct Identity {
    /// Forty hexadecimal digits, new at each start: tools notice a restart by them.
    pub run_id: String,
    /// The same for the history of changes that a replica would follow.
    pub replication_id: String,
    /// The file of the program, if the system knows it.
    pub executable: PathBuf,
    /// Name and release of the operating system, and the machine's architecture.
    pub system: String,
}

impl Identity {
    /// A new identity.
    pub fn new() -> Identity {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let name = match std::env::consts::OS {
            "linux" => "Linux",
            other => other,
        };
        let words = [name, release.trim(), std::env::consts::ARCH];
        let words = words.into_iter().filter(|word| !word.is_empty());
        Identity {
            run_id: random::name(),
            replication_id: random::name(),
            executable: std::env::current_exe().unwrap_or_default(),
            system: words.collect::<Vec<&str>>().join(" "),
        }
    }
}

impl Default for Identity {
    fn default() -> Identity {
        Identity::new()
    }
}
