//! The directory of the log: its lock, its manifest, and which files may lie in it.
//!
//! Invariant: whatever the moment at which the machine stops, the manifest that is found names
//! files that exist and that make up the data. So a file is created, synced and in the directory
//! for good before the manifest names it, and removed after the manifest has ceased to; the
//! manifest itself is replaced by a rename.

use super::disk::{Disk, LogFile, reason};
use super::manifest::{Manifest, NAME, Piece};
use super::records::Records;
use crate::log;
use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Redis's default for `appenddirname`.
pub const FOLDER: &str = "appendonlydir";

/// What unfinished files are called: Redis removes such files as well.
const TEMPORARY: &str = "temp-";

/// A directory that no other process works in.
#[derive(Debug)]
pub struct Directory {
    disk: Disk,
    path: PathBuf,
    manifest: Manifest,
    _lock: Lock,
}

/// What no other process has as long as this one has it.
#[derive(Debug)]
pub(super) struct Lock(File);

/// The kernel lets go of a lock with the last descriptor of its file, and so at the latest when the
/// process ends. A program that is being started inherits descriptors, though, until it runs.
impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            log::warning(&format!("Unlocking the append-only file: {}", reason(&error)));
        }
    }
}

impl Directory {
    /// Opens the log's directory below `parent`, or creates it; removes what an earlier process
    /// left unfinished.
    ///
    /// # Errors
    /// One line that says why the log cannot be used.
    pub fn open(disk: Disk, parent: &Path) -> Result<Directory, String> {
        let path = parent.join(FOLDER);
        let failed = |what: &str, error: io::Error| {
            let advice = advice(&error, parent);
            format!("the append-only file's {what} {}: {}{advice}", path.display(), reason(&error))
        };
        disk.create_folder(&path).map_err(|error| failed("directory cannot be created:", error))?;
        let lock = lock(&path)?;
        let manifest = match std::fs::read_to_string(manifest_path(&path)) {
            Ok(text) => Manifest::parse(&text).map_err(|reason| {
                format!("{} is not a manifest: {reason}", manifest_path(&path).display())
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => without_manifest(&path)?,
            Err(error) => return Err(failed("manifest cannot be read in", error)),
        };
        // A rename that a killed process made may not be on the disk yet, and from now on changes
        // are acknowledged that rest on it.
        disk.sync_folder(&path).map_err(|error| failed("directory cannot be synced:", error))?;
        let mut paths = manifest.pieces().map(|piece| path.join(&piece.name));
        let missing = paths.find(|path| !path.is_file());
        drop(paths);
        if let Some(missing) = missing {
            return Err(format!("{} is missing, and the manifest names it", missing.display()));
        }
        let mut directory = Directory { disk, path, manifest, _lock: lock };
        directory
            .tidy()
            .map_err(|error| format!("{}: {}", directory.path.display(), reason(&error)))?;
        Ok(directory)
    }

    /// Which files make up the log.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where a file is.
    pub fn path_of(&self, piece: &Piece) -> PathBuf {
        self.path.join(&piece.name)
    }

    /// The disk it is on.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Bytes of the base, and of all files together.
    pub fn sizes(&self) -> (u64, u64) {
        let size = |piece: &Piece| std::fs::metadata(self.path_of(piece)).map_or(0, |m| m.len());
        let base = self.manifest.base.as_ref().map_or(0, size);
        (base, self.manifest.pieces().map(size).sum())
    }

    /// Opens the last increment to go on writing it, or creates the first one.
    ///
    /// # Errors
    /// Those of the system.
    pub fn last_increment(&mut self) -> io::Result<LogFile> {
        match self.manifest.increments.last() {
            Some(piece) => self.disk.open(&self.path_of(piece), false),
            None => {
                let (piece, file) = self.create_increment()?;
                let mut manifest = self.manifest.clone();
                manifest.increments.push(piece);
                self.replace_manifest(manifest)?;
                Ok(file)
            }
        }
    }

    /// Creates the next increment, which the manifest does not name yet.
    ///
    /// # Errors
    /// Those of the system.
    pub fn create_increment(&self) -> io::Result<(Piece, LogFile)> {
        let piece = self.manifest.next_increment();
        // One that did not become part of the log may still be open: this is another file.
        self.disk.remove(&self.path_of(&piece))?;
        let file = self.disk.open(&self.path_of(&piece), true)?;
        self.disk.sync_folder(&self.path)?;
        Ok((piece, file))
    }

    /// Creates the file that will become the next base when it is whole.
    ///
    /// # Errors
    /// Those of the system.
    pub fn create_base(&self) -> io::Result<LogFile> {
        let name = format!("{TEMPORARY}rewriteaof-{}.aof", std::process::id());
        self.disk.open(&self.path.join(name), true)
    }

    /// Gives a whole and synced base its name; the manifest does not name it yet.
    ///
    /// # Errors
    /// Those of the system.
    pub fn finish_base(&self, file: &LogFile) -> io::Result<Piece> {
        let piece = self.manifest.next_base();
        self.disk.rename(file.path(), &self.path_of(&piece))?;
        self.disk.sync_folder(&self.path)?;
        Ok(piece)
    }

    /// Puts another manifest in the place of the one that is in force.
    ///
    /// # Errors
    /// Those of the system; either of the two is in force then.
    pub fn replace_manifest(&mut self, manifest: Manifest) -> io::Result<()> {
        let temporary = self.path.join(format!("{TEMPORARY}{NAME}.manifest"));
        let file = self.disk.open(&temporary, true)?;
        let mut text = Records::default();
        text.plain_text(manifest.to_string().as_bytes());
        file.write(&mut text)?;
        file.sync()?;
        self.disk.rename(&temporary, &manifest_path(&self.path))?;
        self.manifest = manifest;
        self.disk.sync_folder(&self.path)
    }

    /// Removes the files that are history, and then their mention.
    ///
    /// # Errors
    /// Those of the system; the rest is removed at another time.
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

    /// Removes what is no part of the log: unfinished files, history, and files that a crash kept
    /// from being named. A file that could hold data is never removed.
    fn tidy(&mut self) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.path)? {
            let path = entry?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let Some(name) = name else { continue };
            if name.starts_with(TEMPORARY) || self.is_orphan(&name, &path) {
                log::notice(&format!("Removing {}, which is no part of the log", path.display()));
                self.disk.remove(&path)?;
            }
        }
        self.remove_history()
    }

    /// Whether a file was made to become part of the log and did not: the next base, whose data
    /// the present files hold too, or the next increment, in which nothing was written.
    fn is_orphan(&self, name: &str, path: &Path) -> bool {
        let is_empty = || path.metadata().is_ok_and(|metadata| metadata.len() == 0);
        let manifest = &self.manifest;
        let has_manifest = manifest.pieces().next().is_some();
        name == manifest.next_base().name && has_manifest
            || name == manifest.next_increment().name && is_empty()
    }
}

/// The manifest of a directory.
fn manifest_path(directory: &Path) -> PathBuf {
    directory.join(format!("{NAME}.manifest"))
}

/// Takes the directory for this process alone.
pub(super) fn lock(directory: &Path) -> Result<Lock, String> {
    let path = directory.join("respool.lock");
    let failed = |error: io::Error| {
        let advice = advice(&error, directory);
        format!("{}: {}{advice}", path.display(), reason(&error))
    };
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => {
            Err(format!("another process is using the append-only file in {}", directory.display()))
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// What to do about a folder that cannot be written to: the commonest mistake with a container's
/// volume, made by somebody who does not see what is inside.
fn advice(error: &io::Error, folder: &Path) -> String {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let folder = folder.display();
    match (error.kind(), std::fs::metadata("/proc/self").map(|process| process.uid())) {
        (ErrorKind::PermissionDenied, Ok(user)) => {
            format!(" for user {user}; run `chown -R {user}` on {folder}, or run as its owner")
        }
        (ErrorKind::PermissionDenied, Err(_)) => format!("; {folder} has another owner"),
        (ErrorKind::ReadOnlyFilesystem, _) => {
            format!("; mount a volume at {folder}, or name another folder with --dir")
        }
        _ => String::new(),
    }
}

/// An empty manifest for an empty directory. Files of a log without their manifest are refused:
/// which of them count, and in which order, nobody knows.
fn without_manifest(directory: &Path) -> Result<Manifest, String> {
    let entries = std::fs::read_dir(directory)
        .map_err(|error| format!("{}: {}", directory.display(), reason(&error)))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let has_data = entry.metadata().is_ok_and(|metadata| metadata.len() > 0);
        if name.starts_with(NAME) && has_data {
            return Err(format!(
                "{} is missing, but there is {name}: restore the manifest or move the file away",
                manifest_path(directory).display()
            ));
        }
    }
    Ok(Manifest::default())
}
