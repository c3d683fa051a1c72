//! The append-only file: what is logged, and that it leads to the same data again.

use crate::logs::{folder, increment, logging};
use crate::support::{START_MS, TestServer};
use std::path::Path;

/// The log as text: a line for each request, with one space between its words.
fn logged(dir: &Path) -> Vec<String> {
    let bytes = std::fs::read(increment(dir)).expect("a log");
    let text = String::from_utf8(bytes).expect("a log of text");
    let mut lines = Vec::new();
    for request in text.split('*').skip(1) {
        let words: Vec<&str> = request.split("\r\n").skip(2).step_by(2).collect();
        lines.push(words.join(" ").trim_end().to_owned());
    }
    lines
}

/// Sends the requests of a session, whatever the replies.
fn say_all(server: &TestServer, session: &str) {
    let mut client = server.client();
    for line in session.lines().map(str::trim) {
        match (line.strip_prefix("> "), line.strip_prefix("@advance ")) {
            (Some(request), _) => drop(client.ask(request)),
            (_, Some(ms)) => {
                server.clock.advance_ms(ms.trim_end_matches("ms").parse().expect("a number"));
            }
            _ => assert!(line.is_empty(), "{line}"),
        }
    }
}

/// Runs a session on a new log, and expects these requests in it after `SELECT 0`.
fn check_log(session: &str, expected: &[&str]) {
    let dir = folder();
    let server = logging(dir.path());
    say_all(&server, session);
    drop(server);
    let mut lines = logged(dir.path());
    if !lines.is_empty() {
        assert_eq!(lines.remove(0), "SELECT 0");
    }
    assert_eq!(lines, expected, "{session}");
}

/// Ensures that a moment is logged, and never a span of time.
#[test]
fn deadlines_are_logged_as_moments() {
    let at = |ms: u64| (START_MS + ms).to_string();
    check_log(
        "> SET a 1 EX 10
         > SET b 1 PX 5 NX
         > SETEX c 2 v
         > PSETEX d 3 v
         > EXPIRE a 20
         > PEXPIRE a 30 GT
         > GETEX a PX 40
         > GETEX a PERSIST
         > SET a 2 KEEPTTL
         > EXPIRE c -1
         > GETEX d EXAT 1",
        &[
            &format!("SET a 1 PXAT {}", at(10_000)),
            &format!("SET b 1 PXAT {}", at(5)),
            &format!("SET c v PXAT {}", at(2_000)),
            &format!("SET d v PXAT {}", at(3)),
            &format!("PEXPIREAT a {}", at(20_000)),
            &format!("PEXPIREAT a {}", at(40)),
            "PERSIST a",
            "SET a 2 KEEPTTL",
            "DEL c",
            "DEL d",
        ],
    );
}

/// Ensures that the log says what happened, not on what condition or to which figure it was added.
#[test]
fn conditions_and_fractions_are_logged_as_results() {
    check_log(
        "> SET lock mine NX
         > SET lock yours IFEQ mine GET
         > SET lock none XX
         > DELIFEQ lock none
         > INCRBYFLOAT price 10.5
         > INCRBYFLOAT price 0.1
         > HINCRBYFLOAT basket total 2.50
         > HINCRBY basket n 2
         > SET token secret
         > GETDEL token
         > APPEND s x
         > INCRBY n 5",
        &[
            "SET lock mine",
            "SET lock yours",
            "SET lock none",
            "DEL lock",
            "SET price 10.5 KEEPTTL",
            "SET price 10.6 KEEPTTL",
            "HSET basket total 2.5",
            "HINCRBY basket n 2",
            "SET token secret",
            "DEL token",
            "APPEND s x",
            "INCRBY n 5",
        ],
    );
}

/// Ensures that commands that change nothing, fail or only read are not logged.
#[test]
fn nothing_is_logged_for_commands_that_changed_nothing() {
    check_log(
        "> GET a
         > DEL a
         > SET a 1 XX
         > DELIFEQ a 1
         > PERSIST a
         > EXPIRE a 10
         > HDEL h f
         > GETDEL a
         > INCR a b
         > FLUSHDB
         > MULTI
         > GET a
         > DEL a
         > EXEC",
        &[],
    );
}

/// Ensures that a transaction is logged as one unit with the databases in which it worked.
#[test]
fn a_transaction_is_one_unit() {
    check_log(
        "> MULTI
         > SET a 1
         > GET a
         > HSET a f v
         > SELECT 2
         > INCR b
         > EXEC
         > SELECT 2
         > SET c 1",
        &["MULTI", "SET a 1", "SELECT 2", "INCR b", "EXEC", "SET c 1"],
    );
}

/// Ensures that expiry is logged as DEL in front of the command that met the expired key.
#[test]
fn expiry_is_logged_as_a_removal() {
    check_log(
        "> SET a 1 PX 10
         > SET b 1 PX 10
         @advance 20ms
         > INCR a
         > GET b",
        &[
            &format!("SET a 1 PXAT {}", START_MS + 10),
            &format!("SET b 1 PXAT {}", START_MS + 10),
            "DEL a",
            "INCR a",
            "DEL b",
        ],
    );
}

const SESSION: &str = "
    > SET a 1
    > INCR a
    > SET b v EX 100
    > APPEND b w
    > SET gone v PX 5
    > HSET h f 1 g 2
    > HDEL h f
    > SELECT 3
    > MULTI
    > SET c 1
    > RENAME c d
    > EXEC
    > SETRANGE d 3 xyz
    > SET long 0123456789012345678901234567890123456789012345678901234567890123456789
";

const STATE: &str = r#"
    > GET a
    $1 2
    > GET b
    $2 vw
    > TTL b
    :100
    > HGETALL h
    *2
    $1 g
    $1 2
    > DBSIZE
    :4
    > SELECT 3
    +OK
    > GET d
    $6 1\x00\x00xyz
    > STRLEN long
    :70
    > DBSIZE
    :2
"#;

/// Ensures that the data is the same after a restart, and after another one.
#[test]
fn data_survives_restarts() {
    let dir = folder();
    let server = logging(dir.path());
    say_all(&server, SESSION);
    drop(server);
    for _ in 0..2 {
        let server = logging(dir.path());
        server.check(STATE);
        assert_eq!(server.client().ask("EXISTS gone"), ":1", "its time has not come");
        drop(server);
    }
}

/// Ensures that a deadline goes on while the server is away, and expired keys do not come back.
#[test]
fn deadlines_go_on_while_the_server_is_away() {
    let dir = folder();
    let server = logging(dir.path());
    say_all(&server, "> SET a 1 PX 50\n> SET b 1 PX 5\n> INCR b");
    drop(server);
    let server = logging(dir.path());
    server.check(
        "> PTTL a
         :50
         @advance 10ms
         > GET b
         $-1
         > PTTL a
         :40",
    );
}

/// Ensures that with `always` every write is synced, with `everysec` when a second has passed, and
/// with `no` none before the end.
#[test]
fn the_policy_decides_what_is_synced() {
    use respool::aof::faults::{BROKEN, Faults, Operation};
    use std::sync::Arc;
    for (policy, is_answered) in [("always", false), ("everysec", true), ("no", true)] {
        let dir = folder();
        let faults = Arc::new(Faults::default());
        let server =
            TestServer::on(respool::aof::Disk::with_faults(Arc::clone(&faults)), |config| {
                config.appendonly = true;
                config.dir = dir.path().to_path_buf();
            });
        let mut client = server.client();
        assert_eq!(client.ask(&format!("CONFIG SET appendfsync {policy}")), "+OK");
        faults.plan(Operation::Sync, 0, u64::MAX, BROKEN);
        client.say("SET k v");
        let mut reply = Vec::new();
        assert_eq!(client.read_reply(&mut reply).is_ok(), is_answered, "{policy}");
        server.let_a_round_pass();
        let is_refusing = || server.shared.aof.refusal().is_some();
        assert_eq!(is_refusing(), !is_answered, "{policy}: a sync would have failed");
        server.clock.advance_ms(2_000);
        server.let_a_round_pass();
        assert_eq!(is_refusing(), policy != "no", "{policy}, two seconds later");
        if policy == "no" {
            assert_eq!(client.ask("SET k w"), "+OK");
        }
        faults.heal();
    }
}
