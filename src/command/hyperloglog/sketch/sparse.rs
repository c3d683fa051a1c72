//! Registers as runs of equal ones: a few bytes while most registers have met nothing.
//!
//! A run is one of three *opcodes*, in the order of the registers that they cover:
//!
//! | opcode | bits | covers |
//! |---|---|---|
//! | zero | `00xxxxxx` | x + 1 registers of rank 0 |
//! | long zero | `01xxxxxx xxxxxxxx` | x + 1 registers of rank 0, big-endian |
//! | value | `1vvvvvxx` | x + 1 registers of rank v + 1 |
//!
//! A change splits one run and then joins equal neighbours that it meets among the next few runs,
//! no more: the bytes are Redis's after the same changes, so that a sketch that wanders between
//! both servers stays the same string.

use super::{Corrupt, REGISTERS};

/// Registers that one zero opcode can cover.
const ZERO_LEN_MAX: usize = 64;

/// Registers that one value opcode can cover.
const VALUE_LEN_MAX: usize = 4;

/// The highest rank of a value opcode. A higher one needs the dense encoding.
pub const RANK_MAX: u8 = 32;

/// The most bytes by which one change makes the opcodes longer.
pub const GROWTH_MAX: usize = 3;

/// Bytes beyond which there are more opcodes than registers.
pub const BYTES_MAX: usize = 2 * REGISTERS;

/// Runs that are looked at, from the one in front of a change on, for equal neighbours.
const JOINED_RUNS_MAX: usize = 5;

/// The opcodes of an empty sketch: one long run.
pub const EMPTY: [u8; 2] = [0x7f, 0xff];

/// A run of registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Number of registers.
    pub len: usize,
    /// Their rank; 0 if they have met nothing.
    pub rank: u8,
    /// Bytes of the opcode.
    pub bytes: usize,
}

/// The run whose opcode begins at `at`.
///
/// # Errors
/// There is no opcode, or only half of one.
pub fn run_at(opcodes: &[u8], at: usize) -> Result<Run, Corrupt> {
    let byte = *opcodes.get(at).ok_or(Corrupt)?;
    let len = usize::from(byte & 0x3f);
    Ok(match byte >> 6 {
        0 => Run { len: len + 1, rank: 0, bytes: 1 },
        1 => {
            let low = *opcodes.get(at + 1).ok_or(Corrupt)?;
            Run { len: (len << 8 | usize::from(low)) + 1, rank: 0, bytes: 2 }
        }
        _ => Run { len: usize::from(byte & 3) + 1, rank: (byte >> 2 & 0x1f) + 1, bytes: 1 },
    })
}

/// Calls `each` with the first register, the length and the rank of every run.
///
/// # Errors
/// The runs do not cover exactly all registers. `each` was called only for runs inside.
pub fn for_each_run(opcodes: &[u8], mut each: impl FnMut(usize, usize, u8)) -> Result<(), Corrupt> {
    let (mut at, mut index) = (0, 0);
    while at < opcodes.len() {
        let run = run_at(opcodes, at)?;
        if index + run.len > REGISTERS {
            return Err(Corrupt);
        }
        each(index, run.len, run.rank);
        at += run.bytes;
        index += run.len;
    }
    if index == REGISTERS { Ok(()) } else { Err(Corrupt) }
}

/// Where a search begins: at an opcode with at least one other between it and the next change. A
/// register further on is found from there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint {
    at: usize,
    first: usize,
}

/// The run that covers a register.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// The run.
    pub run: Run,
    /// Where its opcode is, and its first register.
    place: Hint,
    /// Where the opcode in front of it is, if there is one.
    before: Option<Hint>,
    /// Where the search for a register further on may begin, even after a change of this run.
    pub next: Hint,
}

/// Finds the run that covers register `index`. The search begins at `hint`, which is the default or
/// comes from a search for a register that is not behind this one.
///
/// # Errors
/// No run covers the register.
pub fn find(opcodes: &[u8], index: usize, hint: Hint) -> Result<Found, Corrupt> {
    let (mut place, mut before, mut next) = (hint, None, Hint::default());
    loop {
        let run = run_at(opcodes, place.at)?;
        if index < place.first + run.len {
            return Ok(Found { run, place, before, next });
        }
        // A change may join its neighbour with others, and the register after it is then part of
        // that one. So the next search begins in front of the neighbour, or from the beginning.
        next = before.unwrap_or_default();
        before = Some(place);
        place = Hint { at: place.at + run.bytes, first: place.first + run.len };
    }
}

/// Opcodes that are being changed, in a buffer with room for [`GROWTH_MAX`] more bytes.
pub struct Opcodes<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl<'a> Opcodes<'a> {
    /// The opcodes in the first `len` bytes of `buffer`; zeros follow them.
    pub fn new(buffer: &'a mut [u8], len: usize) -> Opcodes<'a> {
        Opcodes { buffer, len }
    }

    /// Bytes in use.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no opcodes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Raises register `index`, which was found to be lower, to `rank`; false if only the dense
    /// encoding can have that rank, or if it would take more than `bytes_max` bytes in all.
    pub fn raise(&mut self, found: &Found, index: usize, rank: u8, bytes_max: usize) -> bool {
        let Found { run, place: Hint { at, first }, before, .. } = *found;
        if rank > RANK_MAX {
            return false;
        }
        if run.len == 1 && run.bytes == 1 {
            self.buffer[at] = value(rank, 1);
        } else {
            let (left, right) = (index - first, first + run.len - 1 - index);
            let (new, len) = split(run.rank, left, rank, right);
            if len > run.bytes && super::HEADER_BYTES + self.len + len - run.bytes > bytes_max {
                return false;
            }
            self.replace(at, run.bytes, &new[..len]);
        }
        self.join(before.map_or(at, |before| before.at));
        true
    }

    /// Replaces `old` bytes by `new` ones.
    fn replace(&mut self, at: usize, old: usize, new: &[u8]) {
        let len = self.len + new.len() - old;
        self.buffer.copy_within(at + old..self.len, at + new.len());
        self.buffer[at..at + new.len()].copy_from_slice(new);
        self.shrink(len);
    }

    /// Notes a new length; what it leaves unused becomes zero.
    fn shrink(&mut self, len: usize) {
        if len < self.len {
            self.buffer[len..self.len].fill(0);
        }
        self.len = len;
    }

    /// Joins equal neighbours among the few runs from the one at `at` on.
    fn join(&mut self, mut at: usize) {
        for _ in 0..JOINED_RUNS_MAX {
            let Ok(run) = run_at(&self.buffer[..self.len], at) else { return };
            let next = run_at(&self.buffer[..self.len], at + run.bytes);
            match next {
                Ok(next)
                    if run.rank > 0
                        && next.rank == run.rank
                        && run.len + next.len <= VALUE_LEN_MAX =>
                {
                    self.replace(at, 2, &[value(run.rank, run.len + next.len)]);
                }
                _ => at += run.bytes,
            }
        }
    }
}

/// The opcodes of `left` registers of rank `old`, one of rank `new`, and `right` ones of rank
/// `old`, and how many bytes they are.
fn split(old: u8, left: usize, new: u8, right: usize) -> ([u8; 5], usize) {
    let (mut bytes, mut len) = ([0; 5], 0);
    let mut push = |byte: u8| {
        bytes[len] = byte;
        len += 1;
    };
    let rest = |registers: usize, push: &mut dyn FnMut(u8)| match registers {
        0 => {}
        _ if old > 0 => push(value(old, registers)),
        1..=ZERO_LEN_MAX => push((registers - 1) as u8),
        _ => {
            push(0x40 | ((registers - 1) >> 8) as u8);
            push((registers - 1) as u8);
        }
    };
    rest(left, &mut push);
    push(value(new, 1));
    rest(right, &mut push);
    (bytes, len)
}

/// The opcode of `len` registers of `rank`.
fn value(rank: u8, len: usize) -> u8 {
    0x80 | (rank - 1) << 2 | (len - 1) as u8
}
