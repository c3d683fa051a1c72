//! Clients that wait for four lists, while others do with these lists what they like.

use super::{elements, id, next, setting};
use crate::raw::Raw;
use crate::support::{TestServer, wait_until};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

const LISTS: [&str; 4] = ["l0", "l1", "l2", "l3"];

/// What the clients of the random test have done.
#[derive(Default)]
struct Account {
    pushed: Mutex<BTreeSet<u64>>,
    popped: Mutex<Vec<u64>>,
    next: AtomicUsize,
    is_over: AtomicBool,
    are_pushes_over: AtomicBool,
}

impl Account {
    /// A new element.
    fn element(&self) -> usize {
        self.next.fetch_add(1, Relaxed)
    }

    fn pop(&self, reply: &str) {
        self.popped.lock().expect("no panic").extend(elements(reply));
    }

    fn push(&self, elements: &[usize]) {
        let mut pushed = self.pushed.lock().expect("no panic");
        pushed.extend(elements.iter().map(|element| *element as u64));
    }

    /// Waits for elements and moves them between lists.
    fn consume(&self, client: &mut Raw, rng: &mut fastrand::Rng) {
        while !self.are_pushes_over.load(Relaxed) {
            let mut lists = LISTS;
            rng.shuffle(&mut lists);
            let [a, b, c, d] = lists;
            let (is_pop, request) = match rng.u8(0..5) {
                0 => (true, format!("BLPOP {a} {b} {c} {d} 0")),
                1 => (true, format!("BRPOP {a} {b} 0")),
                2 => (true, format!("BLMPOP 0 3 {a} {b} {c} RIGHT COUNT 2")),
                3 => (false, format!("BLMOVE {a} {b} LEFT RIGHT 0")),
                _ => (false, format!("BRPOPLPUSH {a} {a} 0")),
            };
            let reply = client.ask(&request);
            assert!(!reply.starts_with('-'), "{request}: {reply}");
            if is_pop {
                self.pop(&reply);
            }
        }
    }

    /// Pushes elements, in transactions too.
    fn produce(&self, client: &mut Raw, rng: &mut fastrand::Rng) {
        while !self.is_over.load(Relaxed) {
            let (a, b) = (rng.choice(LISTS).unwrap_or("l0"), rng.choice(LISTS).unwrap_or("l1"));
            let (x, y) = (self.element(), self.element());
            let push = format!("RPUSH {a} e{x}\r\nLPUSH {b} e{y}\r\n");
            let (lines, is_done) = match rng.u8(0..5) {
                0 => (format!("RPUSH {a} e{x} e{y}\r\n"), true),
                1 => (format!("MULTI\r\n{push}EXEC\r\n"), true),
                2 => (format!("MULTI\r\n{push}LPOP {a}\r\nRPOP {b}\r\nEXEC\r\n"), true),
                3 => (format!("MULTI\r\n{push}DISCARD\r\n"), false),
                _ => (format!("WATCH {a} {b}\r\nMULTI\r\n{push}EXEC\r\n"), true),
            };
            client.send(lines.as_bytes());
            let replies: Vec<String> = lines.lines().map(|_| next(client)).collect();
            let last = replies.last().expect("a reply");
            if is_done && last != "*-1" {
                self.push(&[x, y]);
                self.pop(last);
            }
        }
    }

    /// Until `end`, lets lists change their names, their order and their database.
    fn disturb(&self, client: &mut Raw, rng: &mut fastrand::Rng, end: Instant) {
        while Instant::now() < end {
            let (a, b) = (rng.choice(LISTS).unwrap_or("l0"), rng.choice(LISTS).unwrap_or("l1"));
            match rng.u8(0..6) {
                0 => drop(client.ask(&format!("RENAMENX {a} {b}"))),
                1 => drop(client.ask(&format!("LMOVE {a} {b} LEFT LEFT"))),
                2 => drop(client.ask(&format!("SORT {a} ALPHA STORE {a}"))),
                3 => self.pop(&client.ask(&format!("LPOP {a} 2"))),
                4 => drop(client.ask("SWAPDB 0 1")),
                _ => drop(client.ask(&format!("MOVE {a} 1"))),
            }
        }
    }
}

/// Ensures that every element that is pushed is popped once, while clients wait for four lists and
/// others push, pop, rename, sort, exchange databases and use transactions. It takes a second, or
/// `RESPOOL_TEST_SECONDS`; `RESPOOL_TEST_SEED` repeats a run as far as threads allow.
#[test]
fn nothing_is_lost_and_nothing_comes_twice() {
    let seed = setting("RESPOOL_TEST_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("RESPOOL_TEST_SEED={seed}");
    let seconds = setting("RESPOOL_TEST_SECONDS").unwrap_or(1);
    let (server, account) = (TestServer::start(), Account::default());
    let mut other = server.client();
    std::thread::scope(|scope| {
        let spawn = |number: u64, work: fn(&Account, &mut Raw, &mut fastrand::Rng)| {
            let (mut client, account) = (server.client(), &account);
            let id = id(&mut client);
            let mut rng = fastrand::Rng::with_seed(seed.wrapping_add(number));
            (id, scope.spawn(move || work(account, &mut client, &mut rng)))
        };
        let consumers: Vec<_> = (0..4).map(|number| spawn(number, Account::consume)).collect();
        let producers: Vec<_> = (4..6).map(|number| spawn(number, Account::produce)).collect();
        let mut rng = fastrand::Rng::with_seed(seed);
        account.disturb(&mut other, &mut rng, Instant::now() + Duration::from_secs(seconds));
        account.is_over.store(true, Relaxed);
        for (_, worker) in producers {
            worker.join().expect("a producer that did not panic");
        }
        account.are_pushes_over.store(true, Relaxed);
        for (id, worker) in consumers {
            wait_until("the last wait ends", || {
                other.ask(&format!("CLIENT UNBLOCK {id}"));
                worker.is_finished()
            });
            worker.join().expect("a consumer that did not panic");
        }
    });
    for db in [0, 1] {
        other.ask(&format!("SELECT {db}"));
        LISTS.iter().for_each(|list| account.pop(&other.ask(&format!("LRANGE {list} 0 -1"))));
    }
    let pushed = account.pushed.into_inner().expect("no panic");
    let popped = account.popped.into_inner().expect("no panic");
    let distinct: BTreeSet<u64> = popped.iter().copied().collect();
    assert_eq!(distinct.len(), popped.len(), "nothing comes twice");
    assert_eq!(distinct, pushed, "nothing is lost");
    assert!(pushed.len() > 100, "{}", pushed.len());
}
