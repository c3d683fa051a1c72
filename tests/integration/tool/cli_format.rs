//! `respool cli`: every type of reply in every style, byte for byte as redis-cli 7.0.15 shows it.
//!
//! The expected texts were taken from there; `tests/compat/cli.rs` compares again.

use crate::tool::cli::{Scripted, run};

/// The styles, in the order of the rows below.
const STYLES: [&str; 5] = ["--raw", "--no-raw", "--csv", "--json", "--quoted-json"];

/// A reply, and how it is shown in each style.
type Row = (&'static str, [&'static str; 5]);

fn check(rows: &[Row]) {
    for (reply, expected) in rows {
        for (style, expected) in STYLES.iter().zip(expected) {
            let server = Scripted::start(&[reply.as_bytes()]);
            let output = run(server.address, &["-2", style, "get", "k"], "");
            let shown = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(shown, *expected, "{reply:?} {style}");
            assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        }
    }
}

/// Ensures that what is no aggregate is shown as by redis-cli.
#[test]
fn scalars() {
    check(&[
        ("+OK\r\n", ["OK\n", "OK\n", "\"OK\"\n", "\"OK\"\n", "\"OK\"\n"]),
        (
            "-ERR x\r\n",
            [
                "ERR x\n\n",
                "(error) ERR x\n",
                "ERROR,\"ERR x\"\n",
                "error:\"ERR x\"\n",
                "error:\"ERR x\"\n",
            ],
        ),
        (":-5\r\n", ["-5\n", "(integer) -5\n", "-5\n", "-5\n", "-5\n"]),
        ("$0\r\n\r\n", ["\n", "\"\"\n", "\"\"\n", "\"\"\n", "\"\"\n"]),
        ("$-1\r\n", ["\n", "(nil)\n", "NULL\n", "null\n", "null\n"]),
        ("*-1\r\n", ["\n", "(nil)\n", "NULL\n", "null\n", "null\n"]),
        ("_\r\n", ["\n", "(nil)\n", "NULL\n", "null\n", "null\n"]),
        (",1.10\r\n", ["1.10\n", "(double) 1.10\n", "1.10\n", "1.10\n", "1.10\n"]),
        (",-inf\r\n", ["-inf\n", "(double) -inf\n", "-inf\n", "-inf\n", "-inf\n"]),
        ("#t\r\n", ["(true)\n", "(true)\n", "true\n", "true\n", "true\n"]),
        ("#f\r\n", ["(false)\n", "(false)\n", "false\n", "false\n", "false\n"]),
        (
            "=8\r\nmkd:# h\"\r\n",
            ["# h\"\n", "# h\"\n", "\"# h\\\"\"\n", "\"# h\\\"\"\n", "\"# h\\\\\"\"\n"],
        ),
        (
            "$9\r\na\"\\\r\n\u{1}\u{8}é\r\n",
            [
                "a\"\\\r\n\u{1}\u{8}é\n",
                "\"a\\\"\\\\\\r\\n\\x01\\b\\xc3\\xa9\"\n",
                "\"a\\\"\\\\\\r\\n\\x01\\b\\xc3\\xa9\"\n",
                "\"a\\\"\\\\\\r\\n\\u0001\\bé\"\n",
                "\"a\\\\\"\\\\\\\\\\\\r\\\\n\\\\x01\\\\b\\\\xc3\\\\xa9\"\n",
            ],
        ),
    ]);
}

/// Ensures that aggregates are indented, numbered and nested as by redis-cli.
#[test]
fn aggregates() {
    check(&[
        ("*0\r\n", ["\n", "(empty array)\n", "\n", "[]\n", "[]\n"]),
        ("%0\r\n", ["\n", "(empty hash)\n", "\n", "{}\n", "{}\n"]),
        ("~0\r\n", ["\n", "(empty set)\n", "\n", "[]\n", "[]\n"]),
        (
            "*2\r\n*2\r\n+a\r\n*0\r\n*2\r\n$-1\r\n-E\r\n",
            [
                "a\n\n\nE\n\n",
                "1) 1) a\n   2) (empty array)\n2) 1) (nil)\n   2) (error) E\n",
                "\"a\",,NULL,ERROR,\"E\"\n",
                "[[\"a\",[]],[null,error:\"E\"]]\n",
                "[[\"a\",[]],[null,error:\"E\"]]\n",
            ],
        ),
        (
            "%2\r\n+a\r\n:1\r\n+b\r\n*2\r\n+c\r\n+d\r\n",
            [
                "a 1\nb c\nd\n",
                "1# a => (integer) 1\n2# b => \n   1) c\n   2) d\n",
                "\"a\",1,\"b\",\"c\",\"d\"\n",
                "{\"a\":1,\"b\":[\"c\",\"d\"]}\n",
                "{\"a\":1,\"b\":[\"c\",\"d\"]}\n",
            ],
        ),
        (
            "*1\r\n%2\r\n+a\r\n%2\r\n+b\r\n+c\r\n+d\r\n~1\r\n+e\r\n+f\r\n%1\r\n+g\r\n+h\r\n",
            [
                "a b c\nd e\nf g h\n",
                "1) 1# a => \n      1# b => c\n      2# d => 1~ e\n   2# f => 1# g => h\n",
                "\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\"\n",
                "[{\"a\":{\"b\":\"c\",\"d\":[\"e\"]},\"f\":{\"g\":\"h\"}}]\n",
                "[{\"a\":{\"b\":\"c\",\"d\":[\"e\"]},\"f\":{\"g\":\"h\"}}]\n",
            ],
        ),
        (
            "%3\r\n*1\r\n+a\r\n~2\r\n:1\r\n:2\r\n:1\r\n_\r\n-E\r\n=7\r\ntxt:b\nc\r\n",
            [
                "a 1\n2\n1 \nE\n b\nc\n",
                "1# 1) a => \n   1~ (integer) 1\n   2~ (integer) 2\n2# (integer) 1 => (nil)\n\
                 3# (error) E => b\nc\n",
                "\"a\",1,2,1,NULL,ERROR,\"E\",\"b\\nc\"\n",
                "{\"[\"a\"]\":[1,2],\"1\":null,error:\"E\":\"b\\nc\"}\n",
                "{\"[\"a\"]\":[1,2],\"1\":null,error:\"E\":\"b\\\\nc\"}\n",
            ],
        ),
    ]);
}

/// Ensures that indices are as wide as the largest one.
#[test]
fn indices_are_aligned() {
    let elements: String = (0..10).map(|_| "_\r\n").collect();
    let server = Scripted::start(&[format!("*11\r\n{elements}*2\r\n+a\r\n+b\r\n").as_bytes()]);
    let output = run(server.address, &["--no-raw", "get", "k"], "");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected: String = (1..=10).map(|index| format!("{index:2}) (nil)\n")).collect();
    assert_eq!(shown, expected + "11) 1) a\n    2) b\n");
}

/// Ensures that types which redis-cli 7.0 does not know are shown too.
#[test]
fn further_types() {
    for (reply, expected) in [
        ("(123\r\n", "(big number) 123\n"),
        (",nan\r\n", "(double) nan\n"),
        ("!6\r\nE a\r\nb\r\n", "(error) E a\r\nb\n"),
        ("|1\r\n+k\r\n+v\r\n*1\r\n|0\r\n:3\r\n", "1) (integer) 3\n"),
        ("*1\r\n>1\r\n+a\r\n", "1) 1) a\n"),
    ] {
        let server = Scripted::start(&[reply.as_bytes()]);
        let output = run(server.address, &["--no-raw", "get", "k"], "");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{reply:?}");
    }
}

/// Ensures that what was not asked for is shown only if that is wanted.
#[test]
fn pushes() {
    let invalidation = ">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\nk\r\n$1\r\nl\r\n+OK\r\n";
    let other = ">2\r\n+a\r\n:1\r\n>0\r\n+OK\r\n";
    for (reply, options, expected) in [
        (invalidation, &["--no-raw"][..], "OK\n"),
        (invalidation, &["--no-raw", "--show-pushes", "y"], "-> invalidate: 'k', 'l'\nOK\n"),
        (invalidation, &["--csv", "--show-pushes", "y"], "\"invalidate\",\"k\",\"l\"\n\"OK\"\n"),
        (other, &["--no-raw", "--show-pushes", "yes"], "1) a\n2) (integer) 1\n(empty push)\nOK\n"),
    ] {
        let server = Scripted::start(&[reply.as_bytes()]);
        let output = run(server.address, &[options, &["get", "k"]].concat(), "");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{options:?}");
    }
}

/// Ensures that texts for humans are shown as they are, and delimiters come where they belong.
#[test]
fn texts_and_delimiters() {
    for (options, reply, expected) in [
        (&["--no-raw", "info"][..], "$5\r\na\"\r\nb\r\n", "a\"\r\nb"),
        (&["--csv", "CLIENT", "list", "id", "1"], "$1\r\n\"\r\n", "\""),
        (&["--no-raw", "memory", "doctor"], "$1\r\n\"\r\n", "\""),
        (&["--no-raw", "latency", "doctor", "x"], "$1\r\n\"\r\n", "\"\\\"\"\n"),
        (&["-d", ",", "-D", ";", "get"], "*2\r\n+a\r\n*2\r\n+b\r\n+c\r\n", "a,b,c;"),
    ] {
        let server = Scripted::start(&[reply.as_bytes()]);
        let output = run(server.address, options, "");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{options:?}");
    }
}
