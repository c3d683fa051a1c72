//! What the keyspace must know about a type of value.
//!
//! A type implements [`ValueType`] in its own file and knows nothing of the others.

use crate::keyspace::bytes::{Bytes, Key};
use crate::limits;
use std::fmt::Debug;
use std::sync::Arc;

/// The key holds a value of another type than the operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongType;

/// A type of value.
pub trait ValueType: Debug + Default {
    /// The reply of TYPE.
    const NAME: &'static str;

    /// Whether there is nothing in it: a key whose value becomes empty is removed.
    fn is_empty(&self) -> bool;

    /// Bytes on the heap, in addition to the entry itself.
    fn heap_bytes(&self) -> usize;

    /// Redis's name for the encoding that it would choose.
    fn encoding(&self) -> &'static str;

    /// Emits the requests that create the value under `key`, with its deadline in Unix milliseconds
    /// if it has one ([`rebuild_deadline`]).
    fn rebuild(&self, key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild);

    /// The word that a command reads first, on the heap if it is there: a byte or a count. It is
    /// read only to load its cache line (prefetch).
    fn prefetch_word(&self) -> usize;

    /// Whether dropping the value is costly enough to do it after the lock was released.
    fn is_heavy(&self) -> bool {
        true
    }

    /// When the first part of the value expires by itself, in Unix milliseconds: a field of a hash.
    fn next_deadline_ms(&self) -> Option<u64> {
        None
    }

    /// Checks that the parts of the value agree.
    ///
    /// # Panics
    /// If they do not.
    fn check_invariants(&self) {}
}

/// The receiver of [`ValueType::rebuild`]'s requests: a log, a snapshot, a test.
pub trait Rebuild {
    /// Begins a request of so many words.
    fn request(&mut self, words: usize);

    /// The next word.
    fn word(&mut self, word: &[u8]);

    /// The next word, which may be kept by reference instead of being copied.
    fn shared_word(&mut self, word: &Arc<[u8]>) {
        self.word(word);
    }
}

/// Passes a stored string on, by reference if it is stored so.
pub fn stored_word<const INLINE: usize>(requests: &mut dyn Rebuild, word: &Bytes<INLINE>) {
    match word {
        Bytes::Shared(bytes) => requests.shared_word(bytes),
        short => requests.word(short),
    }
}

/// Emits the requests that add elements to the value under `key`: each has `name`, the key and as
/// many elements as are allowed in one request, of `words` words each, which `emit` emits.
pub fn rebuild_elements<T>(
    requests: &mut dyn Rebuild,
    (name, key): (&[u8], &Key),
    (len, words): (usize, usize),
    elements: impl Iterator<Item = T>,
    mut emit: impl FnMut(&mut dyn Rebuild, T),
) {
    let (mut left, mut open) = (len, 0);
    for element in elements {
        if open == 0 {
            open = left.min(limits::AOF_ELEMENTS_PER_REQUEST);
            left -= open;
            requests.request(2 + words * open);
            requests.word(name);
            stored_word(requests, key);
        }
        open -= 1;
        emit(requests, element);
    }
}

/// Emits the request that sets the deadline of `key`, for types whose own requests cannot.
pub fn rebuild_deadline(key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild) {
    if let Some(moment_ms) = expires_at_ms {
        requests.request(3);
        requests.word(b"PEXPIREAT");
        stored_word(requests, key);
        requests.word(itoa::Buffer::new().format(moment_ms).as_bytes());
    }
}
