//! A server inside the test, and sessions to check it with.
//!
//! A session is text. A line `> SET k v` sends that request; `2> …` sends it as a second client,
//! and so on; the lines below it are the reply as it comes over the wire, where `$1 v` may stand
//! for the two lines `$1` and `v`. `@advance 100ms` moves the server's clock, which stands still
//! otherwise.

use crate::raw::{Raw, lines_of};
use respool::aof::Disk;
use respool::clock::Clock;
use respool::config::{Config, Port};
use respool::log::{self, Level};
use respool::server::{Server, Stopper};
use respool::shared::{Shared, Stats};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Where the clock of a test begins, in Unix milliseconds: 2023-11-14T22:13:20Z.
pub const START_MS: u64 = 1_700_000_000_000;

/// A server that serves while this lives. At the end its threads are joined and the keyspace's
/// invariants are checked.
pub struct TestServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its clock, to be moved by hand.
    pub clock: Clock,
    /// What its threads share.
    pub shared: Arc<Shared>,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// A server with the default configuration.
    pub fn start() -> TestServer {
        TestServer::with(|_| {})
    }

    /// A server whose configuration `change` has changed.
    pub fn with(change: impl FnOnce(&mut Config)) -> TestServer {
        TestServer::on(Disk::default(), change)
    }

    /// The same with files on a disk that may have faults. It serves when this returns.
    pub fn on(disk: Disk, change: impl FnOnce(&mut Config)) -> TestServer {
        // The harness captures what tests print, but not what a server's threads do.
        log::set_level(Level::Warning);
        let mut config = Config::with_defaults();
        (config.port, config.maxclients) = (Port::Any, 1_000);
        config.loglevel = Level::Warning;
        change(&mut config);
        let clock = Clock::manual(START_MS);
        let server = Server::bind_on(config, clock.clone(), disk).expect("a free port");
        let (address, shared) = (server.addresses()[0], Arc::clone(server.shared()));
        let stopper = server.stopper();
        let thread = Some(std::thread::spawn(move || server.run().expect("threads start")));
        wait_until("the log is loaded", || !shared.is_loading());
        TestServer { address, clock, shared, stopper, thread }
    }

    /// Returns when the housekeeper has worked through a whole round that began after this call.
    pub fn let_a_round_pass(&self) {
        let resident_bytes = &self.shared.stats.resident_bytes;
        for _ in 0..2 {
            // Every round measures the process. Between two measurements it does everything else.
            resident_bytes.store(0, Relaxed);
            wait_until("the housekeeper was here", || Stats::read(resident_bytes) > 0);
        }
    }

    /// A new client.
    pub fn client(&self) -> Raw {
        Raw::connect(self.address)
    }

    /// A new client that speaks RESP3.
    pub fn client3(&self) -> Raw {
        let mut client = self.client();
        assert!(client.ask("HELLO 3").starts_with("%7"), "HELLO 3 is answered with a map");
        client
    }

    /// Runs a session in RESP2 and panics at the first reply that is not as expected.
    pub fn check(&self, session: &str) {
        self.run(session, 2).unwrap_or_else(|difference| panic!("{difference}"));
    }

    /// The same in RESP3.
    pub fn check3(&self, session: &str) {
        self.run(session, 3).unwrap_or_else(|difference| panic!("{difference}"));
    }

    /// Runs a session; the error shows it up to the first difference.
    pub fn run(&self, session: &str, resp: u8) -> Result<(), String> {
        let mut clients: BTreeMap<usize, Raw> = BTreeMap::new();
        let mut transcript = String::from("\n");
        for step in parse(session) {
            let (number, request) = match step.action {
                Action::Advance(ms) => {
                    self.clock.advance_ms(ms);
                    transcript.push_str(&format!("    @advance {ms}ms\n"));
                    continue;
                }
                Action::Request(number, request) => (number, request),
            };
            let connect = || if resp == 3 { self.client3() } else { self.client() };
            let client = clients.entry(number).or_insert_with(connect);
            transcript.push_str(&format!("    {}> {request}\n", client_prefix(number)));
            client.say(request);
            if step.expected.is_empty() {
                continue;
            }
            let mut reply = Vec::new();
            let read = client.read_reply(&mut reply);
            let mut received = lines_of(&reply);
            received.extend(read.err().map(|problem| format!("({problem})")));
            if received != step.expected {
                return Err(transcript + &difference(&step.expected, &received));
            }
            received.iter().for_each(|line| transcript.push_str(&format!("    {line}\n")));
        }
        for (number, mut client) in clients {
            let rest = lines_of(&client.finish());
            if !rest.is_empty() {
                let prefix = client_prefix(number);
                return Err(format!("{transcript}client {prefix} was sent more: {rest:#?}"));
            }
        }
        Ok(())
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stopper.stop();
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            assert!(matches!(ended, Some(Ok(()))), "the server's thread panicked");
            self.shared.lock_keyspace().check_invariants();
        }
    }
}

/// Runs a session on a new server, in RESP2.
pub fn check(session: &str) {
    TestServer::start().check(session);
}

/// Runs a session on a new server, in RESP3.
pub fn check3(session: &str) {
    TestServer::start().check3(session);
}

/// The elements of a reply that is a list of bulk strings without spaces.
pub fn words(reply: &str) -> impl Iterator<Item = &str> {
    // *2 $n first $n second
    reply.split(' ').skip(2).step_by(2)
}

/// Waits until something becomes true that happens in another thread or process.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + crate::raw::PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

struct Step<'a> {
    action: Action<'a>,
    expected: Vec<String>,
}

enum Action<'a> {
    /// The number of the client, and what it says.
    Request(usize, &'a str),
    /// Milliseconds.
    Advance(u64),
}

fn parse(session: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in session.lines().map(str::trim_start) {
        if let Some(action) = action(line) {
            steps.push(Step { action, expected: Vec::new() });
        } else if let Some(step) = steps.last_mut() {
            step.expected.extend(lines_of(expanded(line).as_bytes()));
        } else {
            assert!(line.is_empty(), "a session begins with a request, not with '{line}'");
        }
    }
    steps
}

fn action(line: &str) -> Option<Action<'_>> {
    if let Some(duration) = line.strip_prefix("@advance ") {
        let ms = duration.strip_suffix("ms").and_then(|number| number.parse().ok());
        return Some(Action::Advance(ms.expect("@advance <number>ms")));
    }
    let (number, request) = line.split_once("> ")?;
    let number = if number.is_empty() { 1 } else { number.parse().ok()? };
    Some(Action::Request(number, request))
}

/// `$1 v` as the two lines it stands for.
fn expanded(line: &str) -> String {
    let rest = line.strip_prefix(['$', '=']).unwrap_or("");
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && rest[digits..].starts_with(' ') {
        return format!("{}\n{}", &line[..=digits], &rest[digits + 1..]);
    }
    line.to_owned()
}

fn client_prefix(number: usize) -> String {
    if number == 1 { String::new() } else { number.to_string() }
}

fn difference(expected: &[String], received: &[String]) -> String {
    let mut text = String::new();
    for at in 0..expected.len().max(received.len()) {
        match (expected.get(at), received.get(at)) {
            (Some(e), Some(r)) if e == r => text.push_str(&format!("    {e}\n")),
            (e, r) => {
                let shown = |sign, line: &String| format!("  {sign} {line}\n");
                text.push_str(&e.map(|line| shown('-', line)).unwrap_or_default());
                text.push_str(&r.map(|line| shown('+', line)).unwrap_or_default());
            }
        }
    }
    text + "(- is expected, + was received)"
}
