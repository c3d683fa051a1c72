//! Redis's own tools as clients: what people have at hand must just work.

use crate::servers::{Guarded, PATIENCE, Server};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a tool against the server with `input` on its standard input, and returns what it prints.
fn tool(
    server: &Server,
    name: &str,
    arguments: &[&str],
    input: &[u8],
    patience: Duration,
) -> String {
    let port = server.address.port().to_string();
    let mut command = Command::new(name);
    command.args(["-h", "127.0.0.1", "-p", &port]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let spawned = command.spawn();
    let mut child = Guarded(spawned.unwrap_or_else(|error| {
        panic!("{name}, from the package redis-tools: {error}");
    }));
    let mut stdin = child.0.stdin.take().expect("a pipe");
    let (mut stdout, mut stderr) = (child.0.stdout.take(), child.0.stderr.take());
    let (out, err) = std::thread::scope(|scope| {
        scope.spawn(move || {
            // The tool may end before it has read everything.
            let _ = stdin.write_all(input);
        });
        let out = scope.spawn(move || read(stdout.as_mut().expect("a pipe")));
        let err = scope.spawn(move || read(stderr.as_mut().expect("a pipe")));
        let deadline = Instant::now() + patience;
        while child.0.try_wait().expect("a child").is_none() {
            if Instant::now() > deadline {
                let _ = child.0.kill();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        (out.join().expect("a reader"), err.join().expect("a reader"))
    });
    let status = child.0.wait().expect("a child");
    assert!(status.success(), "{name} {arguments:?} ended with {status}: {out}{err}");
    assert!(!err.to_lowercase().contains("error"), "{name} {arguments:?}: {err}");
    out
}

fn read(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn cli(server: &Server, arguments: &[&str]) -> String {
    tool(server, "redis-cli", arguments, b"", PATIENCE)
}

/// Ensures that single commands work from a shell, in both versions of the protocol.
#[test]
fn redis_cli_from_a_shell() {
    let server = Server::respool();
    assert_eq!(cli(&server, &["PING"]), "PONG\n");
    assert_eq!(cli(&server, &["SET", "k", "a b\nc"]), "OK\n");
    assert_eq!(cli(&server, &["GET", "k"]), "a b\nc\n");
    assert_eq!(cli(&server, &["--no-raw", "GET", "k"]), "\"a b\\nc\"\n");
    assert_eq!(cli(&server, &["--no-raw", "GET", "nothing"]), "(nil)\n");
    assert_eq!(cli(&server, &["HSET", "h", "a", "1", "b", "2"]), "2\n");
    assert_eq!(cli(&server, &["HGETALL", "h"]), "a\n1\nb\n2\n");
    let map = cli(&server, &["-3", "--no-raw", "HGETALL", "h"]);
    assert_eq!(map, "1# \"a\" => \"1\"\n2# \"b\" => \"2\"\n");
    assert_eq!(cli(&server, &["-n", "3", "DBSIZE"]), "0\n");
    assert_eq!(cli(&server, &["-r", "3", "INCR", "n"]), "1\n2\n3\n");
    assert!(cli(&server, &["INFO", "server"]).contains("respool_version:"));
}

/// Ensures that a session typed line by line works, quoting and errors included.
#[test]
fn redis_cli_reads_a_session() {
    let server = Server::respool();
    let session = "SET k \"a\\x00b\"\nGET k\nNONSENSE x\nINCR k\nSELECT 2\nGET k\nHELLO 3\nQUIT\n";
    let output = tool(&server, "redis-cli", &["--no-raw"], session.as_bytes(), PATIENCE);
    for expected in [
        "OK\n\"a\\x00b\"\n",
        "(error) ERR unknown command 'NONSENSE', with args beginning with: 'x' \n",
        "(error) ERR value is not an integer or out of range\n",
        "OK\n(nil)\n",
        "\"redis\"",
    ] {
        assert!(output.contains(expected), "{expected:?} in {output}");
    }
}

/// Ensures that what redis-cli asks for its hints is answered.
#[test]
fn redis_cli_gets_its_hints() {
    let server = Server::respool();
    assert!(cli(&server, &["COMMAND", "DOCS"]).contains("summary"));
    assert!(cli(&server, &["-3", "COMMAND", "DOCS", "get"]).contains("summary"));
    assert!(cli(&server, &["COMMAND"]).contains("hgetall"));
    assert!(cli(&server, &["-3", "COMMAND", "INFO", "get"]).contains("readonly"));
}

/// Ensures that a million requests in one pipe are counted as a million replies.
#[test]
fn redis_cli_pipes_a_million_sets() {
    let server = Server::respool();
    let mut requests = String::with_capacity(48 << 20);
    for at in 0..1_000_000 {
        requests.push_str(&format!("SET key:{at} value:{at}\r\n"));
    }
    let patience = Duration::from_secs(120);
    let output = tool(&server, "redis-cli", &["--pipe"], requests.as_bytes(), patience);
    let end: Vec<&str> = output.lines().rev().take(3).collect();
    assert_eq!(end.first(), Some(&"errors: 0, replies: 1000000"), "{end:#?}");
    assert_eq!(cli(&server, &["DBSIZE"]), "1000000\n");
    assert_eq!(cli(&server, &["GET", "key:999999"]), "value:999999\n");
}

/// Ensures that a person with netcat is understood.
#[test]
fn lines_typed_into_netcat() {
    let server = Server::respool();
    let mut stream = TcpStream::connect(server.address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
    stream.write_all(b"set greeting 'hello world'\nget greeting\nquit\n").expect("it reads");
    stream.shutdown(Shutdown::Write).expect("an open socket");
    assert_eq!(read(&mut stream), "+OK\r\n$11\r\nhello world\r\n+OK\r\n");
}

/// Runs redis-benchmark to its end and expects a line with a figure for each of `names`.
fn benchmark(server: &Server, arguments: &[&str], names: &[&str]) {
    let output = tool(server, "redis-benchmark", arguments, b"", Duration::from_secs(120));
    for name in names {
        let line = output.lines().find(|line| line.rsplit('\r').any(|l| l.starts_with(name)));
        let line = line.unwrap_or_else(|| panic!("no line for {name} in {output}"));
        assert!(line.contains("requests per second"), "{line}");
    }
}

/// Ensures that redis-benchmark comes to its end with each command that it can send.
#[test]
fn redis_benchmark_comes_to_its_end() {
    let server = Server::respool();
    let tests = ["-t", "ping,set,get,incr,hset,mset", "-n", "20000", "-q"];
    let names = ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "HSET", "MSET"];
    benchmark(&server, &tests, &names);
    let pipelined = ["-t", "set,get", "-n", "100000", "-P", "64", "-r", "1000", "-q"];
    benchmark(&server, &pipelined, &["SET", "GET"]);
    let threads = ["-t", "set,get", "-n", "50000", "--threads", "2", "-d", "1000", "-q"];
    benchmark(&server, &threads, &["SET", "GET"]);
}

/// Ensures that five hundred clients at the same time are all served.
#[test]
fn redis_benchmark_with_five_hundred_clients() {
    let server = Server::respool();
    let tests = ["-t", "set,get", "-n", "50000", "-c", "500", "-q"];
    benchmark(&server, &tests, &["SET", "GET"]);
    assert_eq!(cli(&server, &["PING"]), "PONG\n");
}
