//! The list as a type of value.

use super::{Form, List};
use crate::keyspace::bytes::Key;
use crate::keyspace::types::element::rebuild_element;
use crate::keyspace::value_type::{Rebuild, ValueType, rebuild_deadline, rebuild_elements};

impl ValueType for List {
    const NAME: &'static str = "list";

    fn is_empty(&self) -> bool {
        List::is_empty(self)
    }

    fn heap_bytes(&self) -> usize {
        List::heap_bytes(self)
    }

    fn encoding(&self) -> &'static str {
        List::encoding(self).name()
    }

    fn rebuild(&self, key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild) {
        let (head, size) = ((&b"RPUSH"[..], key), (self.len(), 1));
        rebuild_elements(requests, head, size, self.iter(0..self.len()), rebuild_element);
        rebuild_deadline(key, expires_at_ms, requests);
    }

    fn prefetch_word(&self) -> usize {
        self.len()
    }

    /// A single block is freed quickly.
    fn is_heavy(&self) -> bool {
        matches!(self.form, Form::Large(_))
    }

    fn check_invariants(&self) {
        List::check_invariants(self);
    }
}
