//! The append-only file: recovery after a crash, and logs that are refused.

use crate::logs::{folder, increment, logging};
use crate::process::PROGRAM;
use crate::raw::Raw;
use crate::support::{START_MS, wait_until};
use respool::aof::{Directory, Disk, Names};
use respool::background::loader;
use respool::clock::Clock;
use respool::command::families;
use respool::config::{Config, Port};
use respool::limits;
use respool::log::Level;
use respool::server::Server;
use respool::shared::Shared;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

/// Loads a log without a server, and says how many keys there are.
pub fn load(dir: &Path) -> Result<usize, String> {
    let shared = loaded(dir)?;
    let mut keyspace = shared.lock_keyspace();
    keyspace.check_invariants();
    Ok(keyspace.keys(0, START_MS, true).len())
}

/// Loads a log without a server.
fn loaded(dir: &Path) -> Result<Shared, String> {
    loaded_on(Disk::default(), dir)
}

/// The same from a disk that may have faults.
pub fn loaded_on(disk: Disk, dir: &Path) -> Result<Shared, String> {
    families::install();
    let mut config = Config::with_defaults();
    config.appendonly = true;
    let shared = Shared::new(config, Clock::manual(START_MS));
    let directory = Directory::open(disk, dir, Names::default())?;
    loader::run(&shared, directory)?;
    Ok(shared)
}

/// Writes a log by hand.
fn write_log(dir: &Path, text: &[u8]) {
    fs::create_dir_all(dir.join("appendonlydir")).expect("a folder");
    fs::write(increment(dir), text).expect("a file");
    let manifest = "file appendonly.aof.1.incr.aof seq 1 type i\n";
    fs::write(dir.join("appendonlydir/appendonly.aof.manifest"), manifest).expect("a file");
}

/// The files in the log's directory.
fn files(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir.join("appendonlydir")).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("an entry").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

const SET_A: &[u8] = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
const SET_B_AND_C: &[u8] = b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n1\r\n\
    *3\r\n$3\r\nSET\r\n$1\r\nc\r\n$1\r\n1\r\n*1\r\n$4\r\nEXEC\r\n";

/// Ensures that a log cut at every byte loads, holds whole units only, keeps what was cut off, and
/// loads again.
#[test]
fn a_log_cut_anywhere_loads_up_to_the_last_whole_unit() {
    let whole = [SET_A, SET_B_AND_C].concat();
    for cut in 0..whole.len() {
        let dir = folder();
        write_log(dir.path(), &whole[..cut]);
        let expected = if cut < SET_A.len() { 0 } else { 1 };
        assert_eq!(load(dir.path()), Ok(expected), "cut at {cut}");
        let kept_len = if expected == 0 { 0 } else { SET_A.len() };
        assert_eq!(fs::read(increment(dir.path())).expect("a log"), whole[..kept_len]);
        let copy = files(dir.path()).into_iter().find(|name| name.contains("cut-at"));
        assert_eq!(copy.is_some(), cut > kept_len, "cut at {cut}");
        if let Some(name) = copy {
            let kept = fs::read(dir.path().join("appendonlydir").join(name)).expect("a file");
            assert_eq!(kept, whole[kept_len..cut]);
        }
        assert_eq!(load(dir.path()), Ok(expected), "the second time, cut at {cut}");
    }
}

/// Ensures that zeros and garbage at the end are cut off like half a record.
#[test]
fn zeros_and_garbage_at_the_end_are_cut_off() {
    for tail in [&[0; 5_000][..], b"\xff\xfe\r\n*", b"*3\r\n$-1", b"SET b 1\r\n"] {
        let dir = folder();
        write_log(dir.path(), &[SET_A, tail].concat());
        assert_eq!(load(dir.path()), Ok(1), "{}", tail.escape_ascii());
        assert_eq!(load(dir.path()), Ok(1));
    }
}

/// Ensures that a server continues to write after the last whole unit.
#[test]
fn a_torn_log_is_continued() {
    let dir = folder();
    write_log(dir.path(), &[SET_A, &SET_B_AND_C[..40]].concat());
    let server = logging(dir.path());
    assert_eq!(server.client().ask("SET d 1"), "+OK");
    drop(server);
    let server = logging(dir.path());
    server.check("> MGET a b c d\n*4\n$1 1\n$-1\n$-1\n$1 1");
}

/// Ensures that damage in the middle is refused with file and offset, and nothing is changed.
#[test]
fn damage_in_the_middle_is_refused() {
    for damage in
        [&b"\0\0\0\0\0\r\n"[..], b"garbage\r\n", b"*3\r\n$3\r\nSET\r\n$9\r\na\r\n$1\r\n1\r\n"]
    {
        let dir = folder();
        let text = [SET_A, damage, SET_B_AND_C].concat();
        write_log(dir.path(), &text);
        let error = load(dir.path()).expect_err("damage");
        assert!(error.contains("appendonly.aof.1.incr.aof"), "{error}");
        assert!(error.contains(&format!("offset {}", SET_A.len())), "{error}");
        assert_eq!(fs::read(increment(dir.path())).expect("a log"), text);
    }
}

/// A log of so many SETs, each of another key.
fn many_sets(count: usize) -> Vec<u8> {
    let set = |at: usize| {
        let key = format!("key:{at:08}");
        format!("*3\r\n$3\r\nSET\r\n$12\r\n{key}\r\n$1\r\n1\r\n").into_bytes()
    };
    (0..count).flat_map(set).collect()
}

/// Ensures that a log of many portions is loaded wholly, with a transaction that is larger than a
/// portion in the middle of it.
#[test]
fn a_long_log_is_loaded_portion_by_portion() {
    let dir = folder();
    let large = vec![b'x'; 3 * limits::AOF_READ_BYTES];
    let open =
        format!("*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n${}\r\n", large.len());
    let transaction = [open.as_bytes(), &large, b"\r\n", SET_A, b"*1\r\n$4\r\nEXEC\r\n"].concat();
    let (before, after) = (many_sets(30_000), many_sets(60_000));
    write_log(dir.path(), &[&before[..], &transaction, &after, b"*3\r\n$3\r\nSE"].concat());
    assert_eq!(load(dir.path()), Ok(60_002));
    let kept = fs::metadata(increment(dir.path())).expect("a log").len();
    assert_eq!(kept, (before.len() + transaction.len() + after.len()) as u64, "the end was torn");
}

/// Ensures that databases that take turns in the log get their own keys, and no room for those of
/// the others that would be kept.
#[test]
fn databases_take_turns_in_a_log() {
    let dir = folder();
    let turn = |db: usize, count: usize| {
        let select = format!("*2\r\n$6\r\nSELECT\r\n$1\r\n{db}\r\n");
        [select.into_bytes(), many_sets(count)].concat()
    };
    let turns = |at: usize| [turn(1, 30_000), turn(0, 1_000 * at), turn(2, 30_000)].concat();
    write_log(dir.path(), &(1..=3).flat_map(turns).collect::<Vec<u8>>());
    let shared = loaded(dir.path()).expect("a sound log");
    let mut access = shared.lock_keyspace();
    access.check_invariants();
    let lens = [0, 1, 2].map(|db| access.keys(db, START_MS, true).len());
    assert_eq!(lens, [3_000, 30_000, 30_000]);
    let bytes = access.used_bytes() / access.len();
    assert!(bytes < 200, "{bytes} bytes for a key");
}

/// Ensures that a request that cannot be replayed is reported with the offset of its transaction,
/// although later damage has been read by then.
#[test]
fn the_first_fault_counts_although_reading_is_ahead() {
    let dir = folder();
    let good = many_sets(50_000);
    let bad = b"*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n*1\r\n$6\r\nNOSUCH\r\n\
        *1\r\n$4\r\nEXEC\r\n";
    let text = [&good[..], bad, &good, b"garbage\r\n", &good].concat();
    write_log(dir.path(), &text);
    let error = load(dir.path()).expect_err("a request that is none");
    let expected = format!(
        "at offset {}: 'NOSUCH' cannot be replayed: respool has no such command",
        good.len()
    );
    assert!(error.ends_with(&expected), "{error}");
    assert_eq!(fs::read(increment(dir.path())).expect("a log").len(), text.len());
}

/// Ensures that clients get -LOADING while the log is loaded, and can see the progress.
#[test]
fn a_server_that_loads_says_so() {
    let dir = folder();
    let log = many_sets(100_000);
    write_log(dir.path(), &log);
    let server = server_of(dir.path());
    let (address, shared) = (server.addresses()[0], Arc::clone(server.shared()));
    let stopper = server.stopper();
    // The loader needs the keyspace lock and does not get it.
    let access = shared.lock_keyspace();
    let server = thread::spawn(move || server.run());
    let mut client = Raw::connect(address);
    for request in ["PING", "GET key:00000000", "SET key:00000000 2", "DBSIZE"] {
        let reply = client.ask(request);
        assert_eq!(reply, "-LOADING Redis is loading the dataset in memory", "{request}");
    }
    assert!(client.ask("COMMAND COUNT").starts_with(':'));
    client.say("INFO persistence");
    // From here on the loader releases the lock between two batches.
    drop(access);
    let mut info = Vec::new();
    client.read_reply(&mut info).expect("a reply");
    let info = String::from_utf8(info).expect("text");
    for line in ["loading:1\r\n", &format!("loading_total_bytes:{}\r\n", log.len())] {
        assert!(info.contains(line), "{info}");
    }
    wait_until("the log is loaded", || !shared.is_loading());
    assert_eq!(client.ask("DBSIZE"), ":100000");
    stopper.stop();
    server.join().expect("no panic").expect("an orderly end");
}

/// Ensures that a server that is stopped while it loads ends in order and leaves the log as it is,
/// but reports damage even then.
#[test]
fn a_stop_while_loading_is_no_failure() {
    let dir = folder();
    let log = many_sets(100_000);
    write_log(dir.path(), &log);
    let server = server_of(dir.path());
    let (stopper, shared) = (server.stopper(), Arc::clone(server.shared()));
    // The loader needs the keyspace lock and does not get it before the stop.
    let access = shared.lock_keyspace();
    let server = thread::spawn(move || server.run());
    wait_until("loading has begun", || shared.stats.loading_total_bytes.load(Relaxed) > 0);
    stopper.stop();
    drop(access);
    assert_eq!(server.join().expect("no panic"), Ok(()));
    assert!(shared.lock_keyspace().len() < 100_000, "it was loaded to its end");
    assert!(fs::read(increment(dir.path())).expect("a log") == log);
    assert_eq!(load(dir.path()), Ok(100_000));
    let dir = folder();
    write_log(dir.path(), &[b"garbage", &log[..]].concat());
    let server = server_of(dir.path());
    server.stopper().stop();
    let error = server.run().expect_err("damage");
    assert!(error.contains("damaged at offset 0"), "{error}");
}

/// A server on a log that is there already.
fn server_of(dir: &Path) -> Server {
    let mut config = Config::with_defaults();
    (config.port, config.appendonly, config.loglevel) = (Port::Any, true, Level::Warning);
    config.dir = dir.to_path_buf();
    Server::bind(config, Clock::system()).expect("a free port")
}

/// Ensures that a torn end before another file with data is not taken for the end of the log.
#[test]
fn a_torn_end_in_front_of_another_file_is_refused() {
    let dir = folder();
    write_log(dir.path(), &SET_A[..20]);
    let second = dir.path().join("appendonlydir/appendonly.aof.2.incr.aof");
    let manifest = "file appendonly.aof.1.incr.aof seq 1 type i\n\
                    file appendonly.aof.2.incr.aof seq 2 type i\n";
    fs::write(dir.path().join("appendonlydir/appendonly.aof.manifest"), manifest).expect("a file");
    fs::write(&second, SET_A).expect("a file");
    assert!(load(dir.path()).expect_err("damage").contains("offset 0"));
    fs::write(&second, b"").expect("a file");
    assert_eq!(load(dir.path()), Ok(0), "nothing was ever written to the second one");
}

/// Ensures that what cannot have been logged by a server of ours is refused, not skipped.
#[test]
fn requests_that_cannot_be_replayed_are_refused() {
    for (request, named) in [
        (&b"*2\r\n$5\r\nLPUSH\r\n$1\r\na\r\n"[..], "LPUSH"),
        (b"*1\r\n$4\r\nPING\r\n", "PING"),
        (b"*2\r\n$3\r\nSET\r\n$1\r\na\r\n", "wrong number"),
        (b"*3\r\n$6\r\nINCRBY\r\n$1\r\na\r\n$1\r\nx\r\n", "not an integer"),
        (b"*2\r\n$6\r\nSELECT\r\n$2\r\n99\r\n", "out of range"),
    ] {
        let dir = folder();
        write_log(dir.path(), &[SET_A, request].concat());
        let error = load(dir.path()).expect_err(named);
        assert!(error.contains(named) && error.contains("offset"), "{error}");
    }
}

/// Ensures that the program ends with one line that names what is missing or cannot be read.
#[test]
fn missing_and_unreadable_files_are_one_line() {
    let refusal = |dir: &Path, more: &[&str]| {
        let dir = dir.to_string_lossy().into_owned();
        let output = Command::new(PROGRAM)
            .args(["--port", "any", "--loglevel", "warning", "--appendonly", "yes", "--dir", &dir])
            .args(more)
            .output()
            .expect("the program");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let dir = folder();
    write_log(dir.path(), SET_A);
    fs::remove_file(increment(dir.path())).expect("a file");
    assert!(refusal(dir.path(), &[]).contains("appendonly.aof.1.incr.aof is missing"));

    let dir = folder();
    write_log(dir.path(), SET_A);
    let manifest = dir.path().join("appendonlydir/appendonly.aof.manifest");
    fs::write(&manifest, "nonsense\n").expect("a file");
    let line = refusal(dir.path(), &[]);
    assert!(line.contains("is not a manifest: line 1") && line.lines().count() == 1, "{line}");
    fs::remove_file(&manifest).expect("a file");
    assert!(refusal(dir.path(), &[]).contains("appendonly.aof.manifest is missing"));

    let dir = folder();
    write_log(dir.path(), b"REDIS0011binary");
    assert!(refusal(dir.path(), &[]).contains("at offset 9"));

    let dir = folder();
    write_log(dir.path(), &SET_A[..20]);
    let line = refusal(dir.path(), &["--aof-load-truncated", "no"]);
    assert!(line.contains("check-aof --fix") && line.contains("offset 0"), "{line}");

    let line = refusal(Path::new("/nonexistent"), &[]);
    assert!(line.contains("/nonexistent") && line.contains("No such file"), "{line}");
}

/// Ensures that two processes do not write one log.
#[test]
fn a_second_server_on_the_same_directory_is_refused() {
    let dir = folder();
    let server = logging(dir.path());
    let error =
        Directory::open(Disk::default(), dir.path(), Names::default()).expect_err("it is taken");
    assert!(error.contains("another process"), "{error}");
    drop(server);
    Directory::open(Disk::default(), dir.path(), Names::default()).expect("it is free again");
}

/// Ensures that what an interrupted rewrite left is removed, and that nothing else is.
#[test]
fn orphans_are_removed() {
    let dir = folder();
    write_log(dir.path(), SET_A);
    let inside = dir.path().join("appendonlydir");
    for name in ["temp-rewriteaof-1.aof", "appendonly.aof.1.base.aof", "notes"] {
        fs::write(inside.join(name), SET_A).expect("a file");
    }
    fs::write(inside.join("appendonly.aof.2.incr.aof"), b"").expect("a file");
    assert_eq!(load(dir.path()), Ok(1));
    let left = files(dir.path());
    let expected =
        ["appendonly.aof.1.incr.aof", "appendonly.aof.manifest", "notes", "respool.lock"];
    assert_eq!(left, expected);
}

/// Ensures that a base and an increment that were to become the log together, and did not before
/// the process died, are not taken for a part of the log, and that the increment is kept.
#[test]
fn a_rewrite_that_died_between_two_names_is_set_aside() {
    let dir = folder();
    write_log(dir.path(), SET_A);
    let inside = dir.path().join("appendonlydir");
    for name in ["appendonly.aof.1.base.aof", "appendonly.aof.2.incr.aof"] {
        fs::write(inside.join(name), SET_B_AND_C).expect("a file");
    }
    fs::write(inside.join("temp-appendonly.aof.incr"), SET_B_AND_C).expect("a file");
    for _ in 0..2 {
        assert_eq!(load(dir.path()), Ok(1));
    }
    let kept = fs::read(inside.join("appendonly.aof.2.incr.aof.unnamed")).expect("a file");
    assert_eq!(kept, SET_B_AND_C);
    assert_eq!(files(dir.path()).len(), 4, "{:?}", files(dir.path()));
}
