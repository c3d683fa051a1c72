//! What has to be known about a type of value.
//!
//! A type implements [`ValueType`] in its own file and knows nothing of the others.

use crate::keyspace::bytes::{Bytes, Key};
use std::fmt::Debug;
use std::sync::Arc;

/// The key holds a value of another type than the operation works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongType;

/// A type of value.
pub trait ValueType: Debug + Default {
    /// What TYPE answers.
    const NAME: &'static str;

    /// Whether there is nothing in it: a key whose value becomes empty is removed.
    fn is_empty(&self) -> bool;

    /// Bytes on the heap, in addition to the entry itself.
    fn heap_bytes(&self) -> usize;

    /// Redis's name for the form in which it would keep such a value.
    fn encoding(&self) -> &'static str;

    /// Says which requests make the value again under `key`, with its deadline in Unix
    /// milliseconds if it has one ([`rebuild_deadline`]).
    fn rebuild(&self, key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild);

    /// What a command reads first, on the heap if that is where it is: a byte or a count. It is
    /// asked for only to have that cache line loaded (prefetch).
    fn prefetch_word(&self) -> usize;

    /// Whether dropping it is work worth doing after the lock was released.
    fn is_heavy(&self) -> bool {
        true
    }

    /// Checks that its parts are in step.
    ///
    /// # Panics
    /// If they are not.
    fn check_invariants(&self) {}
}

/// Where [`ValueType::rebuild`] puts requests: a log, a snapshot, a test.
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

/// Passes a stored string on, by reference if that is how it is stored.
pub fn stored_word<const INLINE: usize>(requests: &mut dyn Rebuild, word: &Bytes<INLINE>) {
    match word {
        Bytes::Shared(bytes) => requests.shared_word(bytes),
        short => requests.word(short),
    }
}

/// The request that gives `key` its deadline, for types whose own requests cannot say it.
pub fn rebuild_deadline(key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild) {
    if let Some(moment_ms) = expires_at_ms {
        requests.request(3);
        requests.word(b"PEXPIREAT");
        stored_word(requests, key);
        requests.word(itoa::Buffer::new().format(moment_ms).as_bytes());
    }
}
