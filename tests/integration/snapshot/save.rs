//! Snapshots: SAVE, BGSAVE, LASTSAVE, the points of `save`, SHUTDOWN, and a disk with faults.

use crate::logs::folder;
use crate::process::Process;
use crate::raw::Raw;
use crate::support::{START_MS, TestServer, wait_until};
use respool::aof::Disk;
use respool::aof::faults::{BROKEN, Faults, NO_SPACE, Operation};
use respool::config::SavePoint;
use std::path::Path;
use std::sync::Arc;

/// A server without a log that saves into `dir`, on a disk with faults.
fn on_faults(dir: &Path, points: &[(u64, u64)]) -> (TestServer, Arc<Faults>) {
    let faults = Arc::new(Faults::default());
    let server = TestServer::on(Disk::with_faults(Arc::clone(&faults)), |config| {
        config.dir = dir.to_path_buf();
        let point = |&(seconds, changes): &(u64, u64)| SavePoint { seconds, changes };
        config.save = points.iter().map(point).collect();
    });
    (server, faults)
}

fn saving(dir: &Path) -> TestServer {
    on_faults(dir, &[]).0
}

/// A line of INFO persistence.
fn figure(client: &mut Raw, name: &str) -> String {
    let info = client.ask("INFO persistence");
    let found = info.split(' ').find_map(|line| line.strip_prefix(&format!("{name}:")));
    found.unwrap_or_else(|| panic!("{name} in {info}")).to_owned()
}

fn wait_until_idle(client: &mut Raw) {
    wait_until("it is saved", || figure(client, "rdb_bgsave_in_progress") == "0");
}

/// The names in a folder.
fn names(dir: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("an entry").file_name().to_string_lossy().into_owned()
    };
    std::fs::read_dir(dir).expect("a folder").map(name).collect()
}

/// Ensures that a server begins with what SAVE wrote: every type, time to live and database.
#[test]
fn what_was_saved_is_loaded() {
    let dir = folder();
    for settings in ["rdbcompression yes", "rdbcompression no"] {
        let server = saving(dir.path());
        server.check(&format!("> FLUSHALL\n+OK\n> CONFIG SET {settings}\n+OK"));
        server.check(
            "> SET s v PX 100000\n+OK\n> SET long aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n+OK
             > HSET h f 1 g 2\n:2\n> SADD set 1 2 x\n:3\n> RPUSH list a 2 c\n:3
             > ZADD z 1.5 a -inf b\n:2\n> SELECT 9\n+OK\n> SET n 12\n+OK
             > SAVE\n+OK\n> SET late 1\n+OK",
        );
        drop(server);
        assert_eq!(names(dir.path()), ["dump.rdb"]);
        saving(dir.path()).check(
            "> DBSIZE\n:6\n> PTTL s\n:100000\n> GET s\n$1 v\n> STRLEN long\n:34
             > HMGET h f g\n*2\n$1 1\n$1 2\n> SCARD set\n:3\n> SISMEMBER set x\n:1
             > LRANGE list 0 -1\n*3\n$1 a\n$1 2\n$1 c\n> ZRANGE z 0 -1 WITHSCORES
             *4\n$1 b\n$4 -inf\n$1 a\n$3 1.5\n> SELECT 9\n+OK\n> DBSIZE\n:1\n> GET n\n$2 12",
        );
    }
}

/// Ensures that a snapshot shows one moment, although clients write meanwhile.
#[test]
fn a_snapshot_is_one_moment() {
    let dir = folder();
    let server = saving(dir.path());
    let mut client = server.client();
    let keys = |round: usize| (0..4_000).map(move |n| format!(" key{n} {round}"));
    let write_all = |round| format!("MSET{}", keys(round).collect::<String>());
    assert_eq!(client.ask(&write_all(0)), "+OK");
    assert_eq!(client.ask("BGSAVE"), "+Background saving started");
    for round in 1..10 {
        assert_eq!(client.ask(&write_all(round)), "+OK");
    }
    wait_until_idle(&mut client);
    assert_eq!(figure(&mut client, "rdb_last_bgsave_status"), "ok");
    drop(server);
    let server = saving(dir.path());
    let mut client = server.client();
    assert_eq!(client.ask("DBSIZE"), ":4000");
    let first = client.ask("GET key0");
    for n in (0..4_000).step_by(37) {
        assert_eq!(client.ask(&format!("GET key{n}")), first, "key{n}");
    }
}

/// Ensures that any failure leaves the old file and no other, that writes are refused if points
/// say that the data is to be saved, and that all is well when the disk is.
#[test]
fn a_failure_changes_nothing() {
    for (operation, fault) in [
        (Operation::Create, NO_SPACE),
        (Operation::Write, NO_SPACE),
        (Operation::Sync, BROKEN),
        (Operation::Rename, BROKEN),
    ] {
        let dir = folder();
        let (server, faults) = on_faults(dir.path(), &[(3_600, 1)]);
        let mut client = server.client();
        assert_eq!(client.ask("SET k old"), "+OK");
        assert_eq!(client.ask("SAVE"), "+OK");
        let before = std::fs::read(dir.path().join("dump.rdb")).expect("a snapshot");
        assert_eq!(client.ask("SET k new"), "+OK");
        faults.plan(operation, 0, u64::MAX, fault);
        assert_eq!(client.ask("SAVE"), "-ERR", "{operation:?}");
        assert_eq!(client.ask("BGSAVE"), "+Background saving started");
        wait_until_idle(&mut client);
        assert_eq!(figure(&mut client, "rdb_last_bgsave_status"), "err");
        assert_eq!(figure(&mut client, "rdb_changes_since_last_save"), "1");
        assert_eq!(names(dir.path()), ["dump.rdb"], "{operation:?}");
        assert_eq!(std::fs::read(dir.path().join("dump.rdb")).expect("a file"), before);
        assert!(client.ask("SET k x").starts_with("-MISCONF Redis is configured to save RDB"));
        assert_eq!(client.ask("GET k"), "$3 new");
        assert_eq!(client.ask("CONFIG SET stop-writes-on-bgsave-error no"), "+OK");
        assert_eq!(client.ask("SET k newer"), "+OK");
        let refused = "-ERR Errors trying to SHUTDOWN. Check logs.";
        assert_eq!(client.ask("SHUTDOWN"), refused, "{operation:?}");
        assert_eq!(client.ask("CONFIG SET stop-writes-on-bgsave-error yes"), "+OK");
        faults.heal();
        assert_eq!(client.ask("SAVE"), "+OK");
        assert_eq!(client.ask("SET k x"), "+OK");
        assert_eq!(figure(&mut client, "rdb_last_bgsave_status"), "ok");
    }
}

/// Ensures that there is one snapshot at a time, and that a rewrite of the log comes behind it.
#[test]
fn one_at_a_time() {
    let dir = folder();
    let faults = Arc::new(Faults::default());
    let server = TestServer::on(Disk::with_faults(Arc::clone(&faults)), |config| {
        (config.appendonly, config.dir) = (true, dir.path().to_path_buf());
    });
    let mut client = server.client();
    let slow = faults.slowness.lock();
    assert_eq!(client.ask("BGSAVE"), "+Background saving started");
    for request in ["BGSAVE", "BGSAVE SCHEDULE", "SAVE"] {
        assert_eq!(client.ask(request), "-ERR Background save already in progress");
    }
    let scheduled = "+Background append only file rewriting scheduled";
    assert_eq!(client.ask("BGREWRITEAOF"), scheduled);
    drop(slow);
    wait_until_idle(&mut client);
    let is_rewritten = |client: &mut Raw| {
        figure(client, "aof_rewrites") == "1" && figure(client, "aof_rewrite_in_progress") == "0"
    };
    wait_until("it is rewritten", || is_rewritten(&mut client));
    let slow = faults.slowness.lock();
    client.ask("BGREWRITEAOF");
    assert!(client.ask("BGSAVE").starts_with("-ERR Another child process is active (AOF?)"));
    assert_eq!(client.ask("BGSAVE SCHEDULE"), "+Background saving scheduled");
    drop(slow);
    wait_until_idle(&mut client);
    assert_eq!(figure(&mut client, "rdb_saves"), "2");
    server.check(
        "> MULTI\n+OK\n> BGSAVE\n+QUEUED\n> EXEC\n*1\n+Background saving scheduled
         > MULTI\n+OK\n> SAVE\n-ERR Command not allowed inside a transaction
         > DISCARD\n+OK\n> BGSAVE now\n-ERR syntax error",
    );
    wait_until_idle(&mut client);
}

/// Ensures that LASTSAVE is the time of the last success.
#[test]
fn lastsave_is_the_last_success() {
    let dir = folder();
    let (server, faults) = on_faults(dir.path(), &[]);
    let mut client = server.client();
    let seconds = |after: u64| format!(":{}", START_MS / 1_000 + after);
    assert_eq!(client.ask("LASTSAVE"), seconds(0));
    server.clock.advance_ms(5_000);
    assert_eq!(client.ask("SAVE"), "+OK");
    assert_eq!(client.ask("LASTSAVE"), seconds(5));
    server.clock.advance_ms(5_000);
    faults.plan(Operation::Rename, 0, 1, BROKEN);
    assert_eq!(client.ask("SAVE"), "-ERR");
    assert_eq!(client.ask("LASTSAVE"), seconds(5));
}

/// Ensures that a point of `save` needs its seconds and its changes, and that a failure is
/// followed by a pause.
#[test]
fn points_need_time_and_changes() {
    let dir = folder();
    let (server, faults) = on_faults(dir.path(), &[(60, 2)]);
    let mut client = server.client();
    let saves = |client: &mut Raw| figure(client, "rdb_saves");
    assert_eq!(client.ask("SET k 1"), "+OK");
    server.clock.advance_ms(61_000);
    server.let_a_round_pass();
    assert_eq!(saves(&mut client), "0", "one change is too few");
    assert_eq!(client.ask("SET k 2"), "+OK");
    wait_until("it is saved", || saves(&mut client) == "1");
    wait_until_idle(&mut client);
    assert_eq!(client.ask("MSET a 1 b 2"), "+OK");
    server.let_a_round_pass();
    assert_eq!(saves(&mut client), "1", "it is too early");
    faults.plan(Operation::Sync, 0, 1, BROKEN);
    server.clock.advance_ms(61_000);
    wait_until("it fails", || figure(&mut client, "rdb_last_bgsave_status") == "err");
    server.let_a_round_pass();
    assert_eq!(figure(&mut client, "rdb_last_bgsave_status"), "err", "there is a pause");
    server.clock.advance_ms(6_000);
    wait_until("it is tried again", || saves(&mut client) == "2");
}

/// Ensures that a stop saves if there are points, what was changed last included.
#[test]
fn a_stop_saves() {
    let dir = folder();
    let (server, _) = on_faults(dir.path(), &[(3_600, 1)]);
    server.check("> SET k v\n+OK");
    drop(server);
    saving(dir.path()).check("> GET k\n$1 v\n> SET k w\n+OK");
    saving(dir.path()).check("> GET k\n$1 v");
}

/// Ensures that SHUTDOWN saves if it is informed to, or if there are points and it is not told
/// otherwise.
#[test]
fn shutdown_saves() {
    for (points, request, is_saved) in [
        ("", "SHUTDOWN", false),
        ("", "SHUTDOWN SAVE", true),
        ("3600 1", "SHUTDOWN", true),
        ("3600 1", "SHUTDOWN NOSAVE", false),
    ] {
        let dir = folder();
        let path = dir.path().to_str().expect("a plain path");
        let mut server = Process::start(&["--dir", path, "--save", points]);
        let mut client = server.client();
        assert_eq!(client.ask("SET k v"), "+OK");
        client.say(request);
        assert!(client.rest().is_empty(), "{request} is not answered");
        assert!(server.wait().0.success(), "{request}");
        assert_eq!(dir.path().join("dump.rdb").exists(), is_saved, "{points}: {request}");
    }
}
