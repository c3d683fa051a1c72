//! CLIENT REPLY, NO-TOUCH and NO-EVICT: which replies are sent, and what lookups record.

use crate::raw::Raw;
use crate::support::{TestServer, check, wait_until};
use respool::config::memory::MaxMemory;

/// Ensures that with REPLY OFF nothing is sent, not even errors, until ON is answered.
#[test]
fn reply_off_is_silent_until_on() {
    check(
        "
        > CLIENT REPLY OFF
        > SET k v
        > NONSENSE
        > GET
        > CLIENT REPLY SKIP
        > CLIENT REPLY nonsense
        > CLIENT REPLY ON
        +OK
        > GET k
        $1 v
        ",
    );
}

/// Ensures that SKIP leaves out its own reply and the next one, whatever that is.
#[test]
fn reply_skip_leaves_out_one_reply() {
    check(
        "
        > CLIENT REPLY SKIP
        > SET k v
        > GET k
        $1 v
        > CLIENT REPLY skip
        > NONSENSE
        > GET k
        $1 v
        > CLIENT REPLY SKIP
        > CLIENT REPLY SKIP
        > PING
        > PING
        +PONG
        > CLIENT REPLY SKIP
        > CLIENT REPLY ON
        +OK
        > PING
        +PONG
        > CLIENT REPLY sometimes
        -ERR syntax error
        ",
    );
}

/// Ensures that silence does not change what is executed, in one long pipeline.
#[test]
fn silent_commands_are_executed() {
    let server = TestServer::start();
    let mut client = server.client();
    let mut pipeline = String::from("CLIENT REPLY OFF\r\n");
    (0..5_000).for_each(|_| pipeline.push_str("INCR n\r\n"));
    pipeline.push_str("CLIENT REPLY ON\r\nGET n\r\n");
    client.send(pipeline.as_bytes());
    assert_eq!(client.finish(), b"+OK\r\n$4\r\n5000\r\n");
}

/// Ensures that QUIT is executed in silence.
#[test]
fn quit_in_silence_closes() {
    let server = TestServer::start();
    let mut client = server.client();
    client.send(b"CLIENT REPLY OFF\r\nPING\r\nQUIT\r\n");
    assert_eq!(client.rest(), b"");
}

/// Ensures that RESET ends the silence.
#[test]
fn reset_ends_the_silence() {
    check("> CLIENT REPLY OFF\n> PING\n> RESET\n+RESET\n> PING\n+PONG");
}

/// Ensures that NO-TOUCH leaves the last use of a key as it is, and takes ON and OFF only.
#[test]
fn no_touch_leaves_the_age_alone() {
    let server = TestServer::start();
    let mut client = server.client();
    let idle_ms = || {
        let mut keyspace = server.shared.lock_keyspace();
        let now_ms = keyspace.now_ms;
        let mut keys = keyspace.keys(0, now_ms, true);
        keys.peek(b"k").map(|entry| entry.idle_ms(now_ms))
    };
    client.ask("SET k v");
    server.clock.advance_ms(5_000);
    assert_eq!(client.ask("CLIENT NO-TOUCH on"), "+OK");
    assert_eq!(client.ask("GET k"), "$1 v");
    assert_eq!(idle_ms(), Some(5_000));
    assert!(client.ask("CLIENT INFO").contains(" flags=T "));
    assert_eq!(client.ask("CLIENT NO-TOUCH OFF"), "+OK");
    assert_eq!(client.ask("EXISTS k"), ":1");
    assert_eq!(client.ask("TTL k"), ":-1");
    assert_eq!(client.ask("TYPE k"), "+string");
    assert_eq!(idle_ms(), Some(5_000), "asking about a key is not using it");
    assert_eq!(client.ask("GET k"), "$1 v");
    assert_eq!(idle_ms(), Some(0));
    assert_eq!(client.ask("CLIENT NO-TOUCH maybe"), "-ERR syntax error");
}

/// Ensures that NO-EVICT is remembered and shown.
#[test]
fn no_evict_is_shown() {
    let server = TestServer::start();
    let mut client = server.client();
    assert_eq!(client.ask("CLIENT NO-EVICT on"), "+OK");
    assert!(client.ask("CLIENT INFO").contains(" flags=e "));
    assert_eq!(client.ask("CLIENT NO-EVICT off"), "+OK");
    assert!(client.ask("CLIENT INFO").contains(" flags=N "));
    assert_eq!(client.ask("CLIENT NO-EVICT maybe"), "-ERR syntax error");
}

/// Ensures that the largest clients have to leave when clients together take too much, that one
/// which asked to be spared stays, and that it is counted.
#[test]
fn the_largest_clients_are_evicted() {
    let server = TestServer::with(|config| config.maxmemory_clients = MaxMemory::Bytes(8 << 20));
    let (mut small, mut spared) = (server.client(), server.client());
    assert_eq!(spared.ask("CLIENT NO-EVICT on"), "+OK");
    let begin = |client: &mut Raw, bytes: usize| {
        client.send(format!("*2\r\n$4\r\nECHO\r\n${}\r\n", bytes + 1).as_bytes());
        client.send_anyway(&vec![b'x'; bytes]);
    };
    assert_eq!(small.ask("PING"), "+PONG");
    begin(&mut spared, 2 << 20);
    let mut large = server.client();
    begin(&mut large, 16 << 20);
    assert!(large.is_ended());
    spared.send(b"x\r\n");
    assert_eq!(spared.reply().len(), (2 << 20) + 13);
    // It is counted by its worker, after the connection has ended.
    wait_until("it is counted", || small.ask("INFO stats").contains("evicted_clients:1 "));
}
