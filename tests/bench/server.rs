//! A server under measurement: start, ask, stop, and what the kernel knows of it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::null;
use crate::process::{self, Guarded};

/// A server that does not answer PING by then is taken for broken: long enough to load a log of
/// some hundred megabytes.
const START_MAX: Duration = Duration::from_secs(60);

/// A server that is asked to stop and still runs after this is killed.
const STOP_MAX: Duration = Duration::from_secs(10);

/// No single answer takes longer than this.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// How often a server is asked at first whether it is there yet. Later it is after a hundredth of
/// the time that has passed: exact enough, and no load on one that reads a long file.
const START_POLL: Duration = Duration::from_micros(200);

/// A server program and the way it is called.
#[derive(Clone)]
pub struct Program {
    /// The name in the table.
    pub name: &'static str,
    /// The file.
    pub path: PathBuf,
    /// Arguments that make it what the table compares.
    arguments: &'static [&'static str],
}

impl Program {
    /// respool as it comes.
    pub fn respool(path: PathBuf) -> Program {
        Program { name: "respool", path, arguments: &[] }
    }

    /// Debian's Redis as it comes, but as a cache: no snapshots, as respool has none.
    pub fn redis() -> Result<Program, String> {
        let path = process::output(Command::new("sh").args(["-c", "command -v redis-server"]))?;
        if path.trim().is_empty() {
            return Err(format!("redis-server is missing: {}", process::INSTALL_HINT));
        }
        Ok(Program { name: "Redis", path: path.trim().into(), arguments: &["--save", ""] })
    }

    /// The server that does nothing, which is this very program; see [`null`].
    pub fn null() -> Result<Program, String> {
        let path = std::env::current_exe().map_err(|e| format!("who am I? {e}"))?;
        Ok(Program { name: "null", path, arguments: &[null::FLAG] })
    }
}

/// A running server.
pub struct Server {
    /// The name in the table.
    pub name: &'static str,
    /// The port on the loopback address.
    pub port: u16,
    /// How long it took from its birth to its first PONG.
    pub started_in: Duration,
    /// The process itself, killed on drop.
    process: Guarded,
}

impl Server {
    /// Starts `program` on a free port of the loopback address and waits until it answers.
    ///
    /// It runs in `directory`, and so does whatever it writes. `cores` are those that `taskset`
    /// binds it to; `None` leaves it all that there are.
    pub fn start(
        program: &Program,
        flags: &[&str],
        directory: &Path,
        cores: Option<&str>,
    ) -> Result<Server, String> {
        let port = free_port()?;
        let log = directory.join("server.log");
        let explain = |e| format!("cannot write {}: {e}", log.display());
        let stdout = File::create(&log).map_err(explain)?;
        let stderr = stdout.try_clone().map_err(explain)?;
        let mut command = match cores {
            None => Command::new(&program.path),
            Some(cores) => {
                let mut command = Command::new("taskset");
                command.args(["-c", cores]).arg(&program.path);
                command
            }
        };
        command
            .args(program.arguments)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(flags)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr);
        let born = Instant::now();
        let process = Guarded::spawn(&mut command)?;
        let mut server = Server { name: program.name, port, started_in: Duration::ZERO, process };
        server.wait_until_ready(&log)?;
        server.started_in = born.elapsed();
        Ok(server)
    }

    /// Asks for a PONG until it comes, the process ends, or the time is up. While Redis loads its
    /// files it answers `-LOADING`, which is an answer but not the one.
    fn wait_until_ready(&mut self, log: &Path) -> Result<(), String> {
        let began = Instant::now();
        while began.elapsed() < START_MAX {
            if let Some(status) = self.process.exit_status()? {
                let said = fs::read_to_string(log).unwrap_or_default();
                return Err(format!("{} did not start ({status}): {}", self.name, said.trim()));
            }
            if self.expect_pong().is_ok() {
                return Ok(());
            }
            std::thread::sleep(START_POLL.max(began.elapsed() / 100));
        }
        Err(format!("{} does not answer PING", self.name))
    }

    /// Asks the server to end (SIGTERM) and waits until it has.
    pub fn stop(mut self) -> Result<(), String> {
        process::output(Command::new("kill").args(["-TERM", &self.id().to_string()]))?;
        let deadline = Instant::now() + STOP_MAX;
        while Instant::now() < deadline {
            if self.process.exit_status()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(format!("{} does not stop", self.name))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Fails unless the server answers PING.
    pub fn expect_pong(&self) -> Result<(), String> {
        let reply = self.ask("PING")?;
        if reply == "+PONG" { Ok(()) } else { Err(format!("answers PING with '{reply}'")) }
    }

    /// Fails unless the server holds exactly so many keys.
    pub fn expect_keys(&self, count: usize) -> Result<(), String> {
        let reply = self.ask("DBSIZE")?;
        if reply == format!(":{count}") {
            Ok(())
        } else {
            Err(format!("{} should hold {count} keys, DBSIZE says '{reply}'", self.name))
        }
    }

    /// CPU seconds of all the server's threads so far, ended ones included.
    pub fn cpu_s(&self) -> Result<f64, String> {
        self.process.cpu_s()
    }

    /// Resident size of the process in bytes.
    pub fn resident_bytes(&self) -> Result<f64, String> {
        let status = self.process.proc("status")?;
        let kib: Option<f64> = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB")?.trim().parse().ok());
        kib.map(|kib| kib * 1024.0).ok_or("/proc tells no VmRSS".into())
    }

    /// Sends one inline command and returns the first line of the reply.
    pub fn ask(&self, command: &str) -> Result<String, String> {
        let ask = || {
            let mut stream = self.connect()?;
            stream.write_all(format!("{command}\r\n").as_bytes())?;
            let mut line = String::new();
            BufReader::new(stream).read_line(&mut line)?;
            Ok(line.trim_end().to_owned())
        };
        ask().map_err(|e: std::io::Error| format!("{} does not answer {command}: {e}", self.name))
    }

    /// The number that a field of a section of INFO holds.
    pub fn info_number(&self, section: &str, field: &str) -> Result<f64, String> {
        let text = self.info_field(section, field)?;
        text.parse().map_err(|_| format!("{} says {field}:{text}, not a number", self.name))
    }

    /// What a field of a section of INFO holds.
    pub fn info_field(&self, section: &str, field: &str) -> Result<String, String> {
        let read = || {
            let mut stream = self.connect().ok()?;
            stream.write_all(format!("INFO {section}\r\n").as_bytes()).ok()?;
            // An answer that has no such line ends with an empty one.
            let lines = BufReader::new(stream).lines().map_while(Result::ok);
            let mut lines = lines.skip(1).take_while(|line| !line.is_empty());
            lines.find_map(|line| Some(line.strip_prefix(field)?.strip_prefix(':')?.to_owned()))
        };
        read().ok_or_else(|| format!("{} has no {field} in INFO {section}", self.name))
    }

    /// A connection on which no read or write waits for ever.
    pub fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        stream.set_write_timeout(Some(ANSWER_MAX))?;
        Ok(stream)
    }
}

/// A new directory for servers to run in, removed when dropped. It is created next to the build and
/// not among the temporary files: those may be kept in memory, where writing to disk is free.
pub fn directory() -> Result<TempDir, String> {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).map_err(|e| format!("no directory: {e}"))
}

/// A port that was free a moment ago. Another process may take it before the server does; then the
/// server fails and the benchmark ends with its message.
fn free_port() -> Result<u16, String> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|e| format!("no free port: {e}"))
}
