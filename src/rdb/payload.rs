//! The payload of DUMP and RESTORE: one value, a version and a check sum. That of FUNCTION DUMP has
//! libraries in the place of the value, or none.
//!
//! ```text
//! encoding:u8 value … version:u16 crc64:u64
//! f5 code … f5 code …  version:u16 crc64:u64
//! ```
//!
//! The sum covers everything in front of it and is verified first, so that an accident on the way
//! costs nothing. It stops no attacker: the value after it is verified like any other.

use super::error::{Error, Problem, Result};
use super::format::{self, Encoding, operation};
use super::piece::{Kind, Sink};
use super::source::Source;
use super::target::Target;
use super::value_writer::{Head, ValueWriter};
use super::write::Version;
use super::{crc64, module, value};
use crate::limits;
use std::io;

/// Bytes after the value.
const FOOTER_BYTES: usize = 10;

/// A payload whose version and check sum are right.
#[derive(Debug, Clone, Copy)]
pub struct Payload<'a> {
    /// The encoding's number and the value.
    body: &'a [u8],
    version: u32,
}

impl<'a> Payload<'a> {
    /// Verifies version and check sum; none is what RESTORE answers with `DUMP payload version or
    /// checksum are wrong`.
    pub fn verify(payload: &'a [u8]) -> Option<Payload<'a>> {
        let (body, footer) = payload.split_last_chunk::<FOOTER_BYTES>()?;
        let (low, high) = (footer[0], footer[1]);
        let version = u32::from(u16::from_le_bytes([low, high]));
        let (summed, sum) = payload.split_last_chunk::<8>()?;
        let found = u64::from_le_bytes(*sum);
        // Unlike at the end of a file, zero is a sum like any other.
        let is_sound = format::is_readable(version) && found == crc64::update(0, summed);
        is_sound.then_some(Payload { body, version })
    }

    /// Hands the value over; returns its type. All errors are what RESTORE answers with `Bad data
    /// format`: bytes that are left over and an empty collection too.
    ///
    /// # Errors
    /// What is wrong with the value. What was passed on of it is to be discarded.
    pub fn value(&self, sink: &mut dyn Sink) -> Result<Kind> {
        let mut source = Source::new(self.body, limits::RDB_READ_BYTES.min(self.body.len()));
        let number = source.byte()?;
        let Some(encoding) = Encoding::of(number, self.version == format::VERSION_VALKEY) else {
            return Err(source.damage(0, "an encoding of an unknown number"));
        };
        let Some(kind) = encoding.kind() else {
            return Err(module::refuse(&mut source, encoding));
        };
        let len = value::read(&mut source, encoding, &mut Vec::new(), sink)?;
        if len == 0 && kind != Kind::Stream {
            return Err(source.damage(0, "a collection without elements"));
        }
        if !source.is_at_end()? {
            let problem = Problem::Damage("bytes behind the value".into());
            return Err(Error { offset: source.offset(), problem });
        }
        Ok(kind)
    }

    /// The code of each library of functions; `None` if the payload has something else.
    ///
    /// # Errors
    /// What is wrong with a library's code as a string.
    pub fn functions(&self) -> Result<Option<Vec<Vec<u8>>>> {
        let mut source = Source::new(self.body, limits::RDB_READ_BYTES.min(self.body.len()));
        let mut codes = Vec::new();
        while !source.is_at_end()? {
            if source.byte()? != operation::FUNCTION {
                return Ok(None);
            }
            codes.push(source.string()?.into_owned());
        }
        Ok(Some(codes))
    }
}

/// The payload of libraries with such codes, as Redis 7.0 writes it.
///
/// # Errors
/// None but those of memory.
pub fn dump_functions<'a>(codes: impl Iterator<Item = &'a [u8]>) -> io::Result<Vec<u8>> {
    let mut target = Target::new(Vec::new(), true);
    for code in codes {
        target.bytes(&[operation::FUNCTION])?;
        target.string(code)?;
    }
    Ok(with_footer(target.finish()?, Version::Ten))
}

/// Adds version and check sum.
fn with_footer(mut payload: Vec<u8>, version: Version) -> Vec<u8> {
    payload.extend_from_slice(&version.number().to_le_bytes());
    let sum = crc64::update(0, &payload);
    payload.extend_from_slice(&sum.to_le_bytes());
    payload
}

/// The payload of a value, which `write` writes. A hash whose fields expire gets the version that
/// has such hashes, whatever `version` is: RESTORE has nothing else to go by.
///
/// # Errors
/// What was announced was not written, or the reverse, or a stream's node is too long.
pub fn dump(
    version: Version,
    compresses: bool,
    head: Head,
    write: impl FnOnce(ValueWriter<'_, Vec<u8>>) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    let version = match head {
        Head::ExpiringHash { .. } => Version::Twelve,
        _ => version,
    };
    let mut target = Target::new(Vec::new(), compresses);
    write(ValueWriter::begin(&mut target, version, head, None)?)?;
    Ok(with_footer(target.finish()?, version))
}
