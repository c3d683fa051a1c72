//! What was sent to both servers, and the shortest piece of it that shows a difference.

use crate::connection::{Connection, RawReply, Request, show};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long a failing sequence is made shorter.
const SHRINK_TIME: Duration = Duration::from_secs(60);

/// Milliseconds by which two servers may disagree about the time that is left: they were told one
/// after the other.
const TTL_TOLERANCE_MS: i64 = 5_000;

/// Differences that are meant: the reason, and whether a request and the two replies are of that
/// kind.
type Deliberate = (&'static str, fn(&Request, &RawReply, &RawReply) -> bool);

const DELIBERATE: &[Deliberate] = &[
    ("HELLO answers any word with the server's description", |request, _, _| {
        is(request, 0, "hello")
            && request.get(1).is_some_and(|w| w.iter().any(u8::is_ascii_alphabetic))
    }),
    ("SET … IFEQ is newer than the Redis that we compare with", |request, _, _| {
        is(request, 0, "set") && (3..request.len()).any(|at| is(request, at, "ifeq"))
    }),
    (
        "errors repeat what they were given to its end; in Redis a NUL ends it, as in C",
        |request, redis, respool| {
            let has_nul = |word: &Vec<u8>| word.contains(&0);
            redis[0] == b'-' && respool[0] == b'-' && request.iter().any(has_nul)
        },
    ),
    ("COMMAND GETKEYS takes one word since 7.2", |request, _, _| {
        is(request, 0, "command") && is(request, 1, "getkeys") && request.len() == 3
    }),
];

fn is(request: &Request, at: usize, word: &str) -> bool {
    request.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
}

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

    /// Empties both and begins anew.
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
        let (at, (redis, respool)) = replies
            .enumerate()
            .find(|(at, (redis, respool))| !is_same(&requests[*at], redis, respool))?;
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

    /// Whether `requests` show a difference; what comes behind the first one is cut off.
    fn shows(&mut self, requests: &mut Vec<Request>, found: &mut Option<Difference>) -> bool {
        self.reset();
        let Some(difference) = self.compare(requests) else { return false };
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

/// Whether two replies to `request` mean the same.
fn is_same(request: &Request, redis: &RawReply, respool: &RawReply) -> bool {
    if redis == respool || DELIBERATE.iter().any(|(_, fits)| fits(request, redis, respool)) {
        return true;
    }
    let name = request[0].to_ascii_lowercase();
    match name.as_slice() {
        b"ttl" => is_near(redis, respool, TTL_TOLERANCE_MS / 1_000),
        b"pttl" => is_near(redis, respool, TTL_TOLERANCE_MS),
        b"hgetall" => pairs(redis).is_some() && pairs(redis) == pairs(respool),
        // Versions and ids differ; the shape must not.
        b"hello" => redis[0] != b'-' && first_line(redis) == first_line(respool),
        _ => false,
    }
}

fn first_line(reply: &RawReply) -> &[u8] {
    reply.split(|byte| *byte == b'\n').next().unwrap_or(reply)
}

fn is_near(redis: &RawReply, respool: &RawReply, tolerance: i64) -> bool {
    let number = |reply: &RawReply| -> Option<i64> {
        let text = std::str::from_utf8(reply.strip_prefix(b":")?).ok()?;
        text.trim().parse().ok().filter(|number| *number > 0)
    };
    number(redis).zip(number(respool)).is_some_and(|(a, b)| (a - b).abs() <= tolerance)
}

/// The head of a flat reply of bulk strings, and its pairs in ascending order.
fn pairs(reply: &RawReply) -> Option<(&[u8], Vec<[&[u8]; 2]>)> {
    let head = first_line(reply);
    let mut rest = reply.get(head.len() + 1..)?;
    let mut strings = Vec::new();
    while !rest.is_empty() {
        let line = rest.split(|byte| *byte == b'\n').next()?;
        let digits = std::str::from_utf8(line.strip_prefix(b"$")?).ok()?;
        let start = line.len() + 1;
        let end = start + digits.trim().parse::<usize>().ok()?;
        strings.push(rest.get(start..end)?);
        rest = rest.get(end + 2..)?;
    }
    let mut pairs: Vec<[&[u8]; 2]> =
        strings.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
    pairs.sort_unstable();
    Some((head, pairs))
}
