//! Commands that wait, in both servers: three clients wait while another one pushes, pops, renames
//! and executes transactions at random. After every request the same clients must still wait, and
//! those that are served must have the same replies.

use crate::connection::{Connection, RawReply, Request, show};
use crate::differential::seed;
use crate::random::Random;
use crate::raw::{Raw, encode, lines_of};
use crate::servers::Server;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Clients that wait.
const WAITERS: usize = 3;

/// Requests, after which both servers are emptied.
const EPISODE: usize = 60;

const EPISODES: usize = 60;

/// Few, so that clients wait for the same ones.
const KEYS: [&str; 4] = ["a", "b", "c", "d"];

/// One server: its clients that may wait, the one that never does, and one that only looks on.
struct Side {
    waiters: Vec<Raw>,
    ids: Vec<String>,
    other: Connection,
    observer: Connection,
}

impl Side {
    fn open(address: SocketAddr) -> Side {
        let mut waiters: Vec<Raw> = (0..WAITERS).map(|_| Raw::connect(address)).collect();
        let ids = waiters.iter_mut().map(|client| client.ask("CLIENT ID")[1..].to_owned());
        let ids = ids.collect();
        let [other, observer] = [(); 2].map(|()| Connection::open(address));
        let mut side = Side { waiters, ids, other, observer };
        // Clients of the last episode may still be about to leave.
        let deadline = Instant::now() + Duration::from_secs(10);
        while side.list().iter().any(|line| line.contains(" flags=b ")) {
            assert!(Instant::now() < deadline, "clients of the last episode wait");
        }
        side
    }

    fn list(&mut self) -> Vec<String> {
        lines_of(&self.observer.run(&[words("CLIENT LIST")]).remove(0))
    }

    /// Which of the clients wait.
    fn blocked(&mut self) -> Vec<bool> {
        let lines = self.list();
        let waits = |id: &String| {
            let prefix = format!("id={id} ");
            let line = lines.iter().find(|line| line.starts_with(&prefix));
            line.is_some_and(|line| line.contains(" flags=b "))
        };
        self.ids.iter().map(waits).collect()
    }

    /// Lets a client send a request, and returns the reply or `None` if it waits.
    fn wait(&mut self, at: usize, request: &Request) -> Option<RawReply> {
        let words: Vec<&[u8]> = request.iter().map(Vec::as_slice).collect();
        self.waiters[at].send(&encode(&words));
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.blocked()[at] {
            if self.has_reply(at) {
                return Some(self.waiters[at].reply());
            }
            assert!(Instant::now() < deadline, "{} neither waits nor is answered", show(request));
        }
        None
    }

    fn has_reply(&self, at: usize) -> bool {
        let stream = self.waiters[at].stream();
        stream.set_nonblocking(true).expect("a socket option");
        let found = stream.peek(&mut [0]).is_ok();
        stream.set_nonblocking(false).expect("a socket option");
        found
    }
}

fn words(line: &str) -> Request {
    line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

/// A request that may wait.
fn waiting(random: &mut Random) -> String {
    let [a, b, c] = [(); 3].map(|()| KEYS[random.below(KEYS.len())]);
    let kinds = [
        format!("BLPOP {a} {b} {c} 0"),
        format!("BRPOP {a} {b} 0"),
        format!("BLMOVE {a} {b} LEFT RIGHT 0"),
        format!("BLMOVE {a} {b} RIGHT LEFT 0"),
        format!("BRPOPLPUSH {a} {b} 0"),
        format!("BLMPOP 0 2 {a} {b} LEFT COUNT 2"),
        format!("BLMPOP 0 1 {c} RIGHT"),
        format!("BZPOPMIN {a} {b} 0"),
        format!("BZPOPMAX {b} {c} 0"),
        format!("BZMPOP 0 2 {a} {c} MIN COUNT 2"),
        format!("BLPOP {a} 0.01"),
        format!("BLMOVE {a} {b} LEFT LEFT 0.01"),
        format!("BZPOPMIN {a} -1"),
    ];
    let at = random.below(kinds.len());
    kinds[at].clone()
}

/// A command that stores something, after its destination was removed: before 7.2, Redis does not
/// look for waiting clients if a value takes the place of another one.
fn into_nothing(command: &str, source: &str, destination: &str) -> String {
    let script = format!("redis.call('del',KEYS[2]);redis.call({command})");
    format!("EVAL {script} 2 {source} {destination}")
}

/// A request that does not wait. Not SWAPDB: in which order it makes several keys ready is open.
fn ordinary(random: &mut Random, ids: &[String], number: usize) -> String {
    let (a, b) = (KEYS[random.below(4)], KEYS[random.below(4)]);
    let id = &ids[random.below(ids.len())];
    let kinds = [
        format!("RPUSH {a} e{number}"),
        format!("LPUSH {a} e{number} f{number}"),
        format!("ZADD {a} 1 e{number} 2 f{number}"),
        format!("ZINCRBY {a} 1.5 e{number}"),
        format!("RENAME {a} {b}"),
        format!("COPY {a} {b} REPLACE"),
        format!("LMOVE {a} {b} LEFT LEFT"),
        into_nothing("'sort',KEYS[1],'alpha','store',KEYS[2]", a, b),
        into_nothing("'zunionstore',KEYS[2],1,KEYS[1]", a, b),
        into_nothing("'zrangestore',KEYS[2],KEYS[1],0,-1", a, b),
        format!("DEL {a}"),
        format!("SET {a} v"),
        format!("LPOP {a}"),
        format!("ZPOPMIN {a}"),
        "MULTI".to_owned(),
        "EXEC".to_owned(),
        "EXEC".to_owned(),
        format!("MOVE {a} 1"),
        format!("CLIENT UNBLOCK {id}"),
        format!("CLIENT UNBLOCK {id} ERROR"),
        format!("EVAL redis.call('rpush',KEYS[1],'x');redis.call('lpush',KEYS[2],'y') 2 {a} {b}"),
    ];
    kinds[random.below(kinds.len())].clone()
}

/// One episode; the error shows what was sent.
fn episode(random: &mut Random, sides: [SocketAddr; 2]) -> Result<[usize; 2], String> {
    let mut sides = sides.map(Side::open);
    let mut log = Vec::new();
    let mut counts = [0, 0];
    let mut waits = [false; WAITERS];
    for side in &mut sides {
        side.other.run(&[words("FLUSHALL")]);
    }
    for number in 0..EPISODE {
        let is_wait = random.once_in(3);
        let at = random.below(WAITERS);
        if is_wait && !waits[at] {
            waits[at] = begin(random, &mut sides, at, &mut log)?;
            counts[0] += 1;
        } else {
            let chosen = random.next();
            let lines =
                sides.each_ref().map(|side| ordinary(&mut Random::new(chosen), &side.ids, number));
            log.push(format!(" > {}", lines[0]));
            let [redis, respool] = &mut sides;
            let ask = |side: &mut Side, line: &str| side.other.run(&[words(line)]).pop();
            compare(&log, &[ask(redis, &lines[0]), ask(respool, &lines[1])])?;
        }
        served(&mut sides, &mut waits, &log, &mut counts)?;
    }
    for side in &mut sides {
        side.other.run(&[words("RESET")]);
    }
    for line in ["DBSIZE", "LRANGE a 0 -1", "ZRANGE b 0 -1 WITHSCORES", "LRANGE c 0 -1", "TYPE d"] {
        log.push(line.to_owned());
        compare(&log, &sides.each_mut().map(|side| side.other.run(&[words(line)]).pop()))?;
    }
    Ok(counts)
}

/// Lets a client send a request that may wait to both servers; whether it waits.
fn begin(
    random: &mut Random,
    sides: &mut [Side; 2],
    at: usize,
    log: &mut Vec<String>,
) -> Result<bool, String> {
    let line = waiting(random);
    log.push(format!("{at}> {line}"));
    let mut replies = sides.each_mut().map(|side| side.wait(at, &words(&line)));
    // What waits for a hundredth of a second is answered now or in a moment.
    if line.ends_with(" 0.01") {
        for (side, reply) in sides.iter_mut().zip(&mut replies) {
            reply.get_or_insert_with(|| side.waiters[at].reply());
        }
    }
    compare(log, &replies)?;
    Ok(replies[0].is_none())
}

/// Compares who waits, and reads the replies of those who do not wait any more.
fn served(
    sides: &mut [Side; 2],
    waits: &mut [bool; WAITERS],
    log: &[String],
    counts: &mut [usize; 2],
) -> Result<(), String> {
    let now = sides.each_mut().map(Side::blocked);
    if now[0] != now[1] {
        return Err(format!("{}\nwho waits: {:?}, {:?}", log.join("\n"), now[0], now[1]));
    }
    for at in 0..WAITERS {
        if waits[at] && !now[0][at] {
            let replies = sides.each_mut().map(|side| Some(side.waiters[at].reply()));
            waits[at] = false;
            counts[1] += 1;
            compare(log, &replies)?;
        }
    }
    Ok(())
}

fn compare(log: &[String], replies: &[Option<RawReply>; 2]) -> Result<(), String> {
    if replies[0] == replies[1] {
        return Ok(());
    }
    let [redis, respool] = replies.each_ref().map(|reply| match reply {
        None => "(waits)".to_owned(),
        Some(reply) => reply.escape_ascii().to_string(),
    });
    Err(format!("{}\nredis:   {redis}\nrespool: {respool}", log.join("\n")))
}

/// Ensures that the same clients are served with the same, in the same order.
#[test]
fn waiting_clients_get_the_same_replies() {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let (redis, respool) = (Server::redis(), Server::respool());
    let mut random = Random::new(seed);
    let mut totals = [0, 0];
    for number in 0..EPISODES {
        match episode(&mut random, [redis.address, respool.address]) {
            Ok(counts) => (0..2).for_each(|at| totals[at] += counts[at]),
            Err(text) => panic!("RESPOOL_SEED={seed}, episode {number}\n{text}"),
        }
    }
    println!("{} waits, {} of them served or ended by others", totals[0], totals[1]);
    assert!(totals[1] > EPISODES, "{totals:?}");
}
