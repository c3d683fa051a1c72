//! Amounts of memory in human notation.

/// Reads an amount in Redis's notation: `1k` is 1000 bytes, `1kb` is 1024, and so on with `m` and
/// `g`, in any case; without a unit, or with `b`, it is bytes. `None` if it is not an amount.
pub fn bytes(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1_000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// Bytes as Redis writes them for humans: two decimals and a binary unit.
pub fn human(bytes: u64) -> String {
    let mut amount = bytes as f64;
    for unit in ["B", "K", "M", "G", "T"] {
        if amount < 1024.0 {
            return if unit == "B" { format!("{bytes}B") } else { format!("{amount:.2}{unit}") };
        }
        amount /= 1024.0;
    }
    format!("{amount:.2}P")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that decimal and binary units are distinguished, and that nonsense is refused.
    #[test]
    fn amounts_are_read_as_redis_reads_them() {
        for (text, expected) in [
            ("0", Some(0)),
            ("100mb", Some(100 << 20)),
            ("100M", Some(100_000_000)),
            ("1Kb", Some(1024)),
            ("2k", Some(2_000)),
            ("3gb", Some(3 << 30)),
            ("3g", Some(3_000_000_000)),
            ("17B", Some(17)),
            ("", None),
            ("mb", None),
            ("-1", None),
            ("1.5gb", None),
            ("1 gb", None),
            ("1tb", None),
            ("18446744073709551616", None),
            ("18446744073709551615kb", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }

    /// Ensures that the unit fits the amount.
    #[test]
    fn amounts_are_shown_with_two_decimals() {
        assert_eq!(human(1_023), "1023B");
        assert_eq!(human(1_536), "1.50K");
        assert_eq!(human(64 << 20), "64.00M");
    }
}
