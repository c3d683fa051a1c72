//! Deadlines: setting, removing, reading and reaching them.

use crate::support::{TestServer, check, wait_until};

/// Ensures that the four commands set the same deadline.
#[test]
fn four_ways_to_give_a_deadline() {
    check(
        "
        > SET k v
        +OK
        > EXPIRE k 100
        :1
        > PTTL k
        :100000
        > PEXPIRE k 1234
        :1
        > PTTL k
        :1234
        > EXPIREAT k 1700000010
        :1
        > PTTL k
        :10000
        > PEXPIREAT k 1700000000777
        :1
        > PTTL k
        :777
        > EXPIRE nothing 100
        :0
        > PEXPIREAT nothing 1
        :0
        ",
    );
}

/// Ensures that TTL rounds to the nearest second and tells missing from permanent.
#[test]
fn ttl_rounds_and_tells_missing_from_permanent() {
    check(
        "
        > TTL k
        :-2
        > PTTL k
        :-2
        > SET k v
        +OK
        > TTL k
        :-1
        > PTTL k
        :-1
        > PEXPIRE k 1500
        :1
        > TTL k
        :2
        > PEXPIRE k 1499
        :1
        > TTL k
        :1
        > PEXPIRE k 499
        :1
        > TTL k
        :0
        ",
    );
}

/// Ensures that a key lives until the last millisecond before its deadline.
#[test]
fn a_deadline_is_exact() {
    check(
        "
        > SET k v PX 100
        +OK
        @advance 99ms
        > GET k
        $1 v
        > PTTL k
        :1
        @advance 1ms
        > GET k
        $-1
        > TTL k
        :-2
        ",
    );
}

/// Ensures that a deadline that is not in the future removes the key and counts as set.
#[test]
fn a_deadline_in_the_past_removes_the_key() {
    let server = TestServer::start();
    let mut client = server.client();
    for request in [
        "EXPIRE k 0",
        "EXPIRE k -1",
        "PEXPIRE k 0",
        "PEXPIRE k -5",
        "EXPIREAT k 1",
        "PEXPIREAT k 0",
        "EXPIREAT k -1",
        "PEXPIREAT k 1700000000000",
        "EXPIRE k -9223372036854775",
    ] {
        client.ask("SET k v");
        assert_eq!(client.ask(request), ":1", "{request}");
        assert_eq!(client.ask("EXISTS k"), ":0", "{request}");
    }
}

/// Ensures that PERSIST removes a deadline and reports whether there was one.
#[test]
fn persist_makes_a_key_permanent() {
    check(
        "
        > SET k v EX 10
        +OK
        > PERSIST k
        :1
        > TTL k
        :-1
        > PERSIST k
        :0
        > PERSIST nothing
        :0
        @advance 20000ms
        > GET k
        $1 v
        ",
    );
}

/// Ensures that the conditions compare with the deadline there is, none being infinitely late.
#[test]
fn conditions_on_the_old_deadline() {
    check(
        "
        > SET k v
        +OK
        > EXPIRE k 100 XX
        :0
        > EXPIRE k 100 GT
        :0
        > EXPIRE k 100 NX
        :1
        > EXPIRE k 200 nx
        :0
        > EXPIRE k 50 GT
        :0
        > EXPIRE k 100 GT
        :0
        > EXPIRE k 150 gt
        :1
        > EXPIRE k 200 LT
        :0
        > EXPIRE k 120 LT XX
        :1
        > EXPIRE k 300 XX GT
        :1
        > TTL k
        :300
        > EXPIRE k 5 GT XX
        :0
        > PERSIST k
        :1
        > EXPIRE k 100 LT
        :1
        > PEXPIREAT k 1 LT XX
        :1
        > EXISTS k
        :0
        > EXPIRE k 1 NX
        :0
        ",
    );
}

/// Ensures that LT with XX leaves a permanent key permanent.
#[test]
fn lt_and_xx_want_a_deadline_that_is_there() {
    check("> SET k v\n+OK\n> EXPIRE k 5 LT XX\n:0\n> TTL k\n:-1");
}

/// Ensures that options that exclude each other are refused before anything else is looked at.
#[test]
fn options_that_exclude_each_other() {
    let server = TestServer::start();
    let mut client = server.client();
    let nx = "-ERR NX and XX, GT or LT options at the same time are not compatible";
    let gt_lt = "-ERR GT and LT options at the same time are not compatible";
    for name in ["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"] {
        for options in ["NX XX", "XX NX", "NX GT", "LT NX", "NX GT LT"] {
            assert_eq!(client.ask(&format!("{name} nothing x {options}")), nx, "{name} {options}");
        }
        assert_eq!(client.ask(&format!("{name} nothing x GT LT")), gt_lt);
        assert_eq!(client.ask(&format!("{name} k 1 foo")), "-ERR Unsupported option foo");
        assert_eq!(client.ask(&format!("{name} k 1 NX Bar")), "-ERR Unsupported option Bar");
    }
}

/// Ensures that each number that is none, or leads out of time, is refused with Redis's text.
#[test]
fn impossible_times() {
    let server = TestServer::start();
    let mut client = server.client();
    client.ask("SET k v");
    for name in ["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"] {
        for number in ["x", "1.5", "\"\"", "9223372036854775808", "+1"] {
            let reply = client.ask(&format!("{name} k {number}"));
            assert_eq!(reply, "-ERR value is not an integer or out of range", "{name} {number}");
        }
    }
    for (name, number) in [
        ("EXPIRE", "9223372036854775807"),
        ("EXPIRE", "9223372036854775"),
        ("EXPIRE", "-9223372036854775808"),
        ("EXPIREAT", "9223372036854775807"),
        ("EXPIREAT", "-9223372036854776"),
        ("PEXPIRE", "9223372036854775807"),
    ] {
        let expected = format!("-ERR invalid expire time in '{}' command", name.to_lowercase());
        assert_eq!(client.ask(&format!("{name} k {number}")), expected, "{name} {number}");
    }
    assert_eq!(client.ask("TTL k"), ":-1", "errors change nothing");
    assert_eq!(client.ask("PEXPIREAT k 9223372036854775807"), ":1", "the end of time");
}

/// Ensures that a wrong number of arguments is refused.
#[test]
fn wrong_numbers_of_arguments() {
    let server = TestServer::start();
    let mut client = server.client();
    client.expect_wrong_arity(&[
        "EXPIRE",
        "EXPIRE k",
        "PEXPIRE k",
        "EXPIREAT k",
        "PEXPIREAT k",
        "TTL",
        "TTL k l",
        "PTTL",
        "PTTL k l",
        "PERSIST",
        "PERSIST k l",
    ]);
}

/// Ensures that the housekeeper removes expired keys without a lookup, in every database.
#[test]
fn unused_expired_keys_are_swept() {
    let server = TestServer::start();
    let mut client = server.client();
    for db in [0, 3, 15] {
        client.ask(&format!("SELECT {db}"));
        for at in 0..1_000 {
            client.say(&format!("SET key:{at} v PX {}", 10 + at));
        }
        (0..1_000).for_each(|_| assert_eq!(client.reply(), b"+OK\r\n"));
        client.ask("SET stays v");
    }
    server.clock.advance_ms(2_000);
    for db in [0, 3, 15] {
        client.ask(&format!("SELECT {db}"));
        wait_until("all but one key are swept", || client.ask("DBSIZE") == ":1");
    }
    assert_eq!(server.shared.lock_keyspace().counters().expired, 3_000);
}
