//! The set as a type of value.

use super::{Form, Set};
use crate::keyspace::bytes::Key;
use crate::keyspace::types::element::rebuild_element;
use crate::keyspace::value_type::{Rebuild, ValueType, rebuild_deadline, stored_word};
use crate::limits;

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
        let (mut left, mut open) = (self.len(), 0);
        for member in self.iter() {
            if open == 0 {
                open = left.min(limits::AOF_ELEMENTS_PER_REQUEST);
                left -= open;
                requests.request(2 + open);
                requests.word(b"SADD");
                stored_word(requests, key);
            }
            open -= 1;
            rebuild_element(requests, member);
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
        Set::check_invariants(self);
    }
}
