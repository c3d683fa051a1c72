//! Differences between the replies to scripts that are meant, each with its reason.

use crate::connection::RawReply;

/// Whether a difference is meant.
pub fn is_meant(redis: &RawReply, respool: &RawReply) -> bool {
    without_addresses(redis) == without_addresses(respool)
}

/// A table as a text has its address in it, here an invented one.
fn without_addresses(reply: &[u8]) -> Vec<u8> {
    let mut text = reply.to_vec();
    for at in 0..text.len() {
        if text[..at].ends_with(b"0x") {
            text[at..].iter_mut().take_while(|byte| byte.is_ascii_hexdigit()).for_each(|byte| {
                *byte = b'_';
            });
        }
    }
    text
}
