//! The server as a whole: DBSIZE, FLUSHDB, FLUSHALL, TIME, DEBUG.

use crate::support::{TestServer, check};
use respool::config::Allowed;

/// Ensures that DBSIZE counts the keys of the selected database.
#[test]
fn dbsize_counts_one_database() {
    check(
        "
        > DBSIZE
        :0
        > MSET a 1 b 2
        +OK
        > DBSIZE
        :2
        > SELECT 1
        +OK
        > DBSIZE
        :0
        ",
    );
}

/// Ensures that FLUSHDB empties the selected database only.
#[test]
fn flushdb_empties_one_database() {
    check(
        "
        > SET a 1 EX 10
        +OK
        > SELECT 1
        +OK
        > SET a 1
        +OK
        > FLUSHDB
        +OK
        > DBSIZE
        :0
        > SELECT 0
        +OK
        > DBSIZE
        :1
        > FLUSHDB sync
        +OK
        > TTL a
        :-2
        ",
    );
}

/// Ensures that FLUSHALL empties all databases.
#[test]
fn flushall_empties_all_databases() {
    check(
        "
        > SET a 1
        +OK
        > SELECT 15
        +OK
        > HSET b f v
        :1
        2> FLUSHALL ASYNC
        +OK
        > DBSIZE
        :0
        > SELECT 0
        +OK
        > DBSIZE
        :0
        ",
    );
}

/// Ensures that a mode that does not exist is a syntax error and flushes nothing.
#[test]
fn flushes_know_two_modes() {
    let server = TestServer::start();
    let mut client = server.client();
    client.ask("SET k v");
    for request in ["FLUSHALL now", "FLUSHALL SYNC ASYNC", "FLUSHDB now", "FLUSHDB ASYNC ASYNC"] {
        assert_eq!(client.ask(request), "-ERR syntax error", "{request}");
    }
    assert_eq!(client.ask("DBSIZE"), ":1");
}

/// Ensures that TIME returns seconds and the microseconds within the second.
#[test]
fn time_is_the_clocks() {
    check(
        "
        > TIME
        *2
        $10 1700000000
        $1 0
        @advance 1250ms
        > TIME
        *2
        $10 1700000001
        $6 250000
        ",
    );
}

/// Ensures that DEBUG is refused unless it was allowed at the start.
#[test]
fn debug_has_to_be_allowed() {
    let server = TestServer::start();
    let mut client = server.client();
    assert!(client.ask("DEBUG PANIC").starts_with("-ERR DEBUG command not allowed."));
    let allowed = TestServer::with(|config| config.enable_debug_command = Allowed::Yes);
    client = allowed.client();
    assert_eq!(client.ask("DEBUG SLEEP 0.001"), "+OK");
    assert_eq!(client.ask("DEBUG SLEEP x"), "+OK");
    let unknown = "-ERR unknown subcommand or wrong number of arguments for 'nonsense'.";
    assert!(client.ask("DEBUG nonsense").starts_with(unknown));
}

/// Ensures that a wrong number of arguments is refused.
#[test]
fn wrong_numbers_of_arguments() {
    let server = TestServer::start();
    let mut client = server.client();
    client.expect_wrong_arity(&["DBSIZE x", "TIME x", "DEBUG"]);
}
