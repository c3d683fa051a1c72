//! The hash as a type of value.

use super::Hash;
use crate::keyspace::bytes::Key;
use crate::keyspace::types::element::rebuild_element;
use crate::keyspace::value_type::{Rebuild, ValueType, rebuild_deadline, rebuild_elements};

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
        let (head, size) = ((&b"HSET"[..], key), (self.len(), 2));
        rebuild_elements(requests, head, size, self.iter(), |requests, (field, value)| {
            rebuild_element(requests, field);
            rebuild_element(requests, value);
        });
        self.rebuild_deadlines(key, requests);
        rebuild_deadline(key, expires_at_ms, requests);
    }

    fn prefetch_word(&self) -> usize {
        self.len()
    }

    fn is_heavy(&self) -> bool {
        self.form().is_heavy()
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        Hash::next_deadline_ms(self)
    }

    fn check_invariants(&self) {
        Hash::check_invariants(self);
    }
}
