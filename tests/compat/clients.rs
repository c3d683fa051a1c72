//! Redis's own tools as clients: what people have at hand must just work.

use crate::servers::{PATIENCE, Server};
use crate::tools::{read, run, run_until};
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::time::Duration;

/// A tool that is about to talk to the server.
fn tool_for(server: &Server, name: &str, arguments: &[&str]) -> Command {
    let port = server.address.port().to_string();
    let mut command = Command::new(name);
    command.args(["-h", "127.0.0.1", "-p", &port]).args(arguments);
    command
}

/// Runs a tool against the server with `input` on its standard input, and returns what it prints.
fn tool(
    server: &Server,
    name: &str,
    arguments: &[&str],
    input: &[u8],
    patience: Duration,
) -> String {
    run(&mut tool_for(server, name, arguments), input, patience)
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

/// Ensures that redis-benchmark finishes with each command that it can send.
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

/// Fills a server with keys of both kinds, one of them large.
fn filled() -> Server {
    let server = Server::respool();
    let mut requests = String::from("HSET large a 1 b 2 c 3\r\n");
    (0..500).for_each(|at| requests.push_str(&format!("SET key:{at} {at}\r\n")));
    requests.push_str(&format!("SET key:big {}\r\n", "x".repeat(10_000)));
    let output = tool(&server, "redis-cli", &["--pipe"], requests.as_bytes(), PATIENCE);
    assert!(output.contains("errors: 0, replies: 502"), "{output}");
    server
}

/// Ensures that redis-cli's walks over all keys finish and find them all.
#[test]
fn redis_cli_looks_through_all_keys() {
    let server = filled();
    assert_eq!(cli(&server, &["--scan", "--pattern", "key:*"]).lines().count(), 501);
    assert_eq!(cli(&server, &["-3", "--scan", "--pattern", "lar*"]), "large\n");
    let biggest = cli(&server, &["--bigkeys"]);
    for expected in [
        "Biggest string found '\"key:big\"' has 10000 bytes",
        "Biggest   hash found '\"large\"' has 3 fields",
        "Sampled 502 keys in the keyspace!",
    ] {
        assert!(biggest.contains(expected), "{expected} in {biggest}");
    }
    let heaviest = cli(&server, &["--memkeys"]);
    assert!(heaviest.contains("Biggest string found '\"key:big\"' has 1"), "{heaviest}");
}

/// Ensures that redis-cli's figures keep coming.
#[test]
fn redis_cli_shows_figures() {
    let server = filled();
    let latency = cli(&server, &["--latency", "-i", "1"]);
    let figures: Vec<f64> = latency.split_whitespace().flat_map(str::parse).collect();
    assert!(figures.len() >= 4 && figures[0] <= figures[1], "min, max, avg, count: {latency}");
    let mut stat = tool_for(&server, "redis-cli", &["--stat", "-i", "0.05"]);
    let lines = run_until(&mut stat, PATIENCE, |printed| printed.lines().count() >= 5);
    let figures = lines.lines().filter(|line| line.trim_start().starts_with("502 ")).count();
    assert!(figures >= 2, "{lines}");
    let mut monitor = tool_for(&server, "redis-cli", &["MONITOR"]);
    let seen = run_until(&mut monitor, PATIENCE, |printed| {
        cli(&server, &["SET", "seen", "a b"]);
        printed.contains("\"SET\" \"seen\" \"a b\"")
    });
    assert!(seen.starts_with("OK\n"), "{seen}");
}

/// Ensures that what redis_exporter and RedisInsight ask for is answered.
#[test]
fn dashboards_get_their_figures() {
    let server = filled();
    for question in [
        "INFO ALL",
        "CONFIG GET *",
        "SLOWLOG LEN",
        "SLOWLOG GET",
        "LATENCY LATEST",
        "LATENCY HISTOGRAM",
        "CLIENT LIST",
        "MODULE LIST",
        "DBSIZE",
        "SCAN 0 TYPE hash",
        "MEMORY USAGE large SAMPLES 0",
        "ACL LIST",
        "COMMAND DOCS",
        "LATENCY DOCTOR",
        "LOLWUT",
    ] {
        for version in ["-2", "-3"] {
            let mut arguments = vec!["-e", version];
            arguments.extend(question.split(' '));
            assert!(!cli(&server, &arguments).starts_with("ERR"), "{question}");
        }
    }
}

/// Ensures that redis-cli can stop the server.
#[test]
fn redis_cli_stops_the_server() {
    let mut server = filled();
    assert_eq!(cli(&server, &["SHUTDOWN", "NOSAVE"]), "");
    assert!(server.wait().success());
}
