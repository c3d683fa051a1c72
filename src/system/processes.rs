//! Other processes of this machine.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// Whether a process with this number exists. Inside a container only its own processes do.
pub fn exists(id: u32) -> bool {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    // A process that belongs to somebody else may not be asked, but it is there.
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that this process exists, and one that has ended does not.
    #[test]
    fn processes_come_and_go() {
        assert!(exists(std::process::id()));
        let mut child = std::process::Command::new("true").spawn().expect("a program");
        child.wait().expect("a child");
        assert!(!exists(child.id()));
        assert!(!exists(0) && !exists(u32::MAX));
    }
}
