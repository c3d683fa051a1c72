//! The reader of a file: what stands between the values, one event after the other.
//!
//! [`Reader::next`] returns the next event. After [`Event::Entry`] the value follows, which
//! [`Reader::value`] passes on piece by piece; an entry whose value was not asked for is skipped,
//! and verified all the same. The end of the file is an event too, and comes only when the check
//! sum is right: a program that has not seen [`Event::End`] has not seen a sound file.
//!
//! Memory: the buffer, one element, and what `stream.rs` and a packed block need. No length is
//! believed before half of its bytes have arrived.

use super::error::{Error, Problem, Result};
use super::format::{self, Encoding, operation};
use super::piece::{Kind, Nowhere, Sink};
use super::source::Source;
use super::{module, value};
use crate::limits;
use std::io::Read;

/// What a file says next.
#[derive(Debug)]
pub enum Event {
    /// Information, for example `redis-ver`.
    Aux {
        /// Its name.
        name: Vec<u8>,
        /// What it says.
        value: Vec<u8>,
    },
    /// The keys to come are of this database.
    Database(u64),
    /// How many keys the database has, and how many of them expire. Only a hint.
    Size {
        /// Keys.
        keys: u64,
        /// Keys that expire.
        expiring: u64,
    },
    /// The code of a function library.
    Function(Vec<u8>),
    /// Data of this module that belongs to no key; it was skipped.
    ModuleData(String),
    /// A key, whose value is next.
    Entry(Entry),
    /// The end. The check sum was verified, if there is one.
    End,
}

/// A key and what is known of it before its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The database.
    pub db: u64,
    /// The key.
    pub key: Vec<u8>,
    /// The type of the value.
    pub kind: Kind,
    /// How the value stands in the file.
    pub encoding: Encoding,
    /// When the key expires, in Unix milliseconds. It may have passed.
    pub expires_at_ms: Option<u64>,
    /// Seconds since the key was used, if the file says so.
    pub idle_s: Option<u64>,
    /// How often the key is used, as Redis's logarithmic counter, if the file says so.
    pub frequency: Option<u8>,
}

/// What the next key will have.
#[derive(Debug, Default)]
struct Ahead {
    expires_at_ms: Option<u64>,
    idle_s: Option<u64>,
    frequency: Option<u8>,
}

/// The reader of a file.
pub struct Reader<R> {
    source: Source<R>,
    version: u32,
    is_valkey: bool,
    verifies_sum: bool,
    db: u64,
    /// The entry whose value was not read yet.
    pending: Option<Encoding>,
    is_ended: bool,
    kept: Vec<u8>,
}

impl<R: Read> Reader<R> {
    /// Reads the file's first bytes. `verifies_sum` is the setting `rdbchecksum`: without it the
    /// sum at the end is read and not looked at.
    ///
    /// # Errors
    /// The input is not an RDB file, or of a version that cannot be read.
    pub fn new(input: R, verifies_sum: bool) -> Result<Reader<R>> {
        let mut source = Source::new(input, limits::RDB_READ_BYTES);
        let magic: [u8; format::MAGIC_BYTES] = match source.array() {
            Err(Error { problem: Problem::EndOfInput, .. }) => {
                return Err(source.error(0, Problem::NotRdb));
            }
            magic => magic?,
        };
        let is_valkey = magic.starts_with(b"VALKEY");
        let digits = match (magic.strip_prefix(b"REDIS"), magic.strip_prefix(b"VALKEY")) {
            (Some(digits), _) | (_, Some(digits)) => digits,
            _ => return Err(source.error(0, Problem::NotRdb)),
        };
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(source.error(0, Problem::NotRdb));
        }
        let version = digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        if !format::is_readable(version) || is_valkey != (version == format::VERSION_VALKEY) {
            return Err(source.error(0, Problem::Version(version)));
        }
        Ok(Reader {
            source,
            version,
            is_valkey,
            verifies_sum,
            db: 0,
            pending: None,
            is_ended: false,
            kept: Vec::new(),
        })
    }

    /// The file's version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Bytes that were read so far.
    pub fn offset(&self) -> u64 {
        self.source.offset()
    }

    /// What the file says next; after the end, the end again.
    ///
    /// # Errors
    /// What is wrong, and at which byte. Nothing more can be read after an error.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Event> {
        self.value(&mut Nowhere)?;
        if self.is_ended {
            return Ok(Event::End);
        }
        let mut ahead = Ahead::default();
        loop {
            let offset = self.source.offset();
            match self.source.byte()? {
                operation::EXPIRES_MS => {
                    ahead.expires_at_ms = moment(i64::from_le_bytes(self.source.array()?), 1);
                }
                operation::EXPIRES_S => {
                    let moment_s = i64::from(i32::from_le_bytes(self.source.array()?));
                    ahead.expires_at_ms = moment(moment_s, 1_000);
                }
                operation::FREQUENCY => ahead.frequency = Some(self.source.byte()?),
                operation::IDLE => ahead.idle_s = Some(self.source.count()?),
                operation::SLOT_INFO => {
                    for _ in 0..3 {
                        self.source.count()?;
                    }
                }
                other => return self.event(offset, other, ahead),
            }
        }
    }

    fn event(&mut self, offset: u64, operation: u8, ahead: Ahead) -> Result<Event> {
        let unsupported = |what| Err(Error { offset, problem: Problem::Unsupported(what) });
        Ok(match operation {
            operation::AUX => {
                let name = self.source.string()?.into_owned();
                Event::Aux { name, value: self.source.string()?.into_owned() }
            }
            operation::SELECT => {
                self.db = self.source.count()?;
                Event::Database(self.db)
            }
            operation::RESIZE => {
                Event::Size { keys: self.source.count()?, expiring: self.source.count()? }
            }
            operation::FUNCTION => Event::Function(self.source.string()?.into_owned()),
            operation::FUNCTION_CANDIDATE => {
                return unsupported("functions of a release candidate of Redis 7");
            }
            operation::MODULE_AUX => Event::ModuleData(module::skip_aux(&mut self.source)?),
            operation::KEY_METADATA if self.is_valkey => {
                return unsupported("a slot's import under way");
            }
            operation::KEY_METADATA => return unsupported("a module's data about a key"),
            operation::END => {
                self.end()?;
                Event::End
            }
            number => match Encoding::of(number, self.is_valkey) {
                Some(encoding) => Event::Entry(self.entry(encoding, ahead)?),
                None => {
                    let what = format!("an operation or encoding of the unknown number {number}");
                    return Err(self.source.damage(offset, what));
                }
            },
        })
    }

    fn entry(&mut self, encoding: Encoding, ahead: Ahead) -> Result<Entry> {
        let key = self.source.string()?.into_owned();
        let Some(kind) = encoding.kind() else {
            return Err(module::refuse(&mut self.source, encoding));
        };
        self.pending = Some(encoding);
        let Ahead { expires_at_ms, idle_s, frequency } = ahead;
        Ok(Entry { db: self.db, key, kind, encoding, expires_at_ms, idle_s, frequency })
    }

    /// Hands over the value of the entry before; returns how many elements it has. A collection
    /// that has none is not stored but passed over, as Redis does; a stream may have none.
    ///
    /// # Errors
    /// What is wrong, and at which byte. What was passed on of this value is to be discarded.
    pub fn value(&mut self, sink: &mut dyn Sink) -> Result<u64> {
        match self.pending.take() {
            None => Ok(0),
            Some(encoding) => value::read(&mut self.source, encoding, &mut self.kept, sink),
        }
    }

    fn end(&mut self) -> Result<()> {
        self.is_ended = true;
        if self.version < format::VERSION_WITH_SUM {
            return Ok(());
        }
        let (offset, expected) = (self.source.offset(), self.source.sum());
        let found = u64::from_le_bytes(self.source.array()?);
        // Zero stands there if the file was written without a sum.
        match !self.verifies_sum || found == 0 || found == expected {
            true => Ok(()),
            false => Err(self.source.error(offset, Problem::Checksum)),
        }
    }

    /// Whether the input ends after the file.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn is_at_end(&mut self) -> Result<bool> {
        self.source.is_at_end()
    }

    /// What was read of the input after the file's end, and the rest of the input: a log of Redis
    /// may begin with such a file and go on with requests.
    pub fn into_rest(self) -> (Vec<u8>, R) {
        self.source.into_rest()
    }
}

/// A moment in Unix milliseconds. Minus one is none, in Redis too; others before 1970 have passed.
fn moment(units: i64, unit_ms: u64) -> Option<u64> {
    match units {
        -1 => None,
        _ => Some(u64::try_from(units).unwrap_or(0).saturating_mul(unit_ms)),
    }
}
