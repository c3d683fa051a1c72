//! `make bench-micro`: the steps of a request, timed one by one and without sockets.
//!
//! For profiling: parsing, finding the command, executing a batch through the gate and encoding
//! replies, by the same public functions that a connection calls. Each figure is the median of
//! [`RUNS`] runs of [`RUN_MIN`] or longer; the best run next to it shows how far that is from an
//! undisturbed machine.
//!
//! The second table is the basis of the guide's figures about the one lock. [`gate::execute`] does
//! all its work under that lock, except for taking and releasing it; so the time of a batch divided
//! by its requests is an upper bound of *lock-hold time* per command, and the additional time of a
//! longer batch per further request is close to it. In the third table several threads do all that
//! at once: the ratio of two threads to one shows the cost of the lock when nothing else disturbs.
//! Not included: system calls, which cost a real server the most.

use std::hint::black_box;
use std::net::{TcpListener, TcpStream};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use respool::clock::Clock;
use respool::command::engine::batch::Batch;
use respool::command::engine::gate;
use respool::command::engine::session::Session;
use respool::command::engine::table;
use respool::command::families;
use respool::config::Config;
use respool::listener::{Address, Arrival};
use respool::resp::{Limits, Parsed, Reply, Span, parse};
use respool::shared::Shared;

/// Runs of which the median is taken.
const RUNS: usize = 201;

/// A run repeats what it measures until it has lasted as long: a look at the clock is nothing
/// then, and on a machine that has other things to do most runs are over before they come up.
const RUN_MIN: Duration = Duration::from_micros(500);

/// Keys of each kind in the keyspace: more than fit into a processor's second-level cache.
const KEYS: u64 = 100_000;

/// Fields of the hash that HGETALL reads.
const FIELDS: usize = 20;

/// Different batches, so that a run meets most keys.
const BATCHES: usize = 4_096;

/// How long the threads of the third table work.
const CONTEST: Duration = Duration::from_millis(700);

const FRIEND: Limits = Limits { stranger: false };

fn main() {
    families::install();
    println!("Medians of {RUNS} runs, {KEYS} keys of each kind, drawn at random.\n");
    println!("| before and after the lock               |  ns | best |");
    println!("|-----------------------------------------|----:|-----:|");
    parsing();
    lookup();
    encoding();
    let shared = keyspace();
    println!("\n| under the lock, ns per request | batch of 1 |    16 |    64 | a further one |");
    println!("|--------------------------------|-----------:|------:|------:|--------------:|");
    executing(&shared);
    println!("\n| workers without sockets, batches of 16 | commands/s | of one thread |");
    println!("|----------------------------------------|-----------:|--------------:|");
    contest(&shared);
}

/// Nanoseconds of one of `count` things that `work` does: the median run and the best.
fn time(count: usize, mut work: impl FnMut()) -> (f64, f64) {
    let mut figures = Vec::new();
    // The first one warms up and does not count.
    for _ in 0..=RUNS {
        let (started, mut repeats) = (Instant::now(), 0);
        while started.elapsed() < RUN_MIN {
            // Many at a time, or the clock would be what is measured.
            (0..16).for_each(|_| work());
            repeats += 16;
        }
        figures.push(started.elapsed().as_nanos() as f64 / (repeats * count) as f64);
    }
    figures.remove(0);
    figures.sort_by(f64::total_cmp);
    (figures[RUNS / 2], figures[0])
}

/// One line of the first table.
fn line(name: &str, (median, best): (f64, f64)) {
    println!("| {name:<39} | {median:>3.0} | {best:>4.0} |");
}

/// Appends a request.
fn request(to: &mut Vec<u8>, arguments: &[&str]) {
    to.extend_from_slice(format!("*{}\r\n", arguments.len()).as_bytes());
    for argument in arguments {
        to.extend_from_slice(format!("${}\r\n{argument}\r\n", argument.len()).as_bytes());
    }
}

/// Pseudo-random numbers below [`KEYS`], the same ones every time (a Lehmer generator).
struct Keys(u64);

impl Keys {
    fn next(&mut self) -> u64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 % KEYS
    }
}

/// The request of a kind for a key with this number.
fn of_kind(kind: &str, key: u64, to: &mut Vec<u8>) {
    match kind {
        "SET" => request(to, &["SET", &format!("key:{key:012}"), "xxx"]),
        "INCR" => request(to, &["INCR", &format!("counter:{key:012}")]),
        "HSET" => request(to, &["HSET", "hash", &format!("field:{key:012}"), "xxx"]),
        "HGETALL of 20" => request(to, &["HGETALL", "hash:20"]),
        "GET of 1 MiB" => request(to, &["GET", "value:1048576"]),
        _ => request(to, &["GET", &format!("key:{key:012}")]),
    }
}

/// The bytes of `count` requests with random keys.
fn buffer_of(kind: &str, count: usize, keys: &mut Keys) -> Vec<u8> {
    let mut bytes = Vec::new();
    (0..count).for_each(|_| of_kind(kind, keys.next(), &mut bytes));
    bytes
}

/// The grammar alone, then all that is done for a request before the lock is taken.
fn parsing() {
    const COUNT: usize = 64;
    for kind in ["GET", "SET", "HSET"] {
        let bytes = buffer_of(kind, COUNT, &mut Keys(1));
        let mut spans: Vec<Span> = Vec::new();
        let figures = time(COUNT, || {
            spans.clear();
            let mut at = 0;
            while let Ok(Parsed::Request { len }) = parse(black_box(&bytes), at, FRIEND, &mut spans)
            {
                at += len;
            }
            assert_eq!(at, bytes.len());
        });
        line(&format!("parse a {kind}, {COUNT} in the buffer"), figures);
        let mut batch = Batch::default();
        let figures = time(COUNT, || {
            let _ = black_box(batch.parse(black_box(&bytes), FRIEND));
        });
        line("  … and find its command, make a batch", figures);
    }
}

/// From a name to its row.
fn lookup() {
    for name in ["GET", "hgetall", "nonsense"] {
        line(
            &format!("find '{name}'"),
            time(1, || {
                black_box(table::find(black_box(name.as_bytes())));
            }),
        );
    }
}

/// Replies as they are written into the connection's buffer.
fn encoding() {
    // Few enough for the buffer that a connection keeps from one flush to the next.
    const COUNT: usize = 8;
    let mut reply = Reply::default();
    let mut encode = |name: &str, write: &dyn Fn(&mut Reply)| {
        let figures = time(COUNT, || {
            (0..COUNT).for_each(|_| write(&mut reply));
            forget(&mut reply);
        });
        line(name, figures);
    };
    encode("encode OK", &|reply| reply.ok());
    encode("encode an integer", &|reply| reply.integer(black_box(1_234_567)));
    encode("encode a string of 3 B", &|reply| reply.bulk(black_box(b"xxx")));
    encode("encode a string of 1 KiB", &|reply| reply.bulk(black_box(&[b'x'; 1024])));
    encode("encode a map of 20 fields", &|reply| {
        reply.map(FIELDS);
        for _ in 0..FIELDS {
            reply.bulk(black_box(b"field:19"));
            reply.bulk(black_box(b"xxx"));
        }
    });
}

/// Takes the replies as if they had been sent.
fn forget(reply: &mut Reply) {
    black_box(reply.plain());
    reply.advance(reply.len());
}

/// A server's state with everything in it that is asked for below.
fn keyspace() -> Shared {
    let shared = Shared::new(Config::with_defaults(), Clock::system());
    let mut session = session(&shared);
    for key in 0..KEYS {
        for kind in ["SET", "INCR", "HSET"] {
            let mut bytes = Vec::new();
            of_kind(kind, key, &mut bytes);
            tell(&shared, &mut session, &bytes);
        }
    }
    let mut bytes = Vec::new();
    (0..FIELDS)
        .for_each(|at| request(&mut bytes, &["HSET", "hash:20", &format!("field:{at}"), "xxx"]));
    request(&mut bytes, &["SET", "value:1048576", &"x".repeat(1024 * 1024)]);
    tell(&shared, &mut session, &bytes);
    shared
}

/// Executes requests for what they do.
fn tell(shared: &Shared, session: &mut Session, bytes: &[u8]) {
    let (mut batch, mut reply) = (Batch::default(), Reply::default());
    batch.parse(bytes, FRIEND).expect("well-formed requests");
    run(shared, session, &batch, bytes, &mut reply);
    assert!(!reply.plain().expect("text").starts_with(b"-"), "a request failed");
}

/// Executes a whole batch, even one that is not done in one hold of the lock.
fn run(shared: &Shared, session: &mut Session, batch: &Batch, bytes: &[u8], reply: &mut Reply) {
    let mut next = 0;
    while next < batch.len() {
        next = gate::execute(shared, session, batch, bytes, next, reply);
    }
}

/// A client's session. Its connection is real, as the register wants one, and never used.
fn session(shared: &Shared) -> Session {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let stream = TcpStream::connect(address).expect("a connection");
    let (peer, local) = (Address::Tcp(address), Address::Tcp(address));
    let client = shared.clients.register(Arrival { stream, peer, local }, &shared.clock);
    Session::new(client, shared.acl.default_user())
}

/// Batches of `count` requests each, parsed, with the bytes they were parsed from.
fn batches(kind: &str, count: usize, seed: u64) -> Vec<(Batch, Vec<u8>)> {
    let mut keys = Keys(seed);
    let one = |_| {
        let bytes = buffer_of(kind, count, &mut keys);
        let mut batch = Batch::default();
        batch.parse(&bytes, FRIEND).expect("well-formed requests");
        (batch, bytes)
    };
    (0..BATCHES).map(one).collect()
}

/// The gate and everything called by it.
fn executing(shared: &Shared) {
    let mut session = session(shared);
    let mut reply = Reply::default();
    let mut measure = |kind: &str, count: usize| {
        let batches = batches(kind, count, 1);
        let mut turn = 0;
        let (median, _) = time(count, || {
            let (batch, bytes) = &batches[turn % BATCHES];
            turn += 1;
            run(shared, &mut session, batch, bytes, &mut reply);
            reply.advance(reply.len());
        });
        median
    };
    for kind in ["GET", "SET", "INCR", "HSET", "HGETALL of 20"] {
        let [one, some, many] = [1, 16, 64].map(|count| measure(kind, count));
        // Both longer batches have the fixed costs of one; what is left is what 48 more cost.
        let further = (many * 64.0 - some * 16.0) / 48.0;
        println!("| {kind:<30} | {one:>10.0} | {some:>5.0} | {many:>5.0} | {further:>13.0} |");
    }
    // More of these would not fit into one hold of the lock.
    let large = measure("GET of 1 MiB", 1);
    println!("| {:<30} | {large:>10.0} | {:>5} | {:>5} | {:>13} |", "GET of 1 MiB", "–", "–", "–");
}

/// Several threads that parse, execute and encode at the same time: workers whose system calls
/// take no time.
fn contest(shared: &Shared) {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
    let mut alone = 0.0;
    let counts = [1, 2, 4, 8, 16, 32];
    for kind in ["GET", "SET"] {
        for threads in counts.into_iter().filter(|threads| *threads <= cores) {
            let per_s = commands_per_s(shared, kind, threads);
            if threads == 1 {
                alone = per_s;
            }
            let name = format!("{kind}, threads: {threads}");
            println!("| {name:<38} | {:>8.0} k | {:>13.2} |", per_s / 1e3, per_s / alone);
        }
    }
}

/// How many commands `threads` threads do in a second, all together.
fn commands_per_s(shared: &Shared, kind: &str, threads: usize) -> f64 {
    const COUNT: usize = 16;
    let (is_over, all_ready) = (AtomicBool::new(false), Barrier::new(threads + 1));
    let worker = |seed: usize| {
        let batches = batches(kind, COUNT, seed as u64 + 1);
        let (mut session, mut batch, mut reply) =
            (session(shared), Batch::default(), Reply::default());
        all_ready.wait();
        let (started, mut turn) = (Instant::now(), 0);
        while !is_over.load(Relaxed) {
            let (_, bytes) = &batches[turn % BATCHES];
            turn += 1;
            let _ = batch.parse(bytes, FRIEND);
            run(shared, &mut session, &batch, bytes, &mut reply);
            forget(&mut reply);
        }
        (turn * COUNT) as f64 / started.elapsed().as_secs_f64()
    };
    thread::scope(|scope| {
        let worker = &worker;
        let workers: Vec<_> = (0..threads).map(|seed| scope.spawn(move || worker(seed))).collect();
        all_ready.wait();
        thread::sleep(CONTEST);
        is_over.store(true, Relaxed);
        workers.into_iter().map(|worker| worker.join().expect("a worker that ends")).sum()
    })
}
