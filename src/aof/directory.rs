//! The folder of an open log: its manifest, and the creation and removal of its files.
//!
//! Invariant: at any moment at which the machine may stop, the manifest names files that exist and
//! contain the data. So a file is created, synced and has its final name before the manifest names
//! it, and is removed after the manifest has stopped to name it; the manifest itself is replaced by
//! a rename. `opening.rs` describes how a folder is opened, and what is refused then.

use super::disk::{Disk, LogFile};
use super::format::Format;
use super::lock::Lock;
use super::manifest::{Manifest, Piece};
use super::names::{Names, TEMPORARY};
use super::records::Records;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that no other process uses.
#[derive(Debug)]
pub struct Directory {
    disk: Disk,
    path: PathBuf,
    names: Names,
    pub(super) manifest: Manifest,
    _lock: Lock,
}

impl Directory {
    /// A folder whose manifest was not read yet.
    pub(super) fn new(disk: Disk, path: PathBuf, names: Names, lock: Lock) -> Directory {
        Directory { disk, path, names, manifest: Manifest::default(), _lock: lock }
    }

    /// The files of the log.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of its files.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The path of a file.
    pub fn path_of(&self, piece: &Piece) -> PathBuf {
        self.path.join(&piece.name)
    }

    /// The disk that contains it.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Bytes of the base, and of all files together.
    pub fn sizes(&self) -> (u64, u64) {
        let size = |piece: &Piece| self.len(piece);
        let base = self.manifest.base.as_ref().map_or(0, size);
        (base, self.manifest.pieces().map(size).sum())
    }

    fn len(&self, piece: &Piece) -> u64 {
        std::fs::metadata(self.path_of(piece)).map_or(0, |metadata| metadata.len())
    }

    /// Opens the last increment to continue it, or creates the first one. All files before it are
    /// final: the manifest gets their lengths, unless it has them.
    ///
    /// # Errors
    /// Those of the system.
    pub fn last_increment(&mut self) -> io::Result<LogFile> {
        let mut manifest = self.manifest.clone();
        let created = match manifest.increments.is_empty() {
            true => {
                let piece = manifest.next_increment(&self.names);
                let file = self.create(&piece.name)?;
                manifest.increments.push(piece);
                Some(file)
            }
            false => None,
        };
        if let Some((_, before)) = manifest.increments.split_last_mut() {
            for piece in manifest.base.iter_mut().chain(before) {
                piece.bytes = piece.bytes.or_else(|| Some(self.len(piece)));
            }
        }
        if manifest != self.manifest {
            self.replace_manifest(manifest)?;
        }
        match (created, self.manifest.increments.last()) {
            (Some(file), _) => Ok(file),
            (None, Some(piece)) => self.disk.open(&self.path_of(piece), false),
            (None, None) => unreachable!("there is an increment, or one was created"),
        }
    }

    /// Creates the next increment, which the manifest does not name yet. If it becomes part of the
    /// log only together with a new base, it has a temporary name until then.
    ///
    /// # Errors
    /// Those of the system.
    pub fn create_increment(&self, is_temporary: bool) -> io::Result<(Piece, LogFile)> {
        let piece = self.manifest.next_increment(&self.names);
        let file = match is_temporary {
            true => self.create(&self.names.temporary_increment())?,
            false => self.create(&piece.name)?,
        };
        Ok((piece, file))
    }

    /// Gives an increment its final name; the manifest does not name it yet.
    ///
    /// # Errors
    /// Those of the system.
    pub fn finish_increment(&self, piece: &Piece) -> io::Result<()> {
        let temporary = self.path.join(self.names.temporary_increment());
        self.disk.rename(&temporary, &self.path_of(piece))?;
        self.disk.sync_folder(&self.path)
    }

    fn create(&self, name: &str) -> io::Result<LogFile> {
        let path = self.path.join(name);
        // One that did not become part of the log may still be open, so this must be another file.
        self.disk.remove(&path)?;
        let file = self.disk.open(&path, true)?;
        self.disk.sync_folder(&self.path)?;
        Ok(file)
    }

    /// Creates the file that will become the next base when it is complete.
    ///
    /// # Errors
    /// Those of the system.
    pub fn create_base(&self) -> io::Result<LogFile> {
        let name = format!("{TEMPORARY}rewriteaof-{}.aof", std::process::id());
        self.disk.open(&self.path.join(name), true)
    }

    /// Gives a complete and synced base its final name; the manifest does not name it yet.
    ///
    /// # Errors
    /// Those of the system.
    pub fn finish_base(&self, file: &LogFile, format: Format) -> io::Result<Piece> {
        let piece = self.manifest.next_base(&self.names, format);
        let piece = Piece { bytes: Some(file.len()), ..piece };
        self.disk.rename(file.path(), &self.path_of(&piece))?;
        self.disk.sync_folder(&self.path)?;
        Ok(piece)
    }

    /// Replaces the manifest.
    ///
    /// # Errors
    /// Those of the system; either the old or the new manifest is in force then.
    pub fn replace_manifest(&mut self, manifest: Manifest) -> io::Result<()> {
        write_manifest(&self.disk, &self.path, &self.names, &manifest)?;
        self.manifest = manifest;
        self.disk.sync_folder(&self.path)
    }

    /// Removes the files that are history, and then their lines in the manifest.
    ///
    /// # Errors
    /// Those of the system; remaining files are removed another time.
    pub fn remove_history(&mut self) -> io::Result<()> {
        if self.manifest.history.is_empty() {
            return Ok(());
        }
        for piece in &self.manifest.history {
            self.disk.remove(&self.path_of(piece))?;
        }
        self.replace_manifest(Manifest { history: Vec::new(), ..self.manifest.clone() })
    }

    /// Removes a file that did not become part of the log. If that fails, the next start does it.
    pub fn abandon(&self, path: &Path) {
        let _ = self.disk.remove(path);
    }
}

/// Writes a manifest next to the present one, and renames it over that.
pub(super) fn write_manifest(
    disk: &Disk,
    folder: &Path,
    names: &Names,
    manifest: &Manifest,
) -> io::Result<()> {
    let temporary = folder.join(names.temporary_manifest());
    let file = disk.open(&temporary, true)?;
    let mut text = Records::default();
    text.extend(manifest.to_string().as_bytes());
    file.write(&mut text)?;
    file.sync()?;
    disk.rename(&temporary, &folder.join(names.manifest()))
}
