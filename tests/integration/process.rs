//! The real program as a child process, killed at the latest when the test ends.

use crate::raw::Raw;
use crate::support::wait_until;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_respool");

/// A running server and what it has logged.
pub struct Process {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts the program on a port that the system chooses.
    pub fn start(flags: &[&str]) -> Process {
        let mut command = Command::new(PROGRAM);
        command.args(["--port", "any"]).args(flags);
        Process::spawn(command)
    }

    /// Starts a command that runs the program in the end, and waits until it is ready.
    pub fn spawn(mut command: Command) -> Process {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = child.spawn().expect("the program starts");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let reader = std::thread::spawn({
            let lines = Arc::clone(&lines);
            move || {
                for line in stderr.lines().map_while(Result::ok) {
                    lines.lock().expect("a reader that did not panic").push(line);
                }
            }
        });
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut process = Process { address, child, lines, reader: Some(reader) };
        wait_until("the server is ready", || process.ready_address().is_some());
        process.address = process.ready_address().expect("it is ready");
        process
    }

    fn ready_address(&self) -> Option<SocketAddr> {
        let log = self.log();
        let found =
            log.iter().find_map(|line| line.split("Ready to accept connections on ").nth(1));
        found.and_then(|address| address.trim().parse().ok())
    }

    /// A new client.
    pub fn client(&self) -> Raw {
        Raw::connect(self.address)
    }

    /// The lines on standard error so far.
    pub fn log(&self) -> Vec<String> {
        self.lines.lock().expect("a reader that did not panic").clone()
    }

    /// Waits for a line on standard error that contains all of `parts`.
    pub fn wait_for_line(&self, parts: &[&str]) {
        wait_until(&format!("{parts:?} is logged in {:#?}", self.log()), || {
            self.log().iter().any(|line| parts.iter().all(|part| line.contains(part)))
        });
    }

    /// Sends a signal by name (`TERM`).
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([format!("-{name}"), id]).status();
        assert!(sent.expect("the program kill").success(), "SIG{name} was sent");
    }

    /// Waits for the end: how it ended, and how long that took.
    pub fn wait(&mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        let mut status = None;
        wait_until("the server ends", || {
            status = self.child.try_wait().expect("a child");
            status.is_some()
        });
        let elapsed = start.elapsed();
        self.reader.take().map(JoinHandle::join);
        (status.expect("it ended"), elapsed)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
