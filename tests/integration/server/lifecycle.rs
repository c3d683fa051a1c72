//! The real program: how it starts, refuses to start, refuses clients, survives bugs and ends.

use crate::process::{PROGRAM, Process};
use crate::raw::Raw;
use crate::support::wait_until;
use std::net::TcpListener;
use std::process::{Command, Output};
use std::time::Duration;

/// Runs the program to its end; it is expected to end by itself.
fn run(arguments: &[&str]) -> Output {
    let mut child = Command::new(PROGRAM);
    let child = child.args(arguments).stdout(std::process::Stdio::piped());
    let child = child.stderr(std::process::Stdio::piped()).spawn().expect("the program");
    let id = child.id().to_string();
    let (sender, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output().expect("its output")));
    ended.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| {
        let _ = Command::new("kill").args(["-9", &id]).status();
        panic!("{arguments:?} did not end");
    })
}

/// Expects something on standard error and exit code 1, and returns it.
fn refusal(arguments: &[&str]) -> String {
    let output = run(arguments);
    let text = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    text
}

/// Ensures that both signals end the server orderly within a second, with 1000 idle clients.
#[test]
fn signals_end_the_server_with_a_thousand_idle_clients() {
    let _ = rlimit::increase_nofile_limit(4_096);
    for signal in ["TERM", "INT"] {
        let mut server = Process::start(&[]);
        let mut clients: Vec<Raw> = (0..1_000).map(|_| server.client()).collect();
        for client in &mut clients {
            client.send(b"PING\r\n");
        }
        for client in &mut clients {
            assert_eq!(client.reply(), b"+PONG\r\n");
        }
        server.signal(signal);
        let (status, elapsed) = server.wait();
        assert_eq!(status.code(), Some(0), "SIG{signal}");
        assert!(elapsed < Duration::from_secs(1), "SIG{signal} took {elapsed:?}");
        server.wait_for_line(&["Received", &format!("SIG{signal}")]);
        for client in &mut clients {
            assert!(client.is_ended());
        }
    }
}

/// Ensures that a signal in the middle of a pipeline leaves whole replies in order.
#[test]
fn the_batch_in_hand_is_finished() {
    let mut server = Process::start(&[]);
    let mut client = server.client();
    client.send(&b"INCR n\r\n".repeat(20_000));
    assert_eq!(client.reply(), b":1\r\n");
    server.signal("TERM");
    let rest = String::from_utf8(client.rest()).expect("whole replies");
    for (at, line) in rest.lines().enumerate() {
        assert_eq!(line, format!(":{}", at + 2));
    }
    assert!(rest.ends_with("\r\n"), "the last reply is whole");
    assert_eq!(server.wait().0.code(), Some(0));
}

/// Ensures that a client that does not read its replies cannot keep the server from ending.
#[test]
fn a_client_that_does_not_read_cannot_delay_the_end() {
    let mut server = Process::start(&[]);
    let mut client = server.client();
    client.request(&[b"SET", b"k", &vec![b'x'; 1 << 20]]);
    assert_eq!(client.reply(), b"+OK\r\n");
    client.send(&b"GET k\r\n".repeat(100));
    // The first reply is on its way when something of it can be seen.
    client.stream().peek(&mut [0]).expect("a reply");
    server.signal("TERM");
    let (status, elapsed) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(elapsed < Duration::from_secs(1), "it took {elapsed:?}");
}

/// Ensures that start, listening addresses and stop are logged.
#[test]
fn start_and_stop_are_logged() {
    let mut server = Process::start(&["--bind", "127.0.0.1 127.0.0.2 -203.0.113.1"]);
    assert_ne!(server.address.port(), 0, "the port that was chosen");
    server.wait_for_line(&["Ready to accept connections on 127.0.0.2:"]);
    server.wait_for_line(&["notice", "Not listening on 203.0.113.1:"]);
    server.wait_for_line(&["respool", env!("CARGO_PKG_VERSION"), "starting"]);
    server.signal("TERM");
    server.wait();
    server.wait_for_line(&["Received SIGTERM"]);
    server.wait_for_line(&["Bye"]);
    assert!(server.log().len() < 10, "few lines: {:#?}", server.log());
}

/// Ensures that a quiet log level is quiet.
#[test]
fn the_log_level_is_respected() {
    let output = run(&["--port", "any", "--loglevel", "nonsense"]);
    assert_eq!(output.status.code(), Some(1));
    let mut command = Command::new(PROGRAM);
    command.args(["--port", "any", "--loglevel", "debug"]);
    let mut server = Process::spawn(command);
    server.client().send(b"*x\r\n");
    server.wait_for_line(&["verbose", "Protocol error"]);
    assert_eq!(server.client().ask("CONFIG SET loglevel warning"), "+OK");
    let loud = server.log().len();
    let mut client = server.client();
    client.send(b"*x\r\n");
    assert_eq!(client.rest(), b"-ERR Protocol error: invalid multibulk length\r\n");
    server.signal("TERM");
    assert_eq!(server.wait().0.code(), Some(0));
    assert!(server.log()[loud..].is_empty(), "{:#?}", server.log());
}

/// Ensures that a port in use is one clear line and exit code 1.
#[test]
fn a_port_in_use_is_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let line = refusal(&["--port", &port]);
    assert!(line.contains(&format!("127.0.0.1:{port}")), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    // It is this test that listens.
    let owner = format!("(process {}) listens there", std::process::id());
    assert!(line.contains(&owner) || cfg!(not(target_os = "linux")), "{line}");
}

/// Ensures that every mistake on the command line is named, with exit code 1.
#[test]
fn mistakes_on_the_command_line_are_named() {
    for (arguments, named) in [
        (&["--nonsense"][..], "--nonsense"),
        (&["--port", "x"], "--port"),
        (&["--port", "65536"], "--port"),
        (&["--port"], "--port"),
        (&["--bind", "no where"], "no"),
        (&["--bind", "under_score/"], "--bind"),
        (&["--bind", "203.0.113.1"], "203.0.113.1"),
        (&["--databases", "0"], "--databases"),
        (&["--maxclients", "0"], "--maxclients"),
        (&["--loglevel", "loud"], "--loglevel"),
        (&["--enable-debug-command", "maybe"], "--enable-debug-command"),
        (&["word"], "word"),
    ] {
        let line = refusal(arguments);
        assert!(line.contains(named), "{named} in {line}");
    }
}

/// Ensures that --version and --help answer on standard output and start nothing.
#[test]
fn version_and_help() {
    let output = run(&["--version"]);
    assert!(output.status.success() && output.stderr.is_empty());
    let line = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected = format!("respool {} (commit ", env!("CARGO_PKG_VERSION"));
    assert!(line.starts_with(&expected) && line.ends_with(")\n"), "{line}");
    assert!(line.contains(std::env::consts::ARCH), "{line}");
    let output = run(&["--help"]);
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && output.stderr.is_empty());
    for flag in ["--port", "--bind", "--maxclients", "--timeout", "--tcp-keepalive", "--databases"]
    {
        assert!(help.contains(flag), "{flag} in {help}");
    }
    assert!(help.contains("default"), "{help}");
}

/// Ensures that one client too many is refused, and that a slot is free when one has left.
#[test]
fn beyond_maxclients_clients_are_refused() {
    let server = Process::start(&["--maxclients", "3"]);
    let mut clients: Vec<Raw> = (0..3).map(|_| server.client()).collect();
    for client in &mut clients {
        assert_eq!(client.ask("PING"), "+PONG");
    }
    for _ in 0..3 {
        let mut refused = server.client();
        assert_eq!(refused.rest(), b"-ERR max number of clients reached\r\n");
    }
    clients.pop();
    wait_until("a place is free", || {
        let mut client = server.client();
        client.send_anyway(b"PING\r\n");
        let mut reply = Vec::new();
        client.read_reply(&mut reply).is_ok() && reply == b"+PONG\r\n"
    });
    assert_eq!(clients[0].ask("PING"), "+PONG", "those who are in are not disturbed");
}

/// Ensures that clients come and go many times within few slots.
#[test]
fn places_are_given_back() {
    let server = Process::start(&["--maxclients", "4"]);
    for round in 0..300 {
        let mut client = server.client();
        assert_eq!(client.ask("PING"), "+PONG", "round {round}");
        assert_eq!(client.ask("QUIT"), "+OK");
        assert!(client.is_ended());
    }
}

/// Ensures that a low limit of open files lowers maxclients with a warning instead of failing.
#[test]
fn few_open_files_lower_maxclients() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$0\" --port any --maxclients 1000", PROGRAM]);
    let server = Process::spawn(command);
    server.wait_for_line(&["warning", "maxclients", "1000", "32", "64"]);
    let mut clients: Vec<Raw> = (0..32).map(|_| server.client()).collect();
    for client in &mut clients {
        assert_eq!(client.ask("PING"), "+PONG");
    }
    let mut refused = server.client();
    assert_eq!(refused.rest(), b"-ERR max number of clients reached\r\n");
    assert_eq!(clients[0].ask("CONFIG GET maxclients"), "*2 $10 maxclients $2 32");
}

/// Ensures that a bug in a handler costs one connection, is logged as a bug, and nothing else.
#[test]
fn a_bug_costs_one_connection() {
    let server = Process::start(&["--enable-debug-command", "yes", "--maxclients", "3"]);
    let mut other = server.client();
    assert_eq!(other.ask("SET k v"), "+OK");
    for _ in 0..5 {
        let mut client = server.client();
        client.send(b"PING\r\nDEBUG PANIC\r\nSET k w\r\n");
        assert!(client.is_ended());
    }
    server.wait_for_line(&["bug", "id="]);
    assert_eq!(other.ask("GET k"), "$1 v");
    wait_until("their places are free", || other.ask("CLIENT LIST").matches("id=").count() == 1);
}

/// Ensures that a client that says nothing for too long is closed, and one that does is not.
#[test]
fn silent_clients_are_closed() {
    let server = Process::start(&["--timeout", "1"]);
    let (mut silent, mut talking) = (server.client(), server.client());
    assert_eq!(silent.ask("PING"), "+PONG");
    wait_until("the silent one is closed", || {
        talking.ask("CLIENT LIST").matches("id=").count() == 1
    });
    assert!(silent.is_ended());
    assert_eq!(talking.ask("PING"), "+PONG");
}

/// Ensures that a browser's request leaves a line in the log.
#[test]
fn cross_protocol_requests_are_logged() {
    let server = Process::start(&[]);
    let mut client = server.client();
    client.send_anyway(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(client.is_ended());
    server.wait_for_line(&["warning", "SECURITY ATTACK"]);
}
