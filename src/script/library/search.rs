//! `string.find`, `match`, `gmatch` and `gsub`: what is done with the matches of a pattern.

use super::pattern::{Captured, Matcher, Step};
use crate::script::env;
use crate::script::error::Error;
use crate::script::heap::Function;
use crate::script::meta::Index;
use crate::script::native::Call;
use crate::script::number;
use crate::script::value::{StrId, Value};

/// Steps of a matcher between two looks at the budget of the run.
const FUEL: usize = 4096;

/// A pattern and its subject, by their identities: bytes are looked up when they are needed.
#[derive(Clone, Copy)]
struct Search {
    subject: StrId,
    pattern: StrId,
}

impl Search {
    fn new(call: &mut Call<'_>) -> Result<Self, Error> {
        match (call.string(0)?, call.string(1)?) {
            (Value::Str(subject), Value::Str(pattern)) => Ok(Self { subject, pattern }),
            _ => Err(Error::text("string expected")),
        }
    }

    fn subject<'a>(&self, call: &'a Call<'_>) -> &'a [u8] {
        call.vm.heap.bytes_of(self.subject)
    }

    /// The pattern up to its first zero byte.
    fn pattern<'a>(&self, call: &'a Call<'_>) -> &'a [u8] {
        let pattern = call.vm.heap.bytes_of(self.pattern);
        let end = pattern.iter().position(|byte| *byte == 0).unwrap_or(pattern.len());
        &pattern[..end]
    }

    /// Matches at one position; gives the end of the match.
    fn match_at(
        &self,
        call: &mut Call<'_>,
        matcher: &mut Matcher,
        s: usize,
        p: usize,
    ) -> Result<Option<usize>, Error> {
        matcher.start(s, p);
        loop {
            let mut fuel = FUEL;
            let step = matcher.run(self.subject(call), self.pattern(call), &mut fuel);
            call.charge(FUEL - fuel + 1)?;
            match step.map_err(Error::text)? {
                Step::Match(end) => return Ok(Some(end)),
                Step::Fail => return Ok(None),
                Step::Pause => {}
            }
        }
    }

    /// A capture as a value.
    fn value(
        &self,
        call: &mut Call<'_>,
        matcher: &Matcher,
        at: usize,
        (start, end): (usize, usize),
    ) -> Result<Value, Error> {
        match matcher.capture(at, start, end).map_err(Error::text)? {
            Captured::Position(position) => Ok(Value::Num(position as f64)),
            Captured::Range(start, end) => {
                let bytes = self.subject(call)[start..end].to_vec();
                call.heap().string_owned(bytes)
            }
        }
    }

    /// All captures, or the whole match if there are none and that is wanted.
    fn values(
        &self,
        call: &mut Call<'_>,
        matcher: &Matcher,
        range: (usize, usize),
        whole: bool,
    ) -> Result<Vec<Value>, Error> {
        let count = if matcher.count() == 0 && whole { 1 } else { matcher.count() };
        (0..count).map(|at| self.value(call, matcher, at, range)).collect()
    }
}

/// A position as the string functions count: from 1, or from the end if it is negative.
pub(super) fn position(n: i64, len: usize) -> i64 {
    if n < 0 { (n + len as i64 + 1).max(0) } else { n }
}

pub(super) fn find(call: &mut Call<'_>) -> Result<usize, Error> {
    find_or_match(call, true)
}

pub(super) fn string_match(call: &mut Call<'_>) -> Result<usize, Error> {
    find_or_match(call, false)
}

fn find_or_match(call: &mut Call<'_>, is_find: bool) -> Result<usize, Error> {
    let search = Search::new(call)?;
    let len = search.subject(call).len();
    let start = (position(call.integer_or(2, 1)?, len) - 1).clamp(0, len as i64) as usize;
    let is_special = |byte: &u8| b"^$*+?.([%-".contains(byte);
    if is_find && (call.arg(3).is_true() || !search.pattern(call).iter().any(is_special)) {
        let needle = call.vm.heap.bytes_of(search.pattern);
        let found = find_plain(&search.subject(call)[start..], needle);
        call.charge((len - start) / 16)?;
        return match found {
            Some(at) => {
                let (first, last) = (start + at + 1, start + at + call.bytes(1)?.len());
                call.reply_all(&[Value::Num(first as f64), Value::Num(last as f64)])
            }
            None => call.reply(Value::Nil),
        };
    }
    let anchor = usize::from(search.pattern(call).first() == Some(&b'^'));
    let mut matcher = Matcher::new();
    let mut s = start;
    loop {
        if let Some(end) = search.match_at(call, &mut matcher, s, anchor)? {
            let mut values = search.values(call, &matcher, (s, end), !is_find)?;
            if is_find {
                values.splice(0..0, [Value::Num((s + 1) as f64), Value::Num(end as f64)]);
            }
            return call.reply_all(&values);
        }
        s += 1;
        if s > len || anchor == 1 {
            return call.reply(Value::Nil);
        }
    }
}

/// The first occurrence of a text.
fn find_plain(text: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, needle)
}

pub(super) fn gmatch(call: &mut Call<'_>) -> Result<usize, Error> {
    let (subject, pattern) = (call.string(0)?, call.string(1)?);
    let values = Box::new([subject, pattern, Value::Num(0.0)]);
    let iterator = Function::Bound { native: env::GMATCH, values };
    let iterator = call.heap().new_function(iterator)?;
    call.reply(iterator)
}

/// The iterator of `gmatch`, with subject, pattern and position as its state.
pub(super) fn gmatch_next(call: &mut Call<'_>) -> Result<usize, Error> {
    let bound = call.bound;
    let state = bound.and_then(|id| call.heap().bound_mut(id).map(|state| state.to_vec()));
    let Some([Value::Str(subject), Value::Str(pattern), Value::Num(at)]) = state.as_deref() else {
        return call.reply(Value::Nil);
    };
    let search = Search { subject: *subject, pattern: *pattern };
    let mut matcher = Matcher::new();
    for s in *at as usize..=search.subject(call).len() {
        if let Some(end) = search.match_at(call, &mut matcher, s, 0)? {
            let next = if end == s { end + 1 } else { end };
            if let Some(state) = bound.and_then(|id| call.vm.heap.bound_mut(id)) {
                state[2] = Value::Num(next as f64);
            }
            let values = search.values(call, &matcher, (s, end), true)?;
            return call.reply_all(&values);
        }
    }
    call.reply(Value::Nil)
}

pub(super) fn gsub(call: &mut Call<'_>) -> Result<usize, Error> {
    let search = Search::new(call)?;
    let replacement = match call.arg(2) {
        Value::Num(_) => call.string(2)?,
        value @ (Value::Str(_) | Value::Table(_) | Value::Func(_) | Value::Native(_)) => value,
        _ => return Err(Error::argument(3, "string/function/table expected")),
    };
    let len = search.subject(call).len();
    let limit = call.integer_or(3, len as i64 + 1)?;
    let anchor = usize::from(search.pattern(call).first() == Some(&b'^'));
    let mut matcher = Matcher::new();
    let (mut out, mut s, mut count) = (Vec::new(), 0, 0);
    while count < limit {
        let found = search.match_at(call, &mut matcher, s, anchor)?;
        if let Some(end) = found {
            count += 1;
            replace(call, &search, &matcher, (s, end), replacement, &mut out)?;
        }
        match found {
            Some(end) if end > s => s = end,
            _ if s < len => {
                out.push(search.subject(call)[s]);
                s += 1;
            }
            _ => break,
        }
        call.vm.heap.check_room(out.len())?;
        if anchor == 1 {
            break;
        }
    }
    out.extend_from_slice(&search.subject(call)[s.min(len)..]);
    let text = call.heap().string_owned(out)?;
    call.reply_all(&[text, Value::Num(count as f64)])
}

/// Appends the replacement of a match.
fn replace(
    call: &mut Call<'_>,
    search: &Search,
    matcher: &Matcher,
    (start, end): (usize, usize),
    replacement: Value,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let value = match replacement {
        Value::Str(id) => return expand(call, search, matcher, (start, end), id, out),
        Value::Table(_) => {
            let key = search.value(call, matcher, 0, (start, end))?;
            match call.vm.index(replacement, key, None)? {
                Index::Value(value) => value,
                Index::Call(handler, object) => call.call_back(handler, &[object, key])?,
            }
        }
        function => {
            let values = search.values(call, matcher, (start, end), true)?;
            call.call_back(function, &values)?
        }
    };
    match value {
        Value::Nil | Value::Bool(false) => out.extend_from_slice(&search.subject(call)[start..end]),
        Value::Str(id) => out.extend_from_slice(call.vm.heap.bytes_of(id)),
        Value::Num(n) => number::write_number(out, n),
        other => {
            let name = other.type_name();
            return Err(Error::text(format!("invalid replacement value (a {name})")));
        }
    }
    Ok(())
}

/// Appends a replacement text, in which `%1` means the first capture.
fn expand(
    call: &mut Call<'_>,
    search: &Search,
    matcher: &Matcher,
    (start, end): (usize, usize),
    template: StrId,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let template = call.vm.heap.bytes_of(template);
    let subject = search.subject(call);
    let mut rest = template;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        out.extend_from_slice(&rest[..at]);
        // The reference reads the zero behind a text that ends with a percent sign.
        let byte = rest.get(at + 1).copied().unwrap_or(0);
        rest = rest.get(at + 2..).unwrap_or_default();
        match byte {
            b'0' => out.extend_from_slice(&subject[start..end]),
            b'1'..=b'9' => {
                let at = usize::from(byte - b'1');
                match matcher.capture(at, start, end).map_err(Error::text)? {
                    Captured::Range(from, to) => out.extend_from_slice(&subject[from..to]),
                    Captured::Position(position) => {
                        out.extend_from_slice(position.to_string().as_bytes());
                    }
                }
            }
            other => out.push(other),
        }
        call.vm.heap.check_room(out.len())?;
    }
    out.extend_from_slice(rest);
    Ok(())
}
