//! All leaves of a sorted set by number, and how many bytes they take.
//!
//! The number of a leaf never changes, whatever its position in the order; so the index of members
//! need not know of leaves that come and go between others.

use super::leaf::Leaf;
use crate::keyspace::allocation::allocated;
use crate::keyspace::types::chunked::Chunked;

/// Leaves that share a counted chunk: the first change after a clone copies about 20 KiB.
const CHUNK_LEAVES: usize = 16;

/// Leaves by number.
#[derive(Debug, Clone)]
pub struct Leaves {
    leaves: Chunked<Leaf, CHUNK_LEAVES>,
    /// Numbers that are not used; their leaves are empty.
    unused: Vec<u32>,
    /// Bytes that the leaves take, kept in step.
    leaf_bytes: usize,
}

impl Leaves {
    /// No leaves.
    pub fn new() -> Leaves {
        Leaves { leaves: Chunked::default(), unused: Vec::new(), leaf_bytes: 0 }
    }

    /// The leaf with a number.
    pub fn get(&self, number: u32) -> &Leaf {
        self.leaves.get(number as usize)
    }

    /// Changes the leaf with a number.
    pub fn change<R>(&mut self, number: u32, change: impl FnOnce(&mut Leaf) -> R) -> R {
        let leaf = self.leaves.get_mut(number as usize);
        let before = leaf.heap_bytes();
        let result = change(leaf);
        self.leaf_bytes = self.leaf_bytes + leaf.heap_bytes() - before;
        result
    }

    /// The number of a new, empty leaf.
    pub fn add(&mut self) -> u32 {
        self.unused.pop().unwrap_or_else(|| {
            self.leaves.push(Leaf::default());
            self.leaves.len() as u32 - 1
        })
    }

    /// Gives up the leaf with a number, and its memory.
    pub fn give_up(&mut self, number: u32) {
        self.change(number, |leaf| *leaf = Leaf::default());
        self.unused.push(number);
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let unused = allocated(self.unused.capacity() * size_of::<u32>());
        self.leaves.heap_bytes() + unused + self.leaf_bytes
    }

    /// Number of leaves in use.
    pub fn used(&self) -> usize {
        self.leaves.len() - self.unused.len()
    }

    /// Checks every leaf and the account.
    ///
    /// # Panics
    /// If something is wrong.
    pub fn check_invariants(&self) {
        let leaves = (0..self.leaves.len()).map(|number| self.leaves.get(number));
        let bytes: usize = leaves.clone().map(Leaf::heap_bytes).sum();
        assert_eq!(bytes, self.leaf_bytes, "bytes of the leaves");
        leaves.for_each(Leaf::check_invariants);
        for number in &self.unused {
            assert_eq!(self.get(*number).len(), 0, "an unused leaf is empty");
        }
    }
}
