//! The size of the memory: the container's limit, or the machine's memory.
//!
//! Inside a container the machine's figure is misleading: a process that relies on it is killed
//! when the container reaches its own limit, which the kernel keeps in a *control group*. Both
//! versions of control groups are in use. In both, the limits of all groups around the process
//! apply, and the part that is visible inside a container differs: the whole hierarchy, or only its
//! lower end. So every group from the process's own up to the root is read, and the least limit
//! counts.

use super::differences;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

/// The memory that the process can use before it is killed or swapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Bytes; 0 if unknown.
    pub bytes: u64,
    /// The owner of these bytes, for the log.
    pub whose: &'static str,
    /// Bytes of the whole machine; 0 if unknown.
    pub machine_bytes: u64,
}

/// The memory that this process can use, read once.
pub fn memory() -> Memory {
    static MEMORY: OnceLock<Memory> = OnceLock::new();
    *MEMORY.get_or_init(|| Memory::read(Path::new("/"), differences::machine_bytes()))
}

/// Resident bytes of this process; `None` on a system without `/proc`.
pub fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    kilobytes(&status, "VmRSS:")
}

impl Memory {
    /// Reads `proc` and `sys` below `root`; the machine's memory may be known in another way.
    fn read(root: &Path, known_bytes: Option<u64>) -> Memory {
        let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        let machine_bytes = kilobytes(&text("proc/meminfo"), "MemTotal:");
        let machine_bytes = machine_bytes.or(known_bytes).unwrap_or(0);
        let mut memory = Memory { bytes: machine_bytes, whose: "the machine's", machine_bytes };
        for line in text("proc/self/cgroup").lines() {
            // Number of the hierarchy, controllers, path; version 2 has no controllers there.
            let mut fields = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
            let (mount, file, whose) = match controllers.split(',').any(|name| name == "memory") {
                true => ("memory", "memory.limit_in_bytes", "the container's (cgroup v1)"),
                false if controllers.is_empty() => {
                    (".", "memory.max", "the container's (cgroup v2)")
                }
                false => continue,
            };
            let mount = Path::new("sys/fs/cgroup").join(mount);
            for group in Path::new(path.trim_start_matches('/')).ancestors() {
                let file = root.join(&mount).join(group).join(file);
                // `max`, or a number beyond all memory, stands for no limit.
                let limit = fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok());
                match limit {
                    Some(limit) if memory.bytes == 0 || limit < memory.bytes => {
                        (memory.bytes, memory.whose) = (limit, whose);
                    }
                    _ => {}
                }
            }
        }
        memory
    }
}

/// The figure after `name` in a file of `/proc`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates a root folder with these files, and checks the result of reading it.
    fn check(files: &[(&str, &str)], bytes: u64, whose: &str) {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, text).expect("a file");
        }
        let memory = Memory::read(root.path(), None);
        assert_eq!((memory.bytes, memory.whose), (bytes, whose), "{files:?}");
    }

    const MEMINFO: (&str, &str) = ("proc/meminfo", "MemTotal:  1000 kB\nMemFree:  10 kB\n");

    /// Ensures that the machine's memory counts without a container, and that missing files mean
    /// unknown.
    #[test]
    fn the_machine_is_the_last_resort() {
        check(&[], 0, "the machine's");
        check(&[MEMINFO], 1_024_000, "the machine's");
        check(
            &[MEMINFO, ("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/memory.max", "max\n")],
            1_024_000,
            "the machine's",
        );
    }

    /// Ensures that version 2 is read, and that the least limit of all groups counts.
    #[test]
    fn the_least_limit_of_all_groups_counts() {
        check(
            &[
                MEMINFO,
                ("proc/self/cgroup", "0::/a/b\n"),
                ("sys/fs/cgroup/a/memory.max", "5000\n"),
                ("sys/fs/cgroup/a/b/memory.max", "6000\n"),
            ],
            5_000,
            "the container's (cgroup v2)",
        );
    }

    /// Ensures that version 1 is read, even if only the lower end of the hierarchy is visible.
    #[test]
    fn version_one_is_read() {
        let groups = ("proc/self/cgroup", "9:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n");
        let none = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        let own = ("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "7000\n");
        check(&[MEMINFO, groups, none, own], 7_000, "the container's (cgroup v1)");
        check(&[MEMINFO, groups, none], 1_024_000, "the machine's");
        let end = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "8000\n");
        check(&[MEMINFO, groups, end], 8_000, "the container's (cgroup v1)");
    }
}
