//! Strings as arrays of bits, and as arrays of small integers.

use crate::support::{TestServer, check, check3};

/// Ensures that the first bit is the highest one of the first byte, and that a string grows as
/// far as the bit.
#[test]
fn setbit_counts_from_the_highest_bit() {
    check(
        r#"
        > SETBIT k 1 1
        :0
        > SETBIT k 7 1
        :0
        > GET k
        $1 A
        > SETBIT k 7 0
        :1
        > GET k
        $1 @
        > SETBIT k 23 0
        :0
        > STRLEN k
        :3
        > GETBIT k 1
        :1
        > GETBIT k 23
        :0
        > GETBIT k 24
        :0
        > GETBIT nobody 0
        :0
        "#,
    );
}

/// Ensures that SETBIT and GETBIT check their arguments in Redis's order, before the key.
#[test]
fn bit_arguments_are_checked_before_the_key() {
    check(
        "
        > HSET h f v
        :1
        > SETBIT h -1 2
        -ERR bit offset is not an integer or out of range
        > SETBIT h 4294967296 1
        -ERR bit offset is not an integer or out of range
        > SETBIT h 0 2
        -ERR bit is not an integer or out of range
        > SETBIT h 0 x
        -ERR bit is not an integer or out of range
        > SETBIT h 0 1
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > GETBIT h x
        -ERR bit offset is not an integer or out of range
        > GETBIT h 0
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > SETBIT k 4294967296 1
        -ERR bit offset is not an integer or out of range
        > EXISTS k
        :0
        > GETBIT k 4294967295
        :0
        ",
    );
}

/// Ensures that setting a bit to its present value is no change for watchers of the key, and that
/// growth is.
#[test]
fn a_bit_that_stays_is_no_change() {
    check(
        "
        > SETBIT k 7 1
        :0
        > WATCH k
        +OK
        > SETBIT k 7 1
        :1
        > MULTI
        +OK
        > EXEC
        *0
        > WATCH k
        +OK
        > SETBIT k 8 0
        :0
        > MULTI
        +OK
        > EXEC
        *-1
        ",
    );
}

/// Ensures that a part is named as in GETRANGE, in bytes or bits.
#[test]
fn bitcount_takes_a_part_in_bytes_or_bits() {
    check(
        "
        > SET k foobar
        +OK
        > BITCOUNT k
        :26
        > BITCOUNT k 0 0
        :4
        > BITCOUNT k 1 1 byte
        :6
        > BITCOUNT k 0 -5
        :10
        > BITCOUNT k 5 30 BIT
        :17
        > BITCOUNT k 9 9 BIT
        :1
        > BITCOUNT k -1 -2
        :0
        > BITCOUNT k -10 -20
        :0
        > BITCOUNT k -20 -10
        :4
        > BITCOUNT k 6 100
        :0
        > BITCOUNT k 0
        -ERR syntax error
        > BITCOUNT k 0 1 hello
        -ERR syntax error
        > BITCOUNT k 0 1 BIT BIT
        -ERR syntax error
        > BITCOUNT k a 1
        -ERR value is not an integer or out of range
        > BITCOUNT nobody
        :0
        > APPEND empty \"\"
        :0
        > BITCOUNT empty
        :0
        > BITCOUNT nobody a 1
        -ERR value is not an integer or out of range
        > HSET h f v
        :1
        > BITCOUNT h
        -WRONGTYPE Operation against a key holding the wrong kind of value
        ",
    );
}

/// Ensures that zeros are found beyond the end only without an explicit end.
#[test]
fn bitpos_knows_that_zeros_follow() {
    check(
        r#"
        > SET k "\xff\xff"
        +OK
        > BITPOS k 0
        :16
        > BITPOS k 0 0 -1
        :-1
        > BITPOS k 0 1
        :16
        > BITPOS k 1 5
        :-1
        > BITPOS k 1 3 9 BIT
        :3
        > BITPOS k 1 -5 -10
        :0
        > SET k "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10"
        +OK
        > BITPOS k 1
        :75
        > BITPOS k 1 75 75 BIT
        :75
        > BITPOS k 1 76 -1 BIT
        :-1
        > BITPOS nobody 0
        :0
        > BITPOS nobody 1
        :-1
        > BITPOS k 2
        -ERR The bit argument must be 1 or 0.
        > BITPOS k x
        -ERR value is not an integer or out of range
        > BITPOS k 1 0 1 hello
        -ERR syntax error
        > BITPOS k 1 0 x hello
        -ERR syntax error
        > BITPOS k 1 0 x BIT
        -ERR value is not an integer or out of range
        > BITPOS k 1 0 1 BIT BIT
        -ERR syntax error
        > BITPOS nobody 1 x
        -ERR value is not an integer or out of range
        "#,
    );
}

/// Ensures that shorter strings count as followed by zeros, and that the result has no deadline.
#[test]
fn bitop_combines_strings_of_different_lengths() {
    check(
        r#"
        > MSET a "\xff\x0f\xaa" b "\xf0\xff"
        +OK
        > SET d before EX 60
        +OK
        > BITOP AND d a b
        :3
        > GETRANGE d 0 -1
        $3 \xf0\x0f\x00
        > TTL d
        :-1
        > BITOP OR d a b nobody
        :3
        > GET d
        $3 \xff\xff\xaa
        > BITOP xor d a b
        :3
        > GET d
        $3 \x0f\xf0\xaa
        > BITOP NOT d a
        :3
        > GET d
        $3 \x00\xf0U
        > BITOP NOT d d
        :3
        > BITOP AND d a nobody
        :3
        > GET d
        $3 \x00\x00\x00
        > BITOP OR d nobody
        :0
        > EXISTS d
        :0
        "#,
    );
}

/// Ensures that BITOP refuses what it cannot do, and changes nothing then.
#[test]
fn bitop_errors_change_nothing() {
    check(
        "
        > MSET a x d before
        +OK
        > HSET h f v
        :1
        > BITOP NAND d a
        -ERR syntax error
        > BITOP NOT d a a
        -ERR BITOP NOT must be called with a single source key.
        > BITOP AND d a h
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > GET d
        $6 before
        > BITOP AND h a
        :1
        > GET h
        $1 x
        ",
    );
}

/// Ensures that results that do not fit wrap, stop at the edge or fail, as was asked for.
#[test]
fn bitfield_overflows_as_asked() {
    check(
        "
        > BITFIELD k SET u8 #0 255 INCRBY u8 #0 10
        *2
        :0
        :9
        > BITFIELD k OVERFLOW SAT INCRBY u8 #0 -100 INCRBY i8 #1 1000 INCRBY i8 #1 -1000
        *3
        :0
        :127
        :-128
        > BITFIELD k OVERFLOW FAIL INCRBY i8 #1 -1 INCRBY i8 #1 1 OVERFLOW WRAP INCRBY i8 #1 -2
        *3
        $-1
        :-127
        :127
        > BITFIELD k SET i64 0 9223372036854775807 INCRBY i64 0 1
        *2
        :35747322042253312
        :-9223372036854775808
        > BITFIELD k OVERFLOW SAT SET u4 0 -1 SET i4 0 100 GET i4 0
        *3
        :8
        :-1
        :7
        > BITFIELD k OVERFLOW FAIL SET u4 0 16 GET u4 0
        *2
        $-1
        :7
        ",
    );
    check3("> BITFIELD k OVERFLOW FAIL INCRBY u2 0 5\n*1\n_");
}

/// Ensures that integers may cross byte boundaries and the end of the string.
#[test]
fn bitfield_reads_across_bytes_and_the_end() {
    check(
        "
        > BITFIELD k GET i64 100 GET u1 4294967295
        *2
        :0
        :0
        > EXISTS k
        :0
        > BITFIELD k SET i64 3 -2 GET i64 3 GET u63 4
        *3
        :0
        :-2
        :9223372036854775806
        > STRLEN k
        :9
        > BITFIELD k
        *0
        > BITFIELD k GET u16 60
        *1
        :64512
        > SET k abc
        +OK
        > BITFIELD_RO k GET u8 #1 GET i5 2
        *2
        :98
        :-16
        ",
    );
}

/// Ensures that every operation is checked before the first is executed.
#[test]
fn bitfield_errors_change_nothing() {
    let server = TestServer::start();
    let requests = [
        ("SET u8 0 1 GET", "syntax error"),
        ("SET u8 0 1 GET u8", "syntax error"),
        ("SET u8 0 1 NOTHING u8 0", "syntax error"),
        ("SET u8 0 1 OVERFLOW", "syntax error"),
        ("SET u8 0 1 OVERFLOW x", "Invalid OVERFLOW type specified"),
        ("SET u8 0 1 SET u8 x 1", "bit offset is not an integer or out of range"),
        ("SET u8 0 1 GET u8 #536870912", "bit offset is not an integer or out of range"),
        ("SET u8 0 1 GET u8 -1", "bit offset is not an integer or out of range"),
        ("SET u8 0 1 SET u8 0 x", "value is not an integer or out of range"),
    ];
    for (arguments, text) in requests {
        server.check(&format!("> BITFIELD k {arguments}\n-ERR {text}"));
    }
    for encoding in ["u64", "i65", "u0", "i0", "x8", "u", "8", "U8", "u+8", "i08"] {
        server.check(&format!(
            "> BITFIELD k SET u8 0 1 GET {encoding} 0\n-ERR Invalid bitfield type. Use something \
             like i16 u8. Note that u64 is not supported but i64 is."
        ));
    }
    server.check(
        "
        > EXISTS k
        :0
        > BITFIELD_RO k GET u8 0 SET u8 0 1
        -ERR BITFIELD_RO only supports the GET subcommand
        > HSET h f v
        :1
        > BITFIELD h GET u8 0
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > BITFIELD h SET u8 0 1
        -WRONGTYPE Operation against a key holding the wrong kind of value
        ",
    );
}

/// Ensures that a string in a reply that is still being sent does not change.
#[test]
fn what_is_being_sent_does_not_change() {
    let server = TestServer::start();
    let mut client = server.client();
    let text = "x".repeat(10_000);
    client.ask(&format!("APPEND k {text}"));
    client.ask("APPEND k y");
    // One batch: the first reply is sent when the change has been made.
    client.say("GET k");
    client.say("SETRANGE k 0 z");
    client.say("GETRANGE k 0 2");
    let mut reply = Vec::new();
    (0..3).for_each(|_| client.read_reply(&mut reply).expect("a reply"));
    let expected = format!("$10001\r\n{text}y\r\n:10001\r\n$3\r\nzxx\r\n");
    assert_eq!(String::from_utf8_lossy(&reply), expected);
}
