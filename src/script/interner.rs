//! The set of strings behind all string values: each distinct text once, known by its index.

/// Bytes that are counted for a string in addition to its text.
pub(super) const STRING_OVERHEAD_BYTES: usize = 48;

/// What the collector knows about a slot of an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing lives here.
    Free,
    /// Not reached, so far, by the current collection.
    White,
    /// Reached.
    Black,
}

/// A set of strings with stable indices.
#[derive(Clone, Default, Debug)]
pub(super) struct Interner {
    pub items: Vec<Item>,
    /// Indices of items that were freed.
    free: Vec<u32>,
    /// Open addressing: index of an item plus one, or zero.
    buckets: Vec<u32>,
    /// Buckets in use, including those of freed items.
    used: usize,
}

/// One string.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub bytes: Box<[u8]>,
    hash: u64,
    pub state: State,
}

impl Interner {
    pub fn find(&self, hash: u64, bytes: &[u8]) -> Option<u32> {
        if self.buckets.is_empty() {
            return None;
        }
        let mask = self.buckets.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.buckets[at];
            if slot == 0 {
                return None;
            }
            let item = &self.items[slot as usize - 1];
            if item.hash == hash && *item.bytes == *bytes {
                return Some(slot - 1);
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a string that [`Self::find`] did not find.
    pub fn insert(&mut self, hash: u64, bytes: Box<[u8]>) -> u32 {
        if (self.used + 1) * 4 > self.buckets.len() * 3 {
            self.rebuild((self.items.len() - self.free.len() + 1) * 2);
        }
        let item = Item { bytes, hash, state: State::White };
        let index = match self.free.pop() {
            Some(index) => {
                self.items[index as usize] = item;
                index
            }
            None => {
                self.items.push(item);
                self.items.len() as u32 - 1
            }
        };
        self.place(index);
        index
    }

    fn place(&mut self, index: u32) {
        let mask = self.buckets.len() - 1;
        let mut at = self.items[index as usize].hash as usize & mask;
        while self.buckets[at] != 0 {
            at = (at + 1) & mask;
        }
        self.buckets[at] = index + 1;
        self.used += 1;
    }

    /// Makes a new array of buckets with room for `count` strings.
    fn rebuild(&mut self, count: usize) {
        let size = (count * 2).next_power_of_two().max(16);
        self.buckets.clear();
        self.buckets.resize(size, 0);
        self.used = 0;
        for index in 0..self.items.len() {
            if self.items[index].state != State::Free {
                self.place(index as u32);
            }
        }
    }

    /// Frees the strings that were not marked, and gives the number of their bytes.
    pub fn sweep(&mut self) -> usize {
        let mut freed = 0;
        for (index, item) in self.items.iter_mut().enumerate() {
            match item.state {
                State::Free => {}
                State::Black => item.state = State::White,
                State::White => {
                    freed += item.bytes.len() + STRING_OVERHEAD_BYTES;
                    item.bytes = Box::default();
                    item.state = State::Free;
                    self.free.push(index as u32);
                }
            }
        }
        if freed > 0 {
            self.rebuild(self.items.len() - self.free.len());
        }
        freed
    }
}
