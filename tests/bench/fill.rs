//! Writing data into a server before it is measured.

use std::io::{BufRead, BufReader, Write};

use crate::rows::{HASH_FIELDS, KEYS, LARGE_VALUES};
use crate::server::Server;

/// Requests written in one go. Their one-line replies fit any socket buffer, so writing all
/// requests before reading the first reply cannot block for ever.
const BATCH: usize = 1_000;

/// Sends `count` requests, of which `write` appends the one with the given index, and reads as
/// many replies of one line each. An error among them ends it.
pub fn send(
    server: &Server,
    count: usize,
    mut write: impl FnMut(usize, &mut Vec<u8>),
) -> Result<(), String> {
    let explain = |e: std::io::Error| format!("filling {} failed: {e}", server.name);
    let mut stream = server.connect().map_err(explain)?;
    let mut replies = BufReader::new(stream.try_clone().map_err(explain)?);
    let (mut requests, mut line) = (Vec::new(), String::new());
    for start in (0..count).step_by(BATCH) {
        let end = count.min(start + BATCH);
        requests.clear();
        for index in start..end {
            write(index, &mut requests);
        }
        stream.write_all(&requests).map_err(explain)?;
        for _ in start..end {
            line.clear();
            replies.read_line(&mut line).map_err(explain)?;
            if !line.ends_with('\n') || line.starts_with('-') {
                return Err(format!("filling {} failed: '{}'", server.name, line.trim_end()));
            }
        }
    }
    Ok(())
}

/// Appends one request.
pub fn request(to: &mut Vec<u8>, arguments: &[&[u8]]) {
    let _ = write!(to, "*{}\r\n", arguments.len());
    for argument in arguments {
        let _ = write!(to, "${}\r\n", argument.len());
        to.extend_from_slice(argument);
        to.extend_from_slice(b"\r\n");
    }
}

/// Sets `count` keys of 16 bytes, as `redis-benchmark` makes them of `key:__rand_int__`.
pub fn strings(server: &Server, count: usize, value: &[u8]) -> Result<(), String> {
    send(server, count, |index, to| {
        request(to, &[b"SET", format!("key:{index:012}").as_bytes(), value]);
    })
}

/// Everything that a row may ask for.
///
/// The rows would leave holes at first, and would measure a keyspace that grows; here every GET
/// hits and every SET replaces.
pub fn rows(server: &Server) -> Result<(), String> {
    strings(server, KEYS, b"xxx")?;
    send(server, KEYS, |index, to| {
        request(to, &[b"SET", format!("counter:{index:012}").as_bytes(), b"0"]);
    })?;
    send(server, KEYS, |index, to| {
        request(to, &[b"HSET", b"hash:large", format!("field:{index:012}").as_bytes(), b"xxx"]);
    })?;
    send(server, HASH_FIELDS, |index, to| {
        request(to, &[b"HSET", b"hash:20", format!("field:{index}").as_bytes(), b"xxx"]);
    })?;
    for (key, len) in LARGE_VALUES {
        send(server, 1, |_, to| request(to, &[b"SET", key.as_bytes(), &vec![b'x'; len]]))?;
    }
    expect_rows(server)
}

/// Fails unless the server holds what [`rows`] wrote: a server that has lost keys did less work
/// than the other one.
pub fn expect_rows(server: &Server) -> Result<(), String> {
    server.expect_keys(2 * KEYS + 2 + LARGE_VALUES.len())
}
