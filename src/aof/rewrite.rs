//! Rewriting the log: a new base that says what the data is, in the place of all that led to it.
//!
//! The order of steps is what makes a crash at any instant harmless:
//!
//! 1. a new increment is created, and the manifest names it behind the present ones;
//! 2. under the keyspace lock, an image of the data is begun and the log goes on in the new
//!    increment: what is before that moment is in the image, what is after it in the increment;
//! 3. the image is written to a file with a temporary name, which is synced and renamed;
//! 4. the manifest names the new base and the new increment, and all others as history;
//! 5. the history is removed.
//!
//! Until step 4 the old files and the new increment make up the data, from then on the new ones.
//!
//! Two rewrites differ: after a failed fsync, and when the log is turned on in a running server,
//! the present files are worth nothing. Then the new increment has a temporary name until the base
//! is complete, and the manifest names it in step 4 only.
//!
//! # Memory
//! One segment of the keyspace (up to 768 entries) is in the hands of the rewriter at a time, in
//! about 60 KB that share long values with the data, and in twice 256 KB of text. Clients hand over
//! old values in portions of [`limits::BEFORE_IMAGE_BYTES_MAX`]; when
//! [`limits::AOF_KEPT_PORTIONS`] of them lie ready, the next client waits with its own until
//! the rewriter has taken one.

use super::commit::Aof;
use super::directory::Directory;
use super::disk::{LogFile, reason};
use super::manifest::{Manifest, Piece};
use super::records::Records;
use crate::keyspace::Key;
use crate::keyspace::store::snapshot::BeforeImage;
use crate::limits;
use std::io;
use std::sync::atomic::Ordering::Relaxed;

/// A rewrite that has begun.
pub struct Rewrite<'a> {
    aof: &'a Aof,
    directory: &'a mut Directory,
    base: LogFile,
    increment: Piece,
    /// Whether the manifest names the increment already.
    is_named: bool,
    records: Records,
    db: Option<usize>,
    /// Entries written so far.
    entries: u64,
}

impl<'a> Rewrite<'a> {
    /// Prepares the files. What `begin_snapshot` does happens at one moment, under the keyspace
    /// lock; it is given the file in which the log goes on.
    ///
    /// # Errors
    /// Why it cannot begin. The log goes on as it was.
    pub fn begin(
        aof: &'a Aof,
        directory: &'a mut Directory,
        begin_snapshot: impl FnOnce(LogFile),
    ) -> Result<Rewrite<'a>, String> {
        let is_unfounded = aof.status.is_unfounded.load(Relaxed);
        let is_named = aof.is_on() && !aof.is_distrusted() && !is_unfounded;
        let base = directory.create_base().map_err(|error| reason(&error))?;
        let prepare = |directory: &mut Directory| {
            if is_named {
                // The last sync of the present file is waited for by everybody: it is made short.
                aof.sync_file()?;
            }
            let (piece, file) = directory.create_increment(!is_named)?;
            if is_named {
                let mut manifest = directory.manifest().clone();
                manifest.increments.push(piece.clone());
                directory.replace_manifest(manifest)?;
            }
            Ok((piece, file))
        };
        match prepare(directory) {
            Ok((increment, file)) => {
                begin_snapshot(file);
                let records = Records::default();
                let (db, entries) = (None, 0);
                Ok(Rewrite { aof, directory, base, increment, is_named, records, db, entries })
            }
            Err(error) => {
                directory.abandon(base.path());
                Err(reason(&error))
            }
        }
    }

    /// Writes a part of the image. Values go out of memory as soon as they are written.
    ///
    /// # Errors
    /// Those of the system.
    pub fn write(&mut self, image: Vec<BeforeImage>) -> Result<(), String> {
        for kept in image {
            self.entries += 1;
            self.select(kept.db);
            kept.value.rebuild(&kept.key, kept.expires_at_ms, &mut self.records);
            if self.records.len() >= limits::AOF_BUFFER_KEPT_BYTES {
                self.base.write(&mut self.records).map_err(|error| reason(&error))?;
            }
        }
        self.aof.status.rewritten_entries.store(self.entries, Relaxed);
        self.aof.status.rewritten_bytes.store(self.base.len(), Relaxed);
        Ok(())
    }

    /// Replaces the old files by the new ones; the snapshot is complete.
    ///
    /// # Errors
    /// Why that failed. The old files, and the new increment, are in force then.
    pub fn finish(mut self) -> Result<u64, String> {
        let finished = self.replace();
        match &finished {
            Ok(()) => {
                let bytes = self.base.len();
                self.aof.trust(bytes);
                // What cannot be removed now is removed at the next opportunity.
                let _ = self.directory.remove_history();
            }
            Err(_) => self.directory.abandon(self.base.path()),
        }
        finished.map(|()| self.entries).map_err(|error| reason(&error))
    }

    /// Gives up.
    pub fn abandon(self) {
        self.directory.abandon(self.base.path());
    }

    fn replace(&mut self) -> io::Result<()> {
        self.base.write(&mut self.records)?;
        self.base.sync()?;
        let base = self.directory.finish_base(&self.base)?;
        if !self.is_named {
            self.directory.finish_increment(&self.increment)?;
        }
        let old = self.directory.manifest();
        let is_new = |piece: &&Piece| piece.name == self.increment.name;
        let history = old.history.iter().chain(old.pieces());
        let history: Vec<Piece> = history.filter(|piece| !is_new(piece)).cloned().collect();
        let manifest =
            Manifest { base: Some(base), increments: vec![self.increment.clone()], history };
        debug_assert!(!self.is_named || old.increments.contains(&self.increment));
        self.directory.replace_manifest(manifest)
    }

    fn select(&mut self, db: usize) {
        if self.db != Some(db) {
            self.db = Some(db);
            self.records.words(&[Key::new(b"SELECT"), Key::number(db as u64)]);
        }
    }
}
