//! Why a file or a payload cannot be read, and at which byte.

use std::borrow::Cow;
use std::fmt;
use std::io;

/// What the reader returns.
pub type Result<T> = std::result::Result<T, Error>;

/// What is wrong, and where.
#[derive(Debug)]
pub struct Error {
    /// Bytes from the beginning of the file or payload to the element that is wrong.
    pub offset: u64,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong.
#[derive(Debug)]
pub enum Problem {
    /// The input could not be read.
    Input(io::Error),
    /// The input ends where more has to follow.
    EndOfInput,
    /// The first bytes are not those of an RDB file.
    NotRdb,
    /// The version is not one that can be read.
    Version(u32),
    /// The bytes do not add up to the check sum after them.
    Checksum,
    /// The bytes are none that the format allows.
    Damage(Cow<'static, str>),
    /// Something that only a module of Redis understands; the module's name.
    Module(String),
    /// Something that exists and is not supported, by its name.
    Unsupported(&'static str),
    /// The recipient of the values did not want to go on.
    Refused(Cow<'static, str>),
}

impl Error {
    /// Whether the input, and not its contents, is to blame.
    pub fn is_input(&self) -> bool {
        matches!(self.problem, Problem::Input(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset {}: ", self.offset)?;
        match &self.problem {
            Problem::Input(error) => write!(f, "{error}"),
            Problem::EndOfInput => write!(f, "the file ends early"),
            Problem::NotRdb => write!(f, "not an RDB file"),
            Problem::Version(version) => write!(f, "RDB version {version} cannot be read"),
            Problem::Checksum => write!(f, "the check sum is wrong"),
            Problem::Damage(what) => write!(f, "{what}"),
            Problem::Module(name) => write!(f, "a value of the module '{name}', not supported"),
            Problem::Unsupported(what) => write!(f, "{what}, not supported"),
            Problem::Refused(why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for Error {}
