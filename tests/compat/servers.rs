//! The two servers as child processes: on free ports of the loopback interface, and never longer
//! than the test that started them.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take that is not expected to take long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A child process that is killed when this is dropped.
pub struct Guarded(pub Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    child: Guarded,
}

impl Server {
    /// Starts the program under test on a port that the system chooses.
    pub fn respool() -> Server {
        Server::respool_with(&["--port", "any"])
    }

    /// Starts the program under test.
    pub fn respool_with(flags: &[&str]) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_respool"));
        command.args(flags);
        Server::respool_by(command)
    }

    /// Starts the program under test with so many kilobytes of address space.
    pub fn respool_in(memory_kb: u64, flags: &[&str]) -> Server {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("ulimit -v {memory_kb}; exec \"$0\" \"$@\""));
        command.arg(env!("CARGO_BIN_EXE_respool")).args(["--port", "any"]).args(flags);
        Server::respool_by(command)
    }

    fn respool_by(mut command: Command) -> Server {
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = Guarded(child.spawn().expect("respool starts"));
        let mut log = BufReader::new(child.0.stderr.take().expect("a pipe")).lines();
        let found = log.by_ref().map_while(Result::ok).find_map(|line| {
            line.split("Ready to accept connections on ").nth(1)?.trim().parse().ok()
        });
        // A full pipe would stop the server: its log is read to the end, and shown.
        std::thread::spawn(move || {
            log.map_while(Result::ok).for_each(|line| eprintln!("respool: {line}"));
        });
        Server { address: found.expect("respool is ready"), child }
    }

    /// Kilobytes of the process that are resident.
    pub fn resident_kb(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.0.id());
        let status = std::fs::read_to_string(path).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a figure");
        line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
    }

    /// Waits for the server's end.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.0.try_wait().expect("a child") {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts Debian's Redis, which keeps everything in memory.
    pub fn redis() -> Server {
        Server::redis_with(&["--appendonly", "no", "--dir", env!("CARGO_TARGET_TMPDIR")])
    }

    /// Starts it with more flags.
    pub fn redis_with(flags: &[&str]) -> Server {
        // The port is free when it is chosen; another process may still take it before Redis does.
        for _ in 0..5 {
            let address = free_address();
            let port = address.port().to_string();
            let mut command = Command::new("redis-server");
            command.args(["--port", &port, "--bind", "127.0.0.1", "--save", ""]);
            command.args(flags);
            let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
            let mut child = Guarded(child.expect("redis-server, from the package of that name"));
            if is_up(&mut child.0, address) {
                return Server { address, child };
            }
        }
        panic!("redis-server did not start");
    }
}

/// Whether something listens at an address before the child ends or patience does.
pub fn is_up(child: &mut Child, address: SocketAddr) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

/// An address that is free at the moment.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}
