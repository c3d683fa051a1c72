//! Deadlines of fields elsewhere: in copies and payloads, in the sweep, in events, in files.

use crate::listener::{events, listen};
use crate::logs::{folder, logging, rewrite};
use crate::raw::Raw;
use crate::support::{START_MS, TestServer, check};

/// Ensures that deadlines go along with the value: into a copy, under another name, into another
/// database, into a payload and back.
#[test]
fn deadlines_go_along_with_the_value() {
    let server = TestServer::start();
    let mut client = server.client();
    client.ask("HSET h a 1 b 2");
    client.ask("HPEXPIRE h 100 FIELDS 1 a");
    client.ask("COPY h copy");
    client.ask("RENAME h renamed");
    client.ask("COPY copy copy DB 1");
    client.say("DUMP copy");
    let payload = client.reply();
    let payload = &payload[payload.iter().position(|byte| *byte == b'\n').expect("a line") + 1..];
    client.request(&[b"RESTORE", b"restored", b"0", &payload[..payload.len() - 2]]);
    assert_eq!(client.reply(), b"+OK\r\n");
    for key in ["copy", "renamed", "restored"] {
        let deadlines = client.ask(&format!("HPEXPIRETIME {key} FIELDS 2 a b"));
        assert_eq!(deadlines, format!("*2 :{} :-1", START_MS + 100), "{key}");
    }
    client.ask("SELECT 1");
    client.ask("MOVE copy 2");
    client.ask("SELECT 2");
    server.clock.advance_ms(100);
    assert_eq!(client.ask("HGETALL copy"), "*2 $1 b $1 2");
    // An expired field is left out of what is restored.
    client.request(&[b"RESTORE", b"restored", b"0", &payload[..payload.len() - 2]]);
    assert_eq!(client.reply(), b"+OK\r\n");
    assert_eq!(client.ask("HGETALL restored"), "*2 $1 b $1 2");
}

/// Ensures that the housekeeper removes expired fields that nobody asks for.
#[test]
fn the_sweep_frees_fields() {
    let server = TestServer::start();
    let mut client = server.client();
    let fields = (0..2_000).map(|number| format!("field{number}")).collect::<Vec<_>>();
    for some in fields.chunks(500) {
        let pairs: String = some.iter().map(|field| format!(" {field} some-value")).collect();
        client.ask(&format!("HSET large{pairs} stays 1"));
        client.ask(&format!("HPEXPIRE large 50 FIELDS {} {}", some.len(), some.join(" ")));
    }
    client.ask("HSET all a 1 b 2");
    client.ask("HPEXPIRE all 50 FIELDS 2 a b");
    let used = |server: &TestServer| server.shared.with_keyspace(|hold| hold.used_bytes());
    let before = used(&server);
    server.clock.advance_ms(50);
    server.let_a_round_pass();
    assert!(used(&server) < before / 2, "{before} before, {} after", used(&server));
    assert_eq!(client.ask("DBSIZE"), ":1");
    assert_eq!(client.ask("HGETALL large"), "*2 $5 stays $1 1");
}

/// Ensures that events are those of Redis, in its order.
#[test]
fn events_are_published() {
    let (server, mut listener) = listen("Ehg");
    let mut client = server.client();
    for request in [
        "HSET h a 1 b 2 c 3",
        "HEXPIRE h 100 FIELDS 2 a nobody",
        "HEXPIRE h 100 NX FIELDS 1 a",
        "HPERSIST h FIELDS 2 a b",
        "HPERSIST h FIELDS 1 a",
        "HGETEX h PX 10 FIELDS 1 a",
        "HGETEX h FIELDS 1 a",
        "HGETDEL h FIELDS 1 b",
        "HSETEX h PX 10 FIELDS 1 d 4",
    ] {
        client.ask(request);
    }
    server.clock.advance_ms(10);
    for request in ["HGET h a", "HPEXPIRE h 0 FIELDS 1 c", "HSETEX h EXAT 1 FIELDS 1 a 1"] {
        client.ask(request);
    }
    let expected = [
        "hset h",
        "hexpire h",
        "hpersist h",
        "hexpire h",
        "hdel h",
        "hset h",
        "hexpire h",
        "hexpired h",
        "hdel h",
        "del h",
        "hset h",
        "hdel h",
        "del h",
    ];
    assert_eq!(events(&mut client, &mut listener), expected);
}

/// Ensures that an expiry is a change for watchers of the key.
#[test]
fn an_expiry_is_a_change() {
    check(
        "
        > HSET h a 1 b 2
        :2
        > HPEXPIRE h 10 FIELDS 1 a
        *1
        :1
        > WATCH h
        +OK
        @advance 10ms
        > MULTI
        +OK
        > EXEC
        *-1
        ",
    );
}

/// All hashes with their deadlines.
fn everything(client: &mut Raw) -> Vec<String> {
    let ask = |key: &str| {
        let fields = client.ask(&format!("HGETALL {key}"));
        let deadlines = client.ask(&format!("HPEXPIRETIME {key} FIELDS 4 a b c d"));
        format!("{fields} | {deadlines}")
    };
    ["h", "i", "j", "k", "l"].into_iter().map(ask).collect()
}

/// Ensures that a log makes the same hashes again, whenever it is read, and that a rewritten one
/// does.
#[test]
fn a_log_makes_the_same_hashes_again() {
    let folder = folder();
    let session = [
        "HSET h a 1 b 2 c 3",
        "HPEXPIRE h 100 FIELDS 2 a b",
        "HSETEX i PX 5000 FIELDS 2 a 1 b 2",
        "HINCRBYFLOAT i a 1.5",
        "HSETEX i KEEPTTL FIELDS 2 b 3 c 4",
        "HGETEX i PERSIST FIELDS 1 b",
        "HSET j a 1 b 2",
        "HGETEX j PX 50 FIELDS 1 a",
        "COPY h k",
        "HSETEX l PX 10 FIELDS 1 a 1",
    ];
    // The fields expire while the log is written, between dependent requests.
    let later = [
        "HINCRBY j a 7",
        "HPEXPIRE h 0 FIELDS 1 c",
        "HGETDEL i FIELDS 1 c",
        "HSETNX h a 9",
        "HSET l b 1",
    ];
    let before = {
        let server = logging(folder.path());
        let mut client = server.client();
        session.iter().for_each(|request| drop(client.ask(request)));
        server.clock.advance_ms(60);
        later.iter().for_each(|request| drop(client.ask(request)));
        everything(&mut client)
    };
    assert!(before[2].starts_with("*4 $1 b $1 2 $1 a $1 7"), "{before:?}");
    for round in 0..3 {
        let server = logging(folder.path());
        server.clock.advance_ms(60);
        let mut client = server.client();
        assert_eq!(everything(&mut client), before, "round {round}");
        if round > 0 {
            rewrite(&mut client);
        }
    }
}

/// Ensures that a snapshot has the deadlines, and that a hash without them is written as before.
#[test]
fn a_snapshot_has_the_deadlines() {
    let folder = folder();
    let with_snapshot = || TestServer::with(|config| config.dir = folder.path().to_path_buf());
    let before = {
        let server = with_snapshot();
        let mut client = server.client();
        client.ask("HSET h a 1 b 2");
        client.ask("HPEXPIRE h 100 FIELDS 1 a");
        client.ask("HSET i a 1");
        client.ask("HPEXPIRE i 50 FIELDS 1 a");
        client.ask("HSET j a 1");
        assert_eq!(client.ask("SAVE"), "+OK");
        everything(&mut client)
    };
    let server = with_snapshot();
    let mut client = server.client();
    assert_eq!(everything(&mut client), before);
    server.clock.advance_ms(100);
    assert_eq!(client.ask("HGETALL h"), "*2 $1 b $1 2");
    assert_eq!(client.ask("EXISTS h i j"), ":2");
}
