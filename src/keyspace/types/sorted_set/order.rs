//! The order of the leaves, with counts: from a score or a rank to a leaf, and back.
//!
//! Two levels: blocks of up to 256 leaves, and a list of blocks. Each level keeps the number of
//! members and the first score of its parts in arrays of their own, so that a rank is the sum of
//! an array and a search touches few cache lines. The members themselves are read only where
//! scores are equal. A third level would pay from a hundred million members on.
//!
//! A block is counted: the first change after a clone copies one.

use super::leaf::Leaf;
use super::leaves::Leaves;
use crate::keyspace::allocation::allocated;
use std::sync::Arc;

/// Most leaves of a block: about ten thousand members, and 3 KiB.
const BLOCK_LEAVES_MAX: usize = 256;

/// The position of a leaf in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    block: usize,
    slot: usize,
}

/// Leaves in order.
#[derive(Debug, Clone, Default)]
struct Block {
    numbers: Vec<u32>,
    /// Members of each leaf.
    counts: Vec<u8>,
    /// The first score of each leaf.
    scores: Vec<f64>,
}

/// All leaves in order.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// None is empty.
    blocks: Vec<Arc<Block>>,
    /// Members of each block.
    counts: Vec<u32>,
    /// The first score of each block.
    scores: Vec<f64>,
}

/// The last part whose first pair is at most (score, member), or the first part of all.
fn last_at_most<'a>(
    scores: &[f64],
    score: f64,
    member: &[u8],
    first_of: impl Fn(usize) -> &'a Leaf,
) -> usize {
    // An empty set has one leaf, without a first pair.
    if scores.len() == 1 {
        return 0;
    }
    let less = scores.partition_point(|first| *first < score);
    let equal = scores[less..].partition_point(|first| *first <= score);
    let (mut low, mut high) = (less, less + equal);
    while low < high {
        let middle = (low + high) / 2;
        let is_at_most = first_of(middle).member(0) <= member;
        if is_at_most { low = middle + 1 } else { high = middle }
    }
    low.saturating_sub(1)
}

impl Order {
    /// An order of one empty leaf.
    pub fn new(number: u32) -> Order {
        let block = Block { numbers: vec![number], counts: vec![0], scores: vec![0.0] };
        Order { blocks: vec![Arc::new(block)], counts: vec![0], scores: vec![0.0] }
    }

    /// The number of the leaf at `place`.
    pub fn number(&self, place: Place) -> u32 {
        self.blocks[place.block].numbers[place.slot]
    }

    /// The position of the first leaf.
    pub fn first(&self) -> Place {
        Place { block: 0, slot: 0 }
    }

    /// The position of the last leaf.
    pub fn last(&self) -> Place {
        let block = self.blocks.len() - 1;
        Place { block, slot: self.blocks[block].numbers.len() - 1 }
    }

    /// The position of the next leaf.
    pub fn after(&self, place: Place) -> Option<Place> {
        if place.slot + 1 < self.blocks[place.block].numbers.len() {
            return Some(Place { slot: place.slot + 1, ..place });
        }
        let block = place.block + 1;
        (block < self.blocks.len()).then_some(Place { block, slot: 0 })
    }

    /// The position of the previous leaf.
    pub fn before(&self, place: Place) -> Option<Place> {
        if let Some(slot) = place.slot.checked_sub(1) {
            return Some(Place { slot, ..place });
        }
        let block = place.block.checked_sub(1)?;
        Some(Place { block, slot: self.blocks[block].numbers.len() - 1 })
    }

    /// The neighbour after `place` in the same block, if there is one.
    pub fn sibling(&self, place: Place) -> Option<Place> {
        self.after(place).filter(|next| next.block == place.block)
    }

    /// The leaf in which (score, member) is, or belongs.
    pub fn find(&self, leaves: &Leaves, score: f64, member: &[u8]) -> Place {
        let leaf = |number: u32| leaves.get(number);
        let block =
            last_at_most(&self.scores, score, member, |at| leaf(self.blocks[at].numbers[0]));
        let inside = &self.blocks[block];
        let slot = last_at_most(&inside.scores, score, member, |at| leaf(inside.numbers[at]));
        Place { block, slot }
    }

    /// The last leaf whose first score is `before`, or the first leaf of all. `before` must be true
    /// up to some score and false from there on. Only arrays are read.
    pub fn find_score(&self, before: impl Fn(f64) -> bool) -> Place {
        let block = self.scores.partition_point(|score| before(*score)).saturating_sub(1);
        let scores = &self.blocks[block].scores;
        let slot = scores.partition_point(|score| before(*score)).saturating_sub(1);
        Place { block, slot }
    }

    /// The first leaf whose last pair is not `before`, or the last leaf of all. `before` must be
    /// true up to some point of the order and false from there on.
    pub fn partition_point(&self, leaves: &Leaves, before: impl Fn(&Leaf) -> bool) -> Place {
        let last_leaf = |block: &Arc<Block>| leaves.get(block.numbers[block.numbers.len() - 1]);
        let block = self.blocks.partition_point(|block| before(last_leaf(block)));
        let Some(inside) = self.blocks.get(block) else { return self.last() };
        let slot = inside.numbers.partition_point(|number| before(leaves.get(*number)));
        Place { block, slot }
    }

    /// Members in all leaves before `place`.
    pub fn rank(&self, place: Place) -> usize {
        let blocks: u64 = self.counts[..place.block].iter().map(|count| u64::from(*count)).sum();
        let inside = &self.blocks[place.block].counts[..place.slot];
        // At most 256 times 64.
        let leaves: u32 = inside.iter().map(|count| u32::from(*count)).sum();
        blocks as usize + leaves as usize
    }

    /// The leaf of the member with `rank`, and its position there. `rank` must be less than the
    /// number of members.
    pub fn nth(&self, rank: usize) -> (Place, usize) {
        let mut rest = rank;
        let block = skip(&self.counts, &mut rest);
        let slot = skip(&self.blocks[block].counts, &mut rest);
        (Place { block, slot }, rest)
    }

    /// Sets count and first score of the leaf at `place` to what they are now.
    pub fn update(&mut self, place: Place, leaf: &Leaf) {
        let (count, score) = (leaf.len() as u8, if leaf.len() > 0 { leaf.score(0) } else { 0.0 });
        let block = Arc::make_mut(&mut self.blocks[place.block]);
        let total = &mut self.counts[place.block];
        *total = *total + u32::from(count) - u32::from(block.counts[place.slot]);
        block.counts[place.slot] = count;
        block.scores[place.slot] = score;
        if place.slot == 0 {
            self.scores[place.block] = score;
        }
    }

    /// Adds a leaf at `place`, before the one that is there, or after the last one of its block.
    /// Returns where it is, because a full block is split. Its count is to be updated.
    pub fn insert(&mut self, place: Place, number: u32) -> Place {
        let mut place = place;
        if self.blocks[place.block].numbers.len() == BLOCK_LEAVES_MAX {
            place = self.split(place);
        }
        let block = Arc::make_mut(&mut self.blocks[place.block]);
        block.numbers.insert(place.slot, number);
        block.counts.insert(place.slot, 0);
        block.scores.insert(place.slot, 0.0);
        place
    }

    /// Where a leaf can be added so that it comes after the one at `place`.
    pub fn behind(&self, place: Place) -> Place {
        Place { slot: place.slot + 1, ..place }
    }

    /// Splits the full block of `place`, and returns where `place` is now. At either end of the
    /// order a full block is left nearly full: scores that only rise or only fall go on there.
    fn split(&mut self, place: Place) -> Place {
        let block = Arc::make_mut(&mut self.blocks[place.block]);
        let full = block.numbers.len();
        let is_last = place.block + 1 == self.counts.len() && place.slot == full;
        let is_first = place.block == 0 && place.slot == 0;
        let at = match (is_first, is_last) {
            (_, true) => full * 7 / 8,
            (true, _) => full / 8,
            _ => full / 2,
        };
        let upper = Block {
            numbers: block.numbers.split_off(at),
            counts: block.counts.split_off(at),
            scores: block.scores.split_off(at),
        };
        self.insert_block(place.block + 1, upper);
        let upper_count = self.counts[place.block + 1];
        self.counts[place.block] -= upper_count;
        if place.slot > at {
            Place { block: place.block + 1, slot: place.slot - at }
        } else {
            place
        }
    }

    fn insert_block(&mut self, at: usize, block: Block) {
        self.counts.insert(at, block.counts.iter().map(|count| u32::from(*count)).sum());
        self.scores.insert(at, block.scores[0]);
        self.blocks.insert(at, Arc::new(block));
    }

    /// Removes the leaf at `place`, which is not the only one, and with it its count.
    pub fn remove(&mut self, place: Place) {
        let block = Arc::make_mut(&mut self.blocks[place.block]);
        block.numbers.remove(place.slot);
        self.counts[place.block] -= u32::from(block.counts.remove(place.slot));
        block.scores.remove(place.slot);
        match block.scores.first() {
            None => self.remove_block(place.block),
            Some(first) => {
                self.scores[place.block] = *first;
                self.merge(place.block);
            }
        }
    }

    fn remove_block(&mut self, at: usize) {
        self.blocks.remove(at);
        self.counts.remove(at);
        self.scores.remove(at);
    }

    /// Joins a block of few leaves with the one after it.
    fn merge(&mut self, at: usize) {
        let len = self.blocks[at].numbers.len();
        let fits = |next: &Arc<Block>| len + next.numbers.len() <= BLOCK_LEAVES_MAX / 2;
        if len > BLOCK_LEAVES_MAX / 8 || !self.blocks.get(at + 1).is_some_and(fits) {
            return;
        }
        let next = Arc::clone(&self.blocks[at + 1]);
        let block = Arc::make_mut(&mut self.blocks[at]);
        block.numbers.extend_from_slice(&next.numbers);
        block.counts.extend_from_slice(&next.counts);
        block.scores.extend_from_slice(&next.scores);
        self.counts[at] += self.counts[at + 1];
        self.remove_block(at + 1);
    }

    /// Bytes on the heap: an estimate of the blocks, which are a hundredth of all.
    pub fn heap_bytes(&self) -> usize {
        const LEAF_BYTES: usize = size_of::<u32>() + size_of::<u8>() + size_of::<f64>();
        let block_bytes = match self.blocks.as_slice() {
            [only] => allocated(only.numbers.capacity() * LEAF_BYTES),
            _ => allocated(BLOCK_LEAVES_MAX * LEAF_BYTES),
        };
        let own = size_of::<Arc<Block>>() + size_of::<u32>() + size_of::<f64>();
        allocated(self.blocks.capacity() * own)
            + self.blocks.len() * (block_bytes + allocated(size_of::<Block>() + 16))
    }

    /// Checks the counts, the first scores, and that all leaves are in order.
    ///
    /// # Panics
    /// If they are not.
    pub fn check_invariants(&self, leaves: &Leaves) {
        assert!(self.blocks.len() == self.counts.len() && self.blocks.len() == self.scores.len());
        for (at, block) in self.blocks.iter().enumerate() {
            assert!((1..=BLOCK_LEAVES_MAX).contains(&block.numbers.len()), "leaves of a block");
            let sum: u32 = block.counts.iter().map(|count| u32::from(*count)).sum();
            assert_eq!(sum, self.counts[at], "members of a block");
            assert_eq!(block.scores[0], self.scores[at], "first score of a block");
            for slot in 0..block.numbers.len() {
                let leaf = leaves.get(block.numbers[slot]);
                assert_eq!(leaf.len(), usize::from(block.counts[slot]), "members of a leaf");
                assert!(leaf.len() == 0 || leaf.score(0) == block.scores[slot], "first score");
            }
        }
    }
}

/// The part in which the element number `rest` is; `rest` becomes its number within the part.
///
/// Sixteen parts are skipped at a time: their sum needs no branch.
fn skip<T: Copy + Into<u32>>(counts: &[T], rest: &mut usize) -> usize {
    const STRIDE: usize = 16;
    let mut at = 0;
    for chunk in counts.as_chunks::<STRIDE>().0 {
        let sum: usize = chunk.iter().map(|count| (*count).into() as usize).sum();
        if *rest < sum {
            break;
        }
        *rest -= sum;
        at += STRIDE;
    }
    while at + 1 < counts.len() && *rest >= counts[at].into() as usize {
        *rest -= counts[at].into() as usize;
        at += 1;
    }
    at
}
