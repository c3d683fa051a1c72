//! MONITOR: every command that the server executes, as it happens.

use crate::raw::Raw;
use crate::support::{TestServer, wait_until};

/// A client that monitors.
fn monitor(server: &TestServer) -> Raw {
    let mut monitor = server.client();
    assert_eq!(monitor.ask("MONITOR"), "+OK");
    monitor
}

/// The next line, without its time and with the client's address replaced.
fn line(monitor: &mut Raw, client: &Raw) -> String {
    let reply = String::from_utf8(monitor.reply()).expect("text");
    let peer = client.stream().local_addr().expect("an address").to_string();
    let (time, rest) = reply.trim_end().split_once(' ').expect("a time");
    assert_eq!(time, "+1700000000.000000");
    rest.replace(&peer, "peer")
}

/// Ensures that every executed command is shown with its database, quoted so that it can be read.
#[test]
fn commands_are_shown_as_they_are_executed() {
    let server = TestServer::start();
    let (mut monitor, mut client) = (monitor(&server), server.client());
    for (request, shown) in [
        ("SET k \"a\\x00\\xff\\n\\\"\\\\'\"", r#"[0 peer] "SET" "k" "a\x00\xff\n\"\\'""#),
        ("get k", r#"[0 peer] "get" "k""#),
        ("INCR k", r#"[0 peer] "INCR" "k""#),
        ("SELECT 3", r#"[3 peer] "SELECT" "3""#),
        ("CLIENT SETNAME x", r#"[3 peer] "CLIENT" "SETNAME" "x""#),
        ("ping", r#"[3 peer] "ping""#),
    ] {
        client.ask(request);
        assert_eq!(line(&mut monitor, &client), shown);
    }
}

/// Ensures that what is not executed is not shown, nor what only administrators do, and that
/// passwords never are.
#[test]
fn refusals_administration_and_passwords_are_not_shown() {
    let server = TestServer::start();
    let (mut monitor, mut client) = (monitor(&server), server.client());
    for request in ["NONSENSE", "GET", "CONFIG GET save", "SLOWLOG LEN", "CLIENT LIST"] {
        client.ask(request);
    }
    for (request, shown) in [
        ("AUTH secret", r#"[0 peer] "AUTH" "(redacted)""#),
        ("HELLO 3 AUTH u secret", r#"[0 peer] "HELLO" "3" "AUTH" "(redacted)" "(redacted)""#),
    ] {
        client.ask(request);
        assert_eq!(line(&mut monitor, &client), shown);
    }
}

/// Ensures that a monitor, which has nothing to say, is not closed for its silence.
#[test]
fn monitors_are_not_closed_for_silence() {
    let server = TestServer::with(|config| config.timeout = 30);
    let (mut monitor, mut silent) = (monitor(&server), server.client());
    assert_eq!(silent.ask("PING"), "+PONG");
    line(&mut monitor, &silent);
    server.clock.advance_ms(31_000);
    assert!(silent.is_ended(), "the housekeeper has looked");
    assert_eq!(server.client().ask("PING"), "+PONG");
    assert!(monitor.reply().ends_with(b"\"PING\"\r\n"));
}

/// Ensures that the commands of a transaction are shown when they are executed.
#[test]
fn transactions_are_shown_at_their_end() {
    let server = TestServer::start();
    let (mut monitor, mut client) = (monitor(&server), server.client());
    client.send(b"MULTI\r\nSET a 1\r\nGET a\r\nEXEC\r\nGET b\r\n");
    for shown in ["\"MULTI\"", "\"SET\" \"a\" \"1\"", "\"GET\" \"a\"", "\"EXEC\"", "\"GET\" \"b\""]
    {
        assert_eq!(line(&mut monitor, &client), format!("[0 peer] {shown}"));
    }
}

/// Ensures that a monitor can still be talked to: it sees itself, leaves the keys alone, and stops
/// with RESET.
#[test]
fn a_monitor_can_be_talked_to() {
    let server = TestServer::start();
    let (mut monitor, mut client) = (monitor(&server), server.client());
    assert_eq!(monitor.ask("PING"), "+PONG");
    let own = String::from_utf8(monitor.reply()).expect("text");
    assert!(own.ends_with("\"PING\"\r\n"), "{own}");
    let refused = "-ERR Replica can't interact with the keyspace";
    assert_eq!(monitor.ask("GET k"), refused);
    assert!(client.ask("CLIENT LIST").contains(" flags=O "));
    assert_eq!(monitor.ask("RESET"), "+RESET");
    // RESET was executed when its client still was a monitor or no more: that is not promised.
    assert!(server.shared.monitors.is_empty());
    client.ask("PING");
    assert_eq!(monitor.ask("GET k"), "$-1");
    assert!(!client.ask("CLIENT LIST").contains(" flags=O "));
}

/// Ensures that a monitor leaves when it says so, when it vanishes, and when the server stops.
#[test]
fn monitors_leave() {
    let server = TestServer::start();
    let (mut first, second) = (monitor(&server), monitor(&server));
    assert_eq!(first.ask("QUIT"), "+OK");
    drop(second);
    wait_until("nobody monitors", || server.shared.monitors.is_empty());
    let _last = monitor(&server);
}

/// Ensures that MONITOR within a transaction is refused in Redis's words.
#[test]
fn not_within_a_transaction() {
    let server = TestServer::start();
    server.check(
        "
        > MULTI
        +OK
        > MONITOR
        +QUEUED
        > EXEC
        *1
        -ERR MONITOR isn't allowed for DENY BLOCKING client
        ",
    );
    assert!(server.shared.monitors.is_empty());
    let mut client = server.client();
    client.expect_wrong_arity(&["MONITOR x"]);
}

/// Ensures that a monitor that does not read is dropped at a limit without hindering others.
#[test]
fn a_monitor_that_does_not_read_is_dropped() {
    let server = TestServer::start();
    let (mut lazy, mut client) = (monitor(&server), server.client());
    let value = vec![b'v'; 1024 * 1024];
    for _ in 0..64 {
        client.request(&[b"SET", b"k", &value]);
        assert_eq!(client.reply(), b"+OK\r\n");
        if server.shared.monitors.is_empty() {
            break;
        }
    }
    assert!(server.shared.monitors.is_empty(), "it was cut off");
    assert!(lazy.is_ended());
    assert_eq!(client.ask("PING"), "+PONG");
}
