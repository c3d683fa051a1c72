//! Requests typed by a human: words, quoted like Redis's `sdssplitargs`.
//!
//! In double quotes `\n \r \t \b \a \\ \" \xHH` are understood; in single quotes only `\'`. A
//! closing quote must be followed by a space or the end.

use super::{ProtocolError, Span};

/// Splits `line` (without its end) into words, which are appended to `bytes` with their `spans`.
///
/// # Errors
/// [`ProtocolError::UnbalancedQuotes`].
pub fn split(line: &[u8], bytes: &mut Vec<u8>, spans: &mut Vec<Span>) -> Result<(), ProtocolError> {
    let mut rest = line;
    loop {
        let spaces = rest.iter().take_while(|byte| is_space(**byte)).count();
        rest = &rest[spaces..];
        if rest.is_empty() {
            return Ok(());
        }
        let start = bytes.len();
        rest = word(rest, bytes)?;
        spans.push(Span { start: start as u32, len: (bytes.len() - start) as u32 });
    }
}

/// Appends the word at the beginning of `rest`, which may consist of bare and quoted parts, and
/// returns what follows it.
fn word<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], ProtocolError> {
    loop {
        match rest.split_first() {
            Some((b'"', quoted)) => return closed(double_quoted(quoted, bytes)?),
            Some((b'\'', quoted)) => return closed(single_quoted(quoted, bytes)?),
            Some((byte, after)) if !is_space(*byte) && *byte != 0 => {
                bytes.push(*byte);
                rest = after;
            }
            // A NUL ends the request, as it does in a C string.
            Some((0, _)) | None => return Ok(&[]),
            Some(_) => return Ok(rest),
        }
    }
}

/// Checks that a closing quote ends its word.
fn closed(rest: &[u8]) -> Result<&[u8], ProtocolError> {
    match rest.first() {
        Some(byte) if !is_space(*byte) => Err(ProtocolError::UnbalancedQuotes),
        _ => Ok(rest),
    }
}

fn double_quoted<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], ProtocolError> {
    loop {
        let (byte, after) = match rest {
            [] => return Err(ProtocolError::UnbalancedQuotes),
            [b'"', after @ ..] => return Ok(after),
            [b'\\', b'x', high, low, after @ ..] if is_hex(*high, *low) => {
                (hex(*high) * 16 + hex(*low), after)
            }
            [b'\\', escaped, after @ ..] => (unescape(*escaped), after),
            [byte, after @ ..] => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], ProtocolError> {
    loop {
        let (byte, after) = match rest {
            [] => return Err(ProtocolError::UnbalancedQuotes),
            [b'\'', after @ ..] => return Ok(after),
            [b'\\', b'\'', after @ ..] => (b'\'', after),
            [byte, after @ ..] => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
}

/// What separates words: C's `isspace`, to which, unlike in Rust, the vertical tab belongs.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

fn unescape(escaped: u8) -> u8 {
    match escaped {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => other,
    }
}

fn is_hex(high: u8, low: u8) -> bool {
    high.is_ascii_hexdigit() && low.is_ascii_hexdigit()
}

fn hex(digit: u8) -> u8 {
    (digit as char).to_digit(16).unwrap_or(0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[u8]) -> Result<Vec<Vec<u8>>, ProtocolError> {
        let (mut bytes, mut spans) = (Vec::new(), Vec::new());
        split(line, &mut bytes, &mut spans)?;
        let word = |s: &Span| bytes[s.start as usize..(s.start + s.len) as usize].to_vec();
        Ok(spans.iter().map(word).collect())
    }

    /// Ensures that quoting works as in redis-cli and Redis itself.
    #[test]
    fn quotes_and_escapes() {
        assert_eq!(words(b"  ").unwrap(), Vec::<Vec<u8>>::new());
        assert_eq!(words(b"a  b\tc ").unwrap(), [b"a", b"b", b"c"]);
        assert_eq!(words(br#""\x00\xff\n\"\q""#).unwrap(), [b"\x00\xff\n\"q"]);
        assert_eq!(words(br#"'a\n' "" ''"#).unwrap(), [&b"a\\n"[..], b"", b""]);
        assert_eq!(words(br#"pre"mid dle""#).unwrap(), [b"premid dle"]);
        for unbalanced in [&b"\"a"[..], b"'a", b"\"a\"b", b"'a'b", b"\"a\\", b"\"\\"] {
            assert_eq!(words(unbalanced), Err(ProtocolError::UnbalancedQuotes));
        }
    }
}
