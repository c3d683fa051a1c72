//! Replies as JSON, in the dialect of redis-cli 7.0.
//!
//! It is not JSON in every case, and is kept so because scripts have learnt it: an error is
//! `error:"…"`, a key that is no text is quoted as it is, and in the ASCII form a backslash
//! is written twice. Bytes that are not UTF-8 pass through unchanged in the other form.

use super::format::digits_or_text;
use crate::resp::Answer;
use crate::text::quoting::quote;

/// Appends a reply.
pub fn write(answer: &Answer, is_ascii: bool, out: &mut Vec<u8>) {
    match answer {
        Answer::Error(text) => {
            out.extend_from_slice(b"error:");
            string(text, is_ascii, out);
        }
        Answer::Null => out.extend_from_slice(b"null"),
        Answer::Boolean(true) => out.extend_from_slice(b"true"),
        Answer::Boolean(false) => out.extend_from_slice(b"false"),
        Answer::Array(elements) | Answer::Set(elements) | Answer::Push(elements) => {
            out.push(b'[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(element, is_ascii, out);
            }
            out.push(b']');
        }
        Answer::Map(pairs) => {
            out.push(b'{');
            for (at, (key, value)) in pairs.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                self::key(key, is_ascii, out);
                out.push(b':');
                write(value, is_ascii, out);
            }
            out.push(b'}');
        }
        Answer::Attributed(_, about) => write(about, is_ascii, out),
        scalar => match scalar.text() {
            Some(text) => string(text, is_ascii, out),
            None => out.extend_from_slice(&digits_or_text(scalar)),
        },
    }
}

fn key(key: &Answer, is_ascii: bool, out: &mut Vec<u8>) {
    let is_string = key.text().is_some() || key.error().is_some();
    if !is_string {
        out.push(b'"');
    }
    write(key, is_ascii, out);
    if !is_string {
        out.push(b'"');
    }
}

fn string(text: &[u8], is_ascii: bool, out: &mut Vec<u8>) {
    if is_ascii {
        let mut quoted = Vec::new();
        quote(text, &mut quoted);
        for byte in quoted {
            if byte == b'\\' {
                out.push(b'\\');
            }
            out.push(byte);
        }
        return;
    }
    out.push(b'"');
    for byte in text {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}
