//! A whole snapshot as a stream of bytes, in the format of Redis.
//!
//! Where the bytes go is the caller's: a file, the base of a log, or the socket of a replica. A
//! snapshot comes in parts ([`Stream::write`]), because the walk through the keyspace takes them
//! under short holds of the lock; nothing of it is kept here but a buffer.

use crate::keyspace::Keyspace;
use crate::keyspace::store::snapshot::BeforeImage;
use crate::rdb::write::{Meta, Options, Version, Writer};
use crate::snapshot::encode;
use crate::text::version::REDIS_VERSION;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

/// What is known of a snapshot at its moment, before it is walked.
#[derive(Debug, Default)]
pub struct Outline {
    /// Keys of each database, and how many of them expire.
    sizes: BTreeMap<usize, (u64, u64)>,
    used_bytes: usize,
    /// Whether a stream may come.
    has_streams: bool,
    /// The code of each library of functions.
    pub functions: Vec<Arc<[u8]>>,
    /// The count of changes.
    pub changes: u64,
}

impl Outline {
    /// The outline of a snapshot of what `keyspace` has now, and of the libraries of functions.
    pub fn of(keyspace: &Keyspace, functions: Vec<Arc<[u8]>>) -> Outline {
        let size = |(db, keys, expiring, _)| (db, (keys as u64, expiring as u64));
        Outline {
            sizes: keyspace.occupied(0).map(size).collect(),
            used_bytes: keyspace.used_bytes(),
            has_streams: keyspace.may_have_streams(),
            functions,
            changes: keyspace.counters().changes,
        }
    }

    /// The lowest version that has all of it: without streams and functions, every Redis from 5.0
    /// loads the snapshot, else every Redis from 7.0. Every Valkey loads both.
    fn version(&self) -> Version {
        let is_newer = self.has_streams || !self.functions.is_empty();
        if is_newer { Version::Ten } else { Version::Nine }
    }

    /// Keys in all databases.
    pub fn keys(&self) -> u64 {
        self.sizes.values().map(|(keys, _)| keys).sum()
    }
}

/// The settings of snapshots. The version rises if what is in the snapshot needs it.
pub fn options(compresses: bool, sums: bool) -> Options {
    Options { version: Version::Nine, compresses, sums }
}

/// A snapshot that is being written.
pub struct Stream<W> {
    writer: Writer<W>,
    sizes: BTreeMap<usize, (u64, u64)>,
    /// The database of the last key.
    db: Option<usize>,
    keys: u64,
}

impl<W: Write> Stream<W> {
    /// Begins with what Redis says about itself. `is_base` says whether requests will follow, in
    /// this file or the next.
    ///
    /// # Errors
    /// The output cannot be written to; the same holds for all that follows.
    pub fn begin(
        output: W,
        options: Options,
        outline: Outline,
        now_s: u64,
        is_base: bool,
    ) -> io::Result<Stream<W>> {
        let version = options.version.max(outline.version());
        let mut writer = Writer::new(output, Options { version, ..options })?;
        writer.aux("redis-ver", REDIS_VERSION.as_bytes())?;
        writer.aux("redis-bits", b"64")?;
        writer.aux("ctime", now_s.to_string().as_bytes())?;
        writer.aux("used-mem", outline.used_bytes.to_string().as_bytes())?;
        writer.aux("aof-base", if is_base { b"1" } else { b"0" })?;
        outline.functions.iter().try_for_each(|code| writer.function(code))?;
        Ok(Stream { writer, sizes: outline.sizes, db: None, keys: 0 })
    }

    /// Writes a part of the walk. Values are dropped as soon as they are written.
    ///
    /// # Errors
    /// See [`Stream::begin`].
    pub fn write(&mut self, part: Vec<BeforeImage>) -> io::Result<()> {
        for kept in part {
            if self.db != Some(kept.db) {
                // Before-images of other databases come in between: a database may have several
                // parts, and only the first one tells its size.
                let (keys, expiring) = self.sizes.remove(&kept.db).unwrap_or_default();
                self.writer.database(kept.db as u64, keys, expiring)?;
                self.db = Some(kept.db);
            }
            let meta = Meta { expires_at_ms: kept.expires_at_ms, ..Meta::default() };
            let writer = self.writer.entry(&kept.key, meta, encode::head(&kept.value))?;
            encode::write(&kept.value, writer)?;
            self.keys += 1;
        }
        Ok(())
    }

    /// Keys that were written.
    pub fn keys(&self) -> u64 {
        self.keys
    }

    /// Bytes that were written.
    pub fn written(&self) -> u64 {
        self.writer.written()
    }

    /// Ends the snapshot; returns the output, to be synced.
    ///
    /// # Errors
    /// See [`Stream::begin`].
    pub fn finish(self) -> io::Result<W> {
        self.writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::{Event, Value, types};
    use crate::rdb::piece::Nowhere;
    use crate::rdb::read::{Event as Read, Reader};

    /// Ensures that the version is no higher than what the snapshot holds asks for.
    #[test]
    fn the_version_is_the_lowest() {
        let version = |outline| {
            let stream = Stream::begin(Vec::new(), options(false, true), outline, 7, false);
            let bytes = stream.and_then(Stream::finish).expect("memory");
            String::from_utf8_lossy(&bytes[..9]).into_owned()
        };
        let mut keyspace = Keyspace::new(1);
        keyspace.keys(0, 1, true).set(b"k", Value::string(b"v"), None, Event::SET);
        assert_eq!(version(Outline::of(&keyspace, Vec::new())), "REDIS0009");
        let functions = vec![b"#!lua name=f"[..].into()];
        assert_eq!(version(Outline::of(&keyspace, functions)), "REDIS0010");
        let stream = Value::Stream(types::Stream::default());
        keyspace.keys(0, 1, true).set(b"k", stream, None, Event::SET);
        assert_eq!(version(Outline::of(&keyspace, Vec::new())), "REDIS0010");
        keyspace.flush(0);
        assert_eq!(version(Outline::of(&keyspace, Vec::new())), "REDIS0009");
    }

    /// Ensures that a snapshot goes to anything that takes bytes, and is read from them again.
    #[test]
    fn a_stream_needs_no_file() {
        let mut keyspace = Keyspace::new(3);
        for (db, key) in [(0, "a"), (2, "b"), (2, "c")] {
            let value = Value::string(key.as_bytes());
            keyspace.keys(db, 1, true).set(key.as_bytes(), value, None, Event::SET);
        }
        keyspace.begin_snapshot();
        let outline = Outline::of(&keyspace, vec![b"#!lua name=f"[..].into()]);
        assert_eq!(outline.keys(), 3);
        let mut stream =
            Stream::begin(Vec::new(), options(true, true), outline, 7, true).expect("memory");
        while keyspace.has_snapshot() {
            stream.write(keyspace.step_snapshot()).expect("memory");
        }
        assert_eq!(stream.keys(), 3);
        let bytes = stream.finish().expect("memory");
        let mut reader = Reader::new(&bytes[..], true).expect("a header");
        let mut found = Vec::new();
        loop {
            match reader.next().expect("a sound snapshot") {
                Read::Database(db) => found.push(format!("db {db}")),
                Read::Size { keys, .. } => found.push(format!("of {keys}")),
                Read::Entry(entry) => {
                    found.push(entry.key.escape_ascii().to_string());
                    reader.value(&mut Nowhere).expect("a sound value");
                }
                Read::Aux { name, value } if name == b"aof-base" => assert_eq!(value, b"1"),
                Read::Function(code) => assert_eq!(code, b"#!lua name=f"),
                Read::End => break,
                _ => {}
            }
        }
        found[4..].sort();
        assert_eq!(found, ["db 0", "of 1", "a", "db 2", "b", "c", "of 2"]);
    }
}
