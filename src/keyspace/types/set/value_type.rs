//! The set as a type of value.

use super::Set;
use crate::keyspace::bytes::Key;
use crate::keyspace::types::element::rebuild_element;
use crate::keyspace::value_type::{Rebuild, ValueType, rebuild_deadline, rebuild_elements};

impl ValueType for Set {
    const NAME: &'static str = "set";

    fn is_empty(&self) -> bool {
        Set::is_empty(self)
    }

    fn heap_bytes(&self) -> usize {
        Set::heap_bytes(self)
    }

    fn encoding(&self) -> &'static str {
        Set::encoding(self).name()
    }

    fn rebuild(&self, key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild) {
        let (head, size) = ((&b"SADD"[..], key), (self.len(), 1));
        rebuild_elements(requests, head, size, self.iter(), rebuild_element);
        rebuild_deadline(key, expires_at_ms, requests);
    }

    fn prefetch_word(&self) -> usize {
        self.len()
    }

    fn is_heavy(&self) -> bool {
        self.form.is_heavy()
    }

    fn check_invariants(&self) {
        Set::check_invariants(self);
    }
}
