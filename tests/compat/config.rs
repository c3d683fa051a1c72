//! CONFIG GET and CONFIG SET of every directive that Debian's Redis has: the same replies, but for
//! a short list of differences that are meant.

use crate::connection::{Connection, Request, show};
use crate::servers::Server;

/// Directives whose values differ from the start, and why.
const OTHER_DEFAULTS: &[(&str, &str)] = &[
    ("port", "each server has a port of its own"),
    ("dir", "each server has a folder of its own"),
    ("maxmemory", "a cache should not outgrow its machine"),
    ("maxmemory-policy", "a cache evicts"),
    ("aof-use-rdb-preamble", "requests are loaded faster here"),
];

/// Directives that CONFIG SET changes in another way, and why.
const OTHER_CHANGES: &[(&str, &str)] = &[
    ("port", "the address is in force from the start to the end"),
    ("bind", "the address is in force from the start to the end"),
    ("dir", "each server has a folder of its own"),
    ("maxclients", "each server tells how many files it can open"),
    ("maxmemory", "respool takes a share of the machine's memory as well"),
    ("maxmemory-clients", "Redis closes the connection that asks"),
    ("loglevel", "7.2 has a level 'nothing'"),
    ("min-replicas-to-write", "there are no replicas, so it would stop all writes"),
    ("min-slaves-to-write", "there are no replicas, so it would stop all writes"),
    ("appendonly", "it would write"),
    ("cluster-link-sendbuf-limit", "amounts end at 2^63 here"),
    ("repl-backlog-size", "Redis rounds it up"),
    ("activedefrag", "Debian's Redis has the C library's allocator, and refuses"),
    ("oom-score-adj", "Redis needs a right that the test may not have"),
    ("oom-score-adj-values", "Redis needs a right that the test may not have"),
];

/// Whether a directive is in a list. TLS is refused as a whole.
fn is_listed(list: &[(&str, &str)], name: &str) -> bool {
    name.starts_with("tls-") || list.iter().any(|(other, _)| *other == name)
}

/// Values of every kind, most of them wrong for any one directive.
const VALUES: &[&str] = &[
    "0",
    "1",
    "-1",
    "7",
    "10",
    "99",
    "100",
    "101",
    "1000",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "99999999999999999999",
    "007",
    "+1",
    " 1",
    "1 ",
    "1.5",
    "1kb",
    "2M",
    "1gb",
    "1tb",
    "kb",
    "50%",
    "101%",
    "-1%",
    "yes",
    "no",
    "YES",
    "No",
    "x",
    "",
    "*",
    "60 1",
    "60 1 300 10",
    "60",
    "60 x",
    "60  1",
    "0 1",
    "normal 1gb 2gb 3",
    "slave 1mb 2kb 3 pubsub 0 0 0",
    "replica 1 1 -1",
    "nobody 1 2 3",
    "KEA",
    "Kx",
    "q",
    "gnm",
    "always",
    "EVERYSEC",
    "everysec",
    "allkeys-lru",
    "disabled",
    "swapdb",
    "ignore",
    "panic-on-replicas",
    "clients",
    "ip",
    "hostname",
    "allchannels",
    "resetchannels",
    "default",
    "nosave now",
    "save force x",
    "50 99.9",
    "100.1",
    "{title}",
    "{nothing}",
    "{title",
    "a b",
];

fn request(words: &[&str]) -> Request {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

/// The names and values of a reply to CONFIG GET.
fn pairs(reply: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(reply).into_owned();
    let lines: Vec<&str> = text.split("\r\n").collect();
    let words: Vec<&str> = lines[1..].chunks(2).filter_map(|pair| pair.get(1).copied()).collect();
    words.chunks_exact(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect()
}

/// Ensures that every directive is known, has the same value, and is changed by the same words to
/// the same value with the same reply.
#[test]
fn directives_are_redis_s() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("text");
    let redis = Server::redis_with(&["--dir", path]);
    let respool = Server::respool_with(&["--port", "any", "--dir", path]);
    let mut redis = Connection::open(redis.address);
    let mut respool = Connection::open(respool.address);
    let all = redis.run(&[request(&["CONFIG", "GET", "*"])]).remove(0);
    let all = pairs(&all);
    assert!(all.len() > 190, "{all:?}");
    let mut found = Vec::new();
    for (name, value) in &all {
        let get = request(&["CONFIG", "GET", name]);
        let ours = respool.run(std::slice::from_ref(&get)).remove(0);
        let ours = pairs(&ours);
        if ours.len() != 1 || !is_listed(OTHER_DEFAULTS, name) && ours[0].1 != *value {
            found.push(format!("CONFIG GET {name}: '{value}', and here {ours:?}"));
        }
        if is_listed(OTHER_CHANGES, name) {
            continue;
        }
        let mut requests = Vec::new();
        for value in VALUES {
            requests.extend([request(&["CONFIG", "SET", name, value]), get.clone()]);
        }
        // What stays set could be in the way of the next one.
        requests.push(request(&["CONFIG", "SET", name, value]));
        let (theirs, ours) = (redis.run(&requests), respool.run(&requests));
        let is_get_of_default = |at: usize| at % 2 == 1 && is_listed(OTHER_DEFAULTS, name);
        for at in (0..requests.len()).filter(|at| !is_get_of_default(*at)) {
            if theirs[at] != ours[at] {
                let (theirs, ours) = (theirs[at].escape_ascii(), ours[at].escape_ascii());
                let before = show(&requests[at.saturating_sub(1)]);
                let asked = show(&requests[at]);
                found.push(format!("{before}; {asked}\n    {theirs}\n    {ours}"));
                // More of them would hide those of other directives.
                break;
            }
        }
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// Ensures that several names, patterns, pairs and mistakes get the same replies.
#[test]
fn several_directives_at_once() {
    let (redis, respool) = (Server::redis(), Server::respool());
    let requests: Vec<Request> = [
        "CONFIG SET timeout 5 timeout 6",
        "CONFIG SET timeout 5 nosuch 6",
        "CONFIG SET nosuch 6 timeout 5 databases 1",
        "CONFIG SET databases 3 nosuch 6",
        "CONFIG SET TimeOut 5 TCP-keepalive x",
        "CONFIG SET timeout 5 tcp-keepalive",
        "CONFIG SET timeout 77 hz 20",
        "CONFIG GET timeout hz TIMEOUT nosuch",
        "CONFIG GET slave-read-only",
        "CONFIG GET *-read-only",
        "CONFIG GET Hash-Max-*-Value nothing*",
        "CONFIG REWRITE",
        "CONFIG REWRITE now",
        "CONFIG HELP x",
    ]
    .iter()
    .map(|line| request(&line.split(' ').collect::<Vec<_>>()))
    .collect();
    let theirs = Connection::open(redis.address).run(&requests);
    let ours = Connection::open(respool.address).run(&requests);
    for (at, request) in requests.iter().enumerate() {
        // Redis lists what matches in no particular order.
        let sorted = |reply: &[u8]| {
            let mut pairs = pairs(reply);
            pairs.sort();
            pairs
        };
        let is_same = match theirs[at][0] {
            b'*' => sorted(&theirs[at]) == sorted(&ours[at]),
            _ => theirs[at] == ours[at],
        };
        let (theirs, ours) = (theirs[at].escape_ascii(), ours[at].escape_ascii());
        assert!(is_same, "{}\n{theirs}\n{ours}", show(request));
    }
}
