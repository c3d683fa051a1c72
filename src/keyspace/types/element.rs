//! A string inside a value, as it is stored: in a packed block, as a number, or counted.

use super::packed::Item;
use crate::keyspace::bytes::Key;
use crate::keyspace::value_type::{Rebuild, stored_word};
use std::sync::Arc;

/// A field's name or value, or a member, on loan from the value that it is in.
#[derive(Debug, Clone, Copy)]
pub enum Element<'a> {
    /// Bytes in a packed block, to be copied.
    Bytes(&'a [u8]),
    /// The decimal form of a number.
    Int(i64),
    /// In a table. A long one is counted, so that a reply can hold it without a copy.
    Key(&'a Key),
    /// A long one, counted by itself.
    Shared(&'a Arc<[u8]>),
}

impl<'a> Element<'a> {
    /// The bytes, written to `digits` if it is kept as a number.
    pub fn text<'b>(&self, digits: &'b mut itoa::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Element::Bytes(bytes) => bytes,
            Element::Int(number) => digits.format(*number).as_bytes(),
            Element::Key(key) => key,
            Element::Shared(bytes) => bytes,
        }
    }

    /// A copy that can be kept; of a long one, a counted reference.
    pub fn to_key(&self) -> Key {
        match self {
            Element::Key(key) => (*key).clone(),
            Element::Shared(bytes) => Key::Shared(Arc::clone(bytes)),
            _ => Key::new(self.text(&mut itoa::Buffer::new())),
        }
    }

    /// A copy of the bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        self.text(&mut itoa::Buffer::new()).to_vec()
    }

    /// Length of the string in bytes.
    pub fn len(&self) -> usize {
        self.text(&mut itoa::Buffer::new()).len()
    }

    /// Whether it is the empty string.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element as a packed block would keep it: two strings are equal if their items are.
    pub fn item(&self) -> Item<'a> {
        match self {
            Element::Bytes(bytes) => Item::Bytes(bytes),
            Element::Int(number) => Item::Int(*number),
            Element::Key(key) => Item::new(key),
            Element::Shared(bytes) => Item::new(bytes),
        }
    }

    /// Whether the bytes are `wanted`.
    pub fn is(&self, wanted: &[u8]) -> bool {
        match self {
            Element::Bytes(bytes) => *bytes == wanted,
            other => other.text(&mut itoa::Buffer::new()) == wanted,
        }
    }

    /// The counted bytes, if all of them are counted: a reply or another value can hold them.
    pub fn shared(&self) -> Option<&'a Arc<[u8]>> {
        match *self {
            Element::Shared(bytes) | Element::Key(Key::Shared(bytes)) => Some(bytes),
            _ => None,
        }
    }
}

impl<'a> From<Item<'a>> for Element<'a> {
    fn from(item: Item<'a>) -> Element<'a> {
        match item {
            Item::Bytes(bytes) => Element::Bytes(bytes),
            Item::Int(number) => Element::Int(number),
            // Hashes and sets have none.
            Item::Double(_) => Element::Bytes(b""),
        }
    }
}

impl<'a> From<&'a [u8]> for Element<'a> {
    fn from(bytes: &'a [u8]) -> Element<'a> {
        Element::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Element<'a> {
    fn from(bytes: &'a [u8; N]) -> Element<'a> {
        Element::Bytes(bytes)
    }
}

impl<'a> From<&'a Key> for Element<'a> {
    fn from(key: &'a Key) -> Element<'a> {
        Element::Key(key)
    }
}

/// Passes an element on as the next word of a request that rebuilds its value.
pub fn rebuild_element(requests: &mut dyn Rebuild, element: Element<'_>) {
    match element {
        Element::Key(key) => stored_word(requests, key),
        Element::Shared(bytes) => requests.shared_word(bytes),
        other => requests.word(other.text(&mut itoa::Buffer::new())),
    }
}
