//! The sorted set: members in the order of their scores.
//!
//! A set of few short members is one packed block (`small.rs`); a larger one has leaves in order
//! and an index of its members (`large.rs`). −0.0 and 0.0 are one score, members of equal score
//! are in the order of their bytes, and NaN is no score: commands refuse it.
//!
//! A range by score or by bytes is turned into a range of ranks in logarithmic time; everything
//! else (counting, listing in either direction, removing) works on ranks.
//!
//! A clone is cheap and changes nothing for either side: a large set is counted, and the first
//! change copies the lists of chunks and one chunk of each kind.

mod index;
mod large;
mod leaf;
mod leaves;
mod order;
mod range;
mod small;
mod value_type;
mod walk;

pub use range::{LexBound, ScoreBound};
pub use walk::Iter;

use super::element::Element;
use super::encoding::{Encoding, Listpack};
use super::packed::Packed;
use crate::keyspace::allocation::allocated;
use crate::limits;
use large::Large;
use std::ops::Range;
use std::sync::Arc;

/// Members at which a set that has become small again becomes a block: half, so that a set which
/// grows and shrinks around the limit is not converted each time.
const PACKED_AGAIN_MEMBERS: usize = limits::PACKED_ENTRIES_MAX / 2;

/// Bytes of such a block.
const PACKED_AGAIN_BYTES: usize = limits::PACKED_BLOCK_BYTES_MAX / 2;

/// Bytes of the longest score in a block, its tag included.
const SCORE_BYTES_MAX: usize = 9;

/// The mark of a block that Redis would call a skiplist.
const IS_SKIPLIST: u8 = 1;

/// Members with scores, in order.
#[derive(Debug, Clone)]
pub struct SortedSet {
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// Member, score, member, score …
    Small(Packed),
    /// Counted, so that a snapshot can share it.
    Large(Arc<Large>),
}

impl Default for SortedSet {
    fn default() -> SortedSet {
        SortedSet::new()
    }
}

impl SortedSet {
    /// A set without members, which no key may hold: it is removed when its last member goes.
    pub fn new() -> SortedSet {
        SortedSet { form: Form::Small(Packed::new()) }
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        match &self.form {
            Form::Small(block) => block.len() / 2,
            Form::Large(large) => large.len(),
        }
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all members are in one block.
    pub fn is_packed(&self) -> bool {
        matches!(self.form, Form::Small(_))
    }

    /// The score of `member`.
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match &self.form {
            Form::Small(block) => small::score(block, member),
            Form::Large(large) => large.score(member),
        }
    }

    /// How many members come before `member`. From the other end, it is `len - 1 - rank`.
    pub fn rank(&self, member: &[u8]) -> Option<usize> {
        match &self.form {
            Form::Small(block) => small::rank(block, member),
            Form::Large(large) => large.rank(member),
        }
    }

    /// Gives `member` a score, and returns the one that it had. The score is not NaN.
    pub fn insert(&mut self, member: &[u8], score: f64, names: Listpack) -> Option<f64> {
        debug_assert!(!score.is_nan(), "commands refuse NaN");
        let old = self.put(member, score);
        let is_listpack = self.len() <= names.entries_max && member.len() <= names.text_bytes_max;
        if old.is_none() && !is_listpack {
            self.name_skiplist();
        }
        old
    }

    fn put(&mut self, member: &[u8], score: f64) -> Option<f64> {
        match &mut self.form {
            Form::Large(large) => Arc::make_mut(large).insert(member, score),
            Form::Small(block) => {
                let old = small::score(block, member);
                match old {
                    Some(same) if same == score => return old,
                    Some(_) => drop(small::remove(block, member)),
                    None => {}
                }
                if has_room(block, member) {
                    small::add(block, member, score);
                } else {
                    let mut large = large_of(block);
                    large.insert(member, score);
                    self.form = Form::Large(Arc::new(large));
                }
                old
            }
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> Encoding {
        let is_skiplist = match &self.form {
            Form::Small(block) => block.marks() & IS_SKIPLIST != 0,
            Form::Large(large) => large.is_skiplist,
        };
        if is_skiplist { Encoding::Skiplist } else { Encoding::Listpack }
    }

    /// Makes [`SortedSet::encoding`] a skiplist for good, whatever its size.
    pub fn name_skiplist(&mut self) {
        match &mut self.form {
            Form::Small(block) => block.set_marks(IS_SKIPLIST),
            Form::Large(large) if large.is_skiplist => {}
            Form::Large(large) => Arc::make_mut(large).is_skiplist = true,
        }
    }

    /// Removes `member`, and returns the score that it had.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match &mut self.form {
            Form::Small(block) => small::remove(block, member),
            Form::Large(large) => {
                // A member that is not there must not cost a copy.
                large.score(member)?;
                let score = Arc::make_mut(large).remove(member);
                self.shrink(1);
                score
            }
        }
    }

    /// The ranks of the members whose scores are between two bounds.
    pub fn score_range(&self, min: ScoreBound, max: ScoreBound) -> Range<usize> {
        let (start, end) = match &self.form {
            Form::Small(block) => (
                small::partition_point(block, |_, score| min.is_above(score)),
                small::partition_point(block, |_, score| max.reaches(score)),
            ),
            Form::Large(large) => (
                large.count_scores(|score| min.is_above(score)),
                large.count_scores(|score| max.reaches(score)),
            ),
        };
        start..end.max(start)
    }

    /// The ranks of the members between two bounds, in a set whose scores are all equal. In
    /// another one Redis leaves open what comes out, and so does this.
    pub fn lex_range(&self, min: LexBound<'_>, max: LexBound<'_>) -> Range<usize> {
        let mut digits = itoa::Buffer::new();
        let (start, end) = match &self.form {
            Form::Small(block) => (
                small::partition_point(block, |member, _| min.is_above(member.text(&mut digits))),
                small::partition_point(block, |member, _| max.reaches(member.text(&mut digits))),
            ),
            Form::Large(large) => (
                large.count_members(|member| min.is_above(member)),
                large.count_members(|member| max.reaches(member)),
            ),
        };
        start..end.max(start)
    }

    /// The members whose ranks are in `range`, cut to the existing ones; from either end.
    pub fn iter(&self, range: Range<usize>) -> Iter<'_> {
        let range = self.clamp(range);
        match &self.form {
            Form::Small(block) => Iter::small(block.iter_from(2 * range.start), range.len()),
            Form::Large(large) => Iter::large(large, range),
        }
    }

    /// The member with `rank`, and its score.
    pub fn nth(&self, rank: usize) -> Option<(Element<'_>, f64)> {
        self.iter(rank..rank.saturating_add(1)).next()
    }

    /// Removes the members whose ranks are in `range`, cut to the existing ones, and returns their
    /// number. `each` is called with each of them in order.
    pub fn remove_range(&mut self, range: Range<usize>, each: impl FnMut(&[u8], f64)) -> usize {
        let range = self.clamp(range);
        let removed = range.len();
        match &mut self.form {
            _ if removed == 0 => {}
            Form::Small(block) => small::remove_range(block, range, each),
            Form::Large(large) => {
                Arc::make_mut(large).remove_range(range, each);
                self.shrink(removed);
            }
        }
        removed
    }

    /// Calls `each` with about `count` members from `cursor` on, and returns where to go on: 0 at
    /// the end. A set that Redis calls a listpack is walked in one step, as there.
    ///
    /// Every member that stays throughout a walk is seen at least once: a large set is walked in
    /// the order of hashes, which no change disturbs. If a set becomes small in the meantime, all
    /// of it is seen.
    pub fn scan(&self, cursor: u64, count: usize, mut each: impl FnMut(&[u8], f64)) -> u64 {
        match &self.form {
            Form::Large(large) if large.is_skiplist => large.scan(cursor, count, each),
            _ => {
                let mut digits = itoa::Buffer::new();
                let all = self.iter(0..self.len());
                all.for_each(|(member, score)| each(member.text(&mut digits), score));
                0
            }
        }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        match &self.form {
            Form::Small(block) => block.heap_bytes(),
            Form::Large(large) => {
                allocated(2 * size_of::<usize>() + size_of::<Large>()) + large.heap_bytes()
            }
        }
    }

    /// Checks order, index, counts and accounts.
    ///
    /// # Panics
    /// If something is not in step.
    pub fn check_invariants(&self) {
        match &self.form {
            Form::Large(large) => large.check_invariants(),
            Form::Small(block) => {
                block.check_invariants();
                assert!(block.len().is_multiple_of(2) && self.len() <= limits::PACKED_ENTRIES_MAX);
                let pairs: Vec<_> =
                    small::pairs(block).map(|(member, score)| (score, member.to_vec())).collect();
                let is_less = |one: &(f64, Vec<u8>), other: &(f64, Vec<u8>)| {
                    leaf::compare(one.0, &one.1, other.0, &other.1).is_lt()
                };
                assert!(pairs.is_sorted_by(is_less), "order of a block");
            }
        }
    }

    fn clamp(&self, range: Range<usize>) -> Range<usize> {
        let end = range.end.min(self.len());
        range.start.min(end)..end
    }

    /// Turns the large form into a block if few short members are left after `removed` went.
    fn shrink(&mut self, removed: usize) {
        let len = self.len();
        // A set with a long member stays large; it is looked for every eighth time only.
        if len > PACKED_AGAIN_MEMBERS || !len.is_multiple_of(8) && removed == 1 {
            return;
        }
        let (mut block, mut digits) = (Packed::new(), itoa::Buffer::new());
        for (member, score) in self.iter(0..len) {
            let member = member.text(&mut digits);
            if !has_room(&block, member) || block.byte_len() > PACKED_AGAIN_BYTES {
                return;
            }
            small::push(&mut block, member, score);
        }
        if self.encoding() == Encoding::Skiplist {
            block.set_marks(IS_SKIPLIST);
        }
        self.form = Form::Small(block);
    }
}

/// Whether a block stays a block with one more member.
fn has_room(block: &Packed, member: &[u8]) -> bool {
    let more = Packed::bytes_for(member) + SCORE_BYTES_MAX;
    block.len() / 2 < limits::PACKED_ENTRIES_MAX
        && member.len() <= limits::PACKED_TEXT_BYTES_MAX
        && block.byte_len() + more <= limits::PACKED_BLOCK_BYTES_MAX
}

/// The large form of what is in a block.
fn large_of(block: &Packed) -> Large {
    let (mut large, mut digits) = (Large::new(), itoa::Buffer::new());
    for (member, score) in small::pairs(block) {
        large.insert(member.text(&mut digits), score);
    }
    large.is_skiplist = block.marks() & IS_SKIPLIST != 0;
    large
}

#[cfg(test)]
mod tests;
