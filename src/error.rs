//! The errors that a command can reply.
//!
//! A [`CommandError`] is a *reply*: the client made a mistake and receives Redis's own text,
//! because clients match on it. Errors of the protocol, which end the connection, are in
//! [`crate::resp`]; errors of the start-up are in [`crate::config`].

use std::borrow::Cow;

/// An error reply: its text begins with the prefix that clients look at (`ERR`, `WRONGTYPE`, …) and
/// has neither the dash nor the line end of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError(Cow<'static, [u8]>);

/// The result of a command handler: it has written exactly one reply, or returns an error.
pub type Outcome = Result<(), CommandError>;

impl CommandError {
    /// The operation does not fit the type that the key holds.
    pub const WRONG_TYPE: CommandError =
        CommandError::new("WRONGTYPE Operation against a key holding the wrong kind of value");
    /// Options that contradict each other, are unknown or lack their value.
    pub const SYNTAX: CommandError = CommandError::new("ERR syntax error");
    /// An argument, or a stored value, that should be a 64-bit integer.
    pub const NOT_AN_INTEGER: CommandError =
        CommandError::new("ERR value is not an integer or out of range");
    /// An increment whose result does not fit into 64 bits.
    pub const OVERFLOW: CommandError =
        CommandError::new("ERR increment or decrement would overflow");

    /// The memory limit is reached and no key may be removed.
    pub const OUT_OF_MEMORY: CommandError =
        CommandError::new("OOM command not allowed when used memory > 'maxmemory'.");

    /// A script holds the keyspace for longer than others should wait.
    pub const BUSY: CommandError = CommandError::new(
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    );

    /// A function of a library does so.
    pub const BUSY_FUNCTION: CommandError = CommandError::new(
        "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.",
    );

    /// An error with a constant text.
    pub const fn new(text: &'static str) -> CommandError {
        CommandError(Cow::Borrowed(text.as_bytes()))
    }

    /// An error that repeats bytes from the client unchanged.
    pub fn quoting(before: &str, quoted: &[u8], after: &str) -> CommandError {
        CommandError([before.as_bytes(), quoted, after.as_bytes()].concat().into())
    }

    /// The text after the dash. It may quote the client, and so need not be UTF-8.
    pub fn text(&self) -> &[u8] {
        &self.0
    }

    /// A wrong number of arguments; `name` is lower case, `client|setname` for a subcommand.
    pub fn arity(name: &str) -> CommandError {
        format!("ERR wrong number of arguments for '{name}' command").into()
    }
}

impl From<String> for CommandError {
    fn from(text: String) -> CommandError {
        CommandError(text.into_bytes().into())
    }
}
