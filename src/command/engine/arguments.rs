//! Reading arguments: a cursor over options, and values that several families use.
//!
//! Options may come in any order, and some are followed by values. A family reads them with a
//! `Cursor`: it names the options that it knows, and what no option takes is its error. As in
//! Redis, an option without its value is a word like any other.

use crate::command::engine::{Args, CommandError, Context};
use crate::resp::parse_integer;
use std::ops::Range;

/// Reads the arguments of a request one after the other.
pub(crate) struct Cursor<'a> {
    args: Args<'a>,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Before argument `first`, which need not exist.
    pub fn at(args: Args<'a>, first: usize) -> Cursor<'a> {
        Cursor { args, at: first }
    }

    /// Whether all arguments were read.
    pub fn is_done(&self) -> bool {
        self.at >= self.args.len()
    }

    /// The index of the next argument.
    pub fn index(&self) -> usize {
        self.at
    }

    /// Reads the next argument if it is `word`, in any case.
    pub fn take(&mut self, word: &str) -> bool {
        self.take_before(word, 0)
    }

    /// The same, if at least `count` arguments follow it.
    pub fn take_before(&mut self, word: &str, count: usize) -> bool {
        let is_taken = self.args.is(self.at, word) && self.args.len() - self.at > count;
        self.at += usize::from(is_taken);
        is_taken
    }

    /// Reads `word` and the arguments that belong to it, if there are so many.
    pub fn values_of<const COUNT: usize>(&mut self, word: &str) -> Option<[&'a [u8]; COUNT]> {
        let first = self.at + 1;
        self.take_before(word, COUNT).then(|| {
            self.at += COUNT;
            std::array::from_fn(|index| self.args.at(first + index))
        })
    }

    /// Reads `word` and its value.
    pub fn value_of(&mut self, word: &str) -> Option<&'a [u8]> {
        self.values_of(word).map(|[value]| value)
    }

    /// Reads `word` and its value, an integer.
    ///
    /// # Errors
    /// It is none.
    pub fn integer_of(&mut self, word: &str) -> Result<Option<i64>, CommandError> {
        self.value_of(word).map(integer).transpose()
    }

    /// Reads one of several words, and returns what it stands for.
    pub fn one_of<T: Copy>(&mut self, choices: &[(&str, T)]) -> Option<T> {
        choices.iter().find(|(word, _)| self.take(word)).map(|(_, meaning)| *meaning)
    }

    /// Reads the next argument, whatever it is.
    ///
    /// # Errors
    /// There is none.
    pub fn word(&mut self) -> Result<&'a [u8], CommandError> {
        let word = self.args.get(self.at).ok_or(CommandError::SYNTAX)?;
        self.at += 1;
        Ok(word)
    }
}

/// What `word` stands for, in any case.
pub(crate) fn choice<T: Copy>(word: &[u8], choices: &[(&str, T)]) -> Option<T> {
    let found = choices.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
    found.map(|(_, meaning)| *meaning)
}

/// `text` as an integer.
pub(crate) fn integer(text: &[u8]) -> Result<i64, CommandError> {
    parse_integer(text).ok_or(CommandError::NOT_AN_INTEGER)
}

/// `text` as a number above zero, or `error`.
pub(crate) fn positive(text: &[u8], error: CommandError) -> Result<usize, CommandError> {
    match parse_integer(text).and_then(|number| usize::try_from(number).ok()) {
        Some(number) if number > 0 => Ok(number),
        _ => Err(error),
    }
}

/// `text` as a limit, or `error`; zero is no limit.
pub(crate) fn limit(text: &[u8], error: CommandError) -> Result<usize, CommandError> {
    match parse_integer(text).and_then(|number| usize::try_from(number).ok()) {
        Some(0) => Ok(usize::MAX),
        Some(limit) => Ok(limit),
        None => Err(error),
    }
}

/// What LMPOP and its kind ask for.
pub(crate) struct MultiPop<End> {
    /// The indices of the keys.
    pub keys: Range<usize>,
    /// The end at which elements are removed.
    pub end: End,
    /// How many at most.
    pub count: usize,
}

impl<End: Copy> MultiPop<End> {
    /// Reads it from the number of keys at argument `at` on.
    pub fn parse(
        args: Args<'_>,
        at: usize,
        ends: &[(&str, End)],
    ) -> Result<MultiPop<End>, CommandError> {
        const NO_KEYS: CommandError = CommandError::new("ERR numkeys should be greater than 0");
        const NO_COUNT: CommandError = CommandError::new("ERR count should be greater than 0");
        let number = positive(args.at(at), NO_KEYS)?;
        let keys = at + 1..number.saturating_add(at + 1);
        let mut words = Cursor::at(args, keys.end);
        let end = words.one_of(ends).ok_or(CommandError::SYNTAX)?;
        // A wrong count is reported before a wrong word behind it.
        let count = words.value_of("COUNT").map_or(Ok(1), |text| positive(text, NO_COUNT))?;
        if words.is_done() { Ok(MultiPop { keys, end, count }) } else { Err(CommandError::SYNTAX) }
    }
}

/// The database with the number `text`.
pub(crate) fn database_index(context: &Context<'_>, text: &[u8]) -> Result<usize, CommandError> {
    let too_far = "ERR value is out of range, value must between -2147483648 and 2147483647";
    let number = i32::try_from(integer(text)?).map_err(|_| CommandError::new(too_far))?;
    let db = usize::try_from(number).ok();
    let db = db.filter(|db| *db < context.shared.config().databases);
    db.ok_or(CommandError::new("ERR DB index is out of range"))
}

/// A name that a client gives itself, shown by CLIENT LIST between spaces.
pub(crate) fn client_attribute(what: &str, value: &[u8]) -> Result<String, CommandError> {
    match std::str::from_utf8(value) {
        Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(text.to_owned()),
        _ => {
            Err(format!("ERR {what} cannot contain spaces, newlines or special characters.").into())
        }
    }
}

/// A time-out in milliseconds.
pub(crate) fn timeout_ms(text: &[u8]) -> Result<u64, CommandError> {
    let timeout = parse_integer(text)
        .ok_or(CommandError::new("ERR timeout is not an integer or out of range"))?;
    u64::try_from(timeout).map_err(|_| CommandError::new("ERR timeout is negative"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::inline;

    fn read<T>(line: &str, test: impl FnOnce(Cursor<'_>) -> T) -> T {
        let (mut bytes, mut spans) = (Vec::new(), Vec::new());
        inline::split(line.as_bytes(), &mut bytes, &mut spans).expect("balanced quotes");
        test(Cursor::at(Args::new(&bytes, &spans), 1))
    }

    /// Ensures that options are found in any case and order, with the values behind them.
    #[test]
    fn options_and_their_values() {
        read("x limit 1 2 nx Count 5", |mut words| {
            assert!(!words.take("NX"));
            assert_eq!(words.values_of("LIMIT"), Some([&b"1"[..], b"2"]));
            assert_eq!(words.one_of(&[("XX", 1), ("NX", 2)]), Some(2));
            assert_eq!(words.index(), 5);
            assert_eq!(words.integer_of("COUNT").ok(), Some(Some(5)));
            assert!(words.is_done() && words.word().is_err());
        });
    }

    /// Ensures that an option without all of its values is not read, so that it is an error.
    #[test]
    fn an_option_without_its_value_is_a_word() {
        read("x limit 1", |mut words| {
            assert_eq!(words.values_of::<2>("LIMIT"), None);
            assert_eq!(words.value_of("LIMIT"), Some(&b"1"[..]));
        });
        read("x count", |mut words| {
            assert_eq!(words.value_of("COUNT"), None);
            assert_eq!(words.word().ok(), Some(&b"count"[..]));
        });
        read("x count y", |mut words| assert!(words.integer_of("COUNT").is_err()));
        read("x", |words| assert!(words.is_done()));
    }

    /// Ensures that a request to pop is complete, and that its first error is reported.
    #[test]
    fn pops_from_several_keys() {
        let ends = [("LEFT", 1), ("RIGHT", 2)];
        let parse = |line: &str| {
            read(line, |words| {
                let found = MultiPop::parse(words.args, 1, &ends);
                found.map(|found| (found.keys, found.end, found.count))
            })
        };
        assert_eq!(parse("x 2 a b right count 3").ok(), Some((2..4, 2, 3)));
        assert_eq!(parse("x 1 a LEFT").ok(), Some((2..3, 1, 1)));
        let error = |line: &str| parse(line).expect_err(line).text().to_vec();
        assert_eq!(error("x 0 a LEFT"), b"ERR numkeys should be greater than 0");
        assert_eq!(error("x 1 a LEFT COUNT 0 more"), b"ERR count should be greater than 0");
        for line in ["x 2 a LEFT", "x 9 a LEFT", "x 1 a UP", "x 1 a LEFT COUNT", "x 1 a LEFT 3"] {
            assert_eq!(error(line), b"ERR syntax error", "{line}");
        }
    }
}
