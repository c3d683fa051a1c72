//! The memory of a packed block.
//!
//! | bytes | form |
//! |---|---|
//! | up to [`INLINE_BYTES`] | in the structure itself |
//! | up to [`EXACT_BYTES_MAX`] | an allocation that fits, and the last elements in the structure |
//! | more | an allocation with some slack |
//!
//! The middle form is for hashes of three to ten fields, the most usual ones. The structure has to
//! be large enough for the smallest values; when the block is on the heap, that place would be
//! empty. With the last [`TAIL_BYTES`] in it, the allocation is one size class smaller, and every
//! second element is added without touching the heap.
//!
//! In each form the bytes are two slices, *head* and *tail*, and no element is cut in two. An
//! offset counts through both.

use crate::keyspace::allocation::allocated;

/// Bytes that live in the structure itself. With it, an entry of the keyspace fills the size class
/// of its allocation.
pub const INLINE_BYTES: usize = 36;

/// Bytes below which a block moves back into the structure: somewhat less than fits there, so that
/// a block whose last element comes and goes does not move each time.
const INLINE_AGAIN_BYTES: usize = 28;

/// Bytes of the last elements that live in the structure although the others do not: a name and a
/// value of eight bytes each.
const TAIL_BYTES: usize = 19;

/// Bytes up to which the allocator's own rounding is slack enough.
const EXACT_BYTES_MAX: usize = 512;

/// Bytes below which an allocation with slack becomes one without.
const EXACT_AGAIN_BYTES: usize = 384;

/// The bytes, how many elements they are, and the owner's marks.
#[derive(Debug, Clone)]
pub(super) enum Storage {
    Inline { marks: u8, count: u8, len: u8, data: [u8; INLINE_BYTES] },
    Split { marks: u8, count: u16, tail_len: u8, tail: [u8; TAIL_BYTES], head: Box<[u8]> },
    Grown { marks: u8, count: u32, bytes: Vec<u8> },
}

impl Default for Storage {
    fn default() -> Storage {
        Storage::Inline { marks: 0, count: 0, len: 0, data: [0; INLINE_BYTES] }
    }
}

impl Storage {
    /// All bytes.
    pub fn slices(&self) -> (&[u8], &[u8]) {
        match self {
            Storage::Inline { len, data, .. } => (&data[..usize::from(*len)], &[]),
            Storage::Split { tail_len, tail, head, .. } => (head, &tail[..usize::from(*tail_len)]),
            Storage::Grown { bytes, .. } => (bytes, &[]),
        }
    }

    /// The bytes from `offset` on.
    pub fn slices_from(&self, offset: usize) -> (&[u8], &[u8]) {
        let (head, tail) = self.slices();
        match head.get(offset..) {
            Some(head) => (head, tail),
            None => (&[], tail.get(offset - head.len()..).unwrap_or_default()),
        }
    }

    /// The bytes from `offset` on to the end of the slice that they are in: the whole element that
    /// begins there, at least.
    pub fn rest(&self, offset: usize) -> &[u8] {
        match self.slices_from(offset) {
            ([], tail) => tail,
            (head, _) => head,
        }
    }

    pub fn len(&self) -> usize {
        let (head, tail) = self.slices();
        head.len() + tail.len()
    }

    pub fn count(&self) -> usize {
        match self {
            Storage::Inline { count, .. } => usize::from(*count),
            Storage::Split { count, .. } => usize::from(*count),
            Storage::Grown { count, .. } => *count as usize,
        }
    }

    /// To be called with [`Storage::splice`]. An element has a byte at least, so there are no more
    /// than each form can count.
    pub fn set_count(&mut self, new: usize) {
        match self {
            Storage::Inline { count, .. } => *count = new as u8,
            Storage::Split { count, .. } => *count = new as u16,
            Storage::Grown { count, .. } => *count = new as u32,
        }
    }

    pub fn marks(&self) -> u8 {
        match self {
            Storage::Inline { marks, .. }
            | Storage::Split { marks, .. }
            | Storage::Grown { marks, .. } => *marks,
        }
    }

    pub fn set_marks(&mut self, new: u8) {
        match self {
            Storage::Inline { marks, .. }
            | Storage::Split { marks, .. }
            | Storage::Grown { marks, .. } => *marks = new,
        }
    }

    pub fn heap_bytes(&self) -> usize {
        match self {
            Storage::Inline { .. } => 0,
            Storage::Split { head, .. } => allocated(head.len()),
            Storage::Grown { bytes, .. } => allocated(bytes.capacity()),
        }
    }

    /// Makes room for `more` bytes, where there is a form that has room.
    pub fn reserve(&mut self, more: usize) {
        let wanted = self.len().saturating_add(more);
        if wanted > EXACT_BYTES_MAX {
            self.grow(wanted);
        }
    }

    /// Replaces `removed` bytes at `at` by `parts`. The caller sees to it that whole elements come
    /// and go.
    pub fn splice(&mut self, at: usize, removed: usize, parts: &[&[u8]]) {
        let added: usize = parts.iter().map(|part| part.len()).sum();
        let len = self.len() - removed + added;
        match self {
            Storage::Inline { .. } if len > EXACT_BYTES_MAX => self.grow(len),
            Storage::Inline { .. } if len > INLINE_BYTES => self.split_up(),
            Storage::Split { .. } if len > EXACT_BYTES_MAX => self.grow(len),
            Storage::Grown { bytes, .. } if len > bytes.capacity() => self.grow(len),
            _ => {}
        }
        match self {
            Storage::Inline { len, data, .. } => {
                let old_len = usize::from(*len);
                *len = (old_len - removed + added) as u8;
                data.copy_within(at + removed..old_len, at + added);
                write(&mut data[at..at + added], parts);
            }
            Storage::Split { tail_len, tail, head, .. } => {
                splice_split(head, tail, tail_len, at, removed, parts, added);
            }
            Storage::Grown { bytes, .. } => splice_vec(bytes, at, removed, parts, added),
        }
        if added < removed {
            self.fit();
        }
    }

    /// Moves what is in the structure to an allocation. What is added next may become the tail.
    fn split_up(&mut self) {
        let (head, _) = self.slices();
        *self = Storage::Split {
            marks: self.marks(),
            count: self.count() as u16,
            tail_len: 0,
            tail: [0; TAIL_BYTES],
            head: head.into(),
        };
    }

    /// Gives an allocation with room for `wanted` bytes.
    fn grow(&mut self, wanted: usize) {
        let room = room_for(wanted);
        if let Storage::Grown { bytes, .. } = self {
            bytes.reserve_exact(room.saturating_sub(bytes.len()));
            return;
        }
        let mut bytes = Vec::with_capacity(room);
        let (head, tail) = self.slices();
        bytes.extend_from_slice(head);
        bytes.extend_from_slice(tail);
        *self = Storage::Grown { marks: self.marks(), count: self.count() as u32, bytes };
    }

    /// Gives back what has become too much.
    fn fit(&mut self) {
        let (marks, count, len) = (self.marks(), self.count(), self.len());
        let (head, tail) = self.slices();
        if len <= INLINE_AGAIN_BYTES {
            let mut data = [0; INLINE_BYTES];
            write(&mut data[..len], &[head, tail]);
            *self = Storage::Inline { marks, count: count as u8, len: len as u8, data };
            return;
        }
        let Storage::Grown { bytes, .. } = self else { return };
        if len < EXACT_AGAIN_BYTES {
            let head = std::mem::take(bytes).into_boxed_slice();
            let (count, tail) = (count as u16, [0; TAIL_BYTES]);
            *self = Storage::Split { marks, count, tail_len: 0, tail, head };
        } else if bytes.capacity() > room_for(len + len / 8) + 32 {
            bytes.shrink_to(room_for(len));
        }
    }

    /// Checks that the bytes are in the form that their number asks for.
    pub fn check_invariants(&self) {
        match self {
            Storage::Inline { len, .. } => assert!(usize::from(*len) <= INLINE_BYTES),
            Storage::Split { .. } => {
                assert!((INLINE_AGAIN_BYTES + 1..=EXACT_BYTES_MAX).contains(&self.len()));
            }
            Storage::Grown { bytes, .. } => assert!(bytes.len() >= EXACT_AGAIN_BYTES),
        }
    }
}

/// [`Storage::splice`] for the form with head and tail. What is added after the last element goes
/// into the tail; if it is full, its elements join the head.
fn splice_split(
    head: &mut Box<[u8]>,
    tail: &mut [u8; TAIL_BYTES],
    tail_len: &mut u8,
    at: usize,
    removed: usize,
    parts: &[&[u8]],
    added: usize,
) {
    let (head_len, old_tail_len) = (head.len(), usize::from(*tail_len));
    let end = head_len + old_tail_len;
    if at >= head_len {
        let (at, tail_after) = (at - head_len, old_tail_len - removed + added);
        if tail_after <= TAIL_BYTES {
            tail.copy_within(at + removed..old_tail_len, at + added);
            write(&mut tail[at..at + added], parts);
            *tail_len = tail_after as u8;
            return;
        }
    }
    let mut bytes = std::mem::take(head).into_vec();
    if at == end && added <= TAIL_BYTES {
        bytes.reserve_exact(old_tail_len);
        bytes.extend_from_slice(&tail[..old_tail_len]);
        write(&mut tail[..added], parts);
        *tail_len = added as u8;
    } else if at + removed <= head_len && at < head_len {
        splice_vec(&mut bytes, at, removed, parts, added);
    } else {
        bytes.reserve_exact((old_tail_len + added).saturating_sub(removed));
        bytes.extend_from_slice(&tail[..old_tail_len]);
        *tail_len = 0;
        splice_vec(&mut bytes, at, removed, parts, added);
    }
    *head = bytes.into_boxed_slice();
}

fn splice_vec(bytes: &mut Vec<u8>, at: usize, removed: usize, parts: &[&[u8]], added: usize) {
    let old_len = bytes.len();
    let new_len = old_len - removed + added;
    bytes.reserve_exact(new_len.saturating_sub(old_len));
    if at + removed == old_len {
        bytes.truncate(at);
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        return;
    }
    bytes.resize(old_len.max(new_len), 0);
    bytes.copy_within(at + removed..old_len, at + added);
    bytes.truncate(new_len);
    write(&mut bytes[at..at + added], parts);
}

fn write(mut target: &mut [u8], parts: &[&[u8]]) {
    for part in parts {
        let (now, later) = target.split_at_mut(part.len());
        now.copy_from_slice(part);
        target = later;
    }
}

/// What to ask the allocator for when `len` bytes are needed: a sixteenth more, and all that it
/// gives anyway.
fn room_for(len: usize) -> usize {
    allocated(len.saturating_add(len / 16)).saturating_sub(size_of::<usize>())
}
