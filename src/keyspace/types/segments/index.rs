//! The index of a segment: for a hash, the numbers of the entries that may have it.
//!
//! # Why not an ordinary hash table
//! A lookup costs cache misses. Here it costs one, next to that of the entry, because a slot has
//! all that is needed in two bytes: ten bits of the entry's number, and six bits of its hash, so
//! that an entry with another name is looked at once in sixty-four times only. In a table of a
//! million names that is a third of the memory of hashbrown's, and half of its time.
//!
//! # How
//! Open addressing with linear probing (Knuth, volume 3, 6.4). A removed number leaves a mark, so
//! that a search continues after it; the owner rebuilds the index when there are many. The
//! number of slots is not a power of two: the upper bits of the hash are scaled to it.
//!
//! A segment has some hundred entries. If one ever has more than fit into two bytes, which
//! takes names that were chosen with the knowledge of their hashes, its slots have four.

use crate::keyspace::allocation::allocated;

/// Slots for every two entries that there is room for: two thirds are taken at most.
const SLOTS_PER_TWO: usize = 3;

/// Where numbers are kept.
#[derive(Debug, Clone)]
enum Slots {
    Narrow(Box<[u16]>),
    Wide(Box<[u32]>),
}

/// Numbers of entries by their hash.
#[derive(Debug, Clone)]
pub(super) struct Index {
    slots: Slots,
    /// Slots that are not empty: with numbers or marks.
    used: u32,
}

impl Index {
    /// An empty index with room for `len` entries.
    pub fn with_capacity(len: usize) -> Index {
        let slots = (len * SLOTS_PER_TWO).div_ceil(2).max(4);
        let slots = match len <= u16::PLACES {
            true => Slots::Narrow(vec![u16::EMPTY; slots].into()),
            false => Slots::Wide(vec![u32::EMPTY; slots].into()),
        };
        Index { slots, used: 0 }
    }

    /// Whether one more number fits. If not, the index has to be rebuilt, and made larger
    /// unless most of it are marks.
    pub fn has_room(&self) -> bool {
        let (slots, used) = (self.slots(), self.used as usize + 1);
        used * SLOTS_PER_TWO <= slots * 2
    }

    /// The number of an entry with this hash that `is_it`.
    pub fn find(&self, hash: u64, is_it: impl FnMut(usize) -> bool) -> Option<usize> {
        match &self.slots {
            Slots::Narrow(slots) => find(slots, hash, is_it).map(|(_, place)| place),
            Slots::Wide(slots) => find(slots, hash, is_it).map(|(_, place)| place),
        }
    }

    /// Adds a number; there has to be room.
    pub fn insert(&mut self, hash: u64, place: usize) {
        let was_empty = match &mut self.slots {
            Slots::Narrow(slots) => insert(slots, hash, place),
            Slots::Wide(slots) => insert(slots, hash, place),
        };
        self.used += u32::from(was_empty);
    }

    /// Removes a number.
    pub fn remove(&mut self, hash: u64, place: usize) {
        match &mut self.slots {
            Slots::Narrow(slots) => replace(slots, hash, place, None),
            Slots::Wide(slots) => replace(slots, hash, place, None),
        }
    }

    /// Gives an entry another number.
    pub fn renumber(&mut self, hash: u64, place: usize, new: usize) {
        match &mut self.slots {
            Slots::Narrow(slots) => replace(slots, hash, place, Some(new)),
            Slots::Wide(slots) => replace(slots, hash, place, Some(new)),
        }
    }

    /// Bytes on the heap, as the allocator rounds them.
    pub fn heap_bytes(&self) -> usize {
        allocated(match &self.slots {
            Slots::Narrow(slots) => size_of_val(&**slots),
            Slots::Wide(slots) => size_of_val(&**slots),
        })
    }

    /// Numbers that it has.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        match &self.slots {
            Slots::Narrow(slots) => slots.iter().filter(|slot| slot.place().is_some()).count(),
            Slots::Wide(slots) => slots.iter().filter(|slot| slot.place().is_some()).count(),
        }
    }

    fn slots(&self) -> usize {
        match &self.slots {
            Slots::Narrow(slots) => slots.len(),
            Slots::Wide(slots) => slots.len(),
        }
    }
}

/// A slot: empty, a mark, or a number with six bits of a hash above it.
trait Slot: Copy + Eq {
    /// No number, and none after it.
    const EMPTY: Self;
    /// There was a number.
    const MARK: Self;
    /// Numbers from 0 on that fit.
    const PLACES: usize;
    fn of(hash: u64, place: usize) -> Self;
    fn place(self) -> Option<usize>;
    /// Whether it has the hash bits of `other`; marks may seem to.
    fn is_like(self, other: Self) -> bool;
}

/// Bits of the hash that a slot has.
const TAG_BITS: u32 = 6;

/// They are in the middle of the hash: the lower ones select the segment, the upper ones the
/// slots.
const TAG_SHIFT: u32 = 26;

macro_rules! slot {
    ($slot:ty) => {
        impl Slot for $slot {
            const EMPTY: $slot = <$slot>::MAX;
            const MARK: $slot = <$slot>::MAX - 1;
            // Two numbers less: with all bits of the hash set they would be the values above.
            const PLACES: usize = (1 << (<$slot>::BITS - TAG_BITS)) - 2;

            fn of(hash: u64, place: usize) -> $slot {
                let tag = (hash >> TAG_SHIFT) as $slot;
                tag << (<$slot>::BITS - TAG_BITS) | place as $slot
            }

            fn place(self) -> Option<usize> {
                let is_place = self != <$slot>::EMPTY && self != <$slot>::MARK;
                is_place.then_some((self & (<$slot>::MAX >> TAG_BITS)) as usize)
            }

            fn is_like(self, other: $slot) -> bool {
                (self ^ other) >> (<$slot>::BITS - TAG_BITS) == 0
            }
        }
    };
}
slot!(u16);
slot!(u32);

/// The slot in which the search for a hash begins.
fn home(hash: u64, slots: usize) -> usize {
    (((hash >> 32) * slots as u64) >> 32) as usize
}

/// The slots in the order of a search.
fn probes(hash: u64, slots: usize) -> impl Iterator<Item = usize> {
    let home = home(hash, slots);
    (home..slots).chain(0..home)
}

fn find<S: Slot>(
    slots: &[S],
    hash: u64,
    mut is_it: impl FnMut(usize) -> bool,
) -> Option<(usize, usize)> {
    let wanted = S::of(hash, 0);
    for at in probes(hash, slots.len()) {
        let slot = slots[at];
        if slot == S::EMPTY {
            return None;
        }
        if slot.is_like(wanted)
            && let Some(place) = slot.place()
            && is_it(place)
        {
            return Some((at, place));
        }
    }
    None
}

/// Puts a number into the first slot without one, and says whether that was empty.
fn insert<S: Slot>(slots: &mut [S], hash: u64, place: usize) -> bool {
    let free = probes(hash, slots.len()).find(|at| slots[*at].place().is_none());
    free.is_some_and(|at| {
        let before = std::mem::replace(&mut slots[at], S::of(hash, place));
        before == S::EMPTY
    })
}

fn replace<S: Slot>(slots: &mut [S], hash: u64, place: usize, new: Option<usize>) {
    if let Some((at, _)) = find(slots, hash, |other| other == place) {
        slots[at] = new.map_or(S::MARK, |new| S::of(hash, new));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;
    use std::collections::HashMap;

    /// Ensures that numbers are found by their hash while they come and go, in slots of both
    /// widths, and with hashes that differ little.
    #[test]
    fn numbers_are_found_by_their_hash() {
        for (seed, len, mask) in [(1, 900, u64::MAX), (2, 3_000, u64::MAX), (3, 300, 0x7_0000_0000)]
        {
            let mut rng = Rng::with_seed(seed);
            let mut index = Index::with_capacity(len);
            assert_eq!(matches!(index.slots, Slots::Wide(_)), len > u16::PLACES);
            let mut model: HashMap<usize, u64> = HashMap::new();
            for _ in 0..20 * len {
                let place = rng.usize(..len);
                match model.remove(&place) {
                    Some(hash) if rng.bool() => {
                        let free = (0..len).find(|other| !model.contains_key(other));
                        let free = free.unwrap_or(place);
                        index.renumber(hash, place, free);
                        model.insert(free, hash);
                    }
                    Some(hash) => index.remove(hash, place),
                    None if index.has_room() => {
                        let hash = rng.u64(..) & mask;
                        index.insert(hash, place);
                        model.insert(place, hash);
                    }
                    None => {
                        index = Index::with_capacity(len);
                        model.iter().for_each(|(place, hash)| index.insert(*hash, *place));
                    }
                }
            }
            assert_eq!(index.len(), model.len(), "seed {seed}");
            for (place, hash) in &model {
                let found = index.find(*hash, |other| other == *place);
                assert_eq!(found, Some(*place), "seed {seed}");
            }
        }
    }
}
