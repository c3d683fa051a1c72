//! The number of nodes of a radix tree over the ids of chunks, which XINFO STREAM shows.
//!
//! Redis finds a stream's nodes in such a tree, by the sixteen bytes of their ids. Here nothing of
//! that kind exists, but the number follows from the ids alone: a node wherever two keys part, one
//! for the bytes that lead from there to the next such place (or to the end), and one for each key.

use super::id::Id;

/// Bytes of an id.
const BYTES: u32 = 16;

/// The path to the last id: where it parts from others. A branch is counted when the path leaves
/// it, and the bytes that lead somewhere when the path leaves them.
#[derive(Default)]
struct Path {
    nodes: usize,
    branches: Vec<u32>,
}

impl Path {
    /// Leaves all branches below `depth`, and says where the bytes above the first of them end.
    fn leave(&mut self, is_below: impl Fn(u32) -> bool) -> u32 {
        let mut end = BYTES;
        while let Some(branch) = self.branches.pop_if(|branch| is_below(*branch)) {
            // The bytes behind the one that makes the difference, and the branch itself.
            self.nodes += usize::from(end > branch + 1) + 1;
            end = branch;
        }
        end
    }
}

/// Nodes of a tree with these ids, which rise.
pub fn nodes(ids: impl Iterator<Item = Id>) -> usize {
    let mut path = Path::default();
    let mut before: Option<u128> = None;
    for id in ids {
        let bytes = u128::from_be_bytes(id.to_bytes());
        if let Some(before) = before {
            let depth = (before ^ bytes).leading_zeros() / 8;
            let end = path.leave(|branch| branch > depth);
            path.nodes += usize::from(end > depth + 1);
            if path.branches.last() != Some(&depth) {
                path.branches.push(depth);
            }
        }
        // The empty node at the end of each key.
        path.nodes += 1;
        before = Some(bytes);
    }
    let end = path.leave(|_| true);
    // A tree without keys has its root.
    path.nodes + usize::from(end > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree by its definition.
    fn by_definition(keys: &[[u8; 16]], depth: usize) -> usize {
        if depth == 16 {
            return 1;
        }
        let same = (depth..16).take_while(|at| keys.iter().all(|k| k[*at] == keys[0][*at])).count();
        let at = depth + same;
        let path = usize::from(same > 0);
        if at == 16 {
            return path + 1;
        }
        let parts = keys.chunk_by(|one, next| one[at] == next[at]);
        path + 1 + parts.map(|part| by_definition(part, at + 1)).sum::<usize>()
    }

    /// Ensures that the count is that of the tree, for close and for distant ids.
    #[test]
    fn nodes_are_counted() {
        assert_eq!(nodes(std::iter::empty()), 1);
        for seed in 0..300 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut ids: Vec<Id> = (0..random.usize(1..60))
                .map(|_| {
                    let below = [5, 300, 70_000, u64::MAX][random.usize(..4)];
                    let sequence = [2, 300, u64::MAX][random.usize(..3)];
                    Id::new(random.u64(..below), random.u64(..sequence))
                })
                .collect();
            ids.sort_unstable();
            ids.dedup();
            let keys: Vec<[u8; 16]> = ids.iter().map(|id| id.to_bytes()).collect();
            let counted = nodes(ids.iter().copied());
            assert_eq!(counted, by_definition(&keys, 0), "seed {seed}: {ids:?}");
        }
    }
}
