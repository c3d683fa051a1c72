//! The large form of a sorted set: leaves in order, and an index of the members.
//!
//! A member and its score are stored once, in a leaf. The index leads from the hash of a member
//! to its leaf, the order from a score or a rank to a leaf. A removed or added member costs one
//! probe of the index and one search in the order. A skip list, which Redis uses, needs about
//! 110 bytes for a member of 14 bytes and a cache miss for each of some twenty steps; here it is
//! about 37 bytes and some five misses.
//!
//! # Invariants
//! - Every leaf in the order has members, unless the set is empty.
//! - For every member of a leaf the index has one entry.

use super::index::Index;
use super::leaf::{LEAF_LEN_MAX, Leaf, compare};
use super::leaves::Leaves;
use super::order::{Order, Place};
use std::cmp::Ordering;
use std::ops::Range;

/// Members up to which a leaf is joined with its neighbour.
const LEAF_LEN_SMALL: usize = LEAF_LEN_MAX / 4;

/// A sorted set of any size.
#[derive(Debug, Clone)]
pub struct Large {
    hasher: ahash::RandomState,
    pub(super) leaves: Leaves,
    pub(super) order: Order,
    index: Index,
    /// Whether Redis would call it a skiplist.
    pub(super) is_skiplist: bool,
}

impl Large {
    /// A set without members.
    pub fn new() -> Large {
        let mut leaves = Leaves::new();
        let order = Order::new(leaves.add());
        Large {
            hasher: ahash::RandomState::new(),
            leaves,
            order,
            index: Index::new(),
            is_skiplist: false,
        }
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Which index entry and which tag a member has.
    fn hash(&self, member: &[u8]) -> u32 {
        (self.hasher.hash_one(member) >> 32) as u32
    }

    /// The number of the leaf of `member`, and its position there.
    fn find(&self, hash: u32, member: &[u8]) -> Option<(u32, usize)> {
        let find_in = |leaf| Some((leaf, self.leaves.get(leaf).find(hash as u8, member)?));
        self.index.candidates(hash).find_map(find_in)
    }

    /// The score of `member`.
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        let (leaf, at) = self.find(self.hash(member), member)?;
        Some(self.leaves.get(leaf).score(at))
    }

    /// How many members come before `member`.
    pub fn rank(&self, member: &[u8]) -> Option<usize> {
        let (leaf, at) = self.find(self.hash(member), member)?;
        let place = self.order.find(&self.leaves, self.leaves.get(leaf).score(at), member);
        Some(self.order.rank(place) + at)
    }

    /// Gives `member` a score, and returns the one that it had.
    pub fn insert(&mut self, member: &[u8], score: f64) -> Option<f64> {
        let hash = self.hash(member);
        let Some((leaf, at)) = self.find(hash, member) else {
            self.add(hash, member, score);
            return None;
        };
        let old = self.leaves.get(leaf).score(at);
        if old != score && !self.move_within(leaf, at, member, score) {
            let place = self.order.find(&self.leaves, old, member);
            self.remove_at(place, at, hash);
            self.add(hash, member, score);
        }
        Some(old)
    }

    /// Adds a new member.
    fn add(&mut self, hash: u32, member: &[u8], score: f64) {
        let mut place = self.order.find(&self.leaves, score, member);
        if self.leaves.get(self.order.number(place)).is_full(member.len()) {
            self.split(place, score, member);
            place = self.order.find(&self.leaves, score, member);
        }
        let number = self.order.number(place);
        self.leaves.change(number, |leaf| {
            leaf.insert(leaf.lower_bound(score, member), score, hash as u8, member);
        });
        self.order.update(place, self.leaves.get(number));
        self.index.insert(hash, number);
    }

    /// Gives the member at a position another score, if it stays in its leaf with that.
    fn move_within(&mut self, number: u32, at: usize, member: &[u8], score: f64) -> bool {
        let leaf = self.leaves.get(number);
        let old = leaf.score(at);
        let to = leaf.lower_bound(score, member);
        // At either end, the neighbouring leaf may be the right one.
        if to == 0 || to == leaf.len() {
            return false;
        }
        let place = self.order.find(&self.leaves, old, member);
        let tag = leaf.tag(at);
        self.leaves.change(number, |leaf| {
            if to == at || to == at + 1 {
                return leaf.set_score(at, score);
            }
            leaf.remove(at..at + 1);
            leaf.insert(if to > at { to - 1 } else { to }, score, tag, member);
        });
        self.order.update(place, self.leaves.get(number));
        true
    }

    /// Splits a full leaf into which (score, member) is to be inserted. In the middle each part
    /// gets half. At either end of the order, seven eighths stay together: scores that only
    /// rise, like times, or only fall leave full leaves behind.
    fn split(&mut self, place: Place, score: f64, member: &[u8]) {
        let number = self.order.number(place);
        let leaf = self.leaves.get(number);
        let (len, at) = (leaf.len(), leaf.lower_bound(score, member));
        let goes_last = at == len && place == self.order.last();
        let goes_first = at == 0 && place == self.order.first();
        // The smaller part moves to the new leaf: each moved member changes its index entry.
        let (moved, to) = match (goes_first, goes_last) {
            (_, true) => (len * 7 / 8..len, self.order.behind(place)),
            (true, _) => (0..len / 8, place),
            _ => (len / 2..len, self.order.behind(place)),
        };
        let added = self.leaves.add();
        self.move_members(number, moved, added);
        self.order.update(place, self.leaves.get(number));
        let place = self.order.insert(to, added);
        self.order.update(place, self.leaves.get(added));
    }

    /// Moves members at some positions of a leaf after all others of another leaf.
    fn move_members(&mut self, from: u32, moved: Range<usize>, to: u32) {
        let mut taken = Leaf::default();
        self.leaves.change(from, |leaf| {
            taken.append(leaf, moved.clone());
            leaf.remove(moved);
            leaf.fit();
        });
        for at in 0..taken.len() {
            self.index.replace(self.hash(taken.member(at)), from, to);
        }
        self.leaves.change(to, |leaf| match leaf.len() {
            0 => *leaf = taken,
            _ => leaf.append(&taken, 0..taken.len()),
        });
    }

    /// Removes `member`, and returns the score that it had.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let hash = self.hash(member);
        let (leaf, at) = self.find(hash, member)?;
        let score = self.leaves.get(leaf).score(at);
        let place = self.order.find(&self.leaves, score, member);
        self.remove_at(place, at, hash);
        Some(score)
    }

    fn remove_at(&mut self, place: Place, at: usize, hash: u32) {
        let number = self.order.number(place);
        self.index.remove(hash, number);
        self.leaves.change(number, |leaf| leaf.remove(at..at + 1));
        self.removed_from(place);
    }

    /// Sees to a leaf that has fewer members now.
    fn removed_from(&mut self, place: Place) {
        let number = self.order.number(place);
        let leaf = self.leaves.get(number);
        if leaf.len() == 0 && self.leaves.used() > 1 {
            self.order.remove(place);
            return self.leaves.give_up(number);
        }
        self.order.update(place, leaf);
        // The first leaf of all is left to run empty: in a queue it always does.
        if leaf.len() > LEAF_LEN_SMALL || place == self.order.first() {
            return;
        }
        let Some(next) = self.order.sibling(place) else { return };
        let next_number = self.order.number(next);
        let next_leaf = self.leaves.get(next_number);
        if leaf.fits_with(next_leaf) {
            self.move_members(next_number, 0..next_leaf.len(), number);
            self.order.remove(next);
            self.leaves.give_up(next_number);
            self.order.update(place, self.leaves.get(number));
        }
    }

    /// Removes the members whose ranks are in `range`, and calls `each` with each of them first.
    pub fn remove_range(&mut self, range: Range<usize>, mut each: impl FnMut(&[u8], f64)) {
        let mut rest = range.len();
        while rest > 0 {
            let (place, from) = self.order.nth(range.start);
            let number = self.order.number(place);
            let leaf = self.leaves.get(number);
            let until = leaf.len().min(from + rest);
            for at in from..until {
                let member = leaf.member(at);
                each(member, leaf.score(at));
                self.index.remove((self.hasher.hash_one(member) >> 32) as u32, number);
            }
            self.leaves.change(number, |leaf| leaf.remove(from..until));
            self.removed_from(place);
            rest -= until - from;
        }
    }

    /// How many members have a score that is `before`. `before` must be true up to some score and
    /// false from there on.
    pub fn count_scores(&self, before: impl Fn(f64) -> bool) -> usize {
        let place = self.order.find_score(&before);
        let leaf = self.leaves.get(self.order.number(place));
        self.order.rank(place) + leaf.partition_point(0..leaf.len(), |at| before(leaf.score(at)))
    }

    /// The same for the bytes of members, in a set whose scores are all equal; in another one the
    /// answer is some number up to that of the members.
    pub fn count_members(&self, before: impl Fn(&[u8]) -> bool) -> usize {
        if self.len() == 0 {
            return 0;
        }
        let is_before = |leaf: &Leaf| before(leaf.member(leaf.len() - 1));
        let place = self.order.partition_point(&self.leaves, is_before);
        let leaf = self.leaves.get(self.order.number(place));
        self.order.rank(place) + leaf.partition_point(0..leaf.len(), |at| before(leaf.member(at)))
    }

    /// Calls `each` with members whose hash is at least `cursor`, in an order that no change
    /// disturbs, until `count` were seen; returns where to go on, 0 at the end.
    pub fn scan(&self, cursor: u64, count: usize, mut each: impl FnMut(&[u8], f64)) -> u64 {
        let Ok(from) = u32::try_from(cursor) else { return 0 };
        let mut seen = 0;
        let next = self.index.walk(from, |hash, number| {
            let leaf = self.leaves.get(number);
            let has_hash = |at: &usize| leaf.tag(*at) == hash as u8;
            for at in (0..leaf.len()).filter(has_hash) {
                if self.hash(leaf.member(at)) == hash {
                    each(leaf.member(at), leaf.score(at));
                    seen += 1;
                }
            }
            seen < count
        });
        next.map_or(0, u64::from)
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.leaves.heap_bytes() + self.order.heap_bytes() + self.index.heap_bytes()
    }

    /// Checks everything that must be in step.
    ///
    /// # Panics
    /// If something is not.
    pub fn check_invariants(&self) {
        self.leaves.check_invariants();
        self.order.check_invariants(&self.leaves);
        self.index.check_invariants();
        let mut before: Option<(f64, &[u8])> = None;
        let (mut members, mut leaves) = (0, 0);
        let mut place = Some(self.order.first());
        while let Some(here) = place {
            let number = self.order.number(here);
            let leaf = self.leaves.get(number);
            assert!(leaf.len() > 0 || self.len() == 0, "an empty leaf in the order");
            for at in 0..leaf.len() {
                let (score, member) = (leaf.score(at), leaf.member(at));
                if let Some((other, other_member)) = before {
                    let order = compare(other, other_member, score, member);
                    assert_eq!(order, Ordering::Less, "order between leaves");
                }
                let hash = self.hash(member);
                assert_eq!(leaf.tag(at), hash as u8, "tag");
                assert_eq!(self.find(hash, member), Some((number, at)), "index");
                before = Some((score, member));
            }
            members += leaf.len();
            leaves += 1;
            place = self.order.after(here);
        }
        assert_eq!(members, self.len(), "members");
        assert_eq!(leaves, self.leaves.used(), "leaves");
    }
}
