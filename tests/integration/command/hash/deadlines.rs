//! Fields of hashes that expire, as in Redis 7.4 and 8.0.

use crate::support::{TestServer, check};

/// Ensures that a field is gone at its deadline for all readers, and its key with the last field.
#[test]
fn a_field_is_gone_at_its_deadline() {
    check(
        "
        > HSET h a 1 b 2 c 3
        :3
        > HPEXPIRE h 100 FIELDS 2 a b
        *2
        :1
        :1
        > HPTTL h FIELDS 4 a b c d
        *4
        :100
        :100
        :-1
        :-2
        > HTTL h FIELDS 1 a
        *1
        :1
        @advance 99ms
        > HGET h a
        $1 1
        @advance 1ms
        > HGET h a
        $-1
        > HLEN h
        :1
        > HGETALL h
        *2
        $1 c
        $1 3
        > HEXISTS h b
        :0
        > HSTRLEN h b
        :0
        > HSETNX h a 4
        :1
        > HPTTL h FIELDS 1 a
        *1
        :-1
        > HPEXPIRE h 5 FIELDS 2 a c
        *2
        :1
        :1
        @advance 5ms
        > EXISTS h
        :0
        > TYPE h
        +none
        ",
    );
}

/// Ensures that the conditions decide which deadlines are set, before a moment in the past removes
/// fields.
#[test]
fn conditions_decide() {
    check(
        "
        > HSET h a 1 b 2 c 3
        :3
        > HEXPIRE h 100 NX FIELDS 1 a
        *1
        :1
        > HEXPIRE h 200 NX FIELDS 2 a b
        *2
        :0
        :1
        > HEXPIRE h 150 gt FIELDS 3 a b c
        *3
        :1
        :0
        :0
        > HEXPIRE h 150 LT FIELDS 3 a b c
        *3
        :0
        :1
        :1
        > HPERSIST h FIELDS 3 a c d
        *3
        :1
        :1
        :-2
        > HPERSIST h FIELDS 1 a
        *1
        :-1
        > HEXPIRE h 10 XX FIELDS 3 a b c
        *3
        :0
        :1
        :0
        > HEXPIREAT h 1 NX FIELDS 4 a b nobody a
        *4
        :2
        :0
        :-2
        :-2
        > HKEYS h
        *2
        $1 b
        $1 c
        > HPEXPIRE h 0 FIELDS 2 b c
        *2
        :2
        :2
        > EXISTS h
        :0
        ",
    );
}

/// Ensures that moments are shown as they were set, in seconds rounded up.
#[test]
fn moments_are_shown() {
    check(
        "
        > HSET h a 1
        :1
        > HPEXPIREAT h 1700000001001 FIELDS 1 a
        *1
        :1
        > HPEXPIRETIME h FIELDS 1 a
        *1
        :1700000001001
        > HEXPIRETIME h FIELDS 2 a b
        *2
        :1700000002
        :-2
        > HTTL h FIELDS 1 a
        *1
        :2
        > HPTTL h FIELDS 1 a
        *1
        :1001
        > HTTL none FIELDS 2 a b
        *2
        :-2
        :-2
        > HEXPIRE none 1 FIELDS 1 a
        *1
        :-2
        > HPERSIST none FIELDS 1 a
        *1
        :-2
        > EXISTS none
        :0
        ",
    );
}

/// Ensures that setting a field ends its deadline, and that counting keeps it.
#[test]
fn setting_a_field_ends_its_deadline() {
    check(
        "
        > HSET h a 1 b 1 c 1
        :3
        > HPEXPIRE h 100 FIELDS 3 a b c
        *3
        :1
        :1
        :1
        > HSET h a 2
        :0
        > HINCRBY h b 1
        :2
        > HINCRBYFLOAT h c 0.5
        $3 1.5
        > HPTTL h FIELDS 3 a b c
        *3
        :-1
        :100
        :100
        > HDEL h b
        :1
        > HSET h b 3
        :1
        > HPTTL h FIELDS 1 b
        *1
        :-1
        > OBJECT ENCODING h
        $10 listpackex
        ",
    );
}

/// Ensures that HGETDEL, HGETEX and HSETEX read or write in one step with the second thing.
#[test]
fn two_things_in_one_step() {
    check(
        "
        > HSETEX h PX 100 FIELDS 2 a 1 b 2
        :1
        > HPTTL h FIELDS 2 a b
        *2
        :100
        :100
        > HSETEX h KEEPTTL FIELDS 2 a 3 c 4
        :1
        > HPTTL h FIELDS 2 a c
        *2
        :100
        :-1
        > HSETEX h FNX FIELDS 2 a 5 d 5
        :0
        > HSETEX h FXX FIELDS 2 a 5 d 5
        :0
        > HSETEX h fxx FIELDS 2 a 5 b 5
        :1
        > HPTTL h FIELDS 1 a
        *1
        :-1
        > HGETEX h FIELDS 2 a d
        *2
        $1 5
        $-1
        > HGETEX h EX 5 FIELDS 2 a d
        *2
        $1 5
        $-1
        > HGETEX h PERSIST FIELDS 2 a b
        *2
        $1 5
        $1 5
        > HPTTL h FIELDS 2 a b
        *2
        :-1
        :-1
        > HGETEX h PXAT 1 FIELDS 1 c
        *1
        $1 4
        > HGETDEL h FIELDS 3 a a c
        *3
        $1 5
        $-1
        $-1
        > HGETDEL h FIELDS 1 b
        *1
        $1 5
        > EXISTS h
        :0
        > HGETDEL h FIELDS 1 b
        *1
        $-1
        > HGETEX h FIELDS 1 b
        *1
        $-1
        > HSETEX h FXX FIELDS 1 a 1
        :0
        > HSETEX h EXAT 1 FIELDS 1 a 1
        :1
        > EXISTS h
        :0
        ",
    );
}

/// Ensures that wrong arguments get Redis's errors.
#[test]
fn wrong_arguments_are_refused() {
    let server = TestServer::start();
    let mut client = server.client();
    client.ask("HSET h a 1");
    client.ask("SET s x");
    let fields = "ERR Mandatory argument FIELDS is missing or not at the right position";
    let count = "ERR The `numfields` parameter must match the number of arguments";
    let positive = "ERR Number of fields must be a positive integer";
    let too_few = "ERR Parameter `numFields` should be greater than 0";
    let times = "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified";
    for (request, error) in [
        ("HEXPIRE h 1 FIELDS 1", "ERR wrong number of arguments for 'hexpire' command"),
        ("HEXPIRE h x FIELDS 1 a", "ERR value is not an integer or out of range"),
        ("HEXPIRE h -1 FIELDS 1 a", "ERR invalid expire time, must be >= 0"),
        ("HEXPIRE h 99999999999 FIELDS 1 a", "ERR invalid expire time in 'hexpire' command"),
        (
            "hpexpireat h 70368744177664 FIELDS 1 a",
            "ERR invalid expire time in 'hpexpireat' command",
        ),
        ("HEXPIRE h 1 NX XX FIELDS 1 a", fields),
        ("HEXPIRE h 1 FIELD 1 a", fields),
        ("HEXPIRE h 1 FIELDS 0 a", too_few),
        ("HEXPIRE h 1 FIELDS x a", too_few),
        ("HEXPIRE h 1 FIELDS 2 a", count),
        ("HEXPIRE h 1 FIELDS 1 a b", count),
        ("HTTL h FIELD 1 a", fields),
        ("HTTL h FIELDS -1 a", positive),
        ("HPERSIST h FIELDS 2 a", count),
        ("HGETDEL h FIELDS x a", positive),
        ("HGETDEL h FIELDS 2 a", count),
        ("HGETEX h KEEPTTL FIELDS 1 a", fields),
        ("HGETEX h EX 1 PERSIST FIELDS 1 a", fields),
        ("HGETEX h EX x FIELDS 1 a", "ERR value is not an integer or out of range"),
        ("HGETEX h PX -1 FIELDS 1 a", "ERR invalid expire time, must be >= 0"),
        ("HSETEX h EX 1 PX 1 FIELDS 1 a 1", times),
        ("HSETEX h KEEPTTL EX 1 FIELDS 1 a 1", times),
        ("HSETEX h FNX FXX FIELDS 1 a 1", "ERR Only one of FXX or FNX arguments can be specified"),
        ("HSETEX h NX FIELDS 1 a 1", "ERR unknown argument: NX"),
        ("HSETEX h FIELDS 0 a 1", "ERR invalid number of fields"),
        ("HSETEX h FIELDS 2 a 1", "ERR wrong number of arguments for 'hsetex' command"),
        ("HSETEX h FIELDS 1 a 1 b", "ERR wrong number of arguments for 'hsetex' command"),
        ("HSETEX h FXX KEEPTTL FIELDS 1", "ERR wrong number of arguments for 'hsetex' command"),
        ("HSETEX h FXX KEEPTTL FXY a 1", "ERR unknown argument: FXY"),
        ("HSETEX h FXX KEEPTTL", "ERR wrong number of arguments for 'hsetex' command"),
    ] {
        assert_eq!(client.ask(request), format!("-{error}"), "{request}");
    }
    let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    for request in [
        "HEXPIRE s x FIELDS 1 a",
        "HTTL s FIELD 1 a",
        "HPERSIST s FIELD 1 a",
        "HGETDEL s FIELD 1 a",
        "HGETEX s FIELD 1 a",
        "HSETEX s FIELDS 1 a 1",
    ] {
        assert_eq!(client.ask(request), wrong, "{request}");
    }
    assert_eq!(client.ask("HGETALL h"), "*2 $1 a $1 1", "nothing has changed");
}
