//! Snapshots and payloads between Redis and the `rdb` module, without a server of ours.
//!
//! The judge is Redis's own DEBUG DIGEST, a sum over all its data: a Redis is filled by commands
//! and saves; the file is read and written again; another Redis loads that and must have the same
//! sum. So neither direction is proved by the other one. Groups of streams are not part of the
//! digest and are compared by XINFO.

use crate::commands::words;
use crate::connection::{Connection, RawReply, Request};
use crate::differential::seed;
use crate::random::Random;
use crate::servers::{PATIENCE, Server};
use respool::rdb::crc64;
use respool::rdb::model::{Collector, Value};
use respool::rdb::payload::{self, Payload};
use respool::rdb::read::{Event, Reader};
use respool::rdb::write::{Meta, Options, Version, Writer};
use std::time::Instant;

/// Keys of each type.
const KEYS: usize = 12;

/// Ways in which Redis packs small values, or does not, and compresses.
pub const CONFIGS: [&str; 3] = [
    "--rdbcompression yes",
    "--rdbcompression no --list-max-listpack-size 3 --stream-node-max-entries 5",
    "--hash-max-listpack-entries 0 --zset-max-listpack-entries 0 --set-max-intset-entries 0 \
     --list-max-listpack-size 1 --rdbchecksum no",
];

pub fn redis(dir: &str, more: &str) -> Server {
    let flags = ["--enable-debug-command", "local", "--sanitize-dump-payload", "yes", "--dir", dir];
    let server = Server::redis_with(&flags.into_iter().chain(more.split(' ')).collect::<Vec<_>>());
    let mut connection = Connection::open(server.address);
    let begin = Instant::now();
    while connection.run(&[words("PING")])[0] != b"+PONG\r\n" {
        assert!(begin.elapsed() < PATIENCE, "the file is not loaded");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    server
}

/// Random texts: short and long, numbers, compressible and not.
fn text(random: &mut Random) -> Vec<u8> {
    let len = [0, 1, 5, 20, 63, 64, 200, 5_000][random.below(8)];
    match random.below(4) {
        0 => vec![b'a' + random.below(3) as u8; len],
        1 => (0..len).map(|_| random.next() as u8).collect(),
        2 => ((random.next() as i64) >> random.below(64)).to_string().into_bytes(),
        _ => (0..len).map(|at| b'a' + (at % 7) as u8).collect(),
    }
}

/// Requests that fill a Redis with values of all types.
pub fn filling(random: &mut Random) -> Vec<Request> {
    let mut requests = Vec::new();
    for at in 0..KEYS {
        let mut add = |command: &str, more: Vec<Vec<u8>>| {
            let mut request = words(command);
            request.extend(more);
            requests.push(request);
        };
        add(&format!("SET string{at}"), vec![text(random)]);
        let elements = 1 + random.below(if at == 0 { 3_000 } else { 40 });
        for _ in 0..elements {
            let score = ["1", "-0", "1.5", "-inf", "inf", "1e-300", "12345678901234567890"];
            let score = score[random.below(score.len())].as_bytes().to_vec();
            add(&format!("RPUSH list{at}"), vec![text(random)]);
            add(&format!("SADD set{at}"), vec![text(random)]);
            add(
                &format!("SADD integers{at}"),
                vec![(random.next() as i16 >> at).to_string().into()],
            );
            add(&format!("HSET hash{at}"), vec![text(random), text(random)]);
            add(&format!("ZADD zset{at}"), vec![score, text(random)]);
            add(&format!("XADD stream{at} *"), vec![b"f".to_vec(), text(random)]);
        }
        add(
            &format!("XADD stream{at} *"),
            vec![text(random), text(random), b"g".to_vec(), text(random)],
        );
        for group in ["g", "h"] {
            add(&format!("XGROUP CREATE stream{at} {group} 0"), vec![]);
            for consumer in ["alice", "bob"] {
                let count = random.below(9) + 1;
                let read = format!("XREADGROUP GROUP {group} {consumer} COUNT {count} STREAMS");
                add(&format!("{read} stream{at} >"), vec![]);
            }
        }
        add(&format!("XTRIM stream{at} MAXLEN {}", random.below(30)), vec![]);
        for kind in ["string", "list", "hash"] {
            add(&format!("PEXPIREAT {kind}{at} {}", 4_000_000_000_000u64 + at as u64), vec![]);
        }
    }
    requests.push(words("FUNCTION LOAD"));
    let code = "#!lua name=lib\nredis.register_function('f', function() return 1 end)";
    requests.last_mut().expect("one").push(code.into());
    requests.push(words("SELECT 7"));
    requests.push(words("SET other database"));
    requests.push(words("SELECT 0"));
    requests
}

/// What a Redis knows, as replies that can be compared.
fn look(connection: &mut Connection) -> Vec<RawReply> {
    let streams = (0..KEYS).map(|at| words(&format!("XINFO STREAM stream{at} FULL COUNT 0")));
    let requests = ["DEBUG DIGEST", "FUNCTION LIST WITHCODE", "DBSIZE"].map(words);
    let mut replies = connection.run(&requests.into_iter().chain(streams).collect::<Vec<_>>());
    for reply in &mut replies {
        // In front of this is how many nodes the stream has, which is the server's own affair.
        let part = b"last-generated-id";
        let at = reply.windows(part.len()).position(|bytes| bytes == part);
        reply.drain(..at.unwrap_or(0));
    }
    replies
}

/// Reads a file and writes what it holds.
fn rewrite(file: &[u8], options: Options) -> Vec<u8> {
    let mut reader = Reader::new(file, true).expect("a header");
    let mut writer = Writer::new(Vec::new(), options).expect("memory");
    loop {
        match reader.next().expect("a sound file") {
            Event::End => return writer.finish().expect("memory"),
            Event::Database(db) => writer.database(db, 1, 1).expect("memory"),
            Event::Function(code) => writer.function(&code).expect("memory"),
            Event::Entry(entry) => {
                let mut collector = Collector::default();
                reader.value(&mut collector).expect("a sound value");
                let value = collector.into_value().expect("a value began");
                let meta = Meta { expires_at_ms: entry.expires_at_ms, ..Meta::default() };
                let to = writer.entry(&entry.key, meta, value.head()).expect("memory");
                value.write(to).expect("memory");
            }
            _ => {}
        }
    }
}

/// Ensures that Redis finds in a file of ours what it had saved, in all versions that it loads.
#[test]
fn files_go_there_and_back() {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let mut random = Random::new(seed);
    for (config, version) in CONFIGS.iter().zip([Version::Ten, Version::Nine, Version::Ten]) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("a plain path");
        let server = redis(path, config);
        let mut connection = Connection::open(server.address);
        connection.run(&filling(&mut random));
        let before = look(&mut connection);
        assert_eq!(connection.run(&[words("SAVE")])[0], b"+OK\r\n");
        drop(server);
        let dump = folder.path().join("dump.rdb");
        let file = std::fs::read(&dump).expect("a dump");
        let options = Options { version, compresses: true, sums: true };
        let written = rewrite(&file, options);
        std::fs::write(&dump, &written).expect("a dump");
        let server = redis(path, config);
        let after = look(&mut Connection::open(server.address));
        // What a group has read, and what was ever added, is not in files of version 9.
        let compared = if version == Version::Nine { 3 } else { before.len() };
        for (before, after) in before.iter().zip(&after).take(compared) {
            let (before, after) = (before.escape_ascii(), after.escape_ascii());
            assert_eq!(before.to_string(), after.to_string(), "RESPOOL_SEED={seed} {config}");
        }
        println!("{config}: {} bytes of Redis, {} of ours", file.len(), written.len());
    }
}

/// The bytes of a bulk string.
fn bulk(reply: &[u8]) -> &[u8] {
    let at = reply.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    &reply[at..reply.len() - 2]
}

fn value_of(payload: &[u8]) -> Option<Value> {
    let mut collector = Collector::default();
    Payload::verify(payload)?.value(&mut collector).ok()?;
    collector.into_value()
}

/// Every key of a Redis, and its payload.
fn payloads(connection: &mut Connection) -> Vec<(String, Vec<u8>)> {
    let kinds = ["string", "list", "set", "integers", "hash", "zset", "stream"];
    let keys = kinds.iter().flat_map(|kind| (0..KEYS).map(move |at| format!("{kind}{at}")));
    let keys: Vec<String> = keys.collect();
    let requests: Vec<Request> = keys.iter().map(|key| words(&format!("DUMP {key}"))).collect();
    let replies = connection.run(&requests);
    keys.into_iter().zip(replies.iter().map(|reply| bulk(reply).to_vec())).collect()
}

/// Ensures that payloads of Redis are read, and that it restores ours to the same value.
#[test]
fn payloads_go_there_and_back() {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let mut random = Random::new(seed);
    for config in CONFIGS {
        let folder = tempfile::tempdir().expect("a folder");
        let server = redis(folder.path().to_str().expect("a plain path"), config);
        let mut connection = Connection::open(server.address);
        connection.run(&filling(&mut random));
        let mut requests = Vec::new();
        for (key, theirs) in payloads(&mut connection) {
            let value = value_of(&theirs).unwrap_or_else(|| panic!("RESPOOL_SEED={seed} {key}"));
            let ours = payload::dump(Version::Ten, true, value.head(), |to| value.write(to));
            requests.push(words(&format!("RESTORE copy-{key} 0")));
            requests.last_mut().expect("one").push(ours.expect("a payload"));
            // When a key expires is part of its digest, and not of its payload.
            requests.push(words(&format!("PERSIST {key}")));
            requests.push(words(&format!("DEBUG DIGEST-VALUE {key} copy-{key}")));
        }
        let replies = connection.run(&requests);
        for (at, triple) in replies.chunks(3).enumerate() {
            assert_eq!(triple[0], b"+OK\r\n", "RESPOOL_SEED={seed} {at}");
            let digests: Vec<&[u8]> = triple[2].split(|byte| *byte == b'\n').collect();
            assert_eq!(digests[1], digests[2], "RESPOOL_SEED={seed} {at}");
        }
    }
}

/// Ensures that of damaged payloads with a right sum we take none that Redis refuses. It takes some
/// that we refuse: its reader runs on into the version and the sum, passes over what follows the
/// value, and takes the marks of encodings for counts.
#[test]
fn damaged_payloads_are_refused_as_redis_does() {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let (mut both, mut only_redis, mut neither) = (0, 0, 0);
    for config in CONFIGS {
        let server = redis(folder.path().to_str().expect("a plain path"), config);
        let mut connection = Connection::open(server.address);
        connection.run(&filling(&mut random));
        let sound = payloads(&mut connection);
        for _ in 0..1_500 {
            let (key, mut payload) = sound[random.below(sound.len())].clone();
            payload.truncate(payload.len().min(3_000) - 8);
            for _ in 0..=random.below(2) {
                let at = random.below(payload.len() - 2);
                payload[at] = [random.next() as u8, 0, 0xff, payload[at] ^ 1][random.below(4)];
            }
            let sum = crc64::update(0, &payload).to_le_bytes();
            payload.extend_from_slice(&sum);
            let mut request = words("RESTORE k 0");
            request.push(payload.clone());
            request.push(b"REPLACE".to_vec());
            let is_redis = connection.run(&[request])[0] == b"+OK\r\n";
            match (is_redis, value_of(&payload).is_some()) {
                (true, true) => both += 1,
                (true, false) => only_redis += 1,
                (false, false) => neither += 1,
                (false, true) => {
                    panic!("RESPOOL_SEED={seed} {key}: taken: {}", payload.escape_ascii())
                }
            }
        }
    }
    println!("{both} taken by both, {only_redis} by Redis only, {neither} by neither");
}
