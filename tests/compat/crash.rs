//! The process is killed at random moments, and everything acknowledged must survive.
//!
//! Several clients work on their own keys, pipelining, and record the replies. After the kill a
//! client's keys must be the result of all its acknowledged requests, followed by some number of
//! the first ones in flight: a log that loses something in the middle, tears a transaction, or
//! brings something back shows at once. Rewrites begin all the time, so that many kills interrupt
//! one. After many kills the log gets a torn end, like that of a power failure. Every round
//! continues with the data of the one before.

use crate::connection::{Connection, Request, encode};
use crate::differential::seed;
use crate::random::Random;
use crate::servers::Server;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Rounds in `make compat`; RESPOOL_CRASH_ROUNDS asks for more.
const ROUNDS: u64 = 25;

/// Clients at a time.
const CLIENTS: u64 = 4;

/// Keys of each kind and client.
const KEYS: usize = 50;

/// Most requests that a client has on their way.
const PIPELINE: usize = 20;

/// Milliseconds by which two readings of the clock may differ from what the server saw.
const CLOCK_TOLERANCE_MS: u64 = 200;

/// What a client believes its keys to hold; a hash is text as well: its only field.
type State = BTreeMap<String, (String, Option<u64>)>;

/// Something that happens wholly or not at all.
#[derive(Debug, Clone)]
enum Action {
    Set(String, String),
    SetUntil(String, String, u64),
    Delete(String),
    Increment(String),
    SetField(String, String),
    /// Both keys get the same value.
    Pair(String, String, String),
}

impl Action {
    fn random(random: &mut Random, client: u64, number: u64) -> Action {
        let n = random.below(KEYS);
        let key = |kind: &str| format!("{kind}:{client}:{n}");
        let padding = "x".repeat(random.below(60));
        let value = format!("{number}{padding}");
        match random.below(8) {
            0 | 1 => Action::Set(key("s"), value),
            2 => Action::SetUntil(key("e"), value, unix_ms() + 50 + random.below(2_000) as u64),
            3 => Action::Delete(key(["s", "e", "n", "h"][random.below(4)])),
            4 | 5 => Action::Increment(key("n")),
            6 => Action::SetField(key("h"), value),
            _ => Action::Pair(key("p"), key("q"), value),
        }
    }

    fn requests(&self) -> Vec<Request> {
        let lines: Vec<Vec<String>> = match self {
            Action::Set(key, value) => vec![words(&["SET", key, value])],
            Action::SetUntil(key, value, at) => {
                vec![words(&["SET", key, value, "PXAT", &at.to_string()])]
            }
            Action::Delete(key) => vec![words(&["DEL", key])],
            Action::Increment(key) => vec![words(&["INCR", key])],
            Action::SetField(key, value) => vec![words(&["HSET", key, "field", value])],
            Action::Pair(first, second, value) => vec![
                words(&["MULTI"]),
                words(&["SET", first, value]),
                words(&["SET", second, value]),
                words(&["EXEC"]),
            ],
        };
        let request = |line: Vec<String>| line.into_iter().map(String::into_bytes).collect();
        lines.into_iter().map(request).collect()
    }

    /// Lines of the whole answer.
    fn reply_lines(&self) -> usize {
        if matches!(self, Action::Pair(..)) { 6 } else { 1 }
    }

    fn apply(&self, state: &mut State) {
        match self {
            Action::Set(key, value) | Action::SetField(key, value) => {
                state.insert(key.clone(), (value.clone(), None));
            }
            Action::SetUntil(key, value, at) => {
                state.insert(key.clone(), (value.clone(), Some(*at)));
            }
            Action::Delete(key) => drop(state.remove(key)),
            Action::Increment(key) => {
                let entry = state.entry(key.clone()).or_insert(("0".to_owned(), None));
                let number: u64 = entry.0.parse().expect("a counter");
                entry.0 = (number + 1).to_string();
            }
            Action::Pair(first, second, value) => {
                state.insert(first.clone(), (value.clone(), None));
                state.insert(second.clone(), (value.clone(), None));
            }
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Works until the server is gone: what was acknowledged is applied to `state`; returned is what
/// was on its way, and how much was acknowledged.
fn work(
    address: SocketAddr,
    mut random: Random,
    client: u64,
    state: &mut State,
) -> (Vec<Action>, u64) {
    let stream = TcpStream::connect(address).expect("the server listens");
    let mut replies = BufReader::new(stream.try_clone().expect("a socket"));
    let (mut acknowledged, mut number) = (0, 0);
    loop {
        let mut under_way = Vec::new();
        let mut bytes = Vec::new();
        for _ in 0..=random.below(PIPELINE) {
            number += 1;
            let action = Action::random(&mut random, client, number);
            action.requests().iter().for_each(|request| bytes.extend(encode(request)));
            under_way.push(action);
        }
        // A write that fails may have been sent in part.
        let _ = (&stream).write_all(&bytes);
        for at in 0..under_way.len() {
            let mut line = String::new();
            for _ in 0..under_way[at].reply_lines() {
                line.clear();
                if !matches!(replies.read_line(&mut line), Ok(1..)) || !line.ends_with('\n') {
                    return (under_way.split_off(at), acknowledged);
                }
                assert!(!line.starts_with('-'), "{:?}: {line}", under_way[at]);
            }
            under_way[at].apply(state);
            acknowledged += 1;
        }
    }
}

/// Reads a client's keys.
fn look(server: &Server, client: u64) -> State {
    let mut connection = Connection::open(server.address);
    let mut state = State::new();
    for kind in ["s", "e", "n", "h", "p", "q"] {
        for n in 0..KEYS {
            let key = format!("{kind}:{client}:{n}");
            let line = if kind == "h" { vec!["HGET", &key, "field"] } else { vec!["GET", &key] };
            let request: Request = line.iter().map(|word| word.as_bytes().to_vec()).collect();
            let reply = connection.run(&[request]).remove(0);
            let text = String::from_utf8(reply).expect("text");
            if let Some((_, value)) = text.split_once("\r\n").filter(|_| !text.starts_with("$-1")) {
                state.insert(key, (value.trim_end().to_owned(), None));
            }
        }
    }
    state
}

/// The first difference between what there should be and what there is.
fn difference(expected: &State, found: &State) -> Option<String> {
    let now_ms = unix_ms();
    for (key, (value, expires_at_ms)) in expected {
        let is_there = found.get(key).is_some_and(|(found, _)| found == value);
        let is_gone = !found.contains_key(key);
        let fits = match expires_at_ms {
            None => is_there,
            Some(at) if now_ms > at + CLOCK_TOLERANCE_MS => is_gone,
            Some(at) if now_ms + CLOCK_TOLERANCE_MS < *at => is_there,
            Some(_) => is_there || is_gone,
        };
        if !fits {
            return Some(format!("{key}: {value:?} {expires_at_ms:?}, not {:?}", found.get(key)));
        }
    }
    let more = found.keys().find(|key| !expected.contains_key(*key));
    more.map(|key| format!("{key} is back"))
}

/// Checks that a server has what was acknowledged before the last kill, and of what was on its way
/// some number of the first. Those count as acknowledged from now on.
fn verify(server: &Server, clients: &mut [(State, Vec<Action>)]) {
    for (client, (state, under_way)) in clients.iter_mut().enumerate() {
        let found = look(server, client as u64);
        let mut differences = Vec::new();
        let mut rest = under_way.drain(..);
        while let Some(difference) = difference(state, &found) {
            differences.push(difference);
            match rest.next() {
                Some(action) => action.apply(state),
                None => panic!("client {client}: {differences:#?}"),
            }
        }
    }
}

/// Appends what a power failure leaves of requests that were not acknowledged: the beginning of one
/// or of a transaction, zeros, garbage, or nothing.
fn tear(random: &mut Random, dir: &Path) {
    let inside = dir.join("appendonlydir");
    let manifest = inside.join("appendonly.aof.manifest");
    let text = fs::read_to_string(manifest).expect("a manifest");
    // An empty increment may follow the one that was being written to.
    let names = text.lines().filter(|line| line.contains(" type i"));
    let names = names.filter_map(|line| line.split(' ').nth(1));
    let paths: Vec<PathBuf> = names.map(|name| inside.join(name)).collect();
    let has_data = |path: &&PathBuf| path.metadata().is_ok_and(|metadata| metadata.len() > 0);
    let Some(path) = paths.iter().rfind(has_data) else { return };
    let len = 1 + random.below(4_000) as usize;
    let unit = b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$4000\r\n";
    let request = &unit[15..];
    let end = match random.below(5) {
        0 => unit[..1 + len % unit.len()].to_vec(),
        1 => [request, &b"y".repeat(len)].concat(),
        2 => vec![0; len],
        3 => vec![0xfe; len],
        _ => return,
    };
    let file = fs::OpenOptions::new().append(true).open(path).expect("a log");
    (&file).write_all(&end).expect("space");
}

/// One life of a server: starts it, checks what the last one left, works, kills it.
fn round(random: &mut Random, flags: &[&str], clients: &mut [(State, Vec<Action>)]) -> u64 {
    let server = Server::respool_with(flags);
    verify(&server, clients);
    let address = server.address;
    let end = Instant::now() + Duration::from_millis(100 + random.next() % 500);
    let ended: Vec<(Vec<Action>, u64)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..)
            .zip(clients.iter_mut())
            .map(|(client, (state, _))| {
                let random = Random::new(random.next());
                scope.spawn(move || work(address, random, client, state))
            })
            .collect();
        let mut rewrites = TcpStream::connect(address).expect("the server listens");
        while Instant::now() < end {
            // The answer, that one is under way already perhaps, does not matter.
            let _ = rewrites.write_all(b"BGREWRITEAOF\r\n");
            let _ = rewrites.read(&mut [0; 256]);
            std::thread::sleep(Duration::from_millis(random.next() % 30));
        }
        drop(server);
        workers.into_iter().map(|worker| worker.join().expect("a worker")).collect()
    });
    let acknowledged = ended.iter().map(|(_, count)| count).sum();
    for ((_, under_way), (rest, _)) in clients.iter_mut().zip(ended) {
        *under_way = rest;
    }
    acknowledged
}

/// Ensures that after `kill -9` at any moment nothing acknowledged is missing, nothing deleted or
/// expired is back, and transactions are whole.
#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let rounds = std::env::var("RESPOOL_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok());
    let rounds = rounds.unwrap_or(ROUNDS);
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a plain path");
    let mut clients = vec![(State::new(), Vec::new()); CLIENTS as usize];
    let mut acknowledged = 0;
    let flags =
        |policy| ["--port", "any", "--appendonly", "yes", "--dir", path, "--appendfsync", policy];
    for number in 0..rounds {
        let policy = ["everysec", "always", "no"][(number % 3) as usize];
        acknowledged += round(&mut random, &flags(policy), &mut clients);
        tear(&mut random, folder.path());
    }
    // What the last kill left.
    verify(&Server::respool_with(&flags("everysec")), &mut clients);
    println!("{rounds} kills, {acknowledged} acknowledged actions, nothing lost");
    assert!(acknowledged > 0, "the clients did nothing");
}
