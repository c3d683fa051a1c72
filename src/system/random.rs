//! Random characters from the operating system: names that must not repeat, and passwords.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};

/// Lower-case hexadecimal digits that cannot be guessed.
///
/// # Errors
/// The system has no `/dev/urandom`. A weaker source would be wrong for a password.
pub fn secret_digits(count: usize) -> io::Result<String> {
    let mut bytes = vec![0; count.div_ceil(2)];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let mut digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(count);
    Ok(digits)
}

/// Forty lower-case hexadecimal digits that differ from call to call: the name of a run. Without
/// `/dev/urandom` they are hashed from the seed that the standard library keeps for its maps.
pub fn name() -> String {
    secret_digits(40).unwrap_or_else(|_| {
        let seed = RandomState::new();
        let words: String = (0..3).map(|at: u8| format!("{:016x}", seed.hash_one(at))).collect();
        words[..40].to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that digits are hexadecimal, as many as asked for, and different each time.
    #[test]
    fn digits_are_counted_and_differ() {
        for count in [0, 1, 2, 63, 64] {
            let digits = secret_digits(count).expect("a system with random numbers");
            assert_eq!(digits.len(), count);
            assert!(digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{digits}");
        }
        assert_eq!(name().len(), 40);
        assert_ne!(name(), name());
    }
}
