//! Child processes that do not outlive the benchmark, and waiting that ends.
//!
//! A server that outlives the benchmark would keep its port, and its CPU time would spoil the next
//! run. So a child exists only inside a [`Guarded`], which kills it when dropped: on success, on an
//! error's early return and on a panic. Two ways out remain: Ctrl-C, which a terminal sends to the
//! children as well, and a signal to the benchmark alone, which std cannot catch.

use std::fs;
use std::io::ErrorKind;
use std::process::{Child, Command, ExitStatus};

/// What to do when one of Redis's programs is not there.
pub const INSTALL_HINT: &str = "apt-get install redis-server redis-tools";

/// Kernel clock ticks per second in `/proc`: 100 on every Linux architecture that Rust
/// supports, whatever the kernel's own timer does.
const TICKS_PER_S: f64 = 100.0;

/// A child process that is killed, and waited for, when this is dropped.
pub struct Guarded(Child);

impl Guarded {
    /// Starts `command`. A program that is not installed gives the line that says how to get it.
    pub fn spawn(command: &mut Command) -> Result<Guarded, String> {
        command.spawn().map(Guarded).map_err(|error| cannot_run(command, &error))
    }

    /// The child, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// The process id, which names its directory in `/proc`.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// CPU seconds of all the child's threads so far, ended ones included.
    pub fn cpu_s(&self) -> Result<f64, String> {
        let stat = self.proc("stat")?;
        let ticks =
            parse_cpu_ticks(&stat).ok_or(format!("stat is not as proc(5) describes it: {stat}"))?;
        Ok(ticks as f64 / TICKS_PER_S)
    }

    /// A file of the child's directory in `/proc`, which is there until its end was waited for.
    pub fn proc(&self, file: &str) -> Result<String, String> {
        let path = format!("/proc/{}/{file}", self.id());
        fs::read_to_string(&path).map_err(|e| format!("cannot read {path}: {e}"))
    }

    /// Tells without waiting whether the child has ended, and how.
    pub fn exit_status(&mut self) -> Result<Option<ExitStatus>, String> {
        self.0.try_wait().map_err(|e| format!("cannot wait for a child: {e}"))
    }
}

impl Drop for Guarded {
    /// Errors are ignored: the child may have ended by itself, and then there is nothing to do.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `command` to its end and returns what it printed.
pub fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| cannot_run(command, &error))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// One line about a program that could not be started.
fn cannot_run(command: &Command, error: &std::io::Error) -> String {
    let program = command.get_program().to_string_lossy();
    if error.kind() == ErrorKind::NotFound && program.starts_with("redis-") {
        format!("{program} is missing: {INSTALL_HINT}")
    } else {
        format!("cannot run {program}: {error}")
    }
}

/// Fields 14 and 15 of proc(5)'s stat: user and system time. Counted from the last parenthesis,
/// because field 2, the program's name, may itself hold spaces and parentheses.
fn parse_cpu_ticks(stat: &str) -> Option<u64> {
    let (_, from_field_3) = stat.rsplit_once(')')?;
    let mut times = from_field_3.split_whitespace().skip(14 - 3);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some(user + system)
}
