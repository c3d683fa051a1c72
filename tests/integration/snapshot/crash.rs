//! Snapshots of a process that dies, or cannot write: the file is the old one or the new one, never
//! a part of it, and nothing else is left.

use crate::logs::{figure, folder};
use crate::process::Process;
use crate::raw::Raw;
use crate::support::{TestServer, wait_until};
use respool::aof::Disk;
use respool::aof::faults::{Fault, Faults, Operation};
use respool::rdb::check;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Keys of a snapshot that takes a while.
const KEYS: usize = 40_000;

/// The names in a folder.
fn names(dir: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("an entry").file_name().to_string_lossy().into_owned()
    };
    fs::read_dir(dir).expect("a folder").map(name).collect()
}

/// Sets all keys, and one that names the round.
fn fill(client: &mut Raw, round: &str) {
    let keys: Vec<String> = (0..KEYS).map(|at| format!("key{at} {round}-{at:0100}")).collect();
    for chunk in keys.chunks(500) {
        assert_eq!(client.ask(&format!("MSET {}", chunk.join(" "))), "+OK");
    }
    assert_eq!(client.ask(&format!("SET round {round}")), "+OK");
}

/// Ensures that a process that is killed while it saves leaves the file before, or the new one if
/// it was that far, and that the next one removes what it had begun.
#[test]
fn a_kill_leaves_a_whole_file() {
    let dir = folder();
    let path = dir.path().to_str().expect("a plain path");
    for round in ["first", "second", "third"] {
        let server = Process::start(&["--dir", path, "--save", ""]);
        let mut client = server.client();
        assert_eq!(names(dir.path()).iter().filter(|name| name.starts_with("temp-")).count(), 0);
        let before = client.ask("GET round");
        if round == "first" {
            fill(&mut client, "start");
            assert_eq!(client.ask("SAVE"), "+OK");
        } else {
            assert!(["$5 start", "$5 first", "$6 second"].contains(&before.as_str()), "{before}");
        }
        fill(&mut client, round);
        assert_eq!(client.ask("BGSAVE"), "+Background saving started");
        let is_begun = |name: &String| name.starts_with("temp-") && len(dir.path(), name) > 0;
        wait_until("a part is written", || {
            names(dir.path()).iter().any(is_begun) || figure(&mut client, "rdb_saves") != "0"
        });
        server.signal("KILL");
        let file = fs::read(dir.path().join("dump.rdb")).expect("a snapshot");
        let damage = check::check(&file[..]).1;
        assert!(damage.is_none(), "{round}: {damage:?}");
    }
    let server = Process::start(&["--dir", path]);
    assert_eq!(server.client().ask("DBSIZE"), format!(":{}", KEYS + 1));
    assert_eq!(names(dir.path()), ["dump.rdb"]);
}

fn len(dir: &Path, name: &str) -> u64 {
    fs::metadata(dir.join(name)).map_or(0, |metadata| metadata.len())
}

fn on_faults(dir: &Path) -> (TestServer, Arc<Faults>) {
    let faults = Arc::new(Faults::default());
    let server = TestServer::on(Disk::with_faults(Arc::clone(&faults)), |config| {
        config.dir = dir.to_path_buf();
    });
    (server, faults)
}

/// Ensures that a crash after any operation of a snapshot, so between the rename and the sync of
/// the folder as well, leaves the old data or the new.
#[test]
fn a_crash_at_any_moment_leaves_a_whole_file() {
    let (mut old, mut new) = (0, 0);
    for operations in 0..8 {
        let dir = folder();
        let (server, faults) = on_faults(dir.path());
        let mut client = server.client();
        assert_eq!(client.ask("SET k old"), "+OK");
        assert_eq!(client.ask("SAVE"), "+OK");
        assert_eq!(client.ask("SET k new"), "+OK");
        faults.crash_after(operations);
        client.ask("SAVE");
        drop(server);
        let (server, _) = on_faults(dir.path());
        match server.client().ask("GET k").as_str() {
            "$3 old" => old += 1,
            "$3 new" => new += 1,
            other => panic!("after {operations}: {other}"),
        }
        assert_eq!(names(dir.path()), ["dump.rdb"], "after {operations}");
    }
    // To create a file, to write it and its sum, to sync and rename it; then to sync the folder.
    assert_eq!((old, new), (5, 3));
}

/// Ensures that only files of processes that are gone are removed, and no other ones.
#[test]
fn files_of_others_stay() {
    let dir = folder();
    let mut gone = std::process::Command::new("true").spawn().expect("a program");
    gone.wait().expect("a child");
    let gone = format!("temp-{}.rdb", gone.id());
    let mut kept =
        ["temp-1.rdb", "temp-x.rdb", "temp-.rdb", "temp-007.rdb", "temp-rewriteaof-1.aof"];
    kept.sort();
    for name in kept.iter().copied().chain([gone.as_str()]) {
        fs::write(dir.path().join(name), "REDIS").expect("a file");
    }
    drop(on_faults(dir.path()));
    let mut found = names(dir.path());
    found.sort();
    assert_eq!(found, kept);
}

/// Ensures that writes which take a part only are continued.
#[test]
fn short_writes_are_continued() {
    let dir = folder();
    let (server, faults) = on_faults(dir.path());
    let mut client = server.client();
    let pairs: String = (0..500).map(|at| format!(" key{at} {at:0300}")).collect();
    assert_eq!(client.ask(&format!("MSET{pairs}")), "+OK");
    faults.plan(Operation::Write, 0, u64::MAX, Fault::Short(1_000));
    assert_eq!(client.ask("SAVE"), "+OK");
    drop(server);
    let (server, _) = on_faults(dir.path());
    assert_eq!(server.client().ask("DBSIZE"), ":500");
}

/// Ensures that a folder in which nothing can be created fails a snapshot and nothing else.
#[test]
fn a_folder_that_is_read_only() {
    // Not even root may create files here.
    let (server, _) = on_faults(Path::new("/proc/self"));
    let mut client = server.client();
    assert_eq!(client.ask("SET k v"), "+OK");
    assert_eq!(client.ask("SAVE"), "-ERR");
    assert_eq!(client.ask("BGSAVE"), "+Background saving started");
    wait_until("it has failed", || figure(&mut client, "rdb_bgsave_in_progress") == "0");
    assert_eq!(figure(&mut client, "rdb_last_bgsave_status"), "err");
    assert_eq!(client.ask("SET k w"), "+OK");
}
