//! Random scripts to Debian's Redis and to ours: every reply must be the same, byte for byte, in
//! both versions of the protocol, but for a short list of differences that are meant.
//!
//! The sequence is always the same one, so that a rare difference fails a search and not a build:
//! `RESPOOL_SEED` and `RESPOOL_SCRIPTS` choose another one and its length.

mod expressions;
mod libraries;
mod meant;
mod server;
mod snippets;

use crate::connection::{Connection, Request};
use crate::servers::Server;
use meant::is_meant;
use snippets::Snippets;

/// The seed, unless `RESPOOL_SEED` says otherwise.
const SEED: u64 = 1;

/// Scripts in one run, unless `RESPOOL_SCRIPTS` says otherwise.
const SCRIPTS: usize = 5_000;

/// Scripts after which the keys are as at the beginning.
const EPISODE: usize = 100;

/// The keys that scripts find.
const FILL: &[&str] = &[
    "FLUSHALL",
    "SELECT 0",
    "SET str hello",
    "SET num 12",
    "RPUSH list a b 3",
    "HSET hash f 1 g 2.5",
    "HSET pair f 1",
    "SADD one m",
    "ZADD zset 1 a 2.5 b",
    "SET gone x",
    "SET bits abc",
];

fn request(words: &[&str]) -> Request {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

fn episode(snippets: &mut Snippets, len: usize) -> Vec<Request> {
    let fill = FILL.iter().map(|line| request(&line.split(' ').collect::<Vec<_>>()));
    let scripts = (0..len).map(|_| request(&["EVAL", &snippets.next(), "0"]));
    fill.chain(scripts).collect()
}

/// Ensures that no script shows a difference between the two servers.
#[test]
fn random_scripts_get_the_same_replies() {
    let seed = std::env::var("RESPOOL_SEED").map_or(SEED, |text| text.parse().expect("a number"));
    let scripts = std::env::var("RESPOOL_SCRIPTS").ok();
    let scripts = scripts.map_or(SCRIPTS, |text| text.parse().expect("a number"));
    println!("RESPOOL_SEED={seed} RESPOOL_SCRIPTS={scripts}");
    let (redis, respool) = (Server::redis(), Server::respool());
    let mut snippets = Snippets::new(seed);
    for version in ["2", "3"] {
        let mut connections = [&redis, &respool].map(|server| Connection::open(server.address));
        connections.iter_mut().for_each(|it| drop(it.run(&[request(&["HELLO", version])])));
        for _ in 0..scripts.div_ceil(2 * EPISODE) {
            let requests = episode(&mut snippets, EPISODE);
            for request in requests {
                // One at a time: a failure names the script that is its reason.
                let alone = std::slice::from_ref(&request);
                let [redis, respool] = connections.each_mut().map(|it| it.run(alone).remove(0));
                assert!(
                    redis == respool || is_meant(&redis, &respool),
                    "RESPOOL_SEED={seed}, RESP{version}:\n{}\nredis:   {}\nrespool: {}",
                    String::from_utf8_lossy(request.get(1).map_or(&[][..], Vec::as_slice)),
                    redis.escape_ascii(),
                    respool.escape_ascii()
                );
            }
        }
    }
}
