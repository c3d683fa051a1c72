//! The bytes that entries would take in a node of Redis, which is a listpack.
//!
//! They decide where a chunk ends; nothing here is stored like that. A node begins with its numbers
//! of entries and of deleted ones, and the names of the first entry's fields.

use super::coding::{item_of, names};
use super::id::Id;
use crate::keyspace::types::element::Element;
use crate::keyspace::types::list::listpack::listpack_bytes_of_item;
use crate::keyspace::types::packed::Item;

/// Bytes of a listpack's header and end, and of a flag or another small number in it.
const LISTPACK_FRAME_BYTES: usize = 7;
const SMALL_NUMBER_BYTES: usize = 2;

/// Bytes of a number in a listpack.
pub(super) fn number_bytes(number: i64) -> usize {
    listpack_bytes_of_item(Item::Int(number))
}

/// Bytes of a node for entries with these names, without its two numbers of entries.
pub(super) fn frame_bytes<'a>(words: impl ExactSizeIterator<Item = Element<'a>>) -> usize {
    let count = number_bytes((words.len() / 2) as i64);
    let texts = names(words).map(|name| listpack_bytes_of_item(item_of(name)));
    LISTPACK_FRAME_BYTES + count + texts.sum::<usize>() + SMALL_NUMBER_BYTES
}

/// Bytes that an entry takes in Redis's listpack.
pub(super) fn entry_bytes<'a>(
    first: Id,
    id: Id,
    words: impl ExactSizeIterator<Item = Element<'a>>,
    has_names: bool,
) -> usize {
    let fields = words.len() / 2;
    let texts = words.enumerate().filter(|(index, _)| !has_names || index % 2 == 1);
    let texts: usize = texts.map(|(_, word)| listpack_bytes_of_item(item_of(word))).sum();
    let ids = number_bytes(id.ms.wrapping_sub(first.ms) as i64)
        + number_bytes(id.sequence.wrapping_sub(first.sequence) as i64);
    let (elements, count) = match has_names {
        true => (fields + 3, 0),
        false => (2 * fields + 4, number_bytes(fields as i64)),
    };
    SMALL_NUMBER_BYTES + ids + count + texts + number_bytes(elements as i64)
}
