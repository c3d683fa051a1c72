//! A leaf: up to 64 members of a sorted set with their scores, in order, in one allocation.
//!
//! A member is stored here and nowhere else. The index of the set leads from a member to its
//! leaf, and a byte of its hash, the *tag*, to its position in the leaf: 64 tags are one cache
//! line, which `memchr` compares in a few instructions.
//!
//! # Layout
//! ```text
//! tags 1·room │ ends 2·room │ scores 8·room │ the bytes of the members, without gaps
//! ```
//! `room` is the number of positions that are laid out, `len` how many of them are used. An end
//! is the offset after a member's bytes; its highest bit marks a *long* member, which has no
//! bytes here but a counted reference, so that copying a leaf never copies much.
//!
//! # Invariants
//! Pairs are in strictly rising order of (score, member). The ends never fall.

use crate::keyspace::allocation::allocated;
use crate::keyspace::types::chunked::clone_with_capacity;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

/// Most members of a leaf: their tags fill one cache line.
pub const LEAF_LEN_MAX: usize = 64;

/// Bytes of members beyond which a leaf takes no further one: what is moved to insert one.
const LEAF_BYTES_MAX: usize = 4 * 1024;

/// Bytes of the longest member that is stored in the leaf; eight of these fill it.
const SHORT_BYTES_MAX: usize = 512;

/// Positions by which the room grows.
const ROOM_STEP: usize = 8;

/// Bytes that a position takes besides the member's own.
const HEAD_BYTES: usize = size_of::<u8>() + size_of::<u16>() + size_of::<f64>();

/// The mark of a long member in its end.
const LONG: u16 = 1 << 15;

/// Members in order of (score, bytes).
#[derive(Debug, Default)]
pub struct Leaf {
    /// See the layout above.
    bytes: Vec<u8>,
    len: u8,
    room: u8,
    /// The long members, in order.
    longs: Box<[Arc<[u8]>]>,
}

impl Clone for Leaf {
    fn clone(&self) -> Leaf {
        let (bytes, longs) = (clone_with_capacity(&self.bytes), self.longs.clone());
        Leaf { bytes, longs, ..*self }
    }
}

/// The order of a sorted set; −0.0 and 0.0 are equal, and ties are broken by the bytes.
pub fn compare(score: f64, member: &[u8], other: f64, other_member: &[u8]) -> Ordering {
    // No score is NaN, so two of them can always be compared.
    score.partial_cmp(&other).unwrap_or(Ordering::Equal).then_with(|| member.cmp(other_member))
}

impl Leaf {
    /// Number of members.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    fn room(&self) -> usize {
        usize::from(self.room)
    }

    /// Offset of the members' bytes.
    fn base(&self) -> usize {
        self.room() * HEAD_BYTES
    }

    fn tags(&self) -> &[u8] {
        &self.bytes[..self.len()]
    }

    fn ends(&self) -> &[[u8; 2]] {
        &self.bytes[self.room()..3 * self.room()].as_chunks().0[..self.len()]
    }

    fn scores(&self) -> &[[u8; 8]] {
        &self.bytes[3 * self.room()..self.base()].as_chunks().0[..self.len()]
    }

    fn end(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.ends()[at])
    }

    /// Offset after the member at `at`, from the base.
    fn offset_behind(&self, at: usize) -> usize {
        usize::from(self.end(at) & !LONG)
    }

    /// Offset of the member at `at`, or of what would come there.
    fn offset(&self, at: usize) -> usize {
        if at == 0 { 0 } else { self.offset_behind(at - 1) }
    }

    /// How many of the members before `at` are long.
    fn longs_before(&self, at: usize) -> usize {
        match self.longs.is_empty() {
            true => 0,
            false => (0..at).filter(|before| self.end(*before) & LONG != 0).count(),
        }
    }

    /// The score at `at`.
    pub fn score(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.scores()[at])
    }

    /// The member at `at`.
    pub fn member(&self, at: usize) -> &[u8] {
        match self.longs.is_empty() {
            false if self.end(at) & LONG != 0 => &self.longs[self.longs_before(at)],
            _ => &self.bytes[self.base() + self.offset(at)..self.base() + self.offset_behind(at)],
        }
    }

    /// The position of `member`, whose hash has `tag`.
    pub fn find(&self, tag: u8, member: &[u8]) -> Option<usize> {
        memchr::memchr_iter(tag, self.tags()).find(|at| self.member(*at) == member)
    }

    /// How many pairs are less than (score, member).
    pub fn lower_bound(&self, score: f64, member: &[u8]) -> usize {
        let scores = self.scores();
        let first = scores.partition_point(|bytes| f64::from_le_bytes(*bytes) < score);
        let ties = scores[first..].partition_point(|bytes| f64::from_le_bytes(*bytes) <= score);
        first + self.partition_point(first..first + ties, |at| self.member(at) < member)
    }

    /// How many positions of `range` come before the first one that is not `before`.
    pub fn partition_point(&self, range: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = (low + high) / 2;
            if before(middle) { low = middle + 1 } else { high = middle }
        }
        low - range.start
    }

    /// Whether the leaf must be split before a member of `member_bytes` is inserted.
    pub fn is_full(&self, member_bytes: usize) -> bool {
        let bytes = if member_bytes > SHORT_BYTES_MAX { 0 } else { member_bytes };
        self.len() == LEAF_LEN_MAX || self.member_bytes() + bytes > LEAF_BYTES_MAX
    }

    /// Whether all members of `self` and `other` leave some room in one leaf.
    pub fn fits_with(&self, other: &Leaf) -> bool {
        self.len() + other.len() <= LEAF_LEN_MAX * 3 / 4
            && self.member_bytes() + other.member_bytes() <= LEAF_BYTES_MAX * 3 / 4
    }

    fn member_bytes(&self) -> usize {
        self.bytes.len() - self.base()
    }

    /// Inserts a member at `at`, where the order wants it. The leaf must not be full.
    pub fn insert(&mut self, at: usize, score: f64, tag: u8, member: &[u8]) {
        let is_long = member.len() > SHORT_BYTES_MAX;
        let stored: &[u8] = if is_long { b"" } else { member };
        if is_long {
            let index = self.longs_before(at);
            self.change_longs(|longs| longs.insert(index, member.into()));
        }
        self.make_room(stored.len());
        let (offset, len, room, base) = (self.offset(at), self.len(), self.room(), self.base());
        let blob_at = base + offset;
        let blob_end = self.bytes.len();
        self.bytes.resize(blob_end + stored.len(), 0);
        self.bytes.copy_within(blob_at..blob_end, blob_at + stored.len());
        self.bytes[blob_at..blob_at + stored.len()].copy_from_slice(stored);
        self.bytes.copy_within(at..len, at + 1);
        self.bytes[at] = tag;
        let ends = self.bytes[room..3 * room].as_chunks_mut::<2>().0;
        ends.copy_within(at..len, at + 1);
        ends[at] = (offset as u16 | if is_long { LONG } else { 0 }).to_le_bytes();
        for end in &mut ends[at..=len] {
            *end = (u16::from_le_bytes(*end) + stored.len() as u16).to_le_bytes();
        }
        let scores = self.bytes[3 * room..base].as_chunks_mut::<8>().0;
        scores.copy_within(at..len, at + 1);
        scores[at] = score.to_le_bytes();
        self.len += 1;
    }

    /// Long members are rare; their list has no room to grow.
    fn change_longs(&mut self, change: impl FnOnce(&mut Vec<Arc<[u8]>>)) {
        let mut longs = std::mem::take(&mut self.longs).into_vec();
        change(&mut longs);
        self.longs = longs.into_boxed_slice();
    }

    /// Has room for one more position and `more` bytes.
    fn make_room(&mut self, more: usize) {
        if self.len() == self.room() {
            self.lay_out(self.room() + ROOM_STEP, more);
        } else {
            reserve(&mut self.bytes, more);
        }
    }

    /// Lays everything out again for `room` positions and `more` bytes to come.
    fn lay_out(&mut self, room: usize, more: usize) {
        let mut bytes = Vec::new();
        reserve(&mut bytes, room * HEAD_BYTES + self.member_bytes() + more);
        bytes.resize(room * HEAD_BYTES, 0);
        bytes[..self.len()].copy_from_slice(self.tags());
        bytes[room..][..2 * self.len()].copy_from_slice(self.ends().as_flattened());
        bytes[3 * room..][..8 * self.len()].copy_from_slice(self.scores().as_flattened());
        bytes.extend_from_slice(&self.bytes[self.base()..]);
        self.bytes = bytes;
        self.room = room as u8;
    }

    /// Removes the members at the positions of `range`.
    pub fn remove(&mut self, range: Range<usize>) {
        let (from, until, len) = (range.start, range.end, self.len());
        if from == until {
            return;
        }
        let longs = self.longs_before(from)..self.longs_before(until);
        if !longs.is_empty() {
            self.change_longs(|all| drop(all.drain(longs)));
        }
        let (room, base) = (self.room(), self.base());
        let (start, end) = (self.offset(from), self.offset_behind(until - 1));
        let blob_end = self.bytes.len();
        self.bytes.copy_within(base + end..blob_end, base + start);
        self.bytes.truncate(blob_end - (end - start));
        self.bytes.copy_within(until..len, from);
        let ends = self.bytes[room..3 * room].as_chunks_mut::<2>().0;
        ends.copy_within(until..len, from);
        for later in &mut ends[from..len - (until - from)] {
            *later = (u16::from_le_bytes(*later) - (end - start) as u16).to_le_bytes();
        }
        self.bytes[3 * room..base].as_chunks_mut::<8>().0.copy_within(until..len, from);
        self.len -= (until - from) as u8;
        self.give_back();
    }

    /// Gives memory back when a quarter of it is not used.
    fn give_back(&mut self) {
        let used = self.len() * HEAD_BYTES + self.member_bytes();
        if self.bytes.capacity() > used + used / 3 + 256 {
            self.fit();
        }
    }

    /// Gives all memory back that is not used.
    pub fn fit(&mut self) {
        self.lay_out(self.len().next_multiple_of(ROOM_STEP), 0);
    }

    /// Replaces the score at `at`, where the order stays the same.
    pub fn set_score(&mut self, at: usize, score: f64) {
        let (from, base) = (3 * self.room(), self.base());
        self.bytes[from..base].as_chunks_mut::<8>().0[at] = score.to_le_bytes();
    }

    /// The tag at `at`.
    pub fn tag(&self, at: usize) -> u8 {
        self.tags()[at]
    }

    /// Adds copies of the members of `other` at the positions of `range` after its own.
    pub fn append(&mut self, other: &Leaf, range: Range<usize>) {
        let room = (self.len() + range.len()).next_multiple_of(ROOM_STEP).min(LEAF_LEN_MAX);
        let short_bytes = other.offset(range.end) - other.offset(range.start);
        if room > self.room() {
            self.lay_out(room, short_bytes);
        }
        for at in range {
            self.insert(self.len(), other.score(at), other.tag(at), other.member(at));
        }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let each = self.longs.iter().map(|long| allocated(long.len() + 2 * size_of::<usize>()));
        let longs = allocated(self.longs.len() * size_of::<Arc<[u8]>>()) + each.sum::<usize>();
        allocated(self.bytes.capacity()) + longs
    }

    /// Checks order, offsets and bounds.
    ///
    /// # Panics
    /// If they are wrong.
    pub fn check_invariants(&self) {
        assert!(self.len() <= self.room() && self.room() <= LEAF_LEN_MAX, "room of a leaf");
        assert!(self.ends().is_sorted_by_key(|end| u16::from_le_bytes(*end) & !LONG), "ends");
        assert_eq!(self.offset(self.len()), self.member_bytes(), "bytes of the members");
        assert_eq!(self.longs_before(self.len()), self.longs.len(), "long members");
        for at in 1..self.len() {
            let (score, member) = (self.score(at - 1), self.member(at - 1));
            let order = compare(score, member, self.score(at), self.member(at));
            assert_eq!(order, Ordering::Less, "order within a leaf at {at}");
        }
    }
}

/// Has room for `more` bytes. Doubling would waste a third of a leaf on average; a leaf grows in
/// steps, whose copies cost little because it is small.
fn reserve(bytes: &mut Vec<u8>, more: usize) {
    /// A step, and what the allocator has in front of each allocation.
    const STEP: usize = 128;
    const FRONT: usize = 8;
    let needed = bytes.len() + more;
    if needed > bytes.capacity() {
        let capacity = (needed + FRONT).next_multiple_of(STEP) - FRONT;
        bytes.reserve_exact(capacity - bytes.len());
    }
}
