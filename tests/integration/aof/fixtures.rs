//! The append-only file: logs that earlier versions wrote load in this one.

use crate::logs::{folder, logging};
use std::fs;
use std::path::Path;

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(fs::copy(&path, &target).expect("a copy")),
        }
    }
}

/// What each of the logs holds.
const STATE: &str = r#"
    > DBSIZE
    :12
    > MGET plain number renamed price t1
    *5
    $9 text-more
    $2 42
    $1 1
    $4 10.5
    $1 a
    > GET "with space"
    $7 a value
    > STRLEN binary
    :11
    > GETRANGE binary 5 8
    $4 \x00\xff*3
    > GET later
    $1 v
    > TTL later
    :-1
    > HGETALL h
    *2
    $2 f2
    $2 v2
    > PEXPIRETIME h
    :4102444800000
    > HLEN big
    :200
    > HGET big f200
    $4 v200
    > STRLEN long
    :6000
    > GETBIT bits 7
    :1
    > SELECT 5
    +OK
    > MGET other t2
    *2
    $3 db5
    $1 b
    > DBSIZE
    :2
"#;

/// Ensures that the log of every earlier version loads with all its data, and is continued.
#[test]
fn logs_of_earlier_versions_load() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut count = 0;
    for entry in fs::read_dir(fixtures).expect("a folder") {
        let path = entry.expect("an entry").path();
        if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log-")) {
            continue;
        }
        count += 1;
        let dir = folder();
        copy(&path, dir.path());
        for _ in 0..2 {
            let server = logging(dir.path());
            server.run(STATE, 2).unwrap_or_else(|found| panic!("{}: {found}", path.display()));
        }
        let server = logging(dir.path());
        assert_eq!(server.client().ask("INCR number"), ":43");
        drop(server);
        logging(dir.path()).check("> GET number\n$2 43");
    }
    assert!(count >= 1, "there are logs to load");
}
