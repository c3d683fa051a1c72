//! A message for several clients, encoded once for each version of the protocol in use.

use crate::resp::Reply;
use std::sync::Arc;

/// A message that is encoded when it is needed, once per protocol version, and shared by all
/// clients that get it.
pub struct Message<'a> {
    encode: &'a dyn Fn(&mut Reply),
    resp2: Option<Arc<[u8]>>,
    resp3: Option<Arc<[u8]>>,
}

impl<'a> Message<'a> {
    /// A message that `encode` writes in the version that the reply has; see [`Reply::push`].
    pub fn new(encode: &'a dyn Fn(&mut Reply)) -> Message<'a> {
        Message { encode, resp2: None, resp3: None }
    }

    /// Its bytes for a client of one version.
    pub fn bytes(&mut self, is_resp3: bool) -> &Arc<[u8]> {
        let version = if is_resp3 { &mut self.resp3 } else { &mut self.resp2 };
        version.get_or_insert_with(|| {
            let mut reply = Reply::default();
            reply.set_resp3(is_resp3);
            (self.encode)(&mut reply);
            reply.to_bytes().into()
        })
    }
}
