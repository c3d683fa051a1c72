//! Redis's glob patterns: `*`, `?`, `[a-z]`, `[^a]`, and `\` before a literal character.
//!
//! Hostile patterns like `*a*a*a*b` must not take exponential time. After a mismatch only the
//! latest star is retried, so the cost is at most the product of the two lengths.

/// Whether `text` as a whole matches `pattern`.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    matches_folded(pattern, text, |byte| byte)
}

/// The same, ignoring case.
pub fn matches_ignoring_case(pattern: &[u8], text: &[u8]) -> bool {
    matches_folded(pattern, text, |byte| byte.to_ascii_lowercase())
}

fn matches_folded(pattern: &[u8], text: &[u8], fold: impl Fn(u8) -> u8) -> bool {
    let (mut p, mut t) = (0, 0);
    // The offsets to retry from after a mismatch: after the latest star, one byte further on.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            retry = Some((p, t));
            continue;
        }
        match one(&pattern[p..], text[t], &fold) {
            Some(len) => (p, t) = (p + len, t + 1),
            None => {
                let Some((after_star, matched_to)) = retry else { return false };
                (p, t) = (after_star, matched_to + 1);
                retry = Some((p, t));
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Matches one byte of text with the beginning of `pattern`; returns the length of the matched
/// part.
fn one(pattern: &[u8], byte: u8, fold: &impl Fn(u8) -> u8) -> Option<usize> {
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'[', class @ ..] => {
            let (len, is_member) = class_contains(class, byte, fold);
            is_member.then_some(1 + len)
        }
        [b'\\', escaped, ..] => (fold(*escaped) == fold(byte)).then_some(2),
        [literal, ..] => (fold(*literal) == fold(byte)).then_some(1),
    }
}

/// The length of a class including its closing bracket, and whether `byte` is in it. A class
/// without closing bracket ends with the pattern, as in Redis.
fn class_contains(class: &[u8], byte: u8, fold: &impl Fn(u8) -> u8) -> (usize, bool) {
    let is_negated = class.first() == Some(&b'^');
    let mut at = usize::from(is_negated);
    let mut is_member = false;
    let byte = fold(byte);
    loop {
        match &class[at..] {
            [] => break,
            [b']', ..] => {
                at += 1;
                break;
            }
            [b'\\', escaped, ..] => {
                is_member |= fold(*escaped) == byte;
                at += 2;
            }
            [first, b'-', last, ..] => {
                let (first, last) = (fold(*first), fold(*last));
                is_member |= (first.min(last)..=first.max(last)).contains(&byte);
                at += 3;
            }
            [literal, ..] => {
                is_member |= fold(*literal) == byte;
                at += 1;
            }
        }
    }
    (at, is_member != is_negated)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that patterns match as in Redis.
    #[test]
    fn stars_classes_and_escapes() {
        let cases: [(&str, &str, bool); 20] = [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h*llo", "heeeello", true),
            ("h*", "h", true),
            ("*o", "hello", true),
            ("h[ae]llo", "hallo", true),
            ("h[ae]llo", "hillo", false),
            ("h[^e]llo", "hbllo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-c]llo", "hbllo", true),
            ("h[c-a]llo", "hbllo", true),
            ("h\\?llo", "h?llo", true),
            ("h\\?llo", "hello", false),
            ("[\\]]", "]", true),
            ("a[b", "ab", true),
            ("*b*", "aba", true),
            ("**a", "ba", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
        assert!(matches_ignoring_case(b"MAX[M-N]*", b"maxmemory"));
    }

    /// Ensures that a pattern built to be slow is not.
    #[test]
    fn hostile_patterns_end() {
        let pattern = [b"*a".repeat(1_000), b"b".to_vec()].concat();
        assert!(!matches(&pattern, &[b'a'; 10_000]));
    }
}
