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
//! share long values with the data (copy-on-write), and twice 256 KB of text, or 64 KB of a
//! snapshot. Clients send
//! before-images in portions of `limits::BEFORE_IMAGE_BYTES_MAX`; when
//! `limits::BEFORE_IMAGE_PORTIONS_MAX` of them are queued, the next client waits until the
//! rewriter has taken one (back-pressure).

use super::base::{Base, Form};
use super::commit::Aof;
use super::directory::Directory;
use super::disk::{LogFile, reason};
use super::format::Format;
use super::manifest::{Manifest, Piece};
use crate::keyspace::store::snapshot::BeforeImage;
use crate::snapshot::stream::Outline;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;

/// A rewrite in progress.
pub struct Rewrite<'a> {
    aof: &'a Aof,
    directory: &'a mut Directory,
    /// The base, unless it could not be begun.
    base: io::Result<Base>,
    format: Format,
    /// Its temporary path.
    path: PathBuf,
    increment: Piece,
    /// Whether the manifest names the increment already.
    is_named: bool,
    /// Entries written so far.
    entries: u64,
}

impl<'a> Rewrite<'a> {
    /// Prepares the files. `begin_snapshot` gets the file in which the log continues; its effects
    /// happen at one moment, under the keyspace lock. It returns the outline of that moment.
    ///
    /// # Errors
    /// The reason why it cannot begin. The log continues unchanged.
    pub fn begin(
        aof: &'a Aof,
        directory: &'a mut Directory,
        form: Form,
        begin_snapshot: impl FnOnce(LogFile) -> Outline,
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
                let outline = begin_snapshot(file);
                let (format, path) = (form.format(), base.path().to_owned());
                // From here on the snapshot has to be walked to its end.
                let (base, entries) = (Base::begin(base, form, outline), 0);
                Ok(Rewrite { aof, directory, base, format, path, increment, is_named, entries })
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
        let base = self.base.as_mut().map_err(|error| reason(error))?;
        self.entries += image.len() as u64;
        base.write(image).map_err(|error| reason(&error))?;
        self.aof.status.rewritten_entries.store(self.entries, Relaxed);
        self.aof.status.rewritten_bytes.store(base.written(), Relaxed);
        Ok(())
    }

    /// Replaces the old files by the new ones; the snapshot is complete.
    ///
    /// # Errors
    /// The reason of a failure. The old files, and the new increment, are in force then.
    pub fn finish(self) -> Result<u64, String> {
        let Rewrite { aof, directory, base, format, path, increment, is_named, entries } = self;
        let replace = |directory: &mut Directory| {
            let file = base?.finish()?;
            file.sync()?;
            let base = directory.finish_base(&file, format)?;
            replace(directory, base, increment, is_named).map(|()| file.len())
        };
        let finished = replace(directory);
        match &finished {
            Ok(bytes) => {
                aof.trust(*bytes);
                // Files that cannot be removed now are removed at the next opportunity.
                let _ = directory.remove_history();
            }
            Err(_) => directory.abandon(&path),
        }
        finished.map(|_| entries).map_err(|error| reason(&error))
    }

    /// Aborts the rewrite.
    pub fn abandon(self) {
        self.directory.abandon(&self.path);
    }
}

/// Replaces the manifest by one with the new base and the new increment.
fn replace(
    directory: &mut Directory,
    base: Piece,
    increment: Piece,
    is_named: bool,
) -> io::Result<()> {
    if !is_named {
        directory.finish_increment(&increment)?;
    }
    let old = directory.manifest();
    debug_assert!(!is_named || old.increments.contains(&increment));
    let is_new = |piece: &&Piece| piece.name == increment.name;
    let history = old.history.iter().chain(old.pieces());
    let history: Vec<Piece> = history.filter(|piece| !is_new(piece)).cloned().collect();
    directory.replace_manifest(Manifest { base: Some(base), increments: vec![increment], history })
}
