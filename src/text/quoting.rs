//! Words of a line that a human typed, quoted like Redis's `sdssplitargs`: in inline requests and
//! in configuration files.
//!
//! In double quotes `\n \r \t \b \a \\ \" \xHH` are understood; in single quotes only `\'`. A
//! closing quote must be followed by a space or the end.

use std::io::Write;

/// Quotes do not close, or close in the middle of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unbalanced;

/// Splits the first word off `line`, appends it to `bytes` and returns the rest; `None` if there is
/// no further word.
///
/// # Errors
/// [`Unbalanced`].
pub fn next_word<'a>(line: &'a [u8], bytes: &mut Vec<u8>) -> Result<Option<&'a [u8]>, Unbalanced> {
    let spaces = line.iter().take_while(|byte| is_space(**byte)).count();
    match &line[spaces..] {
        [] => Ok(None),
        rest => word(rest, bytes).map(Some),
    }
}

/// Appends the word at the beginning of `rest`, which may consist of bare and quoted parts, and
/// returns the remaining text.
fn word<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
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
fn closed(rest: &[u8]) -> Result<&[u8], Unbalanced> {
    match rest.first() {
        Some(byte) if !is_space(*byte) => Err(Unbalanced),
        _ => Ok(rest),
    }
}

fn double_quoted<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        let (byte, after) = match rest {
            [] => return Err(Unbalanced),
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

fn single_quoted<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        let (byte, after) = match rest {
            [] => return Err(Unbalanced),
            [b'\'', after @ ..] => return Ok(after),
            [b'\\', b'\'', after @ ..] => (b'\'', after),
            [byte, after @ ..] => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
}

/// The separators of words: C's `isspace`, which, unlike Rust's, includes the vertical tab.
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

/// Appends `bytes` as one word in double quotes, in a way that [`next_word`] reads back.
pub fn quote(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in bytes {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x07 => out.extend_from_slice(b"\\a"),
            0x08 => out.extend_from_slice(b"\\b"),
            b' '..=b'~' => out.push(*byte),
            // Writing into a Vec cannot fail.
            other => drop(write!(out, "\\x{other:02x}")),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(mut line: &[u8]) -> Result<Vec<Vec<u8>>, Unbalanced> {
        let mut words = Vec::new();
        let mut word = Vec::new();
        while let Some(rest) = next_word(line, &mut word)? {
            words.push(std::mem::take(&mut word));
            line = rest;
        }
        Ok(words)
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
            assert_eq!(words(unbalanced), Err(Unbalanced));
        }
    }

    /// Ensures that every byte is shown in a way that is read back.
    #[test]
    fn what_is_quoted_is_read_back() {
        let mut line = Vec::new();
        quote(b"a \\\"\n\r\t\x07\x08\x00\x7f\xff'", &mut line);
        assert_eq!(
            line.escape_ascii().to_string(),
            r#"\"a \\\\\\\"\\n\\r\\t\\a\\b\\x00\\x7f\\xff\'\""#
        );
        let all: Vec<u8> = (0..=255).collect();
        let mut line = Vec::new();
        quote(&all, &mut line);
        assert_eq!(words(&line), Ok(vec![all]));
    }
}
