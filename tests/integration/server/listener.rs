//! Listeners: Unix sockets in addition to TCP, and protected mode.

use crate::process::{PROGRAM, Process};
use crate::raw::Raw;
use crate::support::TestServer;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

fn on_unix_socket(path: &Path, flags: &[&str]) -> Process {
    let path = path.to_str().expect("a readable path");
    Process::start(&[&["--unixsocket", path], flags].concat())
}

/// Ensures that a Unix socket serves like a port, from the greeting to a large value.
#[test]
fn a_unix_socket_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("respool.sock");
    let mut server = on_unix_socket(&path, &[]);
    let mut client = Raw::connect_unix(&path);
    assert_eq!(client.ask("SET k v"), "+OK");
    assert_eq!(server.client().ask("GET k"), "$1 v");
    let value = vec![b'x'; 3 << 20];
    client.request(&[b"SET", b"large", &value]);
    assert_eq!(client.reply(), b"+OK\r\n");
    client.request(&[b"GET", b"large"]);
    assert_eq!(client.reply().len(), value.len() + "$3145728\r\n\r\n".len());
    server.signal("TERM");
    assert_eq!(server.wait().0.code(), Some(0));
    assert!(client.is_ended());
    assert!(!path.exists(), "the socket goes with its server");
}

/// Ensures that CLIENT LIST and CLIENT KILL call a client of a Unix socket by its path.
#[test]
fn clients_of_a_unix_socket_are_called_by_its_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s");
    let server = on_unix_socket(&path, &[]);
    let (mut client, mut other) = (Raw::connect_unix(&path), server.client());
    let name = format!("{}:0", path.display());
    let info = client.ask("CLIENT INFO");
    assert!(info.contains(&format!(" addr={name} laddr={name} ")), "{info}");
    assert!(info.contains(" flags=U "), "{info}");
    assert_eq!(other.ask(&format!("CLIENT KILL ADDR {name}")), ":1");
    assert!(client.is_ended());
}

/// Ensures that the mode is that of the file, and that a bad one is refused.
#[test]
fn the_mode_is_that_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s");
    let server = on_unix_socket(&path, &["--unixsocketperm", "700"]);
    let mode = fs::metadata(&path).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(server.client().ask("CONFIG GET unixsocketperm"), "*2 $14 unixsocketperm $3 700");
    let refused = Command::new(PROGRAM).args(["--unixsocketperm", "8"]).output();
    assert_eq!(refused.expect("the program").status.code(), Some(1));
}

/// Ensures that the socket of a killed server is replaced, and that no other file ever is.
#[test]
fn only_leftovers_are_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s");
    drop(UnixListener::bind(&path).expect("a socket"));
    let server = on_unix_socket(&path, &[]);
    assert_eq!(Raw::connect_unix(&path).ask("PING"), "+PONG");
    let refusal = |path: &Path| {
        let command = &mut Command::new(PROGRAM);
        let output = command.args(["--port", "any", "--unixsocket"]).arg(path).output();
        let output = output.expect("the program");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let line = refusal(&path);
    assert!(line.contains(path.to_str().expect("text")) && line.contains("in use"), "{line}");
    assert_eq!(Raw::connect_unix(&path).ask("PING"), "+PONG", "the first one is not disturbed");
    let file = folder.path().join("precious");
    fs::write(&file, "data").expect("a write");
    let line = refusal(&file);
    assert!(line.contains("precious"), "{line}");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "data");
    drop(server);
}

/// Ensures that a server whose socket was removed can still be stopped.
#[test]
fn a_removed_socket_does_not_keep_the_server_from_ending() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s");
    let mut server = on_unix_socket(&path, &[]);
    fs::remove_file(&path).expect("it is there");
    server.signal("TERM");
    assert_eq!(server.wait().0.code(), Some(0));
}

/// An address of this machine as other machines see it. No packet is sent.
fn outer_address() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind("0.0.0.0:0").expect("a port");
    socket.connect("192.0.2.1:9").ok()?;
    match socket.local_addr().expect("an address") {
        SocketAddr::V4(address) if !address.ip().is_loopback() => Some(*address.ip()),
        _ => None,
    }
}

/// Ensures that without a password remote clients are denied with Redis's text, and admitted as
/// soon as there is a password, or protected mode is off.
#[test]
fn protected_mode_denies_clients_from_elsewhere() {
    let Some(outer) = outer_address() else {
        eprintln!("this machine has no address but the loopback's: nobody can be elsewhere");
        return;
    };
    let server = TestServer::with(|config| config.bind = "*".parse().expect("all"));
    let port = server.address.port();
    let from_here = || Raw::connect((Ipv4Addr::LOCALHOST, port).into());
    let from_elsewhere = || Raw::connect((outer, port).into());
    let denial = String::from_utf8(from_elsewhere().rest()).expect("text");
    assert!(denial.starts_with("-DENIED Redis is running in protected mode because "), "{denial}");
    assert!(denial.ends_with("to start accepting connections from the outside.\r\n"), "{denial}");
    assert_eq!(denial.lines().count(), 1);
    assert_eq!(from_here().ask("CONFIG SET requirepass secret"), "+OK");
    assert!(from_elsewhere().ask("PING").starts_with("-NOAUTH"));
    let mut client = from_elsewhere();
    assert_eq!(client.ask("AUTH secret"), "+OK");
    assert_eq!(client.ask("CONFIG SET requirepass \"\" protected-mode no"), "+OK");
    assert_eq!(from_elsewhere().ask("PING"), "+PONG");
}

/// Ensures that a server that other machines can reach without a password warns at its start.
#[test]
fn an_open_server_says_so() {
    let open = Process::start(&["--bind", "0.0.0.0", "--protected-mode", "no"]);
    open.wait_for_line(&["warning", "No password is set", "read and change", "--requirepass-file"]);
    let protected = Process::start(&["--bind", "0.0.0.0"]);
    protected.wait_for_line(&["warning", "No password is set", "denied"]);
    let closed = Process::start(&["--bind", "0.0.0.0", "--requirepass", "secret"]);
    assert!(!closed.log().iter().any(|line| line.contains("No password")), "{:?}", closed.log());
}
