//! What was sent to both servers, and the shortest piece of it that shows a difference.

use crate::connection::{Connection, RawReply, Request, show};
use crate::replies::Transcript;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long a failing sequence is made shorter.
const SHRINK_TIME: Duration = Duration::from_secs(60);

/// Two replies to the same request that should have been the same.
pub struct Difference {
    /// Which request it was.
    pub at: usize,
    redis: RawReply,
    respool: RawReply,
}

/// Both servers, and a connection to each.
pub struct Both {
    addresses: [SocketAddr; 2],
    connections: [Connection; 2],
}

impl Both {
    /// Connects to Redis and to ours.
    pub fn open(redis: SocketAddr, respool: SocketAddr) -> Both {
        let addresses = [redis, respool];
        Both { addresses, connections: addresses.map(Connection::open) }
    }

    /// Empties both and starts again.
    pub fn reset(&mut self) {
        self.connections = self.addresses.map(Connection::open);
        let flush = vec![vec![b"FLUSHALL".to_vec()]];
        self.connections.iter_mut().for_each(|connection| {
            assert_eq!(connection.run(&flush), [b"+OK\r\n"]);
        });
    }

    /// Sends the same to both and returns the first difference.
    pub fn compare(&mut self, requests: &[Request]) -> Option<Difference> {
        let [redis, respool] = &mut self.connections;
        let replies = redis.run(requests).into_iter().zip(respool.run(requests));
        let mut transcript = Transcript::default();
        let (at, (redis, respool)) = replies
            .enumerate()
            .find(|(at, (redis, respool))| !transcript.is_same(&requests[*at], redis, respool))?;
        Some(Difference { at, redis, respool })
    }

    /// Looks for a short part of `requests`, whose last one shows a difference, that shows one too.
    pub fn shrink(&mut self, mut requests: Vec<Request>) -> String {
        let deadline = Instant::now() + SHRINK_TIME;
        let mut difference = None;
        self.shrink_to_tail(&mut requests, &mut difference);
        let mut chunk = requests.len() / 2;
        while chunk > 0 && Instant::now() < deadline {
            let mut at = 0;
            while at + 1 < requests.len() && Instant::now() < deadline {
                let mut shorter = requests.clone();
                shorter.drain(at..(at + chunk).min(requests.len() - 1));
                if !self.shows(&mut shorter, &mut difference) {
                    at += chunk;
                    continue;
                }
                requests = shorter;
            }
            chunk /= 2;
        }
        describe(&requests, difference.as_ref())
    }

    /// Most differences need only what was sent shortly before.
    fn shrink_to_tail(&mut self, requests: &mut Vec<Request>, found: &mut Option<Difference>) {
        let mut len = 1;
        while len < requests.len() {
            let mut tail = requests[requests.len() - len..].to_vec();
            if self.shows(&mut tail, found) {
                *requests = tail;
                return;
            }
            len *= 4;
        }
        self.shows(requests, found);
    }

    /// Whether `requests` show a difference in the reply to the same command as the last of them;
    /// requests after it are cut off.
    fn shows(&mut self, requests: &mut Vec<Request>, found: &mut Option<Difference>) -> bool {
        self.reset();
        let Some(difference) = self.compare(requests) else { return false };
        let name = |at: usize| requests[at][0].to_ascii_lowercase();
        if name(difference.at) != name(requests.len() - 1) {
            return false;
        }
        requests.truncate(difference.at + 1);
        *found = Some(difference);
        true
    }
}

fn describe(requests: &[Request], difference: Option<&Difference>) -> String {
    let Some(Difference { redis, respool, .. }) = difference else {
        return "the difference did not show itself again".to_owned();
    };
    let lines: Vec<String> =
        requests.iter().map(|request| format!("  > {}", show(request))).collect();
    format!(
        "{}\n  redis:   {}\n  respool: {}\n",
        lines.join("\n"),
        redis[..redis.len().min(1_000)].escape_ascii(),
        respool[..respool.len().min(1_000)].escape_ascii()
    )
}
