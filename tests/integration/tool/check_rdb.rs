//! `respool check-rdb`: what it says about snapshots.

use crate::logs::folder;
use crate::process::PROGRAM;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the tool: its exit code, and what it printed.
fn check_rdb(path: &Path) -> (Option<i32>, String) {
    let output = Command::new(PROGRAM).arg("check-rdb").arg(path).output().expect("the program");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("text"))
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rdb/small.rdb")
}

/// Ensures that a sound file is described.
#[test]
fn a_sound_file_is_described() {
    let (code, text) = check_rdb(&fixture());
    assert_eq!(code, Some(0), "{text}");
    for part in [
        "version 10,",
        "redis-ver: 7.0.15",
        "database 0: 17 keys, 2 of them expire",
        "database 9: 1 keys",
        "stream: 2 values, 30 elements",
        "function libraries: 1",
        "sound\n",
    ] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
}

/// Ensures that damage is one line with the offset and the key, and that nothing is changed.
#[test]
fn damage_is_one_line() {
    let dir = folder();
    let path = dir.path().join("dump.rdb");
    let mut file = std::fs::read(fixture()).expect("a file");
    let at = file.windows(4).position(|bytes| bytes == b"zset").expect("the key") + 6;
    file[at] ^= 0x40;
    std::fs::write(&path, &file).expect("a file");
    let (code, text) = check_rdb(&path);
    assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
    assert!(text.contains("offset ") && text.contains("the key 'zset'"), "{text}");
    assert_eq!(std::fs::read(&path).expect("a file"), file);
}

/// Ensures that what is no RDB file, or not there, is said in a line.
#[test]
fn what_cannot_be_checked_is_one_line() {
    let dir = folder();
    let path = dir.path().join("log");
    std::fs::write(&path, b"*1\r\n$4\r\nPING\r\n").expect("a file");
    let (code, text) = check_rdb(&path);
    assert!(code == Some(1) && text.contains("offset 0: not an RDB file"), "{text}");
    let (code, text) = check_rdb(&dir.path().join("nothing"));
    assert!(code == Some(1) && text.contains("No such file"), "{text}");
}
