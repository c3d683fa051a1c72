//! `cjson.decode`: JSON to values.

use crate::script::error::Error;
use crate::script::native::Call;
use crate::script::number;
use crate::script::value::{TableId, Value};

/// A token, with its value.
enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    Text(Vec<u8>),
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    Error(&'static str),
}

impl Token {
    fn name(&self) -> &'static str {
        match self {
            Token::ObjectBegin => "T_OBJ_BEGIN",
            Token::ObjectEnd => "T_OBJ_END",
            Token::ArrayBegin => "T_ARR_BEGIN",
            Token::ArrayEnd => "T_ARR_END",
            Token::Text(_) => "T_STRING",
            Token::Number(_) => "T_NUMBER",
            Token::Boolean(_) => "T_BOOLEAN",
            Token::Null => "T_NULL",
            Token::Colon => "T_COLON",
            Token::Comma => "T_COMMA",
            Token::End => "T_END",
            Token::Error(text) => text,
        }
    }
}

/// A table that is being read.
enum Open {
    /// Elements so far.
    Array(TableId, usize),
    /// The key whose value comes next.
    Object(TableId, Value),
}

struct Reader {
    text: Vec<u8>,
    at: usize,
    /// Where the last token, or the error in it, is.
    index: usize,
    takes_invalid_numbers: bool,
}

pub(super) fn decode(call: &mut Call<'_>) -> Result<usize, Error> {
    if call.count() != 1 {
        return Err(Error::argument(1, "expected 1 argument"));
    }
    let len = call.bytes(0)?.len();
    call.vm.heap.check_room(len)?;
    call.charge(len / 16)?;
    let text = call.bytes(0)?.to_vec();
    if text.len() >= 2 && (text[0] == 0 || text[1] == 0) {
        return Err(Error::text("JSON parser does not support UTF-16 or UTF-32"));
    }
    let takes_invalid_numbers = call.vm.cjson.decode_invalid_numbers;
    let mut reader = Reader { text, at: 0, index: 0, takes_invalid_numbers };
    let value = read(call, &mut reader)?;
    match reader.next() {
        Token::End => call.reply(value),
        token => Err(reader.expected("the end", &token)),
    }
}

/// Reads a value with everything in it.
fn read(call: &mut Call<'_>, reader: &mut Reader) -> Result<Value, Error> {
    let mut open: Vec<Open> = Vec::new();
    let mut token = reader.next();
    loop {
        call.charge(1)?;
        let is_object = matches!(token, Token::ObjectBegin);
        let value = match token {
            Token::Text(text) => call.heap().string_owned(text)?,
            Token::Number(n) => Value::Num(n),
            Token::Boolean(truth) => Value::Bool(truth),
            Token::Null => Value::Null,
            Token::ObjectBegin | Token::ArrayBegin => {
                let table = begin(call, reader, open.len() + 1)?;
                token = reader.next();
                match (is_object, token) {
                    (true, Token::ObjectEnd) | (false, Token::ArrayEnd) => Value::Table(table),
                    (true, first) => {
                        let key = read_key(call, reader, first)?;
                        open.push(Open::Object(table, key));
                        token = reader.next();
                        continue;
                    }
                    (false, first) => {
                        open.push(Open::Array(table, 0));
                        token = first;
                        continue;
                    }
                }
            }
            other => return Err(reader.expected("value", &other)),
        };
        if let Some(whole) = put(call, reader, &mut open, value)? {
            return Ok(whole);
        }
        token = reader.next();
    }
}

/// A table for the array or object that begins here.
fn begin(call: &mut Call<'_>, reader: &Reader, depth: usize) -> Result<TableId, Error> {
    if depth as i64 > i64::from(call.vm.cjson.decode_max_depth) {
        let text = format!("Found too many nested data structures ({depth})");
        return Err(Error::text(format!("{text} at character {}", reader.at)));
    }
    call.vm.heap.check_room(depth * size_of::<Open>())?;
    call.heap().new_table(0, 0)
}

/// Puts a complete value into the table around it, which may be complete by that; gives the value
/// that is in no table.
fn put(
    call: &mut Call<'_>,
    reader: &mut Reader,
    open: &mut Vec<Open>,
    mut value: Value,
) -> Result<Option<Value>, Error> {
    loop {
        let Some(last) = open.last_mut() else { return Ok(Some(value)) };
        match last {
            Open::Array(table, count) => {
                *count += 1;
                let (table, key) = (*table, Value::Num(*count as f64));
                call.heap().set(table, key, value)?;
                match reader.next() {
                    Token::ArrayEnd => value = Value::Table(table),
                    Token::Comma => return Ok(None),
                    other => return Err(reader.expected("comma or array end", &other)),
                }
            }
            Open::Object(table, key) => {
                let table = *table;
                call.heap().set(table, *key, value)?;
                match reader.next() {
                    Token::ObjectEnd => value = Value::Table(table),
                    Token::Comma => {
                        let token = reader.next();
                        *key = read_key(call, reader, token)?;
                        return Ok(None);
                    }
                    other => return Err(reader.expected("comma or object end", &other)),
                }
            }
        }
        open.pop();
    }
}

/// The key of a field, and the colon behind it.
fn read_key(call: &mut Call<'_>, reader: &mut Reader, token: Token) -> Result<Value, Error> {
    let key = match token {
        Token::Text(text) => call.heap().string_owned(text)?,
        other => return Err(reader.expected("object key string", &other)),
    };
    match reader.next() {
        Token::Colon => Ok(key),
        other => Err(reader.expected("colon", &other)),
    }
}

impl Reader {
    fn expected(&self, what: &str, found: &Token) -> Error {
        let (found, at) = (found.name(), self.index + 1);
        Error::text(format!("Expected {what} but found {found} at character {at}"))
    }

    /// The byte at a position; a zero byte is the end, as in C.
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    fn next(&mut self) -> Token {
        while matches!(self.byte(self.at), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.index = self.at;
        let single = match self.byte(self.at) {
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b':' => Token::Colon,
            b',' => Token::Comma,
            0 => return Token::End,
            b'"' => return self.string(),
            b'-' | b'0'..=b'9' if !self.takes_invalid_numbers && self.is_invalid_number() => {
                return Token::Error("invalid number");
            }
            b'-' | b'0'..=b'9' => return self.number(),
            _ => return self.word(),
        };
        self.at += 1;
        single
    }

    fn word(&mut self) -> Token {
        let rest = &self.text[self.at..];
        let (token, len) = match rest {
            _ if rest.starts_with(b"true") => (Token::Boolean(true), 4),
            _ if rest.starts_with(b"false") => (Token::Boolean(false), 5),
            _ if rest.starts_with(b"null") => (Token::Null, 4),
            _ if self.takes_invalid_numbers && self.is_invalid_number() => return self.number(),
            _ => return Token::Error("invalid token"),
        };
        self.at += len;
        token
    }

    /// Whether `strtod` takes something here that JSON does not: hexadecimal, inf, nan, `+`.
    fn is_invalid_number(&self) -> bool {
        if self.byte(self.at) == b'+' {
            return true;
        }
        let at = self.at + usize::from(self.byte(self.at) == b'-');
        match self.byte(at) {
            b'0' => matches!(self.byte(at + 1), b'x' | b'X' | b'0'..=b'9'),
            ..=b'9' => false,
            _ => {
                let word = self.text.get(at..at + 3).unwrap_or_default();
                word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"nan")
            }
        }
    }

    /// The longest number that begins here.
    fn number(&mut self) -> Token {
        let rest = &self.text[self.at..];
        let mut end = rest.iter().position(|byte| !is_of_number(*byte)).unwrap_or(rest.len());
        // The text of a number is short; what follows it directly is rarely anything else.
        end = end.min(400);
        while end > 0 {
            let text = &rest[..end];
            if !number::is_space(text[end - 1])
                && let Some(n) = number::parse(text)
            {
                self.at += end;
                return Token::Number(n);
            }
            end -= 1;
        }
        Token::Error("invalid number")
    }

    fn string(&mut self) -> Token {
        let mut text = Vec::new();
        self.at += 1;
        loop {
            match self.byte(self.at) {
                b'"' => break,
                0 => return self.string_error("unexpected end of string"),
                b'\\' => {
                    let byte = match self.byte(self.at + 1) {
                        byte @ (b'"' | b'\\' | b'/') => byte,
                        b'b' => 8,
                        b't' => b'\t',
                        b'n' => b'\n',
                        b'f' => 12,
                        b'r' => b'\r',
                        b'u' => match self.unicode(&mut text) {
                            Some(len) => {
                                self.at += len;
                                continue;
                            }
                            None => return self.string_error("invalid unicode escape code"),
                        },
                        _ => return self.string_error("invalid escape code"),
                    };
                    text.push(byte);
                    self.at += 2;
                }
                byte => {
                    text.push(byte);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        Token::Text(text)
    }

    fn string_error(&mut self, text: &'static str) -> Token {
        self.index = self.at;
        Token::Error(text)
    }

    /// Appends the character that `\uXXXX` means, or a pair of those; gives the length.
    fn unicode(&self, text: &mut Vec<u8>) -> Option<usize> {
        let unit = |at: usize| -> Option<u32> {
            let digits = self.text.get(at + 2..at + 6)?;
            digits
                .iter()
                .try_fold(0, |n, digit| char::from(*digit).to_digit(16).map(|digit| n * 16 + digit))
        };
        let high = unit(self.at)?;
        let (code, len) = match high {
            0xdc00..=0xdfff => return None,
            0xd800..=0xdbff => {
                if self.byte(self.at + 6) != b'\\' || self.byte(self.at + 7) != b'u' {
                    return None;
                }
                let low = unit(self.at + 6).filter(|low| (0xdc00..=0xdfff).contains(low))?;
                (0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff), 12)
            }
            code => (code, 6),
        };
        let mut buffer = [0; 4];
        text.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut buffer).as_bytes());
        Some(len)
    }
}

/// Bytes that the text of a number can contain.
fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-')
}
