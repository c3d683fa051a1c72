//! Tests of the reader of answers: every type, every chunking, and hostile servers.

use super::*;

fn text(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn simple(it: &str) -> Answer {
    Answer::Simple(text(it))
}

/// What a reader makes of bytes that arrive in portions of `size`.
fn read_in_portions(bytes: &[u8], size: usize) -> Result<Vec<Answer>, AnswerError> {
    let (mut reader, mut answers) = (AnswerReader::default(), Vec::new());
    for mut portion in bytes.chunks(size) {
        while let Some(answer) = reader.take(&mut portion)? {
            answers.push(answer);
        }
        assert!(portion.is_empty());
    }
    Ok(answers)
}

/// Every type, and what becomes of it.
fn every_type() -> Vec<(&'static str, Answer)> {
    let pair = |key, value| (simple(key), value);
    vec![
        ("+OK\r\n", simple("OK")),
        ("+\r\n", simple("")),
        ("+a\nb\rc\r\n", simple("a\nb\rc")),
        ("-ERR no\r\n", Answer::Error(text("ERR no"))),
        ("!6\r\nE a\r\nb\r\n", Answer::Error(text("E a\r\nb"))),
        (":-9223372036854775808\r\n", Answer::Integer(i64::MIN)),
        ("$5\r\na\r\n\0b\r\n", Answer::Bulk(text("a\r\n\0b"))),
        ("$0\r\n\r\n", Answer::Bulk(text(""))),
        ("$-1\r\n", Answer::Null),
        ("*-1\r\n", Answer::Null),
        ("_\r\n", Answer::Null),
        (",1.10\r\n", Answer::Double(text("1.10"))),
        (",-inf\r\n", Answer::Double(text("-inf"))),
        (",nan\r\n", Answer::Double(text("nan"))),
        ("#t\r\n", Answer::Boolean(true)),
        ("#f\r\n", Answer::Boolean(false)),
        ("(-123456789012345678901\r\n", Answer::BigNumber(text("-123456789012345678901"))),
        ("=6\r\ntxt:hi\r\n", Answer::Verbatim(*b"txt", text("hi"))),
        ("*0\r\n", Answer::Array(vec![])),
        (
            "*2\r\n*1\r\n+a\r\n_\r\n",
            Answer::Array(vec![Answer::Array(vec![simple("a")]), Answer::Null]),
        ),
        ("~1\r\n*0\r\n", Answer::Set(vec![Answer::Array(vec![])])),
        (
            "%2\r\n+a\r\n%0\r\n+b\r\n~1\r\n:1\r\n",
            Answer::Map(vec![
                pair("a", Answer::Map(vec![])),
                pair("b", Answer::Set(vec![Answer::Integer(1)])),
            ]),
        ),
        (">1\r\n+a\r\n", Answer::Push(vec![simple("a")])),
        (
            "|1\r\n+k\r\n+v\r\n*1\r\n|0\r\n:3\r\n",
            Answer::Attributed(
                vec![pair("k", simple("v"))],
                Box::new(Answer::Array(vec![Answer::Attributed(
                    vec![],
                    Box::new(Answer::Integer(3)),
                )])),
            ),
        ),
    ]
}

/// Ensures that every type is read, however its bytes are cut.
#[test]
fn every_type_in_every_chunking() {
    let all: String = every_type().iter().map(|(bytes, _)| *bytes).collect();
    let expected: Vec<Answer> = every_type().into_iter().map(|(_, answer)| answer).collect();
    for size in 1..=all.len() {
        assert_eq!(read_in_portions(all.as_bytes(), size), Ok(expected.clone()), "{size}");
    }
}

/// Ensures that a reply which is cut off anywhere is no answer.
#[test]
fn a_cut_reply_is_no_answer() {
    for (bytes, _) in every_type() {
        for len in 1..bytes.len() {
            assert_eq!(read_in_portions(&bytes.as_bytes()[..len], len), Ok(vec![]), "{bytes:?}");
        }
    }
}

/// Ensures that bytes which are no reply are refused in the words of Redis's clients.
#[test]
fn wrong_bytes_are_refused() {
    for (bytes, expected) in [
        ("x\r\n", "Protocol error, got \"x\" as reply type byte"),
        ("\r\n", "Protocol error, got \"\\r\" as reply type byte"),
        ("\u{1}\r\n", "Protocol error, got \"\\x01\" as reply type byte"),
        (":05\r\n", "Bad integer value"),
        (":\r\n", "Bad integer value"),
        (",1.x\r\n", "Bad double value"),
        ("#x\r\n", "Bad bool value"),
        ("(1x\r\n", "Bad bignum value"),
        ("(-\r\n", "Bad bignum value"),
        ("_x\r\n", "Bad nil value"),
        ("$x\r\n", "Bad bulk string length"),
        ("$-2\r\n", "Bulk string length out of range"),
        ("$?\r\n", "Bad bulk string length"),
        ("*1x\r\n", "Bad multi-bulk length"),
        ("*-2\r\n", "Multi-bulk length out of range"),
        ("~-1\r\n", "Multi-bulk length out of range"),
        (
            "=3\r\ntxt\r\n",
            "Verbatim string 4 bytes of content type are missing or incorrectly encoded.",
        ),
        ("$1\r\nabcd", "Bulk string without a line end"),
        ("*1\r\n*1\r\n.\r\n", "Protocol error, got \".\" as reply type byte"),
    ] {
        for size in [1, bytes.len()] {
            let error = read_in_portions(bytes.as_bytes(), size).expect_err(bytes);
            assert_eq!(error.to_string(), expected, "{bytes:?}");
        }
    }
}

/// Ensures that a server cannot make its client take memory by announcing much, nor use up its
/// stack by nesting.
#[test]
fn promises_take_no_memory_and_nesting_is_bounded() {
    let mut reader = AnswerReader::default();
    let huge = format!("*{0}\r\n%{1}\r\n~{0}\r\n${0}\r\nabc", i64::MAX, i64::MAX / 2);
    assert_eq!(reader.take(&mut huge.as_bytes()), Ok(None));
    let elements: usize = reader.open.iter().map(|open| open.elements.capacity()).sum();
    assert_eq!(elements, 0);
    assert!(reader.bulk.is_some_and(|bulk| bulk.bytes.capacity() < 100));

    let nested = |depth| [b"*1\r\n".repeat(depth), b":1\r\n".to_vec()].concat();
    assert!(read_in_portions(&nested(limits::ANSWER_DEPTH_MAX), 1000).is_ok());
    for deep in [nested(limits::ANSWER_DEPTH_MAX + 1), b"|0\r\n".repeat(1_000)] {
        let error = read_in_portions(&deep, 1000).expect_err("too deep");
        assert_eq!(error.to_string(), "Protocol error, aggregates nested too deeply");
    }
}

/// Ensures that a source is read to the end of one answer and no further.
#[test]
fn a_source_keeps_what_follows() {
    let mut source = io::BufReader::with_capacity(3, &b"*2\r\n+a\r\n:1\r\n+b\r\n$3\r\nab"[..]);
    let mut reader = AnswerReader::default();
    let array = reader.read(&mut source).expect("an answer");
    assert_eq!(array, Answer::Array(vec![simple("a"), Answer::Integer(1)]));
    assert_eq!(reader.read(&mut source).expect("an answer"), simple("b"));
    match reader.read(&mut source) {
        Err(ReadError::Io(error)) => assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof),
        other => panic!("{other:?}"),
    }
}
