//! Byte strings that are stored in place while they are short.
//!
//! A lookup costs cache misses, not instructions. A short key or value is stored in the entry
//! itself and needs no second allocation; a longer one is shared by a reference count, so that
//! sending it and indexing it copy nothing.

use crate::keyspace::allocation::allocated;
use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A byte string with up to `INLINE` bytes stored in place.
#[derive(Clone)]
pub enum Bytes<const INLINE: usize> {
    /// Short: the bytes themselves.
    Inline {
        /// The number of bytes in use.
        len: u8,
        /// The bytes, padded with zeros.
        data: [u8; INLINE],
    },
    /// Long: on the heap, shared.
    Shared(Arc<[u8]>),
    /// Changed in place: on the heap, with spare capacity. Redis calls this encoding *raw*.
    Grown {
        /// The bytes, followed by zeros.
        bytes: Arc<[u8]>,
        /// The number of bytes in use. 32 bits suffice for half a gibibyte.
        len: u32,
    },
}

/// Bytes of a key that fit in place: with tag and length, a key takes three machine words.
pub const KEY_INLINE_BYTES: usize = 22;

/// Bytes of a string value that fit in place: six machine words, which values of other types need
/// as well. A key of 22 and a value of 46 bytes, links, deadline and age make 104 bytes, all that
/// the allocator's block of 112 bytes has to give.
pub const VALUE_INLINE_BYTES: usize = 46;

/// The name of an entry, or a field or a value in a hash.
pub type Key = Bytes<KEY_INLINE_BYTES>;

/// A string value.
pub type Text = Bytes<VALUE_INLINE_BYTES>;

impl<const INLINE: usize> Bytes<INLINE> {
    /// Copies `bytes`, in place if they fit.
    pub fn new(bytes: &[u8]) -> Self {
        if bytes.len() > INLINE {
            return Bytes::Shared(bytes.into());
        }
        // Copied directly to the final memory. Reading a value as a whole just after writing it in
        // pieces stalls the processor until all earlier writes have reached the cache.
        let mut inline = Bytes::Inline { len: bytes.len() as u8, data: [0; INLINE] };
        if let Bytes::Inline { data, .. } = &mut inline {
            data[..bytes.len()].copy_from_slice(bytes);
        }
        inline
    }

    /// A copy of `old`, filled with zeros up to `len` bytes, and with spare capacity if `old` has
    /// grown before: after one append, another one is likely.
    ///
    /// The spare capacity is an eighth of the length, and doubles a short string. So a string that
    /// grows byte by byte to a length of N is copied a bounded number of times, and less than an
    /// eighth of a large one is wasted.
    pub fn grown(old: &Self, len: usize) -> Self {
        /// Length up to which the capacity is doubled.
        const DOUBLED_BYTES_MAX: usize = 4 * 1024;
        let room = match old {
            Bytes::Grown { len: before, .. } if (*before as usize) < len => {
                (len / 8).max(len.min(DOUBLED_BYTES_MAX))
            }
            _ => 0,
        };
        // Built in its final memory: a detour over a vector would copy it once more, under the
        // lock.
        let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, len + room).collect();
        Arc::make_mut(&mut bytes)[..old.len()].copy_from_slice(old);
        Bytes::Grown { bytes, len: len as u32 }
    }

    /// The first `len` bytes for writing, with zeros after the old content. `None` if the capacity
    /// does not suffice, or if another thread holds a reference.
    pub fn in_place(&mut self, len: usize) -> Option<&mut [u8]> {
        let Bytes::Grown { bytes, len: before } = self else { return None };
        let bytes = Arc::get_mut(bytes)?.get_mut(..len)?;
        *before = len as u32;
        Some(bytes)
    }

    /// A number in decimal.
    pub fn number(number: u64) -> Self {
        Bytes::new(itoa::Buffer::new().format(number).as_bytes())
    }

    /// Bytes on the heap, in addition to the value itself.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Bytes::Inline { .. } => 0,
            // Two counters in front of the bytes.
            Bytes::Shared(bytes) | Bytes::Grown { bytes, .. } => {
                allocated(bytes.len() + 2 * size_of::<usize>())
            }
        }
    }
}

impl<const INLINE: usize> Deref for Bytes<INLINE> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Inline { len, data } => &data[..usize::from(*len)],
            Bytes::Shared(bytes) => bytes,
            Bytes::Grown { bytes, len } => &bytes[..*len as usize],
        }
    }
}

impl<const INLINE: usize> Borrow<[u8]> for Bytes<INLINE> {
    fn borrow(&self) -> &[u8] {
        self
    }
}

/// Equal to the hash of the bytes as a slice, which `Borrow` requires.
impl<const INLINE: usize> Hash for Bytes<INLINE> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<const INLINE: usize> PartialEq for Bytes<INLINE> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<const INLINE: usize> Eq for Bytes<INLINE> {}

impl<const INLINE: usize> PartialOrd for Bytes<INLINE> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<const INLINE: usize> Ord for Bytes<INLINE> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(other)
    }
}

impl<const INLINE: usize> fmt::Debug for Bytes<INLINE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that the sizes on which the memory per key depends do not grow unnoticed.
    #[test]
    fn sizes_are_whole_words() {
        assert_eq!(size_of::<Key>(), 24);
        assert_eq!(size_of::<Text>(), 48);
    }

    /// Ensures that the length decides where bytes are stored, and that their content stays the
    /// same.
    #[test]
    fn round_trips_at_the_edge() {
        for len in [0, 1, KEY_INLINE_BYTES, KEY_INLINE_BYTES + 1, 300] {
            let bytes = vec![0xAB; len];
            let key = Key::new(&bytes);
            assert_eq!(&*key, &bytes[..]);
            assert_eq!(matches!(key, Key::Shared(_)), len > KEY_INLINE_BYTES);
        }
    }

    /// Ensures that a growing string is copied a few times only, and never while it is read.
    #[test]
    fn growing_happens_in_place() {
        let mut text = Text::new(b"");
        let mut copies = 0;
        for len in 1..=100_000 {
            if text.in_place(len).is_none() {
                text = Text::grown(&text, len);
                copies += 1;
            }
            text.in_place(len).expect("there is room now")[len - 1] = len as u8;
        }
        assert!((1..=100_000).all(|len| text[len - 1] == len as u8));
        assert!(copies < 50, "{copies} copies");
        assert!(text.heap_bytes() < 115_000, "{} bytes", text.heap_bytes());
        let reader = text.clone();
        assert!(text.in_place(100_000).is_none());
        drop(reader);
        assert!(text.in_place(100_000).is_some());
    }
}
