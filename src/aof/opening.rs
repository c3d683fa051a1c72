//! Opening the log's folder: which files count, and what is refused before the replay.
//!
//! The order is: survey the files, refuse what must not be touched, create and lock the folder,
//! survey again, read the manifest, check the files that it names, and only then remove the
//! unfinished files of an interrupted process.
//!
//! # The single file of an older Redis
//! Before version 7, Redis kept its log in one file, `appendonly.aof` in `dir`. It becomes the base
//! of a log in the folder, in the order of Redis 7:
//!
//! 1. the folder is created;
//! 2. a manifest that names the file as the base is written, synced and renamed into its place;
//! 3. the file is moved into the folder.
//!
//! If the process dies between 2 and 3, the manifest names a base that is not in the folder but
//! still in `dir`; the next start, of respool or Redis, continues with step 3.

use super::directory::Directory;
use super::disk::{Disk, reason};
use super::format::{self, Format};
use super::lock::{advice, lock};
use super::manifest::{Manifest, Piece};
use super::names::{Names, TEMPORARY};
use super::survey::Survey;
use super::units::{Portion, Units};
use crate::{limits, log};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

impl Directory {
    /// Opens the log's folder below `parent`, or creates it; takes over the single file of an older
    /// Redis; removes the unfinished files of an interrupted process.
    ///
    /// # Errors
    /// One line with the reason why the log cannot be used.
    pub fn open(disk: Disk, parent: &Path, names: Names) -> Result<Directory, String> {
        let path = parent.join(&names.folder);
        let failed = |what: &str, error: io::Error| {
            let advice = advice(&error, parent);
            format!("the append-only file's {what} {}: {}{advice}", path.display(), reason(&error))
        };
        check_folder(&path)?;
        if !path.is_dir() {
            let mut survey = Survey::of(parent, &names)?;
            if survey.single.is_none() {
                // A refused log does not even get a new folder next to it.
                survey.allow_new_log(parent, &names)?;
            }
            disk.create_folder(&path)
                .map_err(|error| failed("directory cannot be created:", error))?;
        }
        let lock = lock(&disk, &path)?;
        // Until now another process may have changed the files.
        let survey = Survey::of(parent, &names)?;
        let mut directory = Directory::new(disk, path.clone(), names, lock);
        directory.find_files(parent, survey)?;
        // A rename of a killed process may not be on the disk yet, and changes that are
        // acknowledged from now on depend on it.
        let disk = directory.disk();
        disk.sync_folder(&path).map_err(|error| failed("directory cannot be synced:", error))?;
        directory.check_files()?;
        directory.tidy().map_err(|error| format!("{}: {}", path.display(), reason(&error)))?;
        Ok(directory)
    }

    /// Opens the log's folder for a log that is turned on in a running server, whose base will
    /// contain only the present data. It would overwrite a log that this server has neither loaded
    /// nor written.
    ///
    /// # Errors
    /// There is such a log, or see [`Directory::open`].
    pub fn open_to_replace(disk: Disk, parent: &Path, names: Names) -> Result<Directory, String> {
        let mut survey = Survey::of(parent, &names)?;
        survey.allow_new_log(parent, &names)?;
        let single = survey.single.filter(|path| len(path) > 0);
        let log = match survey.manifest {
            Some(path) => {
                let folder = parent.join(&names.folder);
                let manifest = read_manifest(&path)?;
                let bytes: u64 =
                    manifest.pieces().map(|piece| len(&folder.join(&piece.name))).sum();
                (bytes > 0).then_some(path)
            }
            None => None,
        };
        if let Some(path) = log.or(single) {
            return Err(format!(
                "{} belongs to a log that was not loaded and would be overwritten: start with \
                 appendonly yes to load it, or move it away",
                path.display()
            ));
        }
        Directory::open(disk, parent, names)
    }

    /// Reads the manifest, or takes over the single file, or begins an empty log.
    fn find_files(&mut self, parent: &Path, mut survey: Survey) -> Result<(), String> {
        let single = survey.single.take();
        let Some(manifest) = &survey.manifest else {
            return match single {
                Some(single) if survey.unnamed.is_empty() => {
                    survey.warn_of_others();
                    self.take_over(&single)
                }
                _ => {
                    survey.allow_new_log(parent, self.names())?;
                    survey.warn_of_snapshot();
                    Ok(())
                }
            };
        };
        self.manifest = read_manifest(manifest)?;
        let is_moved = !self.manifest.is_single_file(self.names())
            || self.path().join(&self.names().file).exists();
        match single {
            Some(single) if !is_moved => self.move_single(&single)?,
            Some(single) if len(&single) > 0 => {
                if self.sizes().1 == 0 {
                    return Err(format!(
                        "{} holds data, but the log in {} is empty: move that folder away, and the \
                         file is loaded; or move the file away",
                        single.display(),
                        self.path().display()
                    ));
                }
                survey.others.push(single);
            }
            _ => {}
        }
        survey.warn_of_others();
        Ok(())
    }

    /// Makes the single file of an older Redis the base of this log.
    fn take_over(&mut self, single: &Path) -> Result<(), String> {
        check_single(single)?;
        let name = self.names().file.clone();
        let base = Piece { name, sequence: 1, bytes: None };
        let manifest = Manifest { base: Some(base), ..Manifest::default() };
        self.replace_manifest(manifest)
            .map_err(|error| format!("taking over {}: {}", single.display(), reason(&error)))?;
        self.move_single(single)
    }

    /// The last step of taking over the single file.
    fn move_single(&mut self, single: &Path) -> Result<(), String> {
        let target = self.path().join(&self.names().file);
        let parent = single.parent().unwrap_or(single);
        self.disk()
            .rename(single, &target)
            .and_then(|()| self.disk().sync_folder(self.path()))
            .and_then(|()| self.disk().sync_folder(parent))
            .map_err(|error| {
                let (from, to) = (single.display(), target.display());
                format!("moving {from} to {to}: {}", reason(&error))
            })?;
        log::notice(&format!(
            "Took over {}, which is the base of the append-only file in {} from now on",
            single.display(),
            self.path().display()
        ));
        Ok(())
    }

    /// Checks that every file in the manifest exists unchanged, and that no file with data exists
    /// that should be in it.
    fn check_files(&mut self) -> Result<(), String> {
        for piece in self.manifest.pieces() {
            let path = self.path_of(piece);
            if !path.is_file() {
                return Err(format!("{} is missing, and the manifest names it", path.display()));
            }
            if let Some(bytes) = piece.bytes.filter(|bytes| *bytes != len(&path)) {
                return Err(format!(
                    "{} has {} bytes and had {bytes} when it was finished: it was cut or replaced, \
                     and acknowledged data is missing; restore it, or accept what is left with \
                     `respool check-aof --fix {}`",
                    path.display(),
                    len(&path),
                    path.display()
                ));
            }
        }
        let failed = |error: io::Error| format!("{}: {}", self.path().display(), reason(&error));
        let bases = self.orphaned_bases();
        let next_increment = self.manifest.next_increment(self.names()).name;
        for entry in std::fs::read_dir(self.path()).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_ours = self.names().is_piece(&name) || name == self.names().file;
            let history = self.manifest.history.iter();
            let is_named = self.manifest.pieces().chain(history).any(|piece| piece.name == name);
            if !is_ours || is_named || len(&path) == 0 || bases.contains(&path) {
                continue;
            }
            if name == next_increment && bases.iter().any(|base| base.is_file()) {
                self.set_aside(&path).map_err(failed)?;
                continue;
            }
            return Err(format!(
                "{} holds data, but the manifest does not name it: the manifest is older, or lost \
                 lines; restore it, or move the file away",
                path.display()
            ));
        }
        Ok(())
    }

    /// The bases of a rewrite that died between naming its base and replacing the manifest: the
    /// present files contain their data, too.
    fn orphaned_bases(&self) -> Vec<PathBuf> {
        if self.manifest.pieces().next().is_none() {
            return Vec::new();
        }
        let base = |format| self.path_of(&self.manifest.next_base(self.names(), format));
        [Format::Requests, Format::Snapshot].map(base).to_vec()
    }

    /// Renames an increment whose base never became part of the log: the log was being turned on,
    /// or had failed, when the process died.
    fn set_aside(&self, path: &Path) -> io::Result<()> {
        let mut kept = path.as_os_str().to_owned();
        kept.push(".unnamed");
        log::warning(&format!(
            "{} belongs to a rewrite that was not finished; it is kept as {}",
            path.display(),
            kept.display()
        ));
        self.disk().rename(path, Path::new(&kept))
    }

    /// Removes files that are not part of the log: unfinished ones, history, the base of an
    /// unfinished rewrite, and its empty increment.
    fn tidy(&mut self) -> io::Result<()> {
        let bases = self.orphaned_bases();
        let next_increment = self.path_of(&self.manifest.next_increment(self.names()));
        for entry in std::fs::read_dir(self.path())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_unused = path == next_increment && len(&path) == 0;
            if name.starts_with(TEMPORARY) || is_unused || bases.contains(&path) {
                log::notice(&format!("Removing {}, which is no part of the log", path.display()));
                self.disk().remove(&path)?;
            }
        }
        self.remove_history()
    }
}

/// Bytes in a file; 0 if it does not exist.
fn len(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}

/// Reads a manifest, and not much more if it is another file.
///
/// # Errors
/// One line that names the file and the line.
pub(super) fn read_manifest(path: &Path) -> Result<Manifest, String> {
    let mut bytes = Vec::new();
    let most = limits::AOF_MANIFEST_BYTES_MAX as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|error| format!("{}: {}", path.display(), reason(&error)))?;
    Manifest::parse(&bytes)
        .map_err(|reason| format!("{} is not a manifest: {reason}", path.display()))
}

/// Refuses a log folder that is not a folder.
fn check_folder(path: &Path) -> Result<(), String> {
    let Ok(metadata) = path.symlink_metadata() else { return Ok(()) };
    let shown = path.display();
    match path.metadata() {
        Ok(target) if target.is_dir() => Ok(()),
        Err(error) if metadata.is_symlink() => {
            let target = std::fs::read_link(path).unwrap_or_default();
            let (target, reason) = (target.display(), reason(&error));
            Err(format!("{shown} is a link to {target}, which cannot be used: {reason}"))
        }
        _ => Err(format!("{shown} should be the folder of the append-only file and is a file")),
    }
}

/// Refuses a single file that cannot be loaded, before any change.
fn check_single(path: &Path) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {}", path.display(), reason(&error));
    if path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(format!(
            "{} is a link, which cannot be taken over: put the file itself in its place",
            path.display()
        ));
    }
    let mut file = File::open(path).map_err(failed)?;
    if Format::of(path, &mut file)? == Format::Snapshot {
        return format::verify_snapshot(path, &mut file).map(|_| ());
    }
    let mut units = Units::new(file);
    units.next(&mut Portion::default()).map_err(failed)?;
    let has_request = units.has_requests();
    match units.damage().filter(|damage| !has_request && !damage.is_unfinished()) {
        Some(damage) => Err(format!("{}: {damage}; {}", path.display(), format::guess(path))),
        None => Ok(()),
    }
}
