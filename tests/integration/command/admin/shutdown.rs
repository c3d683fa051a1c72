//! SHUTDOWN: an orderly stop, asked for by a client.

use crate::process::Process;
use crate::support::TestServer;
use std::time::Duration;

/// Ensures that the server ends with success and without a reply, and that others are answered.
#[test]
fn shutdown_ends_the_server() {
    for request in ["SHUTDOWN", "SHUTDOWN NOSAVE", "shutdown now force"] {
        let mut server = Process::start(&[]);
        let (mut client, mut other) = (server.client(), server.client());
        assert_eq!(other.ask("PING"), "+PONG");
        client.say(request);
        assert!(client.rest().is_empty(), "{request} is not answered");
        assert!(other.rest().is_empty(), "the others are closed in an orderly way");
        let (status, elapsed) = server.wait();
        assert!(status.success(), "{request}: {status}");
        assert!(elapsed < Duration::from_secs(5), "{request} took {elapsed:?}");
        server.wait_for_line(&["asked for SHUTDOWN, stopping"]);
    }
}

/// Ensures that requests pipelined before SHUTDOWN are answered, and later ones are not.
#[test]
fn requests_in_front_are_answered() {
    let mut server = Process::start(&[]);
    let mut client = server.client();
    client.send(b"SET k v\r\nGET k\r\nSHUTDOWN\r\nGET k\r\n");
    assert_eq!(client.rest(), b"+OK\r\n$1\r\nv\r\n");
    assert!(server.wait().0.success());
}

/// Ensures that a client that reads no replies cannot delay the stop that it requests.
#[test]
fn unread_replies_do_not_delay_the_stop() {
    let mut server = Process::start(&[]);
    let mut client = server.client();
    client.send(b"SETRANGE k 50000000 v\r\nGET k\r\nSHUTDOWN\r\n");
    let (status, elapsed) = server.wait();
    assert!(status.success(), "{status}");
    assert!(elapsed < Duration::from_secs(3), "it took {elapsed:?}");
}

/// Ensures that what makes no sense is refused, and that the server goes on.
#[test]
fn what_makes_no_sense_is_refused() {
    let server = TestServer::start();
    let mut client = server.client();
    for (request, expected) in [
        ("SHUTDOWN SAVE NOSAVE", "-ERR syntax error"),
        ("SHUTDOWN ABORT", "-ERR No shutdown in progress."),
        ("SHUTDOWN ABORT NOW", "-ERR syntax error"),
        ("SHUTDOWN foo", "-ERR syntax error"),
        ("PING", "+PONG"),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    server.check("> MULTI\n+OK\n> SHUTDOWN\n-ERR Command not allowed inside a transaction");
}
