//! Ertl's estimate: from how many registers have which rank to the number of elements.
//!
//! The steps are those of the paper's algorithm 6 in the order in which Redis takes them: another
//! order would round in other ways, and a count has to be Redis's to the last digit.

use super::{RANK_BITS, RANK_MAX, REGISTERS};

/// Values that a register can have.
pub const RANKS: usize = 64;

/// 1 / (2 ln 2), the limit of the correction factor for many registers.
const ALPHA: f64 = 0.721_347_520_444_481_7;

/// The count that overflows, as processors convert a number that does not fit.
const OVERFLOW: u64 = 1 << 63;

/// The estimated number of elements; `histogram` has the number of registers of each rank.
pub fn count(histogram: &[usize; RANKS]) -> u64 {
    let registers = REGISTERS as f64;
    let is_full = (registers - histogram[RANK_MAX] as f64) / registers;
    let mut sum = registers * tau(is_full);
    for rank in (1..=RANK_BITS as usize).rev() {
        sum += histogram[rank] as f64;
        sum *= 0.5;
    }
    sum += registers * sigma(histogram[0] as f64 / registers);
    let count = (ALPHA * registers * registers / sum).round();
    // Only ranks that no element can have lead here.
    if count < OVERFLOW as f64 { count as u64 } else { OVERFLOW }
}

/// The part of the registers that have met nothing yet.
fn sigma(share: f64) -> f64 {
    if share == 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut weight, mut sum) = (share, 1.0, share);
    loop {
        power *= power;
        let before = sum;
        sum += power * weight;
        weight += weight;
        if before == sum {
            return sum;
        }
    }
}

/// The part of the registers that have met the highest rank.
fn tau(share: f64) -> f64 {
    if share == 0.0 || share == 1.0 {
        return 0.0;
    }
    let (mut root, mut weight, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        root = root.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - root) * (1.0 - root) * weight;
        if before == sum {
            return sum / 3.0;
        }
    }
}
