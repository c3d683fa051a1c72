//! Streams in the log, in a rewritten log, in snapshots and payloads.

use crate::logs::{folder, logging, rewrite};
use crate::raw::Raw;

/// Requests after which a stream has everything that a stream can have.
const FILL: &[&str] = &[
    "XADD s * f a",
    "DEL s",
    "XADD s 1-1 f a",
    "XADD s 1-* f b g 12",
    "XADD s 2-1 f c",
    "XADD s 3-1 f d",
    "XADD s MAXLEN ~ 3 4-1 f e",
    "XGROUP CREATE s g 1-1",
    "XGROUP CREATE s late $",
    "XGROUP CREATECONSUMER s g idle",
    "XREADGROUP GROUP g ada COUNT 2 STREAMS s >",
    "XREADGROUP GROUP g bob NOACK COUNT 1 STREAMS s >",
    "XCLAIM s g eve 0 2-1 RETRYCOUNT 5",
    "XREADGROUP GROUP g eve STREAMS s 0",
    "XDEL s 1-2",
    "XADD gone 1-1 f v",
    "XTRIM gone MAXLEN 0",
    "XGROUP CREATE empty g $ MKSTREAM",
    "XADD long 1-1 f 0123456789012345678901234567890123456789012345678901234567890123456789",
    "XADD trimmed 1-1 f v",
    "XADD trimmed MINID 2 2-1 f v",
    "XAUTOCLAIM s g ada 0 3-1 JUSTID",
    "XSETID trimmed 9-9 ENTRIESADDED 20 MAXDELETEDID 5-5",
];

fn fill(client: &mut Raw) {
    FILL.iter().for_each(|request| assert!(!client.ask(request).starts_with('-'), "{request}"));
}

/// Everything about all streams, but for the moments of consumers: a log does not have them.
fn state(client: &mut Raw) -> String {
    let mut state = String::new();
    for key in ["s", "gone", "empty", "long", "trimmed"] {
        for request in ["XRANGE {} - +", "XINFO STREAM {}", "XINFO GROUPS {}"] {
            state += &(client.ask(&request.replace("{}", key)) + "\n");
        }
    }
    for group in ["g", "late"] {
        state += &(client.ask(&format!("XPENDING s {group} - + 100")) + "\n");
        let consumers = client.ask(&format!("XINFO CONSUMERS s {group}"));
        let names = consumers.split("$4 name ").skip(1).map(|it| it.split(" $4 idle").next());
        state += &format!("{names:?}", names = names.collect::<Vec<_>>());
    }
    state
}

/// Ensures that a log gives back what was there, whether it was written by commands or rewritten,
/// as requests or as a snapshot, and that payloads do so.
#[test]
fn logs_hold_streams() {
    for preamble in ["no", "yes"] {
        let dir = folder();
        let before = {
            let server = logging(dir.path());
            let mut client = server.client();
            fill(&mut client);
            state(&mut client)
        };
        let server = logging(dir.path());
        let mut client = server.client();
        assert_eq!(state(&mut client), before, "from what was logged");
        assert_eq!(client.ask(&format!("CONFIG SET aof-use-rdb-preamble {preamble}")), "+OK");
        rewrite(&mut client);
        drop(server);
        let server = logging(dir.path());
        let mut client = server.client();
        assert_eq!(state(&mut client), before, "rewritten, preamble {preamble}");
        for key in ["s", "gone", "empty", "long", "trimmed"] {
            client.request(&[b"DUMP", key.as_bytes()]);
            let reply = client.reply();
            let begin = reply.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
            let payload = reply[begin..reply.len() - 2].to_vec();
            client.request(&[b"RESTORE", key.as_bytes(), b"0", &payload, b"REPLACE"]);
            assert_eq!(client.reply(), b"+OK\r\n", "{key}");
        }
        assert_eq!(state(&mut client), before, "from payloads");
    }
}

/// Ensures that effects are logged: full ids, exact trims, claims instead of readings.
#[test]
fn effects_are_logged() {
    let dir = folder();
    {
        let server = logging(dir.path());
        let mut client = server.client();
        fill(&mut client);
    }
    let log = std::fs::read(crate::logs::increment(dir.path())).expect("a log");
    let log = String::from_utf8_lossy(&log).replace("\r\n", " ");
    assert!(!log.contains("XREADGROUP") && !log.contains(" ~ ") && !log.contains(" * "), "{log}");
    assert!(!log.contains("XAUTOCLAIM"));
    assert!(log.contains("$3 1-2 $1 f $1 b"), "a full id");
    assert!(log.contains("$6 MAXLEN $1 = $1 5 $3 4-1"), "an exact trim");
    assert!(log.contains("$6 XCLAIM $1 s $1 g $3 ada $1 0 $3 1-2 $3 2-1 $4 TIME"), "one claim");
    assert!(log.contains("$6 XGROUP $5 SETID $1 s $1 g $3 3-1 $11 ENTRIESREAD"), "the progress");
}

/// A stream of Redis 7.0 with two entries, a group, a consumer and a pending entry.
const PAYLOAD: &str = concat!(
    r"\x13\x01\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x28",
    r"\x28\x00\x00\x00\x0f\x00\x02\x01\x00\x01\x01\x01\x81\x66\x02\x00\x01\x02\x01\x00",
    r"\x01\x00\x01\x81\x61\x02\x04\x01\x02\x01\x01\x01\x00\x01\x81\x62\x02\x04\x01\xff",
    r"\x02\x02\x01\x01\x01\x00\x00\x02\x01\x01\x67\x01\x01\x01\x01\x00\x00\x00\x00\x00",
    r"\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x19\x68\x69\x1f\xa2\x01\x00\x00\x01",
    r"\x01\x01\x63\x19\x68\x69\x1f\xa2\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01",
    r"\x00\x00\x00\x00\x00\x00\x00\x01\x0a\x00\x7a\xf6\xfb\xd2\x20\xb0\x89\xc1",
);

/// Ensures that a payload of Redis 7.0 with a group and pending entries is restored, and that what
/// DUMP returns for it is the same, byte for byte.
#[test]
fn payloads_of_redis() {
    let server = crate::support::TestServer::start();
    let mut client = server.client();
    let payload = PAYLOAD;
    assert_eq!(client.ask(&format!("RESTORE s 0 \"{payload}\"")), "+OK");
    assert_eq!(client.ask("XLEN s"), ":2");
    assert_eq!(client.ask("XPENDING s g"), "*4 :1 $3 1-1 $3 1-1 *1 *2 $1 c $1 1");
    client.request(&[b"DUMP", b"s"]);
    let reply = client.reply();
    let bytes = payload.split("\\x").filter(|digits| !digits.is_empty());
    let bytes: Vec<u8> =
        bytes.map(|digits| u8::from_str_radix(digits, 16).expect("two digits")).collect();
    assert!(reply.windows(bytes.len()).any(|part| part == bytes), "{reply:02x?}");
}
