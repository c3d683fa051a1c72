//! `appendfsync always`: replies that wait for the disk, and are sent by the syncing thread.

use crate::logs::folder;
use crate::raw::{Raw, encode};
use crate::support::{TestServer, wait_until};
use socket2::SockRef;
use std::path::Path;
use tempfile::TempDir;

/// A server that syncs its log before it answers.
fn syncing(dir: &Path) -> TestServer {
    TestServer::with(|config| {
        config.appendonly = true;
        config.appendfsync = respool::config::Fsync::Always;
        config.dir = dir.to_path_buf();
    })
}

fn start() -> (TempDir, TestServer, Raw) {
    let dir = folder();
    let server = syncing(dir.path());
    let client = server.client();
    (dir, server, client)
}

/// Ensures that many clients that write at the same time each get their own replies in order,
/// including those of reads, errors and writes that changed nothing.
#[test]
fn replies_keep_their_order() {
    let (_dir, server, _) = start();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let server = &server;
            scope.spawn(move || {
                let (mut client, key) = (server.client(), format!("n{number}"));
                for at in 1..200 {
                    client.say(&format!("INCR {key}"));
                    client.say("NONSENSE");
                    client.say(&format!("GET {key}"));
                    client.say(&format!("DEL nothing{number}"));
                    assert_eq!(client.reply(), format!(":{at}\r\n").as_bytes());
                    assert!(client.reply().starts_with(b"-ERR unknown command"));
                    let text = at.to_string();
                    assert_eq!(client.reply(), format!("${}\r\n{at}\r\n", text.len()).as_bytes());
                    assert_eq!(client.reply(), b":0\r\n");
                }
            });
        }
    });
}

/// Ensures that a client that sends everything before it reads gets all of its replies, and
/// meanwhile delays no other client.
#[test]
fn a_client_that_does_not_read_delays_no_other() {
    const REQUESTS: usize = 2_000;
    let (_dir, server, mut client) = start();
    let mut other = server.client();
    SockRef::from(client.stream()).set_recv_buffer_size(16 * 1024).expect("a socket option");
    assert_eq!(other.ask(&format!("SET k {}", "x".repeat(6_000))), "+OK");
    let request = [encode(&[b"INCR", b"n"]), encode(&[b"GETRANGE", b"k", b"0", b"-1"])].concat();
    for at in 0..REQUESTS {
        client.send(&request);
        if at % 100 == 0 {
            assert_eq!(other.ask("SET l v"), "+OK");
        }
    }
    for at in 1..=REQUESTS {
        assert_eq!(client.reply(), format!(":{at}\r\n").as_bytes());
        assert_eq!(client.reply().len(), 6_009);
    }
}

/// Ensures that the replies to a QUIT and to the requests before it wait for the disk as well and
/// arrive.
#[test]
fn goodbyes_are_answered() {
    let (_dir, server, mut client) = start();
    client.send(b"SET k v\r\nQUIT\r\n");
    assert_eq!(client.rest(), b"+OK\r\n+OK\r\n");
    let mut client = server.client();
    client.send(b"SET k v\r\n");
    client.send(b"GET k\r\n");
    assert_eq!(client.finish(), b"+OK\r\n$1\r\nv\r\n");
}

/// Ensures that WAITAOF is answered when the disk has what was written before it, and that one
/// which asks for a replica waits until its time is over.
#[test]
fn waiting_for_the_disk() {
    let dir = folder();
    let server = TestServer::with(|config| {
        config.appendonly = true;
        config.dir = dir.path().to_owned();
    });
    let mut client = server.client();
    assert_eq!(client.ask("SET k v"), "+OK");
    assert_eq!(client.ask("WAITAOF 1 0 0"), "*2 :1 :0");
    assert!(server.shared.aof.synced() >= server.shared.aof.end());
    client.say("WAITAOF 1 1 50");
    wait_until("it waits", || server.shared.clients.waiting.len() == 1);
    server.clock.advance_ms(50);
    assert_eq!(client.reply(), b"*2\r\n:1\r\n:0\r\n");
}
