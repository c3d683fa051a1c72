//! Floating point as Redis has it: C's `long double` on x86, in software.
//!
//! INCRBYFLOAT prints seventeen decimals, and 12345.678 + 0.1 has twelve good ones in a 64-bit
//! float. Redis therefore computes with the processor's 80-bit format, whose significand has 64
//! bits. Rust has no such type; here are the three operations that are needed, each rounded
//! correctly (to the nearest, ties to even), so that replies agree to the last digit.
//!
//! Simplified: numbers below the smallest normal one keep their full precision, which seventeen
//! decimals cannot show.

use std::cmp::Ordering;

/// Bytes of text that can be a number, as in Redis.
const TEXT_BYTES_MAX: usize = 5 * 1024 - 1;

/// Every number is smaller than two to the power of this.
const EXPONENT_MAX: i32 = 16_384;

/// What is smaller than two to the power of this would be rounded to zero.
const EXPONENT_MIN: i32 = -16_446;

/// Decimal places of the text form.
const DECIMALS: usize = 17;

/// A number: `significand * 2^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extended {
    is_negative: bool,
    /// Its highest bit is set, unless the number is zero or infinite: those have no bits.
    significand: u64,
    /// `i32::MAX` if the number is infinite.
    exponent: i32,
}

impl Extended {
    /// Zero.
    pub const ZERO: Extended = Extended { is_negative: false, significand: 0, exponent: 0 };

    /// Parses a number with an optional fraction and exponent, or an infinity. Like C it accepts
    /// hexadecimal notation, in which the exponent is one of two: `0x1.8p3`.
    pub fn parse(text: &[u8]) -> Option<Extended> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let (is_negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
            return Some(Extended { is_negative, significand: 0, exponent: i32::MAX });
        }
        let (radix, marker, text) = match text {
            [b'0', b'x' | b'X', rest @ ..] => (16, b'p', rest),
            _ => (10, b'e', text),
        };
        let mantissa_len = text.iter().position(|byte| byte.eq_ignore_ascii_case(&marker));
        let (mantissa, exponent) = text.split_at(mantissa_len.unwrap_or(text.len()));
        let power = parse_exponent(exponent)?;
        let mut parts = mantissa.splitn(2, |byte| *byte == b'.');
        let (whole, fraction) = (parts.next().unwrap_or(b""), parts.next().unwrap_or(b""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.iter().all(|digit| char::from(*digit).is_digit(radix)) {
            return None;
        }
        let (digits, places) = (Big::from_digits(&digits, radix), fraction.len() as i32);
        let number = match radix {
            16 => Extended::from_binary(digits, power - 4 * places)?,
            _ => Extended::from_decimal(digits, power - places)?,
        };
        number.is_finite().then_some(Extended { is_negative, ..number })
    }

    /// Whether it is neither infinite nor not a number.
    pub fn is_finite(self) -> bool {
        self.exponent != i32::MAX
    }

    /// The nearest number to `digits * 10^ten_power`, possibly infinite; `None` if it would be
    /// rounded to zero without being zero.
    fn from_decimal(mut digits: Big, ten_power: i32) -> Option<Extended> {
        if digits.is_zero() {
            return Some(Extended::ZERO);
        }
        // Beyond these limits no text of the permitted length can bring the number back into range;
        // the clamp keeps the powers of ten below small.
        let ten_power = ten_power.clamp(-11_000, 6_000);
        let mut divisor = Big::from(1);
        let scaled = if ten_power > 0 { &mut digits } else { &mut divisor };
        scaled.multiply_by_ten_power(ten_power.unsigned_abs());
        Extended::quotient(digits, divisor).unless_tiny()
    }

    /// The same for `digits * 2^two_power`.
    fn from_binary(mut digits: Big, two_power: i32) -> Option<Extended> {
        if digits.is_zero() {
            return Some(Extended::ZERO);
        }
        // Beyond these limits no text of the permitted length can bring the number back into range.
        let two_power = two_power.clamp(-60_000, 60_000);
        let mut divisor = Big::from(1);
        let shifted = if two_power > 0 { &mut digits } else { &mut divisor };
        shifted.shift_left(two_power.unsigned_abs());
        Extended::quotient(digits, divisor).unless_tiny()
    }

    /// `None` if it would be rounded to zero.
    fn unless_tiny(self) -> Option<Extended> {
        (self.exponent >= EXPONENT_MIN - 63).then_some(self)
    }

    /// The nearest number to `dividend / divisor`, by long division in binary.
    fn quotient(mut dividend: Big, mut divisor: Big) -> Extended {
        /// One more than the significand has, for rounding; the remainder decides ties.
        const BITS: i32 = 65;
        let mut exponent = dividend.bits() as i32 - divisor.bits() as i32;
        dividend.shift_left(exponent.min(0).unsigned_abs());
        divisor.shift_left(exponent.max(0).unsigned_abs());
        if dividend.compare(&divisor) == Ordering::Less {
            dividend.shift_left(1);
            exponent -= 1;
        }
        let mut bits = 0_u128;
        for _ in 0..BITS {
            let fits = dividend.compare(&divisor) != Ordering::Less;
            if fits {
                dividend.subtract(&divisor);
            }
            dividend.shift_left(1);
            bits = bits << 1 | u128::from(fits);
        }
        Extended::rounded(bits << 1 | u128::from(!dividend.is_zero()), exponent - BITS)
    }

    /// The nearest number to `bits * 2^exponent`.
    fn rounded(bits: u128, exponent: i32) -> Extended {
        let len = 128 - bits.leading_zeros();
        let (significand, exponent) = if len <= 64 {
            ((bits as u64).checked_shl(64 - len).unwrap_or(0), exponent - (64 - len as i32))
        } else {
            let nearest = shift_right_rounding(bits, len - 64);
            // Rounding up may have made it one bit longer; the lost bit is a zero.
            let carry = (nearest >> 64) as u32;
            ((nearest >> carry) as u64, exponent + (len - 64 + carry) as i32)
        };
        match significand {
            0 => Extended::ZERO,
            _ if exponent + 64 > EXPONENT_MAX => {
                Extended { is_negative: false, significand: 0, exponent: i32::MAX }
            }
            _ => Extended { is_negative: false, significand, exponent },
        }
    }

    /// The nearest number to the sum, or an infinity.
    pub fn plus(self, other: Extended) -> Extended {
        /// Free bits below the larger number: more than enough to round correctly.
        const GUARD_BITS: u32 = 62;
        let size = |number: Extended| (number.significand != 0, number.exponent);
        let (large, small) = if size(self) < size(other) { (other, self) } else { (self, other) };
        if !large.is_finite() || !small.is_finite() || small.significand == 0 {
            return if small.is_finite() { large } else { small };
        }
        let distance = large.exponent.abs_diff(small.exponent);
        let large_bits = u128::from(large.significand) << GUARD_BITS;
        let small_bits = u128::from(small.significand) << GUARD_BITS;
        let shifted = small_bits.checked_shr(distance).unwrap_or(0);
        // Bits that are shifted out leave a trace (a sticky bit), because they decide ties.
        let is_exact = shifted.checked_shl(distance) == Some(small_bits);
        let shifted = shifted | u128::from(!is_exact);
        let exponent = large.exponent - GUARD_BITS as i32;
        if large.is_negative == small.is_negative {
            let sum = Extended::rounded(large_bits + shifted, exponent);
            return Extended { is_negative: large.is_negative, ..sum };
        }
        let is_negative = large.is_negative != (large_bits < shifted);
        Extended { is_negative, ..Extended::rounded(large_bits.abs_diff(shifted), exponent) }
    }

    /// The number with seventeen decimals, without trailing zeros: C's `%.17Lf`, trimmed.
    pub fn text(self) -> String {
        /// 2⁶⁴ times this stays below 2¹²⁸.
        const SCALE: u128 = 10_u128.pow(DECIMALS as u32);
        let shift = self.exponent.unsigned_abs();
        let mut text = if !self.is_finite() {
            "inf".to_owned()
        } else if self.exponent >= 0 {
            let mut whole = Big::from(self.significand);
            whole.shift_left(shift);
            whole.text()
        } else {
            let scaled = shift_right_rounding(u128::from(self.significand) * SCALE, shift);
            let text = format!("{}.{:0DECIMALS$}", scaled / SCALE, scaled % SCALE);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        if self.is_negative && text != "0" {
            text.insert(0, '-');
        }
        text
    }
}

/// Parses `e` and an integer, or an empty text. Values too large for any number are clamped.
fn parse_exponent(text: &[u8]) -> Option<i32> {
    let Some((_, text)) = text.split_first() else { return Some(0) };
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |sum, d| (sum * 10 + i32::from(d - b'0')).min(100_000));
    Some(sign * value)
}

/// `bits / 2^count`, to the nearest integer, ties to even.
fn shift_right_rounding(bits: u128, count: u32) -> u128 {
    // From 128 on the quotient is below one half for every possible argument.
    let Some(quotient) = bits.checked_shr(count) else { return 0 };
    if count == 0 {
        return bits;
    }
    let (rest, half) = (bits - (quotient << count), 1_u128 << (count - 1));
    quotient + u128::from(rest > half || rest == half && quotient & 1 == 1)
}

/// A natural number of any size: the few operations that the conversions need.
struct Big {
    /// From the lowest to the highest, which is not zero.
    words: Vec<u64>,
}

impl From<u64> for Big {
    fn from(value: u64) -> Big {
        Big { words: if value == 0 { Vec::new() } else { vec![value] } }
    }
}

impl Big {
    /// Decimal digits that always fit into a word.
    const GROUP_DIGITS: usize = 19;

    fn from_digits(digits: &[u8], radix: u32) -> Big {
        /// Digits of either radix whose power fits into a word.
        const GROUP_DIGITS: usize = 15;
        let value_of = |digit: &u8| char::from(*digit).to_digit(radix).map_or(0, u64::from);
        let mut number = Big::from(0);
        for group in digits.chunks(GROUP_DIGITS) {
            let value = group.iter().fold(0, |sum, digit| sum * u64::from(radix) + value_of(digit));
            number.multiply_add(u64::from(radix).pow(group.len() as u32), value);
        }
        number
    }

    fn is_zero(&self) -> bool {
        self.words.is_empty()
    }

    /// Number of bits; zero has none.
    fn bits(&self) -> u32 {
        self.words.last().map_or(0, |top| self.words.len() as u32 * 64 - top.leading_zeros())
    }

    fn multiply_add(&mut self, factor: u64, summand: u64) {
        let mut carry = u128::from(summand);
        for word in &mut self.words {
            carry += u128::from(*word) * u128::from(factor);
            *word = carry as u64;
            carry >>= 64;
        }
        if carry != 0 {
            self.words.push(carry as u64);
        }
    }

    fn multiply_by_ten_power(&mut self, mut power: u32) {
        while power > 0 {
            let step = power.min(Big::GROUP_DIGITS as u32);
            self.multiply_add(10_u64.pow(step), 0);
            power -= step;
        }
    }

    fn shift_left(&mut self, count: u32) {
        if self.is_zero() {
            return;
        }
        self.multiply_add(1 << (count % 64), 0);
        self.words.splice(0..0, std::iter::repeat_n(0, (count / 64) as usize));
    }

    fn compare(&self, other: &Big) -> Ordering {
        let by_len = self.words.len().cmp(&other.words.len());
        by_len.then_with(|| self.words.iter().rev().cmp(other.words.iter().rev()))
    }

    /// Subtracts `other`, which is not larger.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = false;
        let others = other.words.iter().chain(std::iter::repeat(&0));
        for (word, other) in self.words.iter_mut().zip(others) {
            (*word, borrow) = word.borrowing_sub(*other, borrow);
        }
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
    }

    /// Divides by `divisor` and returns the remainder.
    fn divide(&mut self, divisor: u64) -> u64 {
        let mut rest = 0;
        for word in self.words.iter_mut().rev() {
            let dividend = rest << 64 | u128::from(*word);
            *word = (dividend / u128::from(divisor)) as u64;
            rest = dividend % u128::from(divisor);
        }
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
        rest as u64
    }

    /// In decimal.
    fn text(mut self) -> String {
        const GROUP: u64 = 10_u64.pow(Big::GROUP_DIGITS as u32);
        let mut groups = vec![self.divide(GROUP)];
        while !self.is_zero() {
            groups.push(self.divide(GROUP));
        }
        let mut text = groups.pop().unwrap_or(0).to_string();
        for group in groups.iter().rev() {
            text.push_str(&format!("{group:00$}", Big::GROUP_DIGITS));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds two numbers given as text; empty if one of them is not a number.
    fn sum(a: &str, b: &str) -> String {
        let parse = |text: &str| Extended::parse(text.as_bytes());
        parse(a).zip(parse(b)).map_or(String::new(), |(a, b)| a.plus(b).text())
    }

    /// Ensures that sums are those of Redis 7.0 on x86, digit by digit.
    #[test]
    fn sums_are_redis_sums() {
        let cases = [
            ("10.50", "0.1", "10.6"),
            ("12345.678", "0.1", "12345.77799999999999958"),
            ("1000.1", "0.2", "1000.29999999999999999"),
            ("5.0e3", "200", "5200"),
            ("1e-17", "-0", "0.00000000000000001"),
            ("0.02439024390243903", "-0.02439024390243903", "0"),
            ("-1e-30", "0", "0"),
            ("1e18", "0.1", "1000000000000000000.125"),
            ("17179869184", "17179869184", "34359738368"),
            ("1e30", "0", "1000000000000000000024696061952"),
            (".5", "+5.", "5.5"),
        ];
        for (a, b, expected) in cases {
            assert_eq!(sum(a, b), expected, "{a} + {b}");
            assert_eq!(sum(b, a), expected, "{b} + {a}");
        }
    }

    /// Ensures that text that is not a number is refused, and so are numbers out of range.
    #[test]
    fn malformed_numbers_are_refused() {
        for text in [
            "", " 1", "1 ", "1e", "e5", ".", "-", "--1", "1.2.3", "nan", "0x", "0x1p", "0x.p1",
            "1e5000",
        ] {
            assert_eq!(Extended::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Extended::parse(&[b'1'; TEXT_BYTES_MAX + 1]), None);
        let infinite = Extended::parse(b"-inf").expect("a number of a kind");
        assert!(!infinite.is_finite());
        assert!(!infinite.plus(Extended::ZERO).is_finite());
        let largest = Extended::parse(b"1e4932").expect("a number");
        assert!(!largest.plus(largest).is_finite(), "the sum overflows");
    }
}
