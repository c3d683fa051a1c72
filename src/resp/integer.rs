//! Integers, as the protocol and its commands write them.

/// Reads a decimal integer exactly as Redis does: an optional minus, no plus, no spaces, no
/// leading zeros, and within 64 bits.
pub fn parse_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, text),
    };
    let canonical = match digits {
        [b'0'] => !negative,
        [b'1'..=b'9', rest @ ..] => rest.len() < 19 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !canonical {
        return None;
    }
    // Nineteen digits fit into u64; whether they fit into i64 is decided with the sign in hand.
    let magnitude = digits.iter().fold(0_u64, |sum, d| sum * 10 + u64::from(d - b'0'));
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that integers are read as strictly as Redis reads them.
    #[test]
    fn integers_are_canonical_or_refused() {
        let good = ["0", "7", "-1", "9223372036854775807", "-9223372036854775808"];
        for text in good {
            assert_eq!(parse_integer(text.as_bytes()), text.parse().ok(), "{text}");
        }
        let bad = ["", "-", "+1", "01", "-0", " 1", "1 ", "1.0", "0x1", "9223372036854775808"];
        for text in bad.iter().chain(&["-9223372036854775809", "18446744073709551616"]) {
            assert_eq!(parse_integer(text.as_bytes()), None, "{text}");
        }
    }
}
