//! A byte buffer with room at both ends: what is added or removed at an end moves nothing.
//!
//! A list grows and shrinks at its ends. A plain vector would move all its bytes for each element
//! at the front; a ring buffer would tear elements in two. Here the live bytes are contiguous and
//! begin at `start`; the room before them grows like the room after them.

use crate::keyspace::allocation::allocated;
use crate::keyspace::types::chunked::clone_with_capacity;
use std::ops::Range;

/// Least room that is made, in bytes.
const ROOM_MIN: usize = 32;

/// Most room that is made at an end: an eighth of a full chunk.
const ROOM_MAX: usize = 512;

/// Contiguous bytes with room at both ends.
#[derive(Debug, Default)]
pub struct TwoEnded {
    bytes: Vec<u8>,
    /// Offset of the first live byte. 32 bits are enough: a buffer belongs to a chunk of a list.
    start: u32,
}

impl Clone for TwoEnded {
    fn clone(&self) -> TwoEnded {
        TwoEnded { bytes: clone_with_capacity(&self.bytes), start: self.start }
    }
}

impl TwoEnded {
    /// The live bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start()..]
    }

    /// Number of live bytes.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.start()
    }

    fn start(&self) -> usize {
        self.start as usize
    }

    /// Inserts `added` at `at`, and moves the shorter part aside if there is room on its side.
    pub fn insert(&mut self, at: usize, added: &[u8]) {
        let (len, count) = (self.len(), added.len());
        if at == 0 && len > 0 && self.start() < count {
            self.make_front_room(count);
        }
        if at * 2 < len && self.start() >= count {
            let old = self.start();
            self.start -= count as u32;
            let new = self.start();
            self.bytes.copy_within(old..old + at, new);
            self.bytes[new + at..new + at + count].copy_from_slice(added);
        } else {
            self.make_back_room(count, at == len);
            let (at, end) = (self.start() + at, self.bytes.len());
            if at == end {
                return self.bytes.extend_from_slice(added);
            }
            self.bytes.resize(end + count, 0);
            self.bytes.copy_within(at..end, at + count);
            self.bytes[at..at + count].copy_from_slice(added);
        }
    }

    /// As much room as there are bytes already, within limits: a buffer is filled with a constant
    /// number of copies per byte, and little of it is left unused.
    fn make_front_room(&mut self, count: usize) {
        let room = self.len().clamp(ROOM_MIN, ROOM_MAX).max(count);
        let mut bytes = Vec::with_capacity(room + self.len());
        bytes.resize(room, 0);
        bytes.extend_from_slice(self.as_slice());
        (self.bytes, self.start) = (bytes, room as u32);
    }

    /// The same after the bytes. The room in front is used if half of the buffer is free there:
    /// a queue goes through its buffer like that. An insertion in the middle moves bytes anyway,
    /// and another one is not to be expected, so it gets little room.
    fn make_back_room(&mut self, count: usize, is_at_end: bool) {
        if self.bytes.len() + count <= self.bytes.capacity() {
            return;
        }
        if self.start() > self.len() + count {
            self.bytes.drain(..self.start());
            self.start = 0;
            return;
        }
        let room_max = if is_at_end { ROOM_MAX } else { ROOM_MIN };
        let room = self.len().clamp(ROOM_MIN, room_max).max(count);
        self.bytes.reserve_exact(room);
    }

    /// Removes the bytes of `range`, and closes the gap with the shorter part.
    pub fn remove(&mut self, range: Range<usize>) {
        let (len, start) = (self.len(), self.start());
        if range.start < len - range.end {
            self.bytes.copy_within(start..start + range.start, start + range.len());
            self.start += range.len() as u32;
        } else {
            self.bytes.copy_within(start + range.end.., start + range.start);
            self.bytes.truncate(start + len - range.len());
        }
        if self.len() == 0 {
            self.bytes.clear();
            self.start = 0;
        }
    }

    /// Gives the room at both ends back.
    pub fn fit(&mut self) {
        self.bytes.drain(..self.start());
        self.start = 0;
        self.bytes.shrink_to_fit();
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        allocated(self.bytes.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that random insertions and removals do what a vector does.
    #[test]
    fn random_changes_match_a_vector() {
        for seed in 0..20 {
            println!("seed {seed}");
            let mut random = fastrand::Rng::with_seed(seed);
            let (mut buffer, mut model) = (TwoEnded::default(), Vec::new());
            for step in 0..2_000_u32 {
                let at = [0, model.len(), random.usize(..=model.len())][random.usize(..3)];
                if random.u8(..5) < 3 {
                    let added: Vec<u8> =
                        (0..random.u8(..20)).map(|byte| byte ^ step as u8).collect();
                    buffer.insert(at, &added);
                    model.splice(at..at, added);
                } else {
                    let end = model.len().min(at + random.usize(..25));
                    buffer.remove(at..end);
                    model.drain(at..end);
                }
                if random.u8(..100) == 0 {
                    buffer.fit();
                    assert!(buffer.bytes.capacity() == model.len());
                }
                assert_eq!(buffer.as_slice(), model);
            }
        }
    }

    /// Ensures that a queue that goes through its buffer does not make it larger and larger.
    #[test]
    fn a_queue_stays_in_its_buffer() {
        let mut buffer = TwoEnded::default();
        for step in 0..10_000_u32 {
            buffer.insert(buffer.len(), &step.to_le_bytes());
            if step >= 16 {
                buffer.remove(0..4);
            }
        }
        assert!(buffer.bytes.capacity() <= 256, "{} bytes", buffer.bytes.capacity());
    }
}
