//! Where the bytes of a packed block lie: in the structure itself, or in an allocation that fits.

use crate::keyspace::allocation::allocated;

/// Bytes that live in the structure itself. With tag, marks, count and length it takes four machine
/// words, which is what a vector with a count takes anyway.
pub const INLINE_BYTES: usize = 28;

/// Bytes below which a block moves back into the structure: a little less than fits there, so that
/// a block whose last element comes and goes does not move each time.
const INLINE_AGAIN_BYTES: usize = 20;

/// Bytes above which an allocation has slack: below it, the allocator's own rounding is enough.
const EXACT_BYTES_MAX: usize = 512;

/// The bytes, how many elements they are, and the owner's marks.
#[derive(Debug, Clone)]
pub(super) enum Storage {
    Inline { marks: u8, count: u8, len: u8, data: [u8; INLINE_BYTES] },
    Heap { marks: u8, count: u32, bytes: Vec<u8> },
}

impl Default for Storage {
    fn default() -> Storage {
        Storage::Inline { marks: 0, count: 0, len: 0, data: [0; INLINE_BYTES] }
    }
}

impl Storage {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Storage::Inline { len, data, .. } => &data[..usize::from(*len)],
            Storage::Heap { bytes, .. } => bytes,
        }
    }

    pub fn count(&self) -> usize {
        match self {
            Storage::Inline { count, .. } => usize::from(*count),
            Storage::Heap { count, .. } => *count as usize,
        }
    }

    /// To be called with [`Storage::splice`]: a block in place has fewer bytes than 256, so it has
    /// no more elements than fit in the byte.
    pub fn set_count(&mut self, new: usize) {
        match self {
            Storage::Inline { count, .. } => *count = new as u8,
            Storage::Heap { count, .. } => *count = new as u32,
        }
    }

    pub fn marks(&self) -> u8 {
        match self {
            Storage::Inline { marks, .. } | Storage::Heap { marks, .. } => *marks,
        }
    }

    pub fn set_marks(&mut self, new: u8) {
        match self {
            Storage::Inline { marks, .. } | Storage::Heap { marks, .. } => *marks = new,
        }
    }

    pub fn heap_bytes(&self) -> usize {
        match self {
            Storage::Inline { .. } => 0,
            Storage::Heap { bytes, .. } => allocated(bytes.capacity()),
        }
    }

    /// Makes room for `more` bytes.
    pub fn reserve(&mut self, more: usize) {
        let wanted = self.bytes().len().saturating_add(more);
        match self {
            Storage::Inline { .. } if wanted <= INLINE_BYTES => {}
            Storage::Inline { .. } => self.move_to_heap(wanted),
            Storage::Heap { bytes, .. } if wanted > bytes.capacity() => {
                bytes.reserve_exact(room_for(wanted).saturating_sub(bytes.len()));
            }
            Storage::Heap { .. } => {}
        }
    }

    /// Replaces `removed` bytes at `at` by `parts`. The caller sees to it that whole elements come
    /// and go.
    pub fn splice(&mut self, at: usize, removed: usize, parts: &[&[u8]]) {
        let added: usize = parts.iter().map(|part| part.len()).sum();
        if added > removed {
            self.reserve(added - removed);
        }
        match self {
            Storage::Inline { len, data, .. } => {
                let old_len = usize::from(*len);
                *len = (old_len - removed + added) as u8;
                data.copy_within(at + removed..old_len, at + added);
                write(&mut data[at..at + added], parts);
            }
            Storage::Heap { bytes, .. } if at + removed == bytes.len() => {
                bytes.truncate(at);
                parts.iter().for_each(|part| bytes.extend_from_slice(part));
            }
            Storage::Heap { bytes, .. } => {
                let old_len = bytes.len();
                let new_len = old_len - removed + added;
                bytes.resize(old_len.max(new_len), 0);
                bytes.copy_within(at + removed..old_len, at + added);
                bytes.truncate(new_len);
                write(&mut bytes[at..at + added], parts);
            }
        }
        if added < removed {
            self.fit();
        }
    }

    /// Gives back what has become too much.
    fn fit(&mut self) {
        let Storage::Heap { marks, count, bytes } = self else { return };
        if bytes.len() <= INLINE_AGAIN_BYTES {
            let mut data = [0; INLINE_BYTES];
            data[..bytes.len()].copy_from_slice(bytes);
            let len = bytes.len() as u8;
            *self = Storage::Inline { marks: *marks, count: *count as u8, len, data };
        } else if bytes.capacity() > room_for(bytes.len() + bytes.len() / 8) + 32 {
            bytes.shrink_to(room_for(bytes.len()));
        }
    }

    fn move_to_heap(&mut self, wanted: usize) {
        let (marks, count) = (self.marks(), self.count() as u32);
        let mut bytes = Vec::with_capacity(room_for(wanted));
        bytes.extend_from_slice(self.bytes());
        *self = Storage::Heap { marks, count, bytes };
    }

    /// Checks that no more is allocated than the rule says.
    pub fn check_invariants(&self) {
        if let Storage::Heap { bytes, .. } = self {
            assert!(bytes.len() > INLINE_AGAIN_BYTES || bytes.capacity() > INLINE_BYTES);
        }
    }
}

fn write(mut target: &mut [u8], parts: &[&[u8]]) {
    for part in parts {
        let (now, later) = target.split_at_mut(part.len());
        now.copy_from_slice(part);
        target = later;
    }
}

/// What to ask the allocator for when `len` bytes are needed: all that it would give.
fn room_for(len: usize) -> usize {
    let slack = if len > EXACT_BYTES_MAX { len / 16 } else { 0 };
    allocated(len.saturating_add(slack)).saturating_sub(size_of::<usize>())
}
