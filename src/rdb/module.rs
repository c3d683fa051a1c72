//! What modules of Redis wrote: named, and skipped where nothing of the data set is lost.
//!
//! A module's number holds its name: nine characters of six bits each, then ten bits of a version.
//! Since Redis 4's release each of its figures is announced by its kind, so that a reader without
//! the module finds the end of its data.

use super::error::{Error, Problem, Result};
use super::format::{Encoding, module as kind};
use super::source::Source;
use std::io::Read;

/// The characters of a name, by their six bits.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Characters of a name, and bits of a version after it.
const NAME_CHARS: u32 = 9;
const VERSION_BITS: u32 = 10;

/// The name in a module's number.
pub fn name(number: u64) -> String {
    let letter = |at| LETTERS[(number >> (VERSION_BITS + 6 * (NAME_CHARS - 1 - at)) & 63) as usize];
    (0..NAME_CHARS).map(|at| char::from(letter(at))).collect()
}

/// The error for a module's value.
pub(super) fn refuse<R: Read>(source: &mut Source<R>, encoding: Encoding) -> Error {
    let offset = source.offset();
    match (encoding, source.count()) {
        (Encoding::Module { is_annotated: false }, _) => {
            let what = "a module's value of a release candidate of Redis 4";
            source.error(offset, Problem::Unsupported(what))
        }
        (_, Ok(number)) => source.error(offset, Problem::Module(name(number))),
        (_, Err(error)) => error,
    }
}

/// Skips what a module keeps apart from keys; returns the module's name.
pub(super) fn skip_aux<R: Read>(source: &mut Source<R>) -> Result<String> {
    let number = source.count()?;
    // The first figure says whether this belongs in front of the keys or after them.
    loop {
        let offset = source.offset();
        match source.count()? {
            kind::END => return Ok(name(number)),
            kind::SIGNED | kind::UNSIGNED => drop(source.count()?),
            kind::FLOAT => drop(source.array::<4>()?),
            kind::DOUBLE => drop(source.array::<8>()?),
            kind::STRING => drop(source.string()?),
            _ => return Err(source.damage(offset, "a module's figure of an unknown kind")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a number's characters are read from the highest to the lowest.
    #[test]
    fn a_number_holds_a_name() {
        let letters = b"ReJSON-RL".map(|byte| LETTERS.iter().position(|&l| l == byte).unwrap());
        let number = letters.iter().fold(0u64, |number, &at| number << 6 | at as u64);
        assert_eq!(name(number << VERSION_BITS | 3), "ReJSON-RL");
        assert_eq!(name(0), "AAAAAAAAA");
    }
}
