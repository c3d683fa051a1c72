//! Replies that wait for the disk.
//!
//! With `always`, a worker whose replies rest on something that is not on the disk yet does not
//! wait for that. It packs them into a parcel, leaves it with the log ([`super::Aof::hand_over`])
//! and listens to its client again. Whoever syncs the log then sends the replies of all who left
//! one, one after the other. So fifty workers are not woken to send five bytes each and to fall
//! asleep again: that was half of all thread switches, and a core has nothing dearer.
//!
//! # Invariants
//! - A worker leaves one parcel at a time, and executes nothing before that is back: replies keep
//!   their order.
//! - Sending never waits, for nobody may be kept waiting by another's client. What a client does
//!   not take at once comes back to its worker.
//! - A write that was not made safe is not acknowledged: the connection is shut down, which wakes
//!   its worker. Who has only read is answered all the same, for a read promises nothing.

use super::Unwritten;
use crate::resp::Reply;
use crossbeam_channel::{Receiver, Sender, bounded};
use rustix::net::SendFlags;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

/// What comes back: the part of the replies that the client did not take.
pub type Returned = Result<Reply, Unwritten>;

/// Replies, what they rest on, and where they go.
#[derive(Debug)]
pub struct Parcel {
    /// The replies, of which nothing is attached.
    pub reply: Reply,
    /// The place in the log that has to be safe before.
    pub(super) place: u64,
    /// Whether the client may have made changes that are among what is before that place.
    has_written: bool,
    stream: Arc<TcpStream>,
    back: Sender<Returned>,
}

impl Parcel {
    /// Packs replies for the client at the other end of `stream`. They rest on what is logged
    /// before `place`, among which are changes of that client if it `has_written`.
    pub fn new(
        reply: Reply,
        place: u64,
        has_written: bool,
        stream: Arc<TcpStream>,
    ) -> (Parcel, Receiver<Returned>) {
        let (back, returned) = bounded(1);
        (Parcel { reply, place, has_written, stream, back }, returned)
    }

    /// Sends the replies, if they are true by now, as far as the client takes them at once. Who has
    /// only read gets them in any case, as they promise nothing.
    pub(super) fn deliver(mut self, is_safe: bool) {
        if self.has_written && !is_safe {
            // The worker must find out why before it finds the end of the stream.
            let _ = self.back.send(Err(Unwritten));
            // The client may have gone already.
            let _ = self.stream.shutdown(Shutdown::Both);
            return;
        }
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let bytes = self.reply.plain().unwrap_or_default();
        // Whatever is wrong, the worker will find it out by itself.
        let sent = rustix::net::send(&self.stream, bytes, flags).unwrap_or(0);
        self.reply.advance(sent);
        // The worker may have gone already.
        let _ = self.back.send(Ok(self.reply));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    /// Both ends of a connection.
    fn connection() -> (Arc<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its number");
        let client = TcpStream::connect(address).expect("a connection");
        (Arc::new(listener.accept().expect("its other end").0), client)
    }

    fn deliver(stream: &Arc<TcpStream>, bytes: &[u8], writes: bool, is_safe: bool) -> Returned {
        let mut reply = Reply::default();
        reply.encoded(bytes);
        let (parcel, returned) = Parcel::new(reply, 1, writes, Arc::clone(stream));
        parcel.deliver(is_safe);
        returned.recv().expect("it comes back")
    }

    /// Ensures that what a client does not take at once comes back, and that the rest was sent.
    #[test]
    fn what_is_not_taken_comes_back() {
        let (stream, mut client) = connection();
        let bytes = vec![b'x'; 64 * 1024];
        let mut sent = 0;
        let rest = loop {
            let rest = deliver(&stream, &bytes, true, true).expect("safe");
            sent += bytes.len() - rest.len();
            if !rest.is_empty() {
                break rest;
            }
        };
        assert!(rest.len() <= bytes.len());
        stream.shutdown(Shutdown::Write).expect("the end");
        let mut received = Vec::new();
        client.read_to_end(&mut received).expect("all of it");
        assert_eq!(received.len(), sent);
    }

    /// Ensures that a write which is not safe is never acknowledged, whereas who has only read is
    /// answered all the same.
    #[test]
    fn an_unsafe_write_is_not_acknowledged() {
        let (stream, mut client) = connection();
        let rest = deliver(&stream, b"$1\r\nv\r\n", false, false).expect("a read");
        assert!(rest.is_empty());
        assert!(deliver(&stream, b"+OK\r\n", true, false).is_err());
        let mut received = Vec::new();
        client.read_to_end(&mut received).expect("the end");
        assert_eq!(received, b"$1\r\nv\r\n");
    }
}
