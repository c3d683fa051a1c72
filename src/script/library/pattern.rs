//! Patterns of the string library: a matcher that backtracks with a list instead of the stack.
//!
//! A match can take exponential time (`.-.-.-.-b`), and nothing may last longer than the host
//! allows. So the matcher works for a number of steps and stops; its owner asks the host and lets
//! it go on. No item of a pattern is visited twice on one path, so the list of choices is never
//! longer than twice the pattern.
//!
//! As in C Lua 5.1 a pattern ends at its first zero byte; `%z` matches one.

use super::class::{class_end, in_set, single};

/// Captures of one pattern, as in C Lua (`LUA_MAXCAPTURES`).
pub(super) const CAPTURES_MAX: usize = 32;

/// A malformed pattern: the text of the error.
pub(super) type PatternError = &'static str;

/// How far a matcher came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// It matched up to this position.
    Match(usize),
    /// There is no match here.
    Fail,
    /// Its steps are used up; it can go on.
    Pause,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Length {
    /// The capture was opened and not closed.
    Open,
    /// It is the position only.
    Position,
    Bytes(usize),
}

#[derive(Clone, Copy, Debug)]
struct Capture {
    start: usize,
    length: Length,
}

/// A choice to come back to, or a change to be undone on the way.
#[derive(Clone, Copy, Debug)]
enum Choice {
    /// Go on at these positions of subject and pattern.
    At { s: usize, p: usize },
    /// The item matched this often from `s` on; fewer will do, down to a number.
    Fewer { s: usize, count: usize, least: usize, p: usize },
    /// The item at `p` may match once more at `s`.
    More { s: usize, p: usize, end: usize },
    /// A capture was opened.
    Close,
    /// A capture was closed.
    Reopen(usize),
}

/// A match in progress.
#[derive(Debug)]
pub(super) struct Matcher {
    captures: [Capture; CAPTURES_MAX],
    level: usize,
    choices: Vec<Choice>,
    s: usize,
    p: usize,
}

/// A capture, or the whole match if the pattern has none.
#[derive(Clone, Copy, Debug)]
pub(super) enum Captured {
    Range(usize, usize),
    Position(usize),
}

enum Outcome {
    Go,
    Done(usize),
    Dead,
}

impl Matcher {
    /// A matcher of a whole pattern at a position of the subject.
    pub(super) fn new() -> Self {
        let none = Capture { start: 0, length: Length::Open };
        Self { captures: [none; CAPTURES_MAX], level: 0, choices: Vec::new(), s: 0, p: 0 }
    }

    /// Starts at positions of subject and pattern.
    pub(super) fn start(&mut self, s: usize, p: usize) {
        self.choices.clear();
        (self.level, self.s, self.p) = (0, s, p);
    }

    /// Captures of the match.
    pub(super) fn count(&self) -> usize {
        self.level
    }

    /// A capture of the match from `start` to `end`.
    pub(super) fn capture(
        &self,
        at: usize,
        start: usize,
        end: usize,
    ) -> Result<Captured, PatternError> {
        if at >= self.level {
            return if at == 0 {
                Ok(Captured::Range(start, end))
            } else {
                Err("invalid capture index")
            };
        }
        let Capture { start, length } = self.captures[at];
        match length {
            Length::Open => Err("unfinished capture"),
            Length::Position => Ok(Captured::Position(start + 1)),
            Length::Bytes(bytes) => Ok(Captured::Range(start, start + bytes)),
        }
    }

    /// Works until a result or until the steps are used up.
    pub(super) fn run(
        &mut self,
        src: &[u8],
        pat: &[u8],
        fuel: &mut usize,
    ) -> Result<Step, PatternError> {
        loop {
            if *fuel == 0 {
                return Ok(Step::Pause);
            }
            *fuel -= 1;
            match self.advance(src, pat, fuel)? {
                Outcome::Go => {}
                Outcome::Done(end) => return Ok(Step::Match(end)),
                Outcome::Dead => {
                    if !self.backtrack(src, pat)? {
                        return Ok(Step::Fail);
                    }
                }
            }
        }
    }

    /// Takes the last choice that is left.
    fn backtrack(&mut self, src: &[u8], pat: &[u8]) -> Result<bool, PatternError> {
        while let Some(choice) = self.choices.pop() {
            match choice {
                Choice::At { s, p } => {
                    (self.s, self.p) = (s, p);
                    return Ok(true);
                }
                Choice::Fewer { s, count, least, p } => {
                    if count > least {
                        let count = count - 1;
                        self.choices.push(Choice::Fewer { s, count, least, p });
                        (self.s, self.p) = (s + count, p);
                        return Ok(true);
                    }
                }
                Choice::More { s, p, end } => {
                    if single(src, s, pat, p, end) {
                        self.choices.push(Choice::More { s: s + 1, p, end });
                        (self.s, self.p) = (s + 1, end + 1);
                        return Ok(true);
                    }
                }
                Choice::Close => self.level -= 1,
                Choice::Reopen(at) => self.captures[at].length = Length::Open,
            }
        }
        Ok(false)
    }

    /// Matches one item of the pattern.
    fn advance(
        &mut self,
        src: &[u8],
        pat: &[u8],
        fuel: &mut usize,
    ) -> Result<Outcome, PatternError> {
        let Some(&item) = pat.get(self.p) else { return Ok(Outcome::Done(self.s)) };
        match item {
            b'(' => {
                let is_position = pat.get(self.p + 1) == Some(&b')');
                let length = if is_position { Length::Position } else { Length::Open };
                if self.level >= CAPTURES_MAX {
                    return Err("too many captures");
                }
                self.captures[self.level] = Capture { start: self.s, length };
                self.level += 1;
                self.choices.push(Choice::Close);
                self.p += if is_position { 2 } else { 1 };
                return Ok(Outcome::Go);
            }
            b')' => {
                let open = |capture: &Capture| capture.length == Length::Open;
                let last = self.captures[..self.level].iter().rposition(open);
                let at = last.ok_or("invalid pattern capture")?;
                self.captures[at].length = Length::Bytes(self.s - self.captures[at].start);
                self.choices.push(Choice::Reopen(at));
                self.p += 1;
                return Ok(Outcome::Go);
            }
            b'$' if self.p + 1 == pat.len() => {
                return Ok(if self.s == src.len() { Outcome::Done(self.s) } else { Outcome::Dead });
            }
            b'%' => match pat.get(self.p + 1) {
                Some(b'b') => return self.balanced(src, pat, fuel),
                Some(b'f') => return self.frontier(src, pat),
                Some(digit @ b'0'..=b'9') => return self.back_reference(src, *digit, fuel),
                _ => {}
            },
            _ => {}
        }
        self.repeated(src, pat, fuel)
    }

    /// A single character class with what follows it.
    fn repeated(
        &mut self,
        src: &[u8],
        pat: &[u8],
        fuel: &mut usize,
    ) -> Result<Outcome, PatternError> {
        let (s, p) = (self.s, self.p);
        let end = class_end(pat, p)?;
        match pat.get(end) {
            Some(b'?') => {
                if single(src, s, pat, p, end) {
                    self.choices.push(Choice::At { s, p: end + 1 });
                    self.s += 1;
                }
                self.p = end + 1;
            }
            Some(repeat @ (b'*' | b'+')) => {
                let least = usize::from(*repeat == b'+');
                let mut count = 0;
                while single(src, s + count, pat, p, end) {
                    count += 1;
                }
                *fuel = fuel.saturating_sub(count);
                if count < least {
                    return Ok(Outcome::Dead);
                }
                if count > least {
                    self.choices.push(Choice::Fewer { s, count, least, p: end + 1 });
                }
                (self.s, self.p) = (s + count, end + 1);
            }
            Some(b'-') => {
                self.choices.push(Choice::More { s, p, end });
                self.p = end + 1;
            }
            _ if single(src, s, pat, p, end) => (self.s, self.p) = (s + 1, end),
            _ => return Ok(Outcome::Dead),
        }
        Ok(Outcome::Go)
    }

    /// `%bxy`: from an x to the y that belongs to it.
    fn balanced(
        &mut self,
        src: &[u8],
        pat: &[u8],
        fuel: &mut usize,
    ) -> Result<Outcome, PatternError> {
        let (Some(&opening), Some(&closing)) = (pat.get(self.p + 2), pat.get(self.p + 3)) else {
            return Err("unbalanced pattern");
        };
        if src.get(self.s) != Some(&opening) {
            return Ok(Outcome::Dead);
        }
        let mut depth = 1;
        for (at, byte) in src.iter().enumerate().skip(self.s + 1) {
            if *byte == closing {
                depth -= 1;
                if depth == 0 {
                    *fuel = fuel.saturating_sub(at - self.s);
                    (self.s, self.p) = (at + 1, self.p + 4);
                    return Ok(Outcome::Go);
                }
            } else if *byte == opening {
                depth += 1;
            }
        }
        *fuel = fuel.saturating_sub(src.len() - self.s);
        Ok(Outcome::Dead)
    }

    /// `%f[set]`: where a set begins to match.
    fn frontier(&mut self, src: &[u8], pat: &[u8]) -> Result<Outcome, PatternError> {
        let p = self.p + 2;
        if pat.get(p) != Some(&b'[') {
            return Err("missing '[' after '%f' in pattern");
        }
        let end = class_end(pat, p)?;
        let before = if self.s == 0 { 0 } else { src[self.s - 1] };
        let here = src.get(self.s).copied().unwrap_or(0);
        if in_set(before, pat, p, end - 1) || !in_set(here, pat, p, end - 1) {
            return Ok(Outcome::Dead);
        }
        self.p = end;
        Ok(Outcome::Go)
    }

    /// `%1` … `%9`: the text of an earlier capture.
    fn back_reference(
        &mut self,
        src: &[u8],
        digit: u8,
        fuel: &mut usize,
    ) -> Result<Outcome, PatternError> {
        let at = usize::from(digit).wrapping_sub(usize::from(b'1'));
        if at >= self.level || self.captures[at].length == Length::Open {
            return Err("invalid capture index");
        }
        let Capture { start, length } = self.captures[at];
        // The reference compares with the length of a position capture, which is none at all.
        let Length::Bytes(length) = length else { return Ok(Outcome::Dead) };
        *fuel = fuel.saturating_sub(length / 8);
        if src[self.s..].starts_with(&src[start..start + length]) {
            (self.s, self.p) = (self.s + length, self.p + 2);
            return Ok(Outcome::Go);
        }
        Ok(Outcome::Dead)
    }
}
