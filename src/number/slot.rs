//! Hash slots: which of 16 384 parts of a cluster a key belongs to.
//!
//! The slot is the CRC-16 of the key (XMODEM: polynomial 0x1021, no inversion). Of a key with a
//! *hash tag*, only what stands between the first `{` and the next `}` counts, so that
//! `{user:1}:name` and `{user:1}:mail` are in one slot.

/// Number of slots.
pub const SLOTS: u16 = 16_384;

/// The remainder of each byte.
const REMAINDERS: [u16; 256] = remainders();

const fn remainders() -> [u16; 256] {
    const POLYNOMIAL: u16 = 0x1021;
    let (mut table, mut byte) = ([0; 256], 0);
    while byte < 256 {
        let (mut remainder, mut bit) = ((byte as u16) << 8, 0);
        while bit < 8 {
            let carry = remainder & 0x8000 != 0;
            remainder = remainder << 1 ^ if carry { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
}

/// The slot of `key`.
pub fn slot(key: &[u8]) -> u16 {
    crc16(hash_tag(key).unwrap_or(key)) % SLOTS
}

/// The part of a key that decides, if it is not the whole.
fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let after = key.iter().position(|byte| *byte == b'{')? + 1;
    let len = key[after..].iter().position(|byte| *byte == b'}')?;
    (len > 0).then(|| &key[after..after + len])
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| crc << 8 ^ REMAINDERS[usize::from((crc >> 8) as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that slots are those of Redis's specification.
    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        for (key, expected) in [
            ("foo", 12_182),
            ("bar", 5_061),
            ("foo{bar}x", 5_061),
            ("", 0),
            ("{}foo", slot(b"{}foo")),
            ("foo{{bar}}zap", slot(b"{bar")),
            ("foo{bar}{zap}", 5_061),
        ] {
            assert_eq!(slot(key.as_bytes()), expected, "{key}");
        }
        assert_ne!(slot(b"{}foo"), slot(b"foo"), "an empty tag is none");
    }
}
