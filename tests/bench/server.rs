//! The two servers: start, fill, ask for the CPU time they used.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::Guarded;
use crate::rows::KEYS;

/// A server that does not answer PING by then is taken for broken.
const START_MAX: Duration = Duration::from_secs(10);

/// No single answer during start and filling takes longer than this.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Keys written in one go while filling. Their replies (5 bytes each) fit any socket buffer, so
/// writing all requests before reading the first reply cannot block for ever.
const PREFILL_BATCH: usize = 1_000;

/// Clients both servers are told to expect: the widest row's 500 with room to spare, and below
/// the 1 024 open files that a process often gets.
const CLIENTS_MAX: &str = "900";

/// Kernel clock ticks per second in `/proc`: 100 on every Linux architecture that Rust
/// supports, whatever the kernel's own timer does.
const TICKS_PER_S: u64 = 100;

/// A running server.
pub struct Server {
    /// The name in the table.
    pub name: &'static str,
    /// The port on the loopback address.
    pub port: u16,
    /// What it prints, to explain a failed start.
    log: Log,
    /// The process itself, killed on drop.
    process: Guarded,
}

impl Server {
    /// Starts `program` with respool's flags.
    pub fn start_respool(program: &Path) -> Result<Server, String> {
        Server::start("respool", &mut Command::new(program))
    }

    /// Starts Debian's Redis as a cache: no snapshots, no log, as respool runs by default.
    pub fn start_redis() -> Result<Server, String> {
        let mut command = Command::new("redis-server");
        command.args(["--save", "", "--appendonly", "no"]);
        Server::start("Redis", &mut command)
    }

    /// Starts a server on a free port of the loopback address and waits until it answers.
    ///
    /// Both are started in the directory for temporary files, so that a file that one of them
    /// writes after all does not turn up in the source tree.
    fn start(name: &'static str, command: &mut Command) -> Result<Server, String> {
        let port = free_port()?;
        let directory = std::env::temp_dir();
        let log = Log(directory.join(format!("versus-{}-{name}.log", std::process::id())));
        let explain = |e| format!("cannot write {}: {e}", log.0.display());
        let stdout = File::create(&log.0).map_err(explain)?;
        let stderr = stdout.try_clone().map_err(explain)?;
        command
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--maxclients", CLIENTS_MAX])
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr);
        let process = Guarded::spawn(command)?;
        let mut server = Server { name, port, log, process };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Asks for a PONG until it comes, the process ends, or the time is up.
    fn wait_until_ready(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + START_MAX;
        while Instant::now() < deadline {
            if let Some(status) = self.process.exit_status()? {
                let said = fs::read_to_string(&self.log.0).unwrap_or_default();
                return Err(format!("{} did not start ({status}): {}", self.name, said.trim()));
            }
            if self.expect_pong().is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(format!("{} does not answer PING", self.name))
    }

    /// Fails unless the server answers PING.
    pub fn expect_pong(&self) -> Result<(), String> {
        match self.ask("PING") {
            Ok(reply) if reply == "+PONG" => Ok(()),
            Ok(reply) => Err(format!("answers PING with '{reply}'")),
            Err(error) => Err(format!("does not answer PING: {error}")),
        }
    }

    /// Writes every key that `redis-benchmark -r` can draw, with a value of the size it uses.
    ///
    /// Its own SET row would leave holes at first, and the rows would measure a keyspace that
    /// grows; here every GET hits and every SET replaces.
    pub fn prefill(&self) -> Result<(), String> {
        let explain = |e: std::io::Error| format!("filling {} failed: {e}", self.name);
        let mut stream = self.connect().map_err(explain)?;
        let keys: Vec<usize> = (0..KEYS).collect();
        for batch in keys.chunks(PREFILL_BATCH) {
            let mut requests = Vec::new();
            for key in batch {
                // `key:` and twelve digits is what redis-benchmark makes of `key:__rand_int__`.
                let set = format!("*3\r\n$3\r\nSET\r\n$16\r\nkey:{key:012}\r\n$3\r\nxxx\r\n");
                requests.extend_from_slice(set.as_bytes());
            }
            stream.write_all(&requests).map_err(explain)?;
            let mut replies = vec![0; batch.len() * "+OK\r\n".len()];
            stream.read_exact(&mut replies).map_err(explain)?;
            if replies != b"+OK\r\n".repeat(batch.len()) {
                return Err(format!("filling {} failed: a SET was not answered OK", self.name));
            }
        }
        self.expect_all_keys()
    }

    /// Fails unless the server holds exactly the keys that [`prefill`](Self::prefill) wrote.
    pub fn expect_all_keys(&self) -> Result<(), String> {
        let reply =
            self.ask("DBSIZE").map_err(|e| format!("{} does not answer: {e}", self.name))?;
        if reply == format!(":{KEYS}") {
            Ok(())
        } else {
            Err(format!("{} should hold {KEYS} keys, DBSIZE says '{reply}'", self.name))
        }
    }

    /// CPU time of all the server's threads so far, ended ones included, in clock ticks.
    pub fn cpu_ticks(&self) -> Result<u64, String> {
        let path = format!("/proc/{}/stat", self.process.id());
        let stat = fs::read_to_string(&path).map_err(|e| format!("cannot read {path}: {e}"))?;
        parse_cpu_ticks(&stat).ok_or(format!("{path} is not as proc(5) describes it: {stat}"))
    }

    /// Sends one inline command and returns the first line of the reply.
    fn ask(&self, command: &str) -> std::io::Result<String> {
        let mut stream = self.connect()?;
        stream.write_all(format!("{command}\r\n").as_bytes())?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line.trim_end().into())
    }

    /// A connection on which no read or write waits for ever.
    fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        stream.set_write_timeout(Some(ANSWER_MAX))?;
        Ok(stream)
    }
}

/// The file that takes a server's output; removed when the server goes, or did not start at all.
struct Log(PathBuf);

impl Drop for Log {
    /// Errors are ignored: at worst a small file stays among the temporary ones.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Clock ticks in the CPU time that one operation took, as microseconds.
pub fn cpu_us_per_op(ticks: u64, operations: u64) -> f64 {
    (ticks * (1_000_000 / TICKS_PER_S)) as f64 / operations as f64
}

/// A port that was free a moment ago. Somebody else may take it before the server does; then
/// the server says so and the benchmark ends with its message.
fn free_port() -> Result<u16, String> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|e| format!("no free port: {e}"))
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
