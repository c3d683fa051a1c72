//! Sorted sets: members with scores, by rank, by score, by bytes, and taken out at the ends.

use crate::support::{check, check3};

/// Ensures that ZADD heeds its conditions and counts what it says.
#[test]
fn zadd_options() {
    check(
        "
        > ZADD z 1 a 2 b
        :2
        > ZADD z NX 5 a 3 c
        :1
        > ZADD z XX CH 5 a 9 nobody
        :1
        > ZADD z GT CH 4 a 6 b
        :1
        > ZADD z LT CH 1 a 7 b
        :1
        > ZADD z INCR 2.5 a
        $3 3.5
        > ZADD z NX INCR 1 a
        $-1
        > ZRANGE z 0 -1 WITHSCORES
        *6
        $1 c
        $1 3
        $1 a
        $3 3.5
        $1 b
        $1 6
        > ZADD z NX XX 1 a
        -ERR XX and NX options at the same time are not compatible
        > ZADD z GT NX 1 a
        -ERR GT, LT, and/or NX options at the same time are not compatible
        > ZADD z INCR 1 a 2 b
        -ERR INCR option supports a single increment-element pair
        > ZADD z x a
        -ERR value is not a valid float
        > ZADD z 1
        -ERR wrong number of arguments for 'zadd' command
        > ZADD z 1 a 2
        -ERR syntax error
        > ZADD z nan a
        -ERR value is not a valid float
        > ZADD z inf i
        :1
        > ZINCRBY z -inf i
        -ERR resulting score is not a number (NaN)
        ",
    );
}

/// Ensures that ranges by rank, score and bytes agree, forwards and backwards.
#[test]
fn ranges_by_rank_and_score() {
    check(
        "
        > ZADD z 1 a 2 b 3 c 4 d
        :4
        > ZRANGE z 1 2
        *2
        $1 b
        $1 c
        > ZRANGE z 0 1 REV
        *2
        $1 d
        $1 c
        > ZREVRANGE z 0 0 WITHSCORES
        *2
        $1 d
        $1 4
        > ZRANGEBYSCORE z (1 3
        *2
        $1 b
        $1 c
        > ZRANGEBYSCORE z -inf +inf LIMIT 1 2
        *2
        $1 b
        $1 c
        > ZREVRANGEBYSCORE z 3 (1
        *2
        $1 c
        $1 b
        > ZRANGE z 3 1 BYSCORE REV LIMIT 0 1
        *1
        $1 c
        > ZCOUNT z 2 +inf
        :3
        > ZRANK z c
        :2
        > ZREVRANK z c
        :1
        > ZRANK z nobody
        $-1
        > ZRANK z c WITHSCORE
        *2
        :2
        $1 3
        ",
    );
}

/// Ensures that ranges of bytes, and stored ranges, agree with them.
#[test]
fn ranges_by_bytes() {
    check(
        "
        > ZADD z 1 a 2 b 3 c 4 d
        :4
        > ZADD l 0 a 0 b 0 c
        :3
        > ZRANGEBYLEX l [b +
        *2
        $1 b
        $1 c
        > ZREVRANGEBYLEX l (c -
        *2
        $1 b
        $1 a
        > ZLEXCOUNT l - (c
        :2
        > ZRANGE z 0 1 LIMIT 0 1
        -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        > ZRANGEBYSCORE z x 1
        -ERR min or max is not a float
        > ZRANGEBYLEX l b c
        -ERR min or max not valid string range item
        > ZRANGESTORE t z 1 2
        :2
        > ZRANGE t 0 -1
        *2
        $1 b
        $1 c
        ",
    );
}

/// Ensures that members are removed and taken out, and that an empty set is no key.
#[test]
fn members_go() {
    check(
        "
        > ZADD z 1 a 2 b 3 c 4 d 5 e
        :5
        > ZPOPMIN z
        *2
        $1 a
        $1 1
        > ZPOPMAX z 2
        *4
        $1 e
        $1 5
        $1 d
        $1 4
        > ZREM z b nobody
        :1
        > ZREMRANGEBYRANK z 0 -1
        :1
        > EXISTS z
        :0
        > ZADD z 1 a 2 b 3 c
        :3
        > ZREMRANGEBYSCORE z 2 (3
        :1
        > ZREMRANGEBYLEX z - +
        :2
        > TYPE z
        +none
        > ZADD m 1 a
        :1
        > ZMPOP 2 none m MAX COUNT 5
        *2
        $1 m
        *1
        *2
        $1 a
        $1 1
        > ZMPOP 1 none MIN
        *-1
        > ZPOPMIN none
        *0
        ",
    );
}

/// Ensures that sets are united, intersected and subtracted, with weights.
#[test]
fn algebra() {
    check(
        "
        > ZADD a 1 x 2 y
        :2
        > ZADD b 10 y 20 z
        :2
        > ZUNION 2 a b WITHSCORES
        *6
        $1 x
        $1 1
        $1 y
        $2 12
        $1 z
        $2 20
        > ZINTER 2 a b WEIGHTS 2 1 WITHSCORES
        *2
        $1 y
        $2 14
        > ZINTER 2 a b AGGREGATE MAX WITHSCORES
        *2
        $1 y
        $2 10
        > ZDIFF 2 a b
        *1
        $1 x
        > ZINTERCARD 2 a b
        :1
        > ZUNIONSTORE c 2 a b
        :3
        > ZINTERSTORE c 2 a none
        :0
        > EXISTS c
        :0
        > SADD s x
        :1
        > ZDIFFSTORE c 2 a s
        :1
        > ZUNION 0 a
        -ERR at least 1 input key is needed for 'zunion' command
        > ZINTERCARD 0 a
        -ERR at least 1 input key is needed for 'zintercard' command
        > ZUNION 2 a b WEIGHTS 1
        -ERR syntax error
        > ZUNION 2 a b WEIGHTS 1 x
        -ERR weight value is not a float
        ",
    );
}

/// Ensures that RESP3 has doubles, and pairs for members with scores.
#[test]
fn resp3_has_doubles_and_pairs() {
    check3(
        "
        > ZADD z 1.5 a
        :1
        > ZSCORE z a
        ,1.5
        > ZMSCORE z a nobody
        *2
        ,1.5
        _
        > ZRANGE z 0 -1 WITHSCORES
        *1
        *2
        $1 a
        ,1.5
        > ZPOPMIN z
        *2
        $1 a
        ,1.5
        ",
    );
}

/// Ensures that a client that waits for a set is served by the one that adds to it.
#[test]
fn a_waiting_pop_is_served() {
    check(
        "
        > ZADD z 1 a 2 b
        :2
        > BZPOPMAX none z 0
        *3
        $1 z
        $1 b
        $1 2
        > BZMPOP 0 2 none z MIN
        *2
        $1 z
        *1
        *2
        $1 a
        $1 1
        > EXISTS z
        :0
        > BZPOPMIN z -1
        -ERR timeout is negative
        ",
    );
}

/// Ensures that commands on sorted sets refuse a string.
#[test]
fn other_types_are_refused() {
    let requests = [
        "ZADD s 1 a",
        "ZSCORE s a",
        "ZRANGE s 0 -1",
        "ZCARD s",
        "ZREM s a",
        "ZPOPMIN s",
        "ZRANK s a",
        "ZCOUNT s 0 1",
        "ZUNION 1 s",
        "ZSCAN s 0",
        "ZRANDMEMBER s",
    ];
    for request in requests {
        check(&format!(
            "
            > SET s v
            +OK
            > {request}
            -WRONGTYPE Operation against a key holding the wrong kind of value
            "
        ));
    }
}
