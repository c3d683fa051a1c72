//! MIGRATE: between two servers, and to one of the test that does what a server should not.

use crate::logs::{folder, logging};
use crate::raw::{PATIENCE, Raw, lines_of};
use crate::support::{TestServer, check, wait_until};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// `MIGRATE` to a server, and what follows the host and the port.
fn migrate(port: u16, rest: &str) -> String {
    format!("MIGRATE 127.0.0.1 {port} {rest}")
}

/// Ensures that values of all types, with their times to live, are on the other server afterwards
/// and not on this one, after a restart as well.
#[test]
fn keys_move() {
    let dir = folder();
    let (from, to) = (logging(dir.path()), TestServer::start());
    from.check(
        "> SET s v PX 5000\n+OK\n> SET long aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n+OK
         > HSET h f 1 g 2\n:2\n> SADD set 1 2 x\n:3\n> RPUSH list a 2 c\n:3
         > ZADD z 1.5 a -inf b\n:2\n> SET stays 1\n+OK",
    );
    let port = to.address.port();
    let mut client = from.client();
    assert_eq!(client.ask(&migrate(port, "s 0 1000")), "+OK");
    assert_eq!(client.ask(&migrate(port, "long 0 1000 AUTH2")), "-ERR syntax error");
    let rest = "\"\" 3 1000 KEYS nobody long h set list z h";
    // The key that is named twice is found there the second time.
    let busy = "-ERR Target instance replied with error: BUSYKEY Target key name already exists.";
    assert_eq!(client.ask(&migrate(port, rest)), busy);
    assert_eq!(client.ask("KEYS *"), "*1 $5 stays");
    assert_eq!(client.ask(&migrate(port, rest)), "+NOKEY");
    to.check(
        "> PTTL s\n:5000\n> GET s\n$1 v\n> SELECT 3\n+OK\n> DBSIZE\n:5\n> STRLEN long\n:40
         > HMGET h f g\n*2\n$1 1\n$1 2\n> SMISMEMBER set 1 2 x\n*3\n:1\n:1\n:1
         > LRANGE list 0 -1\n*3\n$1 a\n$1 2\n$1 c
         > ZRANGE z 0 -1 WITHSCORES\n*4\n$1 b\n$4 -inf\n$1 a\n$3 1.5",
    );
    drop(from);
    logging(dir.path()).check("> KEYS *\n*1\n$5 stays");
}

/// Ensures that COPY leaves the keys, that REPLACE overwrites those of the other server, and that a
/// refusal of one key does not stop the others.
#[test]
fn copies_and_replacements() {
    let (from, to) = (TestServer::start(), TestServer::start());
    let (mut client, mut other) = (from.client(), to.client());
    let port = to.address.port();
    assert_eq!(client.ask("MSET a 1 b 2 c 3"), "+OK");
    assert_eq!(client.ask(&migrate(port, "b 0 1000 COPY")), "+OK");
    assert_eq!(client.ask("INCR b"), ":3");
    let busy = "-ERR Target instance replied with error: BUSYKEY Target key name already exists.";
    assert_eq!(client.ask(&migrate(port, "\"\" 0 0 KEYS a b c")), busy);
    assert_eq!(client.ask("KEYS *"), "*1 $1 b");
    assert_eq!(other.ask("MGET a b c"), "*3 $1 1 $1 2 $1 3");
    assert_eq!(client.ask(&migrate(port, "b 0 -1 COPY REPLACE")), "+OK");
    assert_eq!(other.ask("GET b"), "$1 3");
    assert_eq!(client.ask(&migrate(port, "b 0 1000 replace")), "+OK");
    assert_eq!(client.ask("DBSIZE"), ":0");
}

/// Ensures that more keys than are taken at a time, and more bytes than are sent at a time, arrive.
#[test]
fn many_keys() {
    let (from, to) = (TestServer::start(), TestServer::start());
    let mut client = from.client();
    let names: Vec<String> = (0..1_000).map(|at| format!("key{at}")).collect();
    let value = "x".repeat(1_000);
    let pairs: String = names.iter().map(|name| format!(" {name} {value}{name}")).collect();
    assert_eq!(client.ask(&format!("MSET{pairs}")), "+OK");
    assert_eq!(client.ask(&format!("SETRANGE large {} x", 5_000_000)), ":5000001");
    let rest = format!("\"\" 0 9000 KEYS large {}", names.join(" "));
    assert_eq!(client.ask(&migrate(to.address.port(), &rest)), "+OK");
    assert_eq!(client.ask("DBSIZE"), ":0");
    let mut other = to.client();
    assert_eq!(other.ask("DBSIZE"), ":1001");
    assert_eq!(other.ask("GETRANGE key999 999 -1"), "$7 xkey999");
    assert_eq!(other.ask("STRLEN large"), ":5000001");
}

/// Ensures that a password is sent, and that nothing is after a refusal of it or of the database.
#[test]
fn passwords_and_databases() {
    let to = TestServer::with(|config| config.requirepass = b"secret".to_vec());
    let from = TestServer::start();
    let mut client = from.client();
    let port = to.address.port();
    let refused = |text| format!("-ERR Target instance replied with error: {text}");
    assert_eq!(client.ask("SET k v"), "+OK");
    let denied = refused("NOAUTH Authentication required.");
    assert_eq!(client.ask(&migrate(port, "k 0 1000")), denied);
    let wrong = refused("WRONGPASS invalid username-password pair or user is disabled.");
    assert_eq!(client.ask(&migrate(port, "k 0 1000 AUTH guess")), wrong);
    let out_of_range = refused("ERR DB index is out of range");
    assert_eq!(client.ask(&migrate(port, "k 99 1000 AUTH secret")), out_of_range);
    assert_eq!(client.ask("GET k"), "$1 v");
    assert_eq!(client.ask(&migrate(port, "k 1 1000 COPY AUTH secret")), "+OK");
    assert_eq!(client.ask(&migrate(port, "k 2 1000 AUTH2 default secret")), "+OK");
    assert_eq!(client.ask("EXISTS k"), ":0");
    to.check(
        "> AUTH secret\n+OK\n> DBSIZE\n:0\n> SELECT 1\n+OK\n> GET k\n$1 v
         > SELECT 2\n+OK\n> GET k\n$1 v",
    );
}

/// Ensures that what cannot be done says why, in Redis's words.
#[test]
fn refusals() {
    check(
        "> SET k v\n+OK
         > MIGRATE 127.0.0.1 1 k 0 1000\n-IOERR error or timeout writing to target instance
         > MIGRATE 127.0.0.1 x k 0 1000\n-IOERR error or timeout writing to target instance
         > MIGRATE \"no host\" 1 k 0 1000\n-IOERR error or timeout connecting to the client
         > MIGRATE 127.0.0.1 1 k x 1000\n-ERR value is not an integer or out of range
         > MIGRATE 127.0.0.1 1 k 0 x\n-ERR value is not an integer or out of range
         > MIGRATE 127.0.0.1 1 k 0 1 KEYS k
         -ERR When using MIGRATE KEYS option, the key argument must be set to the empty string
         > MIGRATE 127.0.0.1 1 k 0 1 AUTH\n-ERR syntax error
         > MIGRATE 127.0.0.1 1 k 0 1 AUTH2 u\n-ERR syntax error
         > MIGRATE 127.0.0.1 1 k 0 1 COPY x\n-ERR syntax error
         > MIGRATE 127.0.0.1 1 \"\" 0 1 KEYS\n+NOKEY
         > MIGRATE 127.0.0.1 1 nobody 0 1\n+NOKEY
         > MIGRATE 127.0.0.1 1 k 0
         -ERR wrong number of arguments for 'migrate' command
         > MULTI\n+OK\n> MIGRATE 127.0.0.1 1 k 0 1
         -ERR Command not allowed inside a transaction
         > EXEC\n-EXECABORT Transaction discarded because of previous errors.
         > COMMAND GETKEYS MIGRATE h 1 k 0 9 COPY\n*1\n$1 k
         > COMMAND GETKEYS MIGRATE h 1 \"\" 0 9 COPY KEYS a b\n*2\n$1 a\n$1 b",
    );
}

/// Ensures that a script, which holds the keyspace lock, cannot wait for another server either.
#[test]
fn scripts_cannot_migrate() {
    let server = TestServer::start();
    let mut client = server.client();
    let told = client.ask("EVAL \"return redis.call('MIGRATE', 'h', 1, 'k', 0, 1)\" 0");
    assert!(told.starts_with("-ERR This Redis command is not allowed from script"), "{told}");
}

/// A server of the test, and the client that is connected to the real one.
struct Stage {
    server: TestServer,
    client: Raw,
    listener: TcpListener,
}

impl Stage {
    /// Begins to send the keys `a`, `b` and `c`.
    fn begin() -> Stage {
        let (server, listener) =
            (TestServer::start(), TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let mut client = server.client();
        assert_eq!(client.ask("MSET a 1 b 2 c 3"), "+OK");
        let port = listener.local_addr().expect("bound").port();
        client.say(&migrate(port, "\"\" 0 9000 KEYS a b c"));
        Stage { server, client, listener }
    }

    /// The connection, when all requests have arrived.
    fn accept(&self) -> TcpStream {
        let (mut stream, _) = self.listener.accept().expect("the server connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
        let input = BufReader::new(stream.try_clone().expect("a descriptor"));
        let mut lines = input.split(b'\n').map(|line| line.expect("a request"));
        assert!(lines.any(|line| line == b"SELECT\r"), "the database is selected first");
        stream.write_all(b"+OK\r\n").expect("it is read");
        let restores = lines.filter(|line| line == b"RESTORE\r").take(3).count();
        assert_eq!(restores, 3);
        stream
    }

    /// The reply to MIGRATE.
    fn told(&mut self) -> String {
        lines_of(&self.client.reply()).join(" ")
    }
}

/// Ensures that a key that changes, or is removed, while it is being sent keeps its change, and
/// that the reply says so.
#[test]
fn changes_meanwhile_are_kept() {
    for (request, left) in [
        ("SET b new", "*3 $-1 $3 new $-1"),
        ("DEL a", "*3 $-1 $-1 $-1"),
        ("INCR c", "*3 $-1 $-1 $1 4"),
        ("EXPIRE c 1000", "*3 $-1 $-1 $1 3"),
    ] {
        let mut stage = Stage::begin();
        let mut stream = stage.accept();
        let mut other = stage.server.client();
        other.ask(request);
        stream.write_all(b"+OK\r\n+OK\r\n+OK\r\n").expect("it is read");
        let told = "-ERR 1 keys changed here after they were sent, and were not removed: repeat \
                    the request with REPLACE";
        assert_eq!(stage.told(), told, "{request}");
        assert_eq!(other.ask("MGET a b c"), left, "{request}");
    }
}

/// Ensures that only acknowledged keys are removed, however the connection ends.
#[test]
fn what_is_not_acknowledged_stays() {
    let reading = "-IOERR error or timeout reading to target instance";
    let refused = "-ERR Target instance replied with error: OOM no memory";
    for (replies, told, left) in [
        (&b"+OK\r\n"[..], reading, "*3 $-1 $1 2 $1 3"),
        (b"+OK\r\n+OK\r\n+O", reading, "*3 $-1 $-1 $1 3"),
        (b"-OOM no memory\r\n+OK\r\n", refused, "*3 $1 1 $-1 $1 3"),
        (b"+OK\r\n-OOM no memory\r\n-ERR two\r\n", refused, "*3 $-1 $1 2 $1 3"),
        (b"nonsense", reading, "*3 $1 1 $1 2 $1 3"),
        (b"", reading, "*3 $1 1 $1 2 $1 3"),
    ] {
        let mut stage = Stage::begin();
        let mut stream = stage.accept();
        stream.write_all(replies).expect("it is read");
        drop(stream);
        assert_eq!(stage.told(), told, "{}", replies.escape_ascii());
        assert_eq!(stage.client.ask("MGET a b c"), left, "{}", replies.escape_ascii());
        assert_eq!(stage.client.ask("SET a x"), "+OK", "nothing is watched any more");
    }
}

/// Ensures that a server that does not answer is given up when the time is over, and that others
/// are served until then.
#[test]
fn a_silent_server_is_given_up() {
    let mut stage = Stage::begin();
    let stream = stage.accept();
    assert_eq!(stage.server.client().ask("GET a"), "$1 1");
    stage.server.clock.advance_ms(9_001);
    assert_eq!(stage.told(), "-IOERR error or timeout reading to target instance");
    assert_eq!(stage.client.ask("DBSIZE"), ":3");
    drop(stream);
}

/// Ensures that neither CLIENT KILL nor a stop waits for another server.
#[test]
fn a_wait_ends_early() {
    let stage = Stage::begin();
    let _stream = stage.accept();
    let mut other = stage.server.client();
    assert_eq!(other.ask("CLIENT KILL TYPE normal"), ":1");
    wait_until("the client is gone", || stage.server.shared.clients.len() == 1);
    let stage = Stage::begin();
    let _stream = stage.accept();
    drop(stage.server);
}
