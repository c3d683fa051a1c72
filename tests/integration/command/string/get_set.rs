//! SET and GET and what counts: the string family.

use crate::raw::encode;
use crate::support::{TestServer, check, check3, wait_until};
use respool::shared::Stats;

/// Ensures that what was set is what is got, and that a missing key is null.
#[test]
fn set_and_get() {
    check(
        r#"
        > GET k
        $-1
        > SET k v
        +OK
        > get k
        $1 v
        > SET k ""
        +OK
        > GET k
        $0
        > SET "\x00\xff key" "a\r\nb\x00"
        +OK
        > GET "\x00\xff key"
        $5
        a
        b\x00
        > SET k w extra
        -ERR syntax error
        "#,
    );
    check3("> GET k\n_\n> SET k v\n+OK\n> GET k\n$1 v");
}

/// Ensures that a conditional set on an existing key changes nothing.
#[test]
fn set_nx_on_an_existing_key_replies_null() {
    check(
        "
        > SET k v NX
        +OK
        > SET k w nx
        $-1
        > GET k
        $1 v
        ",
    );
}

/// Ensures that XX changes existing keys only.
#[test]
fn set_xx_on_a_missing_key_replies_null() {
    let session = |null: &str| {
        format!(
            "> SET k v XX\n{null}\n> EXISTS k\n:0\n> SET k v\n+OK\n> SET k w XX\n+OK\n> GET k\n$1 w"
        )
    };
    check(&session("$-1"));
    check3(&session("_"));
}

/// Ensures that GET returns the old value, whatever the condition decides.
#[test]
fn set_get_returns_what_was_there() {
    check(
        "
        > SET k a GET
        $-1
        > SET k b GET
        $1 a
        > SET k c NX GET
        $1 b
        > SET k d GET XX
        $1 b
        > GET k
        $1 d
        > SET other x XX GET
        $-1
        > EXISTS other
        :0
        > SET fresh x NX GET
        $-1
        > GET fresh
        $1 x
        ",
    );
}

/// Ensures that SET replaces any type, but that its GET wants a string and then changes nothing.
#[test]
fn set_replaces_a_hash_but_does_not_return_one() {
    check(
        "
        > HSET h f v
        :1
        > SET h v GET
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > TYPE h
        +hash
        > SET h v NX
        $-1
        > SET h v
        +OK
        > TYPE h
        +string
        ",
    );
}

/// Ensures that each of the four ways to give a deadline sets the same one.
#[test]
fn set_with_each_kind_of_deadline() {
    check(
        "
        > SET k v EX 100
        +OK
        > PTTL k
        :100000
        > SET k v PX 1500
        +OK
        > PTTL k
        :1500
        > SET k v EXAT 1700000010
        +OK
        > PTTL k
        :10000
        > SET k v PXAT 1700000000250 GET
        $1 v
        > PTTL k
        :250
        @advance 249ms
        > GET k
        $1 v
        @advance 1ms
        > GET k
        $-1
        > EXISTS k
        :0
        ",
    );
}

/// Ensures that a plain SET takes the deadline away and KEEPTTL keeps it.
#[test]
fn set_drops_the_deadline_without_keepttl() {
    check(
        "
        > SET k v EX 10
        +OK
        > SET k w KEEPTTL
        +OK
        > TTL k
        :10
        > SET k w XX KEEPTTL GET
        $1 w
        > TTL k
        :10
        > SET k w
        +OK
        > TTL k
        :-1
        > SET k w KEEPTTL
        +OK
        > TTL k
        :-1
        ",
    );
}

/// Ensures that a deadline that has passed is accepted and the key is gone.
#[test]
fn set_with_a_deadline_in_the_past_leaves_no_key() {
    check(
        "
        > SET k v
        +OK
        > SET k v EXAT 1
        +OK
        > GET k
        $-1
        > DBSIZE
        :0
        ",
    );
}

/// Ensures that options that contradict each other or lack their value are syntax errors.
#[test]
fn set_refuses_contradicting_options() {
    let server = TestServer::start();
    let mut client = server.client();
    for options in [
        "NX XX",
        "XX NX",
        "EX 1 PX 1",
        "PX 1 EX 1",
        "EX 1 KEEPTTL",
        "KEEPTTL PXAT 1",
        "EX",
        "NX EX",
        "PXAT",
        "foo",
        "NX foo",
        "EXAT 1 EX 1",
        "10",
    ] {
        let reply = client.ask(&format!("SET k v {options}"));
        assert_eq!(reply, "-ERR syntax error", "SET k v {options}");
    }
    assert_eq!(client.ask("EXISTS k"), ":0", "an error changes nothing");
    assert_eq!(client.ask("SET k v NX NX"), "+OK", "saying it twice is no contradiction");
    assert_eq!(client.ask("SET k v GET GET"), "$1 v");
}

/// Ensures that each impossible deadline is refused with Redis's text.
#[test]
fn set_refuses_impossible_deadlines() {
    let server = TestServer::start();
    let mut client = server.client();
    for option in ["EX", "PX", "EXAT", "PXAT"] {
        for number in ["0", "-1", "-9223372036854775808"] {
            let reply = client.ask(&format!("SET k v {option} {number}"));
            assert_eq!(reply, "-ERR invalid expire time in 'set' command", "{option} {number}");
        }
        for number in ["x", "1.5", "\"\"", "9223372036854775808", "\" 1\"", "+1", "01"] {
            let reply = client.ask(&format!("SET k v {option} {number}"));
            let expected = "-ERR value is not an integer or out of range";
            assert_eq!(reply, expected, "{option} {number}");
        }
    }
    for too_far in ["EX 9223372036854775807", "EXAT 9223372036854776", "PX 9223372036854775807"] {
        let reply = client.ask(&format!("SET k v {too_far}"));
        assert_eq!(reply, "-ERR invalid expire time in 'set' command", "{too_far}");
    }
    assert_eq!(client.ask("EXISTS k"), ":0");
}

/// Ensures that MGET answers for every key, and that what is no string counts as missing.
#[test]
fn mget_answers_for_every_key() {
    let session = |null: &str| {
        format!(
            "
            > MSET a 1 b 2
            +OK
            > HSET h f v
            :1
            > MGET a nothing h b a
            *5
            $1 1
            {null}
            {null}
            $1 2
            $1 1
            "
        )
    };
    check(&session("$-1"));
    check3(&session("_"));
}

/// Ensures that MSET sets everything, the last value of a key winning, and drops deadlines.
#[test]
fn mset_sets_everything() {
    check(
        "
        > SET a x EX 10
        +OK
        > HSET b f v
        :1
        > MSET a 1 b 2 a 3
        +OK
        > MGET a b
        *2
        $1 3
        $1 2
        > TTL a
        :-1
        ",
    );
}

/// Ensures that an empty value stays empty whatever follows it, and however it arrives.
#[test]
fn empty_values_next_to_long_arguments() {
    let server = TestServer::start();
    let mut client = server.client();
    let long = "x".repeat(100);
    for request in [
        format!("MSET a \"\" {long} \"\" b \"\"\r\n").into_bytes(),
        encode(&[b"MSET", b"a", b"", long.as_bytes(), b"", b"b", b""]),
    ] {
        // Whole, and in two parts that arrive one after the other.
        for cut in [0, request.len() / 2] {
            client.ask("FLUSHALL");
            let before = Stats::read(&server.shared.stats.input_bytes);
            client.send(&request[..cut]);
            wait_until("the first part is read", || {
                Stats::read(&server.shared.stats.input_bytes) >= before + cut as u64
            });
            client.send(&request[cut..]);
            assert_eq!(client.reply(), b"+OK\r\n");
            assert_eq!(client.ask(&format!("MGET a {long} b")), "*3 $0 $0 $0", "cut at {cut}");
        }
    }
    client.send(format!("HSET h f \"\" {long} {long}\r\n").as_bytes());
    assert_eq!(client.reply(), b":2\r\n");
    assert_eq!(client.ask("HGET h f"), "$0");
    client.send(format!("SET k \"\" XX {long}\r\n").as_bytes());
    assert_eq!(client.reply(), b"-ERR syntax error\r\n");
}

/// Ensures that a wrong number of arguments is refused and changes nothing.
#[test]
fn wrong_numbers_of_arguments() {
    let server = TestServer::start();
    let mut client = server.client();
    client.expect_wrong_arity(&[
        "SET",
        "SET k",
        "GET",
        "GET k l",
        "INCR",
        "INCR k l",
        "DECR",
        "DECR k l",
        "INCRBY k",
        "INCRBY k 1 2",
        "DECRBY k",
        "DECRBY k 1 2",
        "MGET",
        "MSET",
        "MSET k",
        "MSET k v l",
    ]);
    assert_eq!(client.ask("DBSIZE"), ":0");
}

/// Ensures that commands for strings do not touch a hash.
#[test]
fn wrong_types() {
    let server = TestServer::start();
    let mut client = server.client();
    client.ask("HSET h f v");
    for request in ["GET h", "INCR h", "DECR h", "INCRBY h 1", "DECRBY h 1", "SET h v NX GET"] {
        let expected = "-WRONGTYPE Operation against a key holding the wrong kind of value";
        assert_eq!(client.ask(request), expected, "{request}");
    }
    assert_eq!(client.ask("HGET h f"), "$1 v");
}
