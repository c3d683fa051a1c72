//! COPY, MOVE and SWAPDB: keys and whole databases.

use crate::support::check;

/// Ensures that a copy has value and deadline of the original, and is independent of it.
#[test]
fn a_copy_is_independent() {
    check(
        r#"
        > SET a "a value that is too long to live inside of its entry" EX 100
        +OK
        > COPY a b
        :1
        > APPEND a !
        :53
        > APPEND b ??
        :54
        > GETRANGE a -6 -1
        $6 entry!
        > GETRANGE b -6 -1
        $6 ntry??
        > TTL b
        :100
        > HSET h f v
        :1
        > COPY h g
        :1
        > HSET g f w
        :0
        > HGET h f
        $1 v
        > COPY nobody x
        :0
        "#,
    );
}

/// Ensures that COPY replaces only if asked to, whatever the types, and loses the old deadline.
#[test]
fn copy_replaces_if_asked_to() {
    check(
        "
        > SET a new
        +OK
        > HSET h f v
        :1
        > EXPIRE h 100
        :1
        > COPY a h
        :0
        > COPY a h REPLACE
        :1
        > GET h
        $3 new
        > TTL h
        :-1
        > COPY a a DB 3
        :1
        > COPY a a DB 3 replace db 3
        :1
        > SELECT 3
        +OK
        > GET a
        $3 new
        > COPY a b DB 0 DB 3
        :1
        > DBSIZE
        :2
        ",
    );
}

/// Ensures that COPY checks all its arguments before it looks at keys.
#[test]
fn copy_errors_are_in_order() {
    check(
        "
        > COPY a a nonsense
        -ERR syntax error
        > COPY a a DB
        -ERR syntax error
        > COPY a a DB x
        -ERR value is not an integer or out of range
        > COPY a a DB 99999999999
        -ERR value is out of range, value must between -2147483648 and 2147483647
        > COPY a a DB 16 nonsense
        -ERR DB index is out of range
        > COPY a a DB -1
        -ERR DB index is out of range
        > COPY a a
        -ERR source and destination objects are the same
        > COPY a a DB 0 REPLACE
        -ERR source and destination objects are the same
        > COPY a a DB 1
        :0
        ",
    );
}

/// Ensures that MOVE carries a key with its deadline, but never over another one.
#[test]
fn move_carries_key_and_deadline() {
    check(
        "
        > SET a 1 EX 100
        +OK
        > MOVE a 1
        :1
        > EXISTS a
        :0
        > MOVE a 1
        :0
        > SET a 2
        +OK
        > MOVE a 1
        :0
        > GET a
        $1 2
        > SELECT 1
        +OK
        > GET a
        $1 1
        > TTL a
        :100
        > MOVE a 1
        -ERR source and destination objects are the same
        > MOVE a x
        -ERR value is not an integer or out of range
        > MOVE a 16
        -ERR DB index is out of range
        > MOVE a 99999999999
        -ERR value is out of range, value must between -2147483648 and 2147483647
        ",
    );
}

/// Ensures that both ends of a MOVE and the target of a COPY are changes for watchers.
#[test]
fn those_who_watch_notice_moves_and_copies() {
    check(
        "
        > SET a 1
        +OK
        > WATCH a
        +OK
        2> COPY a b
        :1
        > MULTI
        +OK
        > EXEC
        *0
        > WATCH b
        +OK
        2> COPY a b REPLACE
        :1
        > MULTI
        +OK
        > EXEC
        *-1
        > WATCH a
        +OK
        2> MOVE a 1
        :1
        > MULTI
        +OK
        > EXEC
        *-1
        3> SELECT 1
        +OK
        3> WATCH b
        +OK
        2> MOVE b 1
        :1
        3> MULTI
        +OK
        3> EXEC
        *-1
        ",
    );
}

/// Ensures that after a SWAPDB each client sees the other database, with all deadlines.
#[test]
fn swapdb_exchanges_databases() {
    check(
        "
        > SET a 1 EX 100
        +OK
        2> SELECT 3
        +OK
        2> SET b 2
        +OK
        > SWAPDB 0 3
        +OK
        > GET b
        $1 2
        > GET a
        $-1
        2> TTL a
        :100
        2> DBSIZE
        :1
        @advance 100000ms
        2> GET a
        $-1
        > SWAPDB 0 0
        +OK
        > SWAPDB x y
        -ERR invalid first DB index
        > SWAPDB 99 y
        -ERR invalid second DB index
        > SWAPDB 0 99999999999
        -ERR invalid second DB index
        > SWAPDB 0 16
        -ERR DB index is out of range
        > SWAPDB -1 0
        -ERR DB index is out of range
        ",
    );
}

/// Ensures that SWAPDB is a change of every watched key that exists in either database, and of no
/// other.
#[test]
fn those_who_watch_notice_a_swap() {
    let session = |prepared: &str, watched: &str, outcome: &str| {
        format!(
            "
            > MSET here 1 both 1
            +OK
            > SELECT 1
            +OK
            > MSET there 1 both 1
            +OK
            > SELECT 0
            +OK
            > SET gone 1 PX 10
            +OK
            @advance {prepared}
            > WATCH {watched}
            +OK
            2> SWAPDB 1 0
            +OK
            > MULTI
            +OK
            > EXEC
            {outcome}
            "
        )
    };
    check(&session("1ms", "here", "*-1"));
    check(&session("1ms", "there", "*-1"));
    check(&session("1ms", "both", "*-1"));
    check(&session("1ms", "nobody", "*0"));
    check(&session("1ms", "gone", "*-1"));
    check(&session("10ms", "gone", "*0"));
}
