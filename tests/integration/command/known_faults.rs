//! Faults that were once put into a copy of the code and that no test noticed.

use crate::support::check;

/// Ensures that MSETNX looks at all keys before it sets any.
#[test]
fn msetnx_checks_every_key() {
    check(
        "
        > SET c 1
        +OK
        > MSETNX a 1 b 2 c 3
        :0
        > EXISTS a b
        :0
        > GET c
        $1 1
        > MSETNX a 1 b 2
        :1
        > MGET a b
        *2
        $1 1
        $1 2
        ",
    );
}

/// Ensures that SCAN shows only keys that match, and KEYS too.
#[test]
fn scan_heeds_match() {
    check(
        "
        > MSET user:1 a user:2 b post:1 c
        +OK
        > SCAN 0 COUNT 100 MATCH post:*
        *2
        $1 0
        *1
        $6 post:1
        > KEYS post:*
        *1
        $6 post:1
        > SCAN 0 COUNT 100 MATCH nothing*
        *2
        $1 0
        *0
        ",
    );
}

/// Ensures that DEL and UNLINK remove every key that they name.
#[test]
fn unlink_removes_every_key() {
    for command in ["DEL", "UNLINK"] {
        check(&format!(
            "
            > MSET a 1 b 2 c 3
            +OK
            > {command} a nobody b c
            :3
            > EXISTS a b c
            :0
            "
        ));
    }
}

/// Ensures that GETSET takes the deadline away, as SET does.
#[test]
fn getset_takes_the_deadline_away() {
    check(
        "
        > SET k old EX 100
        +OK
        > GETSET k new
        $3 old
        > TTL k
        :-1
        ",
    );
}

/// Ensures that commands on hashes refuse a string, each of them.
#[test]
fn commands_on_hashes_refuse_a_string() {
    let requests = [
        "HKEYS s",
        "HVALS s",
        "HGETALL s",
        "HGET s f",
        "HMGET s f",
        "HSET s f v",
        "HMSET s f v",
        "HSETNX s f v",
        "HDEL s f",
        "HLEN s",
        "HEXISTS s f",
        "HSTRLEN s f",
        "HSCAN s 0",
        "HRANDFIELD s",
        "HINCRBY s f 1",
        "HINCRBYFLOAT s f 1",
    ];
    for request in requests {
        check(&format!(
            "
            > SET s v
            +OK
            > {request}
            -WRONGTYPE Operation against a key holding the wrong kind of value
            > GET s
            $1 v
            "
        ));
    }
}

/// Ensures that RENAME carries the deadline along, and that the old one of the target is gone.
#[test]
fn rename_carries_the_deadline() {
    check(
        "
        > SET a v EX 100
        +OK
        > RENAME a b
        +OK
        > TTL b
        :100
        > SET c w
        +OK
        > RENAME c b
        +OK
        > TTL b
        :-1
        ",
    );
}

/// Ensures that a range whose end lies before its beginning is empty.
#[test]
fn ranges_that_end_before_they_begin_are_empty() {
    check(
        "
        > SET k abcdef
        +OK
        > GETRANGE k -1 -3
        $0
        > GETRANGE k 4 2
        $0
        > GETRANGE k -3 -1
        $3 def
        > GETRANGE k 0 -4
        $3 abc
        ",
    );
}
