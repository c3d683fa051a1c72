//! The sorted set as a type of value.

use super::{Form, SortedSet};
use crate::keyspace::bytes::Key;
use crate::keyspace::types::element::rebuild_element;
use crate::keyspace::types::score;
use crate::keyspace::value_type::{Rebuild, ValueType, rebuild_deadline, rebuild_elements};

impl ValueType for SortedSet {
    const NAME: &'static str = "zset";

    fn is_empty(&self) -> bool {
        SortedSet::is_empty(self)
    }

    fn heap_bytes(&self) -> usize {
        SortedSet::heap_bytes(self)
    }

    fn encoding(&self) -> &'static str {
        SortedSet::encoding(self).name()
    }

    /// A score is written with enough digits to be read back exactly.
    fn rebuild(&self, key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild) {
        let (head, size) = ((&b"ZADD"[..], key), (self.len(), 2));
        let members = self.iter(0..self.len());
        rebuild_elements(requests, head, size, members, |requests, (member, score)| {
            requests.word(score::format(score).as_bytes());
            rebuild_element(requests, member);
        });
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
        SortedSet::check_invariants(self);
    }
}
