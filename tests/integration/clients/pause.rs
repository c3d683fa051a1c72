//! CLIENT PAUSE: requests of all clients wait for a while.

use crate::raw::Raw;
use crate::support::{TestServer, check, wait_until};

/// Sends a request and waits until the server lets it wait.
fn say_and_wait(server: &TestServer, client: &mut Raw, request: &str) {
    let waiting = server.shared.clients.pause.waiting();
    client.say(request);
    wait_until("the request waits", || server.shared.clients.pause.waiting() > waiting);
}

/// Ensures that a pause for writes lets reads through, and that what waited is executed at its end.
#[test]
fn writes_wait_and_reads_do_not() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.client(), server.client());
    assert_eq!(client.ask("CLIENT PAUSE 60000 WRITE"), "+OK");
    other.send(b"GET k\r\nPING\r\n");
    say_and_wait(&server, &mut other, "SET k v");
    assert_eq!(other.reply(), b"$-1\r\n", "what came before is answered at once");
    assert_eq!(other.reply(), b"+PONG\r\n");
    assert_eq!(client.ask("EXISTS k"), ":0");
    assert!(client.ask("INFO clients").contains("blocked_clients:1 "));
    assert!(client.ask("CLIENT LIST").contains(" flags=b "));
    assert_eq!(client.ask("CLIENT UNPAUSE"), "+OK");
    assert_eq!(other.reply(), b"+OK\r\n");
    assert_eq!(client.ask("GET k"), "$1 v");
    assert!(client.ask("INFO clients").contains("blocked_clients:0 "));
}

/// Ensures that a pause for all ends by itself when its time is over.
#[test]
fn a_pause_for_all_ends_in_time() {
    let server = TestServer::start();
    let mut client = server.client();
    assert_eq!(client.ask("CLIENT PAUSE 60000"), "+OK");
    say_and_wait(&server, &mut client, "CLIENT UNPAUSE");
    let mut other = server.client();
    say_and_wait(&server, &mut other, "PING");
    server.clock.advance_ms(60_000);
    assert_eq!(client.reply(), b"+OK\r\n");
    assert_eq!(other.reply(), b"+PONG\r\n");
}

/// Ensures that a transaction with a write waits as a whole, and one without does not.
#[test]
fn transactions_wait_if_they_write() {
    let server = TestServer::start();
    let (mut client, mut writer) = (server.client(), server.client());
    for request in ["MULTI", "SET k v"] {
        writer.ask(request);
    }
    assert_eq!(client.ask("CLIENT PAUSE 60000 WRITE"), "+OK");
    for (request, expected) in [("MULTI", "+OK"), ("GET k", "+QUEUED"), ("EXEC", "*1 $-1")] {
        assert_eq!(client.ask(request), expected);
    }
    say_and_wait(&server, &mut writer, "EXEC");
    assert_eq!(client.ask("CLIENT UNPAUSE"), "+OK");
    assert_eq!(writer.reply(), b"*1\r\n+OK\r\n");
}

/// Ensures that what is wrong with a request is said at once.
#[test]
fn refusals_do_not_wait() {
    let server = TestServer::start();
    let mut client = server.client();
    assert_eq!(client.ask("CLIENT PAUSE 60000 WRITE"), "+OK");
    assert!(client.ask("SET k").starts_with("-ERR wrong number of arguments"));
    assert!(client.ask("NONSENSE").starts_with("-ERR unknown command"));
}

/// Ensures that a client that waits can be killed.
#[test]
fn a_waiting_client_can_be_killed() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.client(), server.client());
    let id = other.ask("CLIENT ID")[1..].to_owned();
    assert_eq!(client.ask("CLIENT PAUSE 60000 WRITE"), "+OK");
    say_and_wait(&server, &mut other, "SET k v");
    assert_eq!(client.ask(&format!("CLIENT KILL ID {id}")), ":1");
    assert!(other.is_ended());
    assert_eq!(client.ask("CLIENT UNPAUSE"), "+OK");
    assert_eq!(client.ask("EXISTS k"), ":0", "it was not executed");
}

/// Ensures that a waiting client that hangs up is removed with its request: repeated attempts must
/// not exhaust the limit of clients.
#[test]
fn a_client_that_hangs_up_is_removed() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.client(), server.client());
    assert_eq!(client.ask("CLIENT PAUSE 60000 WRITE"), "+OK");
    say_and_wait(&server, &mut other, "SET k v");
    drop(other);
    wait_until("nobody waits", || server.shared.clients.pause.waiting() == 0);
    wait_until("its place is free", || server.shared.clients.len() == 1);
    assert_eq!(client.ask("CLIENT UNPAUSE"), "+OK");
    assert_eq!(client.ask("EXISTS k"), ":0", "it was not executed");
}

/// Ensures that a waiting client does not count as idle, neither then nor afterwards.
#[test]
fn a_waiting_client_is_not_idle() {
    let server = TestServer::with(|config| config.timeout = 30);
    let (mut client, mut other) = (server.client(), server.client());
    let mut silent = server.client();
    assert_eq!(silent.ask("PING"), "+PONG");
    assert_eq!(client.ask("CLIENT PAUSE 60000 WRITE"), "+OK");
    say_and_wait(&server, &mut other, "SET k v");
    server.clock.advance_ms(40_000);
    assert!(silent.is_ended(), "the housekeeper has looked");
    server.clock.advance_ms(20_000);
    assert_eq!(other.reply(), b"+OK\r\n");
    assert_eq!(other.ask("GET k"), "$1 v");
}

/// Ensures that a stop ends all waits: received requests are answered.
#[test]
fn a_stop_ends_the_pause() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.client(), server.client());
    assert_eq!(client.ask("CLIENT PAUSE 60000 WRITE"), "+OK");
    say_and_wait(&server, &mut other, "SET k v");
    drop(server);
    assert_eq!(other.rest(), b"+OK\r\n");
}

/// Ensures that wrong requests get Redis's texts, in Redis's order of checks.
#[test]
fn wrong_requests() {
    check(
        "
        > CLIENT PAUSE x foo
        -ERR CLIENT PAUSE mode must be WRITE or ALL
        > CLIENT PAUSE x
        -ERR timeout is not an integer or out of range
        > CLIENT PAUSE -1 WRITE
        -ERR timeout is negative
        > CLIENT PAUSE 1 WRITE ALL
        -ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.
        > CLIENT PAUSE
        -ERR wrong number of arguments for 'client|pause' command
        > CLIENT UNPAUSE now
        -ERR wrong number of arguments for 'client|unpause' command
        > CLIENT UNBLOCK x
        -ERR value is not an integer or out of range
        > CLIENT UNBLOCK 1 foo
        -ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
        > CLIENT UNBLOCK 1 ERROR x
        -ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.
        > CLIENT UNBLOCK 1
        :0
        ",
    );
}

/// Ensures that WAIT waits for replicas, of which there are none, until its time is over or it is
/// ended, and not in a transaction.
#[test]
fn waiting_for_replicas() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.client(), server.client());
    let id = client.ask("CLIENT ID")[1..].to_owned();
    let waits = |client: &mut Raw| {
        client.say("WAIT 1 60000");
        wait_until("it waits", || server.shared.clients.waiting.len() == 1);
    };
    waits(&mut client);
    assert!(other.ask("INFO clients").contains("blocked_clients:1 "));
    assert!(other.ask("CLIENT LIST").contains(" flags=b "));
    server.clock.advance_ms(60_000);
    assert_eq!(client.reply(), b":0\r\n");
    waits(&mut client);
    assert_eq!(other.ask(&format!("CLIENT UNBLOCK {id} ERROR")), ":1");
    assert_eq!(client.reply(), b"-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    for (request, reply) in [("MULTI", "+OK"), ("WAIT 1 0", "+QUEUED"), ("EXEC", "*1 :0")] {
        assert_eq!(client.ask(request), reply);
    }
    assert_eq!(client.ask("WAIT 0 0"), ":0");
}
