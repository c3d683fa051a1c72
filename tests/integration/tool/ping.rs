//! `respool ping`, the health check: its exit code and its one line, against real servers and
//! against some that misbehave.

use crate::process::PROGRAM;
use crate::support::TestServer;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

fn ping(address: SocketAddr, flags: &[&str]) -> Output {
    let port = address.port().to_string();
    let mut command = Command::new(PROGRAM);
    command.args(["ping", "--port", &port]).args(flags).output().expect("the program")
}

/// Expects success and returns what was printed.
fn healthy(address: SocketAddr, flags: &[&str]) -> String {
    let output = ping(address, flags);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Expects failure and returns its one line.
fn unhealthy(address: SocketAddr, flags: &[&str]) -> String {
    let output = ping(address, flags);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stderr).expect("text");
    assert!(output.stdout.is_empty() && text.lines().count() == 1, "{text}");
    text
}

/// A server that answers the first client with these bytes, and keeps silent afterwards.
fn answering(reply: &'static [u8]) -> (SocketAddr, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        stream.write_all(reply).expect("it listens");
        // Until the client has gone.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    (address, server)
}

fn password_file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("a write");
    file
}

/// Ensures that a server that serves is found to be well, by address and by name.
#[test]
fn a_server_that_serves_is_well() {
    let server = TestServer::start();
    assert_eq!(healthy(server.address, &[]), "PONG\n");
    assert_eq!(healthy(server.address, &["--host", "localhost"]), "PONG\n");
}

/// Ensures that a server with a password is well without one, and with the right one only.
#[test]
fn passwords_come_from_a_file() {
    let server = TestServer::with(|config| config.requirepass = b"open sesame".to_vec());
    assert!(healthy(server.address, &[]).starts_with("PONG"));
    let (right, wrong) = (password_file("open sesame\n"), password_file("open barley"));
    let path = |file: &tempfile::NamedTempFile| file.path().to_string_lossy().into_owned();
    assert_eq!(healthy(server.address, &["--password-file", &path(&right)]), "PONG\n");
    let line = unhealthy(server.address, &["--password-file", &path(&wrong)]);
    assert!(line.contains("WRONGPASS"), "{line}");
    let line = unhealthy(server.address, &["--password-file", &path(&password_file("\n"))]);
    assert!(line.contains("first line is empty"), "{line}");
    let line = unhealthy(server.address, &["--password-file", "/nowhere"]);
    assert!(line.contains("/nowhere"), "{line}");
    let open = TestServer::start();
    assert_eq!(healthy(open.address, &["--password-file", &path(&right)]), "PONG\n");
}

/// Ensures that a server that still loads is not well yet, and that its words are passed on.
#[test]
fn a_server_that_loads_is_not_well_yet() {
    let (address, server) = answering(b"-LOADING Redis is loading the dataset in memory\r\n");
    let line = unhealthy(address, &[]);
    assert!(line.contains("LOADING Redis is loading"), "{line}");
    server.join().expect("no panic");
}

/// Ensures that silence, a closed port and half an answer end in time and with one line.
#[test]
fn silence_ends_in_time() {
    let (address, server) = answering(b"+PON");
    let start = Instant::now();
    let line = unhealthy(address, &["--timeout-ms", "100"]);
    assert!(line.contains("does not answer"), "{line}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    server.join().expect("no panic");
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr();
    let line = unhealthy(closed.expect("an address"), &[]);
    assert!(line.contains("does not answer"), "{line}");
}

/// Ensures that the help names every tool, and that a tool explains its own flags.
#[test]
fn tools_are_in_the_help() {
    let help = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).args(arguments).output().expect("the program");
        assert!(output.status.success() && output.stderr.is_empty());
        String::from_utf8(output.stdout).expect("text")
    };
    let general = help(&["--help"]);
    for tool in respool::tool::TOOLS {
        assert!(general.contains(&format!("  {} ", tool.name)), "{} in {general}", tool.name);
        assert!(help(&[tool.name, "--help"]).contains("Usage: re"), "{}", tool.name);
    }
    assert!(help(&["ping", "--help"]).contains("--password-file"));
}
