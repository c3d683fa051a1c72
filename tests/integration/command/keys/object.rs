//! OBJECT and MEMORY: encoding, last use and memory of values.

use crate::support::{TestServer, check, check3};

/// Ensures that encodings have Redis's names.
#[test]
fn encodings_are_those_of_redis() {
    let server = TestServer::start();
    let mut client = server.client();
    let cases = [
        ("SET k 12", "int"),
        ("SET k -9223372036854775808", "int"),
        ("SET k 9223372036854775808", "embstr"),
        ("SET k 012", "embstr"),
        ("SET k \"\"", "embstr"),
        ("SET k 12345678901234567890123456789012345678901234", "embstr"),
        ("SET k 123456789012345678901234567890123456789012345", "raw"),
        ("SETRANGE k 0 1", "raw"),
        ("SET k 12", "int"),
        ("APPEND k 3", "raw"),
        ("INCR k", "int"),
        ("SETBIT k 0 0", "raw"),
        ("GETSET k hello", "embstr"),
        ("BITFIELD k SET u8 0 1", "raw"),
        ("DEL k", ""),
        ("HSET k f v", "listpack"),
        ("HSET k f 1234567890123456789012345678901234567890123456789012345678901234", "listpack"),
        ("HSET k f 12345678901234567890123456789012345678901234567890123456789012345", "hashtable"),
        ("HSET k f short", "hashtable"),
    ];
    for (request, encoding) in cases {
        assert!(!client.ask(request).starts_with('-'), "{request}");
        let expected = match encoding {
            "" => "$-1".to_owned(),
            name => format!("${} {name}", name.len()),
        };
        assert_eq!(client.ask("OBJECT ENCODING k"), expected, "after {request}");
    }
}

/// Ensures that questions about a key record no use of it.
#[test]
fn asking_does_not_make_a_key_younger() {
    check(
        "
        > SET k v
        +OK
        @advance 3999ms
        > OBJECT IDLETIME k
        :3
        > OBJECT ENCODING k
        $6 embstr
        > MEMORY USAGE nobody
        $-1
        > OBJECT REFCOUNT k
        :1
        > OBJECT IDLETIME k
        :3
        > GET k
        $1 v
        > OBJECT IDLETIME k
        :0
        > OBJECT IDLETIME nobody
        $-1
        > OBJECT FREQ nobody
        $-1
        > OBJECT ENCODING
        -ERR wrong number of arguments for 'object|encoding' command
        > OBJECT
        -ERR wrong number of arguments for 'object' command
        > OBJECT nonsense k
        -ERR unknown subcommand 'nonsense'. Try OBJECT HELP.
        ",
    );
    check3("> OBJECT ENCODING nobody\n_\n> MEMORY USAGE nobody\n_");
}

/// Ensures that a key's memory grows with what it holds, and that wrong arguments are refused.
#[test]
fn memory_usage_counts_everything_a_key_holds() {
    let server = TestServer::start();
    let mut client = server.client();
    let mut usage = |request: &str| -> usize {
        client.ask(request);
        client.ask("MEMORY USAGE k SAMPLES 0")[1..].parse().expect("a number")
    };
    let short = usage("SET k v");
    assert!((50..250).contains(&short), "{short}");
    assert!(usage("EXPIRE k 100") > short);
    let long = usage(&format!("SET k {}", "x".repeat(10_000)));
    assert!((10_000..10_500).contains(&long), "{long}");
    let shared = usage("APPEND k x");
    assert!(shared >= long && shared < 2 * long + 200, "{shared}");
    assert_eq!(usage("SET k v"), short);
    server.check(
        "
        > MEMORY USAGE k SAMPLES
        -ERR syntax error
        > MEMORY USAGE k SAMPLES x
        -ERR value is not an integer or out of range
        > MEMORY USAGE k SAMPLES -1
        -ERR syntax error
        > MEMORY USAGE k nonsense 1
        -ERR syntax error
        > MEMORY USAGE
        -ERR wrong number of arguments for 'memory|usage' command
        > MEMORY
        -ERR wrong number of arguments for 'memory' command
        > MEMORY nonsense
        -ERR unknown subcommand 'nonsense'. Try MEMORY HELP.
        ",
    );
}

/// Ensures that MEMORY STATS is a map with the figures that tools read, and DOCTOR a text.
#[test]
fn memory_stats_and_doctor() {
    let server = TestServer::start();
    let mut client = server.client3();
    client.ask("MSET a 1 b 2");
    let stats = client.ask("MEMORY STATS");
    assert!(stats.starts_with("%12 $14 peak.allocated :"), "{stats}");
    assert!(stats.contains(" keys.count :2 "), "{stats}");
    assert!(stats.contains(" dataset.percentage ,"), "{stats}");
    assert!(server.client().ask("MEMORY STATS").starts_with("*24 "));
    let doctor = client.ask("MEMORY DOCTOR");
    assert!(doctor.starts_with("=") && doctor.contains("too little data"), "{doctor}");
    assert!(client.ask("MEMORY HELP").contains("+USAGE key [SAMPLES count]"));
    assert!(client.ask("OBJECT HELP").contains("+ENCODING key"));
}
