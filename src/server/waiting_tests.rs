//! Waiting for a key, from the request to the reply, with a command that only tests have.

use super::{Server, Stopper};
use crate::clock::Clock;
use crate::config::{Config, Port};
use crate::log::{self, Level};
use crate::shared::Shared;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

struct Running {
    address: SocketAddr,
    clock: Clock,
    shared: Arc<Shared>,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start() -> Running {
        log::set_level(Level::Warning);
        let mut config = Config::with_defaults();
        (config.port, config.loglevel) = (Port::Any, Level::Warning);
        let clock = Clock::manual(1_700_000_000_000);
        let server = Server::bind(config, clock.clone()).expect("a port");
        let (address, shared) = (server.addresses()[0], Arc::clone(server.shared()));
        let stopper = server.stopper();
        let thread = Some(std::thread::spawn(move || server.run().expect("threads")));
        Running { address, clock, shared, stopper, thread }
    }

    fn client(&self) -> Client {
        let stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("an option");
        Client(BufReader::new(stream))
    }

    /// A client whose request waits.
    fn waiting(&self, request: &str) -> Client {
        let (mut client, before) = (self.client(), self.shared.clients.waiting.len());
        client.say(request);
        self.until(|| self.shared.clients.waiting.len() > before);
        client
    }

    fn until(&self, is_so: impl Fn() -> bool) {
        let patience = std::time::Instant::now() + Duration::from_secs(30);
        while !is_so() {
            assert!(std::time::Instant::now() < patience, "it does not come to that");
            std::thread::yield_now();
        }
    }

    fn nobody_waits(&self) {
        self.until(|| self.shared.clients.waiting.is_empty());
        self.shared.with_keyspace(|hold| {
            hold.waiters.check_invariants();
            assert!(hold.waiters.is_empty());
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopper.stop();
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))));
    }
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn say(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("the server reads");
    }

    /// The next lines, parted by a space.
    fn hear(&mut self, lines: usize) -> String {
        let mut text = String::new();
        (0..lines).for_each(|_| assert!(self.0.read_line(&mut text).is_ok()));
        text.split("\r\n").collect::<Vec<_>>().join(" ").trim_end().to_owned()
    }

    fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.hear(1)
    }

    fn id(&mut self) -> String {
        self.ask("CLIENT ID")[1..].to_owned()
    }
}

/// Ensures that clients are served in the order in which they came, each once, when the key is
/// made ready, by a transaction as well, and that what they took is gone.
#[test]
fn first_come_first_served() {
    let server = Running::start();
    let mut first = server.waiting("TAKE a b 0");
    let mut second = server.waiting("TAKE b a 0");
    let mut other = server.client();
    assert_eq!(other.ask("SET b 1"), "+OK");
    assert_eq!(first.hear(5), "*2 $1 b $1 1");
    assert_eq!(other.ask("EXISTS b"), ":0");
    other.say("MULTI\r\nSET c 1\r\nSET a 2\r\nGET a\r\nEXEC");
    assert_eq!(other.hear(9), "+OK +QUEUED +QUEUED +QUEUED *3 +OK +OK $1 2", "served after it");
    assert_eq!(second.hear(5), "*2 $1 a $1 2");
    assert_eq!(other.ask("DBSIZE"), ":1");
    server.nobody_waits();
    assert_eq!(first.ask("PING"), "+PONG", "it goes on");
}

/// Ensures that a time that is over is answered with null, also a very short one, and that a value
/// of another type serves nobody.
#[test]
fn the_time_is_over() {
    let server = Running::start();
    let mut client = server.waiting("TAKE k 0.0001");
    server.clock.advance_ms(1);
    assert_eq!(client.hear(1), "*-1");
    let mut client = server.waiting("TAKE k 2");
    server.clock.advance_ms(1_999);
    assert_eq!(server.client().ask("HSET k f v"), ":1");
    assert_eq!(server.client().ask("PING"), "+PONG");
    assert_eq!(server.shared.clients.waiting.len(), 1);
    server.clock.advance_ms(1);
    assert_eq!(client.hear(1), "*-1");
    server.nobody_waits();
    assert!(client.ask("TAKE k 1").starts_with("-WRONGTYPE"));
    assert_eq!(client.ask("TAKE k -1"), "-ERR timeout is negative");
}

/// Ensures that a client which has said more is served all the same, and then goes on with what it
/// has said, in order.
#[test]
fn pipelines_wait() {
    let server = Running::start();
    let mut other = server.client();
    let mut client = server.waiting("PING\r\nTAKE k 0\r\nPING\r\nTAKE l 5\r\nECHO x");
    assert_eq!(client.hear(1), "+PONG", "what came before is answered at once");
    client.say("ECHO y");
    assert_eq!(other.ask("SET k 1"), "+OK");
    assert_eq!(client.hear(6), "*2 $1 k $1 1 +PONG");
    server.until(|| server.shared.clients.waiting.len() == 1);
    server.clock.advance_ms(5_000);
    assert_eq!(client.hear(5), "*-1 $1 x $1 y");
}

/// Ensures that nothing is taken for a client that has hung up, was killed, or said that it wants
/// no more, whether it has said more or not.
#[test]
fn the_dead_take_nothing() {
    let server = Running::start();
    let mut other = server.client();
    for more in ["", "\r\nPING"] {
        let client = server.waiting(&format!("TAKE k 0{more}"));
        client.0.get_ref().shutdown(Shutdown::Both).expect("the end");
        drop(client);
        server.nobody_waits();
        let mut client = server.client();
        let id = client.id();
        client.say(&format!("TAKE k 0{more}"));
        server.until(|| server.shared.clients.waiting.len() == 1);
        assert_eq!(other.ask(&format!("CLIENT KILL ID {id}")), ":1");
        assert_eq!(client.0.read_to_end(&mut Vec::new()).ok(), Some(0));
        server.nobody_waits();
    }
    assert_eq!(other.ask("SET k v"), "+OK");
    assert_eq!(other.ask("EXISTS k"), ":1");
}

/// Ensures that CLIENT UNBLOCK ends a wait as if its time were over or with an error, once.
#[test]
fn unblock() {
    let server = Running::start();
    let (mut client, mut other) = (server.client(), server.client());
    let id = client.id();
    for (reason, reply) in [
        ("", "*-1"),
        (" TIMEOUT", "*-1"),
        (" ERROR", "-UNBLOCKED client unblocked via CLIENT UNBLOCK"),
    ] {
        client.say("TAKE k 0");
        server.until(|| server.shared.clients.waiting.len() == 1);
        assert!(other.ask("CLIENT INFO").starts_with('$') && other.hear(2).contains(" flags=N "));
        assert_eq!(other.ask(&format!("CLIENT UNBLOCK {id}{reason}")), ":1");
        assert_eq!(client.hear(1), reply);
        assert_eq!(other.ask(&format!("CLIENT UNBLOCK {id}{reason}")), ":0");
    }
    server.nobody_waits();
}

/// Ensures that nothing waits in a transaction, that a client which wants no reply gets none, and
/// that a server which stops lets nobody wait.
#[test]
fn where_nothing_waits() {
    let server = Running::start();
    let mut client = server.client();
    client.say("MULTI\r\nTAKE k 0\r\nEXEC");
    assert_eq!(client.hear(4), "+OK +QUEUED *1 *-1");
    let mut silent = server.waiting("CLIENT REPLY SKIP\r\nTAKE k 0");
    assert_eq!(client.ask("SET k v"), "+OK");
    assert_eq!(silent.ask("PING"), "+PONG");
    assert_eq!(client.ask("EXISTS k"), ":0");
    let mut last = server.waiting("TAKE k 0");
    drop(server);
    assert_eq!(last.0.read_to_end(&mut Vec::new()).ok(), Some(0));
}

/// Ensures that waiters are served by a database that takes the place of theirs.
#[test]
fn swapped_databases_serve() {
    let server = Running::start();
    let (mut client, mut other) = (server.waiting("TAKE k 0"), server.client());
    assert_eq!(other.ask("SELECT 1"), "+OK");
    assert_eq!(other.ask("SET k v"), "+OK");
    assert_eq!(server.shared.clients.waiting.len(), 1);
    assert_eq!(other.ask("SWAPDB 0 1"), "+OK");
    assert_eq!(client.hear(5), "*2 $1 k $1 v");
}

/// Ensures that many clients and many makers of keys lose and double nothing.
#[test]
fn nothing_is_lost_or_served_twice() {
    const EACH: usize = 300;
    let server = Running::start();
    let taken: usize = std::thread::scope(|scope| {
        let takers: Vec<_> = (0..4)
            .map(|_| {
                let mut client = server.client();
                scope.spawn(move || {
                    (0..EACH)
                        .map(|_| {
                            client.say("TAKE a b c 0");
                            client.hear(5).rsplit(' ').next().and_then(|n| n.parse::<usize>().ok())
                        })
                        .sum::<Option<usize>>()
                        .expect("numbers")
                })
            })
            .collect();
        for (maker, key) in ["a", "b", "c"].into_iter().enumerate() {
            let mut client = server.client();
            scope.spawn(move || {
                let mut number = 0;
                while number < EACH * 4 / 3 {
                    let value = maker * (EACH * 4 / 3) + number;
                    client.say(&format!("SET {key} {value} NX"));
                    number += usize::from(client.hear(1) == "+OK");
                }
            });
        }
        takers.into_iter().map(|taker| taker.join().expect("a taker")).sum()
    });
    let count = EACH * 4;
    assert_eq!(taken, count * (count - 1) / 2);
    server.nobody_waits();
}
