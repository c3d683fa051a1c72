//! Bytes between requests, values and replies.
//!
//! Nothing long is copied under the lock: a long argument was copied to the heap before the lock
//! was taken ([`stored`]), and is sent by reference ([`reply_bytes`]).

use crate::command::engine::{Args, Command, CommandError, KeyArguments, Reply};
use crate::keyspace::Value;
use crate::keyspace::bytes::Bytes;
use crate::keyspace::types::Element;
use std::sync::Arc;

/// Argument `index` as bytes to be stored: the heap copy that was made before the lock was taken,
/// if there is one.
pub fn stored<const INLINE: usize>(args: Args<'_>, index: usize) -> Bytes<INLINE> {
    match args.prepared(index) {
        Some(bytes) => Bytes::Shared(Arc::clone(bytes)),
        None => Bytes::new(args.at(index)),
    }
}

/// [`stored`] as the value of a key.
pub fn stored_value(args: Args<'_>, index: usize) -> Value {
    Value::String(stored(args, index))
}

/// Replies with an element of a value: a long one leaves by reference.
pub fn reply_element(reply: &mut Reply, element: Element<'_>) {
    match element {
        Element::Key(key) => reply_bytes(reply, Some(key)),
        Element::Shared(bytes) => reply.bulk_shared(bytes, bytes.len()),
        other => reply.bulk(other.text(&mut itoa::Buffer::new())),
    }
}

/// Replies with an element, or null if there is none.
pub fn reply_found(reply: &mut Reply, element: Option<Element<'_>>) {
    match element {
        Some(element) => reply_element(reply, element),
        None => reply.null(),
    }
}

/// Replies with stored bytes, or null if there are none.
pub fn reply_bytes<const INLINE: usize>(reply: &mut Reply, bytes: Option<&Bytes<INLINE>>) {
    match bytes {
        Some(Bytes::Shared(bytes)) => reply.bulk_shared(bytes, bytes.len()),
        Some(Bytes::Grown { bytes, len }) => reply.bulk_shared(bytes, *len as usize),
        Some(bytes) => reply.bulk(bytes),
        None => reply.null(),
    }
}

/// Indices of the keys of `command`, each followed by its value.
///
/// # Errors
/// The last key has no value.
pub fn pairs(
    args: Args<'_>,
    command: &Command,
) -> Result<impl Iterator<Item = usize>, CommandError> {
    match args.len() % 2 {
        1 => Ok(KeyArguments::PAIRS.indices(args.len())),
        _ => Err(CommandError::arity(command.name)),
    }
}
