//! The hash as a type of value.

use super::{Form, Hash};
use crate::keyspace::bytes::Key;
use crate::keyspace::types::element::rebuild_element;
use crate::keyspace::value_type::{Rebuild, ValueType, rebuild_deadline, stored_word};
use crate::limits;

impl ValueType for Hash {
    const NAME: &'static str = "hash";

    fn is_empty(&self) -> bool {
        Hash::is_empty(self)
    }

    fn heap_bytes(&self) -> usize {
        Hash::heap_bytes(self)
    }

    fn encoding(&self) -> &'static str {
        Hash::encoding(self).name()
    }

    fn rebuild(&self, key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild) {
        let (mut left, mut open) = (self.len(), 0);
        self.for_each(|field, value| {
            if open == 0 {
                open = left.min(limits::AOF_ELEMENTS_PER_REQUEST);
                left -= open;
                requests.request(2 + 2 * open);
                requests.word(b"HSET");
                stored_word(requests, key);
            }
            open -= 1;
            rebuild_element(requests, field);
            rebuild_element(requests, value);
        });
        self.rebuild_deadlines(key, requests);
        rebuild_deadline(key, expires_at_ms, requests);
    }

    fn prefetch_word(&self) -> usize {
        self.len()
    }

    /// A block of its own is freed in no time.
    fn is_heavy(&self) -> bool {
        matches!(self.form(), Form::Large(_))
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        Hash::next_deadline_ms(self)
    }

    fn check_invariants(&self) {
        Hash::check_invariants(self);
    }
}
