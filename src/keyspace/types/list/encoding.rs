//! What Redis calls a list: `listpack` or `quicklist`, by `list-max-listpack-size`.
//!
//! The names say nothing about memory here. Applications and test suites read them through
//! OBJECT ENCODING, so a list remembers what Redis would have made of it: it becomes a quicklist
//! before a request that makes it too large, and a listpack again when it has shrunk to half.

use super::{Form, List};
use crate::keyspace::types::encoding::Encoding;
use std::sync::Arc;

/// Bytes that limits by number of elements never allow to be exceeded.
const SAFE_BYTES_MAX: usize = 8192;

/// The mark of a block that Redis would call a quicklist.
const IS_QUICKLIST: u8 = 1;

/// The marks of a block.
pub(super) fn marks(is_quicklist: bool) -> u8 {
    if is_quicklist { IS_QUICKLIST } else { 0 }
}

/// The largest listpack for a setting: its bytes, and its elements.
fn limits(list_max_listpack_size: i32) -> (usize, usize) {
    match list_max_listpack_size {
        -1 => (4096, usize::MAX),
        -2 => (8192, usize::MAX),
        -3 => (16384, usize::MAX),
        -4 => (32768, usize::MAX),
        ..=-5 => (65536, usize::MAX),
        // Zero is one, because a listpack without elements would be of no use.
        count @ 0.. => (SAFE_BYTES_MAX, count.max(1) as usize),
    }
}

impl List {
    /// What OBJECT ENCODING answers in Redis 7.2; 7.0 calls every list a quicklist.
    pub fn encoding(&self) -> Encoding {
        if self.is_quicklist() { Encoding::Quicklist } else { Encoding::Listpack }
    }

    fn is_quicklist(&self) -> bool {
        match &self.form {
            Form::Small(block) => block.marks() & IS_QUICKLIST != 0,
            Form::Large(large) => large.is_quicklist,
        }
    }

    /// Must be called before a request that adds (or sets) elements: `added_bytes` is the sum of
    /// their lengths.
    pub fn will_grow(&mut self, setting: i32, added_bytes: usize, added_count: usize) {
        if self.is_quicklist() {
            return;
        }
        let (bytes_max, count_max) = limits(setting);
        let count = self.len().saturating_add(added_count);
        // Most lists are far from the limit: a little more than their bytes is enough to see that.
        let at_most = self.listpack_bytes_at_most().saturating_add(added_bytes);
        let is_too_long = || self.listpack_bytes().saturating_add(added_bytes) > bytes_max;
        if count > count_max || at_most > bytes_max && is_too_long() {
            self.set_quicklist(true);
        }
    }

    /// Must be called after a request that removed (or set) elements.
    pub fn has_shrunk(&mut self, setting: i32) {
        if !self.is_quicklist() {
            return;
        }
        let (bytes_max, count_max) = limits(setting);
        let bytes_max = if setting < 0 { bytes_max / 2 } else { usize::MAX };
        if self.len() <= count_max / 2 && self.listpack_bytes() <= bytes_max {
            self.set_quicklist(false);
        }
    }

    fn set_quicklist(&mut self, is_quicklist: bool) {
        match &mut self.form {
            Form::Small(block) => block.set_marks(marks(is_quicklist)),
            Form::Large(large) => Arc::make_mut(large).is_quicklist = is_quicklist,
        }
    }
}
