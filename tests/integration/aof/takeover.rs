//! The append-only file: what other versions left behind, which is taken over or named.

use crate::aof::recovery::{load, loaded_on};
use crate::logs::{folder, logging};
use crate::process::{PROGRAM, Process};
use crate::support::{TestServer, wait_until};
use respool::aof::Disk;
use respool::aof::faults::Faults;
use respool::config::Config;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// The log of a Redis before version 7: three keys, and the last request is torn.
const SINGLE: &[u8] = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n\
    *3\r\n$3\r\nSET\r\n$6\r\nuser:1\r\n$3\r\nAda\r\n\
    *3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n\
    *3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n*3\r\n$3\r\nSE";

/// Bytes of it that are whole.
const SOUND: usize = SINGLE.len() - 10;

/// A folder with such a log.
fn with_single(text: &[u8]) -> tempfile::TempDir {
    let dir = folder();
    fs::write(dir.path().join("appendonly.aof"), text).expect("a file");
    dir
}

/// Ensures that the single file of an older Redis becomes the base of a log, as in Redis 7, and is
/// continued.
#[test]
fn a_single_file_is_taken_over() {
    let dir = with_single(SINGLE);
    let server = logging(dir.path());
    server.check("> GET user:1\n$3 Ada\n> DBSIZE\n:3\n> SET c 3\n+OK");
    drop(server);
    assert!(!dir.path().join("appendonly.aof").exists());
    let inside = dir.path().join("appendonlydir");
    let manifest = fs::read_to_string(inside.join("appendonly.aof.manifest")).expect("a manifest");
    let expected = format!(
        "file appendonly.aof seq 1 type b bytes {SOUND}\n\
         file appendonly.aof.1.incr.aof seq 1 type i\n"
    );
    assert_eq!(manifest, expected);
    assert_eq!(fs::read(inside.join("appendonly.aof")).expect("a base"), SINGLE[..SOUND]);
    let server = logging(dir.path());
    server.check("> MGET a b c\n*3\n$1 1\n$1 2\n$1 3");
    // A rewrite replaces it like any other base.
    let mut client = server.client();
    assert_eq!(client.ask("BGREWRITEAOF"), "+Background append only file rewriting started");
    wait_until("it is rewritten", || !inside.join("appendonly.aof").exists());
    drop(server);
    assert_eq!(load(dir.path()), Ok(4));
}

/// Ensures that a crash after any step of taking a file over loses nothing: the next start goes on.
#[test]
fn a_crash_while_a_file_is_taken_over_loses_nothing() {
    let mut completed = 0;
    for operations in 0..30 {
        let dir = with_single(SINGLE);
        let faults = Arc::new(Faults::default());
        faults.crash_after(operations);
        completed += usize::from(loaded_on(Disk::with_faults(faults), dir.path()).is_ok());
        let inside = dir.path().join("appendonlydir/appendonly.aof");
        let is_outside = dir.path().join("appendonly.aof").exists();
        assert_ne!(is_outside, inside.exists(), "it is in one place after {operations}");
        assert_eq!(load(dir.path()), Ok(3), "after {operations} operations");
        assert!(inside.exists());
    }
    assert!((4..=15).contains(&completed), "{completed}: the crashes miss the steps");
}

/// Ensures that a file which cannot be loaded stays where it is, and no log is begun next to it.
#[test]
fn a_single_file_that_cannot_be_loaded_stays() {
    for (text, words) in [
        (&b"REDIS0009\xfa\x09redis-ver"[..], "appendonly.aof: at offset"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "appendonly.aof: damaged at offset 0"),
        (b"*3\n$3\nSET\n$1\na\n$1\n1\n", "LF instead of CRLF"),
    ] {
        let dir = with_single(text);
        let error = load(dir.path()).expect_err(words);
        assert!(error.contains(words), "{error}");
        assert_eq!(fs::read(dir.path().join("appendonly.aof")).expect("a file"), text);
        assert!(!dir.path().join("appendonlydir/appendonly.aof.manifest").exists());
    }
    let dir = folder();
    fs::write(dir.path().join("elsewhere"), SINGLE).expect("a file");
    symlink("elsewhere", dir.path().join("appendonly.aof")).expect("a link");
    assert!(
        load(dir.path()).expect_err("a link").contains("is a link, which cannot be taken over")
    );
}

/// Ensures that a file next to an empty log is not passed over: respool 0.1.0 began such logs.
#[test]
fn a_single_file_next_to_an_empty_log_is_refused() {
    let dir = folder();
    drop(logging(dir.path()));
    fs::write(dir.path().join("appendonly.aof"), SINGLE).expect("a file");
    let error = load(dir.path()).expect_err("two logs");
    assert!(error.contains("appendonly.aof holds data, but the log in"), "{error}");
    fs::remove_dir_all(dir.path().join("appendonlydir")).expect("a folder");
    assert_eq!(load(dir.path()), Ok(3));
}

/// The warnings of a server that has started in `dir`.
fn warnings(dir: &Path, appendonly: &str) -> Vec<String> {
    let dir = dir.to_string_lossy().into_owned();
    let flags = ["--loglevel", "notice", "--appendonly", appendonly, "--dir", &dir];
    let process = Process::start(&flags);
    process.log().into_iter().filter(|line| line.contains(" warning ")).collect()
}

/// Ensures that data which is not loaded is named in one line.
#[test]
fn data_that_is_not_loaded_is_named() {
    let dir = with_single(SINGLE);
    let lines = warnings(dir.path(), "no");
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("appendonly is no, so this log is not loaded"), "{lines:#?}");
    assert!(lines[0].ends_with("/appendonly.aof"), "{lines:#?}");
    let dir = folder();
    fs::write(dir.path().join("dump.rdb"), b"REDIS0009").expect("a file");
    let lines = warnings(dir.path(), "yes");
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("/dump.rdb is not loaded"), "{lines:#?}");
    let dir = folder();
    fs::write(dir.path().join("dump.rdb"), b"").expect("a file");
    assert!(warnings(dir.path(), "yes").is_empty(), "an empty snapshot holds nothing");
    fs::write(dir.path().join("dump.rdb"), b"REDIS0009").expect("a file");
    assert!(warnings(dir.path(), "yes").is_empty(), "there is a log, which is what counts");
    fs::write(dir.path().join("other.aof"), SINGLE).expect("a file");
    let lines = warnings(dir.path(), "yes");
    assert!(lines.len() == 1 && lines[0].ends_with("/other.aof"), "{lines:#?}");
}

/// Ensures that turning the log on in a running server does not replace a log that it has not
/// loaded.
#[test]
fn a_log_that_was_not_loaded_is_not_replaced() {
    let turned_on = |dir: &Path| {
        let server = TestServer::with(|config| config.dir = dir.to_path_buf());
        server.client().ask("CONFIG SET appendonly yes")
    };
    let dir = folder();
    let server = logging(dir.path());
    assert_eq!(server.client().ask("SET k v"), "+OK");
    drop(server);
    let reply = turned_on(dir.path());
    assert!(reply.contains("belongs to a log that was not loaded"), "{reply}");
    assert_eq!(load(dir.path()), Ok(1));
    let dir = with_single(SINGLE);
    let reply = turned_on(dir.path());
    assert!(reply.contains("appendonly.aof belongs to a log that was not loaded"), "{reply}");
    assert_eq!(load(dir.path()), Ok(3));
    let dir = folder();
    fs::write(dir.path().join("other.aof"), SINGLE).expect("a file");
    let reply = turned_on(dir.path());
    assert!(reply.contains("looks like a log under another name"), "{reply}");
    // An empty file holds no data and stops nothing.
    let dir = folder();
    drop(logging(dir.path()));
    assert_eq!(turned_on(dir.path()), "+OK");
}

/// Ensures that what stands where the log's folder should be is named for what it is.
#[test]
fn a_folder_that_is_none_is_named() {
    let dir = folder();
    let path = dir.path().join("appendonlydir");
    symlink("/nonexistent/log", &path).expect("a link");
    let error = load(dir.path()).expect_err("a dangling link");
    let words = "appendonlydir is a link to /nonexistent/log, which cannot be used: No such file";
    assert!(error.contains(words), "{error}");
    fs::remove_file(&path).expect("a link");
    fs::write(&path, b"").expect("a file");
    let error = load(dir.path()).expect_err("a file");
    assert!(
        error.contains("should be the folder of the append-only file and is a file"),
        "{error}"
    );
    fs::remove_file(&path).expect("a file");
    fs::create_dir(dir.path().join("elsewhere")).expect("a folder");
    symlink("elsewhere", &path).expect("a link");
    assert_eq!(load(dir.path()), Ok(0), "a link to a folder is a folder");
}

/// Ensures that a log has the names that the configuration gives it, in the notation of Redis, and
/// that it is found by these names only.
#[test]
fn a_log_has_the_names_it_is_given() {
    let dir = folder();
    let named = |config: &mut Config| {
        config.appendonly = true;
        config.dir = dir.path().to_path_buf();
        config.appendfilename = b"my cache.aof".to_vec();
        config.appenddirname = b"log".to_vec();
    };
    for n in 1..=3 {
        let server = TestServer::with(named);
        assert_eq!(server.client().ask("INCR n"), format!(":{n}"));
    }
    let inside = dir.path().join("log");
    let manifest = fs::read_to_string(inside.join("my cache.aof.manifest")).expect("a manifest");
    assert_eq!(manifest, "file \"my cache.aof.1.incr.aof\" seq 1 type i\n");
    let error = load(dir.path()).expect_err("a log of another name");
    assert!(error.contains("log/my cache.aof.manifest looks like a log"), "{error}");
    let arguments = ["check-aof".to_owned(), inside.to_string_lossy().into_owned()];
    let output = Command::new(PROGRAM).args(arguments).output().expect("the program");
    assert!(output.status.success(), "{output:?}");
}
