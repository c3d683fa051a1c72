//! Commands that wait for a key, by the thousand, and while clients are killed.

use super::{id, next, wait_with};
use crate::process::Process;
use crate::raw::Raw;
use crate::support::{TestServer, wait_until};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A server for more than a thousand clients.
fn spacious() -> TestServer {
    let _ = rlimit::increase_nofile_limit(4_096);
    TestServer::with(|config| config.maxclients = 1_100)
}

/// Clients whose requests wait, one after the other.
fn all_waiting(server: &TestServer, requests: impl Iterator<Item = String>) -> Vec<Raw> {
    let waiting = &server.shared.clients.waiting;
    let start = |(at, request): (usize, String)| {
        let mut client = server.client();
        client.say(&request);
        let deadline = Instant::now() + crate::raw::PATIENCE;
        // The next one may come only when this one waits; it takes some microseconds.
        while waiting.len() == at {
            assert!(Instant::now() < deadline, "{request} does not wait");
            std::thread::yield_now();
        }
        client
    };
    requests.enumerate().map(start).collect()
}

/// Ensures that a thousand clients that wait for one key are all served, in order of arrival.
#[test]
fn a_thousand_wait_for_one_key() {
    let server = spacious();
    let mut clients = all_waiting(&server, (0..1_000).map(|_| "BLPOP q 0".to_owned()));
    let mut pusher = server.client();
    let words: Vec<String> = (0..500).map(|at| format!("e{at:04}")).collect();
    assert_eq!(pusher.ask(&format!("RPUSH q {}", words.join(" "))), ":500");
    let single: String = (500..1_000).map(|at| format!("RPUSH q e{at:04}\r\n")).collect();
    pusher.send(single.as_bytes());
    (500..1_000).for_each(|_| assert_eq!(next(&mut pusher), ":1"));
    for (at, client) in clients.iter_mut().enumerate() {
        assert_eq!(next(client), format!("*2 $1 q $5 e{at:04}"));
    }
    assert_eq!(pusher.ask("EXISTS q"), ":0");
}

/// Ensures that a thousand clients that wait for a key each are served with their own.
#[test]
fn a_thousand_wait_for_a_thousand_keys() {
    let server = spacious();
    let mut clients = all_waiting(&server, (0..1_000).map(|at| format!("BZPOPMIN z{at:03} 0")));
    let mut pusher = server.client();
    let requests: String = (0..1_000)
        .map(|step| step * 377 % 1_000)
        .map(|at| format!("ZADD z{at:03} {at} m\r\n"))
        .collect();
    pusher.send(requests.as_bytes());
    (0..1_000).for_each(|_| assert_eq!(next(&mut pusher), ":1"));
    for (at, client) in clients.iter_mut().enumerate() {
        let score = at.to_string();
        let expected = format!("*3 $4 z{at:03} $1 m ${} {score}", score.len());
        assert_eq!(next(client), expected);
    }
    assert_eq!(pusher.ask("DBSIZE"), ":0");
}

/// Ensures that a thousand waiting clients do not delay the end of the server, and get no reply.
#[test]
fn a_thousand_waits_end_with_the_server() {
    let _ = rlimit::increase_nofile_limit(4_096);
    let mut server = Process::start(&["--maxclients", "1100"]);
    let mut clients: Vec<Raw> = (0..1_000).map(|_| server.client()).collect();
    clients.iter_mut().for_each(|client| client.say("BLPOP q 0"));
    let mut other = server.client();
    wait_until("all wait", || other.ask("INFO clients").contains("blocked_clients:1000"));
    server.signal("TERM");
    let (status, elapsed) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    clients.iter_mut().for_each(|client| assert!(client.is_ended()));
}

/// Says at its end, also at a panic, that all is over.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Ensures that nothing is popped for killed clients while others push and pop as fast as they can.
#[test]
fn clients_are_killed_under_load() {
    let server = TestServer::start();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _over = Over(&is_over);
        for number in 0..3 {
            let (server, is_over) = (&server, &is_over);
            scope.spawn(move || {
                let mut client = server.client();
                while !is_over.load(Relaxed) {
                    client.send(format!("RPUSH l{number} x\r\nBLPOP l{number} 0\r\n").as_bytes());
                    assert!(next(&mut client).starts_with(':'));
                    assert!(next(&mut client).starts_with("*2 "));
                }
            });
        }
        let (mut other, waiting) = (server.client(), &server.shared.clients.waiting);
        for round in 0..100 {
            let (mut victim, mut heir) = (server.client(), server.client());
            let id = id(&mut victim);
            wait_with(&server, &mut victim, "BLPOP q 0");
            wait_with(&server, &mut heir, "BRPOP q 0");
            if round % 2 == 0 {
                let kill = format!("MULTI\r\nCLIENT KILL ID {id}\r\nRPUSH q {round}\r\nEXEC\r\n");
                other.send(kill.as_bytes());
                (0..3).for_each(|_| drop(other.reply()));
                assert_eq!(next(&mut other), "*2 :1 :1");
            } else {
                drop(victim);
                wait_until("the victim has left", || waiting.len() == 1);
                assert_eq!(other.ask(&format!("RPUSH q {round}")), ":1");
            }
            let text = round.to_string();
            assert_eq!(next(&mut heir), format!("*2 $1 q ${} {text}", text.len()));
            wait_until("the victim has left", || waiting.is_empty());
        }
    });
}
