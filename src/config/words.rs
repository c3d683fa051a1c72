//! Words and numbers as they stand in a line.

use crate::text::quoting::next_word;
use crate::text::units;

/// The greatest C `int`: the bound of most of Redis's numbers.
pub const INT: i64 = i32::MAX as i64;

/// No bound but the type's.
pub const LONG: i64 = i64::MAX;

/// A whole number as Redis writes it: no plus sign, no zero in front, no space.
pub fn integer(word: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(word).ok()?;
    text.parse().ok().filter(|number: &i64| number.to_string() == text)
}

/// A number of bytes, with one of Redis's units or without.
pub fn bytes(word: &[u8]) -> Option<i64> {
    unbounded_bytes(word).and_then(|bytes| bytes.try_into().ok())
}

/// The same up to the bound of the notation, which is beyond that of a value: as for C's
/// `strtoull`, more digits than there is room for are as much as there is room for, and none at all
/// are a zero.
pub fn unbounded_bytes(word: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(word).ok()?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = &text[digits..];
    let is_amount = units::bytes(&format!("1{unit}")).is_some();
    let odd = if digits == 0 { 0 } else { u64::MAX };
    units::bytes(text).or(is_amount.then_some(odd))
}

/// Bytes in the largest unit that leaves no rest.
pub fn amount(bytes: i64) -> Vec<u8> {
    for (unit, shift) in [("gb", 30), ("mb", 20), ("kb", 10)] {
        if bytes > 0 && bytes % (1 << shift) == 0 {
            return format!("{}{unit}", bytes >> shift).into_bytes();
        }
    }
    bytes.to_string().into_bytes()
}

/// Bytes in double quotes, those that cannot be printed escaped.
pub fn quoted(text: &[u8]) -> Vec<u8> {
    let mut line = vec![b'"'];
    for byte in text {
        match byte {
            b'"' | b'\\' => line.extend([b'\\', *byte]),
            b'\n' => line.extend(b"\\n"),
            b'\r' => line.extend(b"\\r"),
            b'\t' => line.extend(b"\\t"),
            b' '..=b'~' => line.push(*byte),
            other => line.extend(format!("\\x{other:02x}").as_bytes()),
        }
    }
    line.push(b'"');
    line
}

/// The words of a line; none if its quotes do not close.
pub fn words_of(mut line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut words, mut word) = (Vec::new(), Vec::new());
    while let Some(rest) = next_word(line, &mut word).ok()? {
        words.push(std::mem::take(&mut word));
        line = rest;
    }
    Some(words)
}

/// What the system says of an error, without the number that std adds.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
