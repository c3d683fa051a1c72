//! Errors of a run, and how they get their position.
//!
//! A native function that fails does not know where it was called. It returns a text, and the
//! machine puts `name:line:` in front when it knows the caller ([`super::unwind`]).

use super::value::Value;

/// The host wants the run to end. No script can catch this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abort(pub u32);

/// Why something failed. It is boxed, so that results stay small.
#[derive(Debug)]
pub struct Error(pub(super) Box<Fault>);

/// The kinds of errors.
#[derive(Debug)]
pub(super) enum Fault {
    /// An error value, as `error` raises it.
    Value(Value),
    /// A text that gets the position of the running function in front.
    Text(Vec<u8>),
    /// A text that stays as it is.
    Bare(Vec<u8>),
    /// A bad argument of a native function: its number, from 1, and what is wrong.
    Argument(usize, String),
    /// An operand of the wrong type: what was tried, and the operand's register.
    Operand(&'static str, Option<u8>, Value),
    Abort(Abort),
}

impl Error {
    /// An error with a value, such as a table with the field `err`.
    pub fn value(value: Value) -> Self {
        Error(Box::new(Fault::Value(value)))
    }

    /// An error with a text, which gets the position of the caller in front.
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Error(Box::new(Fault::Text(text.into())))
    }

    /// An error with a text and nothing else.
    pub fn bare(text: impl Into<Vec<u8>>) -> Self {
        Error(Box::new(Fault::Bare(text.into())))
    }

    /// The same error, with no position in front of its text.
    pub(super) fn without_position(mut self) -> Self {
        if let Fault::Text(text) = &mut *self.0 {
            *self.0 = Fault::Bare(std::mem::take(text));
        }
        self
    }

    /// A bad argument; the first one has the number 1.
    pub fn argument(number: usize, text: impl Into<String>) -> Self {
        Error(Box::new(Fault::Argument(number, text.into())))
    }

    /// The memory limit of the run is reached.
    pub fn memory() -> Self {
        Error::bare("not enough memory")
    }

    pub(super) fn operand(what: &'static str, register: Option<u8>, value: Value) -> Self {
        Error(Box::new(Fault::Operand(what, register, value)))
    }
}

impl From<Abort> for Error {
    fn from(abort: Abort) -> Self {
        Error(Box::new(Fault::Abort(abort)))
    }
}

/// How a run failed.
#[derive(Debug)]
pub enum Failure {
    /// An error that the script did not catch: its value, and the line of the function that
    /// raised it.
    Error {
        /// The error value.
        value: Value,
        /// The line in the script, if a function of the script was running.
        line: Option<u32>,
    },
    /// The host ended the run.
    Abort(Abort),
}
