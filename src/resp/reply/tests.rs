//! Tests of replies.

use super::*;

fn bytes_of(reply: &Reply) -> Vec<u8> {
    reply.slices(limits::WRITEV_BUFFERS_MAX).iter().flat_map(|s| s.to_vec()).collect()
}

/// Ensures that the two versions differ only where the protocol says so.
#[test]
fn both_versions_of_every_kind() {
    let write = |resp3| {
        let mut reply = Reply::default();
        reply.set_resp3(resp3);
        reply.ok();
        reply.error(b"ERR two\r\nlines");
        reply.integer(-7);
        reply.bulk(b"a\0b");
        reply.verbatim("x");
        reply.null();
        reply.null_array();
        reply.map(1);
        reply.set(2);
        String::from_utf8(bytes_of(&reply)).unwrap()
    };
    let common = "+OK\r\n-ERR two  lines\r\n:-7\r\n$3\r\na\0b\r\n";
    let resp2 = "$1\r\nx\r\n$-1\r\n*-1\r\n*2\r\n*2\r\n";
    let resp3 = "=5\r\ntxt:x\r\n_\r\n_\r\n%1\r\n~2\r\n";
    assert_eq!(write(false), format!("{common}{resp2}"));
    assert_eq!(write(true), format!("{common}{resp3}"));
}

/// Ensures that attachments are sent in order, and that a rollback removes them.
#[test]
fn large_values_are_attached_in_order() {
    let len = limits::ATTACHED_BYTES_MIN;
    let large: Arc<[u8]> = vec![b'x'; len + 1].into();
    let mut reply = Reply::default();
    reply.array(3);
    reply.bulk_shared(&large, len);
    reply.bulk_shared(&b"small"[..].into(), 5);
    reply.bulk_shared(&large, len);
    let mark = reply.mark();
    reply.bulk_shared(&large, len);
    assert!(reply.is_one_reply_since(mark));
    reply.rollback(mark);
    let sent = bytes_of(&reply);
    assert_eq!(sent.len(), reply.len());
    assert_eq!(skip_reply(&sent), Some(sent.len()));
    assert_eq!(reply.slices(2).len(), 2, "the attachments are sent in portions");
}
