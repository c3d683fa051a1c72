//! How replies are shown: for humans, for scripts, and as comma-separated values.
//!
//! Every byte is redis-cli's, for scripts read what it prints. So its oddities are here too: a raw
//! error ends with two line ends, in a map the index of a pair ends with `#`, and of an element of
//! a set with `~`. Where redis-cli 7.0 gives up (big numbers, attributes) the answer is shown all
//! the same: what a server adds about it, the attributes, is for programs and is not.
//!
//! The functions call themselves as deeply as a reply nests, which is bounded by the reader.

use super::json;
use super::options::Style;
use crate::resp::Answer;
use crate::text::quoting::quote;

/// How to show replies.
pub struct Format {
    pub style: Style,
    /// Between the elements of a raw reply.
    pub element_end: Vec<u8>,
    /// Behind a raw reply.
    pub reply_end: Vec<u8>,
}

impl Format {
    /// A whole reply. A reply that is a text for humans is shown as it is, whatever the style.
    pub fn reply(&self, answer: &Answer, is_text: bool) -> Vec<u8> {
        let mut out = Vec::new();
        match self.style {
            _ if is_text => self.raw(answer, &mut out),
            Style::Standard => standard(answer, 0, &mut out),
            Style::Raw => {
                self.raw(answer, &mut out);
                out.extend_from_slice(&self.reply_end);
            }
            Style::Csv => {
                csv(answer, &mut out);
                out.push(b'\n');
            }
            Style::Json | Style::QuotedJson => {
                json::write(answer, self.style == Style::QuotedJson, &mut out);
                out.push(b'\n');
            }
        }
        out
    }

    /// A push: what the client did not ask for.
    pub fn push(&self, push: &Answer) -> Vec<u8> {
        let keys = invalidated_keys(push).filter(|_| self.style == Style::Standard);
        let Some(keys) = keys else { return self.reply(push, false) };
        let mut out = b"-> invalidate: ".to_vec();
        for (at, key) in keys.iter().enumerate() {
            let separator: &[u8] = if at == 0 { b"'" } else { b", '" };
            out.extend_from_slice(separator);
            out.extend_from_slice(key.text().unwrap_or_default());
            out.push(b'\'');
        }
        out.push(b'\n');
        out
    }

    /// The values and nothing else.
    fn raw(&self, answer: &Answer, out: &mut Vec<u8>) {
        match answer {
            Answer::Null => {}
            Answer::Error(text) => {
                out.extend_from_slice(text);
                out.push(b'\n');
            }
            Answer::Boolean(true) => out.extend_from_slice(b"(true)"),
            Answer::Boolean(false) => out.extend_from_slice(b"(false)"),
            Answer::Array(elements) | Answer::Set(elements) | Answer::Push(elements) => {
                for (at, element) in elements.iter().enumerate() {
                    if at > 0 {
                        out.extend_from_slice(&self.element_end);
                    }
                    self.raw(element, out);
                }
            }
            Answer::Map(pairs) => {
                for (at, (key, value)) in pairs.iter().enumerate() {
                    if at > 0 {
                        out.extend_from_slice(&self.element_end);
                    }
                    self.raw(key, out);
                    out.push(b' ');
                    self.raw(value, out);
                }
            }
            Answer::Attributed(_, about) => self.raw(about, out),
            scalar => out.extend_from_slice(&digits_or_text(scalar)),
        }
    }
}

/// The keys of an `invalidate` push that names some.
fn invalidated_keys(push: &Answer) -> Option<&[Answer]> {
    let Answer::Push(elements) = push else { return None };
    match elements.as_slice() {
        [Answer::Bulk(kind), Answer::Array(keys)] if kind == b"invalidate" => Some(keys),
        _ => None,
    }
}

/// What a number or a text consists of.
pub(super) fn digits_or_text(scalar: &Answer) -> Vec<u8> {
    match scalar {
        Answer::Integer(number) => number.to_string().into_bytes(),
        Answer::Double(digits) | Answer::BigNumber(digits) => digits.clone(),
        other => other.text().unwrap_or_default().to_vec(),
    }
}

/// For humans. Lines after the first begin with `indentation` spaces; every line ends.
fn standard(answer: &Answer, indentation: usize, out: &mut Vec<u8>) {
    let (prefix, is_quoted): (&str, bool) = match answer {
        Answer::Array(elements) => return list(elements, ')', "array", indentation, out),
        Answer::Push(elements) => return list(elements, ')', "push", indentation, out),
        Answer::Set(elements) => return list(elements, '~', "set", indentation, out),
        Answer::Map(pairs) => return map(pairs, indentation, out),
        Answer::Attributed(_, about) => return standard(about, indentation, out),
        Answer::Null => ("(nil)", false),
        Answer::Boolean(true) => ("(true)", false),
        Answer::Boolean(false) => ("(false)", false),
        Answer::Error(_) => ("(error) ", false),
        Answer::Integer(_) => ("(integer) ", false),
        Answer::Double(_) => ("(double) ", false),
        Answer::BigNumber(_) => ("(big number) ", false),
        Answer::Bulk(_) => ("", true),
        Answer::Simple(_) | Answer::Verbatim(..) => ("", false),
    };
    out.extend_from_slice(prefix.as_bytes());
    match answer.error() {
        Some(text) => out.extend_from_slice(text),
        None if is_quoted => quote(answer.text().unwrap_or_default(), out),
        None => out.extend_from_slice(&digits_or_text(answer)),
    }
    out.push(b'\n');
}

/// An array, a set or a push: each element after its index.
fn list(elements: &[Answer], mark: char, name: &str, indentation: usize, out: &mut Vec<u8>) {
    if elements.is_empty() {
        return out.extend_from_slice(format!("(empty {name})\n").as_bytes());
    }
    let width = elements.len().to_string().len();
    for (at, element) in elements.iter().enumerate() {
        index(at, width, mark, indentation, out);
        standard(element, indentation + width + 2, out);
    }
}

/// A map: each pair after its index.
fn map(pairs: &[(Answer, Answer)], indentation: usize, out: &mut Vec<u8>) {
    if pairs.is_empty() {
        return out.extend_from_slice(b"(empty hash)\n");
    }
    let width = pairs.len().to_string().len();
    let inside = indentation + width + 2;
    for (at, (key, value)) in pairs.iter().enumerate() {
        index(at, width, '#', indentation, out);
        standard(key, inside, out);
        out.pop();
        out.extend_from_slice(b" => ");
        if has_several_lines(value) {
            out.push(b'\n');
            out.extend(std::iter::repeat_n(b' ', inside));
        }
        standard(value, inside, out);
    }
}

/// `12) `; what is around has indented the first one already.
fn index(at: usize, width: usize, mark: char, indentation: usize, out: &mut Vec<u8>) {
    let indentation = if at == 0 { 0 } else { indentation };
    let text = format!("{:indentation$}{:>width$}{mark} ", "", at + 1);
    out.extend_from_slice(text.as_bytes());
}

/// Whether a value of a map begins on a line of its own: if it has more than one element somewhere.
/// Line ends of a text do not count.
fn has_several_lines(answer: &Answer) -> bool {
    match answer {
        Answer::Map(pairs) => match pairs.as_slice() {
            [(_, value)] => has_several_lines(value),
            pairs => !pairs.is_empty(),
        },
        other => match other.elements() {
            Some([element]) => has_several_lines(element),
            elements => elements.is_some_and(|elements| !elements.is_empty()),
        },
    }
}

/// Values parted by commas, without a hint to what nests in what.
fn csv(answer: &Answer, out: &mut Vec<u8>) {
    let list = |elements: &[&Answer], out: &mut Vec<u8>| {
        for (at, element) in elements.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            csv(element, out);
        }
    };
    match answer {
        Answer::Error(text) => {
            out.extend_from_slice(b"ERROR,");
            quote(text, out);
        }
        Answer::Null => out.extend_from_slice(b"NULL"),
        Answer::Boolean(true) => out.extend_from_slice(b"true"),
        Answer::Boolean(false) => out.extend_from_slice(b"false"),
        Answer::Array(elements) | Answer::Set(elements) | Answer::Push(elements) => {
            list(&elements.iter().collect::<Vec<_>>(), out);
        }
        Answer::Map(pairs) => {
            let elements: Vec<_> = pairs.iter().flat_map(|(key, value)| [key, value]).collect();
            list(&elements, out);
        }
        Answer::Attributed(_, about) => csv(about, out),
        scalar => match scalar.text() {
            Some(text) => quote(text, out),
            None => out.extend_from_slice(&digits_or_text(scalar)),
        },
    }
}
