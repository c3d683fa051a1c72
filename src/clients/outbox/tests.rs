//! Tests of the outbox: order, fences, limits, sockets that are full.

use super::*;
use crate::config;
use crate::config::OutputLimit;
use std::io::Read;
use std::net::{Shutdown, TcpListener, TcpStream};

/// Both ends of a connection.
fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = TcpStream::connect(listener.local_addr().expect("its number")).expect("a client");
    (listener.accept().expect("its other end").0, client)
}

fn replies(text: &str) -> Option<Box<Reply>> {
    let mut reply = Reply::default();
    reply.encoded(text.as_bytes());
    Some(Box::new(reply))
}

fn put(outbox: &Outbox, text: &[u8]) -> bool {
    outbox.put(&text.into(), &OutputLimits::default(), 0)
}

fn deliver(outbox: &Outbox, stream: &TcpStream) -> Delivery {
    outbox.deliver(stream, |_| Safety::Safe, |_| {})
}

/// Everything that was sent, when the server's end is closed.
fn received(server: TcpStream, mut client: TcpStream) -> String {
    server.shutdown(Shutdown::Write).expect("the end");
    let mut text = String::new();
    client.read_to_string(&mut text).expect("text");
    text
}

/// Ensures that messages that arrive while the owner speaks follow its replies, that earlier ones
/// precede them, and that nothing is sent meanwhile.
#[test]
fn messages_wait_for_the_owner() {
    let ((server, client), outbox) = (connection(), Outbox::default());
    assert!(!put(&outbox, b"lost "), "it is not open");
    outbox.begin();
    assert!(!outbox.end(None, None));
    assert!(put(&outbox, b"1 ") && !put(&outbox, b"2 "), "a client is announced once");
    outbox.begin();
    assert!(!put(&outbox, b"4 "));
    assert_eq!(deliver(&outbox, &server), Delivery::Done);
    assert_eq!(outbox.waiting().bytes, 6);
    assert!(outbox.end(replies("3 "), None));
    assert_eq!(deliver(&outbox, &server), Delivery::Done);
    assert!(outbox.close_if_empty() && !put(&outbox, b"lost"));
    assert_eq!(received(server, client), "1 2 3 4 ");
}

/// Ensures that a command can put earlier messages before its own reply.
#[test]
fn messages_before_a_farewell_come_before_it() {
    let outbox = Outbox::default();
    outbox.begin();
    assert!(!put(&outbox, b"+last\r\n"));
    let mut reply = Reply::default();
    let mark = reply.mark();
    outbox.take_later(&mut reply);
    reply.ok();
    assert!(reply.is_one_reply_since(mark), "a message is no reply");
    assert_eq!(reply.to_bytes(), b"+last\r\n+OK\r\n");
    assert_eq!(outbox.waiting().bytes, 0);
}

/// Ensures that nothing passes a fence before the log is safe, that a lost change is never
/// acknowledged, and that a client that has only read is answered all the same.
#[test]
fn nothing_passes_a_fence() {
    let fence = |offset, has_written| Some(Fence { offset, has_written });
    let ((server, client), outbox) = (connection(), Outbox::default());
    let deliver = |safe: u64, lost: u64| {
        let safety = |offset| match offset {
            _ if offset <= safe => Safety::Safe,
            _ if offset <= lost => Safety::Lost,
            _ => Safety::Pending,
        };
        outbox.deliver(&server, safety, |_| {})
    };
    outbox.begin();
    let _ = outbox.end(replies("1 "), fence(10, true));
    let _ = outbox.end(replies("2 "), fence(20, false));
    let _ = outbox.end(replies("3 "), fence(30, true));
    assert_eq!(deliver(9, 9), Delivery::Fenced);
    assert_eq!(outbox.waiting().bytes, 6);
    assert_eq!(deliver(10, 10), Delivery::Fenced);
    assert_eq!(deliver(10, 20), Delivery::Fenced);
    assert_eq!(outbox.waiting().bytes, 2);
    assert_eq!(deliver(10, 30), Delivery::CutOff(Cut::Unlogged));
    assert_eq!(received(server, client), "1 2 ");
}

/// Ensures that a message that the socket accepts in parts arrives whole and in order.
#[test]
fn a_full_socket_loses_nothing() {
    let ((server, mut client), outbox) = (connection(), Outbox::default());
    let large: String = (0..2_000_000).map(|at| format!("{at} ")).collect();
    outbox.begin();
    let _ = outbox.end(replies("first "), None);
    let _ = put(&outbox, large.as_bytes());
    outbox.begin();
    let _ = outbox.end(replies("last"), None);
    let mut text = Vec::new();
    let mut was_full = false;
    while deliver(&outbox, &server) == Delivery::Full {
        was_full = true;
        assert!(!put(&outbox, b""), "the courier has it already");
        let mut part = vec![0; 300_000];
        let read = client.read(&mut part).expect("bytes");
        text.extend_from_slice(&part[..read]);
    }
    assert!(was_full, "fourteen megabytes do not fit on the way");
    text.extend_from_slice(received(server, client).as_bytes());
    assert!(text == format!("first {large}last").as_bytes());
    assert_eq!(outbox.waiting().bytes, 0);
}

/// Ensures that a client is cut off at the hard limit at once, at the soft limit when it has been
/// exceeded for long enough, and not if it has read in between.
#[test]
fn limits_cut_off() {
    let limits = OutputLimits::default();
    let limit = OutputLimit { hard_bytes: 100, soft_bytes: 10, soft_seconds: 5 };
    limits.set(&config::OutputLimits { pubsub: limit, ..Default::default() });
    let start = || {
        let outbox = Outbox::default();
        outbox.begin();
        let _ = outbox.end(None, None);
        outbox.set_class(OutputClass::Pubsub);
        outbox
    };
    let put = |outbox: &Outbox, bytes: usize, seconds| {
        let _ = outbox.put(&vec![b'x'; bytes].into(), &limits, seconds);
        outbox.cut()
    };
    let outbox = start();
    assert_eq!(put(&outbox, 100, 0), None);
    assert_eq!(put(&outbox, 1, 0), Some(Cut::Limit(101)));
    let outbox = start();
    assert_eq!(put(&outbox, 11, 0), None);
    assert!(!outbox.look(&limits, 4));
    assert!(outbox.look(&limits, 5), "somebody has to close the connection");
    assert_eq!(outbox.cut(), Some(Cut::Limit(11)));
    let ((server, _client), outbox) = (connection(), start());
    assert_eq!(put(&outbox, 11, 0), None);
    assert_eq!(deliver(&outbox, &server), Delivery::Done);
    assert_eq!(put(&outbox, 11, 5), None);
    assert!(!outbox.look(&limits, 9));
}

/// Ensures that cutting a client off is announced even while the courier waits for its socket,
/// which may stay full for ever.
#[test]
fn a_full_socket_does_not_hide_the_end() {
    let ((server, _client), outbox) = (connection(), Outbox::default());
    outbox.begin();
    let _ = outbox.end(replies(&"x".repeat(20 << 20)), None);
    assert_eq!(deliver(&outbox, &server), Delivery::Full);
    outbox.set_class(OutputClass::Monitor);
    assert!(put(&outbox, &vec![b'x'; limits::MONITOR_BYTES_MAX + 1]));
    assert!(matches!(deliver(&outbox, &server), Delivery::CutOff(Cut::Limit(_))));
}

/// Ensures that many small replies to a client that does not read take about their length.
#[test]
fn small_replies_are_kept_together() {
    for offset in [None, Some(1)] {
        let outbox = Outbox::default();
        outbox.begin();
        for at in 0..100_000 {
            let fence = offset.map(|first| Fence { offset: first + at, has_written: true });
            let _ = outbox.end(replies("+OK\r\n"), fence);
        }
        let waiting = outbox.waiting();
        assert_eq!(waiting.bytes, 500_000);
        assert!(waiting.held_bytes < 1_500_000, "{waiting:?}");
    }
}

/// Ensures that short messages are joined and long ones are not, that all arrive in order, and that
/// the figures are right at every moment, even if the first piece was sent in part.
#[test]
fn short_messages_are_joined() {
    let ((server, client), outbox) = (connection(), Outbox::default());
    outbox.begin();
    let _ = outbox.end(None, None);
    let long = "l".repeat(limits::MESSAGE_COPIED_BYTES_MAX + 1);
    let mut expected = String::new();
    for at in 0..2_000 {
        let text = if at % 500 == 499 { long.clone() } else { format!("message {at};") };
        put(&outbox, text.as_bytes());
        expected.push_str(&text);
    }
    let waiting = outbox.waiting();
    assert_eq!(waiting.bytes, expected.len());
    assert!(waiting.items < 20, "{waiting:?}");
    while outbox.waiting().bytes > 0 {
        deliver(&outbox, &server);
    }
    assert_eq!(received(server, client), expected);
}
