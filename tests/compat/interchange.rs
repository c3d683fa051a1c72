//! The log as a means of interchange: Redis starts on ours, and we start on Redis's, also when it
//! was rewritten. (That it was not, and the process was killed, is `restarts.rs`.)

use crate::commands::{Generator, words};
use crate::connection::Connection;
use crate::differential::seed;
use crate::restarts::{expect_same, look};
use crate::servers::{PATIENCE, Server};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Requests before the rewrite, and after it.
const REQUESTS: usize = 3_000;

/// Has a server rewrite its log, and waits until that is done.
fn rewrite(server: &Server, dir: &Path) {
    let mut connection = Connection::open(server.address);
    let reply = connection.run(&[words("BGREWRITEAOF")]).remove(0);
    assert!(reply.starts_with(b"+Background"), "{}", reply.escape_ascii());
    let deadline = Instant::now() + PATIENCE;
    let manifest = dir.join("appendonlydir/appendonly.aof.manifest");
    let is_done = || {
        let text = std::fs::read_to_string(&manifest).unwrap_or_default();
        // Redis begins with an empty base, and names the old files as history for a moment.
        text.contains(".base.aof seq") && text.lines().count() == 2 && !text.contains("1.incr")
    };
    while !is_done() {
        assert!(Instant::now() < deadline, "it is not rewritten");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs random requests, rewrites, runs more, and compares both servers on the same directory.
fn exchange(first: impl Fn(&str) -> Server, second: impl Fn(&str) -> Server, what: &str) {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a plain path");
    let mut generator = Generator::new(seed);
    let server = first(path);
    Connection::open(server.address).run(&generator.episode(REQUESTS));
    rewrite(&server, folder.path());
    Connection::open(server.address).run(&generator.episode(REQUESTS));
    let before = look(&server);
    drop(server);
    // What the second one adds is there for the first one again.
    let server = second(path);
    expect_same(&format!("RESPOOL_SEED={seed}, {what}"), &before, &look(&server));
    Connection::open(server.address).run(&generator.episode(REQUESTS));
    let before = look(&server);
    drop(server);
    expect_same(&format!("RESPOOL_SEED={seed}, {what}, back"), &before, &look(&first(path)));
}

fn respool(path: &str) -> Server {
    Server::respool_with(&["--port", "any", "--appendonly", "yes", "--dir", path])
}

fn redis(path: &str) -> Server {
    let log = ["--appendonly", "yes", "--aof-use-rdb-preamble", "no"];
    // Redis answers before what it answers is written, unless told so.
    Server::redis_with(&[&log[..], &["--appendfsync", "always", "--dir", path]].concat())
}

/// Ensures that Redis starts on a log of ours that was rewritten, and that we start on what it
/// added to it.
#[test]
fn redis_goes_on_with_our_log() {
    exchange(respool, redis, "ours, then Redis's");
}

/// Ensures that we start on a log of Redis's that was rewritten, and that it starts on what we
/// added to it.
#[test]
fn we_go_on_with_the_log_of_redis() {
    exchange(redis, respool, "Redis's, then ours");
}

/// A log as Redis wrote it before version 7, in one file.
const SINGLE: &[u8] = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n\
    *3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";

/// What a server that has loaded it answers.
fn expect_single(server: &Server, what: &str) {
    let mut connection = Connection::open(server.address);
    let deadline = Instant::now() + PATIENCE;
    while connection.run(&[words("PING")])[0] != b"+PONG\r\n" {
        assert!(Instant::now() < deadline, "{what}: the log is not loaded");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(connection.run(&[words("GET a")])[0], b"$1\r\n1\r\n", "{what}");
}

/// Ensures that both servers take over the single file of an older Redis, continue an interrupted
/// takeover of the other one, and start on its result.
#[test]
fn both_take_over_a_single_file() {
    let servers: [(&str, fn(&str) -> Server); 2] = [("respool", respool), ("Redis", redis)];
    // What a process leaves that dies before the first step, and before the last one.
    for is_interrupted in [false, true] {
        for (first, second) in [(0, 1), (1, 0)] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().to_str().expect("a plain path");
            std::fs::write(folder.path().join("appendonly.aof"), SINGLE).expect("a file");
            if is_interrupted {
                let inside = folder.path().join("appendonlydir");
                std::fs::create_dir(&inside).expect("a folder");
                let manifest = "file appendonly.aof seq 1 type b\n";
                std::fs::write(inside.join("appendonly.aof.manifest"), manifest).expect("a file");
            }
            for at in [first, second] {
                let (name, start) = servers[at];
                expect_single(&start(path), &format!("{name}, interrupted: {is_interrupted}"));
                assert!(!folder.path().join("appendonly.aof").exists(), "{name} took it over");
            }
        }
    }
}

/// Ensures that Redis's own tool finds our log sound, with the lengths that the manifest has.
#[test]
fn the_tool_of_redis_finds_our_log_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = respool(folder.path().to_str().expect("a plain path"));
    Connection::open(server.address).run(&[words("SET a 1"), words("MSET b 2 c 3")]);
    rewrite(&server, folder.path());
    Connection::open(server.address).run(&[words("SET d 4")]);
    drop(server);
    let manifest = folder.path().join("appendonlydir/appendonly.aof.manifest");
    let text = std::fs::read_to_string(&manifest).expect("a manifest");
    assert!(text.contains(" type b bytes "), "{text}");
    let output = Command::new("redis-check-aof").arg(&manifest).output();
    let output = output.expect("redis-check-aof, from the package redis-tools");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("are valid"), "{said}");
}
