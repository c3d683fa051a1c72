//! The same random requests to Debian's Redis and to ours: every reply must be the same, byte for
//! byte, but for a short list of differences that are meant.
//!
//! `RESPOOL_SEED` and `RESPOOL_COMMANDS` choose another sequence and its length.

use crate::commands::Generator;
use crate::history::Both;
use crate::servers::Server;
use std::time::{SystemTime, UNIX_EPOCH};

/// Requests in one run, unless `RESPOOL_COMMANDS` says otherwise.
const COMMANDS: u64 = 300_000;

/// Requests after which both servers are emptied, so that a failing sequence stays short.
const EPISODE: u64 = 5_000;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// The seed of all random requests: another one in every run, unless `RESPOOL_SEED` names it.
pub fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    from_environment("RESPOOL_SEED").unwrap_or(now.as_micros() as u64)
}

/// Ensures that no sequence of requests shows a difference between the two servers.
#[test]
fn random_requests_get_the_same_replies() {
    let seed = seed();
    let commands = from_environment("RESPOOL_COMMANDS").unwrap_or(COMMANDS);
    println!("RESPOOL_SEED={seed} RESPOOL_COMMANDS={commands}");
    let (redis, respool) = (Server::redis(), Server::respool());
    let mut generator = Generator::new(seed);
    let mut done = 0;
    while done < commands {
        let mut both = Both::open(redis.address, respool.address);
        both.reset();
        let len = EPISODE.min(commands - done);
        let mut requests = generator.episode(len as usize);
        if let Some(difference) = both.compare(&requests) {
            requests.truncate(difference.at + 1);
            let shortest = both.shrink(requests);
            panic!("RESPOOL_SEED={seed}: after {done} requests\n\n{shortest}");
        }
        done += len;
    }
}
