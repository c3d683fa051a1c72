//! Registers with six bits each: register after register, from the lowest bit of a byte upwards.

use super::REGISTERS;

/// Bits of a register.
const BITS: usize = 6;

/// The highest value of a register. A sketch has ranks up to 51; a client may have put in more.
const MASK: u8 = (1 << BITS) - 1;

/// Bytes of all registers.
pub const BYTES: usize = REGISTERS * BITS / 8;

/// Register `index`.
pub fn get(registers: &[u8], index: usize) -> u8 {
    let (at, shift) = (index * BITS / 8, index * BITS % 8);
    // The last register ends in the last byte, which has no successor.
    let next = registers.get(at + 1).copied().unwrap_or(0);
    (u16::from_le_bytes([registers[at], next]) >> shift) as u8 & MASK
}

/// Sets register `index`.
pub fn set(registers: &mut [u8], index: usize, rank: u8) {
    let (at, shift) = (index * BITS / 8, index * BITS % 8);
    let next = registers.get(at + 1).copied().unwrap_or(0);
    let pair = u16::from_le_bytes([registers[at], next]);
    let pair = pair & !(u16::from(MASK) << shift) | u16::from(rank & MASK) << shift;
    let [low, high] = pair.to_le_bytes();
    registers[at] = low;
    if let Some(next) = registers.get_mut(at + 1) {
        *next = high;
    }
}

/// Raises register `index` to `rank`, and says whether it was lower.
pub fn raise(registers: &mut [u8], index: usize, rank: u8) -> bool {
    let is_lower = get(registers, index) < rank;
    if is_lower {
        set(registers, index, rank);
    }
    is_lower
}
