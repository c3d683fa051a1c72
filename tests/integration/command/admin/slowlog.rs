//! SLOWLOG: the last commands that took long.

use crate::support::{START_MS, TestServer, check};

/// A server whose slow log takes every command.
fn logging() -> TestServer {
    TestServer::with(|config| config.slowlog_log_slower_than = 0)
}

/// Ensures that entries contain number, time, duration, request, address and name, latest first.
#[test]
fn entries_tell_who_asked_what() {
    let server = logging();
    let mut client = server.client();
    client.ask("CLIENT SETNAME me");
    server.clock.advance_ms(2_000);
    client.ask("SET k \"a\\x00b\" EX 10");
    let peer = client.stream().local_addr().expect("an address").to_string();
    let seconds = START_MS / 1_000 + 2;
    let expected = format!(
        "*1 *6 :1 :{seconds} :0 *5 $3 SET $1 k $3 a\\x00b $2 EX $2 10 ${} {peer} $2 me",
        peer.len()
    );
    assert_eq!(client.ask("SLOWLOG GET 1"), expected);
    assert!(client.ask("SLOWLOG GET").starts_with("*3 *6 :2 "), "SLOWLOG GET is logged, too");
}

/// Ensures that every request of a pipeline has its own entry, and that the number of entries is
/// bounded.
#[test]
fn a_pipeline_is_logged_request_by_request() {
    let server = logging();
    let mut client = server.client();
    client.ask("CONFIG SET slowlog-max-len 20");
    let requests: String = (0..40).map(|at| format!("GET {at}\r\n")).collect();
    client.send(requests.as_bytes());
    (0..40).for_each(|_| assert_eq!(client.reply(), b"$-1\r\n"));
    let log = client.ask("SLOWLOG GET -1");
    for at in 20..40 {
        assert_eq!(log.matches(&format!(" *2 $3 GET $2 {at} $")).count(), 1, "{at} in {log}");
    }
    assert_eq!(client.ask("SLOWLOG LEN"), ":20");
    assert_eq!(client.ask("CONFIG SET slowlog-log-slower-than -1"), "+OK");
    assert_eq!(client.ask("SLOWLOG RESET"), "+OK");
    assert_eq!(client.ask("SLOWLOG LEN"), ":0");
}

/// Ensures that commands below the threshold are not logged: here the clock stands still.
#[test]
fn what_is_fast_is_not_logged() {
    check(
        "
        > CONFIG SET slowlog-log-slower-than 1
        +OK
        > SET k v
        +OK
        > SLOWLOG GET
        *0
        ",
    );
}

/// Ensures that what a transaction executes is logged, and EXEC itself is not.
#[test]
fn the_parts_of_a_transaction_are_logged() {
    let server = logging();
    let mut client = server.client();
    for request in ["MULTI", "SET k v", "INCR k", "EXEC"] {
        client.ask(request);
    }
    let log = client.ask("SLOWLOG GET");
    assert!(log.starts_with("*3 "), "{log}");
    let place = |what: &str| log.find(what).unwrap_or_else(|| panic!("{what} in {log}"));
    assert!(place("INCR") < place("SET") && place("SET") < place("MULTI"));
    assert!(!log.contains("EXEC"));
}

/// Ensures that no password is ever shown.
#[test]
fn passwords_are_not_logged() {
    let server = logging();
    let mut client = server.client();
    for request in [
        "AUTH hunter2",
        "AUTH default hunter2",
        "HELLO 3 AUTH default hunter2 SETNAME x",
        "HELLO 2",
        "CONFIG SET requirepass hunter2",
    ] {
        client.ask(request);
    }
    let log = client.ask("SLOWLOG GET -1");
    assert_eq!(log.matches("(redacted)").count(), 8, "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

/// Ensures that long requests are shortened as in Redis.
#[test]
fn long_requests_are_shortened() {
    let server = logging();
    let mut client = server.client();
    client.ask(&format!("MGET {}", "key ".repeat(100)));
    client.ask(&format!("SET k {}", "v".repeat(200)));
    let log = client.ask("SLOWLOG GET 2");
    assert!(log.contains(&format!("$147 {}... (72 more bytes) ", "v".repeat(128))), "{log}");
    assert!(log.contains("*32 $4 MGET") && log.contains("$23 ... (70 more arguments)"), "{log}");
}

/// Ensures that wrong requests get Redis's texts.
#[test]
fn wrong_requests() {
    let server = TestServer::start();
    let mut client = server.client();
    let count = "-ERR count should be greater than or equal to -1";
    for (request, expected) in [
        ("SLOWLOG GET x", count),
        ("SLOWLOG GET -2", count),
        (
            "SLOWLOG GET 1 2",
            "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.",
        ),
        ("SLOWLOG LEN x", "-ERR wrong number of arguments for 'slowlog|len' command"),
        ("SLOWLOG RESET x", "-ERR wrong number of arguments for 'slowlog|reset' command"),
        ("SLOWLOG nonsense", "-ERR unknown subcommand 'nonsense'. Try SLOWLOG HELP."),
        ("SLOWLOG", "-ERR wrong number of arguments for 'slowlog' command"),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    assert!(client.ask("SLOWLOG HELP").contains("+SLOWLOG <subcommand>"));
}
