//! Lists, sets, sorted sets and hashes: throughput, memory, loading, and operations on a million.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Error, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Trial;
use crate::client;
use crate::fill;
use crate::probe::Probe;
use crate::rows::{KEYS, Load};
use crate::server::Server;

const P16: Load = Load { clients: 50, pipeline: 16, threads: 0 };

const ELEMENT: &str = "element:__rand_int__";

/// The default list of `redis-benchmark`, with the random keys of its `-r`: each request, and by
/// what its number of requests is divided.
#[rustfmt::skip]
const DEFAULTS: [(&[&str], u64); 14] = [
    (&["LPUSH", "mylist", "xxx"], 1),
    (&["RPUSH", "mylist", "xxx"], 1),
    (&["LPOP", "mylist"], 1),
    (&["RPOP", "mylist"], 1),
    (&["SADD", "myset", ELEMENT], 1),
    (&["HSET", "myhash", ELEMENT, "xxx"], 1),
    (&["SPOP", "myset"], 1),
    (&["ZADD", "myzset", "__rand_int__", ELEMENT], 1),
    (&["ZPOPMIN", "myzset"], 1),
    (&["LRANGE", "mylist", "0", "99"], 4),
    (&["LRANGE", "mylist", "0", "299"], 10),
    (&["LRANGE", "mylist", "0", "449"], 15),
    (&["LRANGE", "mylist", "0", "599"], 20),
    (&[
        "MSET", "key:__rand_int__", "xxx", "key:__rand_int__", "xxx", "key:__rand_int__", "xxx",
        "key:__rand_int__", "xxx", "key:__rand_int__", "xxx", "key:__rand_int__", "xxx",
        "key:__rand_int__", "xxx", "key:__rand_int__", "xxx", "key:__rand_int__", "xxx",
        "key:__rand_int__", "xxx",
    ], 8),
];

const REQUESTS: u64 = 400_000;

/// Members of a large value.
const MILLION: usize = 1_000_000;

/// Words of one request that fills a value.
const CHUNK: usize = 100;

/// A rewrite that has not ended by then has failed.
const REWRITE_MAX: Duration = Duration::from_secs(40);

/// Changes sent in one go while the log is rewritten.
const CHANGES_AT_ONCE: usize = 8;

const POLL: Duration = Duration::from_millis(10);

/// How often each operation on a million elements is done, and how long that may take: the kernel
/// counts CPU time in hundredths of a second.
const TIMES: u32 = 2;
const OPERATION_MAX: Duration = Duration::from_secs(60);

/// Small values of each kind whose memory is measured.
const SMALL_VALUES: usize = 100_000;

/// Thousands of requests a second for each of [`DEFAULTS`].
pub fn kops_default_list(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    // Enough for all pops and ranges.
    fill_value(server, REQUESTS as usize * 2, b"RPUSH", b"mylist", |_, to| to.push(b"xxx".into()))?;
    let mut figures = Vec::new();
    for (request, divisor) in DEFAULTS {
        let requests = REQUESTS / divisor / if trial.quick { 5 } else { 1 };
        figures.push(client::measure(request, P16, requests, KEYS, server)?.ops_per_s / 1e3);
    }
    Ok(figures)
}

/// Thousands of requests a second on a sorted set of a million.
pub fn kops_sorted_set(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    fill_sorted_set(server, b"zset")?;
    let middle = &["ZRANGE", "zset", "500000", "500009"][..];
    let requests: [&[&str]; 4] = [
        &["ZADD", "zset", "__rand_int__", "m:__rand_int__"],
        &["ZRANK", "zset", "m:__rand_int__"],
        middle,
        &["ZPOPMIN", "zset"],
    ];
    let count = if trial.quick { REQUESTS / 5 } else { REQUESTS };
    let measure =
        |request| Ok(client::measure(request, P16, count, MILLION, server)?.ops_per_s / 1e3);
    requests.into_iter().map(measure).collect()
}

/// Adds `count` elements to a value; `element` appends the words of one of them.
fn fill_value(
    server: &Server,
    count: usize,
    name: &[u8],
    key: &[u8],
    element: impl Fn(usize, &mut Vec<Vec<u8>>),
) -> Result<(), String> {
    fill::send(server, count / CHUNK, |chunk, to| {
        let mut words = vec![name.to_vec(), key.to_vec()];
        (chunk * CHUNK..(chunk + 1) * CHUNK).for_each(|at| element(at, &mut words));
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        fill::request(to, &words);
    })
}

/// A member of 14 bytes.
fn member(at: usize) -> Vec<u8> {
    format!("m:{at:012}").into_bytes()
}

fn fill_sorted_set(server: &Server, key: &[u8]) -> Result<(), String> {
    // The scores are a permutation: members do not come in order.
    let score = |at: usize| (at * 377_771 % MILLION).to_string().into_bytes();
    fill_value(server, MILLION, b"ZADD", key, |at, to| to.extend([score(at), member(at)]))
}

/// The longest wait of another client in milliseconds while the log is rewritten and values of a
/// million elements are changed; and how many changes there were, in thousands.
pub fn rewrite_wait_ms(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    fill_sorted_set(server, b"zset")?;
    fill_value(server, MILLION, b"RPUSH", b"list", |at, to| to.push(member(at)))?;
    fill_value(server, MILLION, b"SADD", b"set", |at, to| to.push(member(at)))?;
    fill_value(server, MILLION, b"HSET", b"hash", |at, to| to.extend([member(at), member(at)]))?;
    thread::sleep(Duration::from_secs(1));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let changes = scope.spawn(|| change_values(server, &is_over));
        let probe = Probe::start(server)?;
        let waited = wait_for_rewrite(server).and_then(|()| probe.finish());
        is_over.store(true, Ordering::Relaxed);
        let changes = changes.join().map_err(|_| "the changes panicked")??;
        Ok(vec![waited?.longest_ms, changes as f64 / 1e3])
    })
}

fn wait_for_rewrite(server: &Server) -> Result<(), String> {
    let reply = server.ask("BGREWRITEAOF")?;
    if !reply.starts_with('+') {
        return Err(format!("no rewrite was begun: '{reply}'"));
    }
    let began = Instant::now();
    while server.info_number("persistence", "aof_rewrite_in_progress")? != 0.0 {
        if began.elapsed() > REWRITE_MAX {
            return Err(format!("a rewrite took more than {} s", REWRITE_MAX.as_secs()));
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// Changes elements all over the values until it is over, and returns how many.
fn change_values(server: &Server, is_over: &AtomicBool) -> Result<usize, String> {
    let explain = |e: Error| format!("changing values: {e}");
    let mut stream = server.connect().map_err(explain)?;
    let mut replies = BufReader::new(stream.try_clone().map_err(explain)?);
    let (mut changes, mut to, mut line) = (0, Vec::new(), String::new());
    while !is_over.load(Ordering::Relaxed) {
        to.clear();
        for at in changes..changes + CHANGES_AT_ONCE {
            let place = at * 377_771 % MILLION;
            let (index, member) = (place.to_string(), member(place));
            match at % 4 {
                0 => fill::request(&mut to, &[b"ZADD", b"zset", index.as_bytes(), &member]),
                1 => fill::request(&mut to, &[b"LSET", b"list", index.as_bytes(), b"changed"]),
                2 => fill::request(&mut to, &[b"SREM", b"set", &member]),
                _ => fill::request(&mut to, &[b"HSET", b"hash", &member, b"changed"]),
            }
        }
        stream.write_all(&to).map_err(explain)?;
        for _ in 0..CHANGES_AT_ONCE {
            line.clear();
            replies.read_line(&mut line).map_err(explain)?;
        }
        changes += CHANGES_AT_ONCE;
        thread::sleep(Duration::from_micros(200));
    }
    Ok(changes)
}

/// Seconds from the birth of a process to its first PONG, with a log of all types in between.
pub fn load_mixed_s(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let started_in = trial.restart_on(|directory| {
        write_mixed_log(directory).map_err(|e| format!("cannot write a log: {e}"))
    })?;
    trial.server().expect_keys(5 * 40_000)?;
    Ok(vec![started_in.as_secs_f64()])
}

/// A log of 1.2 million requests to 40 000 keys of each type, in the order in which an application
/// might have made them: all grow together.
fn write_mixed_log(directory: &Path) -> Result<(), Error> {
    let folder = directory.join("appendonlydir");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir(&folder)?;
    let name = "appendonly.aof.1.incr.aof";
    std::fs::write(folder.join("appendonly.aof.manifest"), format!("file {name} seq 1 type i\n"))?;
    let mut file = BufWriter::new(File::create(folder.join(name))?);
    let mut to = Vec::new();
    fill::request(&mut to, &[b"SELECT", b"0"]);
    for step in 0..240_000 {
        let key = |kind: &str| format!("{kind}:{:08}", step * 377 % 40_000).into_bytes();
        let (element, score) = (format!("element:{step:08}").into_bytes(), step.to_string());
        fill::request(&mut to, &[b"SET", &key("string"), &element]);
        fill::request(&mut to, &[b"HSET", &key("hash"), &element, b"a value", b"last", &element]);
        fill::request(&mut to, &[b"RPUSH", &key("list"), &element, b"b"]);
        fill::request(&mut to, &[b"SADD", &key("set"), &element, b"member"]);
        fill::request(&mut to, &[b"ZADD", &key("zset"), score.as_bytes(), &element]);
        file.write_all(&to)?;
        to.clear();
    }
    // What the kernel has still to write would be written while a server loads.
    file.into_inner()?.sync_all()
}

/// Resident bytes of a value of ten elements, of each kind, in a server that holds nothing else.
pub fn bytes_of_small_values(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let mut figures = Vec::new();
    for (name, kind) in [("HSET", 'h'), ("RPUSH", 'l'), ("SADD", 's'), ("SADD", 'i'), ("ZADD", 'z')]
    {
        trial.restart()?;
        let server = trial.server();
        let empty = server.resident_bytes()?;
        fill::send(server, SMALL_VALUES, |index, to| {
            let mut words = vec![name.to_owned(), format!("{kind}:{index:08}")];
            for at in 0..10 {
                match kind {
                    'h' => words.extend([format!("field-{at}"), format!("value-{at}")]),
                    'i' => words.push((index + at).to_string()),
                    'z' => words.extend([(index + at).to_string(), format!("member-{at}")]),
                    _ => words.push(format!("element-{at}")),
                }
            }
            let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
            fill::request(to, &words);
        })?;
        figures.push((server.resident_bytes()? - empty) / SMALL_VALUES as f64);
    }
    Ok(figures)
}

/// Milliseconds of server CPU for operations that look at every one of a million elements. By the
/// clock a busy neighbour would count, too.
pub fn ms_of_large_operations(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    fill_value(server, MILLION, b"SADD", b"s1", |at, to| to.push(member(at)))?;
    fill_value(server, MILLION, b"SADD", b"s2", |at, to| to.push(member(at + MILLION / 2)))?;
    fill_value(server, MILLION, b"RPUSH", b"list", |at, to| {
        to.push((at * 377_771 % MILLION).to_string().into_bytes());
    })?;
    fill_sorted_set(server, b"z1")?;
    let operations = [
        "SINTERCARD 2 s1 s2",
        "SINTERSTORE d1 s1 s2",
        "SUNIONSTORE d2 s1 s2",
        "SDIFFSTORE d3 s1 s2",
        "ZUNIONSTORE d4 2 z1 s1",
        "ZINTERSTORE d5 2 z1 s2",
        "SORT list STORE d6",
        "LREM list 0 nothing",
        "LPOS list nothing",
    ];
    let mut figures = Vec::new();
    for operation in operations {
        let before = server.cpu_s()?;
        let reply = ask_patiently(server, operation).map_err(|e| format!("{operation}: {e}"))?;
        if reply.starts_with('-') {
            return Err(format!("{operation}: {reply}"));
        }
        figures.push((server.cpu_s()? - before) * 1e3 / f64::from(TIMES));
    }
    Ok(figures)
}

/// Sends an inline command [`TIMES`] times and returns the last reply, which is one line.
fn ask_patiently(server: &Server, command: &str) -> Result<String, Error> {
    let stream = server.connect()?;
    stream.set_read_timeout(Some(OPERATION_MAX))?;
    (&stream).write_all(format!("{command}\r\n").repeat(TIMES as usize).as_bytes())?;
    let mut replies = BufReader::new(&stream);
    let mut line = String::new();
    for _ in 0..TIMES {
        line.clear();
        replies.read_line(&mut line)?;
    }
    Ok(line)
}
