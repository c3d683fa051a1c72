//! Rewriting the log: a new base with the present data replaces the history of changes.
//!
//! The order of steps makes a crash at any moment harmless:
//!
//! 1. a new increment is created, and the manifest names it after the present ones;
//! 2. under the keyspace lock, a snapshot of the data begins and the log continues in the new
//!    increment: changes before that moment are in the snapshot, later ones in the increment;
//! 3. the snapshot is written to a file with a temporary name, which is synced and renamed;
//! 4. the manifest names the new base and the new increment, and all others as history;
//! 5. the history is removed.
//!
//! Until step 4 the old files and the new increment make up the data, from then on the new ones.
//!
//! Two rewrites differ: after a failed fsync, and when the log is turned on in a running server,
//! the present files cannot be trusted. Then the new increment has a temporary name until the base
//! is complete, and the manifest names it in step 4 only.
//!
//! # Memory
//! The rewriter holds one segment of the keyspace (up to 768 entries) at a time, about 60 KB that
//! share long values with the data (copy-on-write), and twice 256 KB of text. Clients send
//! before-images in portions of [`limits::BEFORE_IMAGE_BYTES_MAX`]; when
//! [`limits::BEFORE_IMAGE_PORTIONS_MAX`] of them are queued, the next client waits until the
//! rewriter has taken one (back-pressure).

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

/// A rewrite in progress.
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
    /// Prepares the files. `begin_snapshot` gets the file in which the log continues; its effects
    /// happen at one moment, under the keyspace lock.
    ///
    /// # Errors
    /// The reason why it cannot begin. The log continues unchanged.
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
                // Every writer waits for the last sync of the present file, so this sync makes it
                // short.
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

    /// Writes a part of the snapshot. Values are dropped as soon as they are written.
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
    /// The reason of a failure. The old files, and the new increment, are in force then.
    pub fn finish(mut self) -> Result<u64, String> {
        let finished = self.replace();
        match &finished {
            Ok(()) => {
                let bytes = self.base.len();
                self.aof.trust(bytes);
                // Files that cannot be removed now are removed at the next opportunity.
                let _ = self.directory.remove_history();
            }
            Err(_) => self.directory.abandon(self.base.path()),
        }
        finished.map(|()| self.entries).map_err(|error| reason(&error))
    }

    /// Aborts the rewrite.
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
