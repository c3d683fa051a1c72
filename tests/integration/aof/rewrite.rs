//! Rewriting the append-only file, and turning it on and off.

use crate::logs::{figure, folder, logging, rewrite};
use crate::raw::Raw;
use crate::support::{TestServer, wait_until, words};
use crate::tool::check_aof::check_aof;
use respool::aof::Disk;
use respool::aof::faults::{BROKEN, Faults, NO_SPACE, Operation};
use std::path::Path;
use std::sync::Arc;

/// The names of the files that the manifest names, with their types.
fn manifest(dir: &Path) -> String {
    let path = dir.join("appendonlydir/appendonly.aof.manifest");
    let text = std::fs::read_to_string(path).expect("a manifest");
    let line = |line: &str| {
        let line = line.replace("file appendonly.aof.", "");
        line.split(" bytes").next().unwrap_or_default().to_owned()
    };
    text.lines().map(line).collect::<Vec<_>>().join(", ")
}

/// The number of files in the log's directory: a manifest, a lock and the log's own.
fn files(dir: &Path) -> usize {
    std::fs::read_dir(dir.join("appendonlydir")).expect("a folder").count()
}

const FILL: &[&str] = &[
    "SET a 1",
    "SET b v PX 100000",
    "HSET h f 1 g 2",
    "PEXPIRE h 50000",
    "SELECT 5",
    "SET c 0123456789012345678901234567890123456789012345678901234567890123456789",
    "SELECT 0",
];

const STATE: &str = "
    > GET a
    $1 1
    > PTTL b
    :100000
    > HGETALL h
    *4
    $1 f
    $1 1
    $1 g
    $1 2
    > PTTL h
    :50000
    > SELECT 5
    +OK
    > STRLEN c
    :70
";

/// The settings of the two forms of a base.
const FORMS: [&str; 2] = ["aof-use-rdb-preamble no", "aof-use-rdb-preamble yes"];

/// Sets something.
fn set(client: &mut Raw, setting: &str) {
    assert_eq!(client.ask(&format!("CONFIG SET {setting}")), "+OK", "{setting}");
}

fn fill(client: &mut Raw) {
    FILL.iter().for_each(|request| assert!(!client.ask(request).starts_with('-'), "{request}"));
    let fields: Vec<String> = (0..1_000).map(|n| format!("field{n} value{n}")).collect();
    assert_eq!(client.ask(&format!("HSET large {}", fields.join(" "))), ":1000");
}

/// Ensures that a rewritten log holds the same data in fewer files, and is continued.
#[test]
fn a_rewritten_log_holds_the_same_data() {
    let dir = folder();
    let server = logging(dir.path());
    let mut client = server.client();
    fill(&mut client);
    (0..1_000).for_each(|_| drop(client.ask("INCR n")));
    set(&mut client, FORMS[0]);
    rewrite(&mut client);
    assert_eq!(manifest(dir.path()), "1.base.aof seq 1 type b, 2.incr.aof seq 2 type i");
    assert_eq!(files(dir.path()), 4, "no orphans");
    assert_eq!(client.ask("INCR n"), ":1001");
    rewrite(&mut client);
    assert_eq!(manifest(dir.path()), "2.base.aof seq 2 type b, 3.incr.aof seq 3 type i");
    assert_eq!(client.ask("INCR n"), ":1002");
    drop(server);
    let server = logging(dir.path());
    server.check(STATE);
    server.check("> GET n\n$4 1002\n> HLEN large\n:1000\n> HGET large field999\n$8 value999");
}

/// Ensures that a base may be a snapshot, with any settings of it, and that both forms can follow
/// each other.
#[test]
fn a_base_may_be_a_snapshot() {
    let dir = folder();
    let server = logging(dir.path());
    let mut client = server.client();
    fill(&mut client);
    set(&mut client, FORMS[1]);
    rewrite(&mut client);
    assert_eq!(manifest(dir.path()), "1.base.rdb seq 1 type b, 2.incr.aof seq 2 type i");
    let path = |name| dir.path().join(format!("appendonlydir/appendonly.aof.{name}"));
    let base = std::fs::read(path("1.base.rdb")).expect("a base");
    assert!(base.starts_with(b"REDIS0009"), "{}", base[..9].escape_ascii());
    assert_eq!(figure(&mut client, "aof_base_size"), base.len().to_string());
    assert_eq!(client.ask("SET n 1"), "+OK");
    drop(server);
    let server = logging(dir.path());
    server.check(STATE);
    let mut client = server.client();
    set(&mut client, FORMS[0]);
    rewrite(&mut client);
    assert_eq!(manifest(dir.path()), "2.base.aof seq 2 type b, 3.incr.aof seq 3 type i");
    set(&mut client, FORMS[1]);
    set(&mut client, "rdbcompression no");
    rewrite(&mut client);
    assert_eq!(manifest(dir.path()), "3.base.rdb seq 3 type b, 4.incr.aof seq 4 type i");
    assert_eq!(files(dir.path()), 4, "no orphans");
    assert_eq!(client.ask("INCR n"), ":2");
    drop(server);
    logging(dir.path()).check("> GET n\n$1 2\n> HLEN large\n:1000");
    let mut damaged = std::fs::read(path("3.base.rdb")).expect("a base");
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(path("3.base.rdb"), &damaged).expect("a base");
    let (code, said) = check_aof(&[], dir.path());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("3.base.rdb"), "{said}");
}

/// Ensures that a log is rewritten when it has grown, measured by its base after a restart too.
#[test]
fn growth_triggers_a_rewrite() {
    let dir = folder();
    let server = logging(dir.path());
    let mut client = server.client();
    let size = |client: &mut Raw, name| figure(client, name).parse::<u64>().expect("a number");
    let grow_to = |client: &mut Raw, bytes| {
        while size(client, "aof_current_size") < bytes {
            client.ask("SET k 0123456789012345678901234567890123456789");
        }
    };
    assert_eq!(client.ask("CONFIG SET auto-aof-rewrite-min-size 4kb"), "+OK");
    grow_to(&mut client, 2_000);
    server.let_a_round_pass();
    assert!(manifest(dir.path()).starts_with("1.incr"), "too early");
    assert_eq!(client.ask(&format!("SET large {}", "x".repeat(5_000))), "+OK");
    wait_until("it is done", || {
        manifest(dir.path()).starts_with("1.base")
            && figure(&mut client, "aof_rewrite_in_progress") == "0"
    });
    let base = size(&mut client, "aof_base_size");
    assert!((5_000..6_000).contains(&base), "{base}");
    grow_to(&mut client, base * 3 / 2);
    drop(server);
    let server = logging(dir.path());
    let mut client = server.client();
    assert_eq!(size(&mut client, "aof_base_size"), base);
    assert_eq!(client.ask("CONFIG SET auto-aof-rewrite-min-size 4kb"), "+OK");
    grow_to(&mut client, base * 19 / 10);
    server.let_a_round_pass();
    assert!(manifest(dir.path()).starts_with("1.base"), "too early");
    grow_to(&mut client, base * 2);
    wait_until("it is done again", || manifest(dir.path()).starts_with("2.base"));
}

/// Ensures that the log can be turned on in a running server, off, and on again.
#[test]
fn the_log_is_turned_on_and_off() {
    let dir = folder();
    let server = TestServer::with(|config| config.dir = dir.path().to_path_buf());
    let mut client = server.client();
    fill(&mut client);
    assert_eq!(client.ask("CONFIG SET appendonly yes"), "+OK");
    assert_eq!(figure(&mut client, "aof_enabled"), "1");
    assert_eq!(client.ask("SET late 1"), "+OK");
    wait_until("there is a base", || figure(&mut client, "aof_rewrite_in_progress") == "0");
    assert_eq!(client.ask("CONFIG SET appendonly no"), "+OK");
    assert_eq!(client.ask("SET unlogged 1"), "+OK");
    drop(server);
    let server = logging(dir.path());
    server.check(STATE);
    server.check("> EXISTS late unlogged\n:1");
    let mut client = server.client();
    assert_eq!(client.ask("CONFIG SET appendonly no"), "+OK");
    assert_eq!(client.ask("DEL late"), ":1");
    assert_eq!(client.ask("CONFIG SET appendonly yes"), "+OK");
    wait_until("there is a base", || figure(&mut client, "aof_rewrite_in_progress") == "0");
    drop(server);
    logging(dir.path()).check("> EXISTS late a\n:1");
}

/// Ensures that a directory that cannot be used is said so, and nothing is changed.
#[test]
fn a_log_that_cannot_be_begun_stays_off() {
    let server = TestServer::with(|config| config.dir = "/nonexistent".into());
    let mut client = server.client();
    let reply = client.ask("CONFIG SET appendonly yes");
    assert!(reply.starts_with("-ERR CONFIG SET failed"), "{reply}");
    assert!(reply.contains("appendonlydir"), "{reply}");
    assert_eq!(client.ask("CONFIG GET appendonly"), "*2 $10 appendonly $2 no");
    assert_eq!(client.ask("SET k v"), "+OK");
}

fn on_faults(dir: &Path) -> (TestServer, Arc<Faults>) {
    let faults = Arc::new(Faults::default());
    let server = TestServer::on(Disk::with_faults(Arc::clone(&faults)), |config| {
        config.appendonly = true;
        config.dir = dir.to_path_buf();
    });
    (server, faults)
}

/// Ensures that a file is never trusted again after a failed fsync: writes are refused until a
/// rewrite has put another in its place.
#[test]
fn a_failed_fsync_ends_in_a_new_file() {
    let dir = folder();
    let (server, faults) = on_faults(dir.path());
    let (mut client, mut other) = (server.client(), server.client());
    assert_eq!(client.ask("CONFIG SET appendfsync always"), "+OK");
    assert_eq!(client.ask("SET k v"), "+OK");
    // The rewrite that follows fails at first as well.
    faults.plan(Operation::Sync, 0, 2, BROKEN);
    client.say("APPEND k w");
    assert!(client.is_ended(), "no answer");
    assert!(other.ask("SET k x").starts_with("-MISCONF Errors writing to the AOF file: Input"));
    assert_eq!(other.ask("GET k"), "$2 vw");
    wait_until("the log is rewritten", || {
        server.clock.advance_ms(100);
        other.ask("SET probe 1") == "+OK"
    });
    assert!(manifest(dir.path()).contains("base"), "{}", manifest(dir.path()));
    drop(server);
    logging(dir.path()).check("> GET k\n$2 vw\n> GET probe\n$1 1");
}

/// Ensures that a rewrite that fails leaves no orphans, does no harm, and is tried again.
#[test]
fn a_failed_rewrite_does_no_harm() {
    let operations = [Operation::Create, Operation::Rename, Operation::Write, Operation::Sync];
    for (operation, form) in FORMS.iter().flat_map(|form| operations.map(|one| (one, form))) {
        let dir = folder();
        let (server, faults) = on_faults(dir.path());
        let mut client = server.client();
        set(&mut client, "appendfsync no");
        set(&mut client, form);
        fill(&mut client);
        if operation == Operation::Write {
            // The manifest's file is the first that is written.
            faults.plan(operation, 0, 1, NO_SPACE);
        } else {
            // The first file that is synced is the log itself: that is another matter.
            faults.plan(operation, u64::from(operation == Operation::Sync), 1, BROKEN);
        }
        rewrite(&mut client);
        assert_eq!(figure(&mut client, "aof_last_bgrewrite_status"), "err", "{operation:?}");
        assert_eq!(client.ask("SET after 1"), "+OK");
        faults.heal();
        rewrite(&mut client);
        assert_eq!(figure(&mut client, "aof_last_bgrewrite_status"), "ok");
        assert_eq!(files(dir.path()), 4, "{operation:?}");
        drop(server);
        let server = logging(dir.path());
        server.check(STATE);
        server.check("> EXISTS after\n:1");
    }
}

/// Ensures that a crash after any operation of a rewrite loses nothing.
#[test]
fn a_crash_at_any_moment_of_a_rewrite_loses_nothing() {
    for (operations, form) in FORMS.iter().flat_map(|form| (0..40).map(move |one| (one, form))) {
        let dir = folder();
        let (server, faults) = on_faults(dir.path());
        let mut client = server.client();
        set(&mut client, "appendfsync no");
        set(&mut client, form);
        fill(&mut client);
        faults.crash_after(operations);
        rewrite(&mut client);
        // Whatever comes after it is not acknowledged.
        client.send_anyway(b"SET after 1\r\n");
        drop(server);
        let server = logging(dir.path());
        server.check(STATE);
        server.check("> HLEN large\n:1000");
        drop(server);
        assert!((3..=5).contains(&files(dir.path())), "after {operations}: orphans");
    }
}

/// Ensures that a crash at any moment of turning the log on for the first time leaves a directory
/// that the next start can use.
#[test]
fn a_crash_while_the_log_is_turned_on_is_harmless() {
    for (operations, form) in FORMS.iter().flat_map(|form| (0..30).map(move |one| (one, form))) {
        let dir = folder();
        let faults = Arc::new(Faults::default());
        let server = TestServer::on(Disk::with_faults(Arc::clone(&faults)), |config| {
            config.dir = dir.path().to_path_buf();
        });
        let mut client = server.client();
        fill(&mut client);
        set(&mut client, form);
        faults.crash_after(operations);
        client.ask("CONFIG SET appendonly yes");
        client.send_anyway(b"SET after 1\r\n");
        drop(server);
        // With everything, or with nothing if there was no base yet.
        let server = logging(dir.path());
        let keys = server.client().ask("DBSIZE");
        assert!([":0", ":4", ":5"].contains(&keys.as_str()), "after {operations}: {keys}");
    }
}

/// Ensures that a rewrite under way shows the moment at which it began, whatever clients do.
#[test]
fn a_rewrite_under_load_loses_nothing() {
    let dir = folder();
    let server = logging(dir.path());
    let keys: Vec<String> = (0..20_000).map(|n| format!("key{n}")).collect();
    let mut client = server.client();
    for chunk in keys.chunks(500) {
        let pairs: Vec<String> = chunk.iter().map(|key| format!("{key} 0")).collect();
        assert_eq!(client.ask(&format!("MSET {}", pairs.join(" "))), "+OK");
    }
    let address = server.address;
    let workers: Vec<_> = (0..4)
        .map(|worker| {
            std::thread::spawn(move || {
                let mut client = Raw::connect(address);
                for round in 0..40 {
                    let mut requests = Vec::new();
                    for at in 0..200_usize {
                        let key = (at * 97 + round * 31 + worker * 5_000) % 20_000;
                        requests.extend_from_slice(format!("INCR key{key}\r\n").as_bytes());
                    }
                    client.send(&requests);
                    (0..200).for_each(|_| assert_eq!(client.reply()[0], b':'));
                }
            })
        })
        .collect();
    for round in 0..6 {
        set(&mut client, FORMS[round % 2]);
        rewrite(&mut client);
    }
    workers.into_iter().for_each(|worker| worker.join().expect("a worker"));
    let state = |server: &TestServer| {
        let mut client = server.client();
        client.ask(&format!("MGET {}", keys.join(" ")))
    };
    let before = state(&server);
    drop(server);
    let server = logging(dir.path());
    assert!(state(&server) == before, "some counters differ");
    let sum: u64 = words(&before).map(|n| n.parse::<u64>().expect("n")).sum();
    assert_eq!(sum, 4 * 40 * 200);
}
