//! The survey of `dir` before a log is used or begun there.
//!
//! Redis ignores a log whose name it does not expect: the single file of an older version next to a
//! newer folder, or a log with another `appendfilename`. Then it serves an empty keyspace and
//! begins a new log, and the operator believes that the data is lost. This module finds such files.
//! They stop the start if a new log would be begun next to them; otherwise one warning names them.
//!
//! Only names, sizes and the first line of a manifest are read: in `dir`, in the log's folder and,
//! before a new log is begun, in the other folders directly below `dir`.

use super::disk::reason;
use super::names::{Names, TEMPORARY};
use crate::{limits, log};
use std::fs::{File, Metadata};
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Bytes of the first line of a manifest that are read to recognise one.
const FIRST_LINE_BYTES: u64 = 1024;

/// The files that were found.
#[derive(Debug, Default)]
pub struct Survey {
    /// The manifest of the log in its folder.
    pub manifest: Option<PathBuf>,
    /// A file named like the log of a Redis before version 7.
    pub single: Option<PathBuf>,
    /// Files with data that look like those of another log, or its manifest.
    pub others: Vec<PathBuf>,
    /// Files of this log's names with data, if there is no manifest.
    pub unnamed: Vec<PathBuf>,
    /// A snapshot with data.
    pub snapshot: Option<PathBuf>,
}

impl Survey {
    /// Surveys the files in `dir`.
    ///
    /// # Errors
    /// One line: the folder cannot be read.
    pub fn of(dir: &Path, names: &Names) -> Result<Survey, String> {
        let (mut survey, folder) = (Survey::default(), dir.join(&names.folder));
        let manifest = folder.join(names.manifest());
        survey.manifest = manifest.symlink_metadata().is_ok().then_some(manifest);
        for (name, path, metadata) in entries(dir)? {
            let has_data = metadata.len() > 0;
            if metadata.is_dir() {
                continue;
            }
            if name == names.file {
                survey.single = Some(path);
            } else if name == names.snapshot && has_data {
                survey.snapshot = Some(path);
            } else if has_data && is_other_log(&name, &path) {
                survey.others.push(path);
            }
        }
        for (name, path, metadata) in entries(&folder)? {
            if metadata.is_dir() || metadata.len() == 0 || name == names.manifest() {
                continue;
            }
            if names.is_piece(&name) || name == names.file {
                if survey.manifest.is_none() {
                    survey.unnamed.push(path);
                }
            } else if is_other_log(&name, &path) {
                survey.others.push(path);
            }
        }
        survey.others.sort();
        survey.unnamed.sort();
        Ok(survey)
    }

    /// Refuses to begin a log next to another one with data, which may also be in another folder
    /// below `dir`.
    ///
    /// # Errors
    /// One line that names it, with advice.
    pub fn allow_new_log(&mut self, dir: &Path, names: &Names) -> Result<(), String> {
        for (name, path, metadata) in entries(dir)? {
            if metadata.is_dir() && name != names.folder {
                self.others.extend(manifest_in(&path));
            }
        }
        if let Some(file) = self.unnamed.first() {
            return Err(format!(
                "{} is missing, but there is {}: restore the manifest or move the file away",
                dir.join(&names.folder).join(names.manifest()).display(),
                file.display()
            ));
        }
        if self.others.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{} looks like a log under another name than appenddirname '{}' and appendfilename \
             '{}'; none is begun next to it: give it these names, move it away, or choose another \
             dir",
            list(&self.others),
            names.folder,
            names.file
        ))
    }

    /// Warns about data that is not part of the loaded log.
    pub fn warn_of_others(&self) {
        if !self.others.is_empty() {
            let named = list(&self.others);
            log::warning(&format!("Not loaded, because it is no part of the log: {named}"));
        }
    }

    /// Warns about a snapshot that is not loaded, if there is one.
    pub fn warn_of_snapshot(&self) {
        if let Some(path) = &self.snapshot {
            let path = path.display();
            log::warning(&format!(
                "{path} is not loaded, because appendonly is yes: to begin a log with its data, \
                 start with appendonly no, and CONFIG SET appendonly yes"
            ));
        }
    }
}

/// Warns, in a server without a log, about the data that it does not load: one line.
/// A folder that cannot be read is ignored then.
pub fn warn_of_unread(dir: &Path, names: &Names) {
    let Ok(survey) = Survey::of(dir, names) else { return };
    let single = survey.single.iter().filter(|path| path.metadata().is_ok_and(|m| m.len() > 0));
    let own = survey.manifest.iter().chain(single).chain(&survey.unnamed);
    let logs: Vec<PathBuf> = own.chain(&survey.others).cloned().collect();
    if !logs.is_empty() {
        let named = list(&logs);
        log::warning(&format!("appendonly is no, so this log is not loaded: {named}"));
    }
}

/// The names of the files, in one line.
fn list(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<String> =
        paths.iter().take(SHOWN).map(|path| path.display().to_string()).collect();
    if paths.len() > SHOWN {
        names.push(format!("and {} more", paths.len() - SHOWN));
    }
    names.join(", ")
}

/// The entries of a folder. Unreadable entries are skipped, and so is a missing folder.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf, Metadata)>, String> {
    let found = match std::fs::read_dir(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        // A log folder that is not a folder is reported when it is opened.
        Err(error) if error.kind() == ErrorKind::NotADirectory => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {}", folder.display(), reason(&error))),
    };
    let entry = |entry: std::fs::DirEntry| {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let metadata = path.metadata().ok()?;
        Some((name, path, metadata))
    };
    Ok(found.flatten().take(limits::AOF_SURVEY_ENTRIES_MAX).filter_map(entry).collect())
}

/// Whether a file is a log, or the manifest of one, by its name; other programs have manifests too.
fn is_other_log(name: &str, path: &Path) -> bool {
    Names::is_log_like(name) && (name.ends_with(".aof") || is_manifest(path))
}

/// The manifest of a log in a folder that may have another purpose.
fn manifest_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let paths = entries.flatten().take(limits::AOF_SURVEY_ENTRIES_MAX).map(|entry| entry.path());
    let is_named_so = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".manifest") && !name.starts_with(TEMPORARY)
    };
    paths.filter(is_named_so).find(|path| path.is_file() && is_manifest(path))
}

/// Whether the first line that is not a comment is one of a log's manifest.
fn is_manifest(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut lines = BufReader::new(file.take(FIRST_LINE_BYTES)).lines().map_while(Result::ok);
    let first = lines.find(|line| !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with("file ") && line.contains(" seq "))
}
