//! LATENCY: when clients had to wait, and how long commands usually take.

use crate::support::{START_MS, TestServer, check, check3};
use respool::config::Allowed;

/// A server with an operator's view of some slow moments.
fn server_with_events() -> TestServer {
    let server = TestServer::with(|config| config.latency_monitor_threshold = 100);
    let seconds = START_MS / 1_000;
    for (at, ms) in [(0, 99), (1, 250), (1, 100), (3, 120)] {
        server.shared.latency.add("command", seconds + at, ms * 1_000);
    }
    server.shared.latency.add("expire-cycle", seconds, 300_000);
    server
}

/// Ensures that each event's last and worst moments are reported, and its history by seconds.
#[test]
fn slow_moments_are_reported() {
    server_with_events().check(
        "
        > LATENCY LATEST
        *2
        *4
        $7 command
        :1700000003
        :120
        :250
        *4
        $12 expire-cycle
        :1700000000
        :300
        :300
        > LATENCY HISTORY command
        *2
        *2
        :1700000001
        :250
        *2
        :1700000003
        :120
        > LATENCY HISTORY nothing
        *0
        > LATENCY RESET nothing command
        :1
        > LATENCY HISTORY command
        *0
        > LATENCY RESET
        :1
        > LATENCY LATEST
        *0
        ",
    );
}

/// Ensures that a slow command is recorded under its own kind of event.
#[test]
fn a_slow_command_is_an_event() {
    let server = TestServer::with(|config| {
        (config.enable_debug_command, config.latency_monitor_threshold) = (Allowed::Yes, 50);
    });
    let mut client = server.client();
    assert_eq!(client.ask("PING"), "+PONG");
    assert_eq!(client.ask("LATENCY LATEST"), "*0");
    // The clock is moved while the command is being executed.
    std::thread::scope(|scope| {
        let sleeper = scope.spawn(|| server.client().ask("DEBUG SLEEP 0.3"));
        crate::support::wait_until("the other client sleeps", || {
            client.ask("CLIENT LIST").contains("cmd=debug")
        });
        server.clock.advance_ms(60);
        assert_eq!(sleeper.join().expect("a reply"), "+OK");
    });
    assert!(client.ask("LATENCY LATEST").starts_with("*1 *4 $7 command "));
}

/// Ensures that LATENCY DOCTOR and GRAPH explain the figures in a text and a picture.
#[test]
fn doctor_and_graph_explain_the_figures() {
    let server = server_with_events();
    let mut client = server.client();
    let report = client.ask("LATENCY DOCTOR");
    assert!(report.contains("command: 2 slow seconds, 185 ms on average, at most 250 ms"));
    let graph = client.ask("LATENCY GRAPH command");
    assert!(graph.contains("command: high 250 ms, low 120 ms, all 250 ms # # ## ##"), "{graph}");
    assert_eq!(client.ask("CONFIG SET latency-monitor-threshold 0"), "+OK");
    assert!(client.ask("LATENCY DOCTOR").contains("latency-monitor-threshold"));
}

/// Ensures that the distribution of a command's durations is cumulative, by doublings.
#[test]
fn histograms_are_cumulative() {
    let session = |map: fn(usize) -> String| {
        format!(
            "
            > SET k v
            +OK
            > GET k
            $1 v
            > GET k
            $1 v
            > LATENCY HISTOGRAM get nothing
            {}
            $3 get
            {}
            $5 calls
            :2
            $14 histogram_usec
            {}
            :1
            :2
            ",
            map(1),
            map(2),
            map(1)
        )
    };
    check(&session(|pairs| format!("*{}", 2 * pairs)));
    check3(&session(|pairs| format!("%{pairs}")));
}

/// Ensures that a container's name stands for all of its subcommands, and none for all commands.
#[test]
fn histograms_can_be_chosen() {
    let server = TestServer::start();
    let mut client = server.client3();
    for request in ["CLIENT ID", "CLIENT GETNAME", "GET k"] {
        client.ask(request);
    }
    let of_client = client.ask("LATENCY HISTOGRAM client");
    assert!(of_client.starts_with("%2 ") && of_client.contains("$9 client|id "), "{of_client}");
    assert!(client.ask("LATENCY HISTOGRAM client|id").starts_with("%1 $9 client|id "));
    let all = client.ask("LATENCY HISTOGRAM");
    for name in ["get", "hello", "client|id", "latency|histogram"] {
        assert!(all.contains(&format!("${} {name} ", name.len())), "{name} in {all}");
    }
    client.ask("CONFIG SET latency-tracking no");
    assert_eq!(client.ask("LATENCY HISTOGRAM"), "%0");
}

/// Ensures that wrong requests get Redis's texts.
#[test]
fn wrong_requests() {
    let server = TestServer::start();
    let mut client = server.client();
    for (request, expected) in [
        ("LATENCY GRAPH command", "-ERR No samples available for event 'command'"),
        ("LATENCY GRAPH", "-ERR wrong number of arguments for 'latency|graph' command"),
        ("LATENCY HISTORY", "-ERR wrong number of arguments for 'latency|history' command"),
        ("LATENCY LATEST x", "-ERR wrong number of arguments for 'latency|latest' command"),
        ("LATENCY nonsense", "-ERR unknown subcommand 'nonsense'. Try LATENCY HELP."),
        ("LATENCY", "-ERR wrong number of arguments for 'latency' command"),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    assert!(client.ask("LATENCY HELP").contains("+LATENCY <subcommand>"));
}
