//! A server in a control group with little memory, as in a container: it must not be killed.

use crate::process::{PROGRAM, Process};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Bytes that the group may take.
const GROUP_BYTES: usize = 64 << 20;

/// A control group of our own, removed at the end.
struct Group(PathBuf);

impl Group {
    /// A group with a limit in either version of control groups, or the reason why not.
    fn new() -> Result<Group, String> {
        let places =
            [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];
        let mut reasons = String::new();
        for (mount, file) in places {
            let folder = Path::new(mount).join(format!("respool-test-{}", std::process::id()));
            let made = fs::create_dir(&folder).and_then(|()| {
                let group = Group(folder.clone());
                fs::write(group.0.join(file), GROUP_BYTES.to_string()).map(|()| group)
            });
            match made {
                Ok(group) => return Ok(group),
                Err(error) => reasons += &format!("{}: {error}; ", folder.display()),
            }
        }
        Err(reasons)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // If a process is still in it, it stays; the system ends with the machine.
        let _ = fs::remove_dir(&self.0);
    }
}

/// Ensures that a server that derives its limit from the container, and receives ten times what
/// fits in values of 16 bytes to 256 KiB, keeps its limit and lives.
#[test]
fn a_container_of_64_megabytes_is_never_too_small() {
    let group = match Group::new() {
        Ok(group) => group,
        Err(reason) => {
            eprintln!("skipped, because control groups cannot be made here: {reason}");
            return;
        }
    };
    let mut command = Command::new("sh");
    let script = r#"echo $$ > "$0" && exec "$@""#;
    command.args(["-c", script]).arg(group.0.join("cgroup.procs"));
    command.arg(PROGRAM).args(["--port", "any"]);
    let process = Process::spawn(command);
    process.wait_for_line(&["maxmemory 51.20M (80% of the container's", "64.00M)", "allkeys-lru"]);
    let mut client = process.client();
    let (mut written_bytes, mut random) = (0, 88_172_645_463_325_252_u64);
    let value = vec![b'x'; 256 * 1024];
    while written_bytes < 10 * GROUP_BYTES {
        let mut lens = Vec::new();
        for _ in 0..16 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            // As many of one order of magnitude as of another.
            let len = (16 << (random % 14)) + (random >> 32) as usize % (16 << (random % 14));
            let key = (random >> 16).to_string();
            client.request(&[b"SET", key.as_bytes(), &value[..len]]);
            lens.push(len);
        }
        for len in lens {
            assert_eq!(client.reply(), b"+OK\r\n", "after {written_bytes} bytes");
            written_bytes += len;
        }
    }
    let memory = client.ask("INFO memory");
    let figure = |name: &str| -> usize {
        let line = memory.split(' ').find_map(|line| line.strip_prefix(name));
        line.and_then(|number| number.trim().parse().ok()).unwrap_or_else(|| panic!("{memory}"))
    };
    assert!(figure("used_memory:") <= figure("maxmemory:"), "{memory}");
    assert!(figure("used_memory_rss:") <= GROUP_BYTES, "{memory}");
    assert_ne!(client.ask("DBSIZE"), ":0");
    drop(process);
    drop(group);
}
