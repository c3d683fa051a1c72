//! The longest common subsequence: what LCS answers, and that it is one.

use crate::support::{TestServer, check, check3};
use proptest::prelude::*;

/// Ensures that the three forms of the answer agree, and that a missing key is an empty string.
#[test]
fn text_length_and_places() {
    check(
        "
        > MSET a ohmytext b mynewtext
        +OK
        > LCS a b
        $6 mytext
        > LCS a b LEN
        :6
        > LCS a b IDX
        *4
        $7 matches
        *2
        *2
        *2
        :4
        :7
        *2
        :5
        :8
        *2
        *2
        :2
        :3
        *2
        :0
        :1
        $3 len
        :6
        > LCS a b idx minmatchlen 4
        *4
        $7 matches
        *1
        *2
        *2
        :4
        :7
        *2
        :5
        :8
        $3 len
        :6
        > LCS a nobody
        $0
        > LCS nobody a LEN
        :0
        > LCS nobody nobody IDX
        *4
        $7 matches
        *0
        $3 len
        :0
        ",
    );
    check3("> SET a x\n+OK\n> LCS a a IDX MINMATCHLEN 2\n%2\n$7 matches\n*0\n$3 len\n:1");
}

/// Ensures that errors are Redis's, the keys' types coming first.
#[test]
fn errors_are_in_order() {
    check(
        "
        > HSET h f v
        :1
        > LCS h nobody nonsense
        -ERR The specified keys must contain string values
        > LCS a b nonsense
        -ERR syntax error
        > LCS a b MINMATCHLEN
        -ERR syntax error
        > LCS a b MINMATCHLEN x
        -ERR value is not an integer or out of range
        > LCS a b MINMATCHLEN -5
        $0
        > LCS a b LEN IDX
        -ERR If you want both the length and indexes, please just use IDX.
        > SETRANGE a 20000 x
        :20001
        > LCS a a
        -ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len
        ",
    );
}

/// The table as the textbook fills it.
fn longest(a: &[u8], b: &[u8]) -> usize {
    let mut lens = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            lens[i + 1][j + 1] = match x == y {
                true => lens[i][j] + 1,
                false => lens[i][j + 1].max(lens[i + 1][j]),
            };
        }
    }
    lens[a.len()][b.len()]
}

fn is_subsequence(part: &[u8], whole: &[u8]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|byte| rest.any(|other| other == byte))
}

/// Ensures that what comes back is a common subsequence, and that none is longer.
#[test]
fn it_is_the_longest_one() {
    let server = TestServer::start();
    let text = || prop::collection::vec(prop::sample::select(&b"abcd"[..]), 0..200);
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() };
    proptest!(config, |(a in text(), b in text())| {
        let mut client = server.client();
        let shown = |text: &[u8]| format!("\"{}\"", String::from_utf8_lossy(text));
        client.ask(&format!("MSET a {} b {}", shown(&a), shown(&b)));
        let len = longest(&a, &b);
        prop_assert_eq!(client.ask("LCS a b LEN"), format!(":{}", len));
        let reply = client.ask("LCS a b");
        let (head, found) = reply.split_once(' ').unwrap_or((&reply, ""));
        prop_assert_eq!(head, format!("${}", len));
        prop_assert!(is_subsequence(found.as_bytes(), &a) && is_subsequence(found.as_bytes(), &b));
    });
}
