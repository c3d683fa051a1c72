//! Members under one key, each once: the set family.

use crate::support::{TestServer, check, check3};

const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value";

/// Ensures that SADD counts new members only, that SREM takes the key with the last one, and that
/// a deadline stays in between.
#[test]
fn members_come_and_go() {
    check(
        "
        > SADD s a b a
        :2
        > SADD s b c
        :1
        > EXPIRE s 100
        :1
        > SCARD s
        :3
        > SISMEMBER s a
        :1
        > SISMEMBER s x
        :0
        > SMISMEMBER s a x c
        *3
        :1
        :0
        :1
        > SMISMEMBER nobody a b
        *2
        :0
        :0
        > SREM s a x a
        :1
        > TTL s
        :100
        > SREM s b c
        :2
        > EXISTS s
        :0
        > SREM s a
        :0
        > SADD s 1
        :1
        > TTL s
        :-1
        > TYPE s
        +set
        ",
    );
}

/// Ensures that whole sets are sets in RESP3 and arrays in RESP2, an empty one too.
#[test]
fn sets_have_a_type_of_their_own_in_resp3() {
    let session = |empty: &str, two: &str, one: &str, null: &str| {
        format!(
            "
            > SMEMBERS s
            {empty}
            > SPOP s
            {null}
            > SPOP s 2
            {empty}
            > SRANDMEMBER s
            {null}
            > SRANDMEMBER s 2
            *0
            > SINTER s t
            {empty}
            > SADD s 3 1
            :2
            > SADD t 3
            :1
            > SMEMBERS s
            {two}
            $1 1
            $1 3
            > SINTER s t
            {one}
            $1 3
            > SUNION s t
            {two}
            $1 1
            $1 3
            > SDIFF s t
            {one}
            $1 1
            > SRANDMEMBER t 5
            *1
            $1 3
            > SRANDMEMBER t -2
            *2
            $1 3
            $1 3
            > SPOP t 0
            {empty}
            > SSCAN s 0
            *2
            $1 0
            *2
            $1 1
            $1 3
            > SPOP t 1
            {one}
            $1 3
            > EXISTS t
            :0
            "
        )
    };
    check(&session("*0", "*2", "*1", "$-1"));
    check3(&session("~0", "~2", "~1", "_"));
}

/// Ensures that members are any bytes, that a number is its digits, and that what looks like one is
/// not.
#[test]
fn members_are_binary_safe() {
    check(
        r#"
        > SADD s "" "\x00\r\n" 01 1 -0 +1
        :6
        > SISMEMBER s ""
        :1
        > SISMEMBER s "\x00\r\n"
        :1
        > SISMEMBER s 1
        :1
        > SISMEMBER s 0
        :0
        > SREM s 01
        :1
        > SISMEMBER s 1
        :1
        "#,
    );
}

/// Ensures that SMOVE removes and adds as one, and which of its keys are looked at.
#[test]
fn smove_moves() {
    check(&format!(
        "
        > SADD a x y
        :2
        > SADD b y
        :1
        > SET s v
        +OK
        > SMOVE a b x
        :1
        > SMOVE a b x
        :0
        > SMOVE a a y
        :1
        > SMOVE a a z
        :0
        > SMOVE nobody s x
        :0
        > SMOVE a s nothing
        {WRONG_TYPE}
        > SMOVE s a y
        {WRONG_TYPE}
        > SMOVE a b y
        :1
        > EXISTS a
        :0
        > SCARD b
        :2
        > SMOVE b c y
        :1
        > SMEMBERS c
        *1
        $1 y
        "
    ));
}

/// Ensures that the algebra counts missing keys as empty, replaces whatever the destination held,
/// and may store over its own sources.
#[test]
fn results_are_stored() {
    check(
        "
        > SADD a 1 2 3
        :3
        > SADD b 2 3 4
        :3
        > SET to text EX 100
        +OK
        > SUNIONSTORE to a b nobody
        :4
        > TTL to
        :-1
        > SINTERSTORE to a b a
        :2
        > SDIFFSTORE to a b
        :1
        > SMEMBERS to
        *1
        $1 1
        > SINTERSTORE to a nobody
        :0
        > EXISTS to
        :0
        > SDIFFSTORE a a b
        :1
        > SUNIONSTORE a a b
        :4
        > SINTERSTORE b a b
        :3
        > SDIFFSTORE a a a
        :0
        > EXISTS a
        :0
        > SDIFF nobody b
        *0
        > SUNION nobody nobody
        *0
        ",
    );
}

/// Ensures that every type is checked, behind a missing key too, and that a failed command has
/// changed nothing.
#[test]
fn wrong_types() {
    let server = TestServer::start();
    let mut client = server.client();
    client.ask("SET s v");
    client.ask("SADD a 1");
    for request in [
        "SADD s x",
        "SREM s x",
        "SISMEMBER s x",
        "SMISMEMBER s x",
        "SCARD s",
        "SMEMBERS s",
        "SPOP s",
        "SPOP s 2",
        "SPOP s 0",
        "SRANDMEMBER s",
        "SRANDMEMBER s 2",
        "SSCAN s 0",
        "SINTER nobody s",
        "SUNION nobody s",
        "SDIFF nobody s",
        "SINTERCARD 2 nobody s",
        "SINTERSTORE a nobody s",
        "SUNIONSTORE a nobody s",
        "SDIFFSTORE a nobody s",
        "GET a",
        "HGET a f",
    ] {
        assert_eq!(client.ask(request), WRONG_TYPE, "{request}");
    }
    assert_eq!(client.ask("GET s"), "$1 v");
    assert_eq!(client.ask("SMEMBERS a"), "*1 $1 1");
}

/// Ensures that counts, limits and numbers of keys are checked before the key, in Redis's words.
#[test]
fn arguments_are_checked_in_order() {
    check(
        "
        > SET s v
        +OK
        > SADD a 1 2 3
        :3
        > SPOP s x
        -ERR value is out of range, must be positive
        > SPOP s -1
        -ERR value is out of range, must be positive
        > SPOP s 1 2
        -ERR syntax error
        > SRANDMEMBER s x
        -ERR value is not an integer or out of range
        > SRANDMEMBER s x y
        -ERR syntax error
        > SRANDMEMBER s -9223372036854775808
        -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        > SRANDMEMBER a -100001
        -ERR value is out of range
        ",
    );
    check(
        "
        > SET s v
        +OK
        > SADD a 1 2 3
        :3
        > SINTERCARD x a
        -ERR numkeys should be greater than 0
        > SINTERCARD 0 a
        -ERR numkeys should be greater than 0
        > SINTERCARD 2 s
        -ERR Number of keys can't be greater than number of args
        > SINTERCARD 1 s LIMIT
        -ERR syntax error
        > SINTERCARD 1 s LIMIT -1
        -ERR LIMIT can't be negative
        > SINTERCARD 1 s LIMIT x
        -ERR LIMIT can't be negative
        > SINTERCARD 1 s nonsense 1
        -ERR syntax error
        > SINTERCARD 1 a LIMIT 0
        :3
        > SINTERCARD 1 a LIMIT 0 limit 2
        :2
        > SINTERCARD 2 a nobody
        :0
        > SSCAN s x nonsense
        -ERR invalid cursor
        > SSCAN nobody 0 nonsense
        *2
        $1 0
        *0
        > SSCAN a 0 NOVALUES
        -ERR syntax error
        > SSCAN a 0 TYPE set
        -ERR syntax error
        > SSCAN a 0 MATCH 2 COUNT 1
        *2
        $1 0
        *1
        $1 2
        ",
    );
}

/// Ensures that a wrong number of arguments is refused.
#[test]
fn wrong_numbers_of_arguments() {
    let server = TestServer::start();
    let mut client = server.client();
    client.expect_wrong_arity(&[
        "SADD s",
        "SREM s",
        "SISMEMBER s",
        "SISMEMBER s a b",
        "SMISMEMBER s",
        "SCARD",
        "SMEMBERS s s",
        "SPOP",
        "SMOVE a b",
        "SINTER",
        "SINTERCARD 1",
        "SINTERSTORE a",
        "SUNION",
        "SDIFFSTORE a",
        "SSCAN s",
    ]);
}

/// Ensures that the names of the forms are Redis's and follow the configuration.
#[test]
fn forms_have_the_names_of_redis() {
    check(
        "
        > SADD s 1 2
        :2
        > OBJECT ENCODING s
        $6 intset
        > SADD s x
        :1
        > OBJECT ENCODING s
        $8 listpack
        > CONFIG SET set-max-listpack-entries 3 set-max-intset-entries 2 hash-max-listpack-value 4
        +OK
        > SADD s y
        :1
        > OBJECT ENCODING s
        $9 hashtable
        > SADD n 1 2 3
        :3
        > OBJECT ENCODING n
        $8 listpack
        > SUNIONSTORE to n s
        :5
        > OBJECT ENCODING to
        $9 hashtable
        > SINTERSTORE to n s
        :2
        > OBJECT ENCODING to
        $6 intset
        > HSET h f 12345
        :1
        > OBJECT ENCODING h
        $9 hashtable
        ",
    );
}

/// Ensures that COMMAND knows where the keys are, those that are counted too.
#[test]
fn command_finds_the_keys() {
    check(
        "
        > COMMAND GETKEYS SINTERCARD 2 a b LIMIT 1
        *2
        $1 a
        $1 b
        > COMMAND GETKEYS SINTERCARD 3 a b
        -ERR Invalid arguments specified for command
        > COMMAND GETKEYS SMOVE a b member
        *2
        $1 a
        $1 b
        ",
    );
    let server = TestServer::start();
    let told = server.client().ask("COMMAND INFO sintercard");
    for part in ["+movablekeys", ":0 :0 :0", "$6 keynum", "$9 keynumidx :0", "+@set"] {
        assert!(told.contains(part), "{part} in {told}");
    }
}
