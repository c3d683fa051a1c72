//! INFO's sections about commands, and CONFIG RESETSTAT.

use crate::support::{TestServer, wait_until};
use respool::config::Allowed;

/// One field of an INFO section.
fn field(server: &TestServer, section: &str, name: &str) -> Option<String> {
    let info = server.client().ask(&format!("INFO {section}"));
    let found = info.split(' ').find_map(|line| line.strip_prefix(&format!("{name}:")));
    found.map(str::to_owned)
}

fn calls(server: &TestServer, command: &str) -> Option<String> {
    field(server, "commandstats", &format!("cmdstat_{command}"))
}

/// Ensures that calls, refusals and failures are counted for each command and subcommand.
#[test]
fn commands_are_counted() {
    let server = TestServer::start();
    let mut client = server.client();
    for request in ["SET k v", "GET k", "get", "GET k", "INCR k", "CLIENT ID", "client id x"] {
        client.ask(request);
    }
    let none = "usec=0,usec_per_call=0.00";
    for (command, expected) in [
        ("set", format!("calls=1,{none},rejected_calls=0,failed_calls=0")),
        ("get", format!("calls=2,{none},rejected_calls=1,failed_calls=0")),
        ("incr", format!("calls=1,{none},rejected_calls=0,failed_calls=1")),
        ("client|id", format!("calls=1,{none},rejected_calls=1,failed_calls=0")),
    ] {
        assert_eq!(calls(&server, command), Some(expected), "{command}");
    }
    assert_eq!(calls(&server, "client"), None);
    assert_eq!(calls(&server, "hset"), None);
}

/// Ensures that a pipeline of many batches is counted to the last request.
#[test]
fn pipelines_are_counted() {
    let server = TestServer::start();
    let mut client = server.client();
    let pair = "SET k v\r\nSET k v\r\nGET k\r\nHELLO 9\r\nSET k\r\nSET k v\r\n";
    client.send(pair.repeat(500).as_bytes());
    (0..3_000).for_each(|_| drop(client.reply()));
    let expect = |command: &str, start: &str| {
        let found = calls(&server, command).expect("it was called");
        assert!(found.starts_with(start), "{command}: {found}");
    };
    expect("set", "calls=1500,");
    expect("get", "calls=500,");
    expect("hello", "calls=500,");
    assert!(calls(&server, "set").is_some_and(|found| found.contains(",rejected_calls=500,")));
}

/// Ensures that the commands of a transaction count, once they are executed, and EXEC does, too.
#[test]
fn transactions_are_counted() {
    let server = TestServer::start();
    let mut client = server.client();
    for request in ["MULTI", "SET k v", "INCR k", "SET", "DISCARD", "MULTI", "INCR k", "EXEC"] {
        client.ask(request);
    }
    let expect = |command: &str, counts: &[&str]| {
        let found = calls(&server, command).expect("it was called");
        counts.iter().for_each(|count| assert!(found.contains(count), "{command}: {found}"));
    };
    expect("multi", &["calls=2,"]);
    expect("exec", &["calls=1,", "failed_calls=0"]);
    expect("incr", &["calls=1,", "failed_calls=0"]);
    expect("set", &["calls=0,", "rejected_calls=1"]);
}

/// Ensures that the duration of a command is counted without its wait for the lock.
#[test]
fn durations_are_counted() {
    let server = TestServer::with(|config| config.enable_debug_command = Allowed::Yes);
    std::thread::scope(|scope| {
        let sleeper = scope.spawn(|| server.client().ask("DEBUG SLEEP 0.3"));
        let mut client = server.client();
        wait_until("the other client sleeps", || client.ask("CLIENT LIST").contains("cmd=debug"));
        server.clock.advance_ms(40);
        assert_eq!(sleeper.join().expect("a reply"), "+OK");
    });
    let expected = "calls=1,usec=40000,usec_per_call=40000.00,rejected_calls=0,failed_calls=0";
    assert_eq!(calls(&server, "debug").as_deref(), Some(expected));
    let percentiles = field(&server, "latencystats", "latency_percentiles_usec_debug");
    let percentiles = percentiles.expect("it was called");
    for pair in percentiles.split(',') {
        let (name, duration_us) = pair.split_once('=').expect("a pair");
        let duration_us: f64 = duration_us.parse().expect("a number");
        assert!((40_000.0..50_000.0).contains(&duration_us), "{name} of {percentiles}");
    }
    assert!(
        percentiles.starts_with("p50=")
            && percentiles.contains(",p99=")
            && percentiles.contains(",p99.9=")
    );
}

/// Ensures that error replies are counted by their first word, wherever they come from.
#[test]
fn errors_are_counted_by_kind() {
    let server = TestServer::start();
    let mut client = server.client();
    for request in [
        "NONSENSE", "GET", "SET s v", "HGET s f", "AUTH x y", "MULTI", "HGET s f", "INCR s", "EXEC",
    ] {
        client.ask(request);
    }
    let count = |kind: &str| field(&server, "errorstats", &format!("errorstat_{kind}"));
    assert_eq!(count("ERR").as_deref(), Some("count=3"));
    assert_eq!(count("WRONGTYPE").as_deref(), Some("count=2"));
    assert_eq!(count("WRONGPASS").as_deref(), Some("count=1"));
    assert_eq!(field(&server, "stats", "total_error_replies").as_deref(), Some("6"));
}

/// Ensures that RESETSTAT resets all statistics and leaves the data and its figures.
#[test]
fn resetstat_begins_anew() {
    let server = TestServer::start();
    let mut client = server.client();
    for request in ["SET k v", "GET k", "GET nothing", "NONSENSE", "CONFIG RESETSTAT"] {
        client.ask(request);
    }
    // The reset itself is counted when it is over; the next connection and command are new.
    for name in ["keyspace_hits", "keyspace_misses", "total_error_replies"] {
        assert_eq!(field(&server, "stats", name).as_deref(), Some("0"), "{name}");
    }
    assert_eq!(calls(&server, "get"), None);
    assert_eq!(field(&server, "errorstats", "errorstat_ERR"), None);
    assert_eq!(client.ask("DBSIZE"), ":1");
    assert_eq!(
        client.ask("CONFIG RESETSTAT x"),
        "-ERR wrong number of arguments for 'config|resetstat' command"
    );
}
