//! Client-side caching: which keys are remembered, and who gets an invalidation for them when.

use crate::raw::{Raw, lines_of};
use crate::support::{TestServer, check, check3};

/// The next message or reply, its lines parted by a space.
fn next(client: &mut Raw) -> String {
    lines_of(&client.reply()).join(" ")
}

/// A RESP3 client with a mode of tracking.
fn tracker(server: &TestServer, mode: &str) -> Raw {
    let mut client = server.client3();
    assert_eq!(client.ask(&format!("CLIENT TRACKING on {mode}")), "+OK");
    client
}

fn invalidation(key: &str) -> String {
    format!(">2 $10 invalidate *1 ${} {key}", key.len())
}

/// The value of a line of INFO.
fn figure(client: &mut Raw, name: &str) -> String {
    let info = client.ask("INFO everything");
    let value = info.split(' ').find_map(|line| line.strip_prefix(&format!("{name}:")));
    value.unwrap_or_else(|| panic!("no {name}")).to_owned()
}

/// Asks for something and checks that no message stands before the answer.
fn expect_silence(client: &mut Raw) {
    assert_eq!(client.ask("PING"), "+PONG");
}

/// Ensures that a key which was read is invalidated once, behind the reply that has read it, and
/// that a key which was not read is not.
#[test]
fn read_keys_are_invalidated_once() {
    let server = TestServer::start();
    let (mut reader, mut writer) = (tracker(&server, ""), server.client());
    assert_eq!(reader.ask("MGET a b"), "*2 _ _");
    assert_eq!(figure(&mut writer, "tracking_clients"), "1");
    assert_eq!(figure(&mut writer, "tracking_total_keys"), "2");
    assert_eq!(figure(&mut writer, "tracking_total_items"), "2");
    for request in ["SET other 1", "SET b 1", "SET b 2", "HSET a f v"] {
        writer.ask(request);
    }
    assert_eq!(next(&mut reader), invalidation("b"));
    assert_eq!(next(&mut reader), invalidation("a"));
    expect_silence(&mut reader);
    assert_eq!(figure(&mut writer, "tracking_total_keys"), "0");
    // The read and the change in one batch, and in one transaction.
    reader.send(b"GET k\r\nSET k 1\r\nGET k\r\nDEL k\r\nPING\r\n");
    let expected = ["_", "+OK", "$1 1", ":1", "+PONG"];
    expected.iter().for_each(|expected| assert_eq!(next(&mut reader), *expected));
    (0..2).for_each(|_| assert_eq!(next(&mut reader), invalidation("k")));
    reader.send(b"MULTI\r\nGET k\r\nSET k 1\r\nEXEC\r\n");
    let expected = ["+OK", "+QUEUED", "+QUEUED", "*2 _ +OK"];
    expected.iter().for_each(|expected| assert_eq!(next(&mut reader), *expected));
    assert_eq!(next(&mut reader), invalidation("k"));
    reader.ask("EVAL \"return redis.call('get', 'k')\" 0");
    writer.ask("DEL k");
    assert_eq!(next(&mut reader), invalidation("k"));
}

/// Ensures that a client that has stopped, was reset or has left is not served, and leaves nothing.
#[test]
fn leaving_ends_tracking() {
    let server = TestServer::start();
    let (mut reader, mut writer) = (tracker(&server, ""), server.client());
    reader.ask("GET k");
    assert_eq!(reader.ask("CLIENT TRACKING off"), "+OK");
    writer.ask("SET k 1");
    expect_silence(&mut reader);
    reader.ask("CLIENT TRACKING on BCAST PREFIX k");
    assert_eq!(figure(&mut writer, "tracking_total_prefixes"), "1");
    assert_eq!(reader.ask("RESET"), "+RESET");
    writer.ask("SET k 2");
    expect_silence(&mut reader);
    let mut other = tracker(&server, "BCAST");
    other.finish();
    crate::support::wait_until("it has left", || server.shared.tracking.is_empty());
    assert_eq!(figure(&mut writer, "tracking_total_prefixes"), "0");
}

/// Ensures that broadcast mode sends the changes of all keys with a prefix, read or not.
#[test]
fn broadcast_goes_by_prefix() {
    let server = TestServer::start();
    let mut listener = tracker(&server, "BCAST PREFIX user: PREFIX a");
    let (mut all, mut writer) = (tracker(&server, "BCAST"), server.client());
    for key in ["user:1", "user", "a", "b"] {
        writer.ask(&format!("SET {key} 1"));
        assert_eq!(next(&mut all), invalidation(key));
    }
    assert_eq!(next(&mut listener), invalidation("user:1"));
    assert_eq!(next(&mut listener), invalidation("a"));
    expect_silence(&mut listener);
    writer.ask("FLUSHALL");
    assert_eq!(next(&mut listener), ">2 $10 invalidate _");
    assert!(listener.ask("CLIENT INFO").contains(" flags=tB "));
}

/// Ensures that OPTIN remembers the keys of the command after CACHING YES only, a transaction being
/// one, and that OPTOUT leaves out those after CACHING NO.
#[test]
fn clients_choose() {
    let server = TestServer::start();
    let (mut picky, mut writer) = (tracker(&server, "OPTIN"), server.client());
    picky.ask("GET a");
    assert_eq!(picky.ask("CLIENT CACHING yes"), "+OK");
    picky.ask("GET b");
    picky.ask("GET c");
    for line in ["CLIENT CACHING yes", "MULTI", "GET d", "GET e", "EXEC", "GET f"] {
        picky.ask(line);
    }
    writer.ask("MSET a 1 b 1 c 1 d 1 e 1 f 1");
    for key in ["b", "d", "e"] {
        assert_eq!(next(&mut picky), invalidation(key));
    }
    expect_silence(&mut picky);
    let mut generous = tracker(&server, "OPTOUT");
    generous.ask("GET a");
    assert_eq!(generous.ask("CLIENT CACHING no"), "+OK");
    generous.ask("GET b");
    generous.ask("GET c");
    writer.ask("MSET a 2 b 2 c 2");
    assert_eq!(next(&mut generous), invalidation("a"));
    assert_eq!(next(&mut generous), invalidation("c"));
    expect_silence(&mut generous);
}

/// Ensures that NOLOOP spares a client its own changes, but not those of others.
#[test]
fn own_changes_are_left_out() {
    let server = TestServer::start();
    for mode in ["NOLOOP", "NOLOOP BCAST"] {
        let (mut own, mut writer) = (tracker(&server, mode), server.client());
        own.ask("GET k");
        own.ask("SET k 1");
        expect_silence(&mut own);
        own.ask("GET k");
        writer.ask("SET k 2");
        assert_eq!(next(&mut own), invalidation("k"), "{mode}");
        own.finish();
    }
}

/// Ensures that a RESP2 client gets the invalidations of another one as messages, only while it
/// listens, and that its end is reported.
#[test]
fn invalidations_are_redirected() {
    let server = TestServer::start();
    let (mut listener, mut writer) = (server.client(), server.client());
    let id = listener.ask("CLIENT ID")[1..].to_owned();
    let mut reader = server.client3();
    assert_eq!(reader.ask(&format!("CLIENT TRACKING on REDIRECT {id}")), "+OK");
    assert_eq!(reader.ask("CLIENT GETREDIR"), format!(":{id}"));
    reader.ask("GET k");
    writer.ask("SET k 0");
    expect_silence(&mut listener);
    listener.ask("SUBSCRIBE __redis__:invalidate");
    reader.ask("GET k");
    writer.ask("SET k 1");
    assert_eq!(next(&mut listener), "*3 $7 message $20 __redis__:invalidate *1 $1 k");
    writer.ask("FLUSHDB");
    assert_eq!(next(&mut listener), "*3 $7 message $20 __redis__:invalidate $-1");
    reader.ask("GET k");
    listener.finish();
    let gone = server.shared.clone();
    crate::support::wait_until("it has left", || gone.clients.len() == 2);
    writer.ask("SET k 2");
    assert_eq!(next(&mut reader), format!(">2 $21 tracking-redir-broken :{id}"));
    assert!(reader.ask("CLIENT INFO").contains(" flags=tR "));
    assert!(reader.ask("CLIENT TRACKINGINFO").contains("broken_redirect"));
}

/// Ensures that a key that expires while several are read is invalidated behind the reply.
#[test]
fn expiry_invalidates_behind_the_reply() {
    let server = TestServer::start();
    let mut reader = tracker(&server, "NOLOOP");
    reader.ask("MSET a 1 c 3");
    reader.ask("SET b 2 PX 10");
    assert_eq!(reader.ask("MGET a b c"), "*3 $1 1 $1 2 $1 3");
    server.clock.advance_ms(20);
    reader.say("MGET a b c");
    // The sweep may be faster than the request; neither message interrupts a reply.
    let mut both = [next(&mut reader), next(&mut reader)];
    both.sort();
    assert_eq!(both, ["*3 $1 1 _ $1 3".to_owned(), invalidation("b")]);
}

/// Ensures that a removal because there is no memory and an exchange of databases invalidate.
#[test]
fn eviction_and_exchange_invalidate() {
    let server = TestServer::start();
    let (mut reader, mut writer) = (tracker(&server, ""), server.client());
    reader.ask("SET k 1");
    reader.ask("GET k");
    writer.ask("SWAPDB 0 1");
    assert_eq!(next(&mut reader), ">2 $10 invalidate _");
    reader.ask("SELECT 1");
    reader.ask("GET k");
    writer.ask("CONFIG SET maxmemory-policy allkeys-lru");
    writer.ask("CONFIG SET maxmemory 1");
    assert_eq!(next(&mut reader), invalidation("k"));
}

/// Ensures that the table has no more keys than allowed, and that what it forgets is invalidated.
#[test]
fn table_is_bounded() {
    let server = TestServer::start();
    let (mut reader, mut writer) = (tracker(&server, ""), server.client());
    writer.ask("CONFIG SET tracking-table-max-keys 10");
    (0..30).for_each(|n| reader.say(&format!("GET k{n}")));
    let messages = (0..50).map(|_| next(&mut reader)).filter(|line| line != "_").count();
    assert_eq!(messages, 20);
    assert_eq!(figure(&mut writer, "tracking_total_keys"), "10");
    assert_eq!(figure(&mut writer, "tracking_total_items"), "10");
}

/// Ensures that a RESP2 client without another one is sent nothing: it could not tell.
#[test]
fn resp2_gets_no_pushes() {
    check(
        "
        > CLIENT TRACKING on
        +OK
        > GET k
        $-1
        > SET k 1
        +OK
        > CLIENT GETREDIR
        :0
        > PING
        +PONG
    ",
    );
}

/// Ensures that modes which do not go together are refused in Redis's words.
#[test]
fn modes_are_checked() {
    check3(
        "
        > CLIENT TRACKING perhaps
        -ERR syntax error
        > CLIENT TRACKING on OPTIN OPTOUT
        -ERR You can't specify both OPTIN mode and OPTOUT mode
        > CLIENT TRACKING on BCAST OPTIN
        -ERR OPTIN and OPTOUT are not compatible with BCAST
        > CLIENT TRACKING on REDIRECT x
        -ERR value is not an integer or out of range
        > CLIENT TRACKING on REDIRECT
        -ERR syntax error
        > CLIENT CACHING yes
        -ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or \
        OPTOUT mode enabled
        > CLIENT TRACKING on BCAST PREFIX a PREFIX ab
        -ERR Prefix 'a' overlaps with another provided prefix 'ab'. Prefixes for a single client \
        must not overlap.
        > CLIENT TRACKING on BCAST PREFIX a PREFIX b NOLOOP
        +OK
        > CLIENT TRACKINGINFO
        %3
        $5
        flags
        ~3
        $2
        on
        $5
        bcast
        $6
        noloop
        $8
        redirect
        :0
        $8
        prefixes
        *2
        $1
        a
        $1
        b
        > CLIENT TRACKING on BCAST PREFIX ab
        -ERR Prefix 'ab' overlaps with an existing prefix 'a'. Prefixes for a single client must \
        not overlap.
        > CLIENT TRACKING on
        -ERR You can't switch BCAST mode on/off before disabling tracking for this client, and \
        then re-enabling it with a different mode.
        > CLIENT TRACKING off
        +OK
        > CLIENT TRACKING on OPTIN
        +OK
        > CLIENT TRACKING on OPTOUT
        -ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and \
        then re-enabling it with a different mode.
    ",
    );
}
