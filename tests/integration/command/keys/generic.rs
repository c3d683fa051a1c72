//! Keys of any type: DEL, EXISTS, TYPE; and what holds for all keys.

use crate::support::{TestServer, check, check3};

/// Ensures that DEL counts the keys that were there, each once.
#[test]
fn del_counts_what_it_removed() {
    check(
        "
        > MSET a 1 b 2
        +OK
        > HSET h f v
        :1
        > DEL a h nothing a
        :2
        > DEL a
        :0
        > DBSIZE
        :1
        ",
    );
}

/// Ensures that EXISTS counts a key as often as it is named.
#[test]
fn exists_counts_repetitions() {
    check(
        "
        > SET a 1
        +OK
        > EXISTS a
        :1
        > EXISTS a nothing a
        :2
        > EXISTS nothing
        :0
        ",
    );
}

/// Ensures that TYPE names the type, or none.
#[test]
fn type_names_the_type() {
    let session = "
        > TYPE k
        +none
        > SET k 1
        +OK
        > TYPE k
        +string
        > HSET h f v
        :1
        > TYPE h
        +hash
    ";
    check(session);
    check3(session);
}

/// Ensures that an expired key is missing for every command.
#[test]
fn expired_keys_do_not_exist() {
    let server = TestServer::start();
    let mut client = server.client();
    let cases = [
        ("GET k", "$-1"),
        ("EXISTS k", ":0"),
        ("TYPE k", "+none"),
        ("DEL k", ":0"),
        ("TTL k", ":-2"),
        ("PTTL k", ":-2"),
        ("PERSIST k", ":0"),
        ("EXPIRE k 10", ":0"),
        ("MGET k", "*1 $-1"),
        ("SET k v XX", "$-1"),
        ("SET k v NX", "+OK"),
        ("SET k v GET", "$-1"),
        ("INCR k", ":1"),
        ("HGET k f", "$-1"),
        ("HGETALL k", "*0"),
        ("HDEL k f", ":0"),
        ("HSET k f v", ":1"),
    ];
    for (request, expected) in cases {
        assert_eq!(client.ask("SET k old PX 5"), "+OK");
        server.clock.advance_ms(5);
        assert_eq!(client.ask(request), expected, "{request}");
        client.ask("DEL k");
    }
}

/// Ensures that every database has its own keys.
#[test]
fn databases_are_separate() {
    check(
        "
        > SET k zero
        +OK
        > SELECT 15
        +OK
        > GET k
        $-1
        > SET k fifteen
        +OK
        2> GET k
        $4 zero
        2> SELECT 15
        +OK
        2> GET k
        $7 fifteen
        > SELECT 0
        +OK
        > GET k
        $4 zero
        ",
    );
}

/// Ensures that a wrong number of arguments is refused.
#[test]
fn wrong_numbers_of_arguments() {
    let server = TestServer::start();
    let mut client = server.client();
    client.expect_wrong_arity(&["DEL", "EXISTS", "TYPE", "TYPE a b"]);
}
