//! SORT and SORT_RO: orders, patterns, limits, and what is stored.

use crate::listener::{events, listen};
use crate::logs::{folder, logging};
use crate::raw::Raw;
use crate::support::TestServer;

/// The data of most tests.
fn fill(client: &mut Raw) {
    for request in [
        "RPUSH l 3 1 2 10",
        "SADD s 3 1 2 10",
        "RPUSH e a b c",
        "ZADD z 1 c 2 b 3 a 4 d",
        "MSET w_a 3 w_b 1 w_10 x str v h_a-> arrow",
        "HSET h_a f 1 g x",
        "HSET h_b f 2",
    ] {
        client.ask(request);
    }
}

fn answers(client: &mut Raw, cases: &[(&str, &str)]) {
    for (request, expected) in cases {
        assert_eq!(client.ask(request), *expected, "{request}");
    }
}

/// Ensures that elements are sorted as numbers or as bytes, both ways, and cut by LIMIT.
#[test]
fn elements_are_sorted_by_themselves() {
    let server = TestServer::start();
    let mut client = server.client();
    fill(&mut client);
    answers(
        &mut client,
        &[
            ("SORT l", "*4 $1 1 $1 2 $1 3 $2 10"),
            ("SORT s DESC", "*4 $2 10 $1 3 $1 2 $1 1"),
            ("SORT_RO l ALPHA", "*4 $1 1 $2 10 $1 2 $1 3"),
            ("sort l desc asc alpha desc", "*4 $1 3 $1 2 $2 10 $1 1"),
            ("SORT l LIMIT -1 2", "*2 $1 1 $1 2"),
            ("SORT l LIMIT 1 -1", "*3 $1 2 $1 3 $2 10"),
            ("SORT l LIMIT 2 -5", "*2 $1 3 $2 10"),
            ("SORT l LIMIT 1 0", "*0"),
            ("SORT l LIMIT 10 2", "*0"),
            ("SORT l LIMIT 9223372036854775807 9223372036854775807", "*0"),
            ("SORT missing", "*0"),
        ],
    );
}

/// Ensures that BY without a star leaves the elements unsorted: a list may be reversed, a set not.
#[test]
fn by_a_constant_sorts_nothing() {
    let server = TestServer::start();
    let mut client = server.client();
    fill(&mut client);
    let unsorted = client.ask("SORT s BY nosort");
    answers(
        &mut client,
        &[
            ("SORT l BY nosort", "*4 $1 3 $1 1 $1 2 $2 10"),
            ("SORT l BY nosort DESC LIMIT 1 2", "*2 $1 2 $1 1"),
            ("SORT l BY nosort DESC LIMIT -1 1", "*1 $2 10"),
            ("SORT l BY # LIMIT 1 2", "*2 $1 1 $1 2"),
            ("SORT l BY nosort BY w_*", "*4 $1 3 $1 1 $1 2 $2 10"),
            ("SORT e BY nosort", "*3 $1 a $1 b $1 c"),
            ("SORT z BY nosort LIMIT 0 1", "*1 $1 c"),
            ("SORT z BY nosort DESC LIMIT 1 2", "*2 $1 a $1 b"),
            ("SORT z ALPHA LIMIT 2 9", "*2 $1 c $1 d"),
            ("SORT s BY nosort DESC", &unsorted),
            ("SORT s BY nosort STORE d", ":4"),
            ("LRANGE d 0 -1", "*4 $1 1 $2 10 $1 2 $1 3"),
        ],
    );
}

/// Ensures that BY compares what stands under other keys and in fields; a missing number is 0, and
/// a missing text is less than any other.
#[test]
fn by_a_pattern_compares_other_values() {
    let server = TestServer::start();
    let mut client = server.client();
    fill(&mut client);
    answers(
        &mut client,
        &[
            ("SORT e BY w_*", "*3 $1 c $1 b $1 a"),
            ("SORT e BY w_* ALPHA DESC", "*3 $1 a $1 b $1 c"),
            ("SORT e BY h_*->f DESC", "*3 $1 b $1 a $1 c"),
            ("SORT e BY h_*->f->f", "*3 $1 a $1 b $1 c"),
            ("SORT e BY none_* DESC", "*3 $1 c $1 b $1 a"),
            // A hash is no string.
            ("SORT e BY h_*", "*3 $1 a $1 b $1 c"),
        ],
    );
}

/// Ensures that GET replies with the element, with other values or with null.
#[test]
fn get_replies_with_other_values() {
    let server = TestServer::start();
    let mut client = server.client();
    fill(&mut client);
    answers(
        &mut client,
        &[
            ("SORT e ALPHA LIMIT 0 2 GET # GET w_*", "*4 $1 a $1 3 $1 b $1 1"),
            ("SORT e ALPHA LIMIT 0 1 GET h_*->f GET h_*->g GET h_*", "*3 $1 1 $1 x $-1"),
            // Nothing behind the arrow: it belongs to the name.
            ("SORT e ALPHA LIMIT 0 1 GET h_*-> GET ## GET w_*->f", "*3 $5 arrow $-1 $-1"),
            ("SORT e ALPHA LIMIT 0 1 GET str", "*1 $-1"),
            ("SORT missing GET #", "*0"),
        ],
    );
}

/// Ensures that errors have Redis's texts, and that syntax comes first.
#[test]
fn errors_are_those_of_redis() {
    let server = TestServer::start();
    let mut client = server.client();
    fill(&mut client);
    let syntax = "-ERR syntax error";
    let type_error = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    let no_number = "-ERR One or more scores can't be converted into double";
    for (request, expected) in [
        ("SORT l LIMIT 1", syntax),
        ("SORT str BY", syntax),
        ("SORT l GET", syntax),
        ("SORT l FOO", syntax),
        ("SORT_RO l STORE d", syntax),
        ("SORT l LIMIT a 1", "-ERR value is not an integer or out of range"),
        ("SORT str", type_error),
        ("SORT h_a BY nosort", type_error),
        ("SORT e", no_number),
        ("SORT e STORE l", no_number),
        ("SORT l BY w_*", no_number),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    for text in ["nan", "1e999", "1e-999", "4.9e-324", "1x"] {
        client.ask(&format!("SET w_a {text}"));
        assert_eq!(client.ask("SORT e BY w_*"), no_number, "{text}");
    }
    for text in ["0x10", "inf", "\" 2\"", "+2.5"] {
        client.ask(&format!("SET w_a {text}"));
        assert_eq!(client.ask("SORT e BY w_*"), "*3 $1 c $1 b $1 a", "{text}");
    }
    assert_eq!(client.ask("LLEN l"), ":4");
}

/// Ensures that STORE replaces any value, keeps missing results as empty strings, and publishes
/// its events.
#[test]
fn store_replaces_the_destination() {
    let (server, mut listener) = listen("Egl");
    let mut client = server.client();
    fill(&mut client);
    client.ask("EXPIRE str 100");
    events(&mut client, &mut listener);
    let cases: [(&str, &str, &[&str]); 6] = [
        ("SORT l STORE str", ":4", &["sortstore str"]),
        ("SORT e ALPHA GET w_* GET # STORE other STORE d", ":6", &["sortstore d"]),
        ("SORT l DESC STORE l", ":4", &["sortstore l"]),
        ("SORT missing STORE str", ":0", &["del str"]),
        ("SORT missing STORE str", ":0", &[]),
        ("SORT_RO l", "*4 $1 1 $1 2 $1 3 $2 10", &[]),
    ];
    for (request, expected, published) in cases {
        assert_eq!(client.ask(request), expected, "{request}");
        assert_eq!(events(&mut client, &mut listener), published, "{request}");
        assert!(client.ask("TTL str").starts_with(":-"), "no deadline: {request}");
    }
    assert_eq!(client.ask("LRANGE d 0 -1"), "*6 $1 3 $1 a $1 1 $1 b $0 $1 c");
    assert_eq!(client.ask("LRANGE l 0 -1"), "*4 $2 10 $1 3 $1 2 $1 1");
    assert_eq!(client.ask("EXISTS other"), ":0");
}

/// Ensures that a log is replayed to the same lists.
#[test]
fn what_was_stored_is_logged() {
    let dir = folder();
    let many = (0..200).map(|at| (at * 7 % 200).to_string()).collect::<Vec<_>>().join(" ");
    let mut kept = String::new();
    for round in 0..2 {
        let server = logging(dir.path());
        let mut client = server.client();
        if round == 0 {
            client.ask(&format!("SADD s {many}"));
            client.ask("RPUSH d before");
            client.ask("RPUSH gone before");
            client.ask("SORT s BY none_* ALPHA LIMIT 10 150 STORE d");
            client.ask("SORT missing STORE gone");
            client.ask("SORT missing STORE never");
            kept = client.ask("LRANGE d 0 -1");
        }
        assert_eq!(client.ask("LLEN d"), ":150");
        assert_eq!(client.ask("LRANGE d 0 -1"), kept, "start {round}");
        assert_eq!(client.ask("EXISTS gone never"), ":0");
    }
}
