//! The wire, seen from outside: chunking, inline requests, malformed frames, hostile bytes.

use crate::raw::{Raw, encode};
use crate::support::{TestServer, wait_until};
use respool::limits;
use respool::shared::Stats;
use std::sync::atomic::Ordering::Relaxed;

/// Sends `bytes`, says goodbye, and returns all that comes back, as text with `\r\n` as `|`.
fn answer(server: &TestServer, bytes: &[u8]) -> String {
    let mut client = server.client();
    client.send_anyway(bytes);
    String::from_utf8_lossy(&client.finish()).replace("\r\n", "|")
}

/// Ensures that lines of words are requests: quotes, escapes, and either line end.
#[test]
fn inline_requests() {
    let server = TestServer::start();
    assert_eq!(answer(&server, b"PING\r\n"), "+PONG|");
    assert_eq!(answer(&server, b"PING\n"), "+PONG|");
    assert_eq!(answer(&server, b"\r\n\n  \r\nping\r\n"), "+PONG|", "an empty line asks nothing");
    assert_eq!(answer(&server, b"  ECHO \t  a  \r\n"), "$1|a|");
    assert_eq!(answer(&server, b"ECHO \"a b\\x41\\n\\\"\"\r\n"), "$6|a bA\n\"|");
    assert_eq!(answer(&server, b"ECHO 'a\\n\\''\r\n"), "$4|a\\n'|");
    assert_eq!(answer(&server, b"ECHO \"\"\r\n"), "$0||");
    assert_eq!(answer(&server, b"SET k \"\xff\x01\"\r\nGET k\r\n"), "+OK|$2|\u{fffd}\u{1}|");
    assert_eq!(answer(&server, b"PING\r\n*1\r\n$4\r\nPING\r\nPING\r\n"), "+PONG|+PONG|+PONG|");
}

/// Ensures that a request without its line end is not executed when the client leaves.
#[test]
fn an_unfinished_request_is_not_executed() {
    let server = TestServer::start();
    assert_eq!(answer(&server, b"SET k v"), "");
    assert_eq!(answer(&server, b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r"), "");
    assert_eq!(answer(&server, b"EXISTS k\r\n"), ":0|");
}

/// Ensures that arrays of nothing, and of less than nothing, ask nothing.
#[test]
fn empty_arrays_ask_nothing() {
    let server = TestServer::start();
    assert_eq!(answer(&server, b"*0\r\n*-1\r\n*-100\r\nPING\r\n*0\r\n"), "+PONG|");
}

/// Ensures that bulk strings of any bytes pass, an empty command's name included.
#[test]
fn arguments_are_binary_safe() {
    let server = TestServer::start();
    let all: Vec<u8> = (0..=255).collect();
    let mut client = server.client();
    client.request(&[b"SET", &all, &all]);
    assert_eq!(client.reply(), b"+OK\r\n");
    client.request(&[b"GET", &all]);
    assert_eq!(client.reply(), [b"$256\r\n", &all[..], b"\r\n"].concat());
    client.request(&[b""]);
    assert_eq!(client.reply(), b"-ERR unknown command '', with args beginning with: \r\n");
}

/// Ensures that an error about bytes that are no text is still one line and one reply.
#[test]
fn errors_about_any_bytes_are_one_line() {
    let server = TestServer::start();
    let mut client = server.client();
    for word in [&b"\xff\xfe"[..], b"\x00", b"a\r\nb", b"\r\n", "x\u{e9}".repeat(100).as_bytes()] {
        for words in [&[word, word][..], &[b"CLIENT", word], &[b"EXPIRE", b"k", b"1", word]] {
            client.request(words);
            let reply = client.reply();
            assert!(reply.starts_with(b"-ERR "), "{}", reply.escape_ascii());
            let line = &reply[..reply.len() - 2];
            assert!(!line.contains(&b'\r') && !line.contains(&b'\n'), "{}", reply.escape_ascii());
        }
    }
    assert_eq!(client.ask("PING"), "+PONG");
}

/// A pipeline that has everything in it, and its replies.
fn mixture() -> (Vec<u8>, String) {
    let mut bytes = Vec::new();
    bytes.extend(encode(&[b"SET", b"k", b"a\r\n$1\r\nb"]));
    bytes.extend(b"GET k\r\n*0\r\n\r\n");
    bytes.extend(encode(&[b"NONSENSE", b"x"]));
    bytes.extend(b"set 'in line' \"\\x00\"\n");
    bytes.extend(encode(&[b"GET", b"in line"]));
    bytes.extend(encode(&[b"GET"]));
    bytes.extend(encode(&[b"MGET", b"k", b"", b"in line"]));
    bytes.extend(b"PING\r\n");
    let replies = "+OK|$8|a|$1|b|-ERR unknown command 'NONSENSE', with args beginning with: 'x' |\
                   +OK|$1|\0|-ERR wrong number of arguments for 'get' command|\
                   *3|$8|a|$1|b|$-1|$1|\0|+PONG|";
    (bytes, replies.to_owned())
}

/// Ensures that requests cut at any place are understood.
#[test]
fn requests_are_understood_cut_at_any_place() {
    let server = TestServer::start();
    let (bytes, expected) = mixture();
    assert_eq!(answer(&server, &bytes), expected);
    for cut in 1..bytes.len() {
        let before = input_bytes(&server);
        let mut client = server.client();
        client.send(&bytes[..cut]);
        wait_until("the first part was read", || input_bytes(&server) >= before + cut as u64);
        client.send(&bytes[cut..]);
        let answer = String::from_utf8_lossy(&client.finish()).replace("\r\n", "|");
        assert_eq!(answer, expected, "cut at {cut}");
    }
}

/// Bytes of requests that the server has read.
fn input_bytes(server: &TestServer) -> u64 {
    Stats::read(&server.shared.stats.input_bytes)
}

/// Ensures that requests that arrive byte by byte are understood.
#[test]
fn requests_are_understood_byte_by_byte() {
    let server = TestServer::start();
    let (bytes, expected) = mixture();
    let mut client = server.client();
    bytes.iter().for_each(|byte| client.send(&[*byte]));
    assert_eq!(String::from_utf8_lossy(&client.finish()).replace("\r\n", "|"), expected);
}

/// Ensures that malformed bytes get Redis's error after the replies to earlier requests, and that
/// nothing after them is executed.
#[test]
fn malformed_frames_are_answered_and_closed() {
    let server = TestServer::start();
    let cases: [(&[u8], &str); 16] = [
        (b"*x\r\n", "invalid multibulk length"),
        (b"*\r\n", "invalid multibulk length"),
        (b"*1048577\r\n", "invalid multibulk length"),
        (b"*99999999999999999999\r\n", "invalid multibulk length"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$\r\n", "invalid bulk length"),
        (b"*1\r\n$x\r\n", "invalid bulk length"),
        (b"*1\r\n$+4\r\n", "invalid bulk length"),
        (b"*1\r\n$536870913\r\n", "invalid bulk length"),
        (b"*1\r\nPING\r\n", "expected '$', got 'P'"),
        (b"*1\r\n:4\r\n", "expected '$', got ':'"),
        (b"*2\r\n$4\r\nPING\r\n*1\r\n", "expected '$', got '*'"),
        (b"*1\r\n\r\n", "expected '$', got ' '"),
        (b"SET k \"v\r\n", "unbalanced quotes in request"),
        (b"SET k \"v\"w\r\n", "unbalanced quotes in request"),
        (b"SET k 'v\r\n", "unbalanced quotes in request"),
    ];
    for (malformed, error) in cases {
        let bytes = [b"INCR before\r\n", malformed, b"\r\nSET behind x\r\n"].concat();
        let mut client = server.client();
        client.send(&bytes);
        let rest = String::from_utf8_lossy(&client.rest()).into_owned();
        let (first, last) = rest.split_once("\r\n").expect("two replies");
        assert!(first.starts_with(':'), "{first}");
        assert_eq!(
            last,
            format!("-ERR Protocol error: {error}\r\n"),
            "{}",
            malformed.escape_ascii()
        );
    }
    let mut client = server.client();
    assert_eq!(client.ask("GET before"), "$2 16");
    assert_eq!(client.ask("EXISTS behind"), ":0");
}

/// Ensures that a line without an end is given up at 64 KiB.
#[test]
fn endless_lines_are_cut_off() {
    let server = TestServer::start();
    for (start, error) in [
        (&b"x"[..], "too big inline request"),
        (b"*1", "too big mbulk count string"),
        (b"*1\r\n$1", "too big bulk count string"),
    ] {
        let mut client = server.client();
        client.send_anyway(&[start, &vec![b'1'; 70_000][..]].concat());
        let rest = String::from_utf8_lossy(&client.rest()).into_owned();
        assert_eq!(rest, format!("-ERR Protocol error: {error}\r\n"));
    }
}

/// Ensures that unauthenticated clients cannot claim much memory, and that others can.
#[test]
fn unauthenticated_clients_may_send_little() {
    let server = TestServer::with(|config| config.requirepass = b"secret".to_vec());
    let error = "-ERR Protocol error: unauthenticated";
    assert_eq!(answer(&server, b"*11\r\n"), format!("{error} multibulk length|"));
    assert_eq!(answer(&server, b"*1\r\n$16385\r\n"), format!("{error} bulk length|"));
    let large = encode(&[b"ECHO", &vec![b'x'; 20_000]]);
    let bytes = [b"AUTH secret\r\n", &large[..]].concat();
    assert!(answer(&server, &bytes).starts_with("+OK|$20000|xxx"));
}

/// Ensures that a browser's request is not taken for commands, whatever stands before it.
#[test]
fn cross_protocol_requests_are_not_executed() {
    let server = TestServer::start();
    for head in ["POST / HTTP/1.1\r\n", "GET /\r\nHost: localhost\r\n", "hOST: x\r\n", "post x\r\n"]
    {
        let mut client = server.client();
        client.send(b"SET a 1\r\n");
        assert_eq!(client.reply(), b"+OK\r\n");
        client.send_anyway(format!("{head}SET behind 1\r\n\r\nSET behind 2\r\n").as_bytes());
        let rest = String::from_utf8_lossy(&client.rest()).into_owned();
        assert!(rest.is_empty() || head.starts_with("GET"), "{head}: {rest}");
        assert_eq!(server.client().ask("EXISTS behind"), ":0", "{head}");
    }
}

/// Ensures that memory is given for bytes that arrive, not for lengths that are declared.
#[test]
fn declared_lengths_cost_nothing() {
    let server = TestServer::start();
    let mut clients: Vec<Raw> = (0..40).map(|_| server.client()).collect();
    let (bulks, counts) = clients.split_at_mut(20);
    for client in bulks {
        client.send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nxyz");
    }
    counts.iter_mut().for_each(|client| client.send(b"*1048576\r\n$1\r\nx\r\n"));
    // What was asked for and not touched yet counts as well.
    let held = || -> Vec<usize> {
        let listed = server.shared.clients.list();
        listed.iter().map(|client| client.query_held_bytes.load(Relaxed)).collect()
    };
    wait_until("everybody's beginning of a request is held", || {
        let held = held();
        let has_begun = |bytes: &usize| ![0, limits::READ_BUFFER_FIRST_BYTES].contains(bytes);
        held.len() == clients.len() && held.iter().all(has_begun)
    });
    let most = held().into_iter().max();
    assert!(most < Some(64 * 1024), "{most:?} bytes held for a few");
}

/// Ensures that values of all sizes come back as they were sent, in both versions.
#[test]
fn large_values_make_the_round_trip() {
    let server = TestServer::start();
    for len in [4_095, 4_096, 16_384, 100_000, 20_000_000] {
        let value: Vec<u8> = (0..len).map(|at: u32| (at ^ (at >> 8)) as u8).collect();
        let expected = [format!("${len}\r\n").as_bytes(), &value, b"\r\n"].concat();
        for mut client in [server.client(), server.client3()] {
            client.request(&[b"SET", b"k", &value]);
            assert_eq!(client.reply(), b"+OK\r\n");
            client.request(&[b"GET", b"k"]);
            assert!(client.reply() == expected, "GET of {len} bytes");
            client.request(&[b"ECHO", &value]);
            assert!(client.reply() == expected, "ECHO of {len} bytes");
            client.request(&[b"HSET", b"h", b"f", &value]);
            client.reply();
            client.request(&[b"HGET", b"h", b"f"]);
            assert!(client.reply() == expected, "HGET of {len} bytes");
        }
    }
}

/// Ensures that a request of a hundred thousand arguments is one request.
#[test]
fn requests_of_many_arguments() {
    let server = TestServer::start();
    let mut client = server.client();
    let keys: Vec<String> = (0..100_000).map(|at| format!("key:{at}")).collect();
    let mut words: Vec<&[u8]> = vec![b"MSET"];
    keys.iter().for_each(|key| words.extend([key.as_bytes(), b"v"]));
    client.request(&words);
    assert_eq!(client.reply(), b"+OK\r\n");
    let mut words: Vec<&[u8]> = vec![b"DEL"];
    words.extend(keys.iter().map(String::as_bytes));
    client.request(&words);
    assert_eq!(client.reply(), b":100000\r\n");
}
