//! Data on its way from a Redis to respool and back: every value that goes through us has to have
//! the same digest in another Redis.

use crate::commands::words;
use crate::connection::Connection;
use crate::differential::seed;
use crate::random::Random;
use crate::rdb::{CONFIGS, filling, redis};
use crate::servers::Server;

/// The string in a reply.
fn bulk(reply: &[u8]) -> Vec<u8> {
    let start = reply.iter().position(|byte| *byte == b'\n').expect("a length") + 1;
    reply[start..reply.len() - 2].to_vec()
}

/// The keys of a server.
pub fn keys(connection: &mut Connection) -> Vec<Vec<u8>> {
    let reply = connection.run(&[words("KEYS *")]).remove(0);
    let lines: Vec<&[u8]> = reply.split(|byte| *byte == b'\n').collect();
    lines[1..].iter().skip(1).step_by(2).map(|line| line[..line.len() - 1].to_vec()).collect()
}

/// Copies all keys by DUMP and RESTORE.
fn carry(from: &mut Connection, to: &mut Connection) {
    for key in keys(from) {
        let name = key.escape_ascii().to_string();
        let payload = bulk(&from.run(&[vec![b"DUMP".to_vec(), key.clone()]])[0]);
        let moment = from.run(&[vec![b"PEXPIRETIME".to_vec(), key.clone()]]).remove(0);
        let moment = match &moment[..] {
            b":-1\r\n" => b"0".to_vec(),
            digits => digits[1..digits.len() - 2].to_vec(),
        };
        let request = [&b"RESTORE"[..], &key, &moment, &payload, b"ABSTTL"];
        let reply = to.run(&[request.map(<[u8]>::to_vec).to_vec()]).remove(0);
        assert_eq!(reply, b"+OK\r\n", "{name}: {}", reply.escape_ascii());
    }
}

/// Removes the types that are not served yet.
pub fn without_streams(connection: &mut Connection) {
    let streams = keys(connection).into_iter().filter(|key| key.starts_with(b"stream"));
    let requests: Vec<_> = streams.map(|key| vec![b"DEL".to_vec(), key]).collect();
    connection.run(&requests);
    connection.run(&[words("SELECT 7"), words("FLUSHDB"), words("SELECT 0")]);
}

/// Makes every score of minus zero a zero: here the two are one score, and small sorted sets keep
/// no sign, while Redis's digest tells them apart.
pub fn without_minus_zero(connection: &mut Connection) {
    let script = "for _, key in ipairs(redis.call('KEYS', 'zset*')) do \
                  redis.call('ZADD', key, 5, 'stays') \
                  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, 0, 0)) do \
                  redis.call('ZREM', key, member) redis.call('ZADD', key, 0, member) end \
                  redis.call('ZREM', key, 'stays') end return 'done'";
    let request = ["EVAL", script, "0"].map(|word| word.as_bytes().to_vec()).to_vec();
    assert_eq!(connection.run(&[request]), [b"$4\r\ndone\r\n".to_vec()]);
}

/// Ensures that payloads of all encodings go from Redis to us and on to another Redis unchanged.
#[test]
fn payloads_go_both_ways() {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let mut random = Random::new(seed);
    for config in CONFIGS {
        let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let [first, second] = folders
            .each_ref()
            .map(|folder| redis(folder.path().to_str().expect("a plain path"), config));
        let mut source = Connection::open(first.address);
        source.run(&filling(&mut random));
        without_streams(&mut source);
        without_minus_zero(&mut source);
        let ours = Server::respool();
        let mut middle = Connection::open(ours.address);
        carry(&mut source, &mut middle);
        let mut target = Connection::open(second.address);
        carry(&mut middle, &mut target);
        let digest = [words("DEBUG DIGEST"), words("DBSIZE")];
        let (before, after) = (source.run(&digest), target.run(&digest));
        assert_eq!(before, after, "RESPOOL_SEED={seed}, {config}");
    }
}

/// Ensures that Redis starts on a snapshot of ours with the same data.
#[test]
fn redis_starts_on_our_snapshot() {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let mut random = Random::new(seed);
    for config in CONFIGS {
        let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let [theirs, ours] =
            folders.each_ref().map(|folder| folder.path().to_str().expect("a plain path"));
        let source = redis(theirs, config);
        let mut source = Connection::open(source.address);
        source.run(&filling(&mut random));
        without_streams(&mut source);
        without_minus_zero(&mut source);
        let middle = Server::respool_with(&["--port", "any", "--dir", ours]);
        let mut middle = Connection::open(middle.address);
        carry(&mut source, &mut middle);
        assert_eq!(middle.run(&[words("SAVE")])[0], b"+OK\r\n");
        let target = redis(ours, config);
        let digest = [words("DEBUG DIGEST"), words("DBSIZE")];
        let (before, after) = (source.run(&digest), Connection::open(target.address).run(&digest));
        assert_eq!(before, after, "RESPOOL_SEED={seed}, {config}");
    }
}
