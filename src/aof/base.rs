//! The next base of the log while it is being written: as requests, or as a snapshot (RDB).
//!
//! Which one is `aof-use-rdb-preamble`. The file has a temporary name; [`super::rewrite`] decides
//! when it becomes part of the log.

use super::disk::LogFile;
use super::format::Format;
use super::records::Records;
use crate::keyspace::Key;
use crate::keyspace::store::snapshot::BeforeImage;
use crate::limits;
use crate::rdb::write::Options;
use crate::snapshot::stream::{Outline, Stream};
use std::io;

/// The form of a base.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// Requests that make the values.
    Requests,
    /// A snapshot with these settings, made at this Unix second.
    Snapshot(Options, u64),
}

impl Form {
    /// The format of the file.
    pub fn format(self) -> Format {
        match self {
            Form::Requests => Format::Requests,
            Form::Snapshot(..) => Format::Snapshot,
        }
    }
}

/// A base that is not complete.
pub enum Base {
    /// See [`Form::Requests`].
    Requests {
        /// The file.
        file: LogFile,
        /// Requests that were not written yet.
        records: Records,
        /// The database of the last key.
        db: Option<usize>,
    },
    /// See [`Form::Snapshot`].
    Snapshot(Box<Stream<LogFile>>),
}

impl Base {
    /// Begins a base with what `outline` tells about.
    ///
    /// # Errors
    /// Those of the system.
    pub fn begin(file: LogFile, form: Form, outline: Outline) -> io::Result<Base> {
        Ok(match form {
            Form::Requests => {
                let mut records = Records::default();
                for code in &outline.functions {
                    records.head(3);
                    records.bulk(b"FUNCTION");
                    records.bulk(b"LOAD");
                    records.bulk_shared(code, code.len());
                }
                Base::Requests { file, records, db: None }
            }
            Form::Snapshot(options, now_s) => {
                Base::Snapshot(Box::new(Stream::begin(file, options, outline, now_s, true)?))
            }
        })
    }

    /// Writes a part of the walk. Values are dropped as soon as they are written.
    ///
    /// # Errors
    /// Those of the system.
    pub fn write(&mut self, part: Vec<BeforeImage>) -> io::Result<()> {
        let (file, records, last_db) = match self {
            Base::Requests { file, records, db } => (file, records, db),
            Base::Snapshot(stream) => return stream.write(part),
        };
        for BeforeImage { db, key, value, expires_at_ms } in part {
            if *last_db != Some(db) {
                *last_db = Some(db);
                records.words(&[Key::new(b"SELECT"), Key::number(db as u64)]);
            }
            value.rebuild(&key, expires_at_ms, records);
            if records.len() >= limits::AOF_BUFFER_KEPT_BYTES {
                file.write(records)?;
            }
        }
        Ok(())
    }

    /// Bytes that were written, apart from those in a buffer.
    pub fn written(&self) -> u64 {
        match self {
            Base::Requests { file, .. } => file.len(),
            Base::Snapshot(stream) => stream.written(),
        }
    }

    /// Ends the base; returns the file, to be synced.
    ///
    /// # Errors
    /// Those of the system.
    pub fn finish(self) -> io::Result<LogFile> {
        match self {
            Base::Requests { file, mut records, .. } => {
                file.write(&mut records)?;
                Ok(file)
            }
            Base::Snapshot(stream) => stream.finish(),
        }
    }
}
