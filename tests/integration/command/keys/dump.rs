//! DUMP and RESTORE: payloads that Redis 7.0 made, and those that are made here.

use crate::logs::{folder, logging};
use crate::support::{TestServer, check};

/// Payloads of Redis 7.0: the type, the encoding that the value gets, and the bytes.
const PAYLOADS: [(&str, &str, &str); 8] = [
    ("string", "int", r"\x00\xc1\x39\x30\x0a\x00\x9d\x94\xea\x27\x93\xfc\x08\xb9"),
    (
        "string",
        "raw",
        concat!(
            r"\x00\xc3\x0e\x41\x2c\x03\x61\x62\x63\x61\xe0\xff\x02\xe1\x15\x07\x01\x62\x63\x0a",
            r"\x00\xd2\x57\x33\xce\xc0\x44\xe1\x2b",
        ),
    ),
    (
        "list",
        "listpack",
        concat!(
            r"\x12\x01\x02\x0f\x0f\x00\x00\x00\x03\x00\x81\x61\x02\x81\x62\x02\x4d\x01\xff\x0a",
            r"\x00\x77\x85\xc4\xee\x57\x9b\xa0\xc3",
        ),
    ),
    (
        "set",
        "intset",
        concat!(
            r"\x0b\x0e\x02\x00\x00\x00\x03\x00\x00\x00\x01\x00\x02\x00\x03\x00\x0a\x00\xa5\x02",
            r"\x5c\xe2\x6d\x6e\x4d\x1b",
        ),
    ),
    (
        "set",
        "listpack",
        r"\x02\x03\x01\x78\xc0\x01\x01\x79\x0a\x00\xd9\x33\xde\x3b\x66\xda\x14\xf6",
    ),
    (
        "hash",
        "listpack",
        concat!(
            r"\x10\x12\x12\x00\x00\x00\x04\x00\x81\x66\x02\x81\x76\x02\x81\x6e\x02\x07\x01\xff",
            r"\x0a\x00\xb8\x2a\xde\xa8\x40\x7f\xfa\xa8",
        ),
    ),
    (
        "zset",
        "listpack",
        concat!(
            r"\x11\x1e\x1e\x00\x00\x00\x06\x00\x83\x6c\x6f\x77\x04\x84\x2d\x69\x6e\x66\x05\x81",
            r"\x6d\x02\x83\x31\x2e\x35\x04\x09\x01\x02\x01\xff\x0a\x00\x26\x11\xe8\x21\x79\x01",
            r"\xbc\xc0",
        ),
    ),
    (
        "string",
        "embstr",
        r"\x00\x09\x73\x6f\x6d\x65\x20\x74\x65\x78\x74\x0a\x00\xd4\xf4\x75\x00\x4b\x16\x89\xdc",
    ),
];

/// The bytes of a text in which each one is `\xNN`.
fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.split("\\x").filter(|digits| !digits.is_empty());
    bytes.map(|digits| u8::from_str_radix(digits, 16).expect("two digits")).collect()
}

/// Ensures that Redis's payloads become values of the right type and encoding, and that what DUMP
/// returns for them becomes the same value again.
#[test]
fn payloads_of_redis_are_restored() {
    let server = TestServer::start();
    let mut client = server.client();
    for (kind, encoding, payload) in PAYLOADS {
        let answer = client.ask(&format!("RESTORE k 0 \"{payload}\" REPLACE"));
        assert_eq!(answer, "+OK", "{kind} {encoding}");
        assert_eq!(client.ask("TYPE k"), format!("+{kind}"));
        let shown = client.ask("OBJECT ENCODING k");
        assert_eq!(shown, format!("${} {encoding}", encoding.len()), "{kind}");
        client.request(&[b"DUMP", b"k"]);
        let mut ours = Vec::new();
        client.read_reply(&mut ours).expect("a reply");
        let start = ours.iter().position(|byte| *byte == b'\n').expect("a length") + 1;
        let ours = ours[start..ours.len() - 2].to_vec();
        client.request(&[b"RESTORE", b"copy", b"0", &ours, b"REPLACE"]);
        let mut reply = Vec::new();
        client.read_reply(&mut reply).expect("a reply");
        assert_eq!(reply, b"+OK\r\n", "{kind} {encoding}");
        assert_eq!(client.ask("TYPE copy"), format!("+{kind}"));
        let memory = client.ask("MEMORY USAGE k").len();
        assert_eq!(client.ask("MEMORY USAGE copy").len(), memory);
    }
    assert_eq!(client.ask(&format!("RESTORE h 0 \"{}\"", PAYLOADS[5].2)), "+OK");
    assert_eq!(client.ask("HGETALL h"), "*4 $1 f $1 v $1 n $1 7");
}

/// Ensures that a payload with any byte changed, or cut anywhere, is refused and changes nothing.
#[test]
fn damaged_payloads_are_refused() {
    let server = TestServer::start();
    let mut client = server.client();
    for (.., payload) in PAYLOADS {
        let payload = unescape(payload);
        let changed = (0..payload.len()).map(|at| {
            let mut payload = payload.clone();
            payload[at] ^= 1;
            payload
        });
        let cut = (0..payload.len()).map(|len| payload[..len].to_vec());
        for damaged in changed.chain(cut) {
            client.request(&[b"RESTORE", b"k", b"0", &damaged]);
            let mut reply = Vec::new();
            client.read_reply(&mut reply).expect("a reply");
            assert_eq!(reply, b"-ERR DUMP payload version or checksum are wrong\r\n");
        }
    }
    assert_eq!(client.ask("EXISTS k"), ":0");
}

/// Ensures that the options do what they do in Redis, and are refused in its words.
#[test]
fn options_are_those_of_redis() {
    check(
        r#"
        > SET k v
        +OK
        > RESTORE k 0 x
        -BUSYKEY Target key name already exists.
        > RESTORE k -1 x
        -BUSYKEY Target key name already exists.
        > RESTORE k -1 x REPLACE
        -ERR Invalid TTL value, must be >= 0
        > RESTORE k one x REPLACE
        -ERR value is not an integer or out of range
        > RESTORE k 0 x REPLACE
        -ERR DUMP payload version or checksum are wrong
        > RESTORE k 0 x IDLETIME -1
        -ERR Invalid IDLETIME value, must be >= 0
        > RESTORE k 0 x FREQ 256
        -ERR Invalid FREQ value, must be >= 0 and <= 255
        > RESTORE k 0 x IDLETIME 1 FREQ 1
        -ERR syntax error
        > RESTORE k 0 x IDLETIME
        -ERR syntax error
        > RESTORE k 1000 "\x00\xc190\n\x00\x9d\x94\xea'\x93\xfc\x08\xb9" REPLACE FREQ 9
        +OK
        > PTTL k
        :1000
        > GET k
        $5 12345
        > RESTORE k 33177117420000 "\x00\xc190\n\x00\x9d\x94\xea'\x93\xfc\x08\xb9" ABSTTL REPLACE
        +OK
        > PEXPIRETIME k
        :33177117420000
        > RESTORE new 1 "\x00\xc190\n\x00\x9d\x94\xea'\x93\xfc\x08\xb9" ABSTTL
        +OK
        > EXISTS new k
        :1
        > RESTORE k 1 "\x00\xc190\n\x00\x9d\x94\xea'\x93\xfc\x08\xb9" ABSTTL REPLACE
        +OK
        > EXISTS k
        :0
        "#,
    );
}

/// Ensures that the log rebuilds what was restored, with the moment at which it expires.
#[test]
fn the_log_has_the_moment() {
    let dir = folder();
    {
        let server = logging(dir.path());
        server.check(
            r#"
            > RESTORE k 100000 "\x00\xc190\n\x00\x9d\x94\xea'\x93\xfc\x08\xb9"
            +OK
            > RESTORE gone 0 "\x00\xc190\n\x00\x9d\x94\xea'\x93\xfc\x08\xb9"
            +OK
            > RESTORE gone 1 "\x00\xc190\n\x00\x9d\x94\xea'\x93\xfc\x08\xb9" ABSTTL REPLACE
            +OK
            "#,
        );
    }
    let log = std::fs::read(crate::logs::increment(dir.path())).expect("a log");
    let text = log.escape_ascii().to_string();
    assert!(text.contains("ABSTTL") && text.contains("DEL"), "{text}");
    assert!(!text.contains("REPLACE"), "{text}");
    let server = logging(dir.path());
    server.check("> GET k\n$5 12345\n> EXISTS gone\n:0");
}
