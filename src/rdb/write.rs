//! The writer of a file: header, what stands between the values, end.
//!
//! The caller walks over its keyspace and calls in the file's order; nothing is kept but a buffer.
//! Values are written in the oldest encodings there are (see `value_writer.rs`), under a low
//! version: loaders refuse a file for its version and else look at the encodings, so that a file of
//! version 9 with one hash whose fields expire is loaded by every server that knows such hashes.
//!
//! | version | loaded by | streams |
//! |---|---|---|
//! | 9 | Redis from 5.0, every Valkey | as Redis 5 writes them: what groups have read is estimated |
//! | 10 | Redis from 7.0, every Valkey | with all counters |
//! | 11 | Redis from 7.2, every Valkey | and when consumers were active |
//!
//! Functions exist since Redis 7.0 and are written under every version.

use super::format::{self, operation};
use super::target::Target;
use super::value_writer::{Head, ValueWriter};
use std::io::{self, Write};

/// A version to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Of Redis 5.0.
    Nine,
    /// Of Redis 7.0.
    Ten,
    /// Of Redis 7.2, and of Valkey up to 8.
    Eleven,
    /// Of Redis 7.4: not loaded by any Valkey. Only payloads with hashes whose fields expire need
    /// it, because RESTORE has nothing but the version to go by.
    Twelve,
}

impl Version {
    /// The number.
    pub fn number(self) -> u16 {
        match self {
            Version::Nine => 9,
            Version::Ten => 10,
            Version::Eleven => 11,
            Version::Twelve => 12,
        }
    }

    /// The number of a stream's encoding.
    pub(super) fn stream(self) -> u8 {
        match self {
            Version::Nine => format::written::STREAM,
            Version::Ten => format::written::STREAM_2,
            Version::Eleven | Version::Twelve => format::written::STREAM_3,
        }
    }
}

/// How to write.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The version.
    pub version: Version,
    /// Whether strings are compressed: the setting `rdbcompression`.
    pub compresses: bool,
    /// Whether there is a check sum at the end: the setting `rdbchecksum`.
    pub sums: bool,
}

/// What is known of a key apart from its value.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meta {
    /// When it expires, in Unix milliseconds.
    pub expires_at_ms: Option<u64>,
    /// Seconds since it was used; only worth its bytes under a policy that evicts by it.
    pub idle_s: Option<u64>,
    /// How often it is used, as Redis's logarithmic counter.
    pub frequency: Option<u8>,
}

/// The writer of a file.
#[derive(Debug)]
pub struct Writer<W> {
    target: Target<W>,
    options: Options,
}

impl<W: Write> Writer<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// The output cannot be written to; the same holds for all that follows.
    pub fn new(output: W, options: Options) -> io::Result<Writer<W>> {
        let mut target = Target::new(output, options.compresses);
        target.bytes(format!("REDIS{:04}", options.version.number()).as_bytes())?;
        Ok(Writer { target, options })
    }

    /// Bytes of the file so far.
    pub fn written(&self) -> u64 {
        self.target.written()
    }

    /// Information; Redis writes `redis-ver`, `redis-bits`, `ctime`, `used-mem` and `aof-base`.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn aux(&mut self, name: &str, value: &[u8]) -> io::Result<()> {
        self.target.bytes(&[operation::AUX])?;
        self.target.string(name.as_bytes())?;
        self.target.string(value)
    }

    /// The code of a function library.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn function(&mut self, code: &[u8]) -> io::Result<()> {
        self.target.bytes(&[operation::FUNCTION])?;
        self.target.string(code)
    }

    /// The database of the keys to come, and about how many they are and how many of them expire.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn database(&mut self, db: u64, keys: u64, expiring: u64) -> io::Result<()> {
        self.target.bytes(&[operation::SELECT])?;
        self.target.count(db)?;
        self.target.bytes(&[operation::RESIZE])?;
        self.target.count(keys)?;
        self.target.count(expiring)
    }

    /// A key. Its value has to be written with what this returns, up to [`ValueWriter::end`].
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn entry(&mut self, key: &[u8], meta: Meta, head: Head) -> io::Result<ValueWriter<'_, W>> {
        if let Some(moment) = meta.expires_at_ms {
            self.target.bytes(&[operation::EXPIRES_MS])?;
            // Redis reads a signed number.
            self.target.bytes(&moment.min(i64::MAX as u64).to_le_bytes())?;
        }
        if let Some(idle_s) = meta.idle_s {
            self.target.bytes(&[operation::IDLE])?;
            self.target.count(idle_s)?;
        }
        if let Some(frequency) = meta.frequency {
            self.target.bytes(&[operation::FREQUENCY, frequency])?;
        }
        ValueWriter::begin(&mut self.target, self.options.version, head, Some(key))
    }

    /// Ends the file; returns the output, to be synced.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn finish(mut self) -> io::Result<W> {
        self.target.bytes(&[operation::END])?;
        let sum = if self.options.sums { self.target.sum()? } else { 0 };
        self.target.bytes(&sum.to_le_bytes())?;
        self.target.finish()
    }
}
