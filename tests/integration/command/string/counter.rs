//! Counting with strings: INCR, DECR, INCRBY, DECRBY.

use crate::support::{TestServer, check};

/// Ensures that counters count, start at zero, and keep their deadline.
#[test]
fn counters_count() {
    check(
        "
        > INCR n
        :1
        > INCRBY n 41
        :42
        > DECR n
        :41
        > DECRBY n -9
        :50
        > INCRBY n -100
        :-50
        > GET n
        $3 -50
        > DECR fresh
        :-1
        > SET t 5 EX 10
        +OK
        > INCR t
        :6
        > TTL t
        :10
        ",
    );
}

/// Ensures that a counter that would leave 64 bits stays as it is.
#[test]
fn counters_do_not_overflow() {
    check(
        "
        > SET n 9223372036854775806
        +OK
        > INCR n
        :9223372036854775807
        > INCR n
        -ERR increment or decrement would overflow
        > INCRBY n 1
        -ERR increment or decrement would overflow
        > GET n
        $19 9223372036854775807
        > SET n -9223372036854775808
        +OK
        > DECR n
        -ERR increment or decrement would overflow
        > DECRBY n 1
        -ERR increment or decrement would overflow
        > DECRBY n -9223372036854775808
        -ERR decrement would overflow
        > INCRBY n 9223372036854775808
        -ERR value is not an integer or out of range
        > GET n
        $20 -9223372036854775808
        ",
    );
}

/// Ensures that only a canonical integer can be counted with.
#[test]
fn counters_want_integers() {
    let server = TestServer::start();
    let mut client = server.client();
    let not_an_integer = "-ERR value is not an integer or out of range";
    for value in ["x", "\"\"", "\" 1\"", "\"1 \"", "1.0", "+1", "007", "-0", "9223372036854775808"]
    {
        assert_eq!(client.ask(&format!("SET n {value}")), "+OK");
        for command in ["INCR n", "DECR n", "INCRBY n 1", "DECRBY n 1"] {
            assert_eq!(client.ask(command), not_an_integer, "{command} on {value}");
        }
        assert_eq!(client.ask(&format!("INCRBY fresh {value}")), not_an_integer);
        assert_eq!(client.ask(&format!("DECRBY fresh {value}")), not_an_integer);
    }
    assert_eq!(client.ask("EXISTS fresh"), ":0");
}
