//! The size of an element in a listpack of Redis.
//!
//! It decides what OBJECT ENCODING answers, and nothing here is stored like that.

use crate::keyspace::types::packed::Item;

/// Bytes that an element takes in a listpack.
pub fn listpack_bytes_of(text: &[u8]) -> usize {
    listpack_bytes_of_item(Item::new(text))
}

/// The same for an element that is known to be a number or not.
pub fn listpack_bytes_of_item(item: Item<'_>) -> usize {
    let body = match item {
        Item::Int(0..=127) => 1,
        Item::Int(-4096..=4095) => 2,
        Item::Int(-0x8000..=0x7FFF) => 3,
        Item::Int(-0x80_0000..=0x7F_FFFF) => 4,
        Item::Int(-0x8000_0000..=0x7FFF_FFFF) => 5,
        Item::Int(_) => 9,
        item => match item.text_len() {
            len @ ..64 => 1 + len,
            len @ ..4096 => 2 + len,
            len => 5 + len,
        },
    };
    // Behind it its length once more, seven bits to a byte.
    body + match body {
        ..128 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    }
}
