//! The list as a type of value.

use super::{Form, List};
use crate::keyspace::bytes::Key;
use crate::keyspace::types::element::rebuild_element;
use crate::keyspace::value_type::{Rebuild, ValueType, rebuild_deadline, stored_word};
use crate::limits;

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
        let (mut left, mut open) = (self.len(), 0);
        for element in self.iter(0..self.len()) {
            if open == 0 {
                open = left.min(limits::AOF_ELEMENTS_PER_REQUEST);
                left -= open;
                requests.request(2 + open);
                requests.word(b"RPUSH");
                stored_word(requests, key);
            }
            open -= 1;
            rebuild_element(requests, element);
        }
        rebuild_deadline(key, expires_at_ms, requests);
    }

    fn prefetch_word(&self) -> usize {
        self.len()
    }

    /// A block of its own is freed in no time.
    fn is_heavy(&self) -> bool {
        matches!(self.form, Form::Large(_))
    }

    fn check_invariants(&self) {
        List::check_invariants(self);
    }
}
