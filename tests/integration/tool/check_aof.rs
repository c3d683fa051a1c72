//! `respool check-aof`: what it says about logs, and what it repairs.

use crate::logs::{folder, increment, logging};
use crate::process::PROGRAM;
use crate::support::wait_until;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs the tool: its exit code, and what it printed.
pub fn check_aof(arguments: &[&str], path: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(PROGRAM);
    let output = command.arg("check-aof").args(arguments).arg(path).output().expect("the program");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("text"))
}

/// Ensures that a sound log is reported as sound, whether by folder, manifest or file.
#[test]
fn a_sound_log_is_sound() {
    let dir = folder();
    let server = logging(dir.path());
    let mut client = server.client();
    assert_eq!(client.ask("SET k v"), "+OK");
    drop(server);
    let inside = dir.path().join("appendonlydir");
    let manifest = inside.join("appendonly.aof.manifest");
    for path in [dir.path(), &inside, &manifest, &increment(dir.path())] {
        let (code, text) = check_aof(&[], path);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("2 requests, sound"), "{text}");
    }
}

/// Ensures that a torn end is explained, repaired on request, and kept next to the file.
#[test]
fn a_torn_end_is_repaired() {
    let dir = folder();
    let server = logging(dir.path());
    let mut client = server.client();
    assert_eq!(client.ask("SET k v"), "+OK");
    drop(server);
    let log = increment(dir.path());
    let whole = fs::read(&log).expect("a log");
    fs::write(&log, [&whole[..], b"*3\r\n$3\r\nSET\r\n"].concat()).expect("a file");
    let (code, text) = check_aof(&[], dir.path());
    assert_eq!(code, Some(1));
    let offset = format!("offset {}", whole.len());
    assert!(text.contains(&offset) && text.contains("--fix"), "{text}");
    assert_eq!(text.lines().count(), 1);
    let (code, text) = check_aof(&["--fix"], dir.path());
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("kept in") && text.contains("13 bytes"), "{text}");
    assert_eq!(fs::read(&log).expect("a log"), whole);
    assert_eq!(check_aof(&[], dir.path()).0, Some(0));
}

/// Ensures that damage in the middle of a file is explained, and cut off on request only, with all
/// that follows, which is kept. What was kept before is not overwritten.
#[test]
fn damage_in_the_middle_is_cut_off_on_request() {
    let dir = folder();
    let log = dir.path().join("log.aof");
    let text = b"*1\r\n$8\r\nFLUSHALL\r\nrubbish\r\n*1\r\n$8\r\nFLUSHALL\r\n";
    for copy in ["log.aof.cut-at-18", "log.aof.cut-at-18-2"] {
        fs::write(&log, text).expect("a file");
        let (code, said) = check_aof(&[], &log);
        assert_eq!(code, Some(1));
        assert!(said.contains("offset 18") && said.contains("--fix cuts off 27 bytes"), "{said}");
        assert_eq!(fs::read(&log).expect("a file"), text);
        let (code, said) = check_aof(&["--fix"], &log);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("cut off, 27 bytes kept in") && said.contains(copy), "{said}");
        assert_eq!(fs::read(&log).expect("a file"), text[..18]);
        assert_eq!(fs::read(dir.path().join(copy)).expect("a copy"), text[18..]);
    }
}

/// Ensures that a base is repaired by its own name only, and that the log loads then.
#[test]
fn a_base_is_repaired_by_its_name() {
    let dir = folder();
    let server = logging(dir.path());
    let mut client = server.client();
    assert_eq!(client.ask("MSET a 1 b 2"), "+OK");
    assert_eq!(client.ask("BGREWRITEAOF"), "+Background append only file rewriting started");
    let base = dir.path().join("appendonlydir/appendonly.aof.1.base.aof");
    let last = dir.path().join("appendonlydir/appendonly.aof.2.incr.aof");
    let names_base = || {
        let manifest = dir.path().join("appendonlydir/appendonly.aof.manifest");
        fs::read_to_string(manifest)
            .is_ok_and(|text| text.starts_with("file appendonly.aof.1.base"))
    };
    wait_until("it is rewritten", names_base);
    assert_eq!(client.ask("SET c 3"), "+OK");
    drop(server);
    // Two requests of three are left, which read well; then two and a half.
    let whole = fs::read(&base).expect("a base");
    let request_len = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n".len();
    for (len, words) in [
        (whole.len() - request_len, "when it was finished: acknowledged data is missing"),
        (whole.len() - request_len - 5, "a base was complete when the manifest named it"),
    ] {
        fs::write(&base, &whole[..len]).expect("a base");
        for arguments in [&[][..], &["--fix"]] {
            let (code, said) = check_aof(arguments, dir.path());
            assert!(code == Some(1) && said.contains(words), "{said}");
            assert_eq!(fs::read(&base).expect("a base").len(), len, "it is left alone");
        }
        let (code, said) = check_aof(&["--fix"], &base);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(check_aof(&[], dir.path()).0, Some(0));
    }
    let server = logging(dir.path());
    server.check("> GET c\n$1 3\n> EXISTS a b\n:0");
    drop(server);
    // The file that was being appended to is repaired as part of its log.
    fs::write(&last, b"\x1f\x8b\x08 no log").expect("a file");
    let (code, said) = check_aof(&[], dir.path());
    assert!(code == Some(1) && said.contains("compressed with gzip"), "{said}");
    assert_eq!(check_aof(&["--fix"], dir.path()).0, Some(0));
    logging(dir.path()).check("> DBSIZE\n:0");
}

/// Ensures that a log in use is not repaired, and that what is not there is said in a line.
#[test]
fn what_cannot_be_checked_is_one_line() {
    let dir = folder();
    let server = logging(dir.path());
    let (code, text) = check_aof(&["--fix"], dir.path());
    assert!(code == Some(1) && text.contains("another process"), "{text}");
    drop(server);
    let (code, text) = check_aof(&[], &dir.path().join("nothing"));
    assert!(code == Some(1) && text.contains("No such file"), "{text}");
    assert_eq!(text.lines().count(), 1);
}
