//! Several servers with Debian's nutcracker (twemproxy) in front: consistent hashing, a server that
//! dies and comes back. The configuration is the guide's, with other ports.

use crate::raw::Raw;
use crate::servers::{Guarded, PATIENCE, Server, free_address, is_up};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const KEYS: usize = 3_000;

/// The guide's block, which this test keeps true.
fn configuration() -> &'static str {
    let page = include_str!("../../src/guide/operating.md");
    let block = page.split("```yaml\nrespool:\n").nth(1).expect("the page has the block");
    block.split("```").next().expect("a block has an end")
}

/// Starts a proxy in front of these servers.
fn proxy(servers: &[SocketAddr]) -> (SocketAddr, Guarded, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    for _ in 0..5 {
        let address = free_address();
        let mut text = format!("respool:\n{}", configuration());
        text = text.replace("0.0.0.0:6379", &address.to_string());
        for (at, server) in servers.iter().enumerate() {
            let example = format!("10.0.0.{}:6379", at + 1);
            assert!(text.contains(&example), "{example} in {text}");
            text = text.replace(&example, &server.to_string());
        }
        let path = folder.path().join("nutcracker.yml");
        std::fs::write(&path, text).expect("a write");
        let statistics = free_address().port().to_string();
        let mut command = Command::new("nutcracker");
        command.arg("--conf-file").arg(&path).args(["--stats-port", &statistics]);
        command.args(["--stats-addr", "127.0.0.1"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child =
            Guarded(command.spawn().expect("nutcracker, from the package of that name"));
        if is_up(&mut child.0, address) {
            return (address, child, folder);
        }
    }
    panic!("nutcracker did not start");
}

fn keys_of(server: &Server) -> usize {
    let reply = Raw::connect(server.address).ask("DBSIZE");
    reply.trim_start_matches(':').parse().expect("a count")
}

/// How many of all keys can be set, which is how a cache is filled.
fn set_all(address: SocketAddr) -> usize {
    let mut client = Raw::connect(address);
    let is_set = |at: usize| client.ask(&format!("SET key:{at} value")) == "+OK";
    (0..KEYS).map(is_set).filter(|is_set| *is_set).count()
}

/// Ensures that keys spread over all servers, that requests for many keys reach all of them, that a
/// server which dies is left out, and that it gets its keys again when it is back.
#[test]
fn a_proxy_in_front_of_three_servers() {
    let mut servers: Vec<Server> = (0..3).map(|_| Server::respool()).collect();
    let addresses: Vec<SocketAddr> = servers.iter().map(|server| server.address).collect();
    let (address, _proxy, _folder) = proxy(&addresses);

    assert_eq!(set_all(address), KEYS);
    let spread: Vec<usize> = servers.iter().map(keys_of).collect();
    assert_eq!(spread.iter().sum::<usize>(), KEYS);
    assert!(spread.iter().all(|keys| *keys > KEYS / 6), "evenly: {spread:?}");

    let mut client = Raw::connect(address);
    let names: Vec<String> = (0..100).map(|at| format!("key:{at}")).collect();
    let many = |command: &str| format!("{command} {}", names.join(" "));
    let values = client.ask(&many("MGET"));
    assert_eq!(values.split(' ').filter(|word| *word == "value").count(), 100, "{values}");
    assert_eq!(client.ask(&many("DEL")), ":100");

    // One dies. The proxy may notice at the first request; then its keys go to the others.
    let lost = servers.remove(1);
    drop(lost);
    let ejected = Instant::now() + PATIENCE;
    while set_all(address) < KEYS {
        assert!(Instant::now() < ejected, "the dead server is left out");
    }
    assert_eq!(servers.iter().map(keys_of).sum::<usize>(), KEYS, "all are with those who live");

    // It comes back, empty as a cache may be, and is tried again before long.
    let port = addresses[1].port().to_string();
    let back = Server::respool_with(&["--port", &port]);
    let returned = Instant::now() + PATIENCE;
    while keys_of(&back) == 0 {
        assert!(Instant::now() < returned, "the server that is back gets keys");
        set_all(address);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(set_all(address), KEYS);
    assert_eq!(keys_of(&back), spread[1], "those that it had");
}
