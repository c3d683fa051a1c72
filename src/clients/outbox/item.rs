//! The items of an outbox, and sending several of them with one system call.

use crate::limits;
use crate::resp::Reply;
use crate::system::differences::SEND_AT_ONCE;
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, send, sendmsg};
use std::collections::VecDeque;
use std::io::IoSlice;
use std::net::TcpStream;
use std::sync::Arc;

/// A point in the queue: nothing after it leaves before the log is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    /// The offset in the log up to which it has to be safe.
    pub offset: u64,
    /// Whether the replies after it acknowledge changes. If these changes are lost, such replies
    /// are never sent; replies to reads are sent all the same, because they promise nothing.
    pub has_written: bool,
}

/// One item of the queue.
#[derive(Debug)]
pub(super) enum Item {
    /// A message, possibly shared with other clients.
    Message(Arc<[u8]>),
    /// Several short messages, copied one behind the other.
    Messages(Vec<u8>),
    /// Replies to the client's own requests.
    Replies(Box<Reply>),
    /// See [`Fence`].
    Fence(Fence),
}

impl Item {
    pub(super) fn len(&self) -> usize {
        match self {
            Item::Message(bytes) => bytes.len(),
            Item::Messages(bytes) => bytes.len(),
            Item::Replies(reply) => reply.len(),
            Item::Fence(_) => 0,
        }
    }

    /// Bytes of memory for it.
    pub(super) fn held_bytes(&self) -> usize {
        match self {
            Item::Messages(bytes) => bytes.capacity(),
            Item::Replies(reply) => reply.held_bytes() + size_of::<Reply>(),
            other => other.len(),
        }
    }

    /// Copies a short message behind those of this item, if they are short, too. That is cheaper
    /// than an item for each: one part of a system call instead of many, and no counter that all
    /// threads write to. Bytes that were sent already stay where they are.
    pub(super) fn join(&mut self, message: &[u8]) -> bool {
        if message.len() > limits::MESSAGE_COPIED_BYTES_MAX {
            return false;
        }
        if let Item::Message(first) = self
            && first.len() <= limits::MESSAGE_COPIED_BYTES_MAX
        {
            let mut both = Vec::with_capacity(8 * message.len().max(first.len()));
            both.extend_from_slice(first);
            *self = Item::Messages(both);
        }
        match self {
            Item::Messages(bytes) if bytes.len() < limits::MESSAGES_JOINED_BYTES_MAX => {
                bytes.extend_from_slice(message);
                true
            }
            _ => false,
        }
    }
}

/// Sends replies as far as the client accepts them at once, without an outbox. A client that
/// accepts nothing is no error.
///
/// # Errors
/// The connection is broken.
pub fn send_now(stream: &TcpStream, reply: &mut Reply) -> Result<usize, Errno> {
    let mut total = 0;
    while !reply.is_empty() {
        let sent = match reply.plain() {
            Some(bytes) => send(stream, bytes, SEND_AT_ONCE),
            None => send_slices(stream, &reply.slices(limits::WRITEV_BUFFERS_MAX)),
        };
        match sent {
            Ok(bytes) => {
                reply.advance(bytes);
                total += bytes;
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

/// One system call for as many items as it takes; `front_sent` bytes of the first one were sent.
pub(super) fn send_items(
    stream: &TcpStream,
    items: &VecDeque<Item>,
    front_sent: usize,
) -> Result<usize, Errno> {
    let mut slices = Vec::with_capacity(limits::WRITEV_BUFFERS_MAX.min(2 * items.len()));
    let mut skip = front_sent;
    for item in items {
        let free = limits::WRITEV_BUFFERS_MAX - slices.len();
        match item {
            _ if free == 0 => break,
            Item::Message(bytes) => slices.push(IoSlice::new(&bytes[skip..])),
            Item::Messages(bytes) => slices.push(IoSlice::new(&bytes[skip..])),
            Item::Replies(reply) if free >= 2 || slices.is_empty() => {
                slices.extend(reply.slices(free));
                // The rest of a reply has to precede the items after it.
                if slices.len() == limits::WRITEV_BUFFERS_MAX || reply.plain().is_none() {
                    break;
                }
            }
            Item::Replies(_) | Item::Fence(_) => break,
        }
        skip = 0;
    }
    match &slices[..] {
        [one] => send(stream, one, SEND_AT_ONCE),
        several => send_slices(stream, several),
    }
}

fn send_slices(stream: &TcpStream, slices: &[IoSlice<'_>]) -> Result<usize, Errno> {
    sendmsg(stream, slices, &mut SendAncillaryBuffer::default(), SEND_AT_ONCE)
}

/// Removes the first `sent` bytes. Returns how many bytes of the first message were sent, and how
/// many bytes of messages were removed.
pub(super) fn advance(
    items: &mut VecDeque<Item>,
    mut front_sent: usize,
    mut sent: usize,
) -> (usize, usize) {
    let mut gone = 0;
    while let Some(front) = items.front_mut() {
        let left = front.len() - front_sent;
        if sent < left {
            match front {
                Item::Replies(reply) => reply.advance(sent),
                _ => front_sent += sent,
            }
            return (front_sent, gone);
        }
        if matches!(front, Item::Message(_) | Item::Messages(_)) {
            gone += front.len();
        }
        sent -= left;
        front_sent = 0;
        items.pop_front();
        if sent == 0 {
            break;
        }
    }
    (0, gone)
}
