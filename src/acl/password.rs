//! Passwords: kept as their SHA-256, never as they were given.
//!
//! A hash without salt and without a deliberate cost protects long random passwords (ACL GENPASS)
//! and no others; it is Redis's choice, because AUTH has to be fast and the hashes have to be
//! portable between servers.
//!
//! The hash function is the crate `hmac-sha256`: one file without dependencies by a maintainer of
//! cryptographic libraries. `sha2` would bring seven crates for the same.

use std::fmt;

/// The hash of a password.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The hash of a password in plain text.
    pub fn of(password: &[u8]) -> Digest {
        Digest(hmac_sha256::Hash::hash(password))
    }

    /// A hash in its notation: 64 lower-case hexadecimal digits.
    pub fn parse(text: &[u8]) -> Option<Digest> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Digest(bytes))
    }

    /// Compares in a time that does not depend on the bytes, so that timing reveals nothing about
    /// a partly correct guess.
    pub fn is(&self, other: &Digest) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        std::hint::black_box(pairs.fold(0, |differing, (a, b)| differing | (a ^ b))) == 0
    }
}

/// The notation of rules, and of ACL GETUSER.
impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// A hash is a secret for debugging output, too.
impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Digest(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that the hash is SHA-256, by the examples of its standard (FIPS 180-2).
    #[test]
    fn known_digests() {
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        for (text, digest) in [
            (&b""[..], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (long, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        ] {
            assert_eq!(Digest::of(text).to_string(), digest);
            let parsed = Digest::parse(digest.as_bytes()).expect("a digest");
            assert!(parsed.is(&Digest::of(text)));
            assert!(!parsed.is(&Digest::of(b"another")));
            assert!(Digest::parse(digest.to_uppercase().as_bytes()).is_none());
            assert!(Digest::parse(&digest.as_bytes()[1..]).is_none());
        }
    }
}
