//! Fields under one key: the hash family.

use crate::support::{TestServer, check, check3};

/// Ensures that HSET counts new fields only, and that HGET finds them.
#[test]
fn hset_counts_new_fields() {
    check(
        "
        > HSET h a 1 b 2
        :2
        > HSET h a 3 c 4
        :1
        > HSET h a 5 a 6
        :0
        > HGET h a
        $1 6
        > HGET h nothing
        $-1
        > HGET nothing a
        $-1
        > TYPE h
        +hash
        ",
    );
    check3("> HGET h f\n_\n> HSET h f v\n:1\n> HGET h g\n_\n> HGET h f\n$1 v");
}

/// Ensures that HGETALL is a map in RESP3 and a flat array in RESP2, in order of insertion.
#[test]
fn hgetall_returns_fields_in_order() {
    let session = |empty: &str, head: &str| {
        format!(
            "
            > HGETALL h
            {empty}
            > HSET h b 1 a 2
            :2
            > HSET h b 3
            :0
            > HGETALL h
            {head}
            $1 b
            $1 3
            $1 a
            $1 2
            "
        )
    };
    check(&session("*0", "*4"));
    check3(&session("%0", "%2"));
}

/// Ensures that HDEL counts what it removed, and that the last field takes the key with it.
#[test]
fn hdel_removes_the_key_with_its_last_field() {
    check(
        "
        > HSET h a 1 b 2 c 3
        :3
        > EXPIRE h 100
        :1
        > HDEL h a nothing a
        :1
        > TTL h
        :100
        > HDEL h b c
        :2
        > EXISTS h
        :0
        > HDEL h b
        :0
        > HSET h a 1
        :1
        > TTL h
        :-1
        ",
    );
}

/// Ensures that fields and values are any bytes, and that empty ones are as good as others.
#[test]
fn fields_and_values_are_binary_safe() {
    check(
        r#"
        > HSET h "" "" "\x00\r\n" "\xff\xfe"
        :2
        > HGET h ""
        $0
        > HGET h "\x00\r\n"
        $2 \xff\xfe
        "#,
    );
}

/// Ensures that a hash of ten thousand fields comes back whole after some were removed.
#[test]
fn large_hashes_survive_removals() {
    let server = TestServer::start();
    let mut client = server.client();
    for at in 0..10_000 {
        client.say(&format!("HSET h field:{at} value:{at}"));
    }
    for _ in 0..10_000 {
        assert_eq!(client.reply(), b":1\r\n");
    }
    for at in (0..10_000).step_by(3) {
        assert_eq!(client.ask(&format!("HDEL h field:{at}")), ":1");
    }
    client.say("HGETALL h");
    let reply = String::from_utf8(client.reply()).expect("text");
    let mut fields: Vec<&str> = reply.lines().filter(|line| line.starts_with("field:")).collect();
    let mut expected: Vec<String> =
        (0..10_000).filter(|at| at % 3 != 0).map(|at| format!("field:{at}")).collect();
    // The order of a large hash is its own.
    fields.sort_unstable();
    expected.sort_unstable();
    assert_eq!(fields, expected);
}

/// Ensures that a hash expires as a whole.
#[test]
fn a_hash_expires_as_a_whole() {
    check(
        "
        > HSET h a 1 b 2
        :2
        > PEXPIRE h 10
        :1
        @advance 10ms
        > HGETALL h
        *0
        > HSET h c 3
        :1
        > HGETALL h
        *2
        $1 c
        $1 3
        ",
    );
}

/// Ensures that a wrong number of arguments is refused and changes nothing.
#[test]
fn wrong_numbers_of_arguments() {
    let server = TestServer::start();
    let mut client = server.client();
    client.expect_wrong_arity(&[
        "HSET",
        "HSET h",
        "HSET h f",
        "HSET h f v g",
        "HGET",
        "HGET h",
        "HGET h f g",
        "HGETALL",
        "HGETALL h h",
        "HDEL",
        "HDEL h",
    ]);
    assert_eq!(client.ask("DBSIZE"), ":0");
}

/// Ensures that commands for hashes do not touch a string.
#[test]
fn wrong_types() {
    let server = TestServer::start();
    let mut client = server.client();
    client.ask("SET s v");
    for request in ["HSET s f v", "HGET s f", "HGETALL s", "HDEL s f"] {
        let expected = "-WRONGTYPE Operation against a key holding the wrong kind of value";
        assert_eq!(client.ask(request), expected, "{request}");
    }
    assert_eq!(client.ask("GET s"), "$1 v");
}
