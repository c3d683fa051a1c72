//! `respool check-aof`: what it says about logs, and what it repairs.

use crate::aof_log::{folder, increment, logging};
use crate::process::PROGRAM;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs the tool: its exit code, and what it printed.
fn check_aof(arguments: &[&str], path: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(PROGRAM);
    let output = command.arg("check-aof").args(arguments).arg(path).output().expect("the program");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("text"))
}

/// Ensures that a sound log is said to be sound, by whichever name it is given.
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

/// Ensures that a torn end is explained, repaired on request, and kept beside the file.
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

/// Ensures that damage in the middle is explained and left alone.
#[test]
fn damage_in_the_middle_is_left_alone() {
    let dir = folder();
    let log = dir.path().join("log.aof");
    let text = b"*1\r\n$8\r\nFLUSHALL\r\nrubbish\r\n*1\r\n$8\r\nFLUSHALL\r\n";
    fs::write(&log, text).expect("a file");
    for arguments in [&[][..], &["--fix"]] {
        let (code, said) = check_aof(arguments, &log);
        assert_eq!(code, Some(1));
        assert!(said.contains("offset 18") && said.contains("no torn end"), "{said}");
        assert_eq!(fs::read(&log).expect("a file"), text);
    }
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
