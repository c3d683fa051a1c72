//! Character classes of patterns: `.`, `%a`, `[a-z]` and plain characters.

use super::pattern::PatternError;

/// The end of the single character class that begins at a position.
pub(super) fn class_end(pat: &[u8], p: usize) -> Result<usize, PatternError> {
    match pat[p] {
        b'%' if p + 1 >= pat.len() => Err("malformed pattern (ends with '%')"),
        b'%' => Ok(p + 2),
        b'[' => {
            let mut at = p + 1;
            if pat.get(at) == Some(&b'^') {
                at += 1;
            }
            // A bracket that comes first is an ordinary character.
            loop {
                let byte = *pat.get(at).ok_or("malformed pattern (missing ']')")?;
                at += 1;
                if byte == b'%' {
                    // The reference passes the end here and finds it missing in the next round.
                    at += usize::from(at < pat.len());
                }
                if pat.get(at) == Some(&b']') {
                    return Ok(at + 1);
                }
            }
        }
        _ => Ok(p + 1),
    }
}

/// Whether the class from `p` to `end` matches the character at a position.
#[inline]
pub(super) fn single(src: &[u8], s: usize, pat: &[u8], p: usize, end: usize) -> bool {
    let Some(&byte) = src.get(s) else { return false };
    match pat[p] {
        b'.' => true,
        b'%' => in_class(byte, pat[p + 1]),
        b'[' => in_set(byte, pat, p, end - 1),
        other => other == byte,
    }
}

/// Whether a set, from its opening to its closing bracket, contains a character.
pub(super) fn in_set(byte: u8, pat: &[u8], open: usize, close: usize) -> bool {
    let mut at = open + 1;
    let negated = pat[at] == b'^';
    if negated {
        at += 1;
    }
    while at < close {
        if pat[at] == b'%' {
            if in_class(byte, pat[at + 1]) {
                return !negated;
            }
            at += 2;
        } else if pat[at + 1] == b'-' && at + 2 < close {
            if (pat[at]..=pat[at + 2]).contains(&byte) {
                return !negated;
            }
            at += 3;
        } else {
            if pat[at] == byte {
                return !negated;
            }
            at += 1;
        }
    }
    negated
}

/// Whether a class such as `%a` contains a character; a capital letter is the complement.
fn in_class(byte: u8, class: u8) -> bool {
    let contains = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        b's' => crate::script::number::is_space(byte),
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        b'z' => byte == 0,
        _ => return class == byte,
    };
    contains != class.is_ascii_uppercase()
}
